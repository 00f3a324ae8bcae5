package indicator

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

// extreme finds the largest value of a rolling window in a fixed number of steps a
// bar, whatever the window and the data: the window is cut where its last full part
// ended; for the older part the maxima up to the cut are known, for the newer part
// the maximum runs. Negated inputs give the smallest.
type extreme struct {
	n      int
	seen   int
	h      history
	suffix []float64 // suffix[i]: the maximum from i to the end of the older part
	run    float64   // the maximum of the newer part
	length int       // of the newer part
}

func newExtreme(n int) *extreme {
	return &extreme{n: n, h: history{keep: n}, suffix: make([]float64, n)}
}

// next fills out with the maxima of the last n inputs; NaN before n of them.
func (e *extreme) next(in, out []float64) {
	all, first := e.h.take(in)
	n := e.n
	for i := 0; i < len(in); {
		if e.length == n {
			// The newer part is as long as the window: it becomes the older one.
			part := all[first+i-n : first+i]
			m := part[n-1]
			for j := n - 1; j >= 0; j-- {
				if part[j] > m {
					m = part[j]
				}
				e.suffix[j] = m
			}
			e.length = 0
		}
		last := min(len(in), i+n-e.length)
		run := e.run
		if e.length == 0 {
			run = in[i]
		}
		switch {
		case e.seen < n: // the first part: nothing is older
			for ; i < last; i++ {
				if in[i] > run {
					run = in[i]
				}
				e.seen++
				e.length++
				out[i] = nan
				if e.seen == n {
					out[i] = run
				}
			}
		default:
			older := e.suffix[e.length:]
			e.length += last - i
			for k := 1; i < last; i++ {
				if in[i] > run {
					run = in[i]
				}
				m := run
				if k < len(older) && older[k] > m {
					m = older[k]
				}
				k++
				out[i] = m
			}
		}
		e.run = run
	}
}
