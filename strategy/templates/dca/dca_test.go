package dca_test

import (
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/dca"
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

// TestDCA works out some bars by hand. Orders fill at the close that decided them: the
// next open is the same.
func TestDCA(t *testing.T) {
	t.Parallel()
	// The base order buys for 100, safety orders for 90 at 10 and 20 percent below.
	base := func(p *dca.Params) {
		p.Base, p.Safety, p.SafetyOrders, p.Deviation, p.TakeProfit, p.Restart = 100, 90, 2, 10, 10, false
	}
	for _, c := range []struct {
		name   string
		set    func(p *dca.Params)
		cash   string
		closes []int64
		want   string
	}{
		{"base order and profit", base, "1000 USDT", []int64{100, 105, 110, 120, 90, 90}, "buy 1 at 100, sell 1 at 110"},
		// (100 + 90) ÷ 2 = 95; 104 is below 104.5.
		{"the profit is on the average", base, "1000 USDT", []int64{100, 91, 90, 104, 105, 105}, "buy 1 at 100, buy 1 at 90, sell 2 at 105"},
		{"each safety order once", base, "1000 USDT", []int64{100, 90, 95, 90, 85, 80, 90, 80, 60, 60}, "buy 1 at 100, buy 1 at 90, buy 1.125 at 80"},
		{"one close through both", base, "1000 USDT", []int64{100, 75, 75}, "buy 1 at 100, buy 2.4 at 75"},
		{
			"steps and amounts grow", func(p *dca.Params) { base(p); p.StepScale, p.VolumeScale = 3, 2 }, "1000 USDT",
			[]int64{100, 90, 61, 60, 60}, "buy 1 at 100, buy 1 at 90, buy 3 at 60",
		},
		{"what there is no cash for waits", base, "200 USDT", []int64{100, 90, 80, 80, 106, 106}, "buy 1 at 100, buy 1 at 90, sell 2 at 106"},
		{"the stop is on the average", func(p *dca.Params) { base(p); p.SafetyOrders, p.Stop = 0, 10 }, "1000 USDT", []int64{100, 91, 90, 100, 100}, "buy 1 at 100, sell 1 at 90"},
		{
			"it begins again", func(p *dca.Params) { base(p); p.Restart = true }, "1000 USDT",
			[]int64{100, 110, 125, 125}, "buy 1 at 100, sell 1 at 110, buy 0.8 at 125",
		},
		{
			"after a pause", func(p *dca.Params) { base(p); p.Restart, p.Cooldown = true, 2 }, "1000 USDT",
			[]int64{100, 110, 125, 125, 50, 50}, "buy 1 at 100, sell 1 at 110, buy 2 at 50",
		},
		{
			"every two closes, without an end", func(p *dca.Params) { base(p); p.SafetyOrders, p.TakeProfit, p.Every, p.Periodic = 0, 0, 2, 50 }, "1000 USDT",
			[]int64{100, 100, 50, 25, 100, 500, 500}, "buy 1 at 100, buy 1 at 50, buy 0.5 at 100",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, err := backtest.Run(t.Context(), backtest.Config{Strategy: dca.Strategy.With(c.set), Cash: money.MustParse(c.cash), Data: []*market.Series{bars(c.closes...)}})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, f := range r.Fills {
				in := r.Data[0].Instrument
				out = append(out, f.Side.String()+" "+in.Quantity(f.Quantity).String()+" at "+in.Price(f.Price).String())
			}
			if got := strings.Join(out, ", "); got != c.want || len(r.Refused) > 0 {
				t.Errorf("got  %s, %d refused\nwant %s", got, len(r.Refused), c.want)
			}
		})
	}
}

func TestDCARefusesStepsBelowZero(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		set  func(p *dca.Params)
		want string
	}{
		{func(p *dca.Params) { p.Deviation, p.SafetyOrders = 34, 3 }, "params.deviation: puts safety order 3 at 102 percent below"},
		{func(p *dca.Params) { p.VolumeScale, p.SafetyOrders, p.Deviation = 10, 30, 1 }, "params.volume_scale: makes safety order 12 buy for 1e+13"},
		{func(p *dca.Params) { p.Base = 0 }, "params.base: must be between"},
	} {
		err := backtest.Check(backtest.Config{Strategy: dca.Strategy.With(c.set), Cash: money.MustParse("1 USDT"), Data: []*market.Series{bars(1)}})
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
