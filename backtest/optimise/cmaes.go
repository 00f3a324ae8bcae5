package optimise

import (
	"math"
	"math/rand/v2"

	"github.com/c-bata/goptuna/cmaes"
)

// cmaES is the covariance matrix adaptation of github.com/c-bata/goptuna (Hansen, The
// CMA evolution strategy: a tutorial, arXiv:1604.00772, 2016), on the unit cube: each
// axis is cut into as many equal pieces as it has levels. It sees ranks alone, so that
// failed runs, requirements and several objectives (by fronts of non-domination, then
// the first) need no penalty. A point outside of the cube or excluded by a condition is
// drawn again. When a generation has shrunk to one point the search begins anew
// somewhere else with twice the generation, up to eight times (IPOP, Auger and Hansen,
// 2005).
type cmaES struct {
	plan   *plan
	rng    *rand.Rand
	at, to int64
	axes   []int // those with several levels
	size   int
	factor int // of the generation, after restarts
	opt    *cmaes.Optimizer
	asked  [][]float64
	stuck  bool
}

func newCMAES(p *plan, part Part) *cmaES {
	c := &cmaES{plan: p, rng: chance(p.Seed, mix(uint64(part.Number))), at: part.From, to: part.To, factor: 1}
	for i, x := range p.space {
		if x.levels > 1 {
			c.axes = append(c.axes, i)
		}
	}
	c.size = p.Generation
	if c.size == 0 {
		c.size = 4 + int(3*math.Log(float64(max(1, len(c.axes)))))
	}
	mean := make([]float64, len(c.axes))
	for i := range mean {
		mean[i] = 0.5
	}
	c.begin(mean)
	return c
}

// begin starts a search around a mean.
func (c *cmaES) begin(mean []float64) {
	const width = 0.3 // of the cube, as Hansen advises for an optimum somewhere inside
	if len(mean) == 0 {
		return
	}
	// The only errors are a width and learning rates that these arguments do not give.
	c.opt, _ = cmaes.NewOptimizer(mean, width,
		cmaes.OptimizerOptionSeed(int64(c.rng.Uint64()>>1)), cmaes.OptimizerOptionPopulationSize(c.size*c.factor))
	c.stuck = c.opt == nil
}

func (c *cmaES) next() ([]candidate, bool) {
	if c.opt == nil { // nothing to search: one point
		levels := c.plan.random(c.rng)
		if levels == nil || c.at >= c.to {
			return nil, false
		}
		c.at = c.to
		return []candidate{{c.to - 1, levels}}, false
	}
	if c.stuck {
		if c.factor *= 2; c.factor > 8 {
			c.factor = 1
		}
		levels := c.plan.random(c.rng)
		if levels == nil {
			return nil, false
		}
		c.begin(c.middle(levels))
	}
	c.asked = c.asked[:0]
	var out []candidate
	for len(out) < c.size*c.factor && c.at < c.to {
		levels, x := c.ask()
		if levels == nil {
			return nil, false
		}
		c.asked = append(c.asked, x)
		out = append(out, candidate{c.at, levels})
		c.at++
	}
	return out, c.at < c.to
}

// ask returns an allowed point and where in the cube it was drawn.
func (c *cmaES) ask() (levels []int, x []float64) {
	for range 100 {
		x, err := c.opt.Ask()
		if err != nil {
			break
		}
		if levels := c.levels(x); levels != nil && c.plan.feasible(levels) {
			return levels, x
		}
	}
	levels = c.plan.random(c.rng)
	if levels == nil {
		return nil, nil
	}
	return levels, c.middle(levels)
}

// levels returns the point at a place of the cube; nil outside of it.
func (c *cmaES) levels(x []float64) []int {
	levels := make([]int, len(c.plan.space))
	for i, axis := range c.axes {
		if !(x[i] >= 0 && x[i] < 1) {
			return nil
		}
		n := c.plan.space[axis].levels
		levels[axis] = min(n-1, int(x[i]*float64(n)))
	}
	return levels
}

func (c *cmaES) middle(levels []int) []float64 {
	x := make([]float64, len(c.axes))
	for i, axis := range c.axes {
		x[i] = (float64(levels[axis]) + 0.5) / float64(c.plan.space[axis].levels)
	}
	return x
}

func (c *cmaES) tell(rows []Row) {
	if c.opt == nil || len(rows) != len(c.asked) || len(rows) != c.size*c.factor {
		return // the last generation, which is not whole
	}
	place := map[int64][]float64{}
	one := true
	for i := range rows {
		place[rows[i].Number] = c.asked[i]
		one = one && key(rows[i].Levels) == key(rows[0].Levels)
	}
	c.plan.rank(rows)
	solutions := make([]*cmaes.Solution, len(rows))
	for i := range rows {
		solutions[i] = &cmaes.Solution{Params: place[rows[i].Number], Value: float64(i)}
	}
	err := c.opt.Tell(solutions)
	c.stuck = err != nil || one || c.opt.ShouldStop()
}
