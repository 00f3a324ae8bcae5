package robust

import (
	"context"
	"fmt"
	"math"
	"math/bits"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/stats"
)

// OverfittingOptions are the options of Overfitting. The zero value works.
type OverfittingOptions struct {
	// Blocks is the number of blocks that the periods are cut into, even, from 2 to 20;
	// 16 by default, which gives 12,870 ways of choosing half of them.
	Blocks int
	// Workers and Progress are as in Options.
	Workers  int
	Progress func(done, total int)
}

// PBO is what combinatorially symmetric cross-validation finds.
type PBO struct {
	Trials       int `json:"trials"`
	Blocks       int `json:"blocks"`
	Combinations int `json:"combinations"`
	Periods      int `json:"periods"` // that were used: whole blocks, the latest ones
	// Probability is the share of combinations in which the best of one half is not
	// above the median of the other: of backtest overfitting.
	Probability float64 `json:"probability"`
	// Loss is the share in which the best of one half loses in the other.
	Loss float64 `json:"loss"`
	// Logits are ln(ω ÷ (1-ω)) of the relative rank ω in the other half.
	Logits Distribution `json:"logits"`
	// Slope and Intercept are those of the line of the Sharpe ratio in the other half
	// over that in the chosen one, of the best; RSquared is what it explains. A slope
	// below zero: the better it looked, the worse it was.
	Slope     stats.Number `json:"slope"`
	Intercept stats.Number `json:"intercept"`
	RSquared  stats.Number `json:"r_squared"`
	Warnings  []string     `json:"warnings,omitempty"`
}

// Overfitting estimates the probability that choosing the best of many trials by its
// Sharpe ratio is overfitting, by combinatorially symmetric cross-validation: Bailey,
// Borwein, López de Prado and Zhu, "The Probability of Backtest Overfitting", Journal
// of Computational Finance 20 (2017). The periods are cut into blocks; for every way
// of choosing half of them, the best trial of that half is ranked in the other.
// Trials that are noise give about 0.5, one that is truly better about 0.
//
// Where the number of periods is no multiple of the blocks the first ones are left
// out. Nothing is random. Equal ratios share their ranks.
func Overfitting(ctx context.Context, t Trials, o OverfittingOptions) (*PBO, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	if o.Blocks == 0 {
		o.Blocks = 16
	}
	size := len(t[0]) / max(1, o.Blocks)
	switch {
	case o.Blocks < 2 || o.Blocks > 20 || o.Blocks%2 != 0:
		return nil, tradekeel.Invalidf("blocks", "must be even and from 2 to 20, got %d", o.Blocks)
	case size < 2:
		return nil, tradekeel.Invalidf("trials", "%d blocks of at least 2 periods need %d, got %d", o.Blocks, 2*o.Blocks, len(t[0]))
	}
	c := newCSCV(t, o.Blocks, size)
	halves := choose(o.Blocks)
	logits := make([]float64, len(halves))
	in, out := make([]float64, len(halves)), make([]float64, len(halves))
	lost := make([]bool, len(halves))
	if err := parallel.Each(ctx, len(halves), parallel.Options{Workers: o.Workers, Chunk: 64, Progress: o.Progress}, func() func(int) error {
		w := c.worker()
		return func(i int) error {
			logits[i], in[i], out[i], lost[i] = w.rank(halves[i])
			return nil
		}
	}); err != nil {
		return nil, err
	}
	p := &PBO{Trials: len(t), Blocks: o.Blocks, Combinations: len(halves), Periods: size * o.Blocks}
	for i, logit := range logits {
		if logit <= 0 {
			p.Probability++
		}
		if lost[i] {
			p.Loss++
		}
	}
	p.Probability /= float64(len(halves))
	p.Loss /= float64(len(halves))
	p.Slope, p.Intercept, p.RSquared = line(in, out)
	p.Logits = newDistribution(logits, []float64{5, 25, 50, 75, 95})
	p.warn()
	return p, nil
}

func (p *PBO) warn() {
	if p.Probability >= 0.1 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("In %s of the %d splits the trial that is best in one half is not above the median in the other: choosing by past results is overfitting there.",
			stats.Number(p.Probability).Percent(), p.Combinations))
	}
	if p.Loss >= 0.1 {
		p.Warnings = append(p.Warnings, fmt.Sprintf("In %s of the splits the best of one half loses in the other.", stats.Number(p.Loss).Percent()))
	}
}

