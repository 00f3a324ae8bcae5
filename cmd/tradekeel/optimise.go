package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
)

// searchFlags are what a search is made of, beside the run.
type searchFlags struct {
	run        runFlags
	over       []string
	where      []string
	require    []string
	objectives []string
	method     string
	runs       int
	seed       uint64
	patience   int
	prune      float64
	workers    int
}

func (f *searchFlags) register(a *app, c *cobra.Command) {
	f.run.register(a, c)
	flags := c.Flags()
	flags.StringArrayVar(&f.over, "over", nil, "a parameter to search, `NAME=FROM:TO:STEP`, NAME=WORD,WORD, or NAME for the range that its author declared; repeat it for each")
	flags.StringArrayVar(&f.where, "where", nil, "a `condition` on parameters, such as \"fast < slow\"; may be repeated")
	flags.StringArrayVar(&f.require, "require", nil, "a `condition` on figures, such as \"trades >= 30\"; runs that fail it come last; may be repeated")
	flags.StringArrayVar(&f.objectives, "objective", []string{"sharpe"}, "a `figure` to maximise, or FIGURE:min to minimise; with several there is a Pareto front, and the first decides")
	flags.StringVar(&f.method, "method", string(optimise.Grid), "how points are chosen: grid, random, tpe or cma_es")
	flags.IntVar(&f.runs, "runs", 0, "the number of runs of random, tpe and cma_es")
	flags.Uint64Var(&f.seed, "seed", 1, "decides every draw: the same seed gives the same runs")
	flags.IntVar(&f.patience, "patience", 0, "end after so many runs in a row without improvement (default never)")
	flags.Float64Var(&f.prune, "prune-after", 0, "give runs up that are below the median after this `fraction` of the bars (default never)")
	flags.IntVar(&f.workers, "workers", 0, "runs at once (default one a core)")
	for name, values := range map[string][]string{
		"objective": optimise.FigureNames(),
		"method":    {string(optimise.Grid), string(optimise.Random), string(optimise.TPE), string(optimise.CMAES)},
	} {
		_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// study reads the flags into a study of a strategy, all faults joined.
func (f *searchFlags) study(l *loaded) (optimise.Study, error) {
	s := optimise.Study{
		Strategy: l.factory.Name(), Where: f.where, Require: f.require, Method: optimise.Method(f.method),
		Runs: f.runs, Seed: f.seed, Patience: f.patience, PruneAfter: f.prune,
	}
	var wrong []error
	if len(f.over) == 0 {
		wrong = append(wrong, tradekeel.Invalidf("--over", "is missing: name a parameter to search, such as fast=5:50:5"))
	}
	for _, text := range f.over {
		axis, err := parseAxis(text, l.factory.Parameters())
		s.Space, wrong = append(s.Space, axis), append(wrong, err)
	}
	for _, text := range f.objectives {
		figure, minimise := strings.CutSuffix(text, ":min")
		s.Objectives = append(s.Objectives, optimise.Objective{Figure: figure, Minimise: minimise})
	}
	values, err := l.values(f.run.params)
	s.Params, wrong = values, append(wrong, err)
	if err := errors.Join(wrong...); err != nil {
		return s, err
	}
	return s, searchFault(s.Validate(l.factory.Parameters()))
}

// parseAxis reads "fast=5:50:5", "of=cash,equity" or "fast".
func parseAxis(text string, known []strategy.Parameter) (optimise.Axis, error) {
	name, values, given := strings.Cut(text, "=")
	if !given {
		axes, err := optimise.SpaceOf(known, name)
		if err != nil || len(axes) != 1 {
			names := make([]string, len(known))
			for i, p := range known {
				names[i] = p.Name
			}
			if !slices.Contains(names, name) {
				return optimise.Axis{}, tradekeel.Invalidf("--over", "there is no parameter %q; %s", name, meant(name, names))
			}
			return optimise.Axis{}, tradekeel.Invalidf("--over", "%s declares no range: say which, such as %s=5:50:5", name, name)
		}
		return axes[0], nil
	}
	if !strings.Contains(values, ":") {
		return optimise.OneOf(name, strings.Split(values, ",")...), nil
	}
	parts := strings.Split(values, ":")
	var numbers [3]float64
	for i, part := range parts {
		v, err := strconv.ParseFloat(part, 64)
		if err != nil || i == len(numbers) {
			return optimise.Axis{}, tradekeel.Invalidf("--over", "must be a parameter with its range such as fast=5:50:5, or its words such as of=cash,equity, got %q", text)
		}
		numbers[i] = v
	}
	return optimise.Over(name, numbers[0], numbers[1], numbers[2]), nil
}

// searchFault names the flags in the faults of a study.
func searchFault(err error) error {
	all := tradekeel.Violations(err)
	if len(all) == 0 {
		return err
	}
	flags := map[string]string{
		"space": "--over", "where": "--where", "require": "--require", "objectives": "--objective", "method": "--method",
		"runs": "--runs", "patience": "--patience", "prune_after": "--prune-after", "params": "--param",
	}
	out := make([]error, len(all))
	for i, v := range all {
		e := *v
		name, _, _ := strings.Cut(e.Field, "[")
		name, part, _ := strings.Cut(name, ".")
		if name == "windows" {
			e.Field = "--" + part
		}
		if flag := flags[name]; flag != "" {
			e.Field = flag
		}
		out[i] = &e
	}
	return errors.Join(out...)
}

func newOptimise(a *app) *cobra.Command {
	f := &searchFlags{}
	var folder, page string
	c := &cobra.Command{
		Use: "optimise STRATEGY", Short: "Search the parameters of a strategy", Aliases: []string{"optimize"},
		Long: `Search the parameters of a strategy: every combination (grid), random draws, or draws
that learn from the ones before (tpe, cma_es). Runs use every core; the same command
gives the same runs. With --study each run is kept in a folder as soon as it is done, and
the same command goes on where it was interrupted.

The best of many runs is better than it will be again: try it on candles that the search
did not see, as walk-forward does.`,
		Example: "  tradekeel optimise sma_cross --over fast=5:50:5 --over slow=20:200:20 --where 'fast < slow' --require 'trades >= 30' --data binance:BTC/USDT:1h --accept-gaps --study studies/sma\n" +
			"  tradekeel optimise dip.json --over trend --over oversold --method tpe --runs 30 --objective sharpe --objective max_drawdown --data binance:BTC/USDT:1h --accept-gaps --report best.html",
		Args: cobra.ExactArgs(1), ValidArgsFunction: completeStrategies,
		Annotations: map[string]string{resumes: "runs that are in the folder of --study are kept, and the same command goes on from there"},
		RunE: func(c *cobra.Command, args []string) error {
			in, study, err := f.inputs(c.Context(), a, args[0])
			if err != nil {
				return err
			}
			config := optimise.Config{
				Study: study, Workers: f.workers,
				Evaluator: optimise.Backtests{Factory: in.strategy.factory, Config: in.config},
			}
			if folder != "" {
				store, id, err := openStudy(folder)
				if err != nil {
					return err
				}
				config.Store, config.ID = store, id
				return errors.Join(studyFault(folder, a.optimise(c.Context(), config, in, page)), store.Close())
			}
			return a.optimise(c.Context(), config, in, page)
		},
	}
	f.register(a, c)
	c.Flags().StringVar(&page, "report", "", "run the best once more and write its page to this `file`, with the search laid out over the first two parameters")
	c.Flags().StringVar(&folder, "study", "", "keep the runs in this `folder`, to go on after an interrupt")
	return c
}

// inputs reads what is searched: the run without its parameters, and the study.
func (f *searchFlags) inputs(ctx context.Context, a *app, name string) (*inputs, optimise.Study, error) {
	var study optimise.Study
	l, err := a.load(name)
	if err == nil {
		study, err = f.study(l)
	}
	in, err := f.run.settings(ctx, a, err)
	if err != nil {
		return nil, study, err
	}
	in.strategy = l
	return in, study, nil
}

// openStudy opens the store of a study, whose name is the last part of its folder's.
func openStudy(folder string) (*optimise.File, optimise.ID, error) {
	id := optimise.ID(filepath.Base(folder))
	if err := id.Validate(); err != nil {
		return nil, "", tradekeel.Invalidf("--study", "the folder's name must be letters, digits, - and _, got %q", string(id))
	}
	store, err := optimise.OpenFile(filepath.Dir(folder))
	return store, id, err
}

// studyFault says what to do about a folder that cannot be gone on with.
func studyFault(folder string, err error) error {
	switch {
	case errors.Is(err, optimise.ErrChanged):
		return optimise.ErrChanged.With("--study", "%s holds the runs of other settings or other candles; name another folder, or delete it", folder)
	case errors.Is(err, optimise.ErrBusy):
		return optimise.ErrBusy.With("--study", "another process writes to %s", folder)
	}
	return err
}

// searched is the answer of a search.
type searched struct {
	Study  optimise.Study `json:"study"`
	Runs   int64          `json:"runs"`
	Reused int64          `json:"reused"` // kept from before
	Failed int64          `json:"failed"`
	Pruned int64          `json:"pruned"`
	Unmet  int64          `json:"unmet"` // done, without what is required
	Best   []searchedRow  `json:"best"`
	Front  []searchedRow  `json:"front,omitempty"` // with several objectives
	// Plateau is the mean of the neighbours of the best run ÷ its own: near 1 is flat,
	// near 0 a lone peak.
	Plateau stats.Number `json:"plateau"`
	Doubts  []doubt      `json:"warnings"`
	Report  string       `json:"report,omitempty"`
	several bool
}

// searchedRow is one run of a search.
type searchedRow struct {
	Number  int64                   `json:"number"`
	Params  optimise.Params         `json:"params"`
	Meets   bool                    `json:"meets"`
	Figures map[string]stats.Number `json:"figures"`
	figures optimise.Figures
}

func (a *app) optimise(ctx context.Context, c optimise.Config, in *inputs, page string) error {
	bar := a.bar("optimise", "runs")
	c.Progress = func(p optimise.Progress) { bar.Show(p.Done, p.Total) }
	if c.Store == nil {
		c.Store, c.ID = &optimise.Memory{}, "search"
	}
	summary, err := optimise.Run(ctx, c)
	bar.Clear()
	if summary == nil {
		return searchFault(asFlags(err))
	}
	answer := newSearched(summary)
	if err != nil || len(summary.Best) == 0 {
		return errors.Join(err, a.print(answer, answer.draw))
	}
	examined, err := optimise.Examine(ctx, c)
	if err == nil {
		answer.Plateau, answer.Doubts = stats.Number(examined.Plateau), doubts(examined.Warnings)
	}
	if page != "" && err == nil {
		if err = a.reportBest(ctx, c, in, summary, page); err == nil {
			answer.Report = page
		}
	}
	// What the search found is shown although the page could not be written.
	return errors.Join(err, a.print(answer, answer.draw))
}

func newSearched(s *optimise.Summary) *searched {
	study := s.Study()
	out := &searched{
		Study: study, Runs: s.Runs, Reused: s.Reused, Failed: s.Failed, Pruned: s.Pruned, Unmet: s.Unmet,
		Best: searchedRows(s, s.Best), several: len(study.Objectives) > 1,
		Plateau: stats.Undefined, Doubts: []doubt{},
	}
	if out.several {
		out.Front = searchedRows(s, s.Front)
	}
	return out
}

func searchedRows(s *optimise.Summary, rows []optimise.Row) []searchedRow {
	out := make([]searchedRow, len(rows))
	for i, row := range rows {
		out[i] = searchedRow{Number: row.Number, Params: s.Params(row), Meets: s.Meets(row), Figures: figuresOf(row.Figures), figures: row.Figures}
	}
	return out
}

func figuresOf(f optimise.Figures) map[string]stats.Number {
	return map[string]stats.Number{
		"return": stats.Number(f.Return), "cagr": stats.Number(f.CAGR), "volatility": stats.Number(f.Volatility),
		"sharpe": stats.Number(f.Sharpe), "sortino": stats.Number(f.Sortino), "calmar": stats.Number(f.Calmar),
		"max_drawdown": stats.Number(f.MaxDrawdown), "exposure": stats.Number(f.Exposure), "trades": stats.Number(f.Trades),
		"win_rate": stats.Number(f.WinRate), "profit_factor": stats.Number(f.ProfitFactor), "expectancy": stats.Number(f.Expectancy),
	}
}

func (s *searched) draw(w io.Writer) {
	fmt.Fprintf(w, "%s: %d runs", s.Study.Strategy, s.Runs)
	for _, part := range []struct {
		n    int64
		name string
	}{{s.Reused, "kept from before"}, {s.Failed, "failed"}, {s.Pruned, "given up early"}, {s.Unmet, "without what is required"}} {
		if part.n > 0 {
			fmt.Fprintf(w, ", %d %s", part.n, part.name)
		}
	}
	fmt.Fprint(w, "\n\n")
	drawSearched(w, s.Study, s.Best)
	if s.several && len(s.Front) > 0 {
		fmt.Fprintf(w, "\nPareto front, %s:\n", counted(len(s.Front), "run"))
		drawSearched(w, s.Study, s.Front[:min(len(s.Front), mostLines)])
		if len(s.Front) > mostLines {
			fmt.Fprintf(w, "and %d more; --json lists them\n", len(s.Front)-mostLines)
		}
	}
	s.drawDoubts(w)
	if s.Report != "" {
		fmt.Fprintln(w, "\nreport:", s.Report)
	}
}

// drawDoubts says what speaks against the best run.
func (s *searched) drawDoubts(w io.Writer) {
	if s.Plateau.Defined() {
		fmt.Fprintf(w, "\nplateau: %s (the neighbours of the best run against it; 1 is flat, 0 a lone peak)\n", s.Plateau)
	}
	for _, d := range s.Doubts {
		fmt.Fprintln(w, "warning:", d.Message)
	}
}

func drawSearched(w io.Writer, study optimise.Study, rows []searchedRow) {
	if len(rows) == 0 {
		fmt.Fprintln(w, "No run ended.")
		return
	}
	t := table{right: map[int]bool{}}
	head := make([]string, 0, len(study.Space))
	for i, axis := range study.Space {
		head = append(head, axis.Name)
		t.right[i] = axis.OneOf == nil
	}
	names := []string{"return", "Sharpe", "max drawdown", "trades", "won", "profit factor"}
	for i := range names {
		t.right[len(head)+i] = true
	}
	t.add(slices.Concat(head, names)...)
	for i := range rows {
		r := &rows[i]
		cells := make([]string, 0, len(r.Params))
		for _, p := range r.Params {
			cells = append(cells, fmt.Sprint(p.Value))
		}
		f := r.figures
		cells = append(cells, stats.Number(f.Return).Percent(), stats.Number(f.Sharpe).String(), stats.Number(f.MaxDrawdown).Percent(),
			strconv.FormatFloat(f.Trades, 'f', 0, 64), stats.Number(f.WinRate).Percent(), stats.Number(f.ProfitFactor).String())
		if !r.Meets {
			cells = append(cells, "  does not meet what is required")
		}
		t.add(cells...)
	}
	t.draw(w)
}
