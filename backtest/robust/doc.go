// Package robust asks how far the result of a backtest can be trusted: what the same
// trades, returns or prices could as well have given, whether a rule beats chance, and
// how much of a good figure is owed to having tried many.
//
//	result, err := backtest.Run(ctx, config)
//	...
//	m, err := robust.Bootstrap(ctx, robust.Daily(result), robust.BootstrapOptions{})
//	fmt.Println(m.Return.At(5), m.MaxDrawdown.At(5), m.Ruin, m.Warnings)
//
// # Simulations
//
// ShuffleTrades and ResampleTrades take the round trips in other orders, Bootstrap
// the returns in other blocks, Noise the candles with other prices. Each gives a
// MonteCarlo: bands of the equity for a fan chart, distributions of return, drawdown
// and Sharpe ratio, the chances of loss and ruin, and warnings.
//
// # Tests
//
// Permutation sets the positions of a rule against its returns in random orders;
// PermuteBars runs a strategy on candles in random orders. ProbabilisticSharpe,
// DeflatedSharpe and MinTrackRecord judge a Sharpe ratio by its length, its shape and
// the number of trials. Overfitting (CSCV) and BestOf (White's reality check and
// Hansen's test) judge the best of many trials by all of them.
//
// # Repeatable
//
// Everything is computed from a seed and the number of each simulation: the same
// input gives the same bits whatever the number of workers. All functions may be
// called by any number of goroutines; they stop when their context ends, with an
// error of kind Canceled.
package robust
