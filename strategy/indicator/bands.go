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
	start: func(p []float64) Computation { return &bbands{moments: newMoments(int(p[0]), true), factor: p[1]} },
}

type bbands struct {
	moments *moments
	factor  float64
}

func (b *bbands) Next(in, out [][]float64) {
	middle, upper, lower := out[0], out[1], out[2]
	b.moments.next(in[0], middle, upper)
	upper, lower = upper[:len(middle)], lower[:len(middle)]
	for i, m := range middle {
		d := float64(b.factor * upper[i])
		upper[i], lower[i] = m+d, m-d
	}
}

// moments are the mean and the population variance, or its root, of a rolling window.
//
// Both come from rolling sums of what inputs differ from a pivot near them, and of
// its square. Pivot and sums are taken anew every so many inputs counted from the
// anchor, so that the sums stay small beside the variance and rounding does not add
// up. A window of equal inputs has that input for its mean and the
// variance 0 exactly.
type moments struct {
	period   int
	root     bool    // the deviation in place of the variance
	part     float64 // 1/period
	interval int     // inputs between two fresh sums
	warm     later
	until    int // inputs before the next fresh sums
	flat     flat
	pivot    float64
	sum      float64 // of differences
	squares  float64 // of their squares
	history  history
}

func newMoments(period int, root bool) *moments {
	return &moments{period: period, root: root, part: 1 / float64(period), interval: max(64, period), warm: later(period - 1), flat: flat{n: period}, history: history{keep: period}}
}

// next fills mean and variance, or deviation, neither of them in itself; NaN before
// period inputs.
func (m *moments) next(in, mean, variance []float64) {
	m.history.parts(in, func(all []float64, first, from int) {
		to := from + len(all) - first
		m.fill(all, first, mean[from:to], variance[from:to])
	})
	m.flat.next(in, func(i int) { mean[i], variance[i] = in[i], 0 })
}

// fill fills mean and variance for the inputs all[first:].
func (m *moments) fill(all []float64, first int, mean, variance []float64) {
	i := m.warm.skip(len(mean))
	fillNaN(mean[:i])
	fillNaN(variance[:i])
	for i < len(mean) {
		if m.until == 0 {
			m.until = m.interval - 1
			m.fresh(all[first+i+1-m.period : first+i+1])
			mean[i], variance[i] = m.value()
			i++
			continue
		}
		end := min(i+m.until, len(mean))
		m.until -= end - i
		m.roll(all[first+i:first+end], all[first+i-m.period:], mean[i:end], variance[i:end])
		i = end
	}
}

func (m *moments) roll(entering, leaving, mean, variance []float64) {
	leaving, mean, variance = leaving[:len(entering)], mean[:len(entering)], variance[:len(entering)]
	sum, squares, pivot, part, root := m.sum, m.squares, m.pivot, m.part, m.root
	for k, x := range entering {
		d, l := x-pivot, leaving[k]-pivot
		sum += d - l
		squares += float64((d - l) * (d + l))
		off := float64(sum * part)
		v := float64(squares*part) - float64(off*off)
		if v < 0 {
			v = 0
		}
		if root { // here, while the next sums are under way
			v = math.Sqrt(v)
		}
		mean[k], variance[k] = pivot+off, v
	}
	m.sum, m.squares = sum, squares
}

func (m *moments) fresh(window []float64) {
	pivot := window[len(window)/2]
	sum, squares := 0.0, 0.0
	for _, x := range window {
		d := x - pivot
		sum += d
		squares += float64(d * d)
	}
	m.pivot, m.sum, m.squares = pivot, sum, squares
}

// value returns the mean and the variance of the window at hand.
func (m *moments) value() (mean, variance float64) {
	off := float64(m.sum * m.part)
	v := max(float64(m.squares*m.part)-float64(off*off), 0)
	if m.root {
		v = math.Sqrt(v)
	}
	return m.pivot + off, v
}