// choose returns every way of choosing half of the blocks, as bits, rising.
func choose(blocks int) []uint32 {
	var all []uint32
	for set := range uint32(1) << blocks {
		if bits.OnesCount32(set) == blocks/2 {
			all = append(all, set)
		}
	}
	return all
}

// cscv holds the sums of every block and trial, by block and then by trial. Returns
// are taken from the mean of their trial, so that sums of squares lose nothing.
type cscv struct {
	trials, blocks int
	half           float64 // periods of half the blocks
	means          []float64
	sums, squares  []float64
	allSums        []float64 // over all blocks
	allSquares     []float64
}

func newCSCV(t Trials, blocks, size int) *cscv {
	n := len(t)
	c := &cscv{
		trials: n, blocks: blocks, half: float64(size * blocks / 2), means: make([]float64, n),
		sums: make([]float64, n*blocks), squares: make([]float64, n*blocks),
		allSums: make([]float64, n), allSquares: make([]float64, n),
	}
	for k, values := range t {
		values = values[len(values)-size*blocks:]
		m := mean(values)
		c.means[k] = m
		for b := range blocks {
			sum, squares := 0.0, 0.0
			for _, v := range values[b*size : (b+1)*size] {
				sum += v - m
				squares += float64((v - m) * (v - m))
			}
			c.sums[b*n+k], c.squares[b*n+k] = sum, squares
			c.allSums[k] += sum
			c.allSquares[k] += squares
		}
	}
	return c
}

type cscvWorker struct {
	*cscv

	sums, squares, out []float64
}

func (c *cscv) worker() *cscvWorker {
	return &cscvWorker{c, make([]float64, c.trials), make([]float64, c.trials), make([]float64, c.trials)}
}

// rank finds the best of the chosen half and its logit in the other.
func (w *cscvWorker) rank(set uint32) (logit, in, out float64, lost bool) {
	clear(w.sums)
	clear(w.squares)
	n := w.trials
	for b := range w.blocks {
		if set>>b&1 == 0 {
			continue
		}
		for k, v := range w.cscv.sums[b*n : (b+1)*n] {
			w.sums[k] += v
		}
		for k, v := range w.cscv.squares[b*n : (b+1)*n] {
			w.squares[k] += v
		}
	}
	best, highest := 0, math.Inf(-1)
	for k := range n {
		if v := w.ratio(k, w.sums[k], w.squares[k]); v > highest {
			best, highest = k, v
		}
		w.out[k] = w.ratio(k, w.allSums[k]-w.sums[k], w.allSquares[k]-w.squares[k])
	}
	own := w.out[best]
	rank := 0.5 // itself and its equals count half each
	for _, v := range w.out {
		switch {
		case v < own:
			rank++
		case v == own:
			rank += 0.5
		}
	}
	relative := rank / float64(n+1)
	return math.Log(relative / (1 - relative)), highest, own, own < 0
}

// ratio is the Sharpe ratio of a trial over half of the periods; of returns that do
// not vary it is 0, or infinite where they are not 0.
func (c *cscv) ratio(k int, sum, squares float64) float64 {
	shift := sum / c.half
	m := c.means[k] + shift
	rest := squares - float64(sum*shift)
	if !(rest > flat*flat*(squares+float64(c.half*m*m))) {
		switch {
		case math.Abs(m) < 1e-15:
			return 0
		case m > 0:
			return math.Inf(1)
		}
		return math.Inf(-1)
	}
	return m / math.Sqrt(rest/(c.half-1))
}

// line fits y over x by least squares.
func line(x, y []float64) (slope, intercept, explained stats.Number) {
	mx, my := mean(x), mean(y)
	var xx, xy, yy float64
	for i := range x {
		dx, dy := x[i]-mx, y[i]-my
		xx += float64(dx * dx)
		xy += float64(dx * dy)
		yy += float64(dy * dy)
	}
	if !(xx > 0 && yy > 0) || math.IsInf(xx, 0) || math.IsInf(yy, 0) {
		return stats.Undefined, stats.Undefined, stats.Undefined
	}
	k := xy / xx
	return stats.Number(k), stats.Number(my - k*mx), stats.Number(xy * xy / (xx * yy))
}
