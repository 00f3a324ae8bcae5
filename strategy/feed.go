package strategy

import (
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// Feed is the bars of one series as an instance sees them: those that closed so
// far. The core owns it and pushes bars; an instance holds it to read.
//
// A feed is filled in one of two ways that give the same bits. Streamed, it
// keeps the bars pushed and computes its indicators bar by bar. Preloaded, it points
// into the columns of a known series, whose indicators are computed a block at a
// time, and each push moves one bar on; what lies ahead stays out of reach.
type Feed struct {
	instrument int32
	series     *market.Series // preloaded: whole; streamed: what was pushed
	preloaded  bool
	ahead      []int64             // preloaded: the closes of all bars in time
	prices     []int64             // preloaded: their closing prices
	closed     int                 // bars that closed
	ready      int                 // bars whose indicators are computed
	last       int                 // where the values of the last bar stand in its indicators; -1 before
	now        *int64              // the core's present moment
	limits     market.LimitHistory // of the instrument, once a level was asked for
	columns    columns
	nodes      []*node // each after those that it is computed from
	lines      []*Indicator
}

// NewFeed makes a streamed feed for the instrument with an index in the run's table.
func NewFeed(index int32, in *market.Instrument, tf market.Timeframe, volumeScale int32) *Feed {
	return &Feed{instrument: index, series: market.NewSeries(in, tf, volumeScale, 0), last: -1}
}

// NewPreloadedFeed makes a feed over a known series.
func NewPreloadedFeed(index int32, s *market.Series) *Feed {
	return &Feed{instrument: index, series: s, preloaded: true, ahead: s.Closes(), prices: s.Close, last: -1}
}

// Instrument returns what the bars are of.
func (f *Feed) Instrument() *market.Instrument { return f.series.Instrument }

// InstrumentIndex returns the instrument's place in the run's table.
func (f *Feed) InstrumentIndex() int32 { return f.instrument }

// Timeframe returns the length of the bars.
func (f *Feed) Timeframe() market.Timeframe { return f.series.Timeframe }

// Len returns the number of bars that closed.
func (f *Feed) Len() int { return f.closed }

// Fresh reports whether a bar of this feed closed at the present moment.
func (f *Feed) Fresh() bool {
	return f.closed > 0 && f.now != nil && f.Closed() == *f.now
}

// Closed returns when the last bar closed, nanoseconds UTC; there must be one.
func (f *Feed) Closed() int64 {
	if f.preloaded { // the columns of the series are far from the cache
		return f.ahead[f.closed-1]
	}
	return f.series.Timeframe.Close(f.series.Time[f.closed-1])
}

// At returns the bar that closed back bars ago, 0 being the last one, and
// whether there is one.
func (f *Feed) At(back int) (market.Bar, bool) {
	if back < 0 || back >= f.closed {
		return market.Bar{}, false
	}
	return f.series.Bar(f.closed - 1 - back), true
}

// Value returns a field of the bar that closed back bars ago as a float, for
// indicators and conditions; NaN when there is none.
func (f *Feed) Value(field market.Field, back int) float64 {
	if back < 0 || back >= f.closed {
		return math.NaN()
	}
	return float64(f.series.Column(field)[f.closed-1-back]) / float64(wide.Pow10(f.series.Scale(field)))
}

// Push takes in a bar that closed. On a preloaded feed it must be the next bar
// of the series; anything else is an error, since the indicators would be
// another series'.
func (f *Feed) Push(b *market.Bar) error {
	s := f.series
	if f.preloaded {
		i := f.closed
		if i >= len(s.Time) || s.Time[i] != b.Time || s.Close[i] != b.Close {
			return tradekeel.Invalidf("bar", "at %d is not the next one of the preloaded %s", b.Time, s.Instrument)
		}
		if i >= f.ready {
			f.compute()
		}
		f.closed++
		f.last++
		return nil
	}
	if n := s.Len(); n > 0 && b.Time <= s.Time[n-1] {
		return tradekeel.Invalidf("bar", "at %d does not come after the one before", b.Time)
	}
	s.Append(*b)
	f.closed++
	f.compute()
	f.last++
	return nil
}

// compute computes the indicators of the next bars: of a block of a preloaded feed,
// of the bar just pushed of a streamed one.
func (f *Feed) compute() {
	f.shift()
	first := f.ready
	if f.preloaded {
		f.ready = min(first+indicator.BlockSize, len(f.ahead))
	} else {
		f.ready = f.closed
	}
	f.columns.seek(f, first, f.ready)
	for _, n := range f.nodes {
		if !n.idle {
			n.next(&f.columns, first, f.ready-first)
		}
	}
}

// shift makes room for the next values when twice the kept number is there.
func (f *Feed) shift() {
	if f.last+1 < 2*Kept {
		return
	}
	f.last -= Kept
	for _, line := range f.lines {
		if line.node.idle {
			continue
		}
		line.values = line.values[:copy(line.values, line.values[Kept:])]
	}
}

// Advance moves a preloaded feed to its next bar, which must close at a time, and
// returns its close at PriceScale. It is false, and nothing moved, when the next
// bar is another or there is none.
func (f *Feed) Advance(closes int64) (int64, bool) {
	i := f.closed
	if i >= len(f.ahead) || i >= len(f.prices) || f.ahead[i] != closes {
		return 0, false
	}
	if i >= f.ready {
		f.compute()
	}
	f.closed = i + 1
	f.last++
	return f.prices[i], true
}

// Clock names where the core keeps the present moment, for Fresh. Cores call it.
func (f *Feed) Clock(now *int64) { f.now = now }

// Warm reports whether every line that the instance holds is past its warm-up.
func (f *Feed) Warm() bool {
	for _, line := range f.lines {
		if line.used && f.closed <= line.warmup {
			return false
		}
	}
	return f.closed > 0
}

// Warmup is the number of bars before the first at which the feed is warm, by the
// lines that the instance holds.
func (f *Feed) Warmup() int {
	most := 0
	for _, line := range f.lines {
		if line.used {
			most = max(most, line.warmup)
		}
	}
	return most
}

// tolerance is the part of their size below which two values count as equal, so
// that rounding never decides a trade.
const tolerance = 1e-12

// Compare returns -1, 0 or 1 as a is below, equal to or above b, where values
// within 1e-12 of the larger one's size are equal. NaN is equal to nothing:
// ok is false.
func Compare(a, b float64) (order int, ok bool) {
	switch {
	case math.IsNaN(a) || math.IsNaN(b):
		return 0, false
	case !apart(a, b):
		return 0, true
	case a > b:
		return 1, true
	}
	return -1, true
}

// Cross returns 1 when a went above b at the last bar, -1 when it went below, and
// 0 otherwise: in the order of Compare, above now and not above at the bar before,
// or mirrored. Undefined values cross nothing.
func Cross(a, b *Indicator) int {
	i, x, y := a.feed.last, a.values, b.values
	if a.feed != b.feed || i < 1 || i >= len(x) || i >= len(y) {
		return crossOf(a.Back(0), b.Back(0), a.Back(1), b.Back(1))
	}
	now, before := x[i]-y[i], x[i-1]-y[i-1]
	// At most bars both differences have one sign and the one before is clearly no
	// tie: three times the tolerance of one value covers the larger of the two.
	if now*before > 0 && math.Abs(before) > 3*tolerance*math.Abs(x[i-1]) {
		return 0
	}
	return crossOf(x[i], y[i], x[i-1], y[i-1])
}

func crossOf(a, b, aBefore, bBefore float64) int {
	if a > b {
		if aBefore > bBefore && apart(aBefore, bBefore) || !apart(a, b) || math.IsNaN(aBefore-bBefore) {
			return 0
		}
		return 1
	}
	if a < b {
		if aBefore < bBefore && apart(aBefore, bBefore) || !apart(a, b) || math.IsNaN(aBefore-bBefore) {
			return 0
		}
		return -1
	}
	return 0
}

// apart reports whether two values differ by more than the tolerance.
func apart(a, b float64) bool {
	size := math.Abs(a)
	if other := math.Abs(b); other > size {
		size = other
	}
	return math.Abs(a-b) > tolerance*size || size > math.MaxFloat64 && a != b
}

// CrossesAbove reports whether a went above b at the last bar.
func CrossesAbove(a, b *Indicator) bool { return Cross(a, b) > 0 }

// CrossesBelow reports whether a went below b at the last bar.
func CrossesBelow(a, b *Indicator) bool { return Cross(a, b) < 0 }
