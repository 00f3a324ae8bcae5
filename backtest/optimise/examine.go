package optimise

import (
	"context"
	"fmt"
	"math"

	"github.com/tradekeel/tradekeel"
)

// Warning is one reason to doubt a result.
type Warning struct {
	Code    string // for programs: "edge", "lone_peak", …
	Message string // in plain words
}

// Examination is the best row of a study looked at closely.
type Examination struct {
	Best   Row
	Params Params
	// Plateau is the mean of the first objective over the neighbours, divided by the
	// best row's own: near 1 on a plateau, near 0 on a lone peak, below 0 where the
	// neighbours lose. Where the own value is below zero, larger being better, it is the
	// own value divided by the mean, so that again 1 is flat and less is a peak. NaN
	// where it is undefined.
	Plateau float64
	// Neighbours are the runs one step along one axis of numbers in each direction,
	// where a step is the study's, or a fiftieth of the axis where that is more.
	Neighbours []Row
	Warnings   []Warning
}

const (
	// fewTrades is what a result rests on at least: below 30 a mean's error is not told
	// by the normal distribution.
	fewTrades = 30
	// tradesPerParameter is the rule of thumb of ten observations for each parameter
	// that is fitted (Peduzzi and others, 1996, of regressions).
	tradesPerParameter = 10
	// lonePeak is the plateau score below which the neighbours have less than two
	// thirds of the best.
	lonePeak = 2.0 / 3
)

// Examine runs the neighbours of the best row of a study and tells what speaks against
// it. The study must have been run with the same configuration; its Store and ID are
// required. It runs at most two points for each axis. ErrNotFound for a study that is not
// stored or has no row.
func Examine(ctx context.Context, c Config) (*Examination, error) {
	if c.Store == nil {
		return nil, tradekeel.Invalidf("store", "is missing: it holds the rows to examine")
	}
	summary, err := Summarise(ctx, c.Store, c.ID)
	if err != nil {
		return nil, err
	}
	if len(summary.Best) == 0 {
		return nil, ErrNotFound.With("", "the study has no rows")
	}
	p := summary.plan
	p.allow = c.Allow
	e := &Examination{Best: summary.Best[0], Params: summary.Params(summary.Best[0]), Plateau: math.NaN()}
	if e.Best.State == Done {
		if e.Neighbours, err = neighbours(ctx, c, p, e.Best); err != nil {
			return nil, err
		}
		e.Plateau = p.plateau(&e.Best, e.Neighbours)
	}
	e.Warnings = p.doubts(summary, e)
	return e, nil
}

// neighbours runs the points beside one.
func neighbours(ctx context.Context, c Config, p *plan, best Row) ([]Row, error) {
	if c.Evaluator == nil {
		return nil, tradekeel.Invalidf("evaluator", "is missing")
	}
	var rows []Row
	var points []Params
	for i, x := range p.space {
		step := max(1, x.levels/50)
		for _, by := range []int{-step, step} {
			levels := append([]int(nil), best.Levels...)
			levels[i] += by
			if x.OneOf != nil || levels[i] < 0 || levels[i] >= x.levels || !p.feasible(levels) {
				continue
			}
			rows = append(rows, Row{Levels: levels, First: math.NaN()})
			points = append(points, append(p.space.params(levels), p.fixed...))
		}
	}
	if len(points) == 0 {
		return nil, nil
	}
	out, err := c.Evaluator.EvaluateBatch(ctx, points)
	if err := counted(out, points, err); err != nil {
		return nil, err
	}
	for i := range out {
		rows[i].Figures, rows[i].Fault = out[i].Figures, cutFault(out[i].Fault)
		if rows[i].Fault != "" {
			rows[i].State = Failed
		}
	}
	return rows, nil
}

// plateau is the score of Examination.Plateau.
func (p *plan) plateau(best *Row, around []Row) float64 {
	own, sum, n := p.value(0, best), 0.0, 0
	for i := range around {
		if v := p.value(0, &around[i]); around[i].State == Done && !math.IsNaN(v) {
			sum += v
			n++
		}
	}
	mean := sum / float64(n)
	switch {
	case n == 0:
		return math.NaN()
	case own > 0:
		return mean / own
	case own < 0 && mean < 0:
		return own / mean
	}
	return math.NaN()
}

// doubts says what speaks against the best row.
func (p *plan) doubts(s *Summary, e *Examination) []Warning {
	var out []Warning
	warn := func(code, format string, args ...any) {
		out = append(out, Warning{code, fmt.Sprintf(format, args...)})
	}
	if e.Best.State != Done {
		warn("none_done", "No run came to an end: the first one failed with %q.", e.Best.Fault)
		return out
	}
	if p.class(&e.Best) > 0 {
		warn("none_meets", "No run meets what is required. The best shown here does not either.")
	}
	searched := 0
	for i, x := range p.space {
		if x.levels > 1 {
			searched++
		}
		if x.OneOf != nil || x.levels < 3 {
			continue
		}
		switch e.Best.Levels[i] {
		case 0:
			warn("edge", "The best %s is %s, the lowest that was tried. Look further down, or the best is not known.", x.Name, text(x.value(0)))
		case x.levels - 1:
			warn("edge", "The best %s is %s, the highest that was tried. Look further up, or the best is not known.", x.Name, text(x.value(x.levels-1)))
		}
	}
	name := p.Objectives[0].Figure
	if e.Plateau < lonePeak {
		warn("lone_peak", "The best is a lone peak: one step beside it %s is %s on average instead of %s. What rests on the last digit of a parameter is rarely there again.",
			name, short(p.meanOf(e.Neighbours)), short(*figures[p.objectives[0]].of(&e.Best.Figures)))
	}
	trades := e.Best.Figures.Trades
	if trades < fewTrades {
		warn("few_trades", "The best made %.0f trades. Below %d, luck and skill cannot be told apart.", trades, fewTrades)
	}
	if trades < float64(tradesPerParameter*searched) {
		warn("many_parameters", "%d parameters were searched and the best made %.0f trades, fewer than %d for each parameter: with so much freedom a good fit means little.",
			searched, trades, tradesPerParameter)
	}
	if s.Failed*2 > s.Runs {
		warn("many_failed", "%d of %d runs failed: a condition such as \"fast < slow\" would leave out what the strategy refuses.", s.Failed, s.Runs)
	}
	return out
}

// meanOf is the mean of the first objective over runs.
func (p *plan) meanOf(rows []Row) float64 {
	sum, n := 0.0, 0.0
	for i := range rows {
		if v := *figures[p.objectives[0]].of(&rows[i].Figures); rows[i].State == Done && !math.IsNaN(v) {
			sum, n = sum+v, n+1
		}
	}
	return sum / n
}

// short writes a figure for a sentence.
func short(v float64) string { return fmt.Sprintf("%.3g", v) }
