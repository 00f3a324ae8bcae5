package document

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// TestCompiledEqualsIncremental: over known candles, where conditions are computed a
// block at a time, and over candles as they close, a document comes to the same at
// every close: every rule, and every condition and value in it.
func TestCompiledEqualsIncremental(t *testing.T) {
	t.Parallel()
	decisions, acted := 0, 0
	for seed := range uint64(documents) {
		chance := rand.New(rand.NewPCG(seed, 1))
		raw, d, err := (&author{Rand: chance}).document()
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		data := market1(t, chance, 20+chance.IntN(160))
		type decided struct {
			rules       []float64
			explanation strategy.Explanation
		}
		var want []decided
		of := func(i *instance) decided {
			c := decided{explanation: i.Explain()}
			for k := range i.bound.rules {
				c.rules = append(c.rules, i.rule(k))
			}
			return c
		}
		replay(t, d, data, false, seed, func(i *instance, _ func(fact) float64) { want = append(want, of(i)) })
		at := 0
		replay(t, d, data, true, seed, func(i *instance, _ func(fact) float64) {
			got := of(i)
			if at >= len(want) || !equalBits(got.rules, want[at].rules) || !reflect.DeepEqual(got.explanation, want[at].explanation) {
				t.Fatalf("seed %d, decision %d:\n%s\nas they close\n%v %s\nin blocks\n%v %s", seed, at, raw, got.rules, got.explanation, want[at].rules, want[at].explanation)
			}
			at++
			if got.rules[0] == 1 {
				acted++
			}
		})
		if at != len(want) {
			t.Fatalf("seed %d: %d decisions as candles close, %d in blocks", seed, at, len(want))
		}
		decisions += at
	}
	if decisions < 50*documents || acted < decisions/100 {
		t.Errorf("only %d decisions, %d of them to enter: the documents say too little", decisions, acted)
	}
}

func equalBits(a, b []float64) bool {
	for i := range a {
		if math.Float64bits(a[i]) != math.Float64bits(b[i]) && !(math.IsNaN(a[i]) && math.IsNaN(b[i])) {
			return false
		}
	}
	return len(a) == len(b)
}

// TestPrograms equals the meaning of the operators, written down plainly: each
// operator over whole columns, one bar after the other, with three truths.
func TestPrograms(t *testing.T) {
	t.Parallel()
	truths := map[float64]int{}
	for seed := range uint64(documents) {
		chance := rand.New(rand.NewPCG(seed, 1))
		raw, d, err := (&author{Rand: chance}).document()
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		data := market1(t, chance, 20+chance.IntN(160))
		o := &oracle{values: d.defaults(), facts: map[fact][]float64{}, ages: map[string][]float64{}, on: map[*expr][]float64{}}
		var got [][]float64
		var in *instance
		replay(t, d, data, false, seed, func(i *instance, f func(fact) float64) {
			in = i
			o.record(i, f)
			row := []float64{}
			for k := range i.bound.rules {
				row = append(row, i.rule(k))
			}
			got = append(got, row)
		})
		if in == nil {
			continue
		}
		for k, e := range d.roots() {
			if e == nil {
				continue
			}
			want := o.decided(in.bound, e)
			for bar := range got {
				v := got[bar][k]
				if !equalBits([]float64{v}, []float64{want[bar]}) {
					t.Fatalf("seed %d: %s\n%s at decision %d is %v, plainly %v", seed, raw, e.path, bar, v, want[bar])
				}
				if !math.IsNaN(v) {
					truths[v]++
				} else {
					truths[-1]++
				}
			}
		}
	}
	if len(truths) != 3 {
		t.Errorf("the documents came to %v", truths)
	}
}

// oracle computes expressions plainly: a column for each, by the words of doc.go.
type oracle struct {
	values map[string]float64
	places [][]int // of each decision, the bars that had closed on each axis
	facts  map[fact][]float64
	ages   map[string][]float64
	on     map[*expr][]float64
}

func (o *oracle) record(i *instance, f func(fact) float64) {
	row := make([]int, len(i.bound.axes))
	for k, a := range i.bound.axes {
		row[k] = a.feed.Len()
	}
	o.places = append(o.places, row)
	for k := range facts {
		o.facts[k] = append(o.facts[k], f(k))
	}
	for _, r := range i.bound.readers {
		if r.kind == readSignal {
			o.ages[r.signal.Name()] = append(o.ages[r.signal.Name()], r.signal.Age(i.feed))
		}
	}
}

