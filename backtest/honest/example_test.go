package honest_test

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/honest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

func configuration() (backtest.Config, error) {
	candles, err := market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	return backtest.Config{
		Strategy: smacross.Strategy,
		Data:     []*market.Series{candles},
		Cash:     money.MustParse("10000 USDT"),
		Gaps:     backtest.AcceptGaps,
	}, err
}

func Example() {
	config, err := configuration()
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := honest.Check(context.Background(), config, honest.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report)
	fmt.Println(len(report.Faults()), "faults in", report.Reruns, "reruns; bars of history needed:", report.History.Needed)
	// Output:
	// note, warm_up: Decisions agree only after 94 bars of history, the indicators declare a warm-up of 29: an average that does not forget, or a position held by then, ties what is decided before to where the candles begin.
	// note, rules, BTC/USDT, 2020-11-19T18:00:00Z: No rules are known: the 182 fills met no tick, lot or minimum.
	// 0 faults in 52 reruns; bars of history needed: 94
}

// Tomorrow buys when the next candle will rise: it is made of candles that it should
// not have yet.
type Tomorrow struct{ candles *market.Series }

func (Tomorrow) Name() string                     { return "tomorrow" }
func (Tomorrow) Parameters() []strategy.Parameter { return nil }

func (t Tomorrow) Build(s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	return t, s.Err()
}

func (t Tomorrow) OnBar(b strategy.Bar, o *strategy.Orders) {
	next, _ := slices.BinarySearch(t.candles.Time, b.Time().UnixNano())
	next++
	switch {
	case next == t.candles.Len():
	case t.candles.Close[next] > t.candles.Close[next-1] && b.Position().Flat():
		o.BuyMarket(strategy.CashPercent(100))
	case t.candles.Close[next] < t.candles.Close[next-1]:
		o.Close("will fall")
	}
}

// A strategy that knows the future is caught: it is made anew of candles that end
// earlier, and decides otherwise.
func Example_lookAhead() {
	config, err := configuration()
	if err != nil {
		fmt.Println(err)
		return
	}
	config.Strategy = Tomorrow{config.Data[0]}
	report, err := honest.Check(context.Background(), config, honest.Options{
		Cuts: 4,
		Remake: func(candles []*market.Series) (strategy.Strategy, error) {
			return Tomorrow{candles[0]}, nil
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Faults() {
		if f.Kind == honest.LookAhead {
			fmt.Println(f)
		}
	}
	// Output:
	// fault, look_ahead, BTC/USDT, 2020-11-18T03:00:00Z: With the bars after 2020-11-18T03:00:00Z taken away it does not decide to buy BTC/USDT by a market order, as it had: by then nobody could know them.
	// fault, look_ahead, BTC/USDT, 2020-11-26T15:00:00Z: With the bars after 2020-11-26T15:00:00Z taken away it does not decide to buy BTC/USDT by a market order, as it had: by then nobody could know them.
	// fault, look_ahead, BTC/USDT, 2021-02-25T02:00:00Z: With the bars after 2021-02-25T02:00:00Z taken away it does not decide to buy BTC/USDT by a market order, as it had: by then nobody could know them.
	// fault, look_ahead, BTC/USDT, 2021-03-14T11:00:00Z: With the bars after 2021-03-14T11:00:00Z taken away it does not decide to buy BTC/USDT by a market order, as it had: by then nobody could know them.
}
