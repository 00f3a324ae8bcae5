package main

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/report"
)

func newReport(a *app) *cobra.Command {
	var out, format, part string
	c := &cobra.Command{
		Use: "report RESULT", Short: "Write the report of a stored result",
		Long: `Write the report of a result of "backtest --out": one HTML file with charts, trades and
figures, which opens without a network; or its numbers as CSV or JSON. The candles are
read where the run read them.`,
		Example: "  tradekeel report sma.json --out sma.html\n" +
			"  tradekeel report sma.json --format csv --table trades",
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			write, err := reportFormat(format, part)
			if err != nil {
				return err
			}
			r, err := readResult(args[0])
			if err != nil {
				return err
			}
			whole, err := r.decode(a)
			if err != nil {
				return err
			}
			if out == "" {
				out = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + "." + format
				if out == args[0] { // a result in JSON is not written over
					out = strings.TrimSuffix(args[0], filepath.Ext(args[0])) + ".report.json"
				}
			}
			if err := writeFile(out, func(w io.Writer) error { return write(w, whole) }); err != nil {
				return err
			}
			return a.print(map[string]string{"report": out}, func(w io.Writer) { fmt.Fprintln(w, "report:", out) })
		},
	}
	flags := c.Flags()
	flags.StringVarP(&out, "out", "o", "", "write it to this `file` (default the result's name with the format's ending)")
	flags.StringVar(&format, "format", "html", "html, csv or json")
	flags.StringVar(&part, "table", string(report.TradesTable), "the `table` that CSV has: "+strings.Join(tables(), ", "))
	_ = c.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"html", "csv", "json"}, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("table", cobra.FixedCompletions(tables(), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// tables are the names of the tables that CSV writes.
func tables() []string {
	return []string{string(report.TradesTable), string(report.EquityTable), string(report.FiguresTable)}
}

// reportFormat returns what writes a result in a format.
func reportFormat(format, part string) (func(io.Writer, *backtest.Result) error, error) {
	switch format {
	case "html":
		return report.HTML, nil
	case "json":
		return report.JSON, nil
	case "csv":
		if !slices.Contains(tables(), part) {
			return nil, tradekeel.Invalidf("--table", "there is no table %q; %s", part, meant(part, tables()))
		}
		return func(w io.Writer, r *backtest.Result) error { return report.CSV(w, r, report.Table(part)) }, nil
	}
	return nil, tradekeel.Invalidf("--format", "must be html, csv or json, got %q", format)
}

func newCompare(a *app) *cobra.Command {
	var page string
	c := &cobra.Command{
		Use: "compare RESULT RESULT...", Short: "Compare stored results side by side",
		Long: `Compare results of "backtest --out" side by side: their settings, then their figures.
With --report they are written as a page too, with their equity in one picture; the
candles are read for that.`,
		Example: "  tradekeel compare sma.json slow.json --report compare.html",
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
			if page != "" {
				if err := a.comparePage(all, page); err != nil {
					return err
				}
			}
			answer := comparison(all)
			if page != "" {
				answer["report"] = page
			}
			return a.print(answer, func(w io.Writer) {
				drawComparison(w, all)
				if page != "" {
					fmt.Fprintln(w, "report:", page)
				}
			})
		},
	}
	c.Flags().StringVar(&page, "report", "", "write the comparison, a page for the browser, to this `file`")
	return c
}

// comparePage writes results as one page.
func (a *app) comparePage(all []*result, page string) error {
	runs := make([]report.Run, len(all))
	for i, r := range all {
		whole, err := r.decode(a)
		if err != nil {
			return err
		}
		runs[i] = report.Run{Name: baseName(r.file), Result: whole}
	}
	return writeFile(page, func(w io.Writer) error { return report.Compare(w, runs...) })
}

// baseName is a file's name without folder and ending.
func baseName(file string) string {
	return strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
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
	row("", func(r *result) string { return baseName(r.file) })
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
