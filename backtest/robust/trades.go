package robust

import (
	"cmp"
	"context"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/trading"
)

// TradeReturns returns what each round trip made of the equity that there was at the
// last close before it: its net profit as a fraction of that equity. Where positions do not
// overlap, the product of 1 + each is the final equity over the starting cash, but
// for positions that are still open. Fewer than two trades are Invalid, as is an
// equity of nothing.
func TradeReturns(r *backtest.Result) ([]float64, error) {
	if len(r.Trades) < 2 {
		return nil, tradekeel.Invalidf("trades", "need at least 2 round trips that ended, got %d", len(r.Trades))
	}
	out := make([]float64, len(r.Trades))
	for i := range r.Trades {
		t := &r.Trades[i]
		equity := startOf(r)
		if at := t.EntryMoment; at > 0 && at <= len(r.Equity.Units) {
			equity = r.Equity.Units[at-1].Float64()
		}
		_, net, fits := t.Profit()
		if !fits {
			return nil, exchange.ErrOutOfRange.With("trades", "the profit of round trip %d is out of range", i+1)
		}
		if !(equity > 0) {
			return nil, tradekeel.Invalidf("trades", "round trip %d began with an equity of nothing", i+1)
		}
		out[i] = max(-1, net.Float64()/equity)
	}
	return out, nil
}

// ShuffleTrades puts the round trips of a run in random orders, each as likely, and
// walks the equity along them trade by trade. The order changes neither the final
// return nor the Sharpe ratio: what it tells is how deep the drawdown could as well
// have been, and the way there. Figures are at the ends of trades: a drawdown within a
// trade is not seen, so that they differ from those of the run by the bar.
func ShuffleTrades(ctx context.Context, r *backtest.Result, o Options) (*MonteCarlo, error) {
	return resampleTrades(ctx, r, o, "shuffles", (*stream).shuffled)
}

// ResampleTrades draws round trips of a run at random with replacement, as many as
// there were (Efron 1979): trades that were as likely and did not come. Other than
// ShuffleTrades it also spreads the final return. It takes trades as independent;
// where losses come in a row, Bootstrap keeps them together.
func ResampleTrades(ctx context.Context, r *backtest.Result, o Options) (*MonteCarlo, error) {
	return resampleTrades(ctx, r, o, "resampled trades", (*stream).drawn)
}

func (s *stream) shuffled(to, from []float64) {
	copy(to, from)
	s.shuffle(to)
}

func (s *stream) drawn(to, from []float64) {
	for i := range to {
		to[i] = from[s.below(len(from))]
	}
}

func resampleTrades(ctx context.Context, r *backtest.Result, o Options, method string, draw func(s *stream, to, from []float64)) (*MonteCarlo, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	trades, err := TradeReturns(r)
	if err != nil {
		return nil, err
	}
	s := newSimulation(o, len(trades))
	s.first = walk(trades, 1, s.points, s.original, 1)
	if err := parallel.Each(ctx, o.Runs, o.parallel(chunkOf(len(trades))), func() func(int) error {
		path, random := make([]float64, len(trades)), &stream{}
		return func(i int) error {
			random.seed(o.Seed, i)
			draw(random, path, trades)
			s.keep(i, path, 1)
			return nil
		}
	}); err != nil {
		return nil, err
	}
	m, err := s.result(ctx, method)
	if err != nil {
		return nil, err
	}
	if overlaps(r) {
		m.Warnings = append(m.Warnings, "Positions overlapped in time; one after the other, their drawdown is another than when they were held together.")
	}
	if len(r.Open) > 0 {
		m.Warnings = append(m.Warnings, "A position was open at the end; it is in no trade.")
	}
	if len(trades) < fewTrades {
		m.Warnings = append(m.Warnings, "There are fewer than 30 trades: shares and percentiles are rough.")
	}
	return m, nil
}

const fewTrades = 30

func overlaps(r *backtest.Result) bool {
	sorted := slices.Clone(r.Trades)
	slices.SortFunc(sorted, func(a, b trading.Trade) int {
		if a.EntryTime != b.EntryTime {
			return cmp.Compare(a.EntryTime, b.EntryTime)
		}
		return cmp.Compare(a.ExitTime, b.ExitTime)
	})
	end := int64(math.MinInt64)
	for i := range sorted {
		if sorted[i].EntryTime < end {
			return true
		}
		end = max(end, sorted[i].ExitTime)
	}
	return false
}

// chunkOf is how many simulations a goroutine takes at once: some 10,000 steps, so
// that taking them costs nothing and cancelling is quick.
func chunkOf(steps int) int { return max(1, min(64, 10_000/max(1, steps))) }
