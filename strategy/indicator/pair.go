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
	start:  func(p []float64) Computation { return &correl{newPair(int(p[0]))} },
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
	start:  func(p []float64) Computation { return &beta{first: 1, warm: later(p[0]), pair: newPair(int(p[0]))} },
}

// pair is the variances and the covariance of a rolling window over two series, each
// times its length.
//
// They come from sums of what inputs differ from pivots near them, of the squares and
// of the product, which are taken anew every so many inputs counted from the first,
// as in moments. A variance is 0 exactly where the inputs are equal.
type pair struct {
	n, interval int
	seen        int
	x, y        side
	product     float64
	xx, yy, xy  block // what next puts out
}

// side is one series of a pair.
type side struct {
	history history
	pivot   float64
	sum     float64
	squares float64
	flat    flat
}

func newPair(n int) *pair {
	one := side{history: history{keep: n}, flat: flat{n: n}}
	return &pair{n: n, interval: max(64, n), x: one, y: one}
}

// next fills xx, yy and xy, valid from input n-1 on.
func (p *pair) next(x, y []float64) {
	allX, firstX := p.x.history.take(x)
	allY, firstY := p.y.history.take(y)
	i := min(max(p.n-1-p.seen, 0), len(x))
	p.seen += i
	for i < len(x) {
		end := i + 1
		if p.seen == p.n-1 || p.seen%p.interval == 0 {
			p.fresh(allX[firstX+end-p.n:firstX+end], allY[firstY+end-p.n:firstY+end])
			part := 1 / float64(p.n)
			p.xx[i] = max(p.x.squares-float64(float64(p.x.sum*p.x.sum)*part), 0)
			p.yy[i] = max(p.y.squares-float64(float64(p.y.sum*p.y.sum)*part), 0)
			p.xy[i] = p.product - float64(float64(p.x.sum*p.y.sum)*part)
		} else {
			end = min(i+p.interval-p.seen%p.interval, len(x))
			p.roll(i, x[i:end], y[i:end], allX[firstX+i-p.n:], allY[firstY+i-p.n:])
		}
		p.seen += end - i
		i = end
	}
	p.x.flat.next(x, func(i int) { p.xx[i] = 0 })
	p.y.flat.next(y, func(i int) { p.yy[i] = 0 })
}

func (p *pair) roll(i int, x, y, goneX, goneY []float64) {
	n := len(x)
	y, goneX, goneY = y[:n], goneX[:n], goneY[:n]
	xx, yy, xy := p.xx[i:][:n], p.yy[i:][:n], p.xy[i:][:n]
	pivotX, pivotY, part := p.x.pivot, p.y.pivot, 1/float64(p.n)
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
		xx[k] = max(squaresX-float64(float64(sumX*sumX)*part), 0)
		yy[k] = max(squaresY-float64(float64(sumY*sumY)*part), 0)
		xy[k] = product - float64(float64(sumX*sumY)*part)
	}
	p.x.sum, p.y.sum, p.x.squares, p.y.squares, p.product = sumX, sumY, squaresX, squaresY, product
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

func (c *correl) Next(in, out [][]float64) {
	filled := out[0][:len(in[0])]
	n := min(max(c.n-1-c.seen, 0), len(filled))
	c.next(in[0], in[1])
	fillNaN(filled[:n])
	xx, yy, xy := c.xx[:len(filled)], c.yy[:len(filled)], c.xy[:len(filled)]
	for i := n; i < len(filled); i++ {
		v := 0.0
		if d := math.Sqrt(float64(xx[i] * yy[i])); d != 0 {
			v = xy[i] / d
		}
		if v > 1 {
			v = 1
		}
		if v < -1 {
			v = -1
		}
		filled[i] = v
	}
}

type beta struct {
	first, warm  later
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
	b.pair.next(x[n:], y[n:])
	xy, yy := b.pair.xy[:], b.pair.yy[:]
	for i := range filled[n:] {
		v := 0.0
		if yy[i] != 0 || math.IsNaN(xy[i]) {
			v = xy[i] / yy[i]
		}
		filled[n+i] = v
	}
	fillNaN(filled[:b.warm.skip(len(filled))])
}

// changes fills out with what inputs differ from the one before, as a part of that,
// and returns the last input.
func changes(in, out []float64, last float64) float64 {
	for i, v := range in {
		out[i] = 0
		if last != 0 {
			out[i] = (v - last) / last
		}
		last = v
	}
	return last
}
