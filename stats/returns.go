package stats

import (
	"math"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Returns are the simple returns of periods that follow each other.
type Returns struct {
	// Ends are the ends of the periods, nanoseconds UTC; of days, their midnights.
	Ends   []int64
	Values []float64 // fractions: 0.01 is 1 %
	// PeriodsPerYear annualises them.
	PeriodsPerYear float64
}

// ReturnsOf returns what a convention takes its figures of. Those of Freqtrade2024 are
// of trades: net profit over the starting balance. Its errors are those of Compute;
// equity that is not above zero at the start of a period is Invalid.
func ReturnsOf(c Convention, in Input) (Returns, error) {
	c = c.orDefault()
	if err := check(c, &in); err != nil {
		return Returns{}, err
	}
	out := Returns{PeriodsPerYear: c.periodsPerYear}
	if c.rules == ofFreqtradeTrades {
		start := in.Start.Float64()
		if !(start > 0) && len(in.Trades) > 0 {
			return Returns{}, tradekeel.Invalidf("start", "must be above zero, got %s", in.Start.Decimal(ledger))
		}
		for i := range in.Trades {
			out.Ends = append(out.Ends, in.Trades[i].Exit)
			out.Values = append(out.Values, in.Trades[i].Net.Float64()/start)
		}
		return out, nil
	}
	if len(in.Times) == 0 {
		return out, nil
	}
	c, ends, values := sample(c, &in)
	out.PeriodsPerYear = c.periodsPerYear
	if !positive(values) {
		return Returns{}, tradekeel.Invalidf("equity", "is not above zero at the start of a period, so that there is no return from it")
	}
	if len(values) > 1 {
		out.Ends, out.Values = ends[1:], returnsBetween(values)
	}
	return out, nil
}

// positive reports whether returns can start at all values but the last.
func positive(values []float64) bool {
	for i := 0; i+1 < len(values); i++ {
		if !(values[i] > 0) {
			return false
		}
	}
	return true
}

// sample returns the values that a convention takes returns between, with the ends of
// the periods; the first is the base. The convention that it returns has the periods in
// a year, which may follow from the bars.
func sample(c Convention, in *Input) (set Convention, ends []int64, values []float64) {
	switch c.rules {
	case ofDays:
		w := newWalk(c, *in)
		w.add(in.Times, in.Equity)
		values = w.sampled()
		ends = make([]int64, len(values))
		ends[0] = in.From
		at := endOfDay(in.From + 1)
		for i := 1; i < len(ends); i++ {
			if ends[i] = at; at <= math.MaxInt64-day {
				at += day
			}
		}
		return c, ends, values
	case ofQuantStats, ofNautilus:
		ends, values = daysWithBars(in)
		return c, append([]int64{in.From}, ends...), append([]float64{in.Start.Float64()}, values...)
	case ofFreqtradeBalance:
		ends, values = daysWithBars(in)
		return c, ends, values
	case ofBacktestingPy:
		var isBars bool
		if c, isBars = c.calendar(in.Times); !isBars {
			ends, values = daysWithBars(in)
			return c, ends, values
		}
	case ofBars, ofFreqtradeTrades:
	}
	values = make([]float64, len(in.Equity))
	for i, u := range in.Equity {
		values[i] = u.Float64()
	}
	return c, in.Times, values
}

// daysWithBars returns the last equity of every UTC day that has one.
func daysWithBars(in *Input) (ends []int64, values []float64) {
	for i, t := range in.Times {
		end := endOfDay(t)
		if n := len(ends); n > 0 && ends[n-1] == end {
			values[n-1] = in.Equity[i].Float64()
			continue
		}
		ends, values = append(ends, end), append(values, in.Equity[i].Float64())
	}
	return ends, values
}

// FromValues makes an Input without trades of plain values, such as the closes of an
// index, to compare with: its equity starts at a thousand where the values start at
// base. From is the start, times are the moments of the values. Lengths that differ,
// times that do not rise from the start on, and values that are not above zero are
// Invalid.
func FromValues(base float64, from int64, times []int64, values []float64) (Input, error) {
	if len(times) != len(values) {
		return Input{}, tradekeel.Invalidf("values", "has %d times and %d values", len(times), len(values))
	}
	in := Input{From: from, Times: times, Equity: make([]wide.Int, len(values))}
	const thousand = 1e15 // of which the product with 1e6 keeps all digits of a float
	scaled := func(name string, v float64) (wide.Int, error) {
		share := v / base * thousand
		if !(v > 0) || !(share >= 1) || share >= math.MaxInt64 {
			return wide.Int{}, tradekeel.Invalidf(name, "must be above zero and within 10¹⁵ of the base, got %v at a base of %v", v, base)
		}
		return wide.Mul(int64(share), 1e6), nil
	}
	var err error
	if in.Start, err = scaled("base", base); err != nil {
		return Input{}, err
	}
	in.End = in.Start
	before := from
	for i, v := range values {
		if times[i] <= before && (i > 0 || times[i] < before) {
			return Input{}, tradekeel.Invalidf("times", "number %d does not rise", i)
		}
		before = times[i]
		if in.Equity[i], err = scaled("values", v); err != nil {
			return Input{}, err
		}
		in.End = in.Equity[i]
	}
	return in, nil
}

// Period is the return of a month or another calendar period.
type Period struct {
	Start  time.Time // UTC
	Return Number
}

// Months returns the compounded returns of calendar months, UTC, in their order; a
// period of the returns belongs to the month in which it ends. Months without a
// period between others have a return of zero.
func (r Returns) Months() []Period {
	var out []Period
	for i, v := range r.Values {
		end := time.Unix(0, r.Ends[i]-1).UTC()
		month := time.Date(end.Year(), end.Month(), 1, 0, 0, 0, 0, time.UTC)
		for len(out) > 0 && out[len(out)-1].Start.Before(month) {
			out = append(out, Period{Start: out[len(out)-1].Start.AddDate(0, 1, 0)})
		}
		if len(out) == 0 {
			out = append(out, Period{Start: month})
		}
		last := &out[len(out)-1]
		last.Return = finite((1+float64(last.Return))*(1+v) - 1)
	}
	return out
}

// Rolling returns the annualised Sharpe ratio of each run of so many periods, the
// first ending with period window-1; undefined where the returns do not differ. None
// for a window below two or above the number of returns.
func (r Returns) Rolling(window int) []Number {
	if window < 2 || window > len(r.Values) {
		return nil
	}
	out := make([]Number, len(r.Values)-window+1)
	root, n := math.Sqrt(r.PeriodsPerYear), float64(window)
	for i := range out {
		mean, squares := 0.0, 0.0
		for j, v := range r.Values[i : i+window] {
			d := v - mean
			mean += d / float64(j+1)
			squares += d * (v - mean)
		}
		deviation := math.Sqrt(squares / (n - 1))
		if deviation <= flat*math.Abs(mean) {
			out[i] = Undefined
			continue
		}
		out[i] = ratio(mean*root, deviation)
	}
	return out
}
