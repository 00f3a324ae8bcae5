package indicator

import "math"

// Correl is Pearson's correlation of two series over the last period bars, from -1 to
// 1, by default of high and low; 0 where one of them does not move.
func Correl(period int) Definition { return correlKind.of(float64(period)) }

var correlKind = Kind{
	Name: "correl", Version: 1, Text: "correlation of two series",
	Params: []Param{bars("period", 30, 2)},
	Inputs: highLow, Series: 2, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return &correl{newPair(int(p[0]), false)} },
}

// Beta is how much the first series moves for each move of the second over the last
// period bars: the covariance of their changes from bar to bar, as parts of the value
// before, by the variance of the second one's; by default of high and low. A change
// from 0 counts as 0; beta is 0 where the second series changes at an even rate.
func Beta(period int) Definition { return betaKind.of(float64(period)) }

var betaKind = Kind{
	Name: "beta", Version: 1, Text: "slope of the changes of a series on those of another",
	Params: []Param{bars("period", 5, 2)},
	Inputs: highLow, Series: 2, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return &beta{first: 1, pair: newPair(int(p[0]), true)} },
}

// pair is what follows from the variances and the covariance of a rolling window over
// two series: the correlation, or the slope of the first on the second.
//
// They come from sums of what inputs differ from pivots near them, of the squares and
// of the product, which are taken anew every so many inputs counted from the first,
// as in moments. A variance is 0 exactly where the inputs are equal.
type pair struct {
	n, interval int
	slope       bool // in place of the correlation
	warm        later
	until       int // inputs before the next fresh sums
	x, y        side
	product     float64
}

// side is one series of a pair.
type side struct {
	history history
	pivot   float64
	sum     float64
	squares float64
	flat    flat
}

func newPair(n int, slope bool) *pair {
	one := side{history: history{keep: n}, flat: flat{n: n}}
	return &pair{n: n, interval: max(64, n), slope: slope, warm: later(n - 1), x: one, y: one}
}

// next fills out; NaN before n inputs.
func (p *pair) next(x, y, out []float64) {
	allX, firstX := p.x.history.take(x)
	allY, firstY := p.y.history.take(y)
	i := p.warm.skip(len(x))
	fillNaN(out[:i])
	for i < len(x) {
		if p.until == 0 {
			p.until = p.interval - 1
			p.fresh(allX[firstX+i+1-p.n:firstX+i+1], allY[firstY+i+1-p.n:firstY+i+1])
			out[i] = p.value()
			i++
			continue
		}
		end := min(i+p.until, len(x))
		p.until -= end - i
		p.roll(x[i:end], y[i:end], allX[firstX+i-p.n:], allY[firstY+i-p.n:], out[i:end])
		i = end
	}
	still := func(i int) {
		if !math.IsNaN(out[i]) { // that of the other series
			out[i] = 0
		}
	}
	if !p.slope {
		p.x.flat.next(x, still)
	}
	p.y.flat.next(y, still)
}

func (p *pair) roll(x, y, goneX, goneY, out []float64) {
	n := len(x)
	y, goneX, goneY, out = y[:n], goneX[:n], goneY[:n], out[:n]
	pivotX, pivotY, part, slope := p.x.pivot, p.y.pivot, 1/float64(p.n), p.slope
	sumX, sumY, squaresX, squaresY, product := p.x.sum, p.y.sum, p.x.squares, p.y.squares, p.product
	for k, a := range x {
		b := y[k]
		a, b = a-pivotX, b-pivotY
		c, d := goneX[k]-pivotX, goneY[k]-pivotY
		sumX += a - c
		sumY += b - d
		squaresX += float64((a - c) * (a + c))
		squaresY += float64((b - d) * (b + d))
		product += float64(a*b) - float64(c*d)
		xy := product - float64(float64(sumX*sumY)*part)
		yy := squaresY - float64(float64(sumY*sumY)*part)
		if slope { // here, while the next sums are under way
			out[k] = ratio(xy, yy)
		} else {
			out[k] = correlation(squaresX-float64(float64(sumX*sumX)*part), yy, xy)
		}
	}
	p.x.sum, p.y.sum, p.x.squares, p.y.squares, p.product = sumX, sumY, squaresX, squaresY, product
}

// value returns the output of the window at hand.
func (p *pair) value() float64 {
	part := 1 / float64(p.n)
	xy := p.product - float64(float64(p.x.sum*p.y.sum)*part)
	yy := p.y.squares - float64(float64(p.y.sum*p.y.sum)*part)
	if p.slope {
		return ratio(xy, yy)
	}
	return correlation(p.x.squares-float64(float64(p.x.sum*p.x.sum)*part), yy, xy)
}

// ratio is the covariance by the variance; 0 where rounding leaves nothing of that.
func ratio(xy, yy float64) float64 {
	if yy <= 0 {
		return float64(0 * xy) // NaN for what is no number
	}
	return xy / yy
}

func correlation(xx, yy, xy float64) float64 {
	if xx <= 0 || yy <= 0 {
		return float64(0 * xy) // NaN for what is no number
	}
	v := xy / math.Sqrt(float64(xx*yy))
	if v > 1 {
		return 1
	}
	if v < -1 {
		return -1
	}
	return v
}

func (p *pair) fresh(x, y []float64) {
	pivotX, pivotY := x[len(x)/2], y[len(y)/2]
	sumX, sumY, squaresX, squaresY, product := 0.0, 0.0, 0.0, 0.0, 0.0
	y = y[:len(x)]
	for k, a := range x {
		a, b := a-pivotX, y[k]-pivotY
		sumX += a
		sumY += b
		squaresX += float64(a * a)
		squaresY += float64(b * b)
		product += float64(a * b)
	}
	p.x.pivot, p.y.pivot = pivotX, pivotY
	p.x.sum, p.y.sum, p.x.squares, p.y.squares, p.product = sumX, sumY, squaresX, squaresY, product
}

type correl struct{ *pair }

func (c *correl) Next(in, out [][]float64) { c.next(in[0], in[1], out[0][:len(in[0])]) }

type beta struct {
	first        later
	lastX, lastY float64
	pair         *pair
	x, y         block
}

func (b *beta) Next(in, out [][]float64) {
	filled := out[0][:len(in[0])]
	x, y := b.x[:len(filled)], b.y[:len(filled)]
	b.lastX = changes(in[0], x, b.lastX)
	b.lastY = changes(in[1], y, b.lastY)
	n := b.first.skip(len(filled))
	fillNaN(filled[:n])
	b.pair.next(x[n:], y[n:], filled[n:])
}

// changes fills out with what inputs differ from the one before, as a part of that,
// and returns the last input.
func changes(in, out []float64, last float64) float64 {
	out = out[:len(in)]
	for i, v := range in {
		change := 0.0
		if last != 0 {
			change = (v - last) / last
		}
		out[i], last = change, v
	}
	return last
}
