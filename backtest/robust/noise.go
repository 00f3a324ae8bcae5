package robust

import (
	"context"
	"math"
	"math/rand/v2"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// NoiseOptions are the options of Noise. The zero value works.
type NoiseOptions struct {
	Options

	// Level is the standard deviation of the noise as a fraction of the mean true range
	// of the last 14 candles; 0.1 by default, at most 10.
	Level float64
}

// Noise runs a strategy again and again on candles whose prices were moved a little at
// random, and shows whether its result hangs on the last tick. It is a test of the
// strategy, not of the market: the path of prices stays where it was.
//
// Open, high, low and close are moved apart, each by a normal number. The open of a
// candle moves with the close before it, so that no gaps come about; highs and lows
// are put where they bound their candle; every price stays on the tick of its date,
// or, where no rules are known, on the coarsest grid that all prices of the
// instrument lie on. Volumes and times stay. Longer candles of an instrument are made
// anew of its shortest; where they are not whole ones of it the error is Unsupported.
//
// Mark prices and funding rates stay as they are. The config is that of backtest.Run, whose errors are returned; its Progress is not
// called. The strategy is run by several goroutines at a time. The drawdown here is
// by the bar, and the Sharpe ratio that of the config's convention.
func Noise(ctx context.Context, c backtest.Config, o NoiseOptions) (*MonteCarlo, error) {
	common, err := o.filled()
	if err != nil {
		return nil, err
	}
	o.Options = common
	if o.Level == 0 {
		o.Level = 0.1
	}
	if !(o.Level > 0 && o.Level <= 10) {
		return nil, tradekeel.Invalidf("level", "must be a fraction of the true range above 0 and at most 10, got %v", o.Level)
	}
	if len(c.Ticks) > 0 || len(c.Books) > 0 {
		return nil, tradekeel.ErrUnsupported.With("ticks", "recorded trades and books do not follow candles that are changed; leave them out to fill on the bars")
	}
	c.Progress = nil
	original, err := backtest.Run(ctx, c)
	if err != nil {
		return nil, err
	}
	candles, err := newMarkets(c.Data)
	if err != nil {
		return nil, err
	}
	s := newSimulation(common, len(original.Equity.Units))
	s.first = s.rerun(original, s.original)
	if err := parallel.Each(ctx, o.Runs, o.parallel(1), func() func(int) error {
		random := &stream{}
		return func(i int) error {
			random.seed(o.Seed, i)
			config := c
			var err error
			if config.Data, err = candles.noisy(random, o.Level); err != nil {
				return err
			}
			result, err := backtest.Run(ctx, config)
			if err != nil {
				return err
			}
			s.put(i, s.rerun(result, s.row(i)))
			return nil
		}
	}); err != nil {
		return nil, err
	}
	m, err := s.result(ctx, "noisy histories")
	if err != nil {
		return nil, err
	}
	m.Bands.Times = at(PerBar(original, 1).Times, s.points)
	if own := m.Original.Return; own > 0 && m.Return.At(50) < own/2 {
		m.Warnings = append(m.Warnings, "The median return under noise is less than half of the run's own: the result hangs on exact prices.")
	}
	return m, nil
}

// rerun takes the figures of a run and writes its equity at the points.
func (s *simulation) rerun(r *backtest.Result, to []float64) outcome {
	start := startOf(r)
	o := outcome{end: 1, lowest: 1, deepest: float64(r.Stats.MaxDrawdown), sharpe: float64(r.Stats.Sharpe)}
	values := weighted(r)
	for _, v := range values {
		o.lowest = min(o.lowest, v/start)
	}
	for j, p := range s.points {
		to[j] = 1
		if p > 0 {
			to[j] = values[p-1] / start
		}
	}
	o.end = to[len(s.points)-1]
	return o
}

// markets are the series of a run, prepared for being altered.
type markets struct {
	all []*market.Series
	of  []int // for each series, that of the same instrument with the shortest candles
	// grids are the ticks by series, for the shortest ones.
	grids []grid
}

// grid is what prices are whole multiples of.
type grid struct {
	limits market.LimitHistory
	common int64 // the greatest common divisor of the prices, where no rules are known
}

func newMarkets(all []*market.Series) (*markets, error) {
	m := &markets{all: all, of: make([]int, len(all)), grids: make([]grid, len(all))}
	for i, s := range all {
		m.of[i] = i
		for k, other := range all {
			if sameInstrument(s, other) && other.Timeframe.Compare(all[m.of[i]].Timeframe) < 0 {
				m.of[i] = k
			}
		}
		m.grids[i] = grid{limits: s.Instrument.Limits(false), common: divisor(s)}
	}
	for i, s := range all {
		if m.of[i] == i {
			continue
		}
		if _, err := m.longer(s, all[m.of[i]]); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func sameInstrument(a, b *market.Series) bool {
	return a.Instrument.Venue == b.Instrument.Venue && a.Instrument.Symbol == b.Instrument.Symbol
}

// altered makes the series anew: the shortest of each instrument by alter, the
// longer ones of them.
func (m *markets) altered(alter func(s *market.Series, g *grid) *market.Series) ([]*market.Series, error) {
	out := make([]*market.Series, len(m.all))
	for i, s := range m.all {
		if m.of[i] == i {
			out[i] = alter(s, &m.grids[i])
		}
	}
	for i, s := range m.all {
		if m.of[i] != i {
			var err error
			if out[i], err = m.longer(s, out[m.of[i]]); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// longer makes the candles of s of shorter ones; times and volumes are those of s.
func (m *markets) longer(s, shorter *market.Series) (*market.Series, error) {
	if !shorter.Timeframe.Divides(s.Timeframe) {
		return nil, tradekeel.ErrUnsupported.With("data", "%s candles of %s cannot be made of its %s candles", s.Timeframe, s.Instrument, shorter.Timeframe)
	}
	made, err := market.ResampleWhole(shorter, s.Timeframe)
	if err != nil {
		return nil, err
	}
	out := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, s.Len())
	k := 0
	for i, t := range s.Time {
		for k < made.Len() && made.Time[k] < t {
			k++
		}
		if k == made.Len() || made.Time[k] != t {
			return nil, tradekeel.ErrUnsupported.With("data", "the %s candle number %d of %s has no %s candles to be made of; leave it to the run to make longer candles",
				s.Timeframe, i+1, s.Instrument, shorter.Timeframe)
		}
		b := made.Bar(k)
		b.Volume = s.Volume[i]
		out.Append(b)
	}
	return out, nil
}

// divisor returns the greatest common divisor of all prices.
func divisor(s *market.Series) int64 {
	g := int64(0)
	for _, column := range [...][]int64{s.Open, s.High, s.Low, s.Close} {
		for _, v := range column {
			for v != 0 {
				g, v = v, g%v
			}
			if g == 1 {
				return 1
			}
		}
	}
	return max(1, g)
}

// at returns the tick at a moment.
func (g *grid) at(t int64) int64 {
	if l := g.limits.At(t); l.Known {
		return l.Tick
	}
	return g.common
}

// moved returns a price moved by a difference in price units, on the grid and at
// least one tick. No price falls below half of what it was or beyond one and a half.
func moved(price int64, by float64, tick int64) int64 {
	half := float64(price / 2)
	by = math.Round(min(max(by, -half), half) / float64(tick))
	steps := wide.Of(price)
	shift, fits := wide.Of(int64(by)).Times(tick)
	if sum, ok := steps.Add(shift); ok && fits {
		if v, small := sum.Int64(); small {
			price = v
		}
	}
	return onGrid(price, tick)
}

// onGrid returns the multiple of a tick next to a price, at least one tick.
func onGrid(price, tick int64) int64 {
	low := price - price%tick
	if price-low > tick/2 && low <= math.MaxInt64-tick {
		low += tick
	}
	return max(low, tick)
}

// rangeBars is the number of candles whose true ranges scale the noise.
const rangeBars = 14

func (m *markets) noisy(random *stream, level float64) ([]*market.Series, error) {
	normal := rand.New(&random.PCG) //nolint:gosec // simulations are repeated by their seed; nothing secret hangs on them
	return m.altered(func(s *market.Series, g *grid) *market.Series {
		out := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, s.Len())
		scale := newTrueRange(s)
		last := 0.0 // the noise of the close before
		for i := range s.Len() {
			b := s.Bar(i)
			size := level * scale.next(i)
			if i == 0 {
				last = normal.NormFloat64() * size
			}
			tick := g.at(b.Time)
			b.Open = moved(b.Open, last, tick)
			last = normal.NormFloat64() * size
			b.Close = moved(b.Close, last, tick)
			b.High = max(moved(b.High, normal.NormFloat64()*size, tick), b.Open, b.Close)
			b.Low = min(moved(b.Low, normal.NormFloat64()*size, tick), b.Open, b.Close)
			out.Append(b)
		}
		return out
	})
}

// trueRange is the mean of the last true ranges (Wilder 1978), in price units.
type trueRange struct {
	s    *market.Series
	sums float64
	ring [rangeBars]float64
}

func newTrueRange(s *market.Series) *trueRange { return &trueRange{s: s} }

// next takes in candle i, which follows the one before, and returns the mean.
func (r *trueRange) next(i int) float64 {
	high, low := r.s.High[i], r.s.Low[i]
	if i > 0 {
		high, low = max(high, r.s.Close[i-1]), min(low, r.s.Close[i-1])
	}
	v := float64(high - low)
	r.sums += v - r.ring[i%rangeBars]
	r.ring[i%rangeBars] = v
	return max(0, r.sums) / float64(min(i+1, rangeBars))
}
