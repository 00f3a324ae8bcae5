package backtest_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// Every pair of averages, over the same candles: each comes to what Run comes to.
func ExampleSweep() {
	candles, err := market.ReadCSVFile("../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		fmt.Println(err)
		return
	}
	var pairs []strategy.Strategy
	for fast := 5; fast <= 25; fast += 10 {
		for slow := 30; slow <= 90; slow += 30 {
			pairs = append(pairs, smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = fast, slow }))
		}
	}
	results, err := backtest.Sweep(context.Background(), backtest.SweepConfig{
		Strategies: pairs, Data: candles, Gaps: backtest.AcceptGaps,
		Cash: money.MustParse("10000 USDT"), Fees: exchange.FlatFee(decimal.RequireFromString("0.001")),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	best := 0
	for i := range results {
		if results[i].Final.Cmp(results[best].Final) > 0 {
			best = i
		}
	}
	fmt.Println(len(results), "pairs, the best:", pairs[best].Parameters()[0].Value, pairs[best].Parameters()[1].Value)
	fmt.Println(exchange.FromUnits(results[best].Final).Round(2), "USDT after", results[best].Trades, "trades, drawdown", results[best].MaxDrawdown.Percent())
	// Output:
	// 9 pairs, the best: 5 90
	// 24265.17 USDT after 45 trades, drawdown -23.6 %
}
