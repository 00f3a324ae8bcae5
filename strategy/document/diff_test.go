package document_test

import (
	"encoding/json"
	"testing"

	"github.com/tradekeel/tradekeel/strategy/document"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	a := document.MustParse(dip)
	for _, c := range []struct{ raw, want string }{
		{dip, `null`},
		{with(`"$oversold"`, `35`), `[{"path":"enter.long.all[1].crosses_above[1]","kind":"changed","before":"$oversold","after":35}]`},
		{with(`"target": {"percent": 6}, `, ``), `[{"path":"target","kind":"removed","before":{"percent":6}}]`},
		{with(`"name":`, `"description": "x", "name":`), `[{"path":"description","kind":"added","after":"x"}]`},
		{with(`, {"not": {"in_position": true}}`, ``), `[{"path":"enter.long.all","kind":"changed","before":[{"gt":["close","trend"]},{"crosses_above":["rsi","$oversold"]},{"not":{"in_position":true}}],"after":[{"gt":["close","trend"]},{"crosses_above":["rsi","$oversold"]}]}]`},
	} {
		got, err := json.Marshal(document.Diff(a, document.MustParse(c.raw)))
		if err != nil || string(got) != c.want {
			t.Errorf("got %s, %v; want %s", got, err, c.want)
		}
	}
}

func TestWarmup(t *testing.T) {
	t.Parallel()
	doc := func(let, value string) *document.Document {
		return document.MustParse(`{"name":"x","version":1,"timeframe":"1h","let":{` + let + `},"enter":{"long":{"gt":["close",` + value + `]}},"size":{"percent_of_cash":100}}`)
	}
	for _, c := range []struct {
		d    *document.Document
		want int
	}{
		{doc(`"a":{"sma":["close",20]}`, `"a"`), 19},
		{doc(``, `1`), 0},
		// The first candle of 4h may be a part, three hours long: ten whole ones end at
		// the latest 43 hours in, and 42 hours went by before that close.
		{doc(`"a":{"on":["4h",{"sma":["close",10]}]}`, `"a"`), 42},
		{doc(`"a":{"on":["15m",{"sma":["close",41]}]}`, `"a"`), 10},
	} {
		if got := c.d.Warmup(); got != c.want {
			t.Errorf("%s has a warm-up of %d, want %d", c.d.Canonical(), got, c.want)
		}
	}
}
