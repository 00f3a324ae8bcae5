package indicator

import "github.com/tradekeel/tradekeel/market"

// Supertrend follows the trend by bands of so many average true ranges around the
// middle of the bar. The upper band falls with the market and otherwise stays, until
// a close was above it; the lower band rises and stays likewise. The direction begins
// with +1, becomes -1 when a bar closes below the lower band, and +1 when above the
// upper one. The trend is the lower band in direction +1, the upper one in -1. The
// average true range is Wilder's, as ATR.
//
// Source: Olivier Seban.
func Supertrend(period int, factor float64) Definition {
	return supertrendKind.of(float64(period), factor, 0)
}

// SupertrendPandas is the supertrend of the Python library pandas-ta: the average
// true range weighs all true ranges since the anchor, each older one 1 - 1/period
// times as much; a close is compared with the bands of the bar before; a band that
// the direction does not follow is not held; and on a change of direction both bands
// are taken anew. The direction is +1 from the first bar on.
func SupertrendPandas(period int, factor float64) Definition {
	return supertrendKind.of(float64(period), factor, 1)
}

var supertrendKind = Kind{
	Name: "supertrend", Version: 1, Text: "trend by bands of average true ranges",
	Params: []Param{
		period("period", 10), factor("factor", 3, 0.001, 1000), {Name: "rule", OneOf: []string{"wilder", "pandas"}},
	},
	Inputs: hlc, Outputs: []string{"trend", "direction", "upper", "lower"},
	warmup: func(p []float64) []int {
		w := int(p[0])
		if p[2] == 1 {
			return []int{w, 0, w, w}
		}
		return []int{w, w, w, w}
	},
	start: func(p []float64) Computation {
		if p[2] == 1 {
			return &supertrendPandas{period: int(p[0]), rest: 1 - 1/p[0], factor: p[1], direction: 1}
		}
		return &supertrend{atr: atr{period: int(p[0])}, warmup: int(p[0]), factor: p[1]}
	},
}

type supertrend struct {
	atr          atr
	warmup       int
	factor       float64
	seen         int
	upper, lower float64
	last         float64 // the close before
	direction    float64
}

func (s *supertrend) Next(in, out [][]float64) {
	high := in[0]
	low, closing := in[1][:len(high)], in[2][:len(high)]
	trend, direction := out[0][:len(high)], out[1][:len(high)]
	upper, lower := out[2][:len(high)], out[3][:len(high)]
	s.atr.next(high, low, closing, trend)
	i := defined(s.seen, s.warmup, len(high))
	for _, o := range out {
		fillNaN(o[:i])
	}
	up, down, last, d := s.upper, s.lower, s.last, s.direction
	if i < len(high) && d == 0 {
		// The bands begin with those of this bar, which is no change of direction.
		middle, width := float64((high[i]+low[i])/2), float64(s.factor*trend[i])
		up, down, last, d = middle+width, middle-width, closing[i], 1
		trend[i], direction[i], upper[i], lower[i] = down, d, up, down
		i++
	}
	for ; i < len(high); i++ {
		middle, width := float64((high[i]+low[i])/2), float64(s.factor*trend[i])
		if u := middle + width; u < up || last > up {
			up = u
		}
		if l := middle - width; l > down || last < down {
			down = l
		}
		last = closing[i]
		line := up
		if d > 0 {
			line = down
			if last < down {
				d, line = -1, up
			}
		} else if last > up {
			d, line = 1, down
		}
		trend[i], direction[i], upper[i], lower[i] = line, d, up, down
	}
	s.seen = min(s.seen+len(high), s.warmup)
	s.upper, s.lower, s.last, s.direction = up, down, last, d
}

type supertrendPandas struct {
	period       int
	seen         int
	rest, factor float64
	sum, weight  float64 // of true ranges
	upper, lower float64
	last         float64 // the close before
	direction    float64
}

func (s *supertrendPandas) Next(in, out [][]float64) {
	high := in[0]
	low, closing := in[1][:len(high)], in[2][:len(high)]
	for i, h := range high {
		if s.seen > 0 {
			s.sum = float64(s.rest*s.sum) + trueRange(h, low[i], s.last)
			s.weight = float64(s.rest*s.weight) + 1
		}
		s.last = closing[i]
		s.seen++
		out[0][i], out[1][i], out[2][i], out[3][i] = nan, s.direction, nan, nan
		if s.seen <= s.period {
			continue
		}
		middle, width := float64((h+low[i])/2), float64(s.factor*(s.sum/s.weight))
		upper, lower := middle+width, middle-width
		switch c := closing[i]; {
		case s.seen == s.period+1:
		case c > s.upper:
			s.direction = 1
		case c < s.lower:
			s.direction = -1
		case s.direction > 0:
			lower = max(lower, s.lower)
		default:
			upper = min(upper, s.upper)
		}
		trend := upper
		if s.direction > 0 {
			trend = lower
		}
		s.upper, s.lower = upper, lower
		out[0][i], out[1][i], out[2][i], out[3][i] = trend, s.direction, upper, lower
	}
}

