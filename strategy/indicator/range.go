package indicator

// ATR is Wilder's average true range: it begins with the mean of the first period
// true ranges and then moves by 1/period. The true range is the distance between the
// extremes of the candle and the close before it.
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
func ATR(period int) Definition { return atrKind.of(float64(period)) }

var atrKind = Kind{
	Name: "atr", Version: 1, Text: "average true range",
	Params: []Param{period("period", 14)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return &atr{period: int(p[0])} },
}

type atr struct {
	period int
	seen   int
	last   float64 // the close before
	value  float64 // a sum while warming up
}

func (a *atr) Next(in, out [][]float64) { a.next(in[0], in[1], in[2], out[0]) }

func (a *atr) next(high, low, closing, out []float64) {
	i := 0
	for ; i < len(closing) && a.seen <= a.period; i++ {
		if a.seen > 0 {
			a.value += trueRange(high[i], low[i], a.last)
		}
		a.last = closing[i]
		a.seen++
		out[i] = nan
		if a.seen > a.period {
			a.value /= float64(a.period)
			out[i] = a.value
		}
	}
	k := 1 / float64(a.period)
	rest := 1 - k
	v, last := a.value, a.last
	high, low, closing = high[i:len(closing)], low[i:len(closing)], closing[i:]
	filled := out[i:][:len(closing)]
	low = low[:len(closing)]
	for j, h := range high {
		v = float64(k*trueRange(h, low[j], last)) + float64(rest*v)
		last = closing[j]
		filled[j] = v
	}
	a.value, a.last = v, last
}

func trueRange(high, low, last float64) float64 {
	if last > high {
		high = last
	}
	if last < low {
		low = last
	}
	return high - low
}
