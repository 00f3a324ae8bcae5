package indicator

import "github.com/tradekeel/tradekeel/market"

var closeVolume = []market.Field{market.Close, market.Volume}

// OBV is the on-balance volume: it begins with the first volume, then adds the
// volume of a bar that closes higher than the one before, and takes away that of one
// that closes lower.
//
// Source: Joseph Granville, Granville's New Key to Stock Market Profits, 1963; the
// start is TA-Lib's.
func OBV() Definition { return obvKind.of() }

var obvKind = Kind{
	Name: "obv", Version: 1, Text: "on-balance volume",
	Inputs: closeVolume, Series: 1, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func([]float64) Computation { return &obv{} },
}

type obv struct {
	begun bool
	last  float64
	value float64
}

func (o *obv) Next(in, out [][]float64) {
	closing, volume, filled := in[0], in[1], out[0]
	i := 0
	if !o.begun && len(closing) > 0 {
		o.begun, o.last, o.value = true, closing[0], volume[0]
		filled[0] = o.value
		i = 1
	}
	last, value := o.last, o.value
	closing, volume = closing[i:], volume[i:]
	volume, filled = volume[:len(closing)], filled[i:][:len(closing)]
	for j, c := range closing {
		// 0 × c is 0, and NaN for what is no number.
		value += float64(direction(c, last)*volume[j]) + float64(0*c)
		last = c
		filled[j] = value
	}
	o.last, o.value = last, value
}

// direction is +1 where a is above b, -1 where below, and 0 where equal, without a
// branch that would be wrong every other bar.
func direction(a, b float64) float64 {
	up, down := 0, 0
	if a > b {
		up = 1
	}
	if a < b {
		down = 1
	}
	return float64(up - down)
}

// flow is a bar's volume times where it closed in its range: -volume at the low,
// +volume at the high, 0 where the bar has no range.
func flow(high, low, closing, volume float64) float64 {
	if high == low {
		return 0
	}
	return float64(((closing - low) - (high - closing)) / (high - low) * volume)
}

// AD is the accumulation/distribution line: the sum of each bar's volume times where
// it closed in its range, from -1 at the low to +1 at the high. A bar without range
// adds nothing.
//
// Source: Marc Chaikin; as TA-Lib.
func AD() Definition { return adKind.of() }

var adKind = Kind{
	Name: "ad", Version: 1, Text: "accumulation/distribution line",
	Inputs: hlcv, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func([]float64) Computation { return &ad{} },
}

type ad struct{ value float64 }

func (a *ad) Next(in, out [][]float64) { a.next(in[0], in[1], in[2], in[3], out[0]) }

func (a *ad) next(high, low, closing, volume, out []float64) {
	low, closing, volume, out = low[:len(high)], closing[:len(high)], volume[:len(high)], out[:len(high)]
	value := a.value
	for i, h := range high {
		value += flow(h, low[i], closing[i], volume[i])
		out[i] = value
	}
	a.value = value
}

// ADOSC is Chaikin's oscillator: the fast minus the slow exponential average of the
// accumulation/distribution line. Both averages begin with the line's first value;
// the first output is where the longer of the two is full.
//
// Source: Marc Chaikin; the start is TA-Lib's.
func ADOSC(fast, slow int) Definition { return adoscKind.of(float64(fast), float64(slow)) }

var adoscKind = Kind{
	Name: "adosc", Version: 1, Text: "Chaikin's accumulation/distribution oscillator",
	Params: []Param{bars("fast", 3, 2), bars("slow", 10, 2)},
	Inputs: hlcv, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(max(p[0], p[1])) - 1 }),
	start: func(p []float64) Computation {
		k := func(i int) smooth { return smooth{k: 2 / (p[i] + 1), rest: 1 - 2/(p[i]+1)} }
		return &adosc{fast: k(0), slow: k(1), warmup: int(max(p[0], p[1])) - 1}
	},
}

type adosc struct {
	ad         ad
	fast, slow smooth
	warmup     int
	seen       int
}

func (a *adosc) Next(in, out [][]float64) {
	high := in[0]
	n := len(high)
	low, closing, volume, filled := in[1][:n], in[2][:n], in[3][:n], out[0][:n]
	if a.seen == 0 && n > 0 {
		// From its first value an average moves by nothing at the first input.
		first := flow(high[0], low[0], closing[0], volume[0])
		a.fast.value, a.slow.value = first, first
	}
	value, f, s := a.ad.value, a.fast, a.slow
	for i, h := range high {
		value += flow(h, low[i], closing[i], volume[i])
		f.value = float64(f.k*value) + float64(f.rest*f.value)
		s.value = float64(s.k*value) + float64(s.rest*s.value)
		filled[i] = f.value - s.value
	}
	a.ad.value, a.fast, a.slow = value, f, s
	i := defined(a.seen, a.warmup, n)
	fillNaN(filled[:i])
	a.seen += i
}

// CMF is Chaikin's money flow: over the last period bars, the sum of volume times
// where each bar closed in its range (as AD), divided by the sum of volume. Without
// volume in the window it is 0.
//
// Source: Marc Chaikin.
func CMF(period int) Definition { return cmfKind.of(float64(period)) }

var cmfKind = Kind{
	Name: "cmf", Version: 1, Text: "Chaikin's money flow",
	Params: []Param{period("period", 20)},
	Inputs: hlcv, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		return &cmf{flow: newSum(int(p[0])), volume: newSum(int(p[0]))}
	},
}

type cmf struct {
	flow, volume *sum
	total        [BlockSize]float64
}

