package robust

import (
	"context"
	"fmt"
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/stats"
)

// BestOfOptions are the options of BestOf. The zero value works.
type BestOfOptions struct {
	TestOptions

	// Block is the mean length of the blocks of the stationary bootstrap, in periods;
	// 0 is the mean of BlockLength over the trials.
	Block float64
}

// Reality is whether the best of many trials beats a benchmark by more than the
// search for it explains.
type Reality struct {
	Trials int     `json:"trials"`
	Runs   int     `json:"runs"`
	Seed   uint64  `json:"seed"`
	Block  float64 `json:"block"`
	Best   int     `json:"best"` // the index of the trial with the largest mean
	Mean   float64 `json:"mean"` // of its returns over the benchmark, a period
	// White is the p-value of the reality check: White, "A Reality Check for Data
	// Snooping", Econometrica 68 (2000).
	White float64 `json:"white"`
	// Hansen is the p-value of the test for superior predictive ability (the consistent
	// one), which bad trials do not blunt: Hansen, Journal of Business & Economic
	// Statistics 23 (2005).
	Hansen float64 `json:"hansen"`
	// Alone is the p-value of the best, had it been the only trial.
	Alone    float64  `json:"alone"`
	Warnings []string `json:"warnings,omitempty"`
}

// BestOf tests whether the best of many trials is better than a benchmark, taking into
// account that it was chosen: by the stationary bootstrap of all of them at once, so
// that their dependence stays. benchmark is the return of each period that a trial
// is to beat; nil is 0. All p-values are (k + 1) ÷ (n + 1). A trial that never differs from
// the benchmark is left out of Hansen's test.
func BestOf(ctx context.Context, t Trials, benchmark []float64, o BestOfOptions) (*Reality, error) {
	common, err := o.filled()
	if err != nil {
		return nil, err
	}
	o.TestOptions = common
	if err := t.Validate(); err != nil {
		return nil, err
	}
	periods := len(t[0])
	switch {
	case benchmark != nil && len(benchmark) != periods:
		return nil, tradekeel.Invalidf("benchmark", "must have %d periods as the trials, got %d", periods, len(benchmark))
	case o.Runs > mostKept/len(t):
		return nil, tradekeel.Invalidf("runs", "must be at most %d with %d trials, got %d", mostKept/len(t), len(t), o.Runs)
	}
	s := newSnooping(t, benchmark)
	if o.Block == 0 {
		for _, values := range t {
			o.Block += BlockLength(values, Stationary) / float64(len(t))
		}
	}
	b, err := newBlocks(Stationary, o.Block, t[0])
	if err != nil {
		return nil, err
	}
	n := len(t)
	drawn := make([]float64, o.Runs*n) // by run, the means less those of the trials
	if err := parallel.Each(ctx, o.Runs, o.parallel(1), func() func(int) error {
		random := &stream{}
		return func(i int) error {
			random.seed(o.Seed, i)
			s.draw(b, random, drawn[i*n:(i+1)*n])
			return nil
		}
	}); err != nil {
		return nil, err
	}
	r := s.judge(drawn, o.Runs)
	r.Trials, r.Runs, r.Seed, r.Block = n, o.Runs, o.Seed, o.Block
	if r.Hansen > 0.05 {
		r.Warnings = append(r.Warnings, fmt.Sprintf("The best of %d trials is no better than luck would make it: p = %.3f (alone it would have been %.3f).", n, r.Hansen, r.Alone))
	}
	return r, nil
}

// snooping holds sums of the returns up to each period, by period and then by trial,
// of returns less their trial's mean: the sum of a block is a difference of two.
type snooping struct {
	periods, trials int
	means           []float64
	upTo            []float64
}

func newSnooping(t Trials, benchmark []float64) *snooping {
	s := &snooping{periods: len(t[0]), trials: len(t), means: make([]float64, len(t)), upTo: make([]float64, (len(t[0])+1)*len(t))}
	over := make([]float64, s.periods)
	for k, values := range t {
		copy(over, values)
		for i, v := range benchmark {
			over[i] -= v
		}
		s.means[k] = mean(over)
		sum := 0.0
		for i, v := range over {
			sum += v - s.means[k]
			s.upTo[(i+1)*s.trials+k] = sum
		}
	}
	return s
}

func (s *snooping) draw(b blocks, random *stream, to []float64) {
	n := s.trials
	b.each(random, s.periods, func(_, start, count int) {
		first, last := s.upTo[start*n:(start+1)*n], s.upTo[(start+count)*n:(start+count+1)*n]
		for k := range to {
			to[k] += last[k] - first[k]
		}
	})
	for k := range to {
		to[k] /= float64(s.periods)
	}
}

// judge counts the draws that reach what the trials show.
func (s *snooping) judge(drawn []float64, runs int) *Reality {
	n, size := s.trials, float64(s.periods)
	r := &Reality{Best: 0, Mean: s.means[0]}
	for k, m := range s.means {
		if m > r.Mean {
			r.Best, r.Mean = k, m
		}
	}
	// The deviation of each mean, and where Hansen's test centres it: trials that are
	// bad beyond doubt are not taken as having a mean of 0.
	deviations, centres, observed := make([]float64, n), make([]float64, n), 0.0
	line := -math.Sqrt(2 * math.Log(math.Log(max(size, 3))))
	for k, m := range s.means {
		for i := range runs {
			deviations[k] += float64(drawn[i*n+k] * drawn[i*n+k])
		}
		deviations[k] = math.Sqrt(deviations[k] / float64(runs))
		z := 0.0
		if deviations[k] > 0 {
			z = m / deviations[k]
		}
		if z >= line {
			centres[k] = m
		}
		observed = max(observed, z)
	}
	var white, hansen, alone int
	for i := range runs {
		most, superior := math.Inf(-1), 0.0
		for k := range n {
			d := drawn[i*n+k]
			most = max(most, d)
			if deviations[k] > 0 {
				superior = max(superior, (d+s.means[k]-centres[k])/deviations[k])
			}
		}
		white += atLeast(most, r.Mean)
		hansen += atLeast(superior, observed)
		alone += atLeast(drawn[i*n+r.Best], r.Mean)
	}
	p := func(k int) float64 { return float64(k+1) / float64(runs+1) }
	r.White, r.Hansen, r.Alone = p(white), p(hansen), p(alone)
	return r
}

func atLeast(v, line float64) int {
	if v >= line {
		return 1
	}
	return 0
}

// String returns the p-values.
func (r *Reality) String() string {
	return fmt.Sprintf("best of %d trials: mean %s a period, p = %.4f (White), %.4f (Hansen), %.4f alone",
		r.Trials, stats.Number(r.Mean).Percent(), r.White, r.Hansen, r.Alone)
}
