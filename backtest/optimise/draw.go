package optimise

import "math/rand/v2"

// candidate is a point that is to be run.
type candidate struct {
	number int64
	levels []int
}

// sampler chooses the points of a part, a generation at a time.
type sampler interface {
	// next returns the next generation, which may be empty, and whether more may come.
	next() ([]candidate, bool)
	// tell hands in the rows of the generation, in its order.
	tell(rows []Row)
}

func (p *plan) sampler(part Part) sampler {
	switch p.Method {
	case Grid:
	case Random:
		return &draws{plan: p, at: part.From, to: part.To}
	case TPE:
		return newTPE(p, part)
	case CMAES:
		return newCMAES(p, part)
	}
	return &grid{plan: p, at: part.From, to: part.To}
}

const (
	// block is the largest generation of a grid and of random draws; prunedBlock that
	// of a study that prunes, which learns its median from block to block.
	block, prunedBlock = 512, 64
	// scan bounds the points that are looked at for one generation, so that a study
	// whose conditions exclude nearly all still hears of its context.
	scan = 1 << 16
)

// grid is every combination, in order.
type grid struct {
	plan   *plan
	at, to int64
}

// block is the size of a generation that needs nothing of the one before.
func (p *plan) block() int {
	if p.PruneAfter > 0 {
		return prunedBlock
	}
	return block
}

func (g *grid) next() ([]candidate, bool) {
	var out []candidate
	levels := make([]int, len(g.plan.space))
	for looked := 0; g.at < g.to && len(out) < g.plan.block() && looked < scan; looked++ {
		g.plan.space.at(g.at, levels)
		if g.plan.feasible(levels) {
			out = append(out, candidate{g.at, append([]int(nil), levels...)})
		}
		g.at++
	}
	return out, g.at < g.to
}

func (g *grid) tell([]Row) {}

// draws is random points, each drawn from its number alone. Where the points of the
// space can be counted they are drawn without putting back: draw i of n is the first
// allowed one of the points i, i+n, i+2n … of a shuffled space. A draw that finds none
// has no row.
type draws struct {
	plan   *plan
	at, to int64
}

// mostTries bounds how many points a draw looks at for an allowed one.
const mostTries = 1000

func (d *draws) next() ([]candidate, bool) {
	var out []candidate
	for looked := 0; d.at < d.to && len(out) < d.plan.block() && looked < scan; looked++ {
		if levels := d.plan.draw(d.at); levels != nil {
			out = append(out, candidate{d.at, levels})
		}
		d.at++
	}
	return out, d.at < d.to
}

func (d *draws) tell([]Row) {}

// draw returns the point of a draw; nil when no allowed one is found.
func (p *plan) draw(number int64) []int {
	levels := make([]int, len(p.space))
	size, countable := p.space.size()
	if !countable {
		return p.random(chance(p.Seed, uint64(number)))
	}
	for try := range int64(mostTries) {
		at := number + try*p.runs
		if at >= size {
			return nil
		}
		p.space.at(shuffled(at, size, p.Seed), levels)
		if p.feasible(levels) {
			return levels
		}
	}
	return nil
}

// chance is a stream of draws that a seed and a number decide.
func chance(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream)) //nolint:gosec // it keeps no secret, and must come again
}

// random returns an allowed point; nil when none is found.
func (p *plan) random(rng *rand.Rand) []int {
	levels := make([]int, len(p.space))
	for range mostTries {
		for i, x := range p.space {
			levels[i] = rng.IntN(x.levels)
		}
		if p.feasible(levels) {
			return levels
		}
	}
	return nil
}

// shuffled returns the place of i in a shuffled range of n, each place once: a Feistel
// network over the next even number of bits, walked until it lands in the range (Black
// and Rogaway, Ciphers with arbitrary finite domains, 2002).
func shuffled(i, n int64, seed uint64) int64 {
	half := uint(1)
	for half < 31 && int64(1)<<(2*half) < n {
		half++
	}
	mask := uint64(1)<<half - 1
	x := uint64(i)
	for {
		left, right := x>>half, x&mask
		for round := range uint64(4) {
			left, right = right, left^(mix(right^mix(seed+round))&mask)
		}
		if x = left<<half | right; x < uint64(n) {
			return int64(x)
		}
	}
}

// mix is the finaliser of SplitMix64 (Steele, Lea, Flood, 2014).
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
