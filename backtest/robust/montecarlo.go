package robust

import (
	"context"
	"fmt"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/stats"
)

// Options are what all simulations have in common. The zero value works.
type Options struct {
	// Runs is the number of simulations; 1000 by default, from 10 to 1,000,000.
	Runs int
	// Seed chooses the random numbers: the same seed gives the same result, whatever
	// the number of workers.
	Seed uint64
	// Workers is the number of goroutines; one for each core by default.
	Workers int
	// Progress is called now and then with the simulations done and all of them, by
	// one goroutine at a time.
	Progress func(done, total int)
	// RuinLoss is the loss of the starting equity that counts as ruin, above 0 and at
	// most 1; 0.5 by default.
	RuinLoss float64
	// Percentiles are those of the bands and distributions, from 0 to 100, rising;
	// 5, 25, 50, 75 and 95 by default.
	Percentiles []float64
	// Points is the number of moments that the bands have, the start among them; 200
	// by default, fewer where there are not so many periods.
	Points int
}

const (
	defaultRuns   = 1000
	leastRuns     = 10
	mostRuns      = 1_000_000
	defaultPoints = 200
	// mostKept bounds the values that the bands are sorted from: 256 MiB.
	mostKept = 1 << 25
)

// filled returns o with its defaults, or every fault of it, joined.
func (o Options) filled() (Options, error) {
	if o.Runs == 0 {
		o.Runs = defaultRuns
	}
	if o.RuinLoss == 0 {
		o.RuinLoss = 0.5
	}
	if o.Points == 0 {
		o.Points = defaultPoints
	}
	if o.Percentiles == nil {
		o.Percentiles = []float64{5, 25, 50, 75, 95}
	}
	switch {
	case o.Runs < leastRuns || o.Runs > mostRuns:
		return o, tradekeel.Invalidf("runs", "must be from %d to %d, got %d", leastRuns, mostRuns, o.Runs)
	case !(o.RuinLoss > 0 && o.RuinLoss <= 1):
		return o, tradekeel.Invalidf("ruin_loss", "must be a fraction above 0 and at most 1 such as 0.5, got %v", o.RuinLoss)
	case o.Points < 2:
		return o, tradekeel.Invalidf("points", "must be at least 2, got %d", o.Points)
	case o.Points > mostKept/o.Runs:
		return o, tradekeel.Invalidf("points", "with %d runs must be at most %d, got %d", o.Runs, mostKept/o.Runs, o.Points)
	}
	for i, p := range o.Percentiles {
		if !(p >= 0 && p <= 100) || i > 0 && p <= o.Percentiles[i-1] {
			return o, tradekeel.Invalidf("percentiles", "must rise from 0 to 100, got %v", o.Percentiles)
		}
	}
	return o, nil
}

func (o Options) parallel(chunk int) parallel.Options {
	return parallel.Options{Workers: o.Workers, Chunk: chunk, Progress: o.Progress}
}

// Bands are percentiles of the equity along the way, as a fan chart shows them. All
// slices but Percentiles have one length.
type Bands struct {
	Percentiles []float64 `json:"percentiles"`
	// Steps are the periods, or the trades, that have passed; 0 is the start.
	Steps []int `json:"steps"`
	// Times are the moments of the steps, nanoseconds UTC; nil where steps are trades.
	Times []int64 `json:"times,omitempty"`
	// Original is the run's own equity as a multiple of its start.
	Original []float64 `json:"original"`
	// Values are the bands, one for each percentile, as multiples of the start.
	Values [][]float64 `json:"values"`
}

// MonteCarlo is what many simulations of a run gave.
type MonteCarlo struct {
	Method string `json:"method"`
	Runs   int    `json:"runs"`
	Seed   uint64 `json:"seed"`
	// Block is the length of blocks that was used, where there are any.
	Block float64 `json:"block,omitzero"`
	// Original are the figures of the run itself, taken in the same way as those of the
	// simulations, so that they compare.
	Original    Figures      `json:"original"`
	Return      Distribution `json:"return"`
	MaxDrawdown Distribution `json:"max_drawdown"` // at most 0: low percentiles are deep
	Sharpe      Distribution `json:"sharpe"`
	// Loss is the share of simulations that ended below the start.
	Loss float64 `json:"loss"`
	// Ruin is the share whose equity fell by RuinLoss of the start at some time.
	Ruin     float64 `json:"ruin"`
	RuinLoss float64 `json:"ruin_loss"`
	Bands    Bands   `json:"bands"`
	// Warnings are what a reader should know, in plain words.
	Warnings []string `json:"warnings,omitempty"`
}

// String returns one line: the method, the medians and the chances.
func (m *MonteCarlo) String() string {
	return fmt.Sprintf("%s, %d runs: return %s (5 %%: %s), max drawdown %s (5 %%: %s), loss in %s, ruin in %s",
		m.Method, m.Runs, m.Return.At(50).Percent(), m.Return.At(5).Percent(),
		m.MaxDrawdown.At(50).Percent(), m.MaxDrawdown.At(5).Percent(),
		stats.Number(m.Loss).Percent(), stats.Number(m.Ruin).Percent())
}

// simulation holds the outcomes of the runs, each at its own place, so that their
// order does not depend on the workers.
type simulation struct {
	o                                Options
	steps                            int
	points                           []int
	ends, lows, deeps, sharpes, kept []float64
	original                         []float64
	first                            outcome
}

