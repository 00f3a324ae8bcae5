package document_test

import (
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// dip is the document of the package comment, with a few more parts.
const dip = `{
  "name": "Dip in an uptrend", "version": 1, "timeframe": "1h",
  "params":  {"fast": {"default": 50, "min": 10, "max": 100, "step": 5}, "oversold": {"default": 30, "min": 10, "max": 45}},
  "let":     {"trend": {"ema": ["close", "$fast"]}, "rsi": {"rsi": ["close", 14]}},
  "enter":   {"long": {"all": [{"gt": ["close", "trend"]}, {"crosses_above": ["rsi", "$oversold"]}, {"not": {"in_position": true}}]}},
  "exit":    {"long": {"any": [{"gt": ["rsi", 70]}, {"for_bars": [{"lt": ["close", "trend"]}, 3]}]}},
  "size":    {"percent_of_equity": 20},
  "stop":    {"atr": [14, 2.5]}, "target": {"percent": 6}, "trail": {"percent": 1.5, "after_percent": 3}
}`

func TestParse(t *testing.T) {
	t.Parallel()
	d, err := document.Parse([]byte(dip))
	if err != nil {
		t.Fatal(err)
	}
	if d.Name() != "Dip in an uptrend" || d.Timeframe().String() != "1h" || len(d.Parameters()) != 2 {
		t.Errorf("parsed %q %s %v", d.Name(), d.Timeframe(), d.Parameters())
	}
	again, err := document.Parse(d.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != d.Hash() || string(again.Canonical()) != string(d.Canonical()) {
		t.Error("the canonical form is not its own")
	}
}

// with replaces a part of dip.
func with(from, to string) string { return strings.Replace(dip, from, to, 1) }

// TestFaults: each fault is named by its path, and says what would be right.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, want string }{
		{with(`["rsi", "$oversold"]`, `["rsl", "$oversold"]`), `enter.long.all[1].crosses_above[0]: no value named "rsl"; did you mean "rsi"?`},
		{with(`"crosses_above"`, `"croses_above"`), `enter.long.all[1].croses_above: there is no operator or indicator "croses_above"; did you mean "crosses_above"?`},
	} {
		_, err := document.Parse([]byte(c.raw))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
		if tradekeel.KindOf(err) != tradekeel.Invalid {
			t.Errorf("%v is %s", err, tradekeel.KindOf(err))
		}
	}
}
