package universe_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/universe"
)

func day(n int) time.Time { return time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// coin makes candles of one day from a day on, each with a volume of units.
func coin(symbol string, from int, volume int64, closes ...float64) universe.Candidate {
	s := market.NewSeries(market.MustSpot(symbol), market.D1, 0, len(closes))
	for i, c := range closes {
		p := int64(math.Round(c * 1e8))
		s.Append(market.Bar{Time: day(from + i).UnixNano(), Open: p, High: p, Low: p, Close: p, Volume: volume})
	}
	return universe.Candidate{Series: s}
}

func flat(price float64, n int) []float64 { return slices.Repeat([]float64{price}, n) }

// failer is a test, or a run of a property.
type failer interface {
	Helper()
	Fatal(args ...any)
}

func parse(t failer, text string) universe.Universe {
	t.Helper()
	u, err := universe.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func symbols(s universe.Selection) string {
	var all []string
	for _, in := range s.Chosen {
		all = append(all, in.Symbol)
	}
	return strings.Join(all, " ")
}

// TestFilters states each filter, whom it keeps on day 10, and what it says of the
// others.
func TestFilters(t *testing.T) {
	t.Parallel()
	gone := coin("GONE/USDT", 0, 500, flat(3, 20)...)
	gone.Series.Instrument.Listed, gone.Series.Instrument.Delisted = day(0), day(10)
	soon := coin("SOON/USDT", 11, 500, flat(3, 5)...)
	soon.Series.Instrument.Listed = day(11)
	aaa := coin("AAA/USDT", 0, 100, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1000, 2000)
	aaa.Quotes = []universe.BookQuote{{Time: day(9).UnixNano(), Bid: 99, Ask: 101}, {Time: day(11).UnixNano(), Bid: 1, Ask: 100}}
	bbb := coin("BBB/USDT", 0, 10, flat(100, 12)...)
	bbb.Quotes = []universe.BookQuote{{Time: day(2).UnixNano(), Bid: 99, Ask: 101}}
	ccc := coin("CCC/BTC", 6, 1000, 8, 4, 2, 1, 1, 1)
	stale := coin("STALE/USDT", 0, 100, flat(7, 4)...)
	all := []universe.Candidate{soon, stale, gone, ccc, bbb, aaa}
	const none = "AAA/USDT BBB/USDT CCC/BTC STALE/USDT"
	for _, c := range []struct {
		filters, want string
		says          []string
	}{
		{``, none, []string{"GONE/USDT: was delisted on 2021-01-11", "SOON/USDT: is listed on 2021-01-12 only", "AAA/USDT: chosen as 1"}},
		{`{"kind":"quote","names":["BTC","EUR"]}`, "CCC/BTC", []string{"AAA/USDT: dropped by filter 1, quote: is quoted in USDT"}},
		{`{"kind":"only","names":["AAA/USDT","CCC/BTC"]}`, "AAA/USDT CCC/BTC", []string{"BBB/USDT: dropped by filter 1, only: is not among the names"}},
		{`{"kind":"exclude","names":["AAA/USDT","other BBB/USDT"]}`, "BBB/USDT CCC/BTC STALE/USDT", []string{"AAA/USDT: dropped by filter 1, exclude: is excluded"}},
		// The last three closes by day 10 are 8, 9 and 10, those of CCC 4, 2 and 1.
		{`{"kind":"volume","window":"3d","min":"2700","max":6999.5}`, "AAA/USDT BBB/USDT", []string{
			"CCC/BTC: dropped by filter 1, volume: 7000 is above 6999.5", "STALE/USDT: dropped by filter 1, volume: no candle lies within 3d",
		}},
		{`{"kind":"volume","window":"3d","min":"2700.00000001"}`, "BBB/USDT CCC/BTC", []string{"AAA/USDT: dropped by filter 1, volume: 2700 is below 2700.00000001"}},
		{`{"kind":"price","min":7,"max":"7"}`, "STALE/USDT", []string{"AAA/USDT: dropped by filter 1, price: 10 is above 7", "CCC/BTC: dropped by filter 1, price: 1 is below 7"}},
		{`{"kind":"performance","window":"5d","min":"1"}`, "AAA/USDT", []string{
			"BBB/USDT: dropped by filter 1, performance: 0 is below 1", "CCC/BTC: dropped by filter 1, performance: there is no close 5d ago",
		}},
		{`{"kind":"performance","window":"2d","max":-0.5}`, "CCC/BTC", []string{"AAA/USDT: dropped by filter 1, performance: 0.25 is above -0.5"}},
		{`{"kind":"range","window":"3d","max":"0.25"}`, "AAA/USDT BBB/USDT", []string{"CCC/BTC: dropped by filter 1, range: 3 is above 0.25"}},
		{`{"kind":"volatility","window":"4d","max":0}`, "BBB/USDT CCC/BTC", []string{"AAA/USDT: dropped by filter 1, volatility: 0.014"}}, // CCC halves each day
		{`{"kind":"spread","window":"2d","max":"0.02"}`, "AAA/USDT", []string{"BBB/USDT: dropped by filter 1, spread: no quote lies within 2d"}},
		{`{"kind":"spread","window":"30d","max":"0.01"}`, "", []string{"BBB/USDT: dropped by filter 1, spread: 0.02 is above 0.01"}},
		{`{"kind":"age","window":"10d"}`, "AAA/USDT BBB/USDT STALE/USDT", []string{"CCC/BTC: dropped by filter 1, age: has traded since 2021-01-07, which is less than 10d"}},
		{`{"kind":"fresh","window":"1d"}`, "AAA/USDT BBB/USDT CCC/BTC", []string{"STALE/USDT: dropped by filter 1, fresh: the last candle closed 2021-01-05T00:00:00Z, more than 1d ago"}},
		{`{"kind":"top","by":"volume","window":"3d","count":2}`, "CCC/BTC BBB/USDT", []string{
			"AAA/USDT: dropped by filter 1, top: is number 3 by volume with 2700, of 2 that are kept", "STALE/USDT: dropped by filter 1, top: no candle lies within 3d",
			"BBB/USDT: chosen as 2",
		}},
		{`{"kind":"top","by":"price","count":3,"ascending":true}`, "CCC/BTC STALE/USDT AAA/USDT", nil},
		// In order: the top of what is left, not what is left of the top.
		{`{"kind":"quote","names":["USDT"]},{"kind":"top","by":"volume","window":"3d","count":1}`, "BBB/USDT", []string{
			"CCC/BTC: dropped by filter 1", "AAA/USDT: dropped by filter 2, top: is number 2",
		}},
		{`{"kind":"top","by":"volume","window":"3d","count":1},{"kind":"quote","names":["USDT"]}`, "", []string{"CCC/BTC: dropped by filter 2, quote"}},
		{`{"kind":"volume","window":"1M","min":"5500"}`, "AAA/USDT BBB/USDT CCC/BTC", []string{"STALE/USDT: dropped by filter 1, volume: 2800 is below 5500"}},
	} {
		u := parse(t, `{"filters":[`+c.filters+`]}`)
		s, err := u.Select(all, day(10))
		if err != nil {
			t.Errorf("%s: %v", c.filters, err)
			continue
		}
		if symbols(s) != c.want || len(s.Verdicts) != len(all) {
			t.Errorf("%s chose %q, want %q", c.filters, symbols(s), c.want)
		}
		for _, want := range c.says {
			if !slices.ContainsFunc(s.Verdicts, func(v universe.Verdict) bool { return strings.HasPrefix(v.String(), want) }) {
				t.Errorf("%s does not say %q but %v", c.filters, want, s.Verdicts)
			}
		}
	}
}

// TestNoSurvivorship: what was delisted is chosen until then, and not after.
func TestNoSurvivorship(t *testing.T) {
	t.Parallel()
	gone, stays := coin("GONE/USDT", 0, 1000, flat(9, 10)...), coin("STAYS/USDT", 0, 10, flat(9, 20)...)
	gone.Series.Instrument.Delisted = day(10)
	u := parse(t, `{"filters":[{"kind":"top","by":"volume","window":"5d","count":1}]}`)
	for at, want := range map[int]string{5: "GONE/USDT", 9: "GONE/USDT", 10: "STAYS/USDT", 15: "STAYS/USDT"} {
		s, err := u.Select([]universe.Candidate{stays, gone}, day(at))
		if err != nil || symbols(s) != want {
			t.Errorf("on day %d it chose %q, %v; want %q", at, symbols(s), err, want)
		}
	}
}

// TestCorrelation keeps the first of what moves together, or against each other.
func TestCorrelation(t *testing.T) {
	t.Parallel()
	var a, twin, mirror, other []float64
	for i := range 20 {
		up := 1 + 0.1*float64(i%2) + 0.01*float64(i*i%7)
		a, twin, mirror, other = append(a, up), append(twin, 5*up), append(mirror, 10/up), append(other, 3+float64(i*i%5))
	}
	all := []universe.Candidate{
		coin("A/USDT", 0, 1, a...), coin("MIRROR/USDT", 0, 1, mirror...), coin("OTHER/USDT", 0, 1, other...),
		coin("TWIN/USDT", 0, 1, twin...), coin("NEW/USDT", 15, 1, flat(1, 5)...),
	}
	s, err := parse(t, `{"filters":[{"kind":"correlation","window":"30d","max":"0.9"}]}`).Select(all, day(20))
	if err != nil || symbols(s) != "A/USDT OTHER/USDT" {
		t.Fatalf("it chose %q, %v: %v", symbols(s), err, s.Verdicts)
	}
	for i, want := range map[int]string{
		1: "MIRROR/USDT: dropped by filter 1, correlation: correlates with A/USDT by -", 4: "TWIN/USDT: dropped by filter 1, correlation: correlates with A/USDT by 1, above 0.9",
		2: "NEW/USDT: dropped by filter 1, correlation: nothing is known of its correlation with A/USDT: there are 4 common returns",
	} {
		if got := s.Verdicts[i].String(); !strings.HasPrefix(got, want) {
			t.Errorf("the verdict is %q, want %q", got, want)
		}
	}
}

var everyFilter = []string{
	`{"kind":"volume","window":"5d","min":"30"}`, `{"kind":"range","window":"5d","min":"0.1"}`, `{"kind":"volatility","window":"8d","max":"0.5"}`,
	`{"kind":"performance","window":"3d","min":"-0.3"}`, `{"kind":"price","min":"2"}`, `{"kind":"spread","window":"3d","max":"0.2"}`,
	`{"kind":"age","window":"7d"}`, `{"kind":"fresh","window":"2d"}`, `{"kind":"correlation","window":"30d","max":"0.5"}`,
	`{"kind":"top","by":"volume","window":"5d","count":3}`, `{"kind":"top","by":"performance","window":"2d","count":4,"ascending":true}`,
}

// TestNothingOfTheFutureIsKnown: noise in candles and quotes after a moment, and the
// order of the candidates, change no selection of that moment and no word about it.
func TestNothingOfTheFutureIsKnown(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		const n = 24
		cut := rapid.IntRange(1, n).Draw(t, "day")
		count := rapid.IntRange(1, 6).Draw(t, "coins")
		// One seed for what was by then, one for what came after.
		build := func(later uint64) []universe.Candidate {
			var all []universe.Candidate
			for i := range count {
				seed := uint64(i)*977 + 5
				next := func(at int) int64 {
					if seed = seed*6364136223846793005 + 1442695040888963407; at >= cut {
						seed ^= later
					}
					return int64(seed >> 40 % 8)
				}
				c := coin(fmt.Sprintf("C%d/USDT", i), i, 1)
				for at := i; at < n; at++ {
					p := (1 + next(at)) * 1e8
					if at >= cut && next(at) == 0 {
						continue // a candle that is missing
					}
					c.Series.Append(market.Bar{Time: day(at).UnixNano(), Open: p, High: p * 2, Low: p / 2, Close: p, Volume: next(at)})
				}
				seed = uint64(i)*31 + 7 // what came after must not reach back
				for at := i; at < n; at++ {
					c.Quotes = append(c.Quotes, universe.BookQuote{Time: day(at).UnixNano() + 1, Bid: 100, Ask: 100 + next(at)*4})
				}
				if i%3 == 0 {
					c.Series.Instrument.Delisted = day(n - 4 - i)
				}
				all = append(all, c)
			}
			return all
		}
		u := parse(t, `{"filters":[`+strings.Join(rapid.SliceOfN(rapid.SampledFrom(everyFilter), 0, 4).Draw(t, "filters"), ",")+`]}`)
		want, err := u.Select(build(0), day(cut))
		if err != nil {
			t.Fatal(err)
		}
		got, err := u.Select(rapid.Permutation(build(rapid.Uint64().Draw(t, "noise"))).Draw(t, "order"), day(cut))
		if err != nil {
			t.Fatal(err)
		}
		if symbols(got) != symbols(want) || strings.Join(words(got), "\n") != strings.Join(words(want), "\n") {
			t.Fatalf("as of day %d it is %v, with other later days %v", cut, words(want), words(got))
		}
	})
}

