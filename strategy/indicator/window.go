package indicator

import "math"

// history keeps the last inputs of a computation in one piece of memory with the
// block at hand, so that a window over both is one loop.
type history struct {
	keep int       // how many inputs before a block are needed
	buf  []float64 // those, perhaps some older ones, then the block
}

// take takes in a block and returns it with what came before: all[first:] is the
// block, all[first-1] the input before it. At least keep inputs come before, once
// so many were taken in. The slice is valid until the next call.
func (h *history) take(block []float64) (all []float64, first int) {
	if len(h.buf)+len(block) > cap(h.buf) {
		h.room(len(block))
	}
	first = len(h.buf)
	h.buf = append(h.buf, block...)
	return h.buf, first
}

// room drops what is not needed. It leaves room for as much as is kept, so that
// each input is moved once on average, however short the blocks are.
func (h *history) room(n int) {
	kept := h.buf[max(0, len(h.buf)-h.keep):]
	const least = 32
	if want := h.keep + max(n, h.keep, least); cap(h.buf) < want {
		h.buf = append(make([]float64, 0, want), kept...)
		return
	}
	h.buf = h.buf[:copy(h.buf[:len(kept)], kept)]
}

// past returns the last keep inputs before a block, or as many as there were; valid
// until the next call of take or pass.
func (h *history) past() []float64 { return h.buf[max(0, len(h.buf)-h.keep):] }

// pass takes in a block of at least keep inputs without a copy of more than those.
func (h *history) pass(block []float64) {
	h.buf = append(h.buf[:0], block[len(block)-h.keep:]...)
}

// parts hands a block to f in one part or two, which need not be copied as a whole:
// from is the part's place in the block, all[first:] the part and all[:first] what
// came before it, at least keep inputs once so many were taken in.
func (h *history) parts(block []float64, f func(all []float64, first, from int)) {
	if len(block) <= h.keep {
		all, first := h.take(block)
		f(all, first, 0)
		return
	}
	all, first := h.take(block[:h.keep])
	f(all, first, 0)
	f(block, h.keep, h.keep)
	h.pass(block)
}

// extreme finds the largest, or the smallest, value of a rolling window in a fixed
// number of steps a bar, whatever the window and the values: inputs, counted from the
// first, form parts as long as the window; of the older part the extremes from each
// input to its end are known, of the newer part the extreme runs. No branch depends
// on the inputs: they are compared as integers of the same order.
//
// Source: M. van Herk, A fast algorithm for local minimum and maximum filters, 1992.
type extreme struct {
	n      int
	seen   int     // up to n
	turn   int64   // 0 for the largest, -1 for the smallest
	part   []int64 // the newer part, then what is left of the older one's extremes, then one more
	length int     // of the newer part
	run    int64   // the extreme of the newer part
}

func newHighest(n int) *extreme { return newExtreme(n, 0) }

func newLowest(n int) *extreme { return newExtreme(n, -1) }

func newExtreme(n int, turn int64) *extreme {
	e := &extreme{n: n, turn: turn, part: make([]int64, n+1), run: math.MinInt64}
	for i := range e.part {
		e.part[i] = math.MinInt64
	}
	return e
}

// rank maps numbers to integers of the same order; level is its inverse. A number
// that is none ranks above all, whichever way is up.
func rank(v float64, turn int64) int64 {
	if v != v {
		return math.MaxInt64
	}
	b := int64(math.Float64bits(v))
	return b ^ int64(uint64(b>>63)>>1) ^ turn
}

func level(rank, turn int64) float64 {
	b := rank ^ turn
	return math.Float64frombits(uint64(b ^ int64(uint64(b>>63)>>1)))
}

// next fills out with the extremes of the last n inputs; NaN before n of them.
func (e *extreme) next(in, out []float64) {
	out = out[:len(in)]
	warm := min(e.n-1-min(e.seen, e.n-1), len(in))
	e.seen = min(e.seen+len(in), e.n)
	filled := out
	for len(in) > 0 {
		if e.length == e.n {
			part, best := e.part[:e.n], int64(math.MinInt64)
			for j := len(part) - 1; j >= 0; j-- {
				best = max(best, part[j])
				part[j] = best
			}
			e.length, e.run = 0, math.MinInt64
		}
		part := e.part[e.length:]
		n := min(len(in), len(part)-1)
		older := part[1:][:n]
		part = part[:n]
		put := out[:n]
		run, turn := e.run, e.turn
		for k, v := range in[:n] {
			r := rank(v, turn)
			part[k] = r
			run = max(run, r)
			put[k] = level(max(run, older[k]), turn)
		}
		e.run = run
		e.length += n
		in, out = in[n:], out[n:]
	}
	fillNaN(filled[:warm])
}