// decided is an expression at each decision.
func (o *oracle) decided(b *bound, e *expr) []float64 {
	if !dynamic(e) {
		return o.at(b, 0, e)
	}
	n := len(o.places)
	switch e.op {
	case opNamed:
		return o.decided(b, e.args[0])
	case opFact:
		return o.facts[e.fact]
	case opSignal:
		out := make([]float64, n)
		for i, age := range o.ages[e.signal] {
			if age < e.bars.in(o.values) {
				out[i] = 1
			}
		}
		return out
	case opOn:
		for k, a := range b.axes[1:] {
			if a.need == e.series {
				return o.at(b, k+1, e.args[0])
			}
		}
	}
	args := make([][]float64, len(e.args))
	for k, a := range e.args {
		args[k] = o.decided(b, a)
	}
	return o.apply(e, args, n, nil)
}

// at is an expression of a series at each decision: at the last of its bars that had
// closed.
func (o *oracle) at(b *bound, k int, e *expr) []float64 {
	out := make([]float64, len(o.places))
	if e.op == opConst {
		for i := range out {
			out[i] = e.value.in(o.values)
		}
		return out
	}
	a := b.axes[k]
	s := seriesOf(a.feed)
	// A program begins when all that it reads on the series is defined.
	start := 0
	for _, line := range a.of {
		start = max(start, line.Warmup())
	}
	column := o.column(a, s, e, start)
	for i, row := range o.places {
		if last := row[k] - 1 - start; last >= 0 {
			out[i] = column[last]
		} else {
			out[i] = math.NaN()
		}
	}
	return out
}

func seriesOf(f *strategy.Feed) *market.Series {
	s := market.NewSeries(f.Instrument(), f.Timeframe(), 8, f.Len())
	for back := f.Len() - 1; back >= 0; back-- {
		bar, _ := f.At(back)
		s.Append(bar)
	}
	return s
}

// column is an expression over the bars of a series from start on.
func (o *oracle) column(a *axis, s *market.Series, e *expr, start int) []float64 {
	switch e.op {
	case opNamed:
		return o.column(a, s, e.args[0], start)
	case opColumn, opIndicator:
		return o.line(a, s, e)[start:]
	}
	args := make([][]float64, len(e.args))
	for k, arg := range e.args {
		args[k] = o.column(a, s, arg, start)
	}
	return o.apply(e, args, s.Len()-start, s.Time[start:])
}

// line is a column of the bars or an indicator over all of them.
func (o *oracle) line(a *axis, s *market.Series, e *expr) []float64 {
	for e.op == opNamed {
		e = e.args[0]
	}
	switch e.op {
	case opColumn:
		return s.Floats(e.field)
	case opIndicator:
		d, err := e.indicator.Make(numbers(e.params, o.values)...)
		if err != nil {
			panic(err)
		}
		fields := d.Inputs()
		in, start := make([][]float64, len(fields)), 0
		for k, f := range fields {
			in[k] = s.Floats(f)
			if k < len(e.args) {
				in[k] = o.line(a, s, e.args[k])
				start = max(start, undefined(in[k]))
			}
		}
		out := make([][]float64, len(d.Outputs()))
		for k := range in {
			in[k] = in[k][min(start, len(in[k])):]
		}
		for k := range out {
			out[k] = make([]float64, len(in[0]))
		}
		indicator.Batch(d, in, out)
		column := make([]float64, s.Len())
		for i := range column {
			if column[i] = math.NaN(); i >= start {
				column[i] = out[e.output][i-start]
			}
		}
		return column
	}
	// What an indicator is computed from holds its last value where it is unknown.
	start := 0
	var leaves func(e *expr)
	leaves = func(e *expr) {
		if e.op == opColumn || e.op == opIndicator {
			start = max(start, undefined(o.line(a, s, e)))
			return
		}
		for _, arg := range e.args {
			leaves(arg)
		}
	}
	leaves(e)
	start = min(start, s.Len())
	part := o.column(a, s, e, start)
	column, last := make([]float64, s.Len()), 0.0
	for i := range column {
		column[i] = math.NaN()
		if i < start+structural(e, o.values) {
			continue
		}
		if v := part[i-start]; !math.IsNaN(v) {
			last = v
		}
		column[i] = last
	}
	return column
}

