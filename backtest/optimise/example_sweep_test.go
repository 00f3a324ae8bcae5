package optimise_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// A grid over two parameters with two objectives: the best, the Pareto front, a map and
// what speaks against it all.
func Example_sweep() {
	candles, err := market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		fmt.Println(err)
		return
	}
	config := optimise.Config{
		Study: optimise.Study{
			Strategy:   "sma_cross",
			Space:      []optimise.Axis{optimise.Over("fast", 5, 50, 5), optimise.Over("slow", 20, 200, 20)},
			Where:      []string{"fast < slow"},
			Require:    []string{"trades >= 10", "max_drawdown >= -0.4"},
			Objectives: []optimise.Objective{{Figure: "sharpe"}, {Figure: "max_drawdown"}},
		},
		Evaluator: optimise.Backtests{Factory: smacross.Strategy, Config: backtest.Config{
			Data: []*market.Series{candles}, Cash: money.MustParse("10000 USDT"),
			Fees: exchange.FlatFee(decimal.RequireFromString("0.001")), Gaps: backtest.AcceptGaps,
		}},
		Store: &optimise.Memory{}, ID: "spring", // OpenFile survives the process
	}
	summary, err := optimise.Run(context.Background(), config)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(summary.Runs, "runs,", summary.Unmet, "of them without what is required")
	for _, row := range summary.Front {
		fmt.Printf("%s: Sharpe %.2f, drawdown %.1f %%\n", summary.Params(row), row.Figures.Sharpe, 100*row.Figures.MaxDrawdown)
	}
	e, err := optimise.Examine(context.Background(), config)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("plateau score %.2f\n", e.Plateau)
	for _, w := range e.Warnings {
		fmt.Println(w.Message)
	}
	heat, err := optimise.Heat(context.Background(), config.Store, config.ID, "fast", "slow", optimise.HeatOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("at fast %v and slow %v: %.2f\n", heat.XValues[1], heat.YValues[2], heat.Cells[2][1])
	// Output:
	// 90 runs, 9 of them without what is required
	// fast=10 slow=120: Sharpe 3.86, drawdown -18.3 %
	// fast=15 slow=80: Sharpe 3.33, drawdown -17.9 %
	// plateau score 0.85
	// The best made 25 trades. Below 30, luck and skill cannot be told apart.
	// at fast 10 and slow 60: 2.69
}
