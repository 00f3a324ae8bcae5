package stats

import (
	"math"
	"time"

	"github.com/tradekeel/tradekeel/internal/wide"
)

// adapt fills in the figures as another program defines them; there is a bar.
func (s *Stats) adapt(c Convention, in *Input, t *tally) {
	s.MaxDrawdownBars, s.MaxDrawdownDays = 0, Undefined
	switch c.rules {
	case ofDays, ofBars: // these are computed from the walk
	case ofQuantStats:
		s.asQuantStats(c, in)
	case ofNautilus:
		s.asNautilus(c, in, t)
	case ofFreqtradeTrades:
		s.asFreqtradeTrades(in, t)
	case ofFreqtradeBalance:
		s.asFreqtradeBalance(c, in, t)
	case ofBacktestingPy:
		s.asBacktestingPy(c, in, t)
	}
}

func (s *Stats) asQuantStats(c Convention, in *Input) {
	r, err := ReturnsOf(c, *in)
	if err != nil {
		return // equity of zero or below: nothing is defined
	}
	d := r.Distribution()
	s.Return, s.CAGR, s.Volatility, s.Sharpe, s.Sortino, s.Calmar = d.Total, d.CAGR, d.Volatility, d.Sharpe, d.Sortino, d.Calmar
	s.Omega, s.MaxDrawdown, s.UlcerIndex = d.Omega, d.MaxDrawdown, d.SampleUlcer
	s.MeanReturn, s.StdReturn, s.Skew, s.Kurtosis = d.Mean, d.Deviation, d.Skew, d.Kurtosis
	s.VaR, s.CVaR, s.NormalVaR, s.NormalCVaR = d.VaR, d.CVaR, d.NormalVaR, d.MeanBelowVaR
	s.BestReturn, s.WorstReturn = d.Best, d.Worst
	s.Exposure = Number(math.Ceil(float64(d.Active)*100) / 100)
	s.WinRate, s.PayoffRatio, s.ProfitFactor, s.Kelly = d.WinRate, d.PayoffRatio, d.ProfitFactor, d.Kelly
	s.LongestWins, s.LongestLosses = d.LongestWins, d.LongestLosses
}

func (s *Stats) asNautilus(c Convention, in *Input, t *tally) {
	r, err := ReturnsOf(c, *in)
	if err == nil {
		d := r.Distribution()
		s.Return, s.CAGR, s.MaxDrawdown, s.Calmar = d.Total, d.CAGR, d.MaxDrawdown, d.Calmar
		s.MeanReturn, s.StdReturn, s.Volatility = d.Mean, d.Deviation, d.Volatility
		s.ProfitFactor, s.BestReturn, s.WorstReturn = d.ProfitFactor, d.Best, d.Worst
		const epsilon = 0x1p-52
		if d.Deviation > epsilon {
			s.Sharpe = d.Sharpe
		}
		if d.Count > 1 && float64(d.DownsideRisk)/math.Sqrt(c.periodsPerYear) > epsilon {
			s.Sortino = d.Sortino
		}
	}
	if t.N == 0 {
		return
	}
	n := float64(t.N)
	s.WinRate = Number(float64(t.Wins) / n)
	s.MeanWin, s.MeanLoss = ratio(t.Profit.Float64()/unit, float64(t.Wins)), ratio(t.Loss.Float64()/unit, n-float64(t.Wins))
	s.Expectancy = Number((t.Profit.Float64() - t.Loss.Float64()) / unit / n)
}

// wholeDays is the time of a run in days, cut to a whole number.
func wholeDays(nanos int64) float64 { return float64(nanos / day) }

// freqtrade are the figures of trades that both versions share.
func (s *Stats) freqtrade(t *tally) {
	if t.N == 0 {
		return
	}
	profit, loss, n := t.Profit.Float64(), t.Loss.Float64(), float64(t.N)
	s.WinRate = Number(float64(t.Wins) / n)
	s.ProfitFactor = ratio(profit, loss)
	s.Expectancy = Number((profit - loss) / unit / n)
	s.ExpectancyRatio = ratio(float64(s.Expectancy), float64(ratio(loss/unit, float64(t.Losses))))
	s.LongestWins, s.LongestLosses = t.LongWins, t.LongLosses
}