func (c *cmf) Next(in, out [][]float64) {
	high, filled := in[0], out[0]
	low, closing, volume := in[1][:len(high)], in[2][:len(high)], in[3][:len(high)]
	for i, h := range high {
		filled[i] = flow(h, low[i], closing[i], volume[i])
	}
	c.flow.next(filled, filled)
	totals := c.total[:len(high)]
	c.volume.next(volume, totals)
	for i, v := range totals {
		if v == 0 {
			filled[i] = 0
		} else {
			filled[i] /= v
		}
	}
}

// ForceIndex is Elder's force index: the exponential average of the change of the
// close times volume. The average begins with the mean of the first period of them.
//
// Source: Alexander Elder, Trading for a Living, 1993.
func ForceIndex(period int) Definition { return forceIndexKind.of(float64(period)) }

var forceIndexKind = Kind{
	Name: "force_index", Version: 1, Text: "Elder's force index",
	Params: []Param{period("period", 13)},
	Inputs: closeVolume, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return &forceIndex{average: newEMA(int(p[0]), 2/(p[0]+1))} },
}

type forceIndex struct {
	begun   bool
	last    float64
	average *ema
}

func (f *forceIndex) Next(in, out [][]float64) {
	closing, filled := in[0], out[0]
	volume := in[1][:len(closing)]
	last := f.last
	for i, c := range closing {
		filled[i] = float64((c - last) * volume[i])
		last = c
	}
	f.last = last
	if !f.begun && len(closing) > 0 {
		f.begun, filled[0] = true, nan
		filled = filled[1:]
	}
	f.average.next(filled, filled)
}

// EaseOfMovement is Arms' ease of movement: the simple average over period bars of
// how far the middle of the bar moved, times the bar's range, times scale, divided by
// its volume. A bar without volume counts as 0.
//
// Source: Richard W. Arms Jr., Volume Cycles in the Stock Market, 1983. Shares are
// usually shown with the scale 100,000,000.
func EaseOfMovement(period int, scale float64) Definition {
	return easeOfMovementKind.of(float64(period), scale)
}

var easeOfMovementKind = Kind{
	Name: "ease_of_movement", Version: 1, Text: "Arms' ease of movement",
	Params: []Param{period("period", 14), factor("scale", 1, 1e-6, 1e12)},
	Inputs: []market.Field{market.High, market.Low, market.Volume}, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		return &easeOfMovement{scale: p[1], divisor: p[0], sums: newSum(int(p[0]))}
	},
}

type easeOfMovement struct {
	begun          bool
	last           float64
	scale, divisor float64
	sums           *sum
}

func (e *easeOfMovement) Next(in, out [][]float64) {
	high, filled := in[0], out[0]
	low, volume := in[1][:len(high)], in[2][:len(high)]
	for i, h := range high {
		middle := float64((h + low[i]) / 2)
		ease := 0.0
		if volume[i] > 0 {
			ease = float64((middle-e.last)*(h-low[i])) / volume[i] * e.scale
		}
		filled[i] = ease
		e.last = middle
	}
	if !e.begun && len(high) > 0 {
		e.begun, filled[0] = true, nan
		filled = filled[1:]
	}
	e.sums.next(filled, filled)
	for i := range filled {
		filled[i] /= e.divisor
	}
}

// PVT is the price volume trend: the sum of each bar's volume times the relative
// change of its close. The first bar is 0.
func PVT() Definition { return pvtKind.of() }

var pvtKind = Kind{
	Name: "pvt", Version: 1, Text: "price volume trend",
	Inputs: closeVolume, Series: 1, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func([]float64) Computation { return &pvt{} },
}

type pvt struct {
	last  float64 // 0 before the first
	value float64
}

func (p *pvt) Next(in, out [][]float64) {
	closing, filled := in[0], out[0]
	volume := in[1][:len(closing)]
	for i, c := range closing {
		if p.last != 0 {
			p.value += float64(volume[i] * ((c - p.last) / p.last))
		}
		p.last = c
		filled[i] = p.value
	}
}

// NVI is the negative volume index: it begins with 1000 and takes part in the
// relative change of the close on bars with less volume than the one before.
//
// Source: Norman Fosback, Stock Market Logic, 1976.
func NVI() Definition { return nviKind.of() }

var nviKind = Kind{
	Name: "nvi", Version: 1, Text: "negative volume index",
	Inputs: closeVolume, Series: 1, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func([]float64) Computation { return &volumeIndex{value: 1000, side: -1} },
}

// PVI is the positive volume index: it begins with 1000 and takes part in the
// relative change of the close on bars with more volume than the one before.
//
// Source: Norman Fosback, Stock Market Logic, 1976.
func PVI() Definition { return pviKind.of() }

var pviKind = Kind{
	Name: "pvi", Version: 1, Text: "positive volume index",
	Inputs: closeVolume, Series: 1, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func([]float64) Computation { return &volumeIndex{value: 1000, side: 1} },
}

type volumeIndex struct {
	side         float64 // +1: more volume counts; -1: less
	last, volume float64 // last is 0 before the first
	value        float64
}

func (x *volumeIndex) Next(in, out [][]float64) {
	closing, filled := in[0], out[0]
	volume := in[1][:len(closing)]
	filled = filled[:len(closing)]
	last, before, value := x.last, x.volume, x.value
	for i, c := range closing {
		change := 0.0
		if last != 0 {
			change = (c - last) / last
		}
		// 1 on the side that counts, else 0.
		counts := max(direction(volume[i], before)*x.side, 0)
		value += float64(value * float64(change*counts))
		last, before = c, volume[i]
		filled[i] = value
	}
	x.last, x.volume, x.value = last, before, value
}
