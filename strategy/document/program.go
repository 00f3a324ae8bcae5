package document

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

var unknown = math.NaN()

// program is expressions compiled to steps over columns. Every node is a column of
// floats: a value, or a truth as 1, 0 or NaN for unknown. A node is computed from
// nodes before it, for a block of bars at a time; equal nodes are one.
//
// A program is an indicator.Definition: on a feed it is computed like an indicator,
// a block of known history at a time or bar by bar, with the same bits. Conditions on
// the position, on signals and across series are a second program that is computed
// bar by bar from the outputs of the first.
type program struct {
	name    string
	nodes   []node
	keys    map[string]int
	inputs  int
	outputs []int
	lead    int // how many bars back any node looks

	run *run // the computation, once it is started
}

// node is one column.
type node struct {
	op     op
	args   []int
	bars   int // to look back, opAgo, opForBars, opWithinBars
	value  float64
	clock  *clock
	frame  market.Timeframe // opClock
	warmup int              // bars before it can be known
}

// opInput and opHold are nodes that no expression is: a column from outside, and one
// whose unknown values are those before.
const (
	opInput op = 200 + iota
	opHold
)

func newProgram(name string) *program { return &program{name: name, keys: map[string]int{}} }

// add adds a node, or finds the one that is equal.
func (p *program) add(n node) int {
	var key strings.Builder
	fmt.Fprintf(&key, "%d %v %d %x", n.op, n.args, n.bars, math.Float64bits(n.value))
	if n.clock != nil {
		fmt.Fprintf(&key, " %s %s", n.clock.key, n.frame)
	}
	if i, ok := p.keys[key.String()]; ok {
		return i
	}
	for _, a := range n.args {
		n.warmup = max(n.warmup, p.nodes[a].warmup)
	}
	switch n.op {
	case opAgo:
		n.warmup += n.bars
		p.lead = max(p.lead, n.bars)
	case opForBars, opWithinBars:
		n.warmup += n.bars - 1
	case opCross, opCrossAbove, opCrossBelow:
		n.warmup++
	default: // computed from one bar
	}
	p.lead = max(p.lead, 1)
	p.nodes = append(p.nodes, n)
	p.keys[key.String()] = len(p.nodes) - 1
	return len(p.nodes) - 1
}

// input adds a column from outside.
func (p *program) input() int {
	p.inputs++
	return p.add(node{op: opInput, bars: p.inputs})
}

func (p *program) constant(v float64) int { return p.add(node{op: opConst, value: v}) }

// output makes a node an output and returns its place among them.
func (p *program) output(n int) int {
	for i, have := range p.outputs {
		if have == n {
			return i
		}
	}
	p.outputs = append(p.outputs, n)
	return len(p.outputs) - 1
}

// Key implements indicator.Definition.
func (p *program) Key() string {
	var b strings.Builder
	b.WriteString(p.name)
	for i := range p.nodes {
		n := &p.nodes[i]
		fmt.Fprintf(&b, ";%d %v %d %x", n.op, n.args, n.bars, math.Float64bits(n.value))
		if n.clock != nil {
			b.WriteString(" " + n.clock.key)
		}
	}
	fmt.Fprintf(&b, ">%v", p.outputs)
	return b.String()
}

// Validate implements indicator.Definition.
func (p *program) Validate() error { return nil }

// Inputs implements indicator.Definition; each is given another line.
func (p *program) Inputs() []market.Field {
	fields := make([]market.Field, p.inputs)
	for i := range fields {
		fields[i] = market.Close
	}
	return fields
}

// Outputs implements indicator.Definition.
func (p *program) Outputs() []indicator.Output {
	out := make([]indicator.Output, len(p.outputs))
	for i, n := range p.outputs {
		out[i] = indicator.Output{Name: strconv.Itoa(i), Warmup: p.nodes[n].warmup}
	}
	return out
}

// New implements indicator.Definition.
func (p *program) New() indicator.Computation {
	p.run = newRun(p)
	return p.run
}

// run is a program under way.
type run struct {
	program *program
	columns [][]float64 // of each node: bars before, then the block
	end     int         // where the block ends
	seen    int         // bars so far
	since   []since     // of nodes that count
	last    []float64   // of nodes that hold
	stands  []uint8     // how the columns of pair stand to each other in the block at hand
	pair    [2]int      // the arguments of the last cross, plus one
	pairAt  int         // seen when they were compared
}

// since counts bars, from the last one on, since something was so.
type since struct{ no, yes, unknown int }

const never = math.MaxInt32

func newRun(p *program) *run {
	r := &run{
		program: p, columns: make([][]float64, len(p.nodes)), end: p.lead,
		since: make([]since, len(p.nodes)), last: make([]float64, len(p.nodes)),
	}
	for i := range r.since {
		r.since[i] = since{never, never, 0}
	}
	return r
}