func (s *Stats) asFreqtradeTrades(in *Input, t *tally) {
	s.freqtrade(t)
	start := in.Start.Float64()
	s.Return = Undefined
	if t.N == 0 || !(start > 0) {
		return
	}
	span := in.Times[len(in.Times)-1] - in.From
	total, squares, downs := (t.Profit.Float64()-t.Loss.Float64())/start, 0.0, 0.0
	mean, down := total/float64(t.N), -t.Loss.Float64()/start/float64(max(1, t.Losses))
	for i := range in.Trades {
		r := in.Trades[i].Net.Float64() / start
		squares += (r - mean) * (r - mean)
		if r < 0 {
			downs += (r - down) * (r - down)
		}
	}
	s.Return = Number(total)
	s.CAGR = growth(1+total, wholeDays(span)/365)
	perDay := total / max(1, wholeDays(span))
	s.MeanReturn, s.StdReturn = Number(perDay), Number(math.Sqrt(squares/float64(t.N)))
	s.Sharpe = annual(perDay, float64(s.StdReturn), mean)
	s.Sortino = annual(perDay, math.Sqrt(downs/float64(max(1, t.Losses))), down)
	values := make([]float64, t.N)
	for i := range in.Trades {
		values[i] = in.Trades[i].Net.Float64()
	}
	if depth, at := deepestInMoney(start, values); at > 0 {
		s.MaxDrawdown = Number(-depth)
		s.Calmar = annual(perDay*100, depth, 0)
	}
}

// annual is a daily mean by a divisor, for a year of 365 days. A divisor that is
// rounding of what lies about a mean is zero.
func annual(perDay, divisor, mean float64) Number {
	if !(divisor > flat*math.Abs(mean)) {
		return Undefined
	}
	return ratio(perDay*math.Sqrt(365), divisor)
}

// deepestInMoney finds where the sum of changes lies furthest below its highest, and
// never below zero, and how much that is of the highest and the start; at counts the
// changes before it.
func deepestInMoney(start float64, changes []float64) (depth float64, at int) {
	sum, high, deepest := 0.0, 0.0, math.Inf(1)
	for i, v := range changes {
		sum += v
		high = max(high, sum)
		if sum-high < deepest {
			deepest, at = sum-high, i
			depth = (high - sum) / (start + high)
		}
	}
	return depth, at
}

func (s *Stats) asFreqtradeBalance(c Convention, in *Input, t *tally) {
	s.freqtrade(t)
	if sqn := t.sqn(); sqn.Defined() {
		s.SQN = Number(math.Round(float64(sqn)*1e4) / 1e4)
	}
	_, _, values := sample(c, in)
	if m, ok := ofValues(values); ok {
		s.MeanReturn, s.BestReturn, s.WorstReturn = Number(m.mean), Number(m.best), Number(m.worst)
		s.StdReturn = Number(math.Sqrt(m.squares / float64(m.n)))
		s.Sharpe = annual(m.mean, float64(s.StdReturn), m.mean)
		n, down, squares := 0, 0.0, 0.0
		for _, r := range m.returns {
			if r < 0 {
				n++
				down += r
			}
		}
		down /= float64(max(1, n))
		for _, r := range m.returns {
			if r < 0 {
				squares += (r - down) * (r - down)
			}
		}
		s.Sortino = annual(m.mean, math.Sqrt(squares/float64(max(1, n))), down)
	}
	span := in.Times[len(in.Times)-1] - in.From
	s.CAGR = growth(float64(s.Return)+1, wholeDays(span)/365)
	start := in.Equity[0].Float64()
	if len(in.Equity) < 2 || !(start > 0) {
		return
	}
	changes := make([]float64, len(in.Equity))
	for i := 1; i < len(changes); i++ {
		changes[i] = in.Equity[i].Float64() - in.Equity[i-1].Float64()
	}
	depth, _ := deepestInMoney(start, changes)
	s.MaxDrawdown = Number(-depth)
	between := max(1, wholeDays(in.Times[len(in.Times)-1]-in.Times[0]))
	profit := in.Equity[len(in.Equity)-1].Float64()/start - 1
	s.Calmar = annual(profit/between*100, depth, 0)
}