// Chandelier is the chandelier exit: for longs so many average true ranges below the
// highest high of the last period bars, for shorts as many above the lowest low. The
// average true range is Wilder's over the same period.
//
// Source: Charles Le Beau, in Alexander Elder, Come Into My Trading Room, 2002.
func Chandelier(period int, factor float64) Definition {
	return chandelierKind.of(float64(period), factor)
}

var chandelierKind = Kind{
	Name: "chandelier", Version: 1, Text: "chandelier exit",
	Params: []Param{period("period", 22), factor("factor", 3, 0.001, 1000)},
	Inputs: hlc, Outputs: []string{"long", "short"},
	warmup: func(p []float64) []int { return []int{int(p[0]), int(p[0])} },
	start: func(p []float64) Computation {
		n := int(p[0])
		return &chandelier{atr: atr{period: n}, highest: newHighest(n), lowest: newLowest(n), factor: p[1]}
	},
}

type chandelier struct {
	atr     atr
	highest *extreme
	lowest  *extreme
	factor  float64
	width   [BlockSize]float64
}

func (c *chandelier) Next(in, out [][]float64) {
	width := c.width[:len(in[0])]
	c.atr.next(in[0], in[1], in[2], width)
	c.highest.next(in[0], out[0])
	c.lowest.next(in[1], out[1])
	long, short := out[0][:len(width)], out[1][:len(width)]
	for i, w := range width {
		d := float64(c.factor * w)
		long[i] -= d
		short[i] += d
	}
}

// HeikinAshi are averaged candles: the close is the mean of the bar's four prices,
// the open the middle of the open and close of the averaged candle before (of the
// bar's own at first), high and low the extremes of the bar's and these two.
func HeikinAshi() Definition { return heikinAshiKind.of() }

var heikinAshiKind = Kind{
	Name: "heikin_ashi", Version: 1, Text: "averaged candles",
	Inputs:  []market.Field{market.Open, market.High, market.Low, market.Close},
	Outputs: []string{"open", "high", "low", "close"},
	warmup:  func([]float64) []int { return []int{0, 0, 0, 0} },
	start:   func([]float64) Computation { return &heikinAshi{} },
}

type heikinAshi struct {
	begun          bool
	opened, closed float64 // of the averaged candle before
}

func (a *heikinAshi) Next(in, out [][]float64) {
	opens := in[0]
	highs, lows, closes := in[1][:len(opens)], in[2][:len(opens)], in[3][:len(opens)]
	openOut, highOut, lowOut, closeOut := out[0][:len(opens)], out[1][:len(opens)], out[2][:len(opens)], out[3][:len(opens)]
	if !a.begun && len(opens) > 0 {
		a.begun, a.opened, a.closed = true, opens[0], closes[0]
	}
	opened, closed := a.opened, a.closed
	for i, o := range opens {
		opened = (opened + closed) / 2
		closed = (o + highs[i] + lows[i] + closes[i]) / 4
		openOut[i], closeOut[i] = opened, closed
		highOut[i], lowOut[i] = max(highs[i], opened, closed), min(lows[i], opened, closed)
	}
	a.opened, a.closed = opened, closed
}

// Ichimoku is the equilibrium chart: the middle of the highest high and lowest low of
// the last tenkan and kijun bars, and the two edges of the cloud as they stand at the
// bar: those of displacement bars ago, span_a the mean of tenkan and kijun, span_b the
// middle of the last senkou bars. The bar itself counts in every window.
//
// The lagging line (chikou) is the close drawn displacement bars back; to use it
// without a look ahead, compare the close with what was displacement bars ago.
//
// Source: Goichi Hosoda; 9, 26, 52 and 26 are his.
func Ichimoku(tenkan, kijun, senkou, displacement int) Definition {
	return ichimokuKind.of(float64(tenkan), float64(kijun), float64(senkou), float64(displacement))
}

var ichimokuKind = Kind{
	Name: "ichimoku", Version: 1, Text: "Ichimoku equilibrium chart",
	Params: []Param{period("tenkan", 9), period("kijun", 26), period("senkou", 52), bars("displacement", 26, 0)},
	Inputs: highLow, Outputs: []string{"tenkan", "kijun", "span_a", "span_b"},
	warmup: func(p []float64) []int {
		t, k, s, d := int(p[0])-1, int(p[1])-1, int(p[2])-1, int(p[3])
		return []int{t, k, max(t, k) + d, s + d}
	},
	start: func(p []float64) Computation {
		c := &ichimoku{spanA: newDelay(int(p[3])), spanB: newDelay(int(p[3]))}
		for i := range c.lines {
			c.lines[i] = donchian{highest: newHighest(int(p[i])), lowest: newLowest(int(p[i]))}
		}
		return c
	},
}

type ichimoku struct {
	lines        [3]donchian
	spanA, spanB *delay
	highs, lows  [BlockSize]float64
	scratch      [3][]float64
}

func (c *ichimoku) Next(in, out [][]float64) {
	n := len(in[0])
	for i := range c.lines {
		c.scratch = [3][]float64{out[i+i/2], c.highs[:n], c.lows[:n]}
		c.lines[i].Next(in, c.scratch[:])
	}
	between(out[0], out[1], out[2])
	c.spanA.next(out[2], out[2])
	c.spanB.next(out[3], out[3])
}