// channel is the highest of one series and the lowest of another over a rolling
// window: two extremes in one loop.
type channel struct {
	n            int
	seen         int // up to n
	above, below []int64
	length       int
	top, bottom  int64
}

func newChannel(n int) *channel {
	c := &channel{n: n, above: make([]int64, n+1), below: make([]int64, n+1), top: math.MinInt64, bottom: math.MinInt64}
	for i := range c.above {
		c.above[i], c.below[i] = math.MinInt64, math.MinInt64
	}
	return c
}

// next fills highest and lowest; NaN before n inputs.
func (c *channel) next(high, low, highest, lowest []float64) {
	n := len(high)
	low, highest, lowest = low[:n], highest[:n], lowest[:n]
	warm := min(c.n-1-min(c.seen, c.n-1), n)
	c.seen = min(c.seen+n, c.n)
	for i := 0; i < n; {
		if c.length == c.n {
			c.turnOver()
		}
		m := min(n-i, c.n-c.length)
		c.roll(high[i:i+m], low[i:i+m], highest[i:i+m], lowest[i:i+m])
		i += m
	}
	fillNaN(highest[:warm])
	fillNaN(lowest[:warm])
}

func (c *channel) roll(high, low, highest, lowest []float64) {
	n := len(high)
	above, below := c.above[c.length:], c.below[c.length:]
	olderAbove, olderBelow := above[1:][:n], below[1:][:n]
	above, below = above[:n], below[:n]
	low, highest, lowest = low[:n], highest[:n], lowest[:n]
	top, bottom := c.top, c.bottom
	for k, h := range high {
		up, down := rank(h, 0), rank(low[k], -1)
		above[k], below[k] = up, down
		top, bottom = max(top, up), max(bottom, down)
		highest[k] = level(max(top, olderAbove[k]), 0)
		lowest[k] = level(max(bottom, olderBelow[k]), -1)
	}
	c.top, c.bottom = top, bottom
	c.length += n
}

// turnOver makes the newer part the older one.
func (c *channel) turnOver() {
	above, below := c.above[:c.n], c.below[:c.n]
	top, bottom := int64(math.MinInt64), int64(math.MinInt64)
	for j := len(above) - 1; j >= 0; j-- {
		top, bottom = max(top, above[j]), max(bottom, below[j])
		above[j], below[j] = top, bottom
	}
	c.length, c.top, c.bottom = 0, math.MinInt64, math.MinInt64
}

// latest finds how many bars ago the extreme of a rolling window was; of equal ones
// the latest counts. It works as extreme does.
type latest struct {
	n      int
	seen   int
	turn   int64
	part   []int64
	place  []int // when the extremes of part were; the first input is 0
	length int
	run    int64
	at     int
}

func newLatest(n int, turn int64) *latest {
	l := &latest{n: n, turn: turn, part: make([]int64, n+1), place: make([]int, n+1), run: math.MinInt64}
	for i := range l.part {
		l.part[i] = math.MinInt64
	}
	return l
}

// next fills out with ages in bars, 0 for the bar itself; NaN before n inputs.
func (l *latest) next(in, out []float64) {
	out = out[:len(in)]
	warm := min(max(l.n-1-l.seen, 0), len(in))
	filled := out
	for len(in) > 0 {
		if l.length == l.n {
			l.turnOver()
		}
		part, place := l.part[l.length:], l.place[l.length:]
		n := min(len(in), len(part)-1)
		older, olderPlace := part[1:][:n], place[1:][:n]
		part, place = part[:n], place[:n]
		put := out[:n]
		run, at, turn, now := l.run, l.at, l.turn, l.seen
		for k, v := range in[:n] {
			r := rank(v, turn)
			part[k], place[k] = r, now
			if r >= run {
				at = now
			}
			run = max(run, r)
			where := olderPlace[k]
			if older[k] <= run {
				where = at
			}
			put[k] = float64(now - where)
			if max(run, older[k]) == math.MaxInt64 {
				put[k] = nan
			}
			now++
		}
		l.run, l.at, l.seen = run, at, now
		l.length += n
		in, out = in[n:], out[n:]
	}
	fillNaN(filled[:warm])
}

