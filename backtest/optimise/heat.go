package optimise

import (
	"context"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel"
)

// HeatOptions choose what a heat map shows; the zero value shows the best first objective
// in cells of at most 50 by 50.
type HeatOptions struct {
	Figure string // of FigureNames; empty is the first objective
	// Mean shows the mean of the runs of a cell instead of the best.
	Mean bool
	// Most bounds the cells along each axis, at most 1000; an axis with more values has
	// several in a cell. 0 is 50.
	Most int
}

// HeatMap is the runs of a study laid out over two parameters.
type HeatMap struct {
	X, Y   string
	Figure string
	// XValues and YValues are the lowest value of each column and row.
	XValues, YValues []any
	// Cells holds the figure by row and column; NaN where no run has it. With more than
	// two parameters, or several values in a cell, it is the best of them or their mean.
	Cells [][]float64
	// Runs counts the runs of each cell that have the figure.
	Runs [][]int
}

// Heat lays the done runs of a stored study out over two of its parameters, whether or
// not they meet what it requires. It reads the rows once and holds the cells alone.
func Heat(ctx context.Context, store Store, id ID, x, y string, o HeatOptions) (*HeatMap, error) {
	p, err := load(ctx, store, id)
	if err != nil {
		return nil, err
	}
	ix, iy := p.space.index(x), p.space.index(y)
	for _, axis := range []struct {
		field, name string
		at          int
	}{{"x", x, ix}, {"y", y, iy}} {
		if axis.at < 0 {
			return nil, tradekeel.Invalidf(axis.field, "the study does not search %.40q; %s", axis.name, known(axis.name, axisNames(p.Study.Space)))
		}
	}
	if ix == iy {
		return nil, tradekeel.Invalidf("y", "must be another parameter than x")
	}
	m := &HeatMap{X: x, Y: y, Figure: o.Figure}
	lower := p.Objectives[0].Minimise
	if m.Figure == "" {
		m.Figure = p.Objectives[0].Figure
	} else {
		lower = slices.ContainsFunc(p.Objectives, func(of Objective) bool { return of.Figure == m.Figure && of.Minimise })
	}
	figure := slices.Index(FigureNames(), m.Figure)
	if figure < 0 {
		return nil, tradekeel.Invalidf("figure", "there is no figure %.40q; %s", m.Figure, known(m.Figure, FigureNames()))
	}
	const usual, most = 50, 1000
	if o.Most == 0 {
		o.Most = usual
	}
	if o.Most < 1 || o.Most > most {
		return nil, tradekeel.Invalidf("most", "must be between 1 and %d, got %d", most, o.Most)
	}
	m.XValues, m.YValues = cells(p.space[ix], o.Most), cells(p.space[iy], o.Most)
	for range m.YValues {
		row := make([]float64, len(m.XValues))
		for i := range row {
			row[i] = math.NaN()
		}
		m.Cells, m.Runs = append(m.Cells, row), append(m.Runs, make([]int, len(m.XValues)))
	}
	err = eachRow(ctx, store, id, p, func(r Row) {
		v := *figures[figure].of(&r.Figures)
		if r.State != Done || math.IsNaN(v) {
			return
		}
		cx, cy := cell(p.space[ix], r.Levels[ix], len(m.XValues)), cell(p.space[iy], r.Levels[iy], len(m.YValues))
		at, n := &m.Cells[cy][cx], &m.Runs[cy][cx]
		*n++
		switch {
		case *n == 1:
			*at = v
		case o.Mean:
			*at += (v - *at) / float64(*n)
		case lower:
			*at = min(*at, v)
		default:
			*at = max(*at, v)
		}
	})
	return m, err
}

// cells returns the lowest value of each cell of an axis.
func cells(x *axis, most int) []any {
	n := min(x.levels, most)
	out := make([]any, n)
	for level := x.levels - 1; level >= 0; level-- {
		out[cell(x, level, n)] = x.value(level)
	}
	return out
}

func cell(x *axis, level, cells int) int { return int(int64(level) * int64(cells) / int64(x.levels)) }
