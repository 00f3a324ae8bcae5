package report

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
)

// Options add to a report what others worked out, such as a Monte Carlo of its trades
// or the search that its parameters are from. The zero value adds nothing.
type Options struct {
	Fan     *Fan
	HeatMap *HeatMap
	Pareto  *Pareto
}

// Fan is how a run might have gone: percentiles of many simulated ones over time.
type Fan struct {
	Title string // such as "1000 shuffles of the trades"
	Times []time.Time
	Bands []Band    // rising percentiles; at least two
	Run   []float64 // the run itself, on the same times; may be nil
}

// Band is one percentile over the times of a Fan, such as equity in currency.
type Band struct {
	Percentile float64 // from 0 to 100
	Values     []float64
}

// HeatMap is a value over a grid of two parameters.
type HeatMap struct {
	Title  string // such as "Sharpe ratio by fast and slow"
	X, Y   string // names of the parameters
	Value  string // name of the value
	Xs, Ys []string
	// Values has a row for each of Ys, with a value for each of Xs; NaN is a pair that
	// was not run.
	Values [][]float64
}

// Pareto is the outcome of a search with two aims.
type Pareto struct {
	Title  string
	X, Y   string // names of the aims
	Points []Point
}

// Point is one candidate of a search.
type Point struct {
	X, Y   float64
	Front  bool // no other is better in both
	Chosen bool
}

// The limits of Options, beyond which a page is no help to anybody.
const (
	mostGrid       = 200     // values of a parameter
	mostTimes      = 100_000 // of a fan
	mostBands      = 21
	mostCandidates = 100_000
)

