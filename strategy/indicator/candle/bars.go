package candle

import (
	"math"

	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// need says which thresholds a rule compares with.
type need uint8

const (
	needLong   need = 1 << iota // long and short bodies
	needTiny                    // dojis and very short shadows
	needShadow                  // short shadows
	needNear
	needFar
	needEqual
)

const (
	kept  = 16  // candles before those at hand: the longest pattern has 5, a mean reaches 10 before its first
	chunk = 256 // candles at a time: all columns together stay near in memory
	few   = 64  // room for one candle after the other
)

// bars are the candles at hand and those before them, one column for each of what
// the rules compare. A rule judges the pattern that ends at index i and may look
// back as far as its warm-up says. A threshold at i is of the candles before i.
type bars struct {
	open, high, low, close []float64

	body, span, shadows []float64 // what the thresholds are means of; nil where not needed

	long   []float64 // a body longer than this is long, one shorter is short
	tiny   []float64 // a body up to this is a doji, a shadow below it very short
	shadow []float64 // a shadow below this is short
	near   []float64
	far    []float64
	equal  []float64

	marks []mark

	penetration float64
	signal      signal
}

// signal is a pattern that later candles may confirm.
type signal struct {
	value float64 // 100 or -100
	level float64 // the price that a close must pass
	left  int     // candles that may still do it
}

// computation judges one rule over one series.
type computation struct {
	rule *rule
	sieve
	b    bars
	own  [4][]float64 // the prices, kept from call to call
	all  []*[]float64 // the other columns in use
	end  int          // of the candles so far, in every column
	seen int          // candles since the first, but no more than the warm-up
}

func start(r *rule, params []float64) *computation {
	c := &computation{rule: r, sieve: newSieve(r), end: kept}
	b := &c.b
	if len(params) > 0 {
		b.penetration = params[0]
	}
	for _, column := range []struct {
		needs need
		at    *[]float64
	}{
		{needLong, &b.body}, {needTiny | needNear | needFar | needEqual, &b.span}, {needShadow, &b.shadows},
		{needLong, &b.long}, {needTiny, &b.tiny}, {needShadow, &b.shadow},
		{needNear, &b.near}, {needFar, &b.far}, {needEqual, &b.equal},
	} {
		if r.needs&column.needs != 0 {
			c.all = append(c.all, column.at)
		}
	}
	return c
}

func (c *computation) Next(in, out [][]float64) {
	n := len(out[0])
	first := min(n, kept)
	c.copy(in, 0, first)
	c.judge(out[0][:first])
	if first == n {
		return
	}
	// From here on the candles before those at hand are in the same slices.
	for first < n {
		last := min(first+chunk, n)
		c.room(last - first)
		c.b.prices(in, first-kept, last)
		c.derive(last - first)
		c.judge(out[0][first:last])
		first = last
	}
	for k, column := range c.own {
		copy(column[c.end-kept:c.end], in[k][n-kept:n])
	}
	c.b.prices(c.own[:], 0, len(c.own[0]))
}

// prices points to the part of columns from first up to last.
func (b *bars) prices(columns [][]float64, first, last int) {
	b.open, b.high = columns[0][first:last], columns[1][first:last]
	b.low, b.close = columns[2][first:last], columns[3][first:last]
}

// copy appends candles to the columns of its own.
func (c *computation) copy(in [][]float64, first, last int) {
	n := last - first
	if c.end+n > len(c.own[0]) {
		c.room(n)
	}
	for k, column := range c.own {
		copy(column[c.end:c.end+n], in[k][first:last])
	}
	c.b.prices(c.own[:], 0, len(c.own[0]))
	c.derive(n)
}

// derive fills the other columns for the next n candles.
func (c *computation) derive(n int) {
	b, from, to := &c.b, c.end, c.end+n
	c.end = to
	if b.body != nil {
		bodies(b.open[from:to], b.close[from:to], b.body[from:to])
		means10(b.body[from-10:to], b.long[from:to], 1)
	}
	if b.span != nil {
		spans(b.high[from:to], b.low[from:to], b.span[from:to])
		if b.tiny != nil {
			means10(b.span[from-10:to], b.tiny[from:to], 0.1)
		}
		five := b.span[from-5 : to]
		if b.near != nil {
			means5(five, b.near[from:to], 0.2)
		}
		if b.far != nil {
			means5(five, b.far[from:to], 0.6)
		}
		if b.equal != nil {
			means5(five, b.equal[from:to], 0.05)
		}
	}
	if b.shadows != nil {
		for i := from; i < to; i++ {
			b.shadows[i] = b.upper(i) + b.lower(i)
		}
		means10(b.shadows[from-10:to], b.shadow[from:to], 0.5)
	}
	b.mark(c.used, from, to)
}

// room keeps the last candles and makes place for n more.
func (c *computation) room(n int) {
	size := kept + few
	if n > few {
		size = kept + chunk
	}
	old := c.end - kept
	if size <= len(c.own[0]) {
		for _, column := range c.own {
			copy(column, column[old:c.end])
		}
		for _, column := range c.all {
			copy(*column, (*column)[old:c.end])
		}
		copy(c.b.marks, c.b.marks[old:c.end])
		c.end = kept
		return
	}
	memory := make([]float64, size*(len(c.own)+len(c.all)))
	marks := make([]mark, size)
	grow := func(column []float64) []float64 {
		fresh := memory[:size:size]
		memory = memory[size:]
		if column != nil {
			copy(fresh, column[old:c.end])
		}
		return fresh
	}
	for k, column := range c.own {
		c.own[k] = grow(column)
	}
	for _, column := range c.all {
		*column = grow(*column)
	}
	if c.b.marks != nil {
		copy(marks, c.b.marks[old:c.end])
	}
	c.b.marks = marks
	c.end = kept
}

// judge fills out for the candles that take took.
func (c *computation) judge(out []float64) {
	i, judge := 0, c.rule.judge
	first := c.end - len(out)
	for ; i < len(out) && c.seen < c.rule.warmup; i++ {
		if c.seen >= c.rule.warmup-c.rule.early {
			judge(&c.b, first+i)
		}
		c.seen++
		out[i] = nan
	}
	if c.mask == 0 {
		for ; i < len(out); i++ {
			out[i] = judge(&c.b, first+i)
		}
		return
	}
	// Hardly any bar passes the sieve: a branch that is nearly always the same is
	// cheap, those inside the rules are as good as random.
	passing := uint64(0)
	for k := kept / 2; k > 0; k-- {
		passing = passing<<8 | uint64(c.b.marks[first+i-k])
	}
	marks := c.b.marks[first+i:][:len(out)-i]
	out = out[i:][:len(marks)]
	if c.rule.whole {
		mask, want := mark(c.mask), mark(c.want)
		for k, m := range marks {
			out[k] = float64(100 * int(bit(m&mask == want)))
		}
		return
	}
	first += i
	for k, m := range marks {
		passing = passing<<8 | uint64(m)
		v := 0.0
		if got := passing & c.mask; got == c.want || got == c.mirror {
			v = judge(&c.b, first+k)
		}
		out[k] = v
	}
}

func bodies(open, closing, out []float64) {
	closing, out = closing[:len(open)], out[:len(open)]
	for i, o := range open {
		out[i] = math.Abs(closing[i] - o)
	}
}

func spans(high, low, out []float64) {
	low, out = low[:len(high)], out[:len(high)]
	for i, h := range high {
		out[i] = h - low[i]
	}
}

// means10 fills out with factor × the mean of the 10 values before each: in begins
// 10 values before out. Pairs of neighbours are added up first, each for the five
// means that it is in.
func means10(in, out []float64, factor float64) {
	in = in[:len(out)+10]
	a0, a1, a2, a3 := in[0]+in[1], in[2]+in[3], in[4]+in[5], in[6]+in[7]
	b0, b1, b2, b3 := in[1]+in[2], in[3]+in[4], in[5]+in[6], in[7]+in[8]
	i := 0
	for ; i+1 < len(out); i += 2 {
		w := (*[3]float64)(in[i+8:])
		a4, b4 := w[0]+w[1], w[1]+w[2]
		v := (*[2]float64)(out[i:])
		v[0] = factor * ((((a0 + a1) + (a2 + a3)) + a4) / 10)
		v[1] = factor * ((((b0 + b1) + (b2 + b3)) + b4) / 10)
		a0, a1, a2, a3 = a1, a2, a3, a4
		b0, b1, b2, b3 = b1, b2, b3, b4
	}
	if i < len(out) {
		out[i] = factor * ((((a0 + a1) + (a2 + a3)) + (in[i+8] + in[i+9])) / 10)
	}
}

// means5 is means10 of 5.
func means5(in, out []float64, factor float64) {
	in = in[:len(out)+5]
	for i := range out {
		w := (*[5]float64)(in[i:])
		sum := w[0] + w[1] + w[2] + w[3] + w[4]
		out[i] = factor * (sum / 5)
	}
}

// What rules say of candles.

func (b *bars) white(i int) bool { return b.close[i] >= b.open[i] }

func (b *bars) black(i int) bool { return !b.white(i) }

// sign is 100 for a white candle and -100 for a black one.
func (b *bars) sign(i int) float64 {
	if b.white(i) {
		return 100
	}
	return -100
}

func (b *bars) size(i int) float64 { return math.Abs(b.close[i] - b.open[i]) }

func (b *bars) top(i int) float64    { return max(b.open[i], b.close[i]) }
func (b *bars) bottom(i int) float64 { return min(b.open[i], b.close[i]) }
func (b *bars) upper(i int) float64  { return b.high[i] - b.top(i) }
func (b *bars) lower(i int) float64  { return b.bottom(i) - b.low[i] }

func (b *bars) isLong(i int) bool  { return b.size(i) > b.long[i] }
func (b *bars) isShort(i int) bool { return b.size(i) < b.long[i] }
func (b *bars) isDoji(i int) bool  { return b.size(i) <= b.tiny[i] }

// noUpper and noLower: the shadow is very short.
func (b *bars) noUpper(i int) bool { return b.upper(i) < b.tiny[i] }
func (b *bars) noLower(i int) bool { return b.lower(i) < b.tiny[i] }

// bodyAbove: the body at i lies wholly above that at j; bodyBelow: below.
func (b *bars) bodyAbove(i, j int) bool { return b.bottom(i) > b.top(j) }
func (b *bars) bodyBelow(i, j int) bool { return b.top(i) < b.bottom(j) }

// falling: the closes at i-2, i-1 and i fall; rising: they rise.
func (b *bars) falling(i int) bool { return b.close[i-2] > b.close[i-1] && b.close[i-1] > b.close[i] }
func (b *bars) rising(i int) bool  { return b.close[i-2] < b.close[i-1] && b.close[i-1] < b.close[i] }

// within: x is at most so far from level.
func within(x, level, distance float64) bool {
	return bit(x <= level+distance)&bit(x >= level-distance) != 0
}

// bullIf and bearIf are the values of a pattern with one direction.
func bullIf(found bool) float64 {
	if found {
		return 100
	}
	return 0
}

func bearIf(found bool) float64 {
	if found {
		return -100
	}
	return 0
}

var nan = math.NaN()

var _ indicator.Computation = (*computation)(nil)
