package honest

import (
	"testing"

	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/templates"
)

// Every template that comes with the library, as it is run by those who take it, and
// the promises of documents about quiet bars among them.
func TestTemplatesAreHonest(t *testing.T) {
	t.Parallel()
	var all []strategy.Strategy
	for _, tmpl := range templates.All() {
		d, err := document.Parse(tmpl.Document)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	for _, f := range templates.Factories() {
		s, err := f.Parse(nil)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	traded := 0
	for _, s := range all {
		c := config(t, s)
		c.Data[0] = c.Data[0].Slice(0, 800)
		r, err := Check(t.Context(), c, Options{Cuts: 6, Starts: 1})
		if err != nil {
			t.Logf("%s does not run on hourly candles of one instrument: %v", s.Name(), err)
			continue
		}
		if r.Fills > 0 {
			traded++
		}
		none(t, r, Repeatable, LookAhead, Foresight, Price)
		if t.Failed() {
			t.Fatal(s.Name())
		}
	}
	if traded < 10 {
		t.Errorf("only %d of %d templates traded", traded, len(all))
	}
}
