package robust

import (
	"context"
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/parallel"
)

// Blocks says how a bootstrap cuts returns into blocks.
type Blocks uint8

// The kinds of block.
const (
	// Stationary blocks have random lengths, geometric around a mean, and go from the
	// last return on to the first, so that every return is as likely and what is drawn
	// is stationary: Politis and Romano, "The Stationary Bootstrap", Journal of the
	// American Statistical Association 89 (1994).
	Stationary Blocks = iota
	// Moving blocks have one length and begin anywhere that they fit: Künsch, "The
	// Jackknife and the Bootstrap for General Stationary Observations", Annals of
	// Statistics 17 (1989). The returns near both ends are drawn less often.
	Moving
)

// BootstrapOptions are the options of Bootstrap. The zero value works.
type BootstrapOptions struct {
	Options

	// Blocks is the kind of block.
	Blocks Blocks
	// Block is the length of blocks in periods, the mean one of stationary blocks; from
	// 1, which takes returns as independent, to the number of returns. 0 is
	// BlockLength of the returns.
	Block float64
}

// Bootstrap draws blocks of returns at random, as many as make the length of the run,
// and walks the equity along them: other histories that the same returns could have
// made, with the dependence that lies within a block. It knows nothing that the
// run's own history does not show.
func Bootstrap(ctx context.Context, r Returns, o BootstrapOptions) (*MonteCarlo, error) {
	common, err := o.filled()
	if err != nil {
		return nil, err
	}
	o.Options = common
	if err := r.Validate(); err != nil {
		return nil, err
	}
	b, err := newBlocks(o.Blocks, o.Block, r.Values)
	if err != nil {
		return nil, err
	}
	s := newSimulation(common, len(r.Values))
	root := math.Sqrt(r.PerYear)
	s.first = walk(r.Values, root, s.points, s.original, 1)
	if err := parallel.Each(ctx, o.Runs, o.parallel(chunkOf(len(r.Values))), func() func(int) error {
		path, random := make([]float64, len(r.Values)), &stream{}
		return func(i int) error {
			random.seed(o.Seed, i)
			b.draw(random, path, r.Values)
			s.keep(i, path, root)
			return nil
		}
	}); err != nil {
		return nil, err
	}
	m, err := s.result(ctx, "bootstrapped histories")
	if err != nil {
		return nil, err
	}
	m.Block = b.mean
	if r.Times != nil {
		m.Bands.Times = at(r.Times, s.points)
	}
	if len(r.Values) < fewReturns {
		m.Warnings = append(m.Warnings, "There are fewer than 100 returns: the tails of these figures are rough.")
	}
	return m, nil
}

const fewReturns = 100

func at(times []int64, points []int) []int64 {
	out := make([]int64, len(points))
	for j, p := range points {
		out[j] = times[p]
	}
	return out
}

// blocks draws blocks.
type blocks struct {
	kind  Blocks
	mean  float64
	whole int     // of moving blocks
	scale float64 // of stationary blocks, for stream.geometric
}

func newBlocks(kind Blocks, length float64, values []float64) (blocks, error) {
	if kind > Moving {
		return blocks{}, tradekeel.Invalidf("blocks", "there is no kind of block %d", kind)
	}
	if length == 0 {
		length = BlockLength(values, kind)
	}
	if n := len(values); !(length >= 1 && length <= float64(n)) {
		return blocks{}, tradekeel.Invalidf("block", "must be from 1 to the %d returns, got %v", n, length)
	}
	b := blocks{kind: kind, mean: length}
	if kind == Moving {
		b.whole = int(math.Round(length))
		b.mean = float64(b.whole)
	} else if length > 1 {
		b.scale = 1 / math.Log1p(-1/length)
	}
	return b, nil
}

// draw fills to with blocks of from; both have one length.
func (b blocks) draw(random *stream, to, from []float64) {
	b.each(random, len(from), func(filled, start, count int) {
		copy(to[filled:filled+count], from[start:start+count])
	})
}

// each calls take for the stretches that make n draws: the number drawn before, where
// the stretch starts, and its length. None goes past the end.
func (b blocks) each(random *stream, n int, take func(filled, start, count int)) {
	for filled := 0; filled < n; {
		if b.kind == Moving {
			count := min(b.whole, n-filled)
			take(filled, random.below(n-b.whole+1), count)
			filled += count
			continue
		}
		start := random.below(n)
		for left := min(random.geometric(b.scale), n-filled); left > 0; {
			count := min(left, n-start)
			take(filled, start, count)
			filled, left, start = filled+count, left-count, 0
		}
	}
}

// BlockLength returns the length of blocks that estimates the variance of a mean best,
// from the autocorrelations of the returns: Politis and White, "Automatic
// Block-Length Selection for the Dependent Bootstrap", Econometric Reviews 23 (2004),
// with the correction of Patton, Politis and White (2009). The length for moving
// blocks is that for circular ones, rounded up. It is at least 1 and at most
// min(3√n, n/3); 1 where there are fewer than ten returns or they do not vary.
func BlockLength(values []float64, kind Blocks) float64 {
	n := len(values)
	if n < 10 {
		return 1
	}
	size := float64(n)
	within := max(5, int(math.Ceil(math.Sqrt(math.Log10(size)))))
	most := min(int(math.Ceil(math.Sqrt(size)))+within, n-1)
	bound := math.Ceil(min(3*math.Sqrt(size), size/3))
	r := autocovariances(values, most)
	if !(r[0] > 0) {
		return 1
	}
	lags := min(2*lastLag(r, size, within), most)
	var g, spectrum float64
	for k := 1; k <= lags; k++ {
		flatTop := min(1, 2*(1-float64(k)/float64(lags)))
		g += float64(2*flatTop*float64(k)) * r[k]
		spectrum += float64(2*flatTop) * r[k]
	}
	spectrum += r[0]
	d := 2 * spectrum * spectrum
	if kind == Moving {
		d = 4.0 / 3 * spectrum * spectrum
	}
	length := math.Cbrt(2 * g * g / d * size)
	if kind == Moving {
		length = math.Ceil(length)
	}
	if !(length > 1) { // not a number where the spectrum vanishes
		return 1
	}
	return min(length, bound)
}

// autocovariances returns those of the lags from 0 to most, divided by n.
func autocovariances(values []float64, most int) []float64 {
	n := len(values)
	mean := 0.0
	for _, v := range values {
		mean += v
	}
	mean /= float64(n)
	centred := make([]float64, n)
	for i, v := range values {
		centred[i] = v - mean
	}
	out := make([]float64, most+1)
	for k := range out {
		sum := 0.0
		for i, v := range centred[k:] {
			sum += float64(v * centred[i])
		}
		out[k] = sum / float64(n)
	}
	return out
}

// lastLag returns the lag after which a run of autocorrelations is insignificant; where
// there is none such, the largest that is significant; at least 1.
func lastLag(r []float64, size float64, within int) int {
	line := 2 * math.Sqrt(math.Log10(size)/size) * r[0]
	largest, quiet := 1, 0
	for k := 1; k < len(r); k++ {
		if math.Abs(r[k]) >= line {
			largest, quiet = k, 0
			continue
		}
		if quiet++; quiet == within {
			return max(1, k-within)
		}
	}
	return largest
}
