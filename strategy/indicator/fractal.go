package indicator

// Fractals are Williams' fractals: a high above those of so many bars on either side
// (2 in the source), and a low below them. Which bar is one is known only when the bars
// after it have closed; at that bar up_new (down_new) is 1, else 0, and up (down)
// becomes its high (low) and keeps it until the next one. Equal highs (lows) make none.
//
// The first output is where the first fractal may be known, after twice as many bars.
// Until there is one, up is the highest high of all bars so far and down the lowest low.
//
// Source: Bill Williams, Trading Chaos, 1995.
func Fractals(wing int) Definition { return fractalsKind.of(float64(wing)) }

var fractalsKind = Kind{
	Name: "fractals", Version: 1, Text: "Williams fractals, once they are known",
	Params: []Param{period("wing", 2)},
	Inputs: highLow, Outputs: []string{"up", "down", "up_new", "down_new"},
	warmup: func(p []float64) []int {
		w := 2 * int(p[0])
		return []int{w, w, w, w}
	},
	start: func(p []float64) Computation {
		n := int(p[0])
		return &fractals{up: newPeaks(n), down: newPeaks(n)}
	},
}

type fractals struct {
	up, down *peaks // of the negated lows
	negated  [BlockSize]float64
}

func (f *fractals) Next(in, out [][]float64) {
	f.up.next(in[0], out[0], out[2])
	negated := f.negated[:len(in[1])]
	for i, v := range in[1] {
		negated[i] = -v
	}
	f.down.next(negated, out[1], out[3])
	for i, v := range out[1] {
		out[1][i] = -v
	}
}

// peaks finds the inputs above so many on either side.
type peaks struct {
	wing    int
	seen    int
	inputs  history
	highest *extreme // of so many inputs
	wings   history  // what it put out
	found   bool
	value   float64 // the last peak, or the highest so far
	maxima  [BlockSize]float64
}

func newPeaks(wing int) *peaks {
	return &peaks{wing: wing, inputs: history{keep: wing}, highest: newHighest(wing), wings: history{keep: wing + 1}}
}

func (p *peaks) next(in, last, fresh []float64) {
	maxima := p.maxima[:len(in)]
	p.highest.next(in, maxima)
	inputs, first := p.inputs.take(in)
	wings, firstWing := p.wings.take(maxima)
	i := defined(p.seen, 2*p.wing, len(in))
	for j, x := range in[:i] {
		if p.seen+j == 0 || x > p.value {
			p.value = x
		}
		last[j], fresh[j] = nan, nan
	}
	p.seen += i
	for ; i < len(in); i++ {
		// The bars after the one in the middle end here, those before it where it begins.
		middle := inputs[first+i-p.wing]
		fresh[i] = 0
		if middle > maxima[i] && middle > wings[firstWing+i-p.wing-1] {
			p.found, p.value, fresh[i] = true, middle, 1
		} else if !p.found && in[i] > p.value {
			p.value = in[i]
		}
		last[i] = p.value
	}
}
