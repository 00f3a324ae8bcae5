package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel/report"
)

func newReport(a *app) *cobra.Command {
	var out string
	c := &cobra.Command{
		Use: "report RESULT", Short: "Write the report of a stored result",
		Long: `Write the report of a result of "backtest --out": one HTML file with charts, trades and
figures, which opens without a network. The candles are read where the run read them.`,
		Example: "  tradekeel report sma.json --out sma.html",
		Args:    cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			r, err := readResult(args[0])
			if err != nil {
				return err
			}
			whole, err := r.decode(a)
			if err != nil {
				return err
			}
			if out == "" {
				out = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".html"
			}
			if err := writeFile(out, func(w io.Writer) error { return report.HTML(w, whole) }); err != nil {
				return err
			}
			return a.print(map[string]string{"report": out}, func(w io.Writer) { fmt.Fprintln(w, "report:", out) })
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "write it to this `file` (default the result's name with .html)")
	return c
}

func newCompare(a *app) *cobra.Command {
	return &cobra.Command{
		Use: "compare RESULT RESULT...", Short: "Compare stored results side by side",
		Long:    `Compare results of "backtest --out" side by side: their settings, then their figures.`,
		Example: "  tradekeel compare sma.json slow.json",
		Args:    cobra.MinimumNArgs(2),
		RunE: func(_ *cobra.Command, args []string) error {
			all := make([]*result, len(args))
			var wrong []error
			for i, name := range args {
				r, err := readResult(name)
				all[i], wrong = r, append(wrong, err)
			}
			if err := errors.Join(wrong...); err != nil {
				return err
			}
			return a.print(comparison(all), func(w io.Writer) { drawComparison(w, all) })
		},
	}
}

// compared is one result of a comparison: everything but its outcome.
type compared struct {
	*result

	File    string `json:"file"`
	Outcome []byte `json:"outcome,omitempty"` // hides the result's own; always empty
}

func comparison(all []*result) map[string]any {
	rows := make([]compared, len(all))
	for i, r := range all {
		rows[i] = compared{result: r, File: r.file}
	}
	return map[string]any{"results": rows, "warnings": differences(all)}
}

// differences are what makes results hard to compare.
func differences(all []*result) []string {
	found := make([]string, 0)
	for _, d := range []struct {
		what string
		of   func(r *result) string
	}{
		{"candles or periods", func(r *result) string {
			var b strings.Builder
			for _, o := range r.Data {
				b.WriteString(o.Key + " " + period(o) + "\n")
			}
			return b.String()
		}},
		{"cash at the start", func(r *result) string { return r.Cash.String() }},
		{"fees", func(r *result) string { return r.Fee.String() }},
		{"conventions of figures", func(r *result) string { return r.Stats.Convention }},
	} {
		for _, r := range all[1:] {
			if d.of(r) != d.of(all[0]) {
				found = append(found, "The results have different "+d.what+".")
				break
			}
		}
	}
	return found
}

func drawComparison(w io.Writer, all []*result) {
	t := table{right: map[int]bool{}}
	row := func(name string, of func(r *result) string) {
		cells := []string{name}
		for _, r := range all {
			cells = append(cells, of(r))
		}
		t.add(cells...)
	}
	for i := range all {
		t.right[i+1] = true
	}
	row("", func(r *result) string { return strings.TrimSuffix(filepath.Base(r.file), filepath.Ext(r.file)) })
	row("strategy", func(r *result) string { return r.Strategy })
	row("parameters", func(r *result) string { return parameterText(r.Parameters) })
	row("data", func(r *result) string {
		if len(r.Data) == 0 {
			return "–"
		}
		if len(r.Data) > 1 {
			return fmt.Sprintf("%s and %d more", r.Data[0].Key, len(r.Data)-1)
		}
		return r.Data[0].Key
	})
	for i, name := range []string{"from", "to"} {
		row(name, func(r *result) string {
			if len(r.Data) == 0 {
				return "–"
			}
			if i == 0 {
				return moment(r.Data[0].First)
			}
			return moment(r.Data[0].Last)
		})
	}
	row("fee", func(r *result) string { return r.Fee.Shift(2).String() + " %" })
	for _, f := range figures() {
		row(f.name, f.of)
	}
	t.draw(w)
	for _, text := range differences(all) {
		fmt.Fprintln(w, "warning:", text)
	}
}
