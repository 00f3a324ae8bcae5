package indicator

import "math"

// PlusDI is Wilder's positive directional indicator: the smoothed upward movement in
// percent of the smoothed true range; 0 where that is 0. The upward movement of a bar
// is how far its high is above the high before, if that is more than its low is below
// the low before. Both are sums of the first period - 1 values, of which with each
// later bar 1/period leaves and its value enters.
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; the start
// is TA-Lib's.
func PlusDI(period int) Definition { return plusDIKind.of(float64(period)) }

var plusDIKind = Kind{
	Name: "plus_di", Version: 1, Text: "positive directional indicator",
	Params: []Param{bars("period", 14, 2)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		return &di{directional: newDirectional(int(p[0]))}
	},
}

// MinusDI is Wilder's negative directional indicator: as PlusDI, of the downward
// movement, how far a low is below the low before, if that is more than the high is
// above the high before.
func MinusDI(period int) Definition { return minusDIKind.of(float64(period)) }

var minusDIKind = Kind{
	Name: "minus_di", Version: 1, Text: "negative directional indicator",
	Params: []Param{bars("period", 14, 2)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		return &di{directional: newDirectional(int(p[0])), minus: true}
	},
}

// DX is Wilder's directional movement index: the distance between PlusDI and MinusDI
// in percent of their sum. Where that is 0 it stays as it was; at the start it is 0.
func DX(period int) Definition { return dxKind.of(float64(period)) }

var dxKind = Kind{
	Name: "dx", Version: 1, Text: "directional movement index",
	Params: []Param{bars("period", 14, 2)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return newDX(int(p[0])) },
}

// ADX is Wilder's average directional movement index: RMA(period) of DX(period).
func ADX(period int) Definition { return adxKind.of(float64(period)) }

var adxKind = Kind{
	Name: "adx", Version: 1, Text: "average directional movement index",
	Params: []Param{bars("period", 14, 2)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return 2*int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newADX(int(p[0])) },
}

// ADXR is the mean of ADX and the ADX period - 1 bars before.
func ADXR(period int) Definition { return adxrKind.of(float64(period)) }

var adxrKind = Kind{
	Name: "adxr", Version: 1, Text: "average directional movement rating",
	Params: []Param{bars("period", 14, 2)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return 3*int(p[0]) - 2 }),
	start: func(p []float64) Computation {
		n := int(p[0])
		return &adxr{adx: newADX(n), lag: n - 1, warm: later(3*n - 2), history: history{keep: n - 1}}
	},
}

// directional smooths directional movements and true ranges. A smoothed range of 0
// means that both movements are 0, too.
type directional struct {
	period                int
	seen                  int // up to period
	high, low, closing    float64
	up, down, ranges      float64 // sums
	plus, minus, distance block   // what next puts out
}

func newDirectional(n int) *directional { return &directional{period: n} }

// next fills plus, minus and distance with the sums, valid from input period on.
func (d *directional) next(high, low, closing []float64) {
	low, closing = low[:len(high)], closing[:len(high)]
	plus, minus, distance := d.plus[:len(high)], d.minus[:len(high)], d.distance[:len(high)]
	i := 0
	for ; i < len(high) && d.seen < d.period; i++ {
		if d.seen > 0 {
			up, down := movement(high[i]-d.high, d.low-low[i])
			d.up += up
			d.down += down
			d.ranges += trueRange(high[i], low[i], d.closing)
		}
		d.high, d.low, d.closing = high[i], low[i], closing[i]
		d.seen++
	}
	rest := 1 - 1/float64(d.period)
	lastHigh, lastLow, last := d.high, d.low, d.closing
	sumUp, sumDown, sum := d.up, d.down, d.ranges
	for ; i < len(high); i++ {
		h, l := high[i], low[i]
		up, down := movement(h-lastHigh, lastLow-l)
		sumUp = float64(rest*sumUp) + up
		sumDown = float64(rest*sumDown) + down
		sum = float64(rest*sum) + trueRange(h, l, last)
		plus[i], minus[i], distance[i] = sumUp, sumDown, sum
		lastHigh, lastLow, last = h, l, closing[i]
	}
	d.high, d.low, d.closing = lastHigh, lastLow, last
	d.up, d.down, d.ranges = sumUp, sumDown, sum
}

// movement returns the larger of two numbers in its place, if it is above 0, and 0
// otherwise. It is free of branches, which would be wrong every other bar: the sign
// of a difference is the mask.
func movement(up, down float64) (plus, minus float64) {
	difference := math.Float64bits(down - up)
	return masked(up, difference), masked(down, math.Float64bits(up-down))
}

