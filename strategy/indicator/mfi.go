package indicator

import "math"

// MFI is the money flow index, from 0 to 100: of typical price × volume over the last
// period bars, how much fell to bars whose typical price (high + low + close)/3 is
// above that of the bar before, in percent of that and what fell to bars below; 0
// where neither is. Typical prices are compared as floating-point numbers.
//
// Source: Gene Quong and Avrum Soudack, Volume-Weighted RSI: Money Flow, 1989.
func MFI(period int) Definition { return mfiKind.of(float64(period)) }

var mfiKind = Kind{
	Name: "mfi", Version: 1, Text: "money flow index",
	Params: []Param{period("period", 14)},
	Inputs: hlcv, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		return &mfi{first: 1, up: newSum(int(p[0])), down: newSum(int(p[0]))}
	},
}

type mfi struct {
	first    later
	last     float64 // the typical price before
	up, down *sum
	away     block
}

func (m *mfi) Next(in, out [][]float64) {
	high, low, closing, volume := in[0], in[1], in[2], in[3]
	low, closing, volume = low[:len(high)], closing[:len(high)], volume[:len(high)]
	to, away := out[0][:len(high)], m.away[:len(high)]
	last := m.last
	for i, h := range high {
		price := (h + low[i] + closing[i]) / 3
		flow := math.Float64bits(price * volume[i])
		to[i] = masked(math.Float64frombits(flow), math.Float64bits(last-price))
		away[i] = masked(math.Float64frombits(flow), math.Float64bits(price-last))
		last = price
	}
	m.last = last
	n := m.first.skip(len(high))
	fillNaN(to[:n])
	to, away = to[n:], away[n:]
	m.up.next(to, to)
	m.down.next(away, away)
	for i, up := range to {
		to[i] = percent(up, up+away[i])
	}
}

// CCI is the commodity channel index: how far the typical price (high + low +
// close)/3 is from its mean over the last period bars, by 0.015 times the mean
// distance of those typical prices from their mean; 0 where they are all the same.
//
// Source: Donald Lambert, Commodity Channel Index, 1980.
func CCI(period int) Definition { return cciKind.of(float64(period)) }

var cciKind = Kind{
	Name: "cci", Version: 1, Text: "commodity channel index",
	Params: []Param{{Name: "period", Default: 20, Min: 2, Max: 10_000, Integer: true}},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		return newCCI(int(p[0]))
	},
}

func newCCI(n int) *cci {
	return &cci{n: n, warm: later(n - 1), flat: flat{n: n}, sum: newSum(n), history: history{keep: n}}
}

type cci struct {
	n       int
	warm    later
	flat    flat
	sum     *sum
	history history
	prices  block
	means   block
}

func (c *cci) Next(in, out [][]float64) {
	high, low, closing := in[0], in[1], in[2]
	low, closing = low[:len(high)], closing[:len(high)]
	prices := c.prices[:len(high)]
	for i, h := range high {
		prices[i] = (h + low[i] + closing[i]) / 3
	}
	all, first := c.history.take(prices)
	filled := out[0][:len(high)]
	n := c.warm.skip(len(high))
	fillNaN(filled[:n])
	means := c.means[:len(high)]
	c.sum.next(prices, means)
	size := float64(c.n)
	for i := n; i < len(prices); i++ {
		mean := means[i] / size
		v := 0.0
		if distance := distances(all[first+i+1-c.n:first+i+1], mean) / size; distance != 0 {
			v = (prices[i] - mean) / float64(0.015*distance)
		}
		filled[i] = v
	}
	c.flat.next(prices, func(i int) { filled[i] = 0 })
}

// distances adds up the distances from the mean, in four sums for speed.
func distances(window []float64, mean float64) float64 {
	var a, b, c, d float64
	for ; len(window) >= 4; window = window[4:] {
		a += math.Abs(window[0] - mean)
		b += math.Abs(window[1] - mean)
		c += math.Abs(window[2] - mean)
		d += math.Abs(window[3] - mean)
	}
	for _, v := range window {
		a += math.Abs(v - mean)
	}
	return (a + b) + (c + d)
}
