package stats

import (
	"math"
	"time"

	"github.com/tradekeel/tradekeel/internal/wide"
)

// walk goes over the equity once, in parts: it finds the drawdown and samples the
// values that returns are taken between.
//
// By the day these are the starting balance and then the last equity of every UTC
// day from the first bar's to the last one's; a day without a bar keeps the value
// of the day before, and a bar that closes at midnight belongs to the day it ends.
// Otherwise they are all. Values are in ledger units: returns and drawdowns are
// ratios, which have no scale.
type walk struct {
	rules        rules
	values       []float64
	midnight     int64 // of the end of the present day
	start, value float64
	peak, floor  float64
	deepest      float64
	below        int
	longest      int
	longestEnd   int // the last bar of the longest run
	bars         int
}

const day = int64(24 * time.Hour)

func newWalk(c Convention, in Input) *walk {
	start := in.Start.Float64()
	w := &walk{rules: c.rules, start: start, value: start, peak: start, floor: start, midnight: math.MaxInt64}
	if c.rules == ofDays {
		w.values = append(w.values, start)
		w.midnight = endOfDay(in.From + 1)
	}
	if c.rules == ofBars {
		w.values = make([]float64, 0, len(in.Equity))
	}
	return w
}

// endOfDay is the midnight that ends the UTC day of a moment; midnight belongs to the
// day that it ends.
func endOfDay(t int64) int64 {
	t--
	since := t % day
	if since < 0 {
		since += day
	}
	if end := t - since; end <= math.MaxInt64-day {
		return end + day
	}
	return math.MaxInt64
}

func (w *walk) add(times []int64, equity []wide.Int) {
	peak, floor, below, longest, end, value := w.peak, w.floor, w.below, w.longest, w.longestEnd, w.value
	every := w.rules == ofBars
	for i, u := range equity {
		if times[i] > w.midnight {
			w.value = value
			w.days(times[i])
		}
		value = u.Float64()
		if every {
			w.values = append(w.values, value)
		}
		if value >= peak {
			if below > longest {
				longest, end = below, w.bars+i-1
			}
			peak, floor, below = value, value*(1+w.deepest), 0
			continue
		}
		below++
		if value < floor { // deeper than any before: only then is a division worth it
			w.deepest = value/peak - 1
			floor = value
		}
	}
	w.bars += len(equity)
	if below > longest {
		longest, end = below, w.bars-1
	}
	w.peak, w.floor, w.below, w.longest, w.longestEnd, w.value = peak, floor, below, longest, end, value
}

// days ends every day before a time.
func (w *walk) days(before int64) {
	for before > w.midnight {
		w.values = append(w.values, w.value)
		if w.midnight > math.MaxInt64-day {
			w.midnight = math.MaxInt64
			return
		}
		w.midnight += day
	}
}

// sampled returns the values, the present day's among them.
func (w *walk) sampled() []float64 {
	if w.rules == ofDays {
		return append(w.values, w.value)
	}
	return w.values
}

// drawdown is the deepest; undefined where there was nothing to lose.
func (w *walk) drawdown() Number {
	if !(w.start > 0) {
		return Undefined
	}
	return finite(w.deepest)
}

// longestTime is the time of the longest run below a peak, from the peak.
func (w *walk) longestTime(in *Input) int64 {
	from := in.From
	if peak := w.longestEnd - w.longest; peak >= 0 {
		from = in.Times[peak]
	}
	return in.Times[w.longestEnd] - from
}
