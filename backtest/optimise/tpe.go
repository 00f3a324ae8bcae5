package optimise

import (
	"math"
	"math/rand/v2"
	"slices"
)

// tpe is the tree-structured Parzen estimator: of the runs so far the best tenth make a
// density l of good points, the others a density g, and the next point is the one of 24
// draws from l where l ÷ g is largest. Bergstra, Bardenet, Bengio, Kégl, Algorithms for
// hyper-parameter optimization, NIPS 2011. The densities are over all axes at once
// (Falkner, Klein, Hutter, BOHB, ICML 2018): a kernel for each run, its factors a normal
// on the levels of an axis of numbers, cut at the ends, and a share for each word. Widths
// follow Scott's rule, a fifth of the range × n^(-1/(axes+4)), and a flat kernel
// stands for what is not known (Watanabe, arXiv:2304.11127, 2023).
//
// With several objectives runs are ranked by fronts of non-domination, then by the
// first. Points that conditions exclude are not drawn. What is held is the best 25 runs
// and the last 500 others, however many there are.
type tpe struct {
	plan   *plan
	rng    *rand.Rand
	at, to int64
	size   int64
	told   int
	rows   []Row
}

const (
	tpeStartup    = 10
	tpeCandidates = 24
	tpeGood       = 25
	tpeOthers     = 500
	tpeGeneration = 4
)

func newTPE(p *plan, part Part) *tpe {
	t := &tpe{plan: p, rng: chance(p.Seed, mix(uint64(part.Number))), at: part.From, to: part.To, size: int64(p.Generation)}
	if t.size == 0 {
		t.size = tpeGeneration
	}
	return t
}

func (t *tpe) next() ([]candidate, bool) {
	var out []candidate
	seen := map[string]bool{}
	for _, r := range t.rows {
		seen[key(r.Levels)] = true
	}
	var good, bad *parzen
	if t.told >= tpeStartup {
		n := min(tpeGood, len(t.rows)-1, (t.told+9)/10)
		good, bad = newParzen(t.plan.space, t.rows[:n]), newParzen(t.plan.space, t.rows[n:])
	}
	for int64(len(out)) < t.size && t.at < t.to {
		levels := t.choose(good, bad, seen)
		if levels == nil {
			return out, false // the conditions allow nothing that was found
		}
		seen[key(levels)] = true
		out = append(out, candidate{t.at, levels})
		t.at++
	}
	return out, t.at < t.to
}

// choose returns the point that promises most of those that were not run, as far as is
// remembered; a random one before there is enough to learn from.
func (t *tpe) choose(good, bad *parzen, seen map[string]bool) []int {
	var best []int
	most := math.Inf(-1)
	if good != nil {
		for range tpeCandidates {
			levels := good.draw(t.rng)
			if seen[key(levels)] || !t.plan.feasible(levels) {
				continue
			}
			if promise := good.log(levels) - bad.log(levels); promise > most {
				best, most = levels, promise
			}
		}
	}
	for range tpeCandidates {
		if best != nil && !seen[key(best)] {
			return best
		}
		best = t.plan.random(t.rng)
	}
	return best
}

func (t *tpe) tell(rows []Row) {
	t.told += len(rows)
	t.rows = append(t.rows, rows...)
	t.plan.rank(t.rows)
	for over := len(t.rows) - tpeGood - tpeOthers; over > 0; over-- {
		oldest := tpeGood
		for i := tpeGood; i < len(t.rows); i++ {
			if t.rows[i].Number < t.rows[oldest].Number {
				oldest = i
			}
		}
		t.rows = slices.Delete(t.rows, oldest, oldest+1)
	}
}

// rank sorts rows, the best one first: by class, with several objectives by front, then
// as compare does.
func (p *plan) rank(rows []Row) {
	if len(p.objectives) == 1 {
		slices.SortFunc(rows, func(a, b Row) int { return p.compare(&a, &b) })
		return
	}
	type ranked struct {
		row          Row
		class, front int
	}
	points := make([][]float64, len(rows))
	for i := range rows {
		points[i] = p.values(&rows[i])
	}
	all := make([]ranked, len(rows))
	for i, front := range fronts(points) {
		all[i] = ranked{rows[i], p.class(&rows[i]), front}
	}
	slices.SortFunc(all, func(a, b ranked) int {
		if a.class != b.class {
			return a.class - b.class
		}
		if a.front != b.front {
			return a.front - b.front
		}
		return p.compare(&a.row, &b.row)
	})
	for i := range all {
		rows[i] = all[i].row
	}
}

