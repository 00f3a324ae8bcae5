package robust_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/robust"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

func configuration(s strategy.Strategy) (backtest.Config, error) {
	candles, err := market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	return backtest.Config{
		Strategy: s,
		Data:     []*market.Series{candles},
		Cash:     money.MustParse("10000 USDT"),
		Fees:     exchange.FlatFee(decimal.RequireFromString("0.001")),
		Gaps:     backtest.AcceptGaps,
	}, err
}

// What else could have come of the same strategy.
func Example() {
	ctx := context.Background()
	config, err := configuration(smacross.Strategy)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := backtest.Run(ctx, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	shuffled, err := robust.ShuffleTrades(ctx, result, robust.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(shuffled)
	drawn, err := robust.Bootstrap(ctx, robust.Daily(result), robust.BootstrapOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(drawn)
	noisy, err := robust.Noise(ctx, config, robust.NoiseOptions{Options: robust.Options{Runs: 100}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(noisy)
	// Output:
	// shuffles, 1000 runs: return 111.0 % (5 %: 111.0 %), max drawdown -21.9 % (5 %: -32.2 %), loss in 0.0 %, ruin in 0.0 %
	// bootstrapped histories, 1000 runs: return 110.6 % (5 %: 6.4 %), max drawdown -22.4 % (5 %: -37.2 %), loss in 2.9 %, ruin in 0.1 %
	// noisy histories, 100 runs: return 102.2 % (5 %: 86.3 %), max drawdown -32.0 % (5 %: -35.1 %), loss in 0.0 %, ruin in 0.0 %
}

// How much of the best of many runs is owed to having tried many.
func Example_manyTrials() {
	ctx := context.Background()
	var trials robust.Trials
	for fast := 5; fast <= 25; fast += 5 {
		for slow := 30; slow <= 120; slow += 10 {
			config, err := configuration(smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = fast, slow }))
			if err != nil {
				fmt.Println(err)
				return
			}
			result, err := backtest.Run(ctx, config)
			if err != nil {
				fmt.Println(err)
				return
			}
			trials = append(trials, robust.Daily(result).Values)
		}
	}
	overfitting, err := robust.Overfitting(ctx, trials, robust.OverfittingOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%d trials, probability of overfitting %.2f\n", overfitting.Trials, overfitting.Probability)
	deflated, err := robust.Deflate(trials)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("chance of skill %.3f alone, %.3f as the best of all\n", deflated.Undeflated, deflated.Probability)
	best, err := robust.BestOf(ctx, trials, nil, robust.BestOfOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(best)
	// Output:
	// 50 trials, probability of overfitting 0.49
	// chance of skill 0.999 alone, 0.973 as the best of all
	// best of 50 trials: mean 0.7 % a period, p = 0.0220 (White), 0.0260 (Hansen), 0.0060 alone
}

// Whether the positions of a rule foresee the market.
func ExamplePermutation() {
	ctx := context.Background()
	config, err := configuration(smacross.Strategy)
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := backtest.Run(ctx, config)
	if err != nil {
		fmt.Println(err)
		return
	}
	signal, returns, err := robust.Signal(result)
	if err != nil {
		fmt.Println(err)
		return
	}
	test, err := robust.Permutation(ctx, signal, returns, robust.Rotated, robust.TestOptions{})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(test)
	// Output: 7.47618e-05, p = 0.1469 of 1000 draws
}
