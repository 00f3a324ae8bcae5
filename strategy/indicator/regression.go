package indicator

import "math"

// WMA is the weighted moving average of the close: of the last period inputs the
// oldest weighs 1, the next 2, the newest period.
func WMA(period int) Definition { return wmaKind.of(float64(period)) }

var wmaKind = Kind{
	Name: "wma", Version: 1, Text: "weighted moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newWMA(int(p[0])) },
}

func newWMA(n int) *line { return newLine(n, 1, 0, 2/(float64(n)*(float64(n)+1))) }

// HMA is Hull's moving average of the close: WMA(√period) of 2·WMA(period/2) -
// WMA(period), both lengths rounded down.
//
// Source: Alan Hull, 2005.
func HMA(period int) Definition { return hmaKind.of(float64(period)) }

var hmaKind = Kind{
	Name: "hma", Version: 1, Text: "Hull moving average",
	Params: []Param{bars("period", 20, 2)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) + int(math.Sqrt(p[0])) - 2 }),
	start: func(p []float64) Computation {
		n := int(p[0])
		return &hma{half: newWMA(n / 2), full: newWMA(n), warm: later(n - 1), smooth: newWMA(int(math.Sqrt(p[0])))}
	},
}

type hma struct {
	half, full *line
	warm       later
	smooth     *line
	fast       block
}

func (h *hma) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	fast := h.fast[:len(x)]
	h.half.next(x, fast)
	h.full.next(x, filled)
	n := h.warm.skip(len(x))
	fast, filled = fast[n:], filled[n:]
	for i, slow := range filled {
		fast[i] = 2*fast[i] - slow
	}
	h.smooth.next(fast, filled)
}

// LinReg is where the straight line through the last period inputs of the close, by
// least squares, stands at the last of them.
func LinReg(period int) Definition { return linregKind.of(float64(period)) }

var linregKind = regressionKind("linreg", "end of the line of linear regression", func(n float64) *line {
	return newLine(int(n), 1, -2/n, 6/(n*(n+1)))
})

// LinRegIntercept is where the line of LinReg stands at the first of the inputs.
func LinRegIntercept(period int) Definition { return linregInterceptKind.of(float64(period)) }

var linregInterceptKind = regressionKind("linreg_intercept", "start of the line of linear regression", func(n float64) *line {
	return newLine(int(n), 1, 4/n, -6/(n*(n+1)))
})

// TSF is the time series forecast of the close: where the line of LinReg stands one
// bar after the last.
func TSF(period int) Definition { return tsfKind.of(float64(period)) }

var tsfKind = regressionKind("tsf", "time series forecast", func(n float64) *line {
	return newLine(int(n), 1, (float64(-2*n)-4)/(n*(n-1)), 6/(n*(n-1)))
})

// LinRegSlope is how much the line of LinReg rises from one bar to the next.
func LinRegSlope(period int) Definition { return linregSlopeKind.of(float64(period)) }

var linregSlopeKind = regressionKind("linreg_slope", "slope of the line of linear regression", newSlope)

func newSlope(n float64) *line { return newLine(int(n), 0, -6/(n*(n-1)), 12/(n*(n-1)*(n+1))) }

// LinRegAngle is the angle of the line of LinReg in degrees, if a bar is as long as
// one unit of the price is high.
func LinRegAngle(period int) Definition { return linregAngleKind.of(float64(period)) }

var linregAngleKind = func() Kind {
	k := regressionKind("linreg_angle", "angle of the line of linear regression", nil)
	k.start = func(p []float64) Computation { return &angle{newSlope(p[0])} }
	return k
}()

type angle struct{ slope *line }

func (a *angle) Next(in, out [][]float64) {
	a.slope.next(in[0], out[0])
	for i, v := range out[0] {
		out[0][i] = arcTangent(v) * (180 / math.Pi)
	}
}

func regressionKind(name, text string, of func(n float64) *line) Kind {
	return Kind{
		Name: name, Version: 1, Text: text,
		Params: []Param{bars("period", 14, 2)},
		Inputs: ofClose, Series: 1, Outputs: oneValue,
		warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
		start:  func(p []float64) Computation { return of(p[0]) },
	}
}

// line is what follows from the sum of a rolling window's inputs and from their sum
// weighed 1, 2, 3 … from the oldest on: the averages and the lines above.
//
// Both are sums of what inputs differ from a pivot near them, and are taken anew
// every so many inputs counted from the first, as in moments. A window of equal
// inputs gives that input (or the slope 0) exactly.
type line struct {
	n        int
	interval int // inputs between two fresh sums
	level    float64
	a, b     float64 // the output is level × pivot + a × sum + b × weighed
	warm     later
	until    int // inputs before the next fresh sums
	flat     flat
	pivot    float64
	sum      float64
	weighed  float64
	history  history
}

func newLine(n int, level, a, b float64) *line {
	return &line{n: n, interval: max(128, n), level: level, a: a, b: b, warm: later(n - 1), flat: flat{n: n}, history: history{keep: n}}
}

func (l *line) Next(in, out [][]float64) { l.next(in[0], out[0]) }

// next fills out, which is not in itself; NaN before n inputs.
func (l *line) next(in, out []float64) {
	l.history.parts(in, func(all []float64, first, from int) { l.fill(all, first, out[from:][:len(all)-first]) })
	l.flat.next(in, func(i int) { out[i] = float64(l.level * in[i]) })
}

// fill fills out for the inputs all[first:].
func (l *line) fill(all []float64, first int, out []float64) {
	i := l.warm.skip(len(out))
	fillNaN(out[:i])
	for i < len(out) {
		if l.until == 0 {
			l.until = l.interval - 1
			l.fresh(all[first+i+1-l.n : first+i+1])
			out[i] = float64(l.level*l.pivot) + (float64(l.a*l.sum) + float64(l.b*l.weighed))
			i++
			continue
		}
		end := min(i+l.until, len(out))
		l.until -= end - i
		l.roll(all[first+i:first+end], all[first+i-l.n:], out[i:end])
		i = end
	}
}

func (l *line) roll(entering, leaving, out []float64) {
	leaving, out = leaving[:len(entering)], out[:len(entering)]
	n, sum, weighed, pivot := float64(l.n), l.sum, l.weighed, l.pivot
	a, b, base := l.a, l.b, float64(l.level*l.pivot)
	for k, x := range entering {
		weighed += float64(n*(x-pivot)) - sum
		sum += x - leaving[k]
		out[k] = base + (float64(a*sum) + float64(b*weighed))
	}
	l.sum, l.weighed = sum, weighed
}

func (l *line) fresh(window []float64) {
	pivot := window[len(window)/2]
	sum, sums := 0.0, 0.0 // sums weighs the other way round: the oldest most
	for _, x := range window {
		sum += x - pivot
		sums += sum
	}
	l.pivot, l.sum, l.weighed = pivot, sum, float64(float64(l.n+1)*sum)-sums
}
