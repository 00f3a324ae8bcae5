package indicator

import "math"

// BBands are Bollinger's bands of the close: the simple average of the last period
// inputs (middle), and the average plus and minus so many population deviations.
//
// Source: John Bollinger, Bollinger on Bollinger Bands, 2001.
func BBands(period int, deviations float64) Definition {
	return bbandsKind.of(float64(period), deviations)
}

var bbandsKind = Kind{
	Name: "bbands", Version: 1, Text: "Bollinger bands",
	Params: []Param{bars("period", 20, 2), factor("deviations", 2, 0.001, 1000)},
	Inputs: ofClose, Series: 1, Outputs: []string{"middle", "upper", "lower"},
	warmup: func(p []float64) []int {
		w := int(p[0]) - 1
		return []int{w, w, w}
	},
	start: func(p []float64) Computation { return &bbands{moments: newMoments(int(p[0])), factor: p[1]} },
}

type bbands struct {
	moments *moments
	factor  float64
}

func (b *bbands) Next(in, out [][]float64) {
	middle, upper, lower := out[0], out[1], out[2]
	b.moments.next(in[0], middle, upper)
	for i, m := range middle {
		d := float64(b.factor * math.Sqrt(upper[i]))
		upper[i], lower[i] = m+d, m-d
	}
}

// moments are the mean and the population variance of a rolling window.
//
// Both come from rolling sums of what inputs differ from a pivot near them, and of
// its square. Pivot and sums are taken anew every so many inputs counted from the
// anchor, so that the sums stay small beside the variance and rounding does not add
// up. A window of equal inputs has the variance 0 exactly.
type moments struct {
	period   int
	interval int // inputs between two fresh sums
	seen     int
	equal    int // how many inputs at the end are equal, the last included
	last     float64
	pivot    float64
	sum      float64 // of differences
	squares  float64 // of their squares
	history  history
}

func newMoments(period int) *moments {
	return &moments{period: period, interval: max(64, period), history: history{keep: period}}
}

// next fills mean and variance; NaN before period inputs.
func (m *moments) next(in, mean, variance []float64) {
	all, first := m.history.take(in)
	n := float64(m.period)
	for i := 0; i < len(in); {
		last := min(len(in), i+m.interval-m.seen%m.interval)
		if m.seen < m.period {
			last = i + 1
		}
		if m.seen == m.period-1 || m.seen >= m.period && m.seen%m.interval == 0 {
			last = i + 1
			m.fresh(all[first+i+1-m.period : first+i+1])
			m.count(in[i])
			mean[i], variance[i] = m.pivot+m.sum/n, m.variance(n)
			i = last
			continue
		}
		if m.seen < m.period {
			m.count(in[i])
			mean[i], variance[i] = nan, nan
			i = last
			continue
		}
		leaving := all[first+i-m.period:]
		for k, x := range in[i:last] {
			m.count(x)
			d, l := x-m.pivot, leaving[k]-m.pivot
			m.sum += d - l
			m.squares += float64(d*d) - float64(l*l)
			mean[i+k], variance[i+k] = m.pivot+m.sum/n, m.variance(n)
		}
		i = last
	}
}

func (m *moments) count(x float64) {
	m.seen++
	if x == m.last {
		m.equal++
	} else {
		m.equal = 1
	}
	m.last = x
}

func (m *moments) fresh(window []float64) {
	m.pivot = window[len(window)/2]
	m.sum, m.squares = 0, 0
	for _, x := range window {
		d := x - m.pivot
		m.sum += d
		m.squares += float64(d * d)
	}
}

func (m *moments) variance(n float64) float64 {
	if m.equal >= m.period {
		return 0
	}
	d := m.sum / n
	v := m.squares/n - float64(d*d)
	if v < 0 {
		return 0
	}
	return v
}
