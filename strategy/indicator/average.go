package indicator

// SMA is the simple moving average of the last period inputs of the close.
//
// The sum rolls: one addition and one subtraction an input. Rounding would let it
// drift, so that it is added up anew every 1024 inputs counted from the anchor; the
// result stays within 1e-12 of the true mean, relative to the largest input in
// between.
func SMA(period int) Definition { return smaKind.of(float64(period)) }

var smaKind = Kind{
	Name: "sma", Version: 1, Text: "simple moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newSMA(int(p[0])) },
}

// renew is the number of inputs between two fresh sums of a rolling sum.
const renew = 1024

type sma struct {
	period  int
	seen    int
	sum     float64
	divisor float64
	history history
}

func newSMA(period int) *sma {
	return &sma{period: period, divisor: float64(period), history: history{keep: period}}
}

func (s *sma) Next(in, out [][]float64) { s.next(in[0], out[0]) }

func (s *sma) next(in, out []float64) {
	all, first := s.history.take(in)
	i := min(max(s.period-1-s.seen, 0), len(in))
	fillNaN(out[:i])
	s.seen += i
	for i < len(in) {
		if s.seen == s.period-1 || s.seen%renew == 0 {
			s.sum = total(all[first+i+1-s.period : first+i+1])
			out[i] = s.sum / s.divisor
			s.seen++
			i++
			continue
		}
		last := min(i+renew-s.seen%renew, len(in))
		s.seen += last - i
		sum, divisor := s.sum, s.divisor
		entering := in[i:last]
		leaving, filled := all[first+i-s.period:][:len(entering)], out[i:last]
		for k, v := range entering {
			sum += v - leaving[k]
			filled[k] = sum / divisor
		}
		s.sum, i = sum, last
	}
}

func total(in []float64) float64 {
	sum := 0.0
	for _, v := range in {
		sum += v
	}
	return sum
}

// EMA is the exponential moving average of the close: it begins with the mean of the
// first period inputs, then moves by 2/(period+1) of the distance to each input.
func EMA(period int) Definition { return emaKind.of(float64(period)) }

var emaKind = Kind{
	Name: "ema", Version: 1, Text: "exponential moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newEMA(int(p[0]), 2/(p[0]+1)) },
}

// ema moves by the part k of the distance to each input, and begins with the mean
// of the first so many.
type ema struct {
	smooth
	period int
	seen   int
	sum    float64
}

// smooth is one step of exponential smoothing: value becomes k × input + rest × value.
type smooth struct{ k, rest, value float64 }

func newEMA(period int, k float64) *ema {
	return &ema{smooth: smooth{k: k, rest: 1 - k}, period: period}
}

// add takes in one input, and tells whether the average is defined.
func (e *ema) add(x float64) bool {
	if e.seen >= e.period {
		e.value = float64(e.k*x) + float64(e.rest*e.value)
		return true
	}
	e.sum += x
	if e.seen++; e.seen == e.period {
		e.value = e.sum / float64(e.period)
	}
	return e.seen == e.period
}

func (e *ema) Next(in, out [][]float64) { e.next(in[0], out[0]) }

// next fills out, which may be in itself; NaN before period inputs.
func (e *ema) next(in, out []float64) {
	i := 0
	for ; i < len(in) && e.seen < e.period; i++ {
		v := nan
		if e.add(in[i]) {
			v = e.value
		}
		out[i] = v
	}
	v, k, rest := e.value, e.k, e.rest
	filled := out[i:len(in)]
	for j, x := range in[i:] {
		v = float64(k*x) + float64(rest*v)
		filled[j] = v
	}
	e.value = v
}
