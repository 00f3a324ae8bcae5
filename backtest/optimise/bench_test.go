package optimise_test

import (
	"context"
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// BenchmarkOverhead runs 716 backtests of 4,309 bars by a study on one worker, beside the
// same by bare calls of backtest.Run; nothing is what a study costs over runs that cost
// nothing.
func BenchmarkOverhead(b *testing.B) {
	series, err := hours()
	if err != nil {
		b.Fatal(err)
	}
	evaluator := backtests(series)
	study := smaStudy(optimise.Grid)
	const runs = 716
	perRun := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/runs, "ns/run")
	}
	run := func(b *testing.B, e optimise.Evaluator, store optimise.Store) {
		summary, err := optimise.Run(context.Background(), optimise.Config{Study: study, Evaluator: e, Store: store, ID: "s", Workers: 1})
		if err != nil || summary.Runs != runs {
			b.Fatalf("%v, %v", summary, err)
		}
	}
	b.Run("bare", func(b *testing.B) {
		c := evaluator.Config
		for b.Loop() {
			n := 0
			for fast := 2; fast <= 40; fast++ {
				for slow := 10; slow <= 200; slow += 10 {
					if fast >= slow {
						continue
					}
					c.Strategy = smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = fast, slow })
					if _, err := backtest.Run(context.Background(), c); err != nil {
						b.Fatal(err)
					}
					n++
				}
			}
			if n != runs {
				b.Fatal(n)
			}
		}
		perRun(b)
	})
	b.Run("memory", func(b *testing.B) {
		for b.Loop() {
			run(b, evaluator, &optimise.Memory{})
		}
		perRun(b)
	})
	b.Run("file", func(b *testing.B) {
		for b.Loop() {
			store, err := optimise.OpenFile(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			run(b, evaluator, store)
			if err := store.Close(); err != nil {
				b.Fatal(err)
			}
		}
		perRun(b)
	})
	b.Run("nothing", func(b *testing.B) {
		for b.Loop() {
			run(b, function{score: func(optimise.Params) float64 { return 1 }}, &optimise.Memory{})
		}
		perRun(b)
	})
}
