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

// TRange is Wilder's true range: the distance between the extremes of the candle and
// the close before it.
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
func TRange() Definition { return trangeKind.of() }

var trangeKind = Kind{
	Name: "trange", Version: 1, Text: "true range",
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 1 }),
	start:  func([]float64) Computation { return &trange{first: 1} },
}

type trange struct {
	first later
	last  float64 // the close before
}

func (r *trange) Next(in, out [][]float64) {
	r.next(in[0], in[1], in[2], out[0])
	fillNaN(out[0][:r.first.skip(len(in[0]))])
}

// next fills out with true ranges; the first of all means nothing.
func (r *trange) next(high, low, closing, out []float64) {
	low, closing, out = low[:len(high)], closing[:len(high)], out[:len(high)]
	last := r.last
	for i, h := range high {
		out[i] = trueRange(h, low[i], last)
		last = closing[i]
	}
	r.last = last
}

// NATR is ATR(period) in percent of the close; 0 where that is 0.
//
// Source: John Forman, Cross-Market Evaluations With Normalized ATR, 2006.
func NATR(period int) Definition { return natrKind.of(float64(period)) }

var natrKind = Kind{
	Name: "natr", Version: 1, Text: "average true range in percent of the close",
	Params: []Param{period("period", 14)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return &natr{atr{period: int(p[0])}} },
}

type natr struct{ atr }

func (n *natr) Next(in, out [][]float64) {
	filled := out[0][:len(in[2])]
	n.next(in[0], in[1], in[2], filled)
	for i, c := range in[2] {
		if v := filled[i]; v == v {
			filled[i] = percent(v, c)
		}
	}
}

// Chop is the choppiness index, from 0 for a straight move to 100 for none: the
// logarithm to the base of period of the sum of the true ranges of the last period
// bars by the distance between their highest high and lowest low, in percent; 100
// where that distance is 0.
//
// Source: E. W. Dreiss.
func Chop(period int) Definition { return chopKind.of(float64(period)) }

var chopKind = Kind{
	Name: "chop", Version: 1, Text: "choppiness index",
	Params: []Param{bars("period", 14, 2)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		n := int(p[0])
		return &chop{
			first: 1, warm: later(n), factor: 100 / ln(p[0]),
			sum: newSum(n), channel: newChannel(n),
		}
	},
}

type chop struct {
	first, warm    later
	factor         float64
	trange         trange
	sum            *sum
	channel        *channel
	ranges, bottom block
}

func (c *chop) Next(in, out [][]float64) {
	top, bottom, ranges := out[0][:len(in[0])], c.bottom[:len(in[0])], c.ranges[:len(in[0])]
	c.trange.next(in[0], in[1], in[2], ranges)
	n := c.first.skip(len(top))
	c.sum.next(ranges[n:], ranges[n:])
	c.channel.next(in[0], in[1], top, bottom)
	n = c.warm.skip(len(top))
	fillNaN(top[:n])
	for i := n; i < len(top); i++ {
		v := 100.0
		if distance := top[i] - bottom[i]; distance != 0 {
			v = c.factor * ln(ranges[i]/distance)
		}
		top[i] = v
	}
}
