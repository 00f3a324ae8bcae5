package indicator

// MACD is the fast minus the slow exponential average of the close, its own average
// (signal), and the difference of the two (histogram). Both averages begin where the
// slow one does, with the mean of their last inputs, and all outputs with the signal.
//
// Source: Gerald Appel; the start is TA-Lib's.
func MACD(fast, slow, signal int) Definition {
	return macdKind.of(float64(fast), float64(slow), float64(signal))
}

var macdKind = Kind{
	Name: "macd", Version: 1, Text: "moving average convergence and divergence",
	Params: []Param{period("fast", 12), period("slow", 26), period("signal", 9)},
	Inputs: ofClose, Series: 1, Outputs: []string{"macd", "signal", "histogram"},
	check: fastBelowSlow,
	warmup: func(p []float64) []int {
		w := int(p[1]) + int(p[2]) - 2
		return []int{w, w, w}
	},
	start: func(p []float64) Computation {
		k := func(i int) smooth { return smooth{k: 2 / (p[i] + 1), rest: 1 - 2/(p[i]+1)} }
		return &macd{
			fastPeriod: int(p[0]), slowPeriod: int(p[1]), signalPeriod: int(p[2]),
			fast: k(0), slow: k(1), signal: k(2),
		}
	},
}

type macd struct {
	fastPeriod, slowPeriod, signalPeriod int
	seen                                 int
	fastSum, slowSum, signalSum          float64
	fast, slow, signal                   smooth
}

func (m *macd) Next(in, out [][]float64) {
	line, signal, histogram := out[0], out[1], out[2]
	x := in[0]
	i := min(m.warm(x), len(x))
	fillNaN(line[:i])
	fillNaN(signal[:i])
	fillNaN(histogram[:i])
	if i > 0 && m.seen == m.slowPeriod+m.signalPeriod-1 { // the last of these is defined
		m.put(i-1, line, signal, histogram)
	}
	f, s, g := m.fast, m.slow, m.signal
	x, line, signal, histogram = x[i:], line[i:len(x)], signal[i:len(x)], histogram[i:len(x)]
	for j, v := range x {
		f.value = float64(f.k*v) + float64(f.rest*f.value)
		s.value = float64(s.k*v) + float64(s.rest*s.value)
		d := f.value - s.value
		g.value = float64(g.k*d) + float64(g.rest*g.value)
		line[j], signal[j], histogram[j] = d, g.value, d-g.value
	}
	m.fast, m.slow, m.signal = f, s, g
}

func (m *macd) put(i int, line, signal, histogram []float64) {
	d := m.fast.value - m.slow.value
	line[i], signal[i], histogram[i] = d, m.signal.value, d-m.signal.value
}

// warm takes in inputs until the signal is defined, and returns how many.
func (m *macd) warm(in []float64) int {
	i := 0
	for ; i < len(in) && m.seen < m.slowPeriod+m.signalPeriod-1; i++ {
		v := in[i]
		m.seen++
		if m.seen <= m.slowPeriod {
			m.slowSum += v
			if m.seen > m.slowPeriod-m.fastPeriod {
				m.fastSum += v
			}
			if m.seen < m.slowPeriod {
				continue
			}
			m.fast.value = m.fastSum / float64(m.fastPeriod)
			m.slow.value = m.slowSum / float64(m.slowPeriod)
		} else {
			m.fast.value = float64(m.fast.k*v) + float64(m.fast.rest*m.fast.value)
			m.slow.value = float64(m.slow.k*v) + float64(m.slow.rest*m.slow.value)
		}
		m.signalSum += m.fast.value - m.slow.value
		m.signal.value = m.signalSum / float64(m.signalPeriod)
	}
	return i
}
