package indicator

// SMA is the simple moving average of the last period inputs of the close.
//
// Its sum is made anew from the window's inputs at each bar, by parts that are added
// up in advance: nothing is ever taken away from it, so that it does not drift.
func SMA(period int) Definition { return smaKind.of(float64(period)) }

var smaKind = Kind{
	Name: "sma", Version: 1, Text: "simple moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newSMA(int(p[0])) },
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