// turnOver makes the newer part the older one.
func (l *latest) turnOver() {
	part, place := l.part[:l.n], l.place[:l.n]
	best, at := int64(math.MinInt64), 0
	for j := len(part) - 1; j >= 0; j-- {
		r, p := part[j], place[j]
		if r > best {
			at = p
		}
		best = max(best, r)
		part[j], place[j] = best, at
	}
	l.length, l.run = 0, math.MinInt64
}

// sum adds up a rolling window, or takes its mean, without ever taking anything away,
// so that nothing drifts, and inputs that are 0 add up to 0 whatever came before them.
// It works in parts as extreme does.
type sum struct {
	n      int
	mean   bool // the sum by n
	seen   int  // up to n
	part   []float64
	length int
	run    float64
}

func newSum(n int) *sum { return &sum{n: n, part: make([]float64, n+1)} }

func newSMA(n int) *sum {
	s := newSum(n)
	s.mean = true
	return s
}

// next fills out, which may be in itself, with the sums or means of the last n inputs;
// NaN before n of them.
func (s *sum) next(in, out []float64) {
	out = out[:len(in)]
	warm := min(s.n-1-min(s.seen, s.n-1), len(in))
	s.seen = min(s.seen+len(in), s.n)
	filled := out
	for len(in) > 0 {
		if s.length == s.n {
			right := 0.0
			part := s.part[:s.n]
			for j := len(part) - 1; j >= 0; j-- {
				right += part[j]
				part[j] = right
			}
			s.length, s.run = 0, 0
		}
		part := s.part[s.length:]
		n := min(len(in), len(part)-1)
		older := part[1:][:n]
		part = part[:n]
		put := out[:n]
		run := s.run
		if s.mean {
			size := float64(s.n)
			for k, v := range in[:n] {
				part[k] = v
				run += v
				put[k] = (run + older[k]) / size
			}
		} else {
			for k, v := range in[:n] {
				part[k] = v
				run += v
				put[k] = run + older[k]
			}
		}
		s.run = run
		s.length += n
		in, out = in[n:], out[n:]
	}
	fillNaN(filled[:warm])
}

// flat finds the windows of n equal inputs. It looks at few inputs where there are
// none: n equal inputs in a row have a pair of neighbours at every (n-1)-th place.
// n is at least 1.
type flat struct {
	n    int
	last uint64
	run  int // how many inputs at the end are equal, the last included
}

// next takes in a block, and calls put with each place in it at which a window of
// equal inputs ends.
func (f *flat) next(in []float64, put func(i int)) {
	k := 0
	for ; k < len(in) && f.run > 0 && math.Float64bits(in[k]) == f.last; k++ {
		if f.run++; f.run >= f.n {
			put(k)
		}
	}
	if k == len(in) {
		return
	}
	for j := k + f.n - 1; j < len(in); {
		if f.n > 1 && in[j] != in[j-1] || math.IsNaN(in[j]) {
			j += max(f.n-1, 1)
			continue
		}
		from, to := equalAround(in[k:], j-k)
		for i := k + from + f.n - 1; i <= k+to; i++ {
			put(i)
		}
		j = max(j, k+to+1) + f.n - 1
	}
	from, _ := equalAround(in[k:], len(in)-k-1)
	f.run, f.last = len(in)-k-from, math.Float64bits(in[len(in)-1])
	if math.IsNaN(in[len(in)-1]) {
		f.run = 0
	}
}

// equalAround returns the first and the last of the inputs around place i that are
// equal to the one there.
func equalAround(in []float64, i int) (from, to int) {
	v := math.Float64bits(in[i])
	from, to = i, i
	for from > 0 && math.Float64bits(in[from-1]) == v {
		from--
	}
	for to+1 < len(in) && math.Float64bits(in[to+1]) == v {
		to++
	}
	return from, to
}

// later leaves out the first so many inputs of a stage behind another: those that
// the stage before it does not define.
type later int

// skip returns how many of the next n inputs to leave out.
func (l *later) skip(n int) int {
	k := min(int(*l), n)
	*l -= later(k)
	return k
}

// block is room for what one stage hands to the next.
type block [BlockSize]float64
