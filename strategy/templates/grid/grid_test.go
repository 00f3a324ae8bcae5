package grid_test

import (
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/grid"
)

// bars makes candles whose open is the close before.
func bars(closes ...int64) *market.Series {
	s := market.NewSeries(market.MustSpot("BTC/USDT"), market.H1, 8, len(closes))
	open := closes[0] * 1e8
	for i, c := range closes {
		c *= 1e8
		s.Append(market.Bar{Time: int64(i) * int64(market.H1), Open: open, High: max(open, c), Low: min(open, c), Close: c, Volume: 1e8})
		open = c
	}
	return s
}

// fills tells the fills in words: "buy 1 at 90".
func fills(t *testing.T, set func(p *grid.Params), cash string, closes ...int64) string {
	t.Helper()
	r, err := backtest.Run(t.Context(), backtest.Config{
		Strategy: grid.Strategy.With(set), Cash: money.MustParse(cash), Data: []*market.Series{bars(closes...)},
	})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range r.Fills {
		in := r.Data[0].Instrument
		out = append(out, f.Side.String()+" "+in.Quantity(f.Quantity).String()+" at "+in.Price(f.Price).String())
	}
	for _, refused := range r.Refused {
		t.Errorf("refused: %v", refused.Err)
	}
	return strings.Join(out, ", ")
}

// four levels of 10 between 80 and 120, each for 90 USDT.
func four(p *grid.Params) {
	p.Range, p.Lower, p.Upper, p.Levels, p.Spacing, p.Amount = "price", 80, 120, 4, "arithmetic", 90
}

// TestGrid works out some bars by hand. Orders fill at the close that decided them:
// the next open is the same.
func TestGrid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		set    func(p *grid.Params)
		cash   string
		closes []int64
		want   string
	}{
		{"nothing is crossed", four, "1000 USDT", []int64{105, 101, 109, 101}, ""},
		{"down one line and up again", four, "1000 USDT", []int64{105, 90, 95, 100, 100}, "buy 2 at 90, sell 1 at 100"},
		{"a level that holds buys nothing more", four, "1000 USDT", []int64{95, 90, 95, 90, 95, 90, 90}, "buy 1 at 90"},
		{"it buys again after it sold", four, "1000 USDT", []int64{95, 90, 100, 90, 100, 100}, "buy 1 at 90, sell 1 at 100, buy 1 at 90, sell 1 at 100"},
		{"through two lines at once", four, "1000 USDT", []int64{105, 80, 80}, "buy 3.375 at 80"},
		{"the highest first when cash is short", four, "200 USDT", []int64{105, 80, 80, 100, 110, 110}, "buy 2.25 at 80, sell 1.125 at 100, sell 1.125 at 110"},
		{"above the range nothing is bought", four, "1000 USDT", []int64{130, 125, 130, 130}, ""},
		{"the stop sells all and ends it", func(p *grid.Params) { four(p); p.Stop = 10 }, "1000 USDT", []int64{85, 80, 72, 85, 80, 80}, "buy 1.125 at 80, sell 1.125 at 72"},
		{
			"percent around the first close, geometric",
			func(p *grid.Params) { p.Lower, p.Upper, p.Levels, p.Amount = 19, 0, 2, 81 }, "1000 USDT",
			[]int64{100, 90, 81, 90, 100, 100}, "buy 0.9 at 90, buy 1 at 81, sell 1 at 90, sell 0.9 at 100",
		},
		{
			"the range follows the price up, and not down", func(p *grid.Params) { four(p); p.Trailing = true }, "1000 USDT",
			[]int64{105, 125, 120, 120, 131, 120, 120}, "buy 0.75 at 120, sell 0.75 at 131, buy 1.5 at 120",
		},
		{"without trailing it waits below", four, "1000 USDT", []int64{105, 125, 121, 131, 121, 121}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := fills(t, c.set, c.cash, c.closes...); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestGridRefusesRanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  func(p *grid.Params)
		want string
	}{
		{func(p *grid.Params) { p.Lower = 100 }, "params.lower: must be below 100 percent"},
		{func(p *grid.Params) { p.Lower, p.Upper = 0, 0 }, "params.upper: must be above 0 percent"},
		{func(p *grid.Params) { p.Range, p.Lower, p.Upper = "price", 0, 10 }, "params.lower: must be a price above 0"},
		{func(p *grid.Params) { p.Range, p.Lower, p.Upper = "price", 10, 10 }, "params.upper: must be above lower"},
		{func(p *grid.Params) { p.Levels = 0 }, "params.levels: must be between 1 and 500"},
	} {
		err := backtest.Check(backtest.Config{Strategy: grid.Strategy.With(c.set), Cash: money.MustParse("1 USDT"), Data: []*market.Series{bars(1)}})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
