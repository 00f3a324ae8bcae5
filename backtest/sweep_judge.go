package backtest

import (
	"math"
	"math/bits"

	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// judge tells where rules hold in a block of bars, a bit for each bar. What a block's
// bits are read from, many rules share.
type judge struct {
	n       int
	columns []*column
	pair    [2]*column // of the last cross, whose bits are in up and down
	up      words
	down    words
	enter   words
	exit    words
}

// words is a bit for each bar of a block.
type words [indicator.BlockSize / 64]uint64

// column is a line at the bars of a block.
type column struct {
	line    *strategy.Indicator
	values  []float64
	before  float64 // at the bar before the block
	largest float64 // size of a value; infinite where one is no number
}

// reads are the columns of rules.
type reads struct{ enter, exit condition }

// condition is a strategy.Rule.
type condition struct {
	cross int
	a, b  *column // a is nil: never
}

func (j *judge) reads(r *strategy.Rules) reads {
	of := func(r *strategy.Rule) condition { return condition{r.Cross, j.column(r.A), j.column(r.B)} }
	return reads{of(&r.Enter), of(&r.Exit)}
}

func (j *judge) column(line *strategy.Indicator) *column {
	if line == nil {
		return nil
	}
	for _, c := range j.columns {
		if c.line == line {
			return c
		}
	}
	j.columns = append(j.columns, &column{line: line})
	return j.columns[len(j.columns)-1]
}

// begin takes in the next bars of the feed.
func (j *judge) begin(n int) {
	j.n, j.pair = n, [2]*column{}
	for _, c := range j.columns {
		c.before, c.values = c.line.Back(0), c.line.Ahead(n)
		largest := uint64(0)
		for _, v := range c.values {
			largest = max(largest, math.Float64bits(v)&^sign)
		}
		if c.largest = math.Float64frombits(largest); math.IsNaN(c.largest) {
			c.largest = math.Inf(1)
		}
	}
}

// of returns where the rules to enter and to exit hold, valid until the next call.
func (j *judge) of(r *reads) (enter, exit *words) {
	return j.bits(&r.enter, &j.enter), j.bits(&r.exit, &j.exit)
}

func (j *judge) bits(c *condition, room *words) *words {
	if c.a == nil {
		*room = words{}
		return room
	}
	if c.cross == 0 {
		const yes = 0x3ff0000000000000 // the bits of 1
		*room = words{}
		for i, v := range c.a.values {
			if math.Float64bits(v) == yes {
				room[i>>6] |= 1 << (i & 63)
			}
		}
		return room
	}
	if p := [2]*column{c.a, c.b}; j.pair != p {
		j.pair = p
		j.cross(c.a, c.b)
	}
	from := &j.up
	if c.cross < 0 {
		from = &j.down
	}
	*room = *from // another pair may be next
	return room
}

const sign = 1 << 63

// cross finds where one column crosses another. Values that are clearly apart are
// compared by the sign of their difference, 64 at a time; where any are not, those are
// compared by strategy.Compare.
func (j *judge) cross(a, b *column) {
	const clearly = 4e-12 // the tolerance of strategy.Compare, and some
	near := math.Float64bits(clearly * (a.largest + b.largest))
	wasAbove, wasBelow, wasUnknown := stand(a.before, b.before)
	for w := range (j.n + 63) / 64 {
		var above, below, unknown uint64
		x, y := a.values[w*64:], b.values[w*64:]
		tied := uint64(sign)
		if len(x) >= 64 && len(y) >= 64 {
			below, tied = signs((*[64]float64)(x), (*[64]float64)(y), near)
			above = ^below
		}
		if tied&sign != 0 {
			above, below, unknown = 0, 0, 0
			for i := range min(64, len(x)) {
				up, down, none := stand(x[i], y[i])
				above, below, unknown = above|up<<i, below|down<<i, unknown|none<<i
			}
		}
		known := ^(unknown<<1 | wasUnknown)
		j.up[w] = above &^ (above<<1 | wasAbove) & known
		j.down[w] = below &^ (below<<1 | wasBelow) & known
		wasAbove, wasBelow, wasUnknown = above>>63, below>>63, unknown>>63
	}
	if rest := j.n & 63; rest != 0 {
		j.up[j.n>>6] &= 1<<rest - 1
		j.down[j.n>>6] &= 1<<rest - 1
	}
}

// stand tells by a bit each whether a is above b, below, or not known.
func stand(a, b float64) (above, below, unknown uint64) {
	switch order, known := strategy.Compare(a, b); {
	case !known:
		return 0, 0, 1
	case order > 0:
		return 1, 0, 0
	case order < 0:
		return 0, 1, 0
	}
	return 0, 0, 0
}

// signs returns the signs of 64 differences, the first in the lowest bit, and in the
// highest bit of tied whether the size of one of them is at or below near, given by
// its bits: sizes are ordered as their bits are. It has no branch.
func signs(x, y *[64]float64, near uint64) (below, tied uint64) {
	for i := 0; i < 64; i += 2 {
		d, e := math.Float64bits(x[i]-y[i]), math.Float64bits(x[i+1]-y[i+1])
		below = below>>1 | d&sign
		tied |= d&^sign - near - 1
		below = below>>1 | e&sign
		tied |= e&^sign - near - 1
	}
	return below, tied
}

// ranges finds the lowest and the highest of any run of values in a fixed number of
// steps: those of runs as long as powers of two are known.
type ranges struct {
	low, high [11][]int64 // of the run of 1<<k values that begins at i
}

// of takes in the values of a block.
func (r *ranges) of(values []int64) {
	r.low[0], r.high[0] = values, values
	for k := 1; 1<<k <= len(values); k++ {
		if r.low[k] == nil {
			r.low[k], r.high[k] = make([]int64, indicator.BlockSize), make([]int64, indicator.BlockSize)
		}
		n := len(values) - 1<<k + 1
		low, high := r.low[k][:n], r.high[k][:n]
		lowHalf, highHalf := r.low[k-1], r.high[k-1]
		lowRest, highRest := lowHalf[1<<(k-1):][:n], highHalf[1<<(k-1):][:n]
		lowHalf, highHalf = lowHalf[:n], highHalf[:n]
		for i := range low {
			low[i] = min(lowHalf[i], lowRest[i])
			high[i] = max(highHalf[i], highRest[i])
		}
	}
}

// between returns the lowest and the highest value from one place up to another, which
// is after it.
func (r *ranges) between(from, until int) (low, high int64) {
	k := bits.Len(uint(until-from)) - 1
	rest := until - 1<<k
	return min(r.low[k][from], r.low[k][rest]), max(r.high[k][from], r.high[k][rest])
}
