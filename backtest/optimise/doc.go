// Package optimise searches the parameters of a strategy, and says how far the best of
// them may be trusted.
//
//	summary, err := optimise.Run(ctx, optimise.Config{
//		Study: optimise.Study{
//			Strategy: "sma_cross",
//			Space:    []optimise.Axis{optimise.Over("fast", 5, 50, 5), optimise.Over("slow", 20, 200, 20)},
//			Where:    []string{"fast < slow"},
//			Require:  []string{"trades >= 30", "max_drawdown >= -0.4"},
//			Objectives: []optimise.Objective{{Figure: "sharpe"}},
//		},
//		Evaluator: optimise.Backtests{Factory: smacross.Strategy, Config: backtest.Config{…}},
//		Store:     store, ID: "spring",
//	})
//
// # Study, part, row
//
// A Study is what is searched, as data. It splits into parts (Study.Split) that do not
// depend on each other: RunPart runs one, in any process, and the rows of all parts
// together are those of the whole. A part of a grid or of random draws is a range of
// them, and the union of the parts is the same however many there are. A part of TPE or
// CMA-ES is a search of its own with a seed of its own, since each generation needs the
// results of the one before; within a generation the runs are spread over all workers.
//
// A Row is what is kept of one run. Rows go to a Store in the order of their numbers as
// soon as they are there, and not into memory. Resuming reads them back, checks that
// they are the ones that the study asks for, and goes on after the last: a run whose row
// was stored is never run again. The same study gives the same rows, byte for byte,
// whatever the number of workers and however often it was interrupted.
//
// # Methods
//
// Grid runs every combination. Random draws without putting back. TPE is the
// tree-structured Parzen estimator (Bergstra and others, 2011), CMA-ES the covariance
// matrix adaptation (Hansen, 2016); see their samplers for what they do with steps,
// constraints and several objectives.
//
// # Doubt
//
// Examine looks at the best row with its neighbours (plateau score) and says in words
// what speaks against it. Heat lays the rows out over two parameters. WalkForward
// optimises on windows of time and runs the best on the time after each, which it did
// not see.
package optimise
