package optimise_test

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// Sixty days choose the parameters that the next thirty are traded with, again and again.
func ExampleWalkForward() {
	candles, err := market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		fmt.Println(err)
		return
	}
	walk, err := optimise.WalkForward(context.Background(), optimise.Walk{
		Study: optimise.Study{
			Space:      []optimise.Axis{optimise.Over("fast", 5, 50, 5), optimise.Over("slow", 20, 200, 20)},
			Where:      []string{"fast < slow"},
			Require:    []string{"trades >= 5"},
			Objectives: []optimise.Objective{{Figure: "sharpe"}},
			Method:     optimise.TPE, Runs: 40, Seed: 1,
		},
		Factory: smacross.Strategy,
		Config: backtest.Config{
			Data: []*market.Series{candles}, Cash: money.MustParse("10000 USDT"),
			Fees: exchange.FlatFee(decimal.RequireFromString("0.001")), Gaps: backtest.AcceptGaps,
		},
		Windows: optimise.Windows{Train: 60 * 24 * time.Hour, Test: 30 * 24 * time.Hour},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, w := range walk.Windows {
		fmt.Printf("from %s: %s made %s\n", w.TestFrom.Format(time.DateOnly), w.Params, w.Test.Stats.Return.Percent())
	}
	fmt.Println(walk.Chained.Final().Round(2, money.HalfEven), "with a Sharpe ratio of", walk.Chained.Stats.Sharpe)
	fmt.Printf("efficiency %.2f\n", walk.Efficiency)
	for _, w := range walk.Warnings {
		fmt.Println(w.Message)
	}
	// Output:
	// from 2021-01-16: fast=15 slow=120 made 25.5 %
	// from 2021-02-15: fast=10 slow=120 made 8.1 %
	// from 2021-03-17: fast=5 slow=80 made 10.4 %
	// from 2021-04-16: fast=5 slow=80 made 1.2 %
	// 15150.93 USDT with a Sharpe ratio of 2.64
	// efficiency 0.11
	// In the windows that chose the parameters the strategy made 2335 % a year, in those after them 254 %. Expect the latter at best: the choice fits the past more than the market.
	// The tests made 24 trades together. Below 30, luck and skill cannot be told apart.
}