// room makes room for a block, and keeps what is looked back to.
func (r *run) room(count int) {
	const least = 32
	lead := r.program.lead
	if len(r.columns) == 0 || r.end+count <= len(r.columns[0]) {
		return
	}
	size := max(len(r.columns[0]), lead+max(count, lead, least))
	for i, column := range r.columns {
		next := column
		if len(next) < size {
			next = make([]float64, size)
		}
		if column == nil {
			for j := range lead {
				next[j] = unknown
			}
		} else {
			copy(next[:lead], column[r.end-lead:r.end])
		}
		r.columns[i] = next
	}
	r.end = lead
}

// Next implements indicator.Computation.
func (r *run) Next(in, out [][]float64) {
	count := 1
	if len(in) > 0 {
		count = len(in[0])
	}
	r.room(count)
	first, last := r.end, r.end+count
	for i := range r.program.nodes {
		n := &r.program.nodes[i]
		column := r.columns[i][first:last]
		if n.op == opInput {
			copy(column, in[n.bars-1])
			continue
		}
		r.compute(i, n, column, first)
	}
	for k, n := range r.program.outputs {
		copy(out[k], r.columns[n][first:last])
	}
	r.end, r.seen = last, r.seen+count
}

// at returns a node's value at a bar, counted from the first that the program saw;
// it is one of the last block, or of the bars that the program looks back to.
func (r *run) at(n, bar int) float64 {
	i := r.end - (r.seen - bar)
	if bar < 0 || i < 0 || i >= r.end {
		return unknown
	}
	return r.columns[n][i]
}

func (r *run) compute(i int, n *node, out []float64, first int) {
	arg := func(k int) []float64 { return r.columns[n.args[k]][first : first+len(out)] }
	switch n.op {
	case opConst:
		for j := range out {
			out[j] = n.value
		}
	case opAdd, opMul, opMaxOf, opMinOf:
		copy(out, arg(0))
		for k := 1; k < len(n.args); k++ {
			combine(n.op, out, arg(k))
		}
		finite(out)
	case opSub, opDiv:
		arithmetic(n.op, arg(0), arg(1), out)
	case opAbs:
		for j, x := range arg(0) {
			out[j] = math.Abs(x)
		}
	case opAgo:
		copy(out, r.columns[n.args[0]][first-n.bars:])
	case opGt, opGte, opLt, opLte, opEq, opNe:
		compare(n.op, arg(0), arg(1), out)
	case opBetween:
		x, low, high := arg(0), arg(1), arg(2)
		for j := range out {
			out[j] = and(holds(opGte, x[j], low[j]), holds(opLte, x[j], high[j]))
		}
	case opCross, opCrossAbove, opCrossBelow:
		r.cross(n, first, out)
	case opAll, opAny:
		copy(out, arg(0))
		for k := 1; k < len(n.args); k++ {
			combine(n.op, out, arg(k))
		}
	case opNot:
		for j, x := range arg(0) {
			out[j] = 1 - x
		}
	case opForBars, opWithinBars:
		r.window(i, n, arg(0), out)
	case opClock:
		for j, open := range arg(0) {
			out[j] = truthOf(n.clock.contains(n.frame.Close(int64(open)*1e9) / 1e9))
		}
	case opHold:
		for j, x := range arg(0) {
			if r.seen+j < n.bars {
				out[j] = unknown
				continue
			}
			if !math.IsNaN(x) {
				r.last[i] = x
			}
			out[j] = r.last[i]
		}
	default: // an operator that is no node: none is added
	}
}

func arithmetic(o op, a, b, out []float64) {
	if o == opSub {
		for j := range out {
			out[j] = a[j] - b[j]
		}
	} else {
		for j := range out {
			out[j] = a[j] / b[j]
		}
	}
	finite(out)
}

// finite makes what is infinite unknown.
func finite(out []float64) {
	for j, x := range out {
		if x-x != 0 {
			out[j] = unknown
		}
	}
}

// combine folds another argument into out.
func combine(o op, out, in []float64) {
	switch o {
	case opAdd:
		for j, x := range in {
			out[j] += x
		}
	case opMul:
		for j, x := range in {
			out[j] *= x
		}
	case opMaxOf:
		for j, x := range in {
			out[j] = math.Max(out[j], x)
		}
	case opMinOf:
		for j, x := range in {
			out[j] = math.Min(out[j], x)
		}
	case opAll:
		out = out[:len(in)]
		for j, x := range in {
			out[j] = and(out[j], x)
		}
	default:
		out = out[:len(in)]
		for j, x := range in {
			out[j] = or(out[j], x)
		}
	}
}

// The two below are Kleene's: what one argument decides, the other cannot undo. They
// have no branch, since what data decides is guessed wrong every other bar. A truth is
// told by its bits: of 0 none is set; of 1 and of NaN the lowest of the exponent is, and
// of NaN the highest of the fraction, too.
const (
	exponent = 52 // the place of its lowest bit
	fraction = 51 // the place of its highest bit
	yes      = 0x3ff0000000000000
)

