package indicator

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Mom is the momentum of the close: the input minus the one period bars before it.
func Mom(period int) Definition { return momKind.of(float64(period)) }

var momKind = Kind{
	Name: "mom", Version: 1, Text: "momentum",
	Params: []Param{period("period", 10)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		return &change{period: int(p[0]), warm: later(p[0]), history: history{keep: int(p[0])}}
	},
}

// ROC is the rate of change of the close: momentum in percent of the input period
// bars before, 0 where that is 0.
func ROC(period int) Definition { return rocKind.of(float64(period)) }

var rocKind = Kind{
	Name: "roc", Version: 1, Text: "rate of change",
	Params: []Param{period("period", 10)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		return &change{period: int(p[0]), percent: true, warm: later(p[0]), history: history{keep: int(p[0])}}
	},
}

type change struct {
	period  int
	percent bool
	warm    later
	history history
}

func (c *change) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	n := c.warm.skip(len(x))
	if len(x) <= c.period {
		all, first := c.history.take(x)
		fillNaN(filled[:n])
		if n < len(x) {
			c.compare(x[n:], all[first+n-c.period:], filled[n:])
		}
		return
	}
	before := c.history.past()
	fillNaN(filled[:n])
	c.compare(x[n:c.period], before, filled[n:c.period])
	c.compare(x[c.period:], x, filled[c.period:])
	c.history.pass(x)
}

// compare fills out with what inputs differ from those a period before.
func (c *change) compare(x, before, out []float64) {
	before, out = before[:len(x)], out[:len(x)]
	if c.percent {
		for i, v := range x {
			out[i] = percent(v-before[i], before[i])
		}
		return
	}
	for i, v := range x {
		out[i] = v - before[i]
	}
}

// fastBelowSlow refuses two lengths the wrong way round.
func fastBelowSlow(p []float64) error {
	if p[0] >= p[1] {
		return tradekeel.Invalidf("fast", "must be below slow, got %s and %s", number(p[0]), number(p[1]))
	}
	return nil
}

// PPO is the percentage price oscillator of the close: EMA(fast) minus EMA(slow) in
// percent of EMA(slow), 0 where that is 0. Other than in MACD, each average begins
// with the mean of its first inputs.
//
// Source: Gerald Appel.
func PPO(fast, slow int) Definition { return ppoKind.of(float64(fast), float64(slow)) }

var ppoKind = Kind{
	Name: "ppo", Version: 1, Text: "percentage price oscillator",
	Params: []Param{period("fast", 12), period("slow", 26)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	check:  fastBelowSlow,
	warmup: warm(func(p []float64) int { return int(p[1]) - 1 }),
	start: func(p []float64) Computation {
		return &ppo{fast: newEMA(int(p[0]), 2/(p[0]+1)), slow: newEMA(int(p[1]), 2/(p[1]+1))}
	},
}

type ppo struct{ fast, slow *ema }

func (o *ppo) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	i := 0
	for ; i < len(x) && o.slow.seen < o.slow.period; i++ {
		o.fast.add(x[i])
		filled[i] = nan
		if o.slow.add(x[i]) {
			filled[i] = percent(o.fast.value-o.slow.value, o.slow.value)
		}
	}
	f, s := o.fast.smooth, o.slow.smooth
	x, filled = x[i:], filled[i:]
	for j, v := range x {
		f.value = float64(f.k*v) + float64(f.rest*f.value)
		s.value = float64(s.k*v) + float64(s.rest*s.value)
		filled[j] = percent(f.value-s.value, s.value)
	}
	o.fast.value, o.slow.value = f.value, s.value
}

// APO is the absolute price oscillator of the close: the fast minus the slow simple
// average.
func APO(fast, slow int) Definition { return apoKind.of(float64(fast), float64(slow)) }

