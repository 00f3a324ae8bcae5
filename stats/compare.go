package stats

import (
	"math"

	"github.com/tradekeel/tradekeel"
)

// Comparison is a run against a benchmark, over the periods that both have.
type Comparison struct {
	Convention string `json:"convention"`
	Periods    int    `json:"periods"`
	Return     Number `json:"return"`    // of the run
	Benchmark  Number `json:"benchmark"` // return of the benchmark
	Excess     Number `json:"excess"`    // the first less the second
	// Alpha is Jensen's at a risk-free rate of 0, (mean - Beta × benchmark's mean) × periods
	// in a year; by the convention backtesting.py, total return - Beta × the benchmark's.
	Alpha Number `json:"alpha"`
	// Beta is covariance ÷ the benchmark's variance of the returns; by the convention
	// backtesting.py, of logarithmic returns from bar to bar.
	Beta        Number `json:"beta"`
	Correlation Number `json:"correlation"`
	// UpCapture is the geometric mean return of the periods in which the benchmark
	// rose, by that of the benchmark; DownCapture of those in which it fell.
	UpCapture   Number `json:"up_capture"`
	DownCapture Number `json:"down_capture"`
	// TrackingError is the deviation (ddof 1) of the differences of returns, a year.
	TrackingError Number `json:"tracking_error"`
	// InformationRatio is their mean by their deviation, annualised.
	InformationRatio Number `json:"information_ratio"`
}

// Compare holds a run against a benchmark: another run, buying and holding, or an
// index made with FromValues. Its errors are those of ReturnsOf, of either.
func Compare(c Convention, in, benchmark Input) (Comparison, error) {
	c = c.orDefault()
	if c.rules == ofFreqtradeTrades {
		return Comparison{}, tradekeel.Invalidf("convention", "%s has returns of trades alone, which have no periods to compare", c.name)
	}
	ours, err := ReturnsOf(c, in)
	if err != nil {
		return Comparison{}, err
	}
	theirs, err := ReturnsOf(c, benchmark)
	if err != nil {
		return Comparison{}, err
	}
	out := Comparison{Convention: c.name, Return: total(&in), Benchmark: total(&benchmark)}
	out.Excess = out.Return - out.Benchmark
	if c.rules == ofBacktestingPy {
		out.Beta, out.Alpha, out.Correlation = Undefined, Undefined, Undefined
		out.UpCapture, out.DownCapture, out.TrackingError, out.InformationRatio = Undefined, Undefined, Undefined, Undefined
		out.Return = total(&Input{Start: first(&in), Equity: in.Equity})
		x, y := paired(logs(&benchmark), logs(&in))
		out.Periods = len(x)
		p := ofPairs(x, y)
		out.Beta = p.beta
		out.Alpha = out.Return - out.Beta*out.Benchmark
		out.Excess = out.Return - out.Benchmark
		return out, nil
	}
	x, y := paired(theirs, ours)
	out.ofPairs(x, y, ours.PeriodsPerYear)
	return out, nil
}

func total(in *Input) Number {
	if len(in.Equity) == 0 {
		return Undefined
	}
	return change(in.Start.Float64(), in.Equity[len(in.Equity)-1].Float64())
}

// paired returns the returns that end at the same moments.
func paired(a, b Returns) (x, y []float64) {
	for i, j := 0, 0; i < len(a.Ends) && j < len(b.Ends); {
		switch {
		case a.Ends[i] < b.Ends[j]:
			i++
		case a.Ends[i] > b.Ends[j]:
			j++
		default:
			x, y = append(x, a.Values[i]), append(y, b.Values[j])
			i, j = i+1, j+1
		}
	}
	return x, y
}

// pairs are the moments of two series, x the benchmark.
type pairs struct {
	meanX, meanY      float64
	beta, correlation Number
}

func ofPairs(x, y []float64) pairs {
	p := pairs{beta: Undefined, correlation: Undefined}
	n := float64(len(x))
	if n == 0 {
		return p
	}
	for i := range x {
		p.meanX += x[i] / n
		p.meanY += y[i] / n
	}
	xx, yy, xy := 0.0, 0.0, 0.0
	for i := range x {
		dx, dy := x[i]-p.meanX, y[i]-p.meanY
		xx += dx * dx
		yy += dy * dy
		xy += dx * dy
	}
	if n < 2 || math.Sqrt(xx/n) <= flat*math.Abs(p.meanX) {
		return p
	}
	p.beta = ratio(xy, xx)
	if math.Sqrt(yy/n) > flat*math.Abs(p.meanY) {
		p.correlation = ratio(xy, math.Sqrt(xx)*math.Sqrt(yy))
	}
	return p
}

func (c *Comparison) ofPairs(x, y []float64, perYear float64) {
	p := ofPairs(x, y)
	c.Periods, c.Beta, c.Correlation = len(x), p.beta, p.correlation
	c.Alpha = finite((p.meanY - float64(p.beta)*p.meanX) * perYear)
	c.UpCapture = capture(x, y, 1)
	c.DownCapture = capture(x, y, -1)
	differences := make([]float64, len(x))
	mean := 0.0
	for i := range x {
		differences[i] = y[i] - x[i]
		mean += differences[i] / float64(len(x))
	}
	squares := 0.0
	for _, d := range differences {
		squares += (d - mean) * (d - mean)
	}
	c.TrackingError, c.InformationRatio = Undefined, Undefined
	if len(x) > 1 {
		deviation := math.Sqrt(squares / float64(len(x)-1))
		c.TrackingError = finite(deviation * math.Sqrt(perYear))
		if deviation > flat*math.Abs(mean) {
			c.InformationRatio = ratio(mean*math.Sqrt(perYear), deviation)
		}
	}
}

// capture is the ratio of the geometric means of y and x over the periods in which x
// has a sign.
func capture(x, y []float64, sign float64) Number {
	n, logX, logY := 0, 0.0, 0.0
	for i := range x {
		if x[i]*sign > 0 {
			n++
			logX += math.Log1p(x[i])
			logY += math.Log1p(y[i])
		}
	}
	if n == 0 {
		return Undefined
	}
	return ratio(math.Expm1(logY/float64(n)), math.Expm1(logX/float64(n)))
}

// logs are logarithmic returns from bar to bar.
func logs(in *Input) Returns {
	var r Returns
	for i := 1; i < len(in.Equity); i++ {
		r.Ends = append(r.Ends, in.Times[i])
		r.Values = append(r.Values, math.Log(in.Equity[i].Float64()/in.Equity[i-1].Float64()))
	}
	return r
}
