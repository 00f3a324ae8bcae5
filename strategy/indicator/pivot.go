package indicator

import "github.com/tradekeel/tradekeel/market"

// PivotMethod says how pivot points come from the period before.
type PivotMethod uint8

// The methods. H, L, C and O are high, low, close and open of the period before, R
// is H - L, and p the pivot; s is r mirrored.
const (
	// ClassicPivots: p = (H+L+C)/3; r1 = 2p-L, r2 = p+R, r3 = H+2(p-L).
	ClassicPivots PivotMethod = iota
	// FibonacciPivots: p = (H+L+C)/3; r1, r2, r3 = p + 0.382 R, 0.618 R, R.
	FibonacciPivots
	// CamarillaPivots: p = (H+L+C)/3; r1, r2, r3 = C + 1.1 R / 12, 6, 4. Source: Nick Scott.
	CamarillaPivots
	// WoodiePivots: p = (H+L+2C)/4, with r and s as the classic ones. Source: Ken Wood.
	WoodiePivots
	// DeMarkPivots: x = H+2L+C where C < O, 2H+L+C where C > O, else H+L+2C; p = x/4,
	// r1 = x/2-L, s1 = x/2-H. There are no more: r2 and r3 are r1, s2 and s3 are s1.
	// Source: Thomas DeMark, The New Science of Technical Analysis, 1994.
	DeMarkPivots
)

// Pivots are the pivot points from the UTC day, week or month before: the pivot p,
// resistances r1 to r3 and supports s1 to s3. They stay the same within a period. A bar
// belongs to the period in which it opens.
//
// In the first period there is none before: until the first bar of the second one, the
// points are those of the first period as far as it has come, the bar included. So they
// are defined from the first bar on and never look ahead. The first period is whatever
// part of it there is: where a whole one matters, begin at the start of a period and
// use the points from the second on. A period without a bar is passed over.
func Pivots(method PivotMethod, per Calendar) Definition {
	return pivotsKind.of(float64(method), float64(per))
}

var pivotsKind = Kind{
	Name: "pivots", Version: 1, Text: "pivot points of the UTC day, week or month before",
	Params: []Param{
		{Name: "method", OneOf: []string{"classic", "fibonacci", "camarilla", "woodie", "demark"}}, calendars,
	},
	Inputs:  []market.Field{market.Open, market.High, market.Low, market.Close, market.OpenTime},
	Outputs: []string{"p", "r1", "r2", "r3", "s1", "s2", "s3"},
	warmup:  func([]float64) []int { return make([]int, 7) },
	start: func(p []float64) Computation {
		return &pivots{method: PivotMethod(p[0]), clock: clock{per: Calendar(p[1])}}
	},
}

type pivots struct {
	method  PivotMethod
	clock   clock
	periods int // begun, up to 2
	open    float64
	high    float64
	low     float64
	close   float64
	points  [7]float64 // p, r1, r2, r3, s1, s2, s3
}

func (p *pivots) Next(in, out [][]float64) {
	opens, highs := in[0], in[1][:len(in[0])]
	lows, closes, times := in[2][:len(opens)], in[3][:len(opens)], in[4][:len(opens)]
	for i, o := range opens {
		if t := times[i]; !(t >= p.clock.start && t < p.clock.end) {
			p.clock.turn(t)
			if p.periods > 0 {
				p.points = p.of()
			}
			p.periods = min(p.periods+1, 2)
			p.open, p.high, p.low = o, highs[i], lows[i]
		}
		p.high, p.low, p.close = max(p.high, highs[i]), min(p.low, lows[i]), closes[i]
		if p.periods == 1 {
			p.points = p.of()
		}
		for k, v := range p.points {
			out[k][i] = v
		}
	}
}

// of returns the points that follow from the period as far as it has come.
func (p *pivots) of() [7]float64 {
	h, l, c, r := p.high, p.low, p.close, p.high-p.low
	mean := (h + l + c) / 3
	around := func(at, pivot, one, two, three float64) [7]float64 {
		a, b, d := float64(one*r), float64(two*r), float64(three*r)
		return [7]float64{pivot, at + a, at + b, at + d, at - a, at - b, at - d}
	}
	switch p.method {
	case ClassicPivots:
	case FibonacciPivots:
		return around(mean, mean, 0.382, 0.618, 1)
	case CamarillaPivots:
		return around(c, mean, 1.1/12, 1.1/6, 1.1/4)
	case WoodiePivots:
		mean = (h + l + 2*c) / 4
	case DeMarkPivots:
		x := h + l + 2*c
		switch {
		case c < p.open:
			x = h + float64(2*l) + c
		case c > p.open:
			x = float64(2*h) + l + c
		}
		up, down := float64(x/2)-l, float64(x/2)-h
		return [7]float64{x / 4, up, up, up, down, down, down}
	}
	return [7]float64{
		mean, 2*mean - l, mean + r, h + 2*(mean-l), 2*mean - h, mean - r, l - 2*(h-mean),
	}
}
