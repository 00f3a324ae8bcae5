package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
)

func newWalkForward(a *app) *cobra.Command {
	f := &searchFlags{}
	var train, test, step, folder string
	var anchored bool
	c := &cobra.Command{
		Use: "walk-forward STRATEGY", Short: "Optimise on windows of time, and run the best on the time after each",
		Long: `Optimise on a window of time, run the best on the time after it, which the search did
not see, and go on with the next window. What comes out is what the money would have
become, had it been traded with parameters that were chosen without a look ahead.`,
		Example: "  tradekeel walk-forward sma_cross --train 60d --test 30d --over fast=5:25:5 --over slow=30:90:20 --data binance:BTC/USDT:1h --accept-gaps\n" +
			"  tradekeel walk-forward dip.json --train 60d --test 30d --anchored --over oversold --method random --runs 10 --data binance:BTC/USDT:1h --accept-gaps --json",
		Args: cobra.ExactArgs(1), ValidArgsFunction: completeStrategies,
		Annotations: map[string]string{resumes: "runs that are in the folder of --study are kept, and the same command goes on from there"},
		RunE: func(c *cobra.Command, args []string) error {
			windows, windowsErr := parseWindows(train, test, step, anchored)
			in, study, err := f.inputs(c.Context(), a, args[0])
			if err := errors.Join(windowsErr, err); err != nil {
				return err
			}
			walk := optimise.Walk{Study: study, Factory: in.strategy.factory, Config: in.config, Windows: windows, Workers: f.workers}
			if folder != "" {
				store, id, err := openStudy(folder)
				if err != nil {
					return err
				}
				walk.Store, walk.ID = store, id
				return errors.Join(studyFault(folder, a.walk(c.Context(), walk)), store.Close())
			}
			return a.walk(c.Context(), walk)
		},
	}
	f.register(a, c)
	flags := c.Flags()
	flags.StringVar(&train, "train", "", "the `length` of a training, such as 90d, 12w or 36h")
	flags.StringVar(&test, "test", "", "the `length` of the test after it")
	flags.StringVar(&step, "step", "", "the `length` from one window to the next (default that of the test)")
	flags.BoolVar(&anchored, "anchored", false, "every training begins with the candles, and grows")
	flags.StringVar(&folder, "study", "", "keep the runs in folders that begin with this `folder`'s name, to go on after an interrupt")
	return c
}

func parseWindows(train, test, step string, anchored bool) (optimise.Windows, error) {
	w := optimise.Windows{Anchored: anchored}
	var wrong []error
	for _, part := range []struct {
		flag, text string
		to         *time.Duration
		needed     bool
	}{{"--train", train, &w.Train, true}, {"--test", test, &w.Test, true}, {"--step", step, &w.Step, false}} {
		if part.text == "" && !part.needed {
			continue
		}
		d, ok := parseLength(part.text)
		if !ok {
			wrong = append(wrong, tradekeel.Invalidf(part.flag, "must be a length of time such as 90d, 12w or 36h, got %q", part.text))
		}
		*part.to = d
	}
	return w, errors.Join(wrong...)
}

// walked is the answer of a walk forward.
type walked struct {
	Study   optimise.Study `json:"study"`
	Windows []walkedWindow `json:"windows"`
	Cash    *money.Amount  `json:"cash"` // of all tests, one after the other; null without one
	Final   *money.Amount  `json:"final"`
	Stats   *stats.Stats   `json:"stats"`
	Ratio   stats.Number   `json:"efficiency"` // annual return of the tests ÷ that of the trainings
	Stable  []stability    `json:"stability"`
	Doubts  []doubt        `json:"warnings"`
}

type walkedWindow struct {
	TrainFrom  time.Time       `json:"train_from"`
	TestFrom   time.Time       `json:"test_from"`
	TestTo     time.Time       `json:"test_to"`
	Params     optimise.Params `json:"params"` // null where no run met what is required
	Train      stats.Number    `json:"train_return"`
	Test       stats.Number    `json:"test_return"`
	Drawdown   stats.Number    `json:"test_max_drawdown"`
	Trades     int             `json:"test_trades"`
	Efficiency stats.Number    `json:"efficiency"`
}

type stability struct {
	Name   string       `json:"name"`
	Values []any        `json:"values"`
	Spread stats.Number `json:"spread"`
}

// doubt is a reason not to trust a result.
type doubt struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func doubts(all []optimise.Warning) []doubt {
	out := make([]doubt, len(all))
	for i, w := range all {
		out[i] = doubt(w)
	}
	return out
}

func (a *app) walk(ctx context.Context, w optimise.Walk) error {
	bar := a.bar("walk-forward", "runs")
	w.Progress = func(window, windows int, p optimise.Progress) {
		bar.Show(int64(window-1)*p.Total+p.Done, int64(windows)*p.Total)
	}
	forward, err := optimise.WalkForward(ctx, w)
	bar.Clear()
	if err != nil {
		return searchFault(asFlags(err))
	}
	answer := newWalked(w.Study, forward)
	return a.print(answer, answer.draw)
}

func newWalked(study optimise.Study, f *optimise.Forward) *walked {
	out := &walked{Study: study, Ratio: stats.Number(f.Efficiency), Doubts: doubts(f.Warnings), Stable: make([]stability, len(f.Stability))}
	for i, s := range f.Stability {
		out.Stable[i] = stability{s.Name, s.Values, stats.Number(s.Spread)}
	}
	if f.Chained != nil {
		final := f.Chained.Final()
		out.Cash, out.Final, out.Stats = &f.Chained.Cash, &final, &f.Chained.Stats
	}
	for i := range f.Windows {
		w := &f.Windows[i]
		row := walkedWindow{
			TrainFrom: w.TrainFrom, TestFrom: w.TestFrom, TestTo: w.TestTo,
			Train: stats.Undefined, Test: stats.Undefined, Drawdown: stats.Undefined, Efficiency: stats.Number(w.Efficiency),
		}
		if w.Test != nil {
			row.Params, row.Train = w.Params, stats.Number(w.Row.Figures.Return)
			row.Test, row.Drawdown, row.Trades = w.Test.Stats.Return, w.Test.Stats.MaxDrawdown, w.Test.Stats.Trades
		}
		out.Windows = append(out.Windows, row)
	}
	return out
}

func (s *walked) draw(w io.Writer) {
	t := table{right: map[int]bool{2: true, 3: true, 4: true, 5: true}}
	t.add("test from", "to", "train return", "test return", "max drawdown", "trades", "parameters of the training")
	for i := range s.Windows {
		x := &s.Windows[i]
		params := "none met what is required"
		if x.Params != nil {
			params = x.Params.String()
		}
		t.add(moment(x.TestFrom), moment(x.TestTo), x.Train.Percent(), x.Test.Percent(), x.Drawdown.Percent(), strconv.Itoa(x.Trades), params)
	}
	t.draw(w)
	if s.Stats != nil {
		fmt.Fprintf(w, "\nall tests: %s → %s %s\n%s\n", s.Cash, amount(s.Final.Value), s.Final.Currency, s.Stats)
	}
	fmt.Fprintf(w, "efficiency: %s (annual return of the tests ÷ that of the trainings)\n", s.Ratio)
	for _, p := range s.Stable {
		values := make([]string, len(p.Values))
		for i, v := range p.Values {
			values[i] = fmt.Sprint(v)
		}
		fmt.Fprintf(w, "%s: %s, spread %s\n", p.Name, strings.Join(values, ", "), p.Spread.Percent())
	}
	for _, d := range s.Doubts {
		fmt.Fprintln(w, "warning:", d.Message)
	}
}
