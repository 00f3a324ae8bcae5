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
	daily        bool
	values       []float64
	midnight     int64 // of the end of the present day
	start, value float64
	peak, floor  float64
	deepest      float64
	below        int
	longest      int
}

const day = int64(24 * time.Hour)

func newWalk(c Convention, in Input) *walk {
	start := in.Start.Float64()
	w := &walk{daily: c.daily, start: start, value: start, peak: start, floor: start}
	if w.daily {
		w.values = append(w.values, start)
		w.midnight = (in.From/day + 1) * day
	} else {
		w.values = make([]float64, 0, len(in.Equity))
		w.midnight = math.MaxInt64
	}
	return w
}

func (w *walk) add(times []int64, equity []wide.Int) {
	peak, floor, below, longest, value := w.peak, w.floor, w.below, w.longest, w.value
	for i, u := range equity {
		if times[i] > w.midnight {
			w.value = value
			w.days(times[i])
		}
		value = u.Float64()
		if !w.daily {
			w.values = append(w.values, value)
		}
		if value >= peak {
			peak, floor, below = value, value*(1+w.deepest), 0
			continue
		}
		if below++; below > longest {
			longest = below
		}
		if value < floor { // deeper than any before: only then is a division worth it
			w.deepest = value/peak - 1
			floor = value
		}
	}
	w.peak, w.floor, w.below, w.longest, w.value = peak, floor, below, longest, value
}

// days ends every day before a time.
func (w *walk) days(before int64) {
	for before > w.midnight {
		w.values = append(w.values, w.value)
		w.midnight += day
	}
}

// sampled returns the values, the present day's among them.
func (w *walk) sampled() []float64 {
	if w.daily {
		return append(w.values, w.value)
	}
	return w.values
}
