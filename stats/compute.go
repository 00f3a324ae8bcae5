package stats

import (
	"math"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Accumulator takes the equity of a run in parts, as it comes about, while it is
// still near in memory. It is for one goroutine.
type Accumulator struct {
	convention Convention
	walk       *walk
	bars       int
}

// NewAccumulator begins with a starting balance, at 18 decimals, and the open of
// the first bar.
func NewAccumulator(c Convention, start wide.Int, from int64) *Accumulator {
	c = c.orDefault()
	return &Accumulator{convention: c, walk: newWalk(c, Input{Start: start, From: from})}
}

// Add takes the next moments and their equity; both have one length, and times rise.
func (a *Accumulator) Add(times []int64, equity []wide.Int) {
	a.walk.add(times, equity)
	a.bars += len(equity)
}

// Compute returns the figures. The equity of in is what was added, all of it.
func (a *Accumulator) Compute(in Input) (Stats, error) {
	if a.bars != len(in.Equity) {
		return Stats{}, tradekeel.Invalidf("equity", "%d values were added, the input has %d", a.bars, len(in.Equity))
	}
	return compute(a.convention, in, a.walk)
}

// Compute returns the figures of a run. Times and equity of different lengths,
// or a number of periods in a year that is not above zero, are Invalid.
func Compute(c Convention, in Input) (Stats, error) {
	return compute(c.orDefault(), in, nil)
}

func check(c Convention, in *Input) error {
	if len(in.Times) != len(in.Equity) {
		return tradekeel.Invalidf("equity", "has %d times and %d values", len(in.Times), len(in.Equity))
	}
	return c.validate()
}

func compute(c Convention, in Input, w *walk) (Stats, error) {
	if err := check(c, &in); err != nil {
		return Stats{}, err
	}
	s := Stats{
		Convention: c.name, From: time.Unix(0, in.From).UTC(), Bars: len(in.Times),
		Start: in.Start.Decimal(ledger), End: in.End.Decimal(ledger),
	}
	s.undefine()
	var t tally
	for i := range in.Trades {
		t.add(&in.Trades[i])
	}
	t.facts(&s)
	if s.Bars == 0 {
		s.To, s.End = s.From, s.Start
		if c.ours() {
			t.figures(&s)
		}
		return s, nil
	}
	s.To = time.Unix(0, in.Times[s.Bars-1]).UTC()
	if w == nil {
		w = newWalk(c, in)
		w.add(in.Times, in.Equity)
	}
	s.Return = change(w.start, w.value)
	s.MaxDrawdownBars = w.longest
	if w.longest > 0 {
		s.MaxDrawdownDays = days(w.longestTime(&in))
	}
	if c.ours() {
		t.figures(&s)
		s.ofCurve(c, &in, w, &t)
	} else {
		s.adapt(c, &in, &t)
	}
	s.settle()
	return s, nil
}

// ours reports whether a convention is one of this project's own.
func (c Convention) ours() bool { return c.rules == ofDays || c.rules == ofBars }

// ofCurve fills in what follows from the walk.
func (s *Stats) ofCurve(c Convention, in *Input, w *walk, t *tally) {
	last := in.Times[s.Bars-1]
	s.MaxDrawdown = w.drawdown()
	s.Exposure = exposure(in)
	values := w.sampled()
	years := float64(last-in.From) / yearNanos
	if c.rules == ofDays {
		s.CAGR = growth(float64(s.Return)+1, years)
	} else {
		years = float64(s.Bars-1) / c.periodsPerYear
		s.CAGR = growth(float64(change(values[0], w.value))+1, years)
	}
	s.Turnover = t.turnover(values, years)
	s.ofReturns(c, values)
	s.Calmar = ratio(float64(s.CAGR), math.Abs(float64(s.MaxDrawdown)))
}

// yearNanos is a year of 365 days.
const yearNanos = float64(365 * 24 * time.Hour)

// growth is a factor over a number of years, a year, less one.
func growth(factor, years float64) Number {
	if !(years > 0) || !(factor >= 0) {
		return Undefined
	}
	return finite(math.Pow(factor, 1/years) - 1)
}

// change is the return from one value to another, undefined unless the first is
// above zero.
func change(from, to float64) Number {
	if !(from > 0) {
		return Undefined
	}
	return finite(to/from - 1)
}

func days(nanos int64) Number { return Number(float64(nanos) / float64(day)) }

// exposure is the share of closes that saw a position; positions held at the same
// time count once each, up to all bars.
func exposure(in *Input) Number {
	held := in.OpenBars
	for i := range in.Trades {
		held += in.Trades[i].BarsHeld
	}
	return ratio(float64(min(held, len(in.Times))), float64(len(in.Times)))
}
