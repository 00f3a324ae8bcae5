package rotation_test

import (
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/rotation"
)

// bars makes candles whose open is the close before.
func bars(symbol string, closes ...int64) *market.Series {
	s := market.NewSeries(market.MustSpot(symbol), market.D1, 8, len(closes))
	open := closes[0] * 1e8
	for i, c := range closes {
		c *= 1e8
		s.Append(market.Bar{Time: int64(i) * int64(market.D1), Open: open, High: max(open, c), Low: min(open, c), Close: c, Volume: 1e8})
		open = c
	}
	return s
}

// TestRotation works out some days by hand: of three the strongest over two days.
func TestRotation(t *testing.T) {
	t.Parallel()
	set := func(p *rotation.Params) { p.Lookback, p.Hold, p.Every, p.Invest = 2, 1, 3, 50 }
	for _, c := range []struct {
		name          string
		set           func(p *rotation.Params)
		btc, eth, xrp []int64
		want          string
	}{
		{
			// On day 3 BTC is up 25 %, ETH 10 %: half of 1000 buys 4 BTC at 125. On day 6
			// BTC fell, ETH is up 20 %: 4 BTC give 400; of the equity of 900 half buys 450 ÷ 12.
			"the strongest", set, []int64{100, 100, 125, 125, 110, 100, 100, 100}, []int64{10, 10, 11, 10, 10, 12, 12, 12}, []int64{5, 5, 5, 5, 5, 5, 5, 5},
			"buy 4 BTC at 125, sell 4 BTC at 100, buy 37.5 ETH at 12",
		},
		{"only what rose", set, []int64{100, 100, 90, 90}, []int64{10, 10, 9, 9}, []int64{5, 5, 5, 5}, ""},
		{
			"the least bad", func(p *rotation.Params) { set(p); p.Positive = false }, []int64{100, 100, 50, 50}, []int64{10, 10, 8, 8}, []int64{5, 5, 4, 4},
			"buy 62.5 ETH at 8",
		},
		{
			"two of three in equal parts", func(p *rotation.Params) { set(p); p.Hold = 2 }, []int64{100, 100, 125, 125}, []int64{10, 10, 20, 20}, []int64{5, 5, 6, 6},
			"buy 2 BTC at 125, buy 12.5 ETH at 20",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			data := []*market.Series{bars("BTC/USDT", c.btc...), bars("ETH/USDT", c.eth...), bars("XRP/USDT", c.xrp...)}
			r, err := backtest.Run(t.Context(), backtest.Config{Strategy: rotation.Strategy.With(c.set), Cash: money.MustParse("1000 USDT"), Data: data})
			if err != nil {
				t.Fatal(err)
			}
			var out []string
			for _, f := range r.Fills {
				in := data[f.Instrument].Instrument
				out = append(out, f.Side.String()+" "+in.Quantity(f.Quantity).String()+" "+string(in.Base)+" at "+in.Price(f.Price).String())
			}
			if got := strings.Join(out, ", "); got != c.want || len(r.Refused) > 0 {
				t.Errorf("got  %s, %d refused\nwant %s", got, len(r.Refused), c.want)
			}
		})
	}
}

func TestRotationRefusesMoreThanThereAre(t *testing.T) {
	t.Parallel()
	err := backtest.Check(backtest.Config{Strategy: rotation.Strategy, Cash: money.MustParse("1 USDT"), Data: []*market.Series{bars("BTC/USDT", 1)}})
	if err == nil || !strings.HasPrefix(err.Error(), "params.hold: must be at most the number of instruments, which is 1, got 3") {
		t.Errorf("got %v", err)
	}
}