// validate checks what was given.
func (o Options) validate() error {
	if o.Fan != nil {
		if err := o.Fan.validate(); err != nil {
			return err
		}
	}
	if o.HeatMap != nil {
		if err := o.HeatMap.validate(); err != nil {
			return err
		}
	}
	if o.Pareto == nil {
		return nil
	}
	if n := len(o.Pareto.Points); n == 0 || n > mostCandidates {
		return tradekeel.Invalidf("options.pareto.points", "must be 1 to %d, got %d", mostCandidates, n)
	}
	for i, p := range o.Pareto.Points {
		if !isFinite(p.X) || !isFinite(p.Y) {
			return tradekeel.Invalidf(fmt.Sprintf("options.pareto.points[%d]", i), "must be two numbers, got %v and %v", p.X, p.Y)
		}
	}
	return nil
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (f *Fan) validate() error {
	n := len(f.Times)
	if n < 2 || n > mostTimes {
		return tradekeel.Invalidf("options.fan.times", "must be 2 to %d, got %d", mostTimes, n)
	}
	for i, at := range f.Times {
		if i > 0 && !at.After(f.Times[i-1]) || !time.Unix(0, at.UnixNano()).Equal(at) {
			return tradekeel.Invalidf("options.fan.times", "number %d does not rise, or is not between 1678 and 2262", i)
		}
	}
	if len(f.Bands) < 2 || len(f.Bands) > mostBands {
		return tradekeel.Invalidf("options.fan.bands", "must be 2 to %d, got %d", mostBands, len(f.Bands))
	}
	for i, b := range f.Bands {
		field := fmt.Sprintf("options.fan.bands[%d]", i)
		if !(b.Percentile >= 0 && b.Percentile <= 100) || i > 0 && b.Percentile <= f.Bands[i-1].Percentile {
			return tradekeel.Invalidf(field+".percentile", "must be within 0 and 100 and above the one before, got %v", b.Percentile)
		}
		if len(b.Values) != n || !slices.ContainsFunc(b.Values, isFinite) || slices.ContainsFunc(b.Values, func(v float64) bool { return !isFinite(v) }) {
			return tradekeel.Invalidf(field+".values", "must be %d numbers, as there are times, got %d", n, len(b.Values))
		}
	}
	if f.Run != nil && (len(f.Run) != n || slices.ContainsFunc(f.Run, func(v float64) bool { return !isFinite(v) })) {
		return tradekeel.Invalidf("options.fan.run", "must be %d numbers, as there are times, got %d", n, len(f.Run))
	}
	return nil
}

func (h *HeatMap) validate() error {
	if len(h.Xs) == 0 || len(h.Ys) == 0 || len(h.Xs) > mostGrid || len(h.Ys) > mostGrid {
		return tradekeel.Invalidf("options.heat_map", "must have 1 to %d values of each parameter, got %d and %d", mostGrid, len(h.Xs), len(h.Ys))
	}
	if len(h.Values) != len(h.Ys) {
		return tradekeel.Invalidf("options.heat_map.values", "must have %d rows, got %d", len(h.Ys), len(h.Values))
	}
	for i, row := range h.Values {
		if len(row) != len(h.Xs) || slices.ContainsFunc(row, func(v float64) bool { return math.IsInf(v, 0) }) {
			return tradekeel.Invalidf(fmt.Sprintf("options.heat_map.values[%d]", i), "must be %d numbers or NaN, got %d", len(h.Xs), len(row))
		}
	}
	return nil
}

// plots draw what was given.
func (o Options) plots() []*plot {
	var out []*plot
	if o.Fan != nil {
		out = append(out, o.Fan.plot())
	}
	if o.HeatMap != nil {
		out = append(out, o.HeatMap.plot())
	}
	if o.Pareto != nil {
		out = append(out, o.Pareto.plot())
	}
	return out
}

func named(title, otherwise string) string {
	if title = clean(title); title == "" {
		return otherwise
	}
	return title
}

func (f *Fan) plot() *plot {
	low, high := math.Inf(1), math.Inf(-1)
	lines := [][]float64{f.Run}
	for _, b := range f.Bands {
		lines = append(lines, b.Values)
	}
	for _, l := range lines {
		for _, v := range l {
			low, high = min(low, v), max(high, v)
		}
	}
	n := len(f.Times)
	at := func(i int) float64 { return float64(f.Times[i].UnixNano()) }
	p := newPlot(named(f.Title, "Simulated runs"), axis{at(0), at(n - 1)}, around(low, high), nil, plainTick, true)
	p.dates(f.Times[0].UnixNano(), f.Times[n-1].UnixNano())
	stride := (n + mostOnALine - 1) / mostOnALine
	steps := (n + stride - 1) / stride
	// The last time is always there.
	index := func(i int) int { return max(0, n-1-(steps-1-i)*stride) }
	for i, j := 0, len(f.Bands)-1; i < j; i, j = i+1, j-1 {
		var b strings.Builder
		for k := range 2 * steps {
			from, values := k, f.Bands[i].Values
			if k >= steps {
				from, values = 2*steps-1-k, f.Bands[j].Values
			}
			if b.Len() == 0 {
				b.WriteByte('M')
			} else {
				b.WriteByte('L')
			}
			b.WriteString(coordinate(p.atX(at(index(from)))) + " " + coordinate(p.atY(values[index(from)])))
		}
		p.add("band", b.String()+"Z")
		p.Keys = append(p.Keys, plotKey{fmt.Sprintf("band b%d", i), fmt.Sprintf("%s to %s percentile", ordinal(f.Bands[i].Percentile), ordinal(f.Bands[j].Percentile))})
	}
	draw := func(class string, values []float64) {
		p.line(class, steps, func(i int) (x, y float64) { return at(index(i)), values[index(i)] })
	}
	if len(f.Bands)%2 == 1 {
		middle := f.Bands[len(f.Bands)/2]
		draw("median", middle.Values)
		p.Keys = append(p.Keys, plotKey{"median", ordinal(middle.Percentile) + " percentile"})
	}
	if f.Run != nil {
		draw("curve", f.Run)
		p.Keys = append(p.Keys, plotKey{"curve", "the run"})
	}
	p.Text = fmt.Sprintf("Percentiles of simulated runs over time, %d of them.", len(f.Bands))
	return p
}

func ordinal(v float64) string {
	text := plainTick(v)
	if v == math.Trunc(v) && (int(v)%100 < 11 || int(v)%100 > 13) {
		switch int(v) % 10 {
		case 1:
			return text + "st"
		case 2:
			return text + "nd"
		case 3:
			return text + "rd"
		}
	}
	return text + "th"
}

// heatSteps is the number of colours of a heat map.
const heatSteps = 9

func (h *HeatMap) plot() *plot {
	columns, rows := len(h.Xs), len(h.Ys)
	p := &plot{
		Name: named(h.Title, "Values by parameters"), Width: plotWidth, Height: plotHeight + 30, left: 62, right: 10, top: 10, bottom: 44,
		x: axis{0, float64(columns)}, y: axis{0, float64(rows)},
	}
	low, high, best, bestX, bestY := math.Inf(1), math.Inf(-1), math.Inf(-1), -1, -1
	for y, row := range h.Values {
		for x, v := range row {
			if math.IsNaN(v) {
				continue
			}
			if v > best {
				best, bestX, bestY = v, x, y
			}
			low, high = min(low, v), max(high, v)
		}
	}
	var cells [heatSteps]strings.Builder
	for y, row := range h.Values {
		for x, v := range row {
			if math.IsNaN(v) {
				continue
			}
			step := int(axis{low, high}.share(v) * (heatSteps - 1e-9))
			cells[step].WriteString(p.box(float64(x), float64(x+1), float64(y), float64(y+1)))
		}
	}
	for i := range cells {
		p.add(fmt.Sprintf("heat h%d", i+1), cells[i].String())
	}
	p.labels(h.Xs, h.Ys)
	p.Texts = append(p.Texts,
		plotText{"name", coordinate((p.left + plotWidth - p.right) / 2), coordinate(float64(p.Height) - 6), "middle", clean(h.X)},
		plotText{"name", "4", "20", "start", clean(h.Y)})
	if bestX < 0 {
		p.Text = "No pair has a value."
		p.Note = p.Text
		return p
	}
	p.add("best", p.box(float64(bestX), float64(bestX+1), float64(bestY), float64(bestY+1)))
	value := named(h.Value, "value")
	p.Text = fmt.Sprintf("%s from %s to %s, pale to dark. The highest, outlined, is at %s %s and %s %s.",
		value, plainTick(low), plainTick(high), clean(h.X), clean(h.Xs[bestX]), clean(h.Y), clean(h.Ys[bestY]))
	p.Note = p.Text
	return p
}

// labels writes as many of the values of two parameters as have room.
func (p *plot) labels(xs, ys []string) {
	strideX, strideY := (len(xs)+7)/8, (len(ys)+9)/10
	for i := 0; i < len(xs); i += strideX {
		p.Texts = append(p.Texts, plotText{"tick", coordinate(p.atX(float64(i) + 0.5)), coordinate(float64(p.Height) - p.bottom + 16), "middle", short(xs[i])})
	}
	for i := 0; i < len(ys); i += strideY {
		p.Texts = append(p.Texts, plotText{"tick", coordinate(p.left - 6), coordinate(p.atY(float64(i)+0.5) + 4), "end", short(ys[i])})
	}
}

// short cuts a label to what has room beside an axis.
func short(s string) string {
	const room = 7
	if runes := []rune(clean(s)); len(runes) > room {
		return string(runes[:room-1]) + "…"
	}
	return clean(s)
}

func (r *Pareto) plot() *plot {
	lowX, highX, lowY, highY := math.Inf(1), math.Inf(-1), math.Inf(1), math.Inf(-1)
	for _, v := range r.Points {
		lowX, highX, lowY, highY = min(lowX, v.X), max(highX, v.X), min(lowY, v.Y), max(highY, v.Y)
	}
	p := newPlot(named(r.Title, "Candidates by two aims"), around(lowX, highX), around(lowY, highY), plainTick, plainTick, false)
	classes := [...]string{"dots other", "dots front", "dots chosen"}
	var xs, ys [3][]float64
	var front []Point
	stride := (len(r.Points) + mostDots - 1) / mostDots
	for i, v := range r.Points {
		at := 0
		switch {
		case v.Chosen:
			at = 2
		case v.Front:
			at = 1
		case i%stride > 0:
			continue
		}
		if v.Front {
			front = append(front, v)
		}
		xs[at], ys[at] = append(xs[at], v.X), append(ys[at], v.Y)
	}
	slices.SortStableFunc(front, func(a, b Point) int {
		switch {
		case a.X < b.X:
			return -1
		case a.X > b.X:
			return 1
		}
		return 0
	})
	p.line("median", len(front), func(i int) (x, y float64) { return front[i].X, front[i].Y })
	for i, class := range classes {
		p.dots(class, xs[i], ys[i])
	}
	p.Text = fmt.Sprintf("Across: %s; up: %s. %s of %s lie on the front, joined.", named(r.X, "the first aim"), named(r.Y, "the second"),
		count(len(front)), counted(len(r.Points), "candidate", "candidates"))
	if stride > 1 {
		p.Text += fmt.Sprintf(" Of the others one in %d is drawn.", stride)
	}
	if len(xs[2]) > 0 {
		p.Text += " The large dot is the one that was chosen."
	}
	p.Note = p.Text
	return p
}
