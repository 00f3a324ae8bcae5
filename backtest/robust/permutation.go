package robust

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/stats"
)

// TestOptions are what the tests have in common. The zero value works.
type TestOptions struct {
	// Runs is the number of random draws; 1000 by default, from 10 to 1,000,000. The
	// smallest p-value that can come out is 1 ÷ (Runs + 1).
	Runs int
	// Seed, Workers and Progress are as in Options.
	Seed     uint64
	Workers  int
	Progress func(done, total int)
}

func (o TestOptions) filled() (TestOptions, error) {
	common, err := Options{Runs: o.Runs, Points: 2}.filled()
	o.Runs = common.Runs
	return o, err
}

func (o TestOptions) parallel(chunk int) parallel.Options {
	return parallel.Options{Workers: o.Workers, Chunk: chunk, Progress: o.Progress}
}

// Significance is the answer of a test against chance.
type Significance struct {
	// Statistic is what was measured of the rule itself.
	Statistic stats.Number `json:"statistic"`
	// P is the chance of as much or more where there is nothing to it:
	// (k + 1) ÷ (n + 1) for k of n draws (Phipson and Smyth 2010).
	P    float64 `json:"p"`
	Runs int     `json:"runs"`
	Seed uint64  `json:"seed"`
	// Null is the statistic of the draws.
	Null     Distribution `json:"null"`
	Warnings []string     `json:"warnings,omitempty"`
}

// String returns the statistic and its p-value.
func (s *Significance) String() string {
	return fmt.Sprintf("%.6g, p = %.4f of %d draws", float64(s.Statistic), s.P, s.Runs)
}

// significance counts the draws that reach the statistic, those within rounding of
// it among them.
func significance(statistic float64, draws []float64, seed uint64) *Significance {
	s := &Significance{Statistic: stats.Number(statistic), Runs: len(draws), Seed: seed}
	line := statistic - 1e-12*math.Abs(statistic)
	k := 0
	for _, v := range draws {
		if !(v < line) {
			k++
		}
	}
	s.P = float64(k+1) / float64(len(draws)+1)
	s.Null = newDistribution(draws, []float64{5, 25, 50, 75, 95})
	if s.P > 0.05 {
		s.Warnings = append(s.Warnings, fmt.Sprintf("Chance alone does as well in %s of the draws: nothing shows that the rule foresees anything.", stats.Number(s.P).Percent()))
	}
	return s
}

// Order says how a permutation puts things in another order.
type Order uint8

// The orders.
const (
	// Shuffled takes every order as equally likely. It is exact where returns are
	// independent of each other.
	Shuffled Order = iota
	// Rotated moves the beginning to a random place and goes from the end on to it, so
	// that runs of positions and of returns stay together. It is the one for positions
	// that are held long and for returns that are not independent.
	Rotated
)

// Permutation tests whether a rule's positions go with the returns: it puts the
// positions in random orders against them and counts how often the sum of position ×
// return is as large (the Monte Carlo permutation method; Aronson, "Evidence-Based
// Technical Analysis", 2006, after Masters). signal is the position held over each
// period: 1 is long, -1 short, 0 flat, and fractions between; returns are what the
// market did in it. Costs are not in it.
//
// The statistic is the mean of position × return over what the mean position would
// have earned of the mean return, so that a rule is not credited with the market's
// drift. Signal gives both of a run.
func Permutation(ctx context.Context, signal, returns []float64, order Order, o TestOptions) (*Significance, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	n := len(signal)
	switch {
	case n < 2 || n != len(returns):
		return nil, tradekeel.Invalidf("signal", "must have a position for each of the returns, at least 2, got %d and %d", n, len(returns))
	case order > Rotated:
		return nil, tradekeel.Invalidf("order", "there is no order %d", order)
	}
	for i := range signal {
		if v := signal[i] * returns[i]; math.IsNaN(v) || math.IsInf(v, 0) {
			return nil, tradekeel.Invalidf("signal", "position %d of %v with a return of %v is no number", i+1, signal[i], returns[i])
		}
	}
	drift := mean(signal) * mean(returns)
	edge := func(signal []float64) float64 { return product(signal, returns)/float64(n) - drift }
	draws := make([]float64, o.Runs)
	if err := parallel.Each(ctx, o.Runs, o.parallel(chunkOf(n)), func() func(int) error {
		path, random := make([]float64, n), &stream{}
		return func(i int) error {
			random.seed(o.Seed, i)
			if order == Rotated {
				at := random.below(n)
				copy(path[copy(path, signal[at:]):], signal[:at])
			} else {
				random.shuffled(path, signal)
			}
			draws[i] = edge(path)
			return nil
		}
	}); err != nil {
		return nil, err
	}
	s := significance(edge(signal), draws, o.Seed)
	if order == Rotated && o.Runs >= n {
		s.Warnings = append(s.Warnings, fmt.Sprintf("There are only %d rotations: more draws than that tell nothing more.", n))
	}
	return s, nil
}

