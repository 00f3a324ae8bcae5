package optimise_test

import (
	"errors"
	"math"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// TestSweepsEqualBacktests: a study by sweeps has the rows of one by runs, in the figures
// that it tells, whatever the batches.
func TestSweepsEqualBacktests(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	runs := backtests(series)
	sweeps := optimise.Sweeps{Factory: smacross.Strategy, Config: backtest.SweepConfig{
		Data: series, Cash: runs.Config.Cash, Fees: runs.Config.Fees, Gaps: runs.Config.Gaps,
	}}
	study := optimise.Study{
		Strategy: "sma_cross", Space: []optimise.Axis{optimise.Over("fast", 5, 40, 5), optimise.Over("slow", 20, 120, 20)},
		Where: []string{"fast < slow"}, Require: []string{"trades >= 10"}, Objectives: []optimise.Objective{{Figure: "return"}},
	}
	want, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: runs})
	ok(t, err)
	for _, batch := range []int{1, 7, 1000} {
		got, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: sweeps, Batch: batch})
		ok(t, err)
		if got.Runs != want.Runs || len(got.Best) != len(want.Best) {
			t.Fatalf("%d runs, want %d", got.Runs, want.Runs)
		}
		for i := range got.Best {
			a, b := got.Best[i].Figures, want.Best[i].Figures
			if got.Best[i].Number != want.Best[i].Number || a.Return != b.Return || a.MaxDrawdown != b.MaxDrawdown || a.Trades != b.Trades || !math.IsNaN(a.Sharpe) {
				t.Errorf("batches of %d: row %d is %+v, want %+v", batch, i, a, b)
			}
		}
	}
	study.Objectives, study.Require = []optimise.Objective{{Figure: "sharpe"}}, []string{"calmar > 1"}
	_, err = optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: sweeps})
	if faults := tradekeel.Violations(err); !errors.Is(err, tradekeel.ErrInvalid) || len(faults) != 2 {
		t.Errorf("figures that a sweep does not tell gave %v", err)
	}
}
