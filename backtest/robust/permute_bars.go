package robust

import (
	"context"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/market"
)

// PermuteBars tests whether a strategy finds something in the order of the candles: it
// runs it on candles in random orders, which keep the drift, the distribution of
// moves and the end but no pattern, and counts how often the figure is as large
// (Masters, "Permutation and Randomization Tests for Trading System Development",
// 2020). The moves from close to open and those within candles, each with its volume,
// are put in an order of their own; the first candle stays. Where several instruments
// are run, all are put in the same order, for which they must have the same times. Mark
// prices would be those of another order: all runs are made without them. Dividends and
// splits are Unsupported; adjust the candles for them.
//
// figure is what is measured of a run, such as its Sharpe ratio; nil is
// Stats.Return. One that is undefined counts as the smallest there is. The config is
// that of backtest.Run, whose errors are returned; its Progress is not called. The
// strategy is run by several goroutines at a time.
func PermuteBars(ctx context.Context, c backtest.Config, figure func(r *backtest.Result) float64, o TestOptions) (*Significance, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	if figure == nil {
		figure = func(r *backtest.Result) float64 { return float64(r.Stats.Return) }
	}
	measured := func(r *backtest.Result) float64 {
		if v := figure(r); !math.IsNaN(v) {
			return v
		}
		return math.Inf(-1)
	}
	if len(c.Actions) > 0 {
		return nil, tradekeel.ErrUnsupported.With("actions", "dividends and splits have their place in the order of the candles; adjust the candles for them")
	}
	if len(c.Ticks) > 0 || len(c.Books) > 0 {
		return nil, tradekeel.ErrUnsupported.With("ticks", "recorded trades and books do not follow candles that are changed; leave them out to fill on the bars")
	}
	c.Progress, c.Marks = nil, nil
	original, err := backtest.Run(ctx, c)
	if err != nil {
		return nil, err
	}
	// What lies outside of the run's range is not part of the test.
	from := c.From
	if !c.WarmFrom.IsZero() {
		from = c.WarmFrom
	}
	c.Data = slices.Clone(c.Data)
	for i, s := range c.Data {
		c.Data[i] = s.Between(from, c.To)
	}
	candles, err := newMarkets(c.Data)
	if err != nil {
		return nil, err
	}
	bars, err := candles.common()
	if err != nil {
		return nil, err
	}
	draws := make([]float64, o.Runs)
	if err := parallel.Each(ctx, o.Runs, o.parallel(1), func() func(int) error {
		random := &stream{}
		gaps, moves := make([]int, bars), make([]int, bars)
		return func(i int) error {
			random.seed(o.Seed, i)
			random.order(gaps)
			random.order(moves)
			config := c
			var err error
			if config.Data, err = candles.permuted(gaps, moves); err != nil {
				return err
			}
			result, err := backtest.Run(ctx, config)
			if err != nil {
				return err
			}
			draws[i] = measured(result)
			return nil
		}
	}); err != nil {
		return nil, err
	}
	return significance(measured(original), draws, o.Seed), nil
}

// order fills indices with a random order of the numbers from 1 on, 0 staying first.
func (s *stream) order(indices []int) {
	for i := range indices {
		indices[i] = i
	}
	for i := len(indices) - 1; i > 1; i-- {
		j := 1 + s.below(i)
		indices[i], indices[j] = indices[j], indices[i]
	}
}

// common returns the number of candles of the shortest series, all of which must
// have the same times.
func (m *markets) common() (int, error) {
	first := m.all[m.of[0]]
	for i, s := range m.all {
		if m.of[i] == i && !slices.Equal(s.Time, first.Time) {
			return 0, tradekeel.ErrUnsupported.With("data", "%s %s and %s %s have candles at different times, which cannot be put in one order",
				first.Instrument, first.Timeframe, s.Instrument, s.Timeframe)
		}
	}
	if first.Len() < 3 {
		return 0, tradekeel.Invalidf("data", "needs at least 3 candles, got %d", first.Len())
	}
	return first.Len(), nil
}

// permuted puts the candles in an order: gaps says from which candle the move from
// the last close to the open is taken, moves the rest.
func (m *markets) permuted(gaps, moves []int) ([]*market.Series, error) {
	return m.altered(func(s *market.Series, g *grid) *market.Series {
		out := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, s.Len())
		// The path is followed in floats, and each candle brought to the grid alone:
		// else a rounding would go on to all that follow.
		last := float64(s.Close[0])
		out.Append(s.Bar(0))
		for i := 1; i < s.Len(); i++ {
			k, gap := moves[i], gaps[i]
			open := last * (float64(s.Open[gap]) / float64(s.Close[gap-1]))
			scale := open / float64(s.Open[k])
			last = float64(s.Close[k]) * scale
			tick := g.at(s.Time[i])
			b := market.Bar{Time: s.Time[i], Volume: s.Volume[k]}
			b.Open, b.Close = toGrid(open, tick), toGrid(last, tick)
			b.High = max(toGrid(float64(s.High[k])*scale, tick), b.Open, b.Close)
			b.Low = min(toGrid(float64(s.Low[k])*scale, tick), b.Open, b.Close)
			out.Append(b)
		}
		return out
	})
}

// toGrid rounds a price in units to the grid; it stays within what an int64 holds.
func toGrid(at float64, tick int64) int64 {
	return onGrid(int64(min(max(at, 1), 0x1p62)), tick)
}