// structural is the number of bars that an expression looks back.
func structural(e *expr, values map[string]float64) int {
	if e.op == opColumn || e.op == opIndicator {
		return 0
	}
	n := 0
	for _, a := range e.args {
		n = max(n, structural(a, values))
	}
	switch e.op {
	case opAgo:
		n += int(e.bars.in(values))
	case opForBars, opWithinBars:
		n += int(e.bars.in(values)) - 1
	case opCross, opCrossAbove, opCrossBelow:
		n++
	}
	return n
}

// undefined is the number of values before the first that is known.
func undefined(column []float64) int {
	for i, v := range column {
		if !math.IsNaN(v) {
			return i
		}
	}
	return len(column)
}

// apply is an operator over whole columns.
func (o *oracle) apply(e *expr, args [][]float64, n int, opens []int64) []float64 {
	out := make([]float64, n)
	is := func(truth bool) float64 {
		if truth {
			return 1
		}
		return 0
	}
	for i := range out {
		x := func(k int) float64 { return args[k][i] }
		unknown := false
		for k := range args {
			unknown = unknown || math.IsNaN(x(k))
		}
		compare := func(k, l, i int) (int, bool) { return strategy.Compare(args[k][i], args[l][i]) }
		var v float64
		switch e.op {
		case opConst:
			v = e.value.in(o.values)
		case opAdd, opMul, opMaxOf, opMinOf:
			v = x(0)
			for k := range args[1:] {
				v = map[op]float64{opAdd: v + x(k+1), opMul: v * x(k+1), opMaxOf: math.Max(v, x(k+1)), opMinOf: math.Min(v, x(k+1))}[e.op]
			}
		case opSub:
			v = x(0) - x(1)
		case opDiv:
			v = x(0) / x(1)
		case opAbs:
			v = math.Abs(x(0))
		case opAgo:
			v = math.NaN()
			if back := int(e.bars.in(o.values)); i >= back {
				v = args[0][i-back]
			}
		case opGt, opGte, opLt, opLte, opEq, opNe:
			c, ok := compare(0, 1, i)
			if v = is(map[op]bool{opGt: c > 0, opGte: c >= 0, opLt: c < 0, opLte: c <= 0, opEq: c == 0, opNe: c != 0}[e.op]); !ok {
				v = math.NaN()
			}
		case opBetween:
			low, a := compare(0, 1, i)
			high, b := compare(0, 2, i)
			switch {
			case a && low < 0 || b && high > 0:
				v = 0
			case !a || !b:
				v = math.NaN()
			default:
				v = 1
			}
		case opCross, opCrossAbove, opCrossBelow:
			v = math.NaN()
			if i > 0 {
				now, a := compare(0, 1, i)
				before, b := compare(0, 1, i-1)
				up, down := now > 0 && before <= 0, now < 0 && before >= 0
				if a && b {
					v = is(map[op]bool{opCross: up || down, opCrossAbove: up, opCrossBelow: down}[e.op])
				}
			}
		case opAll, opAny:
			decides := is(e.op == opAny)
			v = 1 - decides
			if unknown {
				v = math.NaN()
			}
			for k := range args {
				if x(k) == decides {
					v = decides
				}
			}
		case opNot:
			v = 1 - x(0)
		case opForBars, opWithinBars:
			decides, back := is(e.op == opWithinBars), int(e.bars.in(o.values))
			v = 1 - decides
			for j := i - back + 1; j <= i; j++ {
				if j < 0 || math.IsNaN(args[0][j]) {
					v = math.NaN()
				}
			}
			for j := max(0, i-back+1); j <= i; j++ {
				if args[0][j] == decides {
					v = decides
				}
			}
		case opClock:
			v = is(e.clock.contains((opens[i] + int64(o.timeframe(e, opens))) / 1e9))
		}
		if math.IsInf(v, 0) {
			v = math.NaN()
		}
		out[i] = v
	}
	return out
}

// timeframe is told from the opens: the shortest way between two.
func (o *oracle) timeframe(_ *expr, opens []int64) market.Timeframe {
	for i := 1; i < len(opens); i++ {
		if d := opens[i] - opens[i-1]; d == int64(market.H1) {
			return market.H1
		}
	}
	return market.H4
}
