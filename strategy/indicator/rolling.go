package indicator

import "math"

// defined returns from where in a block of n inputs, of which seen came before, an
// inner stage with this warm-up is defined.
func defined(seen, warmup, n int) int { return min(max(warmup-seen, 0), n) }

// delay puts out its input of n inputs ago; NaN before that.
type delay struct {
	n    int
	seen int
	h    history
}

func newDelay(n int) *delay { return &delay{n: n, h: history{keep: n}} }

func (d *delay) next(in, out []float64) {
	all, first := d.h.take(in)
	i := defined(d.seen, d.n, len(in))
	d.seen += i
	fillNaN(out[:i])
	if i < len(in) {
		copy(out[i:len(in)], all[first+i-d.n:])
	}
}

// regression is the least-squares line through a rolling window of n values.
//
// Its sums are of what inputs differ from a pivot near them; pivot and sums are
// taken anew every so many inputs counted from the first, so that rounding does not
// add up. A window of equal inputs has the slope and the deviation 0 exactly.
type regression struct {
	n        int
	interval int // inputs between two fresh sums
	until    int // inputs before the next
	seen     int
	equal    int // how many inputs at the end are equal, the last included
	last     float64
	pivot    float64
	sum      float64 // of differences
	weighted float64 // of differences times their positions 0 … n-1
	squares  float64 // of squared differences
	history  history
}

func newRegression(n int) *regression {
	return &regression{n: n, interval: max(64, n), until: n, history: history{keep: n}}
}

// step takes in the input at i of all; it reports whether the window is full.
func (r *regression) step(all []float64, i int) bool {
	x := all[i]
	if r.seen > 0 && x == r.last {
		r.equal++
	} else {
		r.equal = 1
	}
	r.last = x
	r.seen++
	if r.until--; r.until == 0 {
		r.until = r.interval
		r.fresh(all[i+1-r.n : i+1])
		return true
	}
	if r.seen < r.n {
		return false
	}
	d, leaving := x-r.pivot, all[i-r.n]-r.pivot
	r.weighted += float64(float64(r.n-1)*d) - (r.sum - leaving)
	r.sum += d - leaving
	r.squares += float64(d*d) - float64(leaving*leaving)
	return true
}

func (r *regression) fresh(window []float64) {
	r.pivot = window[len(window)/2]
	r.sum, r.weighted, r.squares = 0, 0, 0
	for i, x := range window {
		d := x - r.pivot
		r.sum += d
		r.weighted += float64(float64(i) * d)
		r.squares += float64(d * d)
	}
}

// line fills in where the line ends, and if wanted the population deviation of the
// inputs from it; NaN before n inputs. The window is at least 2.
func (r *regression) line(in, end, deviation []float64) {
	all, first := r.history.take(in)
	n := float64(r.n)
	half, scale := (n-1)/2, 12/(n*(float64(n*n)-1))
	for i := range in {
		full := r.step(all, first+i)
		e, d := nan, nan
		switch {
		case !full:
		case r.equal >= r.n:
			e, d = r.last, 0
		default:
			mean := r.sum / n
			products := r.weighted - float64(r.sum*half)
			slope := products * scale
			e = r.pivot + (mean + float64(slope*half))
			if deviation != nil {
				d = math.Sqrt(max(0, r.squares-float64(r.sum*mean)-float64(slope*products)) / n)
			}
		}
		end[i] = e
		if deviation != nil {
			deviation[i] = d
		}
	}
}

// linear fills in the average that weighs the newest of n inputs n times, the oldest
// once; NaN before n inputs.
func (r *regression) linear(in, out []float64) {
	all, first := r.history.take(in)
	n := float64(r.n)
	divisor := n * (n + 1) / 2
	for i := range in {
		out[i] = nan
		if r.step(all, first+i) {
			out[i] = r.pivot + (r.weighted+r.sum)/divisor
		}
	}
}

// ranges are true ranges; the first is NaN, for want of a close before.
type ranges struct {
	begun bool
	last  float64
}

func (r *ranges) next(high, low, closing, out []float64) {
	last := r.last
	low, closing, out = low[:len(high)], closing[:len(high)], out[:len(high)]
	for i, h := range high {
		out[i] = trueRange(h, low[i], last)
		last = closing[i]
	}
	if !r.begun && len(out) > 0 {
		r.begun, out[0] = true, nan
	}
	r.last = last
}

// typical fills in the mean of high, low and close.
func typical(high, low, closing, out []float64) {
	low, closing, out = low[:len(high)], closing[:len(high)], out[:len(high)]
	for i, h := range high {
		out[i] = (h + low[i] + closing[i]) / 3
	}
}

// between fills in the middle of two columns.
func between(a, b, out []float64) {
	b, out = b[:len(a)], out[:len(a)]
	for i, v := range a {
		out[i] = (v + b[i]) / 2
	}
}
