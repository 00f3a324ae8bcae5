package indicator

var bandNames = []string{"middle", "upper", "lower"}

// Donchian is the channel between the highest high and the lowest low of the last
// period bars, the bar itself included, and the middle of the two. To tell whether a
// bar breaks out of the channel, compare it with the channel of the bar before.
//
// Source: Richard Donchian.
func Donchian(period int) Definition { return donchianKind.of(float64(period)) }

var donchianKind = Kind{
	Name: "donchian", Version: 1, Text: "Donchian channel",
	Params: []Param{period("period", 20)},
	Inputs: highLow, Outputs: bandNames,
	warmup: func(p []float64) []int {
		w := int(p[0]) - 1
		return []int{w, w, w}
	},
	start: func(p []float64) Computation {
		return &donchian{highest: newHighest(int(p[0])), lowest: newLowest(int(p[0]))}
	},
}

type donchian struct {
	highest *extreme
	lowest  *extreme
}

func (d *donchian) Next(in, out [][]float64) {
	d.highest.next(in[0], out[1])
	d.lowest.next(in[1], out[2])
	between(out[1], out[2], out[0])
}

// Keltner is the channel around the exponential average of the close (middle) at a
// distance of so many average true ranges. The average true range is Wilder's, as
// ATR(atr).
//
// Source: Chester Keltner, How to Make Money in Commodities, 1960, as changed by
// Linda Bradford Raschke.
func Keltner(period, atr int, factor float64) Definition {
	return keltnerKind.of(float64(period), float64(atr), factor, 0)
}

// KeltnerEMA is Keltner with the exponential average of the true range over the same
// period as the middle's. A first bar has no true range: this average begins with the
// mean of the period - 1 true ranges that there are when the middle begins.
func KeltnerEMA(period int, factor float64) Definition {
	return keltnerKind.of(float64(period), float64(period), factor, 1)
}

var keltnerKind = Kind{
	Name: "keltner", Version: 1, Text: "Keltner channel",
	Params: []Param{
		bars("period", 20, 2), bars("range_period", 10, 2), factor("factor", 2, 0.001, 1000),
		{Name: "range_average", OneOf: []string{"wilder", "ema"}},
	},
	Inputs: hlc, Outputs: bandNames,
	warmup: func(p []float64) []int {
		middle := int(p[0]) - 1
		bands := max(middle, int(p[1]))
		if p[3] == 1 {
			bands = max(middle, int(p[1])-1)
		}
		return []int{middle, bands, bands}
	},
	start: func(p []float64) Computation {
		k := &keltner{middle: newEMA(int(p[0]), 2/(p[0]+1)), factor: p[2]}
		if p[3] == 1 {
			k.average = newEMA(int(p[1])-1, 2/(p[1]+1))
		} else {
			k.average = newEMA(int(p[1]), 1/p[1])
		}
		return k
	},
}

type keltner struct {
	middle  *ema
	ranges  ranges
	average *ema // of true ranges
	factor  float64
}

func (k *keltner) Next(in, out [][]float64) {
	middle, upper, lower := out[0], out[1], out[2]
	k.middle.next(in[2], middle)
	first := 0
	if !k.ranges.begun {
		first = min(1, len(middle))
	}
	k.ranges.next(in[0], in[1], in[2], upper)
	k.average.next(upper[first:], upper[first:])
	upper, lower = upper[:len(middle)], lower[:len(middle)]
	for i, m := range middle {
		d := float64(k.factor * upper[i])
		upper[i], lower[i] = m+d, m-d
	}
}

// LinRegChannel is the least-squares line through the last period closes, where it
// ends (middle), and the line plus and minus so many population deviations of the
// closes from it.
func LinRegChannel(period int, deviations float64) Definition {
	return linRegChannelKind.of(float64(period), deviations)
}

var linRegChannelKind = Kind{
	Name: "linreg_channel", Version: 1, Text: "linear regression channel",
	Params: []Param{bars("period", 100, 2), factor("deviations", 2, 0.001, 1000)},
	Inputs: ofClose, Series: 1, Outputs: bandNames,
	warmup: func(p []float64) []int {
		w := int(p[0]) - 1
		return []int{w, w, w}
	},
	start: func(p []float64) Computation {
		return &linRegChannel{regression: newRegression(int(p[0])), factor: p[1]}
	},
}

type linRegChannel struct {
	regression *regression
	factor     float64
}

func (l *linRegChannel) Next(in, out [][]float64) {
	middle, upper, lower := out[0], out[1], out[2]
	l.regression.line(in[0], middle, upper)
	for i, m := range middle {
		d := float64(l.factor * upper[i])
		upper[i], lower[i] = m+d, m-d
	}
}

// Squeeze tells when Bollinger's bands of the close lie within Keltner's channel (on:
// 1, else 0), and the momentum that may be let go: where the least-squares line ends
// that runs through the last period distances of the close from the mean of the
// Donchian middle and the simple average.
//
// Both channels have the simple average of the close as their middle, so that the
// squeeze is on when deviations × the population deviation is below factor × the
// simple average of the true range.
//
// Source: John Carter, Mastering the Trade, 2005, TTM squeeze; with simple averages
// and the momentum as LazyBear published it.
func Squeeze(period int, deviations, factor float64) Definition {
	return squeezeKind.of(float64(period), deviations, factor)
}

var squeezeKind = Kind{
	Name: "squeeze", Version: 1, Text: "squeeze of Bollinger's bands within Keltner's channel, and momentum",
	Params: []Param{
		bars("period", 20, 2), factor("deviations", 2, 0.001, 1000), factor("factor", 1.5, 0.001, 1000),
	},
	Inputs: hlc, Outputs: []string{"on", "momentum"},
	warmup: func(p []float64) []int { return []int{int(p[0]), 2*int(p[0]) - 2} },
	start: func(p []float64) Computation {
		n := int(p[0])
		return &squeeze{
			period: n, deviations: p[1], factor: p[2] / p[0],
			bands: newMoments(n, false), ranges: newSum(n),
			channel: donchian{highest: newHighest(n), lowest: newLowest(n)}, line: newRegression(n),
		}
	},
}

type squeeze struct {
	period             int
	seen               int
	deviations, factor float64
	bands              *moments
	trueRange          ranges
	ranges             *sum
	channel            donchian
	line               *regression

	mean, variance, sum, middle, upper, lower [BlockSize]float64
}

func (s *squeeze) Next(in, out [][]float64) {
	on, momentum := out[0], out[1]
	closing := in[2]
	n := len(closing)
	mean, variance, sum := s.mean[:n], s.variance[:n], s.sum[:n]
	s.bands.next(closing, mean, variance)
	first := defined(s.seen, 1, n)
	s.trueRange.next(in[0], in[1], closing, sum)
	s.ranges.next(sum[first:], sum[first:])
	for i := range on[:n] {
		d, r := s.deviations, s.factor*sum[i]
		on[i] = 0
		if d*d*variance[i] < r*r {
			on[i] = 1
		}
	}
	fillNaN(on[:defined(s.seen, s.period, n)])

	middle := s.middle[:n]
	s.channel.Next(in[:2], [][]float64{middle, s.upper[:n], s.lower[:n]})
	for i, c := range closing {
		momentum[i] = c - float64((middle[i]+mean[i])/2)
	}
	first = defined(s.seen, s.period-1, n)
	s.line.line(momentum[first:n], momentum[first:n], nil)
	s.seen = min(s.seen+n, s.period)
}
