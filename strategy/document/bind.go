package document

import (
	"slices"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// bound is a document bound to the feeds of a run: its expressions compiled to a
// program on each feed, and one that is computed bar by bar.
type bound struct {
	document *Document
	values   map[string]float64
	setup    *strategy.Setup
	axes     []*axis // the main one first
	dynamic  *program
	readers  []reader // of the inputs of dynamic
	refs     map[place]ref

	rules   []rule
	run     *run // of dynamic; nil when no rule needs it
	in, out [][]float64
}

// rule is where the value of a rule comes from: a line, where the candles of one
// series tell it, or an output of the dynamic program.
type rule struct {
	line   *strategy.Indicator
	output int // -1: there is no such rule
}

// axis is one series that conditions are told on.
type axis struct {
	need  Need
	feed  *strategy.Feed
	whole *program
	of    []*strategy.Indicator // the inputs of whole
	roots []*strategy.Indicator // its outputs
}

// reader says where an input of the dynamic program comes from.
type reader struct {
	axis   *axis
	root   int // an output of the axis' program
	fact   fact
	signal *strategy.Signal
	kind   readerKind
}

type readerKind uint8

const (
	readRoot readerKind = iota
	readFact
	readSignal
)

// place is an expression as told on a series; nil is the dynamic program.
type place struct {
	e    *expr
	axis *axis
}

// ref is where the value of an expression stands: in a program, or in a line.
type ref struct {
	node int
	line *strategy.Indicator // not nil: the value is the line's
}

// bind compiles a document for a run. Faults of the setup are left to it.
func bind(d *Document, values map[string]float64, s *strategy.Setup) *bound {
	b := &bound{document: d, values: values, setup: s, dynamic: newProgram("rules"), refs: map[place]ref{}}
	main := &axis{feed: s.MainOf(d.timeframe), whole: newProgram("conditions")}
	main.need.Timeframe = d.timeframe
	b.axes = []*axis{main}
	for _, need := range d.needs {
		symbol := need.Symbol
		if symbol == "" {
			symbol = main.feed.Instrument().Symbol
		}
		a := &axis{need: need, feed: s.Bars(symbol, need.Timeframe), whole: newProgram("conditions")}
		b.axes = append(b.axes, a)
	}
	for _, e := range d.roots() {
		r := rule{output: -1}
		if e != nil {
			r.output = b.dynamic.output(b.decide(e))
		}
		b.rules = append(b.rules, r)
	}
	for _, a := range b.axes {
		b.start(a)
	}
	needed := false
	for k := range b.rules {
		r := &b.rules[k]
		if r.output < 0 {
			continue
		}
		if n := &b.dynamic.nodes[b.dynamic.outputs[r.output]]; n.op == opInput && b.readers[n.bars-1].kind == readRoot {
			from := b.readers[n.bars-1]
			r.line = from.axis.roots[from.root]
		} else {
			needed = true
		}
	}
	if !needed {
		return b
	}
	b.run = newRun(b.dynamic)
	for range b.readers {
		b.in = append(b.in, make([]float64, 1))
	}
	for range b.dynamic.outputs {
		b.out = append(b.out, make([]float64, 1))
	}
	return b
}

// rule returns what a rule came to at the last close; unknown when there is none.
func (b *bound) rule(k int) float64 {
	r := &b.rules[k]
	switch {
	case r.line != nil:
		return r.line.Value()
	case r.output < 0:
		return unknown
	}
	return b.out[r.output][0]
}

// start puts the program of an axis on its feed.
func (b *bound) start(a *axis) {
	if len(a.whole.outputs) == 0 {
		return
	}
	if a.whole.inputs == 0 {
		a.of = append(a.of, b.setup.Price(a.feed, market.Close))
		a.whole.input()
	}
	line := b.setup.Indicator(a.feed, a.whole, a.of...)
	for _, o := range a.whole.Outputs() {
		root, ok := line.Output(o.Name)
		if !ok {
			root = line // the setup has a fault, which is told by it
		}
		a.roots = append(a.roots, root)
	}
}

// decide compiles an expression for the dynamic program and returns its node.
func (b *bound) decide(e *expr) int {
	at := place{e, nil}
	if r, ok := b.refs[at]; ok {
		return r.node
	}
	n := b.decided(e)
	b.refs[at] = ref{node: n}
	return n
}

func (b *bound) decided(e *expr) int {
	if !dynamic(e) {
		if e.op == opConst {
			return b.dynamic.constant(e.value.in(b.values))
		}
		return b.root(b.axes[0], e)
	}
	switch e.op {
	case opNamed:
		return b.decide(e.args[0])
	case opFact:
		return b.read(reader{kind: readFact, fact: e.fact})
	case opSignal:
		age := b.read(reader{kind: readSignal, signal: b.setup.Signal(e.signal)})
		return b.dynamic.add(node{op: opLt, args: []int{age, b.dynamic.constant(e.bars.in(b.values))}})
	case opOn:
		i := slices.IndexFunc(b.axes[1:], func(a *axis) bool { return a.need == e.series })
		return b.root(b.axes[1+i], e.args[0])
	default:
		n := node{op: e.op, bars: int(e.bars.in(b.values))}
		for _, a := range e.args {
			n.args = append(n.args, b.decide(a))
		}
		return b.dynamic.add(n)
	}
}

// root makes an expression of a series an input of the dynamic program.
func (b *bound) root(a *axis, e *expr) int {
	return b.read(reader{kind: readRoot, axis: a, root: a.whole.output(b.compile(a, a.whole, &a.of, e))})
}

func (b *bound) read(r reader) int {
	if i := slices.Index(b.readers, r); i >= 0 {
		return b.dynamic.add(node{op: opInput, bars: i + 1})
	}
	b.readers = append(b.readers, r)
	return b.dynamic.input()
}

// compile adds an expression to a program on a series and returns its node.
func (b *bound) compile(a *axis, p *program, of *[]*strategy.Indicator, e *expr) int {
	at := place{e, a}
	whole := p == a.whole // of the others nothing is explained
	if r, ok := b.refs[at]; ok && whole && r.line == nil {
		return r.node
	}
	n, line := b.compiled(a, p, of, e)
	if whole {
		b.refs[at] = ref{n, line}
	}
	return n
}

func (b *bound) compiled(a *axis, p *program, of *[]*strategy.Indicator, e *expr) (int, *strategy.Indicator) {
	switch e.op {
	case opConst:
		return p.constant(e.value.in(b.values)), nil
	case opNamed:
		return b.compile(a, p, of, e.args[0]), nil
	case opColumn, opIndicator:
		line := b.line(a, e)
		return take(p, of, line), line
	case opClock:
		opens := take(p, of, b.setup.Price(a.feed, market.OpenTime))
		return p.add(node{op: opClock, args: []int{opens}, clock: e.clock, frame: a.feed.Timeframe()}), nil
	default:
		n := node{op: e.op, bars: int(e.bars.in(b.values))}
		for _, arg := range e.args {
			n.args = append(n.args, b.compile(a, p, of, arg))
		}
		return p.add(n), nil
	}
}

// take makes a line an input of a program, once.
func take(p *program, of *[]*strategy.Indicator, line *strategy.Indicator) int {
	if i := slices.Index(*of, line); i >= 0 {
		return p.add(node{op: opInput, bars: i + 1})
	}
	*of = append(*of, line)
	return p.input()
}

// line declares a column or an indicator on the feed of a series.
func (b *bound) line(a *axis, e *expr) *strategy.Indicator {
	for e.op == opNamed {
		e = e.args[0]
	}
	if e.op == opColumn {
		return b.setup.Price(a.feed, e.field)
	}
	if e.op != opIndicator {
		return b.stage(a, e)
	}
	d, err := e.indicator.Make(numbers(e.params, b.values)...)
	if err != nil { // told by check before
		d = indicator.SMA(1)
	}
	var of []*strategy.Indicator
	for _, arg := range e.args {
		of = append(of, b.line(a, arg))
	}
	line := b.setup.Indicator(a.feed, d, of...)
	if e.output > 0 {
		if other, ok := line.Output(e.indicator.Outputs[e.output]); ok {
			return other
		}
	}
	return line
}

// stage computes an expression that an indicator is computed from. Where it is
// unknown it holds its last value, since an average of something unknown would stay
// unknown for ever.
func (b *bound) stage(a *axis, e *expr) *strategy.Indicator {
	p := newProgram("series")
	var of []*strategy.Indicator
	n := b.compile(a, p, &of, e)
	p.output(p.add(node{op: opHold, args: []int{n}, bars: p.nodes[n].warmup}))
	if p.inputs == 0 {
		of = append(of, b.setup.Price(a.feed, market.Close))
		p.input()
	}
	return b.setup.Indicator(a.feed, p, of...)
}

// step computes the dynamic program at the present moment.
func (b *bound) step(f func(fact) float64) {
	if b.run == nil {
		return
	}
	for i, r := range b.readers {
		switch r.kind {
		case readRoot:
			b.in[i][0] = r.axis.roots[r.root].Value()
		case readFact:
			b.in[i][0] = f(r.fact)
		default:
			b.in[i][0] = r.signal.Age(b.axes[0].feed)
		}
	}
	b.run.Next(b.in, b.out)
}
