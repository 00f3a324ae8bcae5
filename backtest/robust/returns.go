package robust

import (
	"math"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/stats"
)

// Returns are the returns of an account, period by period. Make them with Daily or
// PerBar, or by hand. They are read and never changed.
type Returns struct {
	// Values are fractions: 0.01 is 1 %. None is below -1.
	Values []float64
	// Times are the ends of the periods, nanoseconds UTC, with the start before them:
	// one more than Values. It may be nil.
	Times []int64
	// PerYear is the number of periods in a year, which annualises the Sharpe ratio.
	PerYear float64
}

// Daily returns the returns of a run by the UTC day, as the convention crypto-365
// of package stats takes them: every calendar day counts, the first against the
// starting cash.
func Daily(r *backtest.Result) Returns {
	const day = int64(24 * time.Hour)
	out := Returns{PerYear: 365}
	n := len(r.Equity.Units)
	if n == 0 {
		return out
	}
	from := opened(r)
	last, value := startOf(r), startOf(r)
	midnight := (from/day + 1) * day
	out.Times = append(out.Times, from)
	end := func() {
		out.Values = append(out.Values, value/last-1)
		out.Times = append(out.Times, midnight)
		last = value
		midnight += day
	}
	for i, at := range r.Equity.Times {
		for at > midnight {
			end()
		}
		value = r.Equity.Units[i].Float64()
	}
	end()
	return out
}

// PerBar returns the returns of a run from bar to bar, the first against the starting
// cash. perYear is the number of bars in a year: 8760 for hourly bars around the clock.
func PerBar(r *backtest.Result, perYear float64) Returns {
	out := Returns{PerYear: perYear}
	if len(r.Equity.Units) == 0 {
		return out
	}
	last := startOf(r)
	out.Times = append(out.Times, opened(r))
	for i, u := range r.Equity.Units {
		value := u.Float64()
		out.Values = append(out.Values, value/last-1)
		out.Times = append(out.Times, r.Equity.Times[i])
		last = value
	}
	return out
}

// opened returns the open of a run's first bar.
func opened(r *backtest.Result) int64 {
	from := r.Equity.Times[0]
	for _, s := range r.Data {
		if s.Len() > 0 {
			from = min(from, s.Time[0])
		}
	}
	return from
}

// startOf returns the starting cash in ledger units, as the equity is in.
func startOf(r *backtest.Result) float64 {
	units, _, _ := wide.FromDecimal(r.Cash.Value, 18)
	return units.Float64()
}

// Validate returns an Invalid error for fewer than two returns, one that is no number
// or below -1, times of another length, or a PerYear that is not above zero.
func (r Returns) Validate() error {
	if len(r.Values) < 2 {
		return tradekeel.Invalidf("returns", "need at least 2 periods, got %d", len(r.Values))
	}
	for i, v := range r.Values {
		if !(v >= -1) || math.IsInf(v, 0) {
			return tradekeel.Invalidf("returns", "must be numbers of at least -1, number %d is %v", i+1, v)
		}
	}
	if r.Times != nil && len(r.Times) != len(r.Values)+1 {
		return tradekeel.Invalidf("returns", "%d periods have %d ends and a start, got %d times", len(r.Values), len(r.Values), len(r.Times))
	}
	if !(r.PerYear > 0) || math.IsInf(r.PerYear, 0) {
		return tradekeel.Invalidf("returns", "the periods in a year must be above zero, got %v", r.PerYear)
	}
	return nil
}

// Figures are those of one path of the equity.
type Figures struct {
	Return      stats.Number `json:"return"`       // fraction: 0.41 is 41 %
	MaxDrawdown stats.Number `json:"max_drawdown"` // fraction, at most 0, at the ends of periods
	Sharpe      stats.Number `json:"sharpe"`       // a year; of trades: of one trade
}

// outcome is what a walk along a path finds.
type outcome struct {
	end, lowest, deepest, sharpe float64
}

// walk goes along the returns of a path from an equity of 1. It writes the equity
// after the steps of points, which rise, to at[j*stride].
//
// Products stand in conversions, so that no architecture fuses them into sums.
func walk(values []float64, root float64, points []int, at []float64, stride int) outcome {
	value, peak, floor, deepest, lowest := 1.0, 1.0, 1.0, 0.0, 1.0
	sum, squares := 0.0, 0.0
	j := 0
	for j < len(points) && points[j] == 0 {
		at[j*stride] = 1
		j++
	}
	next := math.MaxInt
	if j < len(points) {
		next = points[j]
	}
	for i, r := range values {
		sum += r
		squares += float64(r * r)
		value *= 1 + r
		switch {
		case value >= peak:
			peak = value
			floor = float64(peak * (1 + deepest))
		case value < floor: // deeper than any before: only then is a division worth it
			deepest = value/peak - 1
			floor = value
		}
		if value < lowest {
			lowest = value
		}
		if i+1 == next {
			at[j*stride] = value
			j++
			next = math.MaxInt
			if j < len(points) {
				next = points[j]
			}
		}
	}
	return outcome{end: value, lowest: lowest, deepest: deepest, sharpe: sharpe(len(values), sum, squares) * root}
}

// flat is the part of the mean square below which the rest of a variance is rounding.
const flat = 1e-12

// sharpe is the mean over the sample deviation (n-1), undefined of a flat path.
func sharpe(n int, sum, squares float64) float64 {
	rest := squares - float64(sum*sum)/float64(n)
	if n < 2 || !(rest > flat*squares) {
		return math.NaN()
	}
	return sum / float64(n) / math.Sqrt(rest/float64(n-1))
}