func words(s universe.Selection) []string {
	var all []string
	for _, v := range s.Verdicts {
		all = append(all, v.String())
	}
	return all
}

func TestCandidatesAreChecked(t *testing.T) {
	t.Parallel()
	a := coin("A/USDT", 0, 1, 1, 2)
	broken := coin("B/USDT", 0, 1, 1, 2)
	broken.Series.Close[1] = -1
	crossed := coin("C/USDT", 0, 1, 1)
	crossed.Quotes = []universe.BookQuote{{Time: 1, Bid: 2, Ask: 1}}
	for want, all := range map[string][]universe.Candidate{
		"candidates: A/USDT is there twice": {a, a},
		"candidates[1]: series[1].close":    {a, broken},
		"candidates[0]: quotes[0]: must be": {crossed},
		"candidates[0]: series: is missing": {{}},
	} {
		if _, err := (universe.Universe{}).Select(all, day(1)); !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := (universe.Universe{}).Select(nil, time.Time{}); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("no moment gave %v", err)
	}
	if _, err := (universe.Universe{Filters: []universe.Filter{{}}}).Select(nil, day(1)); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("a wrong filter gave %v", err)
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	u := parse(t, `{"filters":[`+strings.Join(everyFilter, ",")+`]}`)
	raw, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	again := parse(t, string(raw))
	if back, err := json.Marshal(again); err != nil || !bytes.Equal(back, raw) || len(again.Filters) != len(everyFilter) {
		t.Errorf("%s came back as %s, %v", raw, back, err)
	}
	// Every digit is kept.
	u = parse(t, `{"filters":[{"kind":"price","min":0.12345678901234567890123}]}`)
	if got := u.Filters[0].Min; !got.Equal(decimal.RequireFromString("0.12345678901234567890123")) {
		t.Errorf("the bound came out as %s", got)
	}
	for text, want := range map[string][]string{
		`{`:                {"universe: is no JSON"},
		`{"filters":[]} x`: {"universe: is no JSON"},
		`[]`:               {"universe: must be an object"},
		`{"filter":[]}`:    {"filter: is not known"},
		`{"filters":null}`: {"filters: must be a list"},
		`{"filters":[1]}`:  {"filters[0]: must be an object"},
		`{"filters":[{}]}`: {"filters[0].kind: must be one of age, correlation"},
		`{"filters":[{"kind":"age","window":"1d"},{"kind":"volume","wndow":"1d"}]}`:                              {"filters[1].wndow: is not known"},
		`{"filters":[{"kind":"age","window":"1d","window":"2d"}]}`:                                               {"filters[0].window: is there twice"},
		`{"filters":[{"kind":"age","window":"1d"}],"filters":[]}`:                                                {"filters: is there twice"},
		`{"filters":[{"kind":"age","window":1}]}`:                                                                {"filters[0].window: must be a length"},
		`{"filters":[{"kind":"age","window":"1x"}]}`:                                                             {"filters[0].window: must be a number and one of"},
		`{"filters":[{"kind":"age"}]}`:                                                                           {"filters[0].window: must be a length"},
		`{"filters":[{"kind":"volume","window":"1d"}]}`:                                                          {"filters[0].min: needs min, max or both"},
		`{"filters":[{"kind":"price","window":"1d","min":2,"max":1,"names":["A"],"by":"age","count":1}]}`:        {"filters[0].by: is not of price", "filters[0].count: is not", "filters[0].window: is not", "filters[0].max: must not be below min", "filters[0].names: is not of price"},
		`{"filters":[{"kind":"price","min":null}]}`:                                                              {"filters[0].min: must be a number"},
		`{"filters":[{"kind":"price","min":"NaN"}]}`:                                                             {"filters[0].min: must be a number"},
		`{"filters":[{"kind":"price","min":1e999999}]}`:                                                          {"filters[0].min: must be a number"},
		`{"filters":[{"kind":"top","by":"age","count":0}]}`:                                                      {"filters[0].by: must be one of performance, price, range, spread, volatility, volume", "filters[0].count: must be from 1"},
		`{"filters":[{"kind":"top","by":"volume","count":1}]}`:                                                   {"filters[0].window: must be"},
		`{"filters":[{"kind":"top","by":"price","count":1.5}]}`:                                                  {"filters[0].count: must be a whole number"},
		`{"filters":[{"kind":"quote","names":[]}]}`:                                                              {"filters[0].names: must be from 1"},
		`{"filters":[{"kind":"quote","names":["USDT","usdt"]}]}`:                                                 {"filters[0].names[1]: must be a currency"},
		`{"filters":[{"kind":"only","names":["BTCUSDT"]}]}`:                                                      {"filters[0].names[0]: must be a symbol"},
		`{"filters":[{"kind":"correlation","window":"1d","max":1.5}]}`:                                           {"filters[0].max: must be from 0 to 1"},
		`{"filters":[` + strings.Repeat(`{"kind":"age","window":"1d"},`, 100) + `{"kind":"age","window":"1d"}]}`: {"filters: must be at most 100"},
	} {
		_, err := universe.Parse([]byte(text))
		faults := tradekeel.Violations(err)
		if len(faults) != len(want) {
			t.Errorf("%.200s gave %v, want %v", text, err, want)
			continue
		}
		for i := range want {
			if !strings.HasPrefix(faults[i].Error(), want[i]) {
				t.Errorf("%.200s: fault %d is %q, want %q", text, i, faults[i], want[i])
			}
		}
	}
}

// FuzzParse: what is read is valid, writes itself, and reads as the same.
func FuzzParse(f *testing.F) {
	f.Add([]byte(`{"filters":[` + strings.Join(everyFilter, ",") + `]}`))
	f.Add([]byte(`{"filters":[{"kind":"quote","names":["USDT"]},{"kind":"exclude","names":["binance BTC/USDT"]}]}`))
	f.Add([]byte(`{"filters":[{"kind":"price","min":1e10,"max":"9e30"}],"filters":null}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		u, err := universe.Parse(raw)
		if err != nil {
			if !errors.Is(err, tradekeel.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		text, err := json.Marshal(u)
		if err != nil {
			t.Fatal(err)
		}
		again, err := universe.Parse(text)
		if err != nil && len(text) < 1<<20 {
			t.Fatalf("%s reads as %v", text, err)
		}
		if back, err := json.Marshal(again); err != nil || !bytes.Equal(back, text) {
			t.Fatalf("%s came back as %s", text, back)
		}
		if _, err := u.Select([]universe.Candidate{coin("A/USDT", 0, 1, 1, 2, 3), coin("B/USDT", 0, 2, 3, 2, 1)}, day(3)); err != nil {
			t.Fatal(err)
		}
	})
}
