package indicator

// TSI is Blau's true strength index: 100 times the change of the close, smoothed twice
// by exponential averages (over slow, then over fast bars), divided by its size smoothed
// alike, and the exponential average of that (signal). Each average begins with the mean
// of its first inputs. Without any movement it is 0.
//
// Source: William Blau, Momentum, Direction, and Divergence, 1995.
func TSI(slow, fast, signal int) Definition {
	return tsiKind.of(float64(slow), float64(fast), float64(signal))
}

var tsiKind = Kind{
	Name: "tsi", Version: 1, Text: "true strength index",
	Params: []Param{period("slow", 25), period("fast", 13), period("signal", 13)},
	Inputs: ofClose, Series: 1, Outputs: []string{"tsi", "signal"},
	warmup: func(p []float64) []int {
		w := int(p[0]+p[1]) - 1
		return []int{w, w + int(p[2]) - 1}
	},
	start: func(p []float64) Computation {
		return &tsi{
			warmup:  int(p[0]+p[1]) - 1,
			changes: newTwice(p[0], p[1]), sizes: newTwice(p[0], p[1]), signal: newEMA(int(p[2]), 2/(p[2]+1)),
		}
	},
}

// twice is the exponential average of an exponential average, each begun with the mean
// of its first inputs.
type twice struct{ first, second *ema }

func newTwice(first, second float64) *twice {
	return &twice{newEMA(int(first), 2/(first+1)), newEMA(int(second), 2/(second+1))}
}

// next fills out, which may be in.
func (t *twice) next(in, out []float64) {
	begin := defined(t.first.seen, t.first.period-1, len(in))
	t.first.next(in, out)
	t.second.next(out[begin:len(in)], out[begin:len(in)])
}

type tsi struct {
	warmup, seen   int
	last           float64
	changes, sizes *twice
	signal         *ema
	change, size   [BlockSize]float64
}

func (t *tsi) Next(in, out [][]float64) {
	n, line, signal := len(in[0]), out[0], out[1]
	change, size := t.change[:n], t.size[:n]
	for i, c := range in[0] {
		change[i] = c - t.last
		size[i] = max(change[i], -change[i])
		t.last = c
	}
	first := defined(t.seen, 1, n) // the first input is no change
	t.changes.next(change[first:], change[first:])
	t.sizes.next(size[first:], size[first:])
	for i, s := range size {
		if s == 0 {
			line[i] = 0
		} else {
			line[i] = 100 * change[i] / s
		}
	}
	begin := defined(t.seen, t.warmup, n)
	t.seen += begin
	fillNaN(line[:begin])
	fillNaN(signal[:begin])
	t.signal.next(line[begin:n], signal[begin:n])
}

// DPO is the detrended price oscillator: the close of period/2 + 1 bars ago minus the
// simple average of the last period closes. It shows cycles shorter than the period; it
// is not drawn back in time, so that it does not look ahead.
func DPO(period int) Definition { return dpoKind.of(float64(period)) }

var dpoKind = Kind{
	Name: "dpo", Version: 1, Text: "detrended price oscillator",
	Params: []Param{period("period", 21)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return max(int(p[0])-1, int(p[0])/2+1) }),
	start: func(p []float64) Computation {
		return &dpo{average: newSMA(int(p[0])), before: newDelay(int(p[0])/2 + 1)}
	},
}

type dpo struct {
	average *sum
	before  *delay
	mean    [BlockSize]float64
}

func (d *dpo) Next(in, out [][]float64) {
	mean := d.mean[:len(in[0])]
	d.average.next(in[0], mean)
	d.before.next(in[0], out[0])
	for i, m := range mean {
		out[0][i] -= m
	}
}
