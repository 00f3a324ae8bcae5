package indicator

import "math"

// RMA is Wilder's moving average of the close, the one of RSI and ATR: it begins with
// the mean of the first period inputs, then moves by 1/period of the distance to each
// input. Other names are SMMA and Wilder's smoothing.
//
// The kind has a parameter more than the constructor: seed. With "mean" it begins as
// above; with "weights" every value is the weighted mean of all inputs so far, each
// weighing 1 - 1/period times the one after it, as pandas computes it (adjust).
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
func RMA(period int) Definition { return rmaKind.of(float64(period)) }

var rmaKind = Kind{
	Name: "rma", Version: 1, Text: "Wilder's moving average",
	Params: []Param{period("period", 14), {Name: "seed", OneOf: []string{"mean", "weights"}}},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		if p[1] == 0 {
			return newEMA(int(p[0]), 1/p[0])
		}
		return &weighed{period: int(p[0]), rest: 1 - 1/p[0]}
	},
}

// weighed is the weighted mean of all inputs so far.
type weighed struct {
	period      int
	rest        float64
	seen        int // up to period
	sum, weight float64
}

func (w *weighed) Next(in, out [][]float64) {
	for i, x := range in[0] {
		w.sum = x + float64(w.rest*w.sum)
		w.weight = 1 + float64(w.rest*w.weight)
		out[0][i] = w.sum / w.weight
		if w.seen < w.period {
			w.seen++
			if w.seen < w.period {
				out[0][i] = nan
			}
		}
	}
}

// ZLEMA is the zero lag exponential moving average of the close: EMA(period) of the
// inputs, each first moved on by as much as it has changed over the average's lag of
// (period-1)/2 bars, rounded down. The average begins with the mean of the first
// period of those.
//
// Source: John Ehlers and Ric Way, Zero Lag, 2010.
func ZLEMA(period int) Definition { return zlemaKind.of(float64(period)) }

var zlemaKind = Kind{
	Name: "zlema", Version: 1, Text: "zero lag exponential moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return (int(p[0])-1)/2 + int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		lag := (int(p[0]) - 1) / 2
		return &zlema{lag: lag, warm: later(lag), history: history{keep: lag}, ema: newEMA(int(p[0]), 2/(p[0]+1))}
	},
}

type zlema struct {
	lag     int
	warm    later
	history history
	ema     *ema
}

func (z *zlema) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	all, first := z.history.take(x)
	n := z.warm.skip(len(x))
	fillNaN(filled[:n])
	x, filled = x[n:], filled[n:]
	if len(x) == 0 {
		return
	}
	before := all[first+n-z.lag:][:len(x)]
	for i, v := range x {
		filled[i] = v + (v - before[i])
	}
	z.ema.next(filled, filled)
}

// TRIMA is the triangular moving average of the close: the mean of the last period
// inputs, weighed 1, 2, 3 … up to the middle one and down again.
func TRIMA(period int) Definition { return trimaKind.of(float64(period)) }

var trimaKind = Kind{
	Name: "trima", Version: 1, Text: "triangular moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		n := int(p[0])
		first, second := (n+1)/2, n/2+1
		return &trima{
			n: n, first: first, second: second, part: 1 / float64(first*second), interval: max(128, n),
			warm: later(n - 1), flat: flat{n: n}, history: history{keep: n},
		}
	},
}

// trima is the simple average over second bars of a simple average over first bars.
//
// Its sums are of what inputs differ from a pivot near them, and are taken anew every
// so many inputs counted from the first, as in line. A window of equal inputs gives
// that input exactly.
type trima struct {
	n, first, second int
	part             float64 // 1/(first × second)
	interval         int     // inputs between two fresh sums
	warm             later
	until            int // inputs before the next
	flat             flat
	pivot            float64
	newest, oldest   float64 // the first and the last of the sums over first inputs within the window
	total            float64 // of all of those
	history          history
}

func (t *trima) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	t.history.parts(x, func(all []float64, first, from int) { t.fill(all, first, filled[from:][:len(all)-first]) })
	t.flat.next(x, func(i int) { filled[i] = x[i] })
}