// calendar returns the convention with the periods in a year that backtesting.py takes
// of bars, and whether the periods are the bars: they are when the middle of the last
// hundred distances is a week, 31 days or a year; else they are days.
func (c Convention) calendar(times []int64) (set Convention, isBars bool) {
	c.periodsPerYear = 252
	const weekend = 2.0 / 7 * 0.6
	off := 0
	for _, t := range times {
		if d := time.Unix(0, t-1).UTC().Weekday(); d == time.Saturday || d == time.Sunday {
			off++
		}
	}
	if float64(off) > weekend*float64(len(times)) {
		c.periodsPerYear = 365
	}
	var apart []float64
	for i := max(1, len(times)-99); i < len(times); i++ {
		apart = append(apart, float64(times[i]-times[i-1]))
	}
	if len(apart) == 0 {
		return c, false
	}
	switch int64(quantile(apart, 0.5)) / day {
	case 7:
		c.periodsPerYear = 52
	case 31:
		c.periodsPerYear = 12
	case 365:
		c.periodsPerYear = 1
	default:
		return c, false
	}
	return c, true
}

// first is the base of backtesting.py: the equity of the first bar.
func first(in *Input) wide.Int {
	if len(in.Equity) == 0 {
		return in.Start
	}
	return in.Equity[0]
}

func (s *Stats) asBacktestingPy(c Convention, in *Input, t *tally) {
	base := first(in).Float64()
	s.Return = change(base, in.Equity[s.Bars-1].Float64())
	deepest := 0.0
	for _, d := range drawdowns(base, in.Times[0], in) {
		deepest = min(deepest, float64(d.Depth))
	}
	if base > 0 {
		s.MaxDrawdown = Number(deepest)
	}
	s.Exposure = Number(float64(barsCovered(in)) / float64(s.Bars))
	s.ofTradesAsBacktestingPy(t)
	c, _, values := sample(c, in)
	elapsed := in.Times[s.Bars-1] - in.Times[0]
	s.CAGR = growth(float64(s.Return)+1, float64(days(elapsed))/365.25)
	m, ok := ofValues(values)
	if !ok || !(values[len(values)-1] > 0) {
		return
	}
	year := c.periodsPerYear
	mean := math.Pow(values[len(values)-1]/values[0], 1/float64(m.n))
	yearly := math.Pow(mean, year) - 1
	s.MeanReturn, s.StdReturn = Number(mean-1), Number(m.deviation)
	s.Volatility = Number(math.Sqrt(math.Pow(m.deviation*m.deviation+mean*mean, year) - math.Pow(mean, 2*year)))
	s.BestReturn, s.WorstReturn = Number(m.best), Number(m.worst)
	s.Sharpe = ratio(yearly, float64(s.Volatility))
	s.Sortino = ratio(yearly, m.downside*math.Sqrt(year))
	s.Calmar = ratio(yearly, -deepest)
}

func (s *Stats) ofTradesAsBacktestingPy(t *tally) {
	if t.N == 0 {
		return
	}
	t.figures(s)
	// Its figures of money are these; the others it does not have.
	s.Expectancy, s.ExpectancyRatio, s.MeanWin, s.MeanLoss, s.PayoffRatio = Undefined, Undefined, Undefined, Undefined, Undefined
	s.LongestWins, s.LongestLosses = 0, 0
	s.ProfitFactor = ratio(t.Gains, t.Drops)
}

// barsCovered counts the bars from the entry to the exit of trades, both included.
func barsCovered(in *Input) int {
	covered := make([]bool, len(in.Times))
	for i := range in.Trades {
		t := &in.Trades[i]
		for j := barOf(in.Times, t.Entry); j < len(covered) && (j == 0 || in.Times[j-1] <= t.Exit); j++ {
			covered[j] = true
		}
	}
	n := 0
	for _, is := range covered {
		if is {
			n++
		}
	}
	return n
}

// barOf is the bar that a moment lies in: the first that closes after it.
func barOf(times []int64, at int64) int {
	low, high := 0, len(times)
	for low < high {
		middle := (low + high) / 2
		if times[middle] > at {
			high = middle
		} else {
			low = middle + 1
		}
	}
	return low
}
