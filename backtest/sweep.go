package backtest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
)

// SweepConfig is many strategies over the same candles. Strategies, Data and Cash are
// required; the fields that Config has too mean the same.
type SweepConfig struct {
	Strategies []strategy.Strategy
	Data       *market.Series
	Cash       money.Amount
	Fees       exchange.FeeSchedule
	From, To   time.Time
	Gaps       GapPolicy
	// Workers is how many goroutines share the work; 0 is as many as there are processors.
	Workers int
}

// Swept is what came of one strategy of a sweep: the figures that Run gives for it.
type Swept struct {
	Final       exchange.Units // Result.Final
	Fees        exchange.Units // of all fills
	Fills       int
	Trades      int          // that ended
	Refused     int          // orders that were not traded
	MaxDrawdown stats.Number // of the equity at every bar, as Stats.MaxDrawdown
	// Err is why the strategy could not be run, as Run would return it.
	Err error
}

// Sweep runs many strategies over one series and returns a few figures of each, in
// their order. Each comes to what Run comes to, to the last unit. Strategies that are
// nothing but rules over the candles (strategy.Ruled) take little time and memory: a
// line that many read is computed once, a block of bars at a time; the rules are told
// for the block; and orders are filled, by the venue of Run, where a rule holds.
// The others are run by Run, one after the other.
//
// Its error is that of the configuration, or Canceled; a strategy's own is in its
// Swept. Strategies must be safe to build at the same time.
func Sweep(ctx context.Context, c SweepConfig) ([]Swept, error) {
	out := make([]Swept, len(c.Strategies))
	if len(out) == 0 {
		return nil, tradekeel.Invalidf("strategies", "need at least one")
	}
	// The bars, once for all.
	base, err := newRun(c.run(c.Strategies[0]))
	if err != nil {
		return nil, err
	}
	data := base.data[0]
	data.Closes()
	workers := c.Workers
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	workers = min(workers, len(out))
	faults := make([]error, workers)
	var all sync.WaitGroup
	for w := range workers {
		first, last := len(out)*w/workers, len(out)*(w+1)/workers
		all.Go(func() {
			s := sweep{config: &c, data: data, base: base, strategies: c.Strategies[first:last], out: out[first:last]}
			faults[w] = s.all(ctx)
		})
	}
	all.Wait()
	return out, errors.Join(faults...)
}

// run is the configuration of Run for one strategy.
func (c *SweepConfig) run(s strategy.Strategy) Config {
	config := Config{Strategy: s, Cash: c.Cash, Fees: c.Fees, From: c.From, To: c.To, Gaps: c.Gaps}
	if c.Data != nil {
		config.Data = []*market.Series{c.Data}
	}
	return config
}

// plain runs one strategy by Run.
func (c *SweepConfig) plain(ctx context.Context, s strategy.Strategy, out *Swept) error {
	r, err := Run(ctx, c.run(s))
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		*out = Swept{Err: err}
		return nil
	}
	*out = Swept{Fills: len(r.Fills), Trades: len(r.Trades), Refused: len(r.Refused), MaxDrawdown: r.Stats.MaxDrawdown}
	if n := len(r.Equity.Units); n > 0 {
		out.Final = r.Equity.Units[n-1]
	}
	for i := range r.Fills {
		var fits bool
		if out.Fees, fits = out.Fees.Add(r.Fills[i].Fee); !fits {
			out.Err = exchange.ErrOutOfRange.With("fees", "their sum is out of range")
			return nil
		}
	}
	return nil
}
