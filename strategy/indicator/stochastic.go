package indicator

// Stoch is the slow stochastic of Lane: k is where the close stands between the lowest
// low and the highest high of the last period bars, in percent and 0 where those are
// one, averaged over slow bars; d is the average of k over signal bars. Both averages
// are simple; both outputs begin with d.
//
// Source: George Lane, Lane's Stochastics, 1984.
func Stoch(period, slow, signal int) Definition {
	return stochKind.of(float64(period), float64(slow), float64(signal))
}

var stochKind = Kind{
	Name: "stoch", Version: 1, Text: "slow stochastic",
	Params: []Param{period("period", 14), period("slow", 3), period("signal", 3)},
	Inputs: hlc, Outputs: []string{"k", "d"},
	warmup: func(p []float64) []int {
		w := int(p[0]+p[1]+p[2]) - 3
		return []int{w, w}
	},
	start: func(p []float64) Computation { return newStoch(int(p[0]), int(p[1]), int(p[2])) },
}

// StochF is the fast stochastic: Stoch without the average of k.
func StochF(period, signal int) Definition { return stochfKind.of(float64(period), float64(signal)) }

var stochfKind = Kind{
	Name: "stochf", Version: 1, Text: "fast stochastic",
	Params: []Param{period("period", 14), period("signal", 3)},
	Inputs: hlc, Outputs: []string{"k", "d"},
	warmup: func(p []float64) []int {
		w := int(p[0]+p[1]) - 2
		return []int{w, w}
	},
	start: func(p []float64) Computation { return newStoch(int(p[0]), 1, int(p[1])) },
}

type stoch struct {
	place  *place
	slow   *mean // nil for an average of one
	signal *mean
	second later // where the signal begins to take in
	warm   later
}

func newStoch(period, slow, signal int) *stoch {
	s := &stoch{
		place: newPlace(period), signal: newMean(signal),
		second: later(period + slow - 2), warm: later(period + slow + signal - 3),
	}
	if slow > 1 {
		s.slow = newMean(slow)
		s.slow.warm = later(period - 1)
	}
	s.signal.warm = s.second
	return s
}

func (s *stoch) Next(in, out [][]float64) {
	k, d := out[0][:len(in[0])], out[1][:len(in[0])]
	s.place.next(in[0], in[1], in[2], k)
	if s.slow != nil {
		s.slow.next(k, k)
	}
	s.signal.next(k, d)
	fillNaN(k[:s.warm.skip(len(k))])
}

// mean is a simple average of a stage that is defined from the input warm on.
type mean struct {
	warm later
	sum  *sum
}

func newMean(n int) *mean { return &mean{sum: newSMA(n)} }

func (m *mean) next(in, out []float64) {
	n := m.warm.skip(len(in))
	fillNaN(out[:n])
	m.sum.next(in[n:], out[n:])
}

// place is where the close stands between the extremes of a window: from 0 at the
// lowest low to 100 at the highest high; 0 where those are one.
type place struct {
	channel *channel
	bottom  block
}

func newPlace(n int) *place { return &place{channel: newChannel(n)} }

func (p *place) next(high, low, closing, out []float64) {
	bottom := p.bottom[:len(closing)]
	out = out[:len(closing)]
	p.channel.next(high, low, out, bottom)
	for i, c := range closing {
		v := 0.0
		if r := out[i] - bottom[i]; r != 0 {
			v = 100 * (c - bottom[i]) / r
		}
		out[i] = v
	}
}

// WillR is Williams' %R, from -100 at the lowest low of the last period bars to 0 at
// the highest high; 0 where those are one.
//
// Source: Larry Williams, How I Made One Million Dollars, 1973.
func WillR(period int) Definition { return willrKind.of(float64(period)) }

var willrKind = Kind{
	Name: "willr", Version: 1, Text: "Williams' %R",
	Params: []Param{period("period", 14)},
	Inputs: hlc, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		return &willr{channel: newChannel(int(p[0]))}
	},
}

type willr struct {
	channel *channel
	bottom  block
}

func (w *willr) Next(in, out [][]float64) {
	closing := in[2]
	filled, bottom := out[0][:len(closing)], w.bottom[:len(closing)]
	w.channel.next(in[0], in[1], filled, bottom)
	for i, c := range closing {
		v := 0.0
		if r := filled[i] - bottom[i]; r != 0 {
			v = 100 * (c - filled[i]) / r
		}
		filled[i] = v
	}
}

// StochRSI is the fast stochastic of RSI(period) in place of the prices: k is where it
// stands between its extremes of the last window bars, in percent and 0 where those
// are one; d is the simple average of k over signal bars. Both begin with d.
//
// Source: Tushar Chande and Stanley Kroll, The New Technical Trader, 1994.
func StochRSI(period, window, signal int) Definition {
	return stochRSIKind.of(float64(period), float64(window), float64(signal))
}

var stochRSIKind = Kind{
	Name: "stoch_rsi", Version: 1, Text: "stochastic of the relative strength index",
	Params: []Param{bars("period", 14, 2), period("window", 14), period("signal", 3)},
	Inputs: ofClose, Series: 1, Outputs: []string{"k", "d"},
	warmup: func(p []float64) []int {
		w := int(p[0]+p[1]+p[2]) - 2
		return []int{w, w}
	},
	start: func(p []float64) Computation {
		s := &stochRSI{
			rsi: &rsi{period: int(p[0])}, place: newPlace(int(p[1])), signal: newMean(int(p[2])),
			first: later(p[0]), warm: later(p[0] + p[1] + p[2] - 2),
		}
		s.signal.warm = later(p[0] + p[1] - 1)
		return s
	},
}

type stochRSI struct {
	rsi         *rsi
	last        float64 // the input before
	before      float64 // its RSI: an input without a change leaves it as it is, to the last bit
	first, warm later
	place       *place
	signal      *mean
	strength    block
}

func (s *stochRSI) Next(in, out [][]float64) {
	k, d := out[0][:len(in[0])], out[1][:len(in[0])]
	strength := s.strength[:len(k)]
	s.rsi.next(in[0], strength)
	for i, x := range in[0] {
		if x == s.last && s.before == s.before {
			strength[i] = s.before
		}
		s.last, s.before = x, strength[i]
	}
	n := s.first.skip(len(k))
	strength = strength[n:]
	s.place.next(strength, strength, strength, k[n:])
	s.signal.next(k, d)
	fillNaN(k[:s.warm.skip(len(k))])
}
