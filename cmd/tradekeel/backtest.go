package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/report"
)

func newBacktest(a *app) *cobra.Command {
	f := &runFlags{}
	var page, out string
	c := &cobra.Command{
		Use: "backtest STRATEGY", Short: "Run a strategy over candles",
		Long: `Run a strategy over candles, print the figures, and write the report and the result.

STRATEGY is a file with a document ("-" is the standard input) or a ready strategy;
"tradekeel strategies" lists those. Orders decided at a close fill at the next open.`,
		Example: "  tradekeel backtest sma_cross --data binance:BTC/USDT:1h --accept-gaps --report report.html --out sma.json\n" +
			"  tradekeel backtest sma_cross -p fast=20 -p slow=50 --data binance:BTC/USDT:1h --accept-gaps --out slow.json\n" +
			"  tradekeel backtest dip.json --data binance:BTC/USDT:1h=examples/data/btcusdt_binance_1h.csv --accept-gaps --out dip-result.json",
		Args: cobra.ExactArgs(1), ValidArgsFunction: completeStrategies,
		RunE: func(c *cobra.Command, args []string) error {
			in, err := f.inputs(c.Context(), a, args[0])
			if err != nil {
				return err
			}
			return a.backtest(c.Context(), in, page, out)
		},
	}
	f.register(a, c)
	c.Flags().StringVar(&page, "report", "", "write the report, a page for the browser, to this `file`")
	c.Flags().StringVarP(&out, "out", "o", "", "write the result to this `file`, for report, compare and explain")
	return c
}

// runAnswer is a result with the files that were written of it.
type runAnswer struct {
	*result

	Report string `json:"report,omitempty"`
	Out    string `json:"out,omitempty"`
}

func (a *app) backtest(ctx context.Context, in *inputs, page, out string) error {
	bar := a.bar("backtest", "bars")
	in.config.Progress = func(done, total int) { bar.Show(int64(done), int64(total)) }
	run, err := backtest.Run(ctx, in.config)
	bar.Clear()
	if err != nil {
		return asFlags(err)
	}
	r := newResult(in, run)
	var failed []error
	if out != "" {
		failed = append(failed, r.save(out, run))
	}
	if page != "" {
		failed = append(failed, writeFile(page, func(w io.Writer) error { return report.HTML(w, run) }))
	}
	// The figures are shown although a file could not be written: they cost a run.
	err = a.print(runAnswer{r, page, out}, func(w io.Writer) {
		r.draw(w)
		if page != "" && errors.Join(failed...) == nil {
			fmt.Fprintln(w, "report:", page)
		}
		if out != "" && errors.Join(failed...) == nil {
			fmt.Fprintln(w, "result:", out)
		}
	})
	return errors.Join(append(failed, err)...)
}

// draw writes the figures for a screen.
func (r *result) draw(w io.Writer) {
	fmt.Fprintln(w, title(r.Strategy, r.Parameters))
	for _, o := range r.Data {
		from := ""
		if o.File != "" {
			from = " of " + o.File
		}
		fmt.Fprintf(w, "%s%s, %s\n", o.Key, from, period(o))
	}
	fmt.Fprintf(w, "%s bars, %s at the start, fee %s %%, figures by %s\n\n", grouped(r.Stats.Bars), r.Cash, r.Fee.Shift(2), r.Stats.Convention)
	all := figures()
	half := (len(all) + 1) / 2
	t := table{right: map[int]bool{1: true, 4: true}}
	for i := range half {
		row := []string{"  " + all[i].name, all[i].of(r)}
		if i+half < len(all) {
			row = append(row, "  ", all[i+half].name, all[i+half].of(r))
		}
		t.add(row...)
	}
	t.draw(w)
	if len(r.Warnings) > 0 {
		fmt.Fprintln(w)
	}
	for _, text := range r.Warnings {
		fmt.Fprintln(w, "warning:", text)
	}
	fmt.Fprintln(w)
}

func newExplain(a *app) *cobra.Command {
	f := &runFlags{}
	var at string
	c := &cobra.Command{
		Use: "explain STRATEGY|RESULT", Short: "Tell why a strategy traded at a time, or did not",
		Long: `Run a strategy up to the last close at or before a time, and tell why it decided there
as it did, or did nothing: every condition with its values. Strategies that are documents
explain themselves. A result file of "backtest --out" brings all its settings along.`,
		Example: "  tradekeel explain dip.json --data binance:BTC/USDT:1h --accept-gaps --at 2021-03-04T09:00:00Z\n" +
			"  tradekeel explain dip-result.json --at 2021-03-04T09:00:00Z --json",
		Args: cobra.ExactArgs(1), ValidArgsFunction: completeStrategies,
		RunE: func(c *cobra.Command, args []string) error {
			when, timeErr := parseTime("--at", at)
			if at == "" {
				timeErr = usagef("--at is missing: a time such as 2021-03-04T09:00:00Z")
			}
			in, err := a.explained(c.Context(), f, args[0])
			if err := errors.Join(err, timeErr); err != nil {
				return err
			}
			e, err := backtest.Explain(c.Context(), in.config, when)
			if err != nil {
				return asFlags(err)
			}
			return a.print(e, func(w io.Writer) { fmt.Fprintln(w, e) })
		},
	}
	f.register(a, c)
	c.Flags().StringVar(&at, "at", "", "the `time` of the close, such as 2021-03-04T09:00:00Z")
	return c
}

// explained finds what is asked about: a result file, or a strategy with its flags.
func (a *app) explained(ctx context.Context, f *runFlags, name string) (*inputs, error) {
	if len(f.data) == 0 {
		if r, err := readResult(name); err == nil {
			return r.inputs(a)
		}
	}
	return f.inputs(ctx, a, name)
}
