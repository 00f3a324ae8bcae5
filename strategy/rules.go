package strategy

import "slices"

// Rule is a condition on the candles of one series: that a line crossed another, or that
// a line is 1.
type Rule struct {
	// Cross is 1 where A went above B at the close, -1 where it went below, in the sense
	// of Cross; 0 where A is 1.
	Cross int
	A, B  *Indicator // B only with Cross
}

// Rules are all that an instance does, where that follows from the candles of its one
// series and from whether it holds a position: without one it buys at a close where
// Enter holds and Exit does not; with one it closes it where Exit holds.
type Rules struct {
	Enter Rule
	Exit  Rule // without A: never
	Size  Size // of the purchase
}

// Ruled is an Instance that may be nothing but Rules. Whoever tries many of them over
// the same candles computes each line once and goes from one close where a rule holds to
// the next (backtest.Sweep).
type Ruled interface {
	Instance
	// Rules returns what the instance does, and false when it is not all that it does.
	Rules() (Rules, bool)
}

// Lines returns the lines that the rules read, each once.
func (r *Rules) Lines() []*Indicator {
	var all []*Indicator
	for _, line := range []*Indicator{r.Enter.A, r.Enter.B, r.Exit.A, r.Exit.B} {
		if line != nil && !slices.Contains(all, line) {
			all = append(all, line)
		}
	}
	return all
}

// Only lets a feed compute nothing but some of its lines and what they are computed
// from; the others have no values from then on. It must be called before the first bar.
// Those that share a feed among many instances call it.
func (f *Feed) Only(lines []*Indicator) {
	for _, n := range f.nodes {
		n.idle = true
	}
	for _, line := range lines {
		if line.feed == f {
			line.node.need()
		}
	}
}

// need lets a node be computed, with all that it is computed from.
func (n *node) need() {
	if !n.idle {
		return
	}
	n.idle = false
	for _, s := range n.sources {
		if s.line != nil {
			s.line.node.need()
		}
	}
}