// masked returns v if it is above 0 and if the sign bit is set; 0 otherwise.
func masked(v float64, sign uint64) float64 {
	b := math.Float64bits(v)
	return math.Float64frombits(b &^ uint64(int64(b)>>63) & uint64(int64(sign)>>63))
}

type di struct {
	*directional
	minus bool
}

func (d *di) Next(in, out [][]float64) {
	n := min(d.period-d.seen, len(in[0]))
	d.next(in[0], in[1], in[2])
	filled := out[0][:len(in[0])]
	fillNaN(filled[:n])
	of := &d.directional.plus
	if d.minus {
		of = &d.directional.minus
	}
	sums, distance := of[:len(filled)], d.distance[:len(filled)]
	for i := n; i < len(filled); i++ {
		filled[i] = percent(sums[i], distance[i])
	}
}

type dx struct {
	*directional
	last float64
}

func newDX(n int) *dx { return &dx{directional: newDirectional(n)} }

func (d *dx) Next(in, out [][]float64) { d.dx(in, out[0][:len(in[0])]) }

func (d *dx) dx(in [][]float64, out []float64) {
	n := min(d.period-d.seen, len(out))
	d.next(in[0], in[1], in[2])
	fillNaN(out[:n])
	plus, minus := d.plus[:len(out)], d.minus[:len(out)]
	last := d.last
	for i := n; i < len(out); i++ {
		p, m := plus[i], minus[i]
		if sum := p + m; sum != 0 {
			last = 100 * math.Abs(p-m) / sum
		}
		out[i] = last
	}
	d.last = last
}

type adx struct {
	dx   *dx
	warm later
	mean *ema
}

func newADX(n int) *adx {
	return &adx{dx: newDX(n), warm: later(n), mean: newEMA(n, 1/float64(n))}
}

func (a *adx) Next(in, out [][]float64) { a.next(in, out[0][:len(in[0])]) }

func (a *adx) next(in [][]float64, out []float64) {
	a.dx.dx(in, out)
	n := a.warm.skip(len(out))
	a.mean.next(out[n:], out[n:])
}

type adxr struct {
	adx     *adx
	lag     int
	warm    later
	history history
}

func (a *adxr) Next(in, out [][]float64) {
	filled := out[0][:len(in[0])]
	a.adx.next(in, filled)
	all, first := a.history.take(filled)
	n := a.warm.skip(len(filled))
	fillNaN(filled[:n])
	filled = filled[n:]
	if len(filled) == 0 {
		return
	}
	before := all[first+n-a.lag:][:len(filled)]
	for i, v := range filled {
		filled[i] = (v + before[i]) / 2
	}
}

// Vortex is the vortex indicator: over the last period bars the sum of the distances
// from the low before to the high (plus), and from the high before to the low
// (minus), by the sum of the true ranges; 0 where that is 0.
//
// Source: Etienne Botes and Douglas Siepman, The Vortex Indicator, 2010.
func Vortex(period int) Definition { return vortexKind.of(float64(period)) }

var vortexKind = Kind{
	Name: "vortex", Version: 1, Text: "vortex indicator",
	Params: []Param{period("period", 14)},
	Inputs: hlc, Outputs: []string{"plus", "minus"},
	warmup: func(p []float64) []int { return []int{int(p[0]), int(p[0])} },
	start: func(p []float64) Computation {
		n := int(p[0])
		return &vortex{first: 1, plus: newSum(n), minus: newSum(n), sum: newSum(n)}
	},
}

type vortex struct {
	first            later
	high, low, last  float64 // of the bar before
	plus, minus, sum *sum
	distance         block
}

func (v *vortex) Next(in, out [][]float64) {
	high, low, closing := in[0], in[1], in[2]
	low, closing = low[:len(high)], closing[:len(high)]
	plus, minus, distance := out[0][:len(high)], out[1][:len(high)], v.distance[:len(high)]
	lastHigh, lastLow, last := v.high, v.low, v.last
	for i, h := range high {
		plus[i] = math.Abs(h - lastLow)
		minus[i] = math.Abs(low[i] - lastHigh)
		distance[i] = trueRange(h, low[i], last)
		lastHigh, lastLow, last = h, low[i], closing[i]
	}
	v.high, v.low, v.last = lastHigh, lastLow, last
	n := v.first.skip(len(high))
	fillNaN(plus[:n])
	fillNaN(minus[:n])
	plus, minus, distance = plus[n:], minus[n:], distance[n:]
	v.plus.next(plus, plus)
	v.minus.next(minus, minus)
	v.sum.next(distance, distance)
	for i, r := range distance {
		if r == 0 {
			plus[i], minus[i] = 0, 0
			continue
		}
		plus[i] /= r
		minus[i] /= r
	}
}
