package optimise

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// Windows are how a walk forward cuts time. Train and Test are required.
type Windows struct {
	Train time.Duration `json:"train"` // of an anchored walk, the first window's
	Test  time.Duration `json:"test"`
	Step  time.Duration `json:"step,omitempty"` // from one window to the next; 0 is Test, never less than it
	// Anchored lets every training begin at the start of the data, so that it grows;
	// otherwise it rolls along with the same length.
	Anchored bool `json:"anchored,omitempty"`
}

// Window is one training and the test behind it. Training ends where the test begins:
// no bar is in both.
type Window struct {
	TrainFrom, TestFrom, TestTo time.Time
}

// mostWindows bounds the windows of a walk.
const mostWindows = 1000

// Split returns the windows between two times. A last one whose test would not be whole
// is left out. Invalid names what is wrong.
func (w Windows) Split(from, to time.Time) ([]Window, error) {
	if w.Step == 0 {
		w.Step = w.Test
	}
	switch {
	case w.Train <= 0:
		return nil, tradekeel.Invalidf("windows.train", "must be above zero, got %s", w.Train)
	case w.Test <= 0:
		return nil, tradekeel.Invalidf("windows.test", "must be above zero, got %s", w.Test)
	case w.Step < w.Test:
		return nil, tradekeel.Invalidf("windows.step", "must be at least test, or tests would overlap, got %s and %s", w.Step, w.Test)
	case to.Sub(from) < w.Train || to.Sub(from)-w.Train < w.Test:
		return nil, tradekeel.Invalidf("windows.train", "training and test take %s, the data goes over %s", w.Train+w.Test, to.Sub(from))
	case (to.Sub(from)-w.Train-w.Test)/w.Step >= mostWindows:
		return nil, tradekeel.Invalidf("windows.step", "makes more than %d windows, got %s", mostWindows, w.Step)
	}
	var out []Window
	for at := from.Add(w.Train); !at.Add(w.Test).After(to); at = at.Add(w.Step) {
		window := Window{TrainFrom: at.Add(-w.Train), TestFrom: at, TestTo: at.Add(w.Test)}
		if w.Anchored {
			window.TrainFrom = from
		}
		out = append(out, window)
	}
	return out, nil
}

// Walk is one walk forward. Study, Factory, Config and Windows are required.
type Walk struct {
	Study   Study
	Factory strategy.Factory
	// Config is the data and settings of every run; From and To bound the whole walk.
	Config  backtest.Config
	Windows Windows
	// Store keeps the rows of every window, under ID and "-w1", "-w2" and so on, so that
	// a walk goes on after an interruption; nil keeps them in memory.
	Store   Store
	ID      ID // at most 58 long; required with a Store
	Workers int
	Allow   func(Params) bool
	// Progress is called with the number of the window, from 1, and how many there are.
	Progress func(window, windows int, p Progress)
}

// Walked is a window that was walked.
type Walked struct {
	Window
	// Summary is of the training.
	Summary *Summary
	// Row and Params are the best of the training that meets what is required.
	Row    Row
	Params Params
	// Test is the run of these parameters over the test, which begins with the equity
	// that the one before ended with; nil when no run of the training met what is
	// required, and the money stayed where it was.
	Test *backtest.Result
	// Efficiency is the annual return of the test ÷ that of the training; NaN where the
	// latter is not above zero. Annual returns of short windows are wild.
	Efficiency float64
}

// Stability is how one parameter's best value moved from window to window.
type Stability struct {
	Name string
	// Values are the best by window, in order; windows without a test left out.
	Values []any
	// Spread is the distance of the largest and the smallest, as a fraction of the
	// range that was searched; for words the share of windows that have not the most
	// frequent one.
	Spread float64
}

// Forward is what came of a walk: what the money would have become, had it been traded
// with parameters that were chosen without a look ahead.
type Forward struct {
	Windows []Walked
	// Chained is all tests, one after the other; nil when there was none.
	Chained *backtest.Chained
	// Efficiency is the annual return of the chained tests ÷ that of the trainings, of
	// which the geometric mean is taken, as if they too had followed each other; NaN
	// where that is not above zero (Pardo, The evaluation and optimization of trading
	// strategies, 2008: at least a half is wanted).
	Efficiency float64
	Stability  []Stability
	Warnings   []Warning
}

// WalkForward optimises on each window of time and runs the best over the time behind it.
// In a test the indicators have seen the bars of the training, and the strategy is first
// asked behind them; each test begins without a position. What a test left open at its
// end counts at its last close. Errors as of Run.
func WalkForward(ctx context.Context, w Walk) (*Forward, error) {
	if w.Factory == nil {
		return nil, tradekeel.Invalidf("strategy", "is missing")
	}
	for i, s := range w.Config.Data {
		if s == nil {
			return nil, tradekeel.Invalidf(fmt.Sprintf("data.%d", i), "is missing")
		}
	}
	from, to, ok := span(w.Config)
	if !ok {
		return nil, backtest.ErrNoData
	}
	windows, err := w.Windows.Split(time.Unix(0, from).UTC(), time.Unix(0, to).UTC())
	if err != nil {
		return nil, err
	}
	if w.Store == nil {
		w.Store, w.ID = &Memory{}, "walk"
	}
	f := &Forward{Efficiency: math.NaN()}
	cash := w.Config.Cash
	var tests []*backtest.Result
	for i, window := range windows {
		walked, err := w.window(ctx, i, len(windows), window, cash)
		if err != nil {
			return nil, err
		}
		if walked.Test != nil {
			cash = walked.Test.Final()
			tests = append(tests, walked.Test)
		}
		f.Windows = append(f.Windows, *walked)
		if cash.Sign() <= 0 {
			break // ruined: there is nothing to go on with
		}
	}
	if len(tests) > 0 {
		if f.Chained, err = backtest.Chain(w.Config.Convention, tests...); err != nil {
			return nil, err
		}
	}
	f.sum(len(windows))
	return f, nil
}

