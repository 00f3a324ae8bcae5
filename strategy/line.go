package strategy

import (
	"math"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// Kept is how many values of an indicator can be looked back to at least.
const Kept = indicator.BlockSize

// Indicator is one line of values on a feed, up to the last bar that closed: an
// output of an indicator, or a column of the bars themselves.
type Indicator struct {
	feed   *Feed
	values []float64 // up to feed.last, and some computed ahead
	warmup int
	key    string
	node   *node
	used   bool // an instance holds it
}

// Value returns the value at the last bar; NaN before the warm-up is over.
func (in *Indicator) Value() float64 { return in.Back(0) }

// Back returns the value of back bars ago; NaN where there is none. The last Kept
// values are there; older ones may be gone.
func (in *Indicator) Back(back int) float64 {
	i := in.feed.last - back
	if back < 0 || back >= Kept || i < 0 || i >= len(in.values) {
		return math.NaN()
	}
	return in.values[i]
}

// Key names the definition and what it is computed from, for example
// "macd(12,26,9).signal close".
func (in *Indicator) Key() string { return in.key }

// Warmup is the number of bars of the feed before the first value.
func (in *Indicator) Warmup() int { return in.warmup }

// Feed returns the feed that the line is on.
func (in *Indicator) Feed() *Feed { return in.feed }

// Output returns another output of the same indicator by its name, for example
// "signal"; false when it has none of that name.
func (in *Indicator) Output(name string) (*Indicator, bool) {
	if in.node == nil {
		return nil, false
	}
	for k, o := range in.node.outputs {
		if o.Name == name {
			in.node.lines[k].used = true
			return in.node.lines[k], true
		}
	}
	return nil, false
}

// node is one computation on a feed.
type node struct {
	key     string
	c       indicator.Computation // nil for a column of the bars
	sources []source
	start   int // bars before the first whose inputs are all defined
	outputs []indicator.Output
	lines   []*Indicator // one for each output
	in, out [][]float64
	idle    bool // nobody reads it: it is not computed
}

// source is what a computation takes in: a column of the bars, or another line.
type source struct {
	field market.Field
	line  *Indicator
}

// next computes the bars from first on, count of them.
func (n *node) next(columns *columns, first, count int) {
	for _, line := range n.lines {
		line.values = grow(line.values, count)
	}
	if n.c == nil {
		line := n.lines[0]
		copy(line.values[len(line.values)-count:], columns.block[n.sources[0].field])
		return
	}
	skip := min(max(n.start-first, 0), count)
	for k, s := range n.sources {
		from := columns.block[s.field]
		if s.line != nil {
			from = s.line.values[len(s.line.values)-count:]
		}
		n.in[k] = from[skip:]
	}
	for k, line := range n.lines {
		block := line.values[len(line.values)-count:]
		for i := range block[:skip] {
			block[i] = math.NaN()
		}
		n.out[k] = block[skip:]
	}
	if skip < count {
		n.c.Next(n.in, n.out)
	}
}

// grow lengthens values; their content is written next.
func grow(values []float64, count int) []float64 {
	if want := len(values) + count; want <= cap(values) {
		return values[:want]
	}
	longer := make([]float64, len(values)+count, min(2*Kept, 2*len(values)+count+8))
	copy(longer, values)
	return longer
}

// columns are the columns of a feed's bars that its indicators read.
type columns struct {
	read  [market.OpenTime + 1]bool
	whole [market.OpenTime + 1][]float64 // preloaded: all bars
	block [market.OpenTime + 1][]float64 // the bars at hand
}

func (c *columns) use(f *Feed, field market.Field) {
	if c.read[field] {
		return
	}
	c.read[field] = true
	if f.preloaded {
		c.whole[field] = f.series.Floats(field)
	} else {
		c.block[field] = make([]float64, 1)
	}
}

// seek makes the bars from first to last-1 those at hand; of a streamed feed that is
// the last one alone.
func (c *columns) seek(f *Feed, first, last int) {
	for field, read := range c.read {
		switch {
		case !read:
		case f.preloaded:
			c.block[field] = c.whole[field][first:last]
		default:
			c.block[field][0] = f.Value(market.Field(field), 0)
		}
	}
}

// add declares an indicator, or finds the one that is the same.
func (f *Feed) add(d indicator.Definition, of []*Indicator) (*Indicator, error) {
	fields := d.Inputs()
	if len(of) > len(fields) {
		return nil, tradekeel.Invalidf("indicator", "%s is computed from %d series, got %d", d.Key(), len(fields), len(of))
	}
	n := &node{outputs: d.Outputs(), sources: make([]source, len(fields))}
	names := make([]string, len(fields))
	for k, field := range fields {
		n.sources[k].field, names[k] = field, field.String()
		if k >= len(of) {
			continue
		}
		line := of[k]
		if line == nil || line.feed != f {
			return nil, tradekeel.Invalidf("indicator", "%s is computed from another feed's line", d.Key())
		}
		if line.node.c == nil { // a column of the bars
			n.sources[k], names[k] = line.node.sources[0], line.node.sources[0].field.String()
			continue
		}
		n.sources[k].line, names[k] = line, "("+line.key+")"
		n.start = max(n.start, line.warmup)
	}
	n.key = d.Key() + " " + strings.Join(names, " ")
	if have := f.find(n.key); have != nil {
		return have, nil
	}
	for _, s := range n.sources {
		if s.line == nil {
			f.columns.use(f, s.field)
		}
	}
	n.c = d.New()
	f.append(n, func(k int, o indicator.Output) (string, int) {
		key := n.key
		if k > 0 {
			key = d.Key() + "." + o.Name + strings.TrimPrefix(n.key, d.Key())
		}
		return key, n.start + o.Warmup
	})
	return n.lines[0], nil
}

// column declares a column of the bars as a line.
func (f *Feed) column(field market.Field) *Indicator {
	key := field.String()
	if have := f.find(key); have != nil {
		return have
	}
	f.columns.use(f, field)
	n := &node{key: key, sources: []source{{field: field}}, outputs: []indicator.Output{{Name: key}}}
	f.append(n, func(int, indicator.Output) (string, int) { return key, 0 })
	return n.lines[0]
}

func (f *Feed) find(key string) *Indicator {
	for _, n := range f.nodes {
		if n.key == key {
			return n.lines[0]
		}
	}
	return nil
}

func (f *Feed) append(n *node, of func(k int, o indicator.Output) (key string, warmup int)) {
	for k, o := range n.outputs {
		key, warmup := of(k, o)
		line := &Indicator{feed: f, node: n, key: key, warmup: warmup}
		n.lines, f.lines = append(n.lines, line), append(f.lines, line)
	}
	n.in, n.out = make([][]float64, len(n.sources)), make([][]float64, len(n.outputs))
	f.nodes = append(f.nodes, n)
}
