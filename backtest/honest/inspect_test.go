package honest

import (
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
)

var epoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// bars makes hourly bars of one price range, from 90 to 110 at two decimals, that trade
// 10 of the base; those of the hours given are missing.
func bars(symbol string, n int, missing ...int) *market.Series {
	in := market.MustSpot(symbol)
	in.PriceScale, in.QuantityScale = 2, 4
	s := market.NewSeries(in, market.H1, 2, n)
next:
	for i := range n {
		for _, m := range missing {
			if i == m {
				continue next
			}
		}
		s.Append(market.Bar{Time: hour(float64(i)).UnixNano(), Open: 100_00, High: 110_00, Low: 90_00, Close: 100_00, Volume: 10_00})
	}
	return s
}

func hour(h float64) time.Time { return epoch.Add(time.Duration(h * float64(time.Hour))) }

// filled is a result with one fill of 0.5 at a price, at an hour, to buy.
func filled(s *market.Series, h float64, price int64) *backtest.Result {
	return &backtest.Result{Data: []*market.Series{s}, Fills: []exchange.Fill{
		{ID: 7, Intent: 3, Side: exchange.Buy, Price: price, Quantity: 5000, Time: hour(h).UnixNano()},
	}}
}

func inspected(t *testing.T, r *backtest.Result, o Options) *Report {
	t.Helper()
	report, err := Inspect(r, o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestFillPrices(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		r        *backtest.Result
		kind     Kind
		severity Severity
		words    string
	}{
		"at the open":          {r: filled(bars("A/B", 9), 4, 100_00)},
		"inside, at the low":   {r: filled(bars("A/B", 9), 4.5, 90_00)},
		"at the high":          {r: filled(bars("A/B", 9), 4.999, 110_00)},
		"at the last close":    {r: filled(bars("A/B", 9), 9, 110_00)},
		"close before a gap":   {r: filled(bars("A/B", 9, 5), 5, 110_00)},
		"below the low":        {filled(bars("A/B", 9), 4, 89_99), Price, Fault, "filled at 89.99, better than every price of the bar of 2020-01-01T04:00:00Z, which went from 90 to 110"},
		"inside, below":        {filled(bars("A/B", 9), 4.5, 89_99), Price, Fault, "better"},
		"above the high":       {filled(bars("A/B", 9), 4.5, 110_01), Price, Warning, "worse"},
		"last close, above":    {filled(bars("A/B", 9), 9, 110_01), Price, Warning, "worse"},
		"in a gap":             {filled(bars("A/B", 9, 5, 6), 6, 100_00), Gap, Fault, "where there is no bar: after the bar of 2020-01-01T04:00:00Z"},
		"before the first":     {filled(bars("A/B", 9), -1, 100_00), Gap, Fault, "before the first bar"},
		"after the last":       {filled(bars("A/B", 9), 9.5, 100_00), Gap, Fault, "after the bar"},
		"first after a gap":    {filled(bars("A/B", 9, 5, 6), 7, 100_00), Gap, Warning, "gap since 2020-01-01T05:00:00Z"},
		"later in that bar":    {r: filled(bars("A/B", 9, 5, 6), 7.5, 100_00)},
		"the bar after that":   {r: filled(bars("A/B", 9, 5, 6), 8, 100_00)},
		"open off, close fits": {r: filled(shifted(), 5, 105_00)},
	} {
		report := inspected(t, c.r, Options{})
		if c.kind == "" {
			none(t, report, Price, Gap, Volume)
		} else if f := want(t, report, c.kind, c.severity, c.words); f.Intent != 3 || f.Fill != 7 || f.Time.IsZero() {
			t.Errorf("%s: got %+v", name, f)
		}
		if t.Failed() {
			t.Fatal(name)
		}
	}
	// To sell, better and worse are the other way round.
	r := filled(bars("A/B", 9), 4, 110_01)
	r.Fills[0].Side = exchange.Sell
	want(t, inspected(t, r, Options{}), Price, Fault, "better")
}

// shifted is bars whose second half does not reach the first half's prices.
func shifted() *market.Series {
	s := bars("A/B", 9)
	for i := 5; i < 9; i++ {
		s.Open[i], s.High[i], s.Low[i], s.Close[i] = 50_00, 51_00, 49_00, 50_00
	}
	return s
}

func TestVolumes(t *testing.T) {
	t.Parallel()
	r := filled(bars("A/B", 9), 4, 100_00)
	r.Fills[0].Quantity = 1_0000 // the tenth that is allowed
	none(t, inspected(t, r, Options{}), Volume)
	r.Fills[0].Quantity = 1_0001
	want(t, inspected(t, r, Options{}), Volume, Warning, "10.0 % of the bar's volume is filled, more than 10.0 %")
	none(t, inspected(t, r, Options{VolumeShare: 0.2}), Volume)
	r.Fills[0].Quantity = 10_0000
	want(t, inspected(t, r, Options{}), Volume, Warning, "100.0 %")
	// Two fills that only together are too much; another in the next bar counts anew.
	second, third := r.Fills[0], r.Fills[0]
	second.ID, second.Time, second.Quantity = 8, hour(4.5).UnixNano(), 1
	third.ID, third.Time, third.Quantity = 9, hour(5).UnixNano(), 1_0000
	r.Fills = append(r.Fills, second, third)
	report := inspected(t, r, Options{})
	if f := want(t, report, Volume, Fault, "10.0001 A are filled in a bar that traded 10 in all"); f.Fill != 8 {
		t.Errorf("got %+v", f)
	}
	if all := of(report, Volume); len(all) != 2 {
		t.Errorf("got %v", all)
	}
	// A bar without trades fills nothing; bars without any volumes tell nothing.
	s := bars("A/B", 9)
	s.Volume[4] = 0
	want(t, inspected(t, filled(s, 4, 100_00), Options{}), Volume, Fault, "traded 0 in all")
	clear(s.Volume)
	report = inspected(t, filled(s, 4, 100_00), Options{})
	none(t, report, Volume)
	want(t, report, Volume, Note, "no volumes")
}

func TestListings(t *testing.T) {
	t.Parallel()
	s := bars("A/B", 9)
	s.Instrument.Listed, s.Instrument.Delisted = hour(0), hour(9)
	none(t, inspected(t, filled(s, 4, 100_00), Options{}), Listing)
	s.Instrument.Listed = hour(5)
	want(t, inspected(t, filled(s, 4, 100_00), Options{}), Listing, Fault, "5 bars of 1h are from before its listing on 2020-01-01, 1 fills")
	s.Instrument.Listed, s.Instrument.Delisted = hour(0), hour(3)
	want(t, inspected(t, filled(s, 4, 100_00), Options{}), Listing, Fault, "6 bars of 1h are from after its delisting on 2020-01-01, 1 fills")
}

func TestRules(t *testing.T) {
	t.Parallel()
	rules := func(from time.Time, tick string) []market.Rules {
		return []market.Rules{{From: from, Tick: decimal.RequireFromString(tick)}}
	}
	s := bars("A/B", 9)
	want(t, inspected(t, filled(s, 4, 100_00), Options{}), Rules, Note, "No rules are known: the 1 fills")
	s.Instrument.Rules = rules(hour(4), "1")
	report := inspected(t, filled(s, 4, 100_00), Options{})
	if len(of(report, Rules)) > 0 {
		t.Errorf("found %s", report)
	}
	s.Instrument.Rules = rules(hour(4.5), "1")
	if f := want(t, inspected(t, filled(s, 4, 100_00), Options{}), Rules, Warning, "1 of 1 fills are from before the first known rules, of 2020-01-01"); f.Intent != 3 {
		t.Errorf("got %+v", f)
	}
	// Rules of today, dated back: before the epoch, long before the listing, or with
	// a tick that the prices of then do not keep to.
	for _, from := range []time.Time{{}, time.Unix(0, 0)} {
		s.Instrument.Rules = rules(from, "1")
		want(t, inspected(t, filled(s, 4, 100_00), Options{}), Rules, Warning, "when nobody can have seen them")
	}
	s.Instrument.Rules, s.Instrument.Listed = rules(hour(-24*40), "1"), hour(0)
	want(t, inspected(t, filled(s, 4, 100_00), Options{}), Rules, Warning, "dated 2019-11-22, when nobody")
	s.Instrument.Rules = rules(hour(2), "0.5")
	s.Close[1], s.Close[2], s.Close[6] = 100_01, 100_01, 100_49
	if f := want(t, inspected(t, filled(s, 4, 100_00), Options{}), Rules, Warning, "2 of 7 bars have prices off the tick of 0.5"); !f.Time.Equal(hour(2)) || f.Count != 2 {
		t.Errorf("got %+v", f)
	}
}

func TestSurvivors(t *testing.T) {
	t.Parallel()
	run := func(symbols ...string) *backtest.Result {
		r := &backtest.Result{}
		for _, symbol := range symbols {
			s := bars(symbol, 9)
			s.Instrument.Listed = hour(-100)
			r.Data = append(r.Data, s)
		}
		return r
	}
	r := run("A/Q", "B/Q", "C/Q")
	want(t, inspected(t, r, Options{}), Survivorship, Warning, "All 3 instruments still traded at the end")
	r.Data[1].Instrument.Delisted = hour(9)
	if all := of(inspected(t, r, Options{}), Survivorship); len(all) > 0 {
		t.Errorf("one failed, and yet: %v", all)
	}
	for _, s := range r.Data {
		s.Instrument.Listed, s.Instrument.Delisted = time.Time{}, time.Time{}
	}
	want(t, inspected(t, r, Options{}), Survivorship, Note, "cannot be told")
	if all := of(inspected(t, run("A/Q"), Options{}), Survivorship); len(all) > 0 {
		t.Errorf("of one instrument: %v", all)
	}
	r = run("A/Q", "B/Q")
	r.Data[0].Instrument.Listed = hour(3)
	want(t, inspected(t, r, Options{}), Survivorship, Note, "after the run begins")

	// Twenty that could be chosen, ten of which fail; a run of eight without one of them.
	var candidates []*market.Instrument
	for _, c := range "ABCDEFGHIJKLMNOPQRST" {
		in := market.MustSpot(string(c) + "/USDT")
		in.Listed = hour(-100)
		if c >= 'K' {
			in.Delisted = hour(5)
		}
		candidates = append(candidates, in)
	}
	r = run("A/USDT", "B/USDT", "C/USDT", "D/USDT", "E/USDT", "F/USDT", "G/USDT", "H/USDT")
	f := want(t, inspected(t, r, Options{Candidates: candidates}), Survivorship, Fault, "10 were delisted by 2020-01-01 (K/USDT, L/USDT, M/USDT, N/USDT, O/USDT and 5 more)")
	// 10 choose 8 over 20 choose 8.
	if !strings.Contains(f.Words, "a chance of 0.00036.") {
		t.Errorf("got %s", f)
	}
	r = run("A/USDT", "B/USDT", "C/USDT")
	want(t, inspected(t, r, Options{Candidates: candidates}), Survivorship, Warning, "a chance of 0.11.")
	// One that fails is among them; or none fails within the run.
	r = run("A/USDT", "B/USDT", "K/USDT")
	none(t, inspected(t, r, Options{Candidates: candidates}), Survivorship)
	none(t, inspected(t, run("A/USDT", "B/USDT"), Options{Candidates: candidates[:10]}), Survivorship)
}

// Many of a kind are told five times and counted.
func TestManyAlike(t *testing.T) {
	t.Parallel()
	r := filled(bars("A/B", 99), 0, 89_00)
	for i := 1; i < 50; i++ {
		f := r.Fills[0]
		f.ID, f.Intent, f.Time = exchange.FillID(7+i), exchange.IntentID(3+i), hour(float64(i)).UnixNano()
		r.Fills = append(r.Fills, f)
	}
	all := of(inspected(t, r, Options{}), Price)
	if len(all) != 5 || all[4].Count != 46 || !strings.HasSuffix(all[4].Words, "The same holds 45 more times.") || all[0].Count != 1 {
		t.Errorf("got %v", all)
	}
}