var apoKind = Kind{
	Name: "apo", Version: 1, Text: "absolute price oscillator",
	Params: []Param{period("fast", 12), period("slow", 26)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	check:  fastBelowSlow,
	warmup: warm(func(p []float64) int { return int(p[1]) - 1 }),
	start:  func(p []float64) Computation { return &apo{fast: newSMA(int(p[0])), slow: newSMA(int(p[1]))} },
}

type apo struct {
	fast, slow *sum
	quick      block
}

func (o *apo) Next(in, out [][]float64) { o.next(in[0], out[0][:len(in[0])]) }

func (o *apo) next(in, out []float64) {
	quick := o.quick[:len(in)]
	o.fast.next(in, quick)
	o.slow.next(in, out)
	for i, v := range quick {
		out[i] = v - out[i]
	}
}

// AO is the awesome oscillator: the fast minus the slow simple average of the middle
// between high and low.
//
// Source: Bill Williams, New Trading Dimensions, 1998.
func AO(fast, slow int) Definition { return aoKind.of(float64(fast), float64(slow)) }

var aoKind = Kind{
	Name: "ao", Version: 1, Text: "awesome oscillator",
	Params: []Param{period("fast", 5), period("slow", 34)},
	Inputs: highLow, Outputs: oneValue,
	check:  fastBelowSlow,
	warmup: warm(func(p []float64) int { return int(p[1]) - 1 }),
	start: func(p []float64) Computation {
		return &ao{apo: apo{fast: newSMA(int(p[0])), slow: newSMA(int(p[1]))}}
	},
}

type ao struct {
	apo
	middle block
}

func (o *ao) Next(in, out [][]float64) {
	high, low := in[0], in[1]
	low = low[:len(high)]
	middle := o.middle[:len(high)]
	for i, h := range high {
		middle[i] = (h + low[i]) / 2
	}
	o.next(middle, out[0][:len(middle)])
}

// BOP is the balance of power: close minus open by high minus low; 0 where high and
// low are one.
//
// Source: Igor Livshin, Balance of Power, 2001.
func BOP() Definition { return bopKind.of() }

var bopKind = Kind{
	Name: "bop", Version: 1, Text: "balance of power",
	Inputs: ohlc, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func([]float64) Computation { return bop{} },
}

type bop struct{}

func (bop) Next(in, out [][]float64) {
	opening, high, low, closing := in[market.Open], in[market.High], in[market.Low], in[market.Close]
	high, low, closing = high[:len(opening)], low[:len(opening)], closing[:len(opening)]
	filled := out[0][:len(opening)]
	for i, o := range opening {
		v := 0.0
		if r := high[i] - low[i]; r != 0 {
			v = (closing[i] - o) / r
		}
		filled[i] = v
	}
}

// UltOsc is Williams' ultimate oscillator, from 0 to 100: of three lengths, the sum of
// the buying pressures (close minus the lower of low and close before) by the sum of
// the true ranges, weighed 4, 2 and 1. A length over which nothing moved counts as 0.
//
// Source: Larry Williams, The Ultimate Oscillator, 1985.
func UltOsc(short, middle, long int) Definition {
	return ultoscKind.of(float64(short), float64(middle), float64(long))
}

var ultoscKind = Kind{
	Name: "ultosc", Version: 1, Text: "ultimate oscillator",
	Params: []Param{period("short", 7), period("middle", 14), period("long", 28)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(max(p[0], p[1], p[2])) }),
	start: func(p []float64) Computation {
		u := &ultosc{first: 1, warm: later(max(p[0], p[1], p[2]))}
		for i, n := range p {
			u.pressures[i], u.ranges[i] = newSum(int(n)), newSum(int(n))
		}
		return u
	},
}

type ultosc struct {
	first, warm       later
	last              float64 // the close before
	pressures, ranges [3]*sum
	pressure, ranged  block
	a, b              block
}

func (u *ultosc) Next(in, out [][]float64) {
	high, low, closing := in[0], in[1], in[2]
	filled := out[0][:len(closing)]
	high, low = high[:len(closing)], low[:len(closing)]
	pressure, ranges := u.pressure[:len(closing)], u.ranged[:len(closing)]
	last := u.last
	for i, c := range closing {
		bottom := min(low[i], last)
		pressure[i] = c - bottom
		ranges[i] = max(high[i], last) - bottom
		last = c
	}
	u.last = last
	n := u.first.skip(len(closing))
	for i := range filled {
		filled[i] = 0
	}
	weight := [...]float64{4, 2, 1}
	for k, s := range u.pressures {
		a, b := u.a[n:len(closing)], u.b[n:len(closing)]
		s.next(pressure[n:], a)
		u.ranges[k].next(ranges[n:], b)
		w := weight[k] / 7 * 100
		to := filled[n:]
		for i, p := range a {
			if b[i] != 0 {
				to[i] += float64(w * (p / b[i]))
			}
		}
	}
	fillNaN(filled[:u.warm.skip(len(closing))])
}