func and(a, b float64) float64 {
	x, y := math.Float64bits(a), math.Float64bits(b)
	keep := -(x & y >> exponent & 1) // no bits when one is false
	return math.Float64frombits((x | y) & keep)
}

func or(a, b float64) float64 {
	x, y := math.Float64bits(a), math.Float64bits(b)
	decided := -((x>>exponent&^(x>>fraction) | y>>exponent&^(y>>fraction)) & 1) // all bits when one is true
	return math.Float64frombits((x|y)&^decided | yes&decided)
}

func truthOf(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// clearly is the part of a value's size above which a difference from it is beyond doubt:
// the tolerance of strategy.Compare is a part of the larger of two, and some.
const clearly = 4e-12

// near is the square of clearly. Sizes are compared by their squares, which have no sign;
// where those leave the range of floats they tell nothing, and Compare is asked.
const near = clearly * clearly

func apart(d, x float64) bool { return float64(d*d) > float64(near*x)*x }

// order returns -1, 0, 1, or 2 for unknown: strategy.Compare's order, with a quick
// look at values that are clearly apart.
func order(a, b float64) int {
	if d := a - b; apart(d, a) {
		if d > 0 {
			return 1
		}
		return -1
	}
	if o, ok := strategy.Compare(a, b); ok {
		return o
	}
	return 2
}

// holds compares two values; unknown when one is.
func holds(o op, a, b float64) float64 {
	c := order(a, b)
	if c == 2 {
		return unknown
	}
	return truthOf(fits(o, c))
}

func fits(o op, c int) bool {
	switch o {
	case opGt:
		return c > 0
	case opGte:
		return c >= 0
	case opLt:
		return c < 0
	case opLte:
		return c <= 0
	case opEq:
		return c == 0
	default:
		return c != 0
	}
}

func compare(o op, a, b, out []float64) {
	truths := [2]float64{truthOf(fits(o, 1)), truthOf(fits(o, -1))} // by the sign of the difference
	a, b = a[:len(out)], b[:len(out)]
	for j := range out {
		x, y := a[j], b[j]
		d := x - y
		out[j] = truths[math.Float64bits(d)>>63]
		if !apart(d, x) { // equal, all but equal, or unknown
			out[j] = holds(o, x, y)
		}
	}
}

// crossed tells whether a went above b (or below, or either): on that side now, and
// not at the bar before. now and before are orders of strategy.Compare; 2 is unknown.
func crossed(o op, before, now int) float64 {
	if now == 2 || before == 2 {
		return unknown
	}
	above, below := now > 0 && before <= 0, now < 0 && before >= 0
	switch o {
	case opCrossAbove:
		return truthOf(above)
	case opCrossBelow:
		return truthOf(below)
	default:
		return truthOf(above || below)
	}
}

// cross fills out with what crossed. How two columns stand to each other is told once
// for all the nodes that ask, one after the other, which way they crossed.
func (r *run) cross(n *node, first int, out []float64) {
	if len(out) == 0 {
		return
	}
	if p := [2]int{n.args[0] + 1, n.args[1] + 1}; r.pair != p || r.pairAt != r.seen {
		r.pair, r.pairAt = p, r.seen
		if len(r.stands) < len(out) {
			r.stands = make([]uint8, max(len(out), len(r.columns[0])-r.program.lead))
		}
		stand(r.columns[n.args[0]][first-1:], r.columns[n.args[1]][first-1:], r.stands[:len(out)])
	}
	var truths [16]float64
	for before := range 4 {
		for now := range 4 {
			truths[before<<2|now] = crossed(n.op, before-1, now-1)
		}
	}
	for j, s := range r.stands[:len(out)] {
		out[j] = truths[s&15]
	}
}

// stand fills out with how two columns stand to each other: the order of the bar
// before, plus one and times four, and that of the bar, plus one. a and b begin one
// bar before it.
func stand(a, b []float64, out []uint8) {
	before := order(a[0], b[0]) + 1
	a, b = a[1:][:len(out)], b[1:][:len(out)]
	for j := range out {
		x, y := a[j], b[j]
		d := x - y
		now := 2 - 2*int(math.Float64bits(d)>>63)
		if !apart(d, x) { // equal, all but equal, or unknown
			now = order(x, y) + 1
		}
		out[j] = uint8(before<<2 | now)
		before = now
	}
}

// window folds the truth of the last bars: all of them, or one.
func (r *run) window(i int, n *node, in, out []float64) {
	s := &r.since[i]
	for j, x := range in {
		s.no, s.yes, s.unknown = min(s.no+1, never), min(s.yes+1, never), min(s.unknown+1, never)
		switch x {
		case 1:
			s.yes = 0
		case 0:
			s.no = 0
		default:
			s.unknown = 0
		}
		decided, value := s.no, 0.0
		if n.op == opWithinBars {
			decided, value = s.yes, 1
		}
		switch {
		case decided < n.bars:
			out[j] = value
		case s.unknown < n.bars:
			out[j] = unknown
		default:
			out[j] = 1 - value
		}
	}
}