// key is levels as a key of maps.
func key(levels []int) string {
	out := make([]byte, 0, 3*len(levels))
	for _, level := range levels {
		out = append(out, byte(level), byte(level>>8), byte(level>>16))
	}
	return string(out)
}

// parzen is a density over the points of a space: the mean of its kernels.
type parzen struct {
	space   space
	kernels [][]int     // the runs; then one that is flat
	width   []float64   // of the normals, by axis, in levels
	outside [][]float64 // by kernel and axis: minus the logarithm of the mass between the ends
	steps   [][]float64 // by axis, where normals are narrow: the logarithm of the mass by distance
	flat    float64     // the logarithm of the flat kernel
}

// narrow is the width, in levels, from which on the density in the middle of a level
// stands for the mass on it.
const narrow = 2

func newParzen(s space, rows []Row) *parzen {
	p := &parzen{space: s, width: make([]float64, len(s)), steps: make([][]float64, len(s))}
	n := float64(max(1, len(rows)))
	for i, x := range s {
		w := max(0.25, float64(x.levels)*max(0.01, 0.2*math.Pow(n, -1/float64(len(s)+4))))
		p.width[i] = w
		p.flat -= math.Log(float64(x.levels))
		if x.OneOf != nil || w >= narrow {
			continue
		}
		p.steps[i] = make([]float64, x.levels)
		for d := range p.steps[i] {
			p.steps[i][d] = math.Log(max(1e-300, cdf((float64(d)+0.5)/w)-cdf((float64(d)-0.5)/w)))
		}
	}
	for _, r := range rows {
		outside := make([]float64, len(s))
		for i, x := range s {
			if x.OneOf == nil {
				mean := float64(r.Levels[i])
				outside[i] = -math.Log(cdf((float64(x.levels)-0.5-mean)/p.width[i]) - cdf((-0.5-mean)/p.width[i]))
			}
		}
		p.kernels, p.outside = append(p.kernels, r.Levels), append(p.outside, outside)
	}
	return p
}

func cdf(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

func (p *parzen) draw(rng *rand.Rand) []int {
	k := rng.IntN(len(p.kernels) + 1)
	levels := make([]int, len(p.space))
	for i, x := range p.space {
		levels[i] = rng.IntN(x.levels)
		switch {
		case k == len(p.kernels):
		case x.OneOf != nil:
			if rng.Float64() >= p.share(x) {
				levels[i] = p.kernels[k][i]
			}
		default:
			for range 100 {
				at := math.Round(float64(p.kernels[k][i]) + float64(p.width[i]*rng.NormFloat64()))
				if at >= 0 && at < float64(x.levels) {
					levels[i] = int(at)
					break
				}
			}
		}
	}
	return levels
}

// share is how much of a kernel on words lies on all of them alike.
func (p *parzen) share(x *axis) float64 {
	n := float64(x.levels) / float64(len(p.kernels)+1)
	return n / (1 + n)
}

// log returns the logarithm of the density at a point.
func (p *parzen) log(levels []int) float64 {
	logs := make([]float64, len(p.kernels)+1)
	for k := range p.kernels {
		for i, x := range p.space {
			logs[k] += p.factor(k, i, x, levels[i])
		}
	}
	logs[len(p.kernels)] = p.flat
	most, sum := slices.Max(logs), 0.0
	for _, l := range logs {
		sum += math.Exp(l - most)
	}
	return most + math.Log(sum/float64(len(logs)))
}

// factor is the logarithm of what a kernel has on a level of an axis.
func (p *parzen) factor(k, i int, x *axis, level int) float64 {
	distance := level - p.kernels[k][i]
	switch {
	case x.OneOf != nil:
		on := p.share(x) / float64(x.levels)
		if distance == 0 {
			on += 1 - p.share(x)
		}
		return math.Log(on)
	case p.steps[i] != nil:
		return p.steps[i][max(distance, -distance)] + p.outside[k][i]
	}
	z := float64(distance) / p.width[i]
	return p.outside[k][i] - float64(0.5*z*z) - math.Log(p.width[i]*math.Sqrt(2*math.Pi))
}
