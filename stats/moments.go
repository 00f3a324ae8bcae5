package stats

import "math"

// moments are those of the simple returns between neighbouring values.
type moments struct {
	n                           int
	mean, deviation, downside   float64
	skew, kurtosis              float64
	gains, losses               float64 // sums, both at least 0
	best, worst                 float64
	ulcer                       float64
	squares, cubes, fourths, dd float64 // sums of powers about the mean, and of squared drawdowns
	returns                     []float64
}

var nan = math.NaN()

// flat is the deviation, as a share of the mean, below which returns differ by
// rounding alone: 1 % every day has no Sharpe ratio of 10¹⁶.
const flat = 1e-12

// ofValues takes the moments of the returns between values; false when there is
// none, or one starts at a value that is not above zero.
func ofValues(values []float64) (m moments, ok bool) {
	n := len(values) - 1
	if n < 1 {
		return m, false
	}
	m.returns = make([]float64, n)
	sum, losses := 0.0, 0.0
	m.best, m.worst = math.Inf(-1), math.Inf(1)
	peak := values[0]
	for i := range n {
		if !(values[i] > 0) {
			return m, false
		}
		r := values[i+1]/values[i] - 1
		m.returns[i] = r
		sum += r
		if r < 0 {
			losses += r * r
			m.losses -= r
		} else {
			m.gains += r
		}
		m.best, m.worst = max(m.best, r), min(m.worst, r)
		if values[i+1] >= peak {
			peak = values[i+1]
		} else {
			d := values[i+1]/peak - 1
			m.dd += d * d
		}
	}
	m.n, m.mean = n, sum/float64(n)
	m.downside = math.Sqrt(losses / float64(n))
	for _, r := range m.returns {
		d := r - m.mean
		square := d * d
		m.squares += square
		m.cubes += square * d
		m.fourths += square * square
	}
	m.shape()
	return m, !math.IsInf(m.mean, 0)
}

// shape makes deviation, skew and kurtosis of the sums of powers.
func (m *moments) shape() {
	n := float64(m.n)
	m.ulcer = math.Sqrt(m.dd / n)
	m.deviation, m.skew, m.kurtosis = nan, nan, nan
	if m.n < 2 {
		return
	}
	m.deviation = math.Sqrt(m.squares / (n - 1))
	if m.deviation <= flat*math.Abs(m.mean) {
		m.deviation = 0
		return
	}
	if m.n > 2 {
		m.skew = n * math.Sqrt(n-1) / (n - 2) * m.cubes / math.Pow(m.squares, 1.5)
	}
	if m.n > 3 {
		m.kurtosis = n*(n+1)*(n-1)/((n-2)*(n-3))*m.fourths/(m.squares*m.squares) - 3*(n-1)*(n-1)/((n-2)*(n-3))
	}
}

// figures are what follows from the moments, annualised.
func (s *Stats) ofMoments(c Convention, m *moments) {
	root := math.Sqrt(c.periodsPerYear)
	s.MeanReturn, s.StdReturn = Number(m.mean), Number(m.deviation)
	s.Volatility = Number(m.deviation * root)
	s.Sharpe = ratio(m.mean*root, m.deviation)
	s.Sortino = ratio(m.mean*root, m.downside)
	s.Omega = ratio(m.gains, m.losses)
	s.UlcerIndex = Number(m.ulcer)
	s.Skew, s.Kurtosis = Number(m.skew), Number(m.kurtosis)
	s.BestReturn, s.WorstReturn = Number(m.best), Number(m.worst)
	s.NormalVaR = Number(m.mean + normalQuantile*m.deviation)
	s.NormalCVaR = Number(m.mean - normalTail*m.deviation)
}

func (s *Stats) ofReturns(c Convention, values []float64) {
	m, ok := ofValues(values)
	if !ok {
		return
	}
	s.ofMoments(c, &m)
	s.VaR, s.CVaR = historical(m.returns)
}

func returnsBetween(values []float64) []float64 {
	if len(values) < 2 {
		return nil
	}
	out := make([]float64, len(values)-1)
	for i := range out {
		out[i] = values[i+1]/values[i] - 1
	}
	return out
}
