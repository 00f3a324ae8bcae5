package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/backtest/robust"
	"github.com/tradekeel/tradekeel/report"
)

// fanRuns is how many bootstraps of the daily returns the fan of a report shows.
const fanRuns = 1000

// reportBest runs the best point of a search again and writes its page: with the runs
// laid out over the first two parameters, the front of two objectives, and how it might
// have gone.
func (a *app) reportBest(ctx context.Context, c optimise.Config, in *inputs, summary *optimise.Summary, page string) error {
	best := summary.Best[0]
	raw, err := json.Marshal(summary.Params(best))
	if err != nil {
		return err
	}
	config := in.config
	if config.Strategy, err = in.strategy.factory.Parse(raw); err != nil {
		return err
	}
	result, err := backtest.Run(ctx, config)
	if err != nil {
		return err
	}
	options := report.Options{Pareto: pareto(summary)}
	if options.Fan, err = fan(ctx, result); err != nil {
		return err
	}
	if space := c.Study.Space; len(space) > 1 {
		heat, err := optimise.Heat(ctx, c.Store, c.ID, space[0].Name, space[1].Name, optimise.HeatOptions{})
		if err != nil {
			return err
		}
		options.HeatMap = &report.HeatMap{
			Title: fmt.Sprintf("%s by %s and %s", heat.Figure, heat.X, heat.Y),
			X:     heat.X, Y: heat.Y, Value: heat.Figure, Xs: texts(heat.XValues), Ys: texts(heat.YValues), Values: heat.Cells,
		}
	}
	return writeFile(page, func(w io.Writer) error { return options.HTML(w, result) })
}

func texts(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// pareto is the front over the first two objectives, with the best runs beside it; nil
// with one objective.
func pareto(s *optimise.Summary) *report.Pareto {
	objectives := s.Study().Objectives
	if len(objectives) < 2 {
		return nil
	}
	out := &report.Pareto{
		Title: fmt.Sprintf("The front of %s and %s", objectives[0].Figure, objectives[1].Figure),
		X:     objectives[0].Figure, Y: objectives[1].Figure,
	}
	seen := map[int64]bool{}
	add := func(rows []optimise.Row, front bool) {
		for _, row := range rows {
			if !seen[row.Number] {
				seen[row.Number] = true
				v := s.Objectives(row)
				out.Points = append(out.Points, report.Point{X: v[0], Y: v[1], Front: front, Chosen: row.Number == s.Best[0].Number})
			}
		}
	}
	add(s.Front, true)
	add(s.Best, false)
	return out
}

// fan draws the daily returns of a run anew, block by block; nil for a run too short.
func fan(ctx context.Context, result *backtest.Result) (*report.Fan, error) {
	const least = 30 // days, below which a draw tells nothing
	daily := robust.Daily(result)
	if len(daily.Values) < least {
		return nil, nil
	}
	m, err := robust.Bootstrap(ctx, daily, robust.BootstrapOptions{Options: robust.Options{Runs: fanRuns, Seed: 1}})
	if err != nil {
		return nil, err
	}
	start := result.Cash.Value.InexactFloat64()
	out := &report.Fan{Title: fmt.Sprintf("%d draws of the daily returns", m.Runs), Run: scaled(m.Bands.Original, start)}
	for _, at := range m.Bands.Times {
		out.Times = append(out.Times, time.Unix(0, at).UTC())
	}
	for i, values := range m.Bands.Values {
		out.Bands = append(out.Bands, report.Band{Percentile: m.Bands.Percentiles[i], Values: scaled(values, start)})
	}
	return out, nil
}

func scaled(values []float64, by float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v * by
	}
	return out
}