func newSimulation(o Options, steps int) *simulation {
	s := &simulation{o: o, steps: steps, points: spread(steps, o.Points)}
	s.ends, s.lows = make([]float64, o.Runs), make([]float64, o.Runs)
	s.deeps, s.sharpes = make([]float64, o.Runs), make([]float64, o.Runs)
	s.kept = make([]float64, o.Runs*len(s.points))
	s.original = make([]float64, len(s.points))
	return s
}

// spread returns points evenly spread from 0 to steps, both included.
func spread(steps, points int) []int {
	points = min(points, steps+1)
	out := make([]int, points)
	for j := range out {
		out[j] = j * steps / (points - 1)
	}
	return out
}

// keep walks along run i.
func (s *simulation) keep(i int, values []float64, root float64) {
	s.put(i, walk(values, root, s.points, s.kept[i:], s.o.Runs))
}

func (s *simulation) put(i int, o outcome) {
	s.ends[i], s.lows[i], s.deeps[i], s.sharpes[i] = o.end, o.lowest, o.deepest, o.sharpe
}

// result sorts what the runs gave.
func (s *simulation) result(ctx context.Context, method string) (*MonteCarlo, error) {
	n := s.o.Runs
	m := &MonteCarlo{Method: method, Runs: n, Seed: s.o.Seed, RuinLoss: s.o.RuinLoss, Original: s.first.figures()}
	line := 1 - s.o.RuinLoss
	for i, end := range s.ends {
		if end < 1 {
			m.Loss++
		}
		if s.lows[i] <= line {
			m.Ruin++
		}
		s.ends[i] = end - 1
	}
	m.Loss /= float64(n)
	m.Ruin /= float64(n)
	m.Return = newDistribution(s.ends, s.o.Percentiles)
	m.MaxDrawdown = newDistribution(s.deeps, s.o.Percentiles)
	m.Sharpe = newDistribution(s.sharpes, s.o.Percentiles)
	m.Bands = Bands{Percentiles: slices.Clone(s.o.Percentiles), Steps: s.points, Original: s.original}
	for range s.o.Percentiles {
		m.Bands.Values = append(m.Bands.Values, make([]float64, len(s.points)))
	}
	quiet := parallel.Options{Workers: s.o.Workers}
	err := parallel.Each(ctx, len(s.points), quiet, func() func(int) error {
		return func(j int) error {
			column := s.kept[j*n : (j+1)*n]
			slices.Sort(column)
			for k, p := range s.o.Percentiles {
				m.Bands.Values[k][j] = quantile(column, p)
			}
			return nil
		}
	})
	m.warn()
	return m, err
}

func (o outcome) figures() Figures {
	return Figures{Return: stats.Number(o.end - 1), MaxDrawdown: stats.Number(o.deepest), Sharpe: stats.Number(o.sharpe)}
}

// warn says in words what should not be overlooked.
func (m *MonteCarlo) warn() {
	say := func(format string, args ...any) { m.Warnings = append(m.Warnings, fmt.Sprintf(format, args...)) }
	if median := m.Return.At(50); median < 0 {
		words := "loses"
		if median <= -0.5 {
			words = "loses more than half of the start:"
		}
		say("The median of the %s %s %s.", m.Method, words, (-median).Percent())
	}
	if m.Loss >= 0.05 {
		say("%s of the %s end with a loss.", stats.Number(m.Loss).Percent(), m.Method)
	}
	if m.Ruin >= 0.01 {
		say("%s of the %s lose %s of the start at some time.", stats.Number(m.Ruin).Percent(), m.Method, stats.Number(m.RuinLoss).Percent())
	}
	own, share := float64(m.Original.MaxDrawdown), m.MaxDrawdown.AtMost(float64(m.Original.MaxDrawdown)+1e-12)
	if share.Defined() && share >= 0.75 && m.MaxDrawdown.At(50) < m.Original.MaxDrawdown {
		say("The run was lucky in its order: its drawdown of %s is smaller than that of %s of the %s; their median is %s, one in twenty reaches %s.",
			stats.Number(-own).Percent(), share.Percent(), m.Method, (-m.MaxDrawdown.At(50)).Percent(), (-m.MaxDrawdown.At(5)).Percent())
	}
}

// stream is the random numbers of one simulation.
type stream struct{ rand.PCG }

// seed begins the stream of run i: its state is a hash of both, so that neighbouring
// runs and seeds have nothing in common.
func (s *stream) seed(seed uint64, i int) {
	a := mix(seed + 0x9e3779b97f4a7c15)
	b := mix(a ^ mix(uint64(i)+0xd1b54a32d192ed03))
	s.Seed(a^b, mix(b+0x9e3779b97f4a7c15))
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood 2014).
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below returns a number from 0 to n-1; its bias of n ÷ 2^64 is none that shows.
func (s *stream) below(n int) int {
	hi, _ := bits.Mul64(s.Uint64(), uint64(n))
	return int(hi)
}

// unit returns a number above 0 and at most 1.
func (s *stream) unit() float64 { return float64(s.Uint64()>>11+1) * 0x1p-53 }

// shuffle puts values in a random order (Fisher and Yates).
func (s *stream) shuffle(values []float64) {
	for i := len(values) - 1; i > 0; i-- {
		j := s.below(i + 1)
		values[i], values[j] = values[j], values[i]
	}
}

// geometric returns a number of at least 1 whose mean is 1 ÷ p; scale is
// 1 ÷ ln(1-p), or 0 for a mean of 1.
func (s *stream) geometric(scale float64) int {
	if scale == 0 {
		return 1
	}
	return 1 + int(math.Min(math.Log(s.unit())*scale, math.MaxInt32))
}