func mean(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(len(values))
}

func product(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

// Signal returns the position of a run over each bar and the return of the market in
// it, for Permutation: from open to open, since orders that are decided at a close
// trade at the next open; the last bar to its close. The position is the value held at
// the open as a fraction of the equity at the close before, below zero when short. Bars
// whose position comes of a fill within them count from the next one.
//
// A run of several instruments is Unsupported: SignalOf has one of them.
func Signal(r *backtest.Result) (signal, returns []float64, err error) {
	for _, s := range r.Data {
		if !sameInstrument(s, r.Data[0]) {
			return nil, nil, tradekeel.ErrUnsupported.With("data", "the run has several instruments; take the signal of one by SignalOf")
		}
	}
	if len(r.Data) == 0 {
		return nil, nil, tradekeel.Invalidf("data", "the run has no bars")
	}
	return SignalOf(r, r.Data[0].Instrument)
}

// SignalOf is Signal for one instrument of a run, on its shortest bars. An instrument
// that is not in the run is Invalid; one that settles in its base is Unsupported.
func SignalOf(r *backtest.Result, in *market.Instrument) (signal, returns []float64, err error) {
	var s *market.Series
	index, next := int32(-1), int32(0) // instruments are numbered as they come in Data
	for i, other := range r.Data {
		if !slices.ContainsFunc(r.Data[:i], func(before *market.Series) bool { return sameInstrument(before, other) }) {
			if other.Instrument.Venue == in.Venue && other.Instrument.Symbol == in.Symbol {
				index = next
			}
			next++
		}
		if other.Instrument.Venue == in.Venue && other.Instrument.Symbol == in.Symbol && (s == nil || other.Timeframe.Compare(s.Timeframe) < 0) {
			s = other
		}
	}
	switch {
	case s == nil || s.Len() < 2 || len(r.Equity.Units) == 0:
		return nil, nil, tradekeel.Invalidf("data", "%s needs at least 2 bars in the run", in)
	case in.Kind == market.Inverse:
		return nil, nil, tradekeel.ErrUnsupported.With("data", "%s settles in its base; the value of a position is not its price times its quantity", in)
	}
	fills := slices.DeleteFunc(slices.Clone(r.Fills), func(f exchange.Fill) bool { return f.Instrument != index })
	slices.SortStableFunc(fills, func(a, b exchange.Fill) int { return cmp.Compare(a.Time, b.Time) })
	unit := float64(wide.Pow10(exchange.LedgerScale - s.Instrument.PriceScale - s.Instrument.QuantityScale))
	if size := s.Instrument.ContractSize; !size.IsZero() {
		unit *= size.InexactFloat64()
	}
	signal, returns = make([]float64, s.Len()), make([]float64, s.Len())
	held, fill, closed, equity := 0.0, 0, 0, startOf(r)
	for i, open := range s.Time {
		for ; fill < len(fills) && fills[fill].Time <= open; fill++ {
			held += float64(fills[fill].Quantity) * float64(fills[fill].Side)
		}
		for ; closed < len(r.Equity.Times) && r.Equity.Times[closed] <= open; closed++ {
			equity = r.Equity.Units[closed].Float64()
		}
		ends := s.Close[i]
		if i+1 < s.Len() {
			ends = s.Open[i+1]
		}
		returns[i] = float64(ends)/float64(s.Open[i]) - 1
		if equity > 0 {
			signal[i] = held * float64(s.Open[i]) * unit / equity
		}
	}
	return signal, returns, nil
}