// fill fills out for the inputs all[first:].
func (t *trima) fill(all []float64, first int, out []float64) {
	i := t.warm.skip(len(out))
	fillNaN(out[:i])
	for i < len(out) {
		if t.until == 0 {
			t.until = t.interval - 1
			t.fresh(all[first+i+1-t.n : first+i+1])
			out[i] = t.pivot + float64(t.total*t.part)
			i++
			continue
		}
		end := min(i+t.until, len(out))
		t.until -= end - i
		t.roll(all[first+i-t.n:first+end], out[i:end])
		i = end
	}
}

// roll fills out; all begins with the window before.
func (t *trima) roll(all, out []float64) {
	entering := all[t.n:][:len(out)]
	between, next, leaving := all[t.n-t.first:][:len(out)], all[t.first:][:len(out)], all[:len(out)]
	newest, oldest, total, pivot, part := t.newest, t.oldest, t.total, t.pivot, t.part
	for k, x := range entering {
		newest += x - between[k]
		total += newest - oldest
		oldest += next[k] - leaving[k]
		out[k] = pivot + float64(total*part)
	}
	t.newest, t.oldest, t.total = newest, oldest, total
}

func (t *trima) fresh(window []float64) {
	pivot := window[len(window)/2]
	sum := 0.0
	for _, x := range window[:t.first] {
		sum += x - pivot
	}
	oldest, total := sum, sum
	next := window[t.first:]
	for k, x := range next {
		sum += x - window[k]
		total += sum
	}
	t.pivot, t.newest, t.oldest, t.total = pivot, sum, oldest, total
}

// KAMA is Kaufman's adaptive moving average of the close. It moves by the square of
// e·(2/(fast+1) - 2/(slow+1)) + 2/(slow+1) of the distance to each input, where the
// efficiency e is the change over period bars without its sign, by the sum of the
// changes from bar to bar; 1 where nothing moved. It begins with the input before its
// first output.
//
// Source: Perry Kaufman, Smarter Trading, 1995.
func KAMA(period, fast, slow int) Definition {
	return kamaKind.of(float64(period), float64(fast), float64(slow))
}

var kamaKind = Kind{
	Name: "kama", Version: 1, Text: "Kaufman's adaptive moving average",
	Params: []Param{period("period", 10), period("fast", 2), period("slow", 30)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		slow := 2 / (p[2] + 1)
		return &kama{
			period: int(p[0]), first: 1, warm: later(p[0]), slow: slow, spread: 2/(p[1]+1) - slow,
			history: history{keep: int(p[0]) + 1}, moved: newSum(int(p[0])),
		}
	},
}

type kama struct {
	period       int
	first, warm  later
	slow, spread float64
	history      history
	moved        *sum
	value        float64
	begun        bool
	steps        block
}

func (a *kama) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	all, first := a.history.take(x)
	n := a.first.skip(len(x))
	steps := a.steps[n:len(x)]
	if len(steps) > 0 {
		before := all[first+n-1:][:len(steps)]
		for i, v := range x[n:] {
			steps[i] = math.Abs(v - before[i])
		}
	}
	a.moved.next(steps, steps)
	n = a.warm.skip(len(x))
	fillNaN(filled[:n])
	if n < len(x) && !a.begun {
		a.value, a.begun = all[first+n-1], true
	}
	x, filled, steps = x[n:], filled[n:], a.steps[n:len(x)]
	if len(x) == 0 {
		return
	}
	before := all[first+n-a.period:][:len(x)]
	filled, steps = filled[:len(x)], steps[:len(x)]
	v, slow, spread := a.value, a.slow, a.spread
	for i, at := range x {
		e := 1.0
		if change, moved := math.Abs(at-before[i]), steps[i]; change < moved {
			e = change / moved
		}
		k := slow + float64(e*spread)
		k = float64(k * k)
		v = float64(k*at) + float64((1-k)*v) // one product shorter from v to v than v + k·(at-v)
		filled[i] = v
	}
	a.value = v
}