// window optimises on a training and runs the best over the test.
func (w Walk) window(ctx context.Context, i, of int, window Window, cash money.Amount) (*Walked, error) {
	train := w.Config
	train.From, train.To, train.WarmFrom = window.TrainFrom, window.TestFrom, time.Time{}
	b := Backtests{Factory: w.Factory, Config: train}
	c := Config{
		Study: w.Study, Evaluator: b, Store: w.Store, ID: ID(fmt.Sprintf("%s-w%d", w.ID, i+1)), Workers: w.Workers, Allow: w.Allow,
	}
	if w.Progress != nil {
		c.Progress = func(p Progress) { w.Progress(i+1, of, p) }
	}
	summary, err := Run(ctx, c)
	if err != nil {
		return nil, err
	}
	out := &Walked{Window: window, Summary: summary, Efficiency: math.NaN()}
	if len(summary.Best) == 0 || !summary.Meets(summary.Best[0]) {
		return out, nil
	}
	out.Row, out.Params = summary.Best[0], summary.Params(summary.Best[0])
	b.Config.From, b.Config.To, b.Config.WarmFrom = window.TestFrom, window.TestTo, window.TrainFrom
	b.Config.Cash = cash
	result, fault, err := b.run(ctx, append(out.Params, summary.plan.fixed...))
	if err == nil && fault != "" {
		err = tradekeel.Invalidf("strategy", "failed in the test from %s: %s", window.TestFrom.Format(time.RFC3339), fault)
	}
	if err != nil {
		return nil, err
	}
	out.Test = result
	out.Efficiency = efficiency(float64(result.Stats.CAGR), out.Row.Figures.CAGR)
	return out, nil
}

func efficiency(out, in float64) float64 {
	if !(in > 0) {
		return math.NaN()
	}
	return out / in
}

// sum fills in what is told of all windows.
func (f *Forward) sum(planned int) {
	training, tests, won := 0.0, 0, 0
	for i := range f.Windows {
		if t := f.Windows[i].Test; t != nil {
			training += math.Log1p(f.Windows[i].Row.Figures.CAGR)
			tests++
			if t.Stats.Return > 0 {
				won++
			}
		}
	}
	warn := func(code, format string, args ...any) {
		f.Warnings = append(f.Warnings, Warning{code, fmt.Sprintf(format, args...)})
	}
	if len(f.Windows) < planned {
		warn("ruined", "Nothing was left after window %d of %d.", len(f.Windows), planned)
	}
	if skipped := len(f.Windows) - tests; skipped > 0 {
		warn("no_choice", "In %d of %d windows no run met what is required, and nothing was traded.", skipped, len(f.Windows))
	}
	if tests == 0 {
		return
	}
	mean := math.Expm1(training / float64(tests))
	annual := float64(f.Chained.Stats.CAGR)
	f.Efficiency = efficiency(annual, mean)
	const wanted, fewWindows, wide = 0.5, 4, 0.7
	switch {
	case f.Efficiency < wanted:
		warn("overfit", "In the windows that chose the parameters the strategy made %.0f %% a year, in those after them %.0f %%. "+
			"Expect the latter at best: the choice fits the past more than the market.", 100*mean, 100*annual)
	case mean <= 0:
		warn("no_edge", "Even in the windows that chose the parameters the strategy made %.0f %% a year on average.", 100*mean)
	}
	if 2*won < tests {
		warn("few_won", "Only %d of %d tests made money.", won, tests)
	}
	if tests < fewWindows {
		warn("few_windows", "There are %d tests; below %d they say little.", tests, fewWindows)
	}
	if trades := f.Chained.Stats.Trades; trades < fewTrades {
		warn("few_trades", "The tests made %d trades together. Below %d, luck and skill cannot be told apart.", trades, fewTrades)
	}
	f.stability()
	for _, s := range f.Stability {
		if s.Spread > wide && tests >= fewWindows {
			warn("unstable", "The best %s went over %.0f %% of its range from window to window: it follows noise.", s.Name, 100*s.Spread)
		}
	}
}

// stability follows each parameter over the windows.
func (f *Forward) stability() {
	var space space
	for i := range f.Windows {
		space = f.Windows[i].Summary.plan.space
	}
	for i, x := range space {
		s := Stability{Name: x.Name}
		low, high, counts, most := x.levels, -1, map[int]int{}, 0
		for j := range f.Windows {
			if f.Windows[j].Test == nil {
				continue
			}
			level := f.Windows[j].Row.Levels[i]
			s.Values = append(s.Values, x.value(level))
			low, high = min(low, level), max(high, level)
			counts[level]++
			most = max(most, counts[level])
		}
		switch {
		case x.OneOf != nil:
			s.Spread = 1 - float64(most)/float64(len(s.Values))
		case x.levels > 1:
			s.Spread = float64(high-low) / float64(x.levels-1)
		}
		f.Stability = append(f.Stability, s)
	}
}
