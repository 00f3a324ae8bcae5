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
	start:  func(p []float64) Computation { return &beta{first: 1, pair: newPair(int(p[0]))} },
}

// pair is sums of a rolling window over two series: of what inputs differ from pivots
// near them, of the squares and of the product. They are taken anew every so many
// inputs counted from the first, as in moments.
type pair struct {
	n          int
	interval   int
	seen       int
	x, y       history
	pivotX     float64
	pivotY     float64
	sumX, sumY float64
	xx, yy, xy float64
	equalX     int // how many inputs at the end are equal, the last included
	equalY     int
	lastX      float64
	lastY      float64
}

func newPair(n int) *pair {
	return &pair{n: n, interval: max(64, n), x: history{keep: n}, y: history{keep: n}}
}

// next hands put, for each input from the n-th on, the variances and the covariance,
// each times n; a variance is 0 exactly where the inputs are equal.
func (p *pair) next(x, y, out []float64, put func(xx, yy, xy float64) float64) {
	allX, first := p.x.take(x)
	allY, firstY := p.y.take(y)
	n := float64(p.n)
	for i, a := range x {
		b := y[i]
		p.count(a, b)
		p.seen++
		switch {
		case p.seen < p.n:
			out[i] = nan
			continue
		case p.seen == p.n || p.seen%p.interval == 0:
			p.fresh(allX[first+i+1-p.n:first+i+1], allY[firstY+i+1-p.n:firstY+i+1])
		default:
			p.take(a-p.pivotX, b-p.pivotY, 1)
			p.take(allX[first+i-p.n]-p.pivotX, allY[firstY+i-p.n]-p.pivotY, -1)
		}
		xx := max(p.xx-float64(p.sumX*p.sumX)/n, 0)
		yy := max(p.yy-float64(p.sumY*p.sumY)/n, 0)
		if p.equalX >= p.n {
			xx = 0
		}
		if p.equalY >= p.n {
			yy = 0
		}
		out[i] = put(xx, yy, p.xy-float64(p.sumX*p.sumY)/n)
	}
}

func (p *pair) take(x, y, sign float64) {
	p.sumX += float64(sign * x)
	p.sumY += float64(sign * y)
	p.xx += float64(sign * float64(x*x))
	p.yy += float64(sign * float64(y*y))
	p.xy += float64(sign * float64(x*y))
}

func (p *pair) fresh(x, y []float64) {
	p.pivotX, p.pivotY = x[len(x)/2], y[len(y)/2]
	p.sumX, p.sumY, p.xx, p.yy, p.xy = 0, 0, 0, 0, 0
	for i, v := range x {
		p.take(v-p.pivotX, y[i]-p.pivotY, 1)
	}
}

func (p *pair) count(x, y float64) {
	p.equalX++
	if x != p.lastX {
		p.equalX, p.lastX = 1, x
	}
	p.equalY++
	if y != p.lastY {
		p.equalY, p.lastY = 1, y
	}
}

type correl struct{ *pair }

func (c *correl) Next(in, out [][]float64) {
	c.next(in[0], in[1], out[0], func(xx, yy, xy float64) float64 {
		d := math.Sqrt(xx) * math.Sqrt(yy)
		if d == 0 {
			return 0
		}
		return min(max(xy/d, -1), 1)
	})
}

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
	b.pair.next(x[n:], y[n:], filled[n:], func(_, yy, xy float64) float64 {
		if yy == 0 {
			return 0
		}
		return xy / yy
	})
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
