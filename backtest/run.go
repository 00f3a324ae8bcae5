package backtest

import (
	"context"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/trading"
)

// GapPolicy says what to do about missing bars.
type GapPolicy uint8

// The policies. The zero value refuses data with gaps: a strategy that skips
// hours without being told is a wrong result.
const (
	RejectGaps GapPolicy = iota
	// AcceptGaps runs over what is there and says in Result.Warnings what is not.
	AcceptGaps
)

// Config is one run. Strategy, Data and Cash are required.
type Config struct {
	Strategy strategy.Strategy
	// Data is the candles, one series or several. All instruments are quoted in
	// the currency of Cash.
	Data []*market.Series
	// Cash is what there is at the start; above zero.
	Cash money.Amount
	// Fees are taken of every fill; the zero value takes none.
	Fees exchange.FeeSchedule
	// Account is what the venue grants; the zero value is a spot account.
	Account exchange.Terms
	// Model is how orders fill; the zero value is the cautious one.
	Model matching.Model
	// Holdings are what there is at the start beside Cash: of the base of spot instruments
	// of the run, which tell what it is worth. A fee asset such as BNB is one.
	Holdings []money.Amount
	// Funding is what perpetuals of the run pay, and Marks their mark prices, which decide
	// on liquidation and funding; without them the last price does.
	Funding []*market.FundingRates
	Marks   []*market.Series
	// Transfers are deposits and withdrawals. Returns are then weighted by time: money
	// that comes or goes is no profit.
	Transfers []Transfer
	// Actions are dividends and splits of candles that are not adjusted for them.
	Actions []Actions
	// Ticks are recorded trades, at most one Ticks an instrument, and Books recorded order
	// books, at most one feed an instrument. The orders of an instrument that has either
	// are filled by these alone, by the rules of matching.Engine.Trade and Book, and not
	// by its bars, which the strategy still reads and which value what is held. An
	// instrument without them fills on its bars as ever. Candles of ticks are made by
	// source.AggregateTicks.
	//
	// A trade or book before a close comes before the strategy decides there. One at the
	// very time of a close comes after, as it belongs to the candle that opens then and
	// as bars that open then do: an order that is decided at a close, or a fill, of time t
	// meets what comes at t + Model.Latency or later. At one time, transfers, funding and
	// the like come first, then bars that open, trades, and books, the latter two in
	// their order here. Books before the first bar are played, so that the book is known;
	// trades before it are passed.
	//
	// A strategy that is a strategy.TradeListener or BookListener is told of each, from its
	// first decision on.
	//
	// Ticks and books of an instrument without candles, with other scales than its
	// candles, or with times that fall are refused.
	Ticks []*market.Ticks
	Books []book.Feed
	// From and To bound the bars: those that open at or after From and close at or
	// before To. A zero time is no bound.
	From, To time.Time
	// WarmFrom lets the indicators see bars before From, those that open at or after
	// it. The strategy is not asked before From; nothing trades, no equity is kept and
	// no statistic counts there. A zero time sees none: indicators then warm up
	// behind From. What a strategy itself remembers from call to call begins at From.
	// It needs From, and is at most From.
	WarmFrom time.Time
	// Gaps says what to do about missing bars.
	Gaps GapPolicy
	// Signals are messages from outside that strategies may wait for, such as the
	// alerts of a chart, by their time. One is known at the first close at or after it.
	Signals []Signal
	// Convention of the statistics; the zero value is stats.Crypto365.
	Convention stats.Convention
	// Progress is called now and then from the goroutine of Run, with the bars done
	// and the bars in all, and once at the end.
	Progress func(done, total int)
	// Streamed hands the bars to the core one at a time, as a live bot gets them,
	// instead of preloading its columns. The result is the same; it is slower.
	Streamed bool
}

// Signal is a message from outside that came at a time.
type Signal struct {
	Name string
	Time time.Time
}

// The errors of a run's input.
var (
	ErrNoData = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "backtest.no_data", Field: "data", Message: "there are no bars"}
	ErrGaps   = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "backtest.gaps", Field: "data", Message: "bars are missing"}
	// ErrStrategy is a strategy that panicked; the run is lost, the process is not.
	ErrStrategy = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "backtest.strategy_failed", Field: "strategy", Message: "the strategy failed"}
)

// Equity is the value of the account at every moment that bars closed.
type Equity struct {
	Times []int64          // nanoseconds UTC, the closes
	Units []exchange.Units // cash and positions at the close
}

// Result is what came of a run. It is not changed afterwards.
type Result struct {
	Strategy   string
	Parameters []strategy.Parameter
	Data       []*market.Series // the bars that were used
	Cash       money.Amount
	Fees       exchange.FeeSchedule
	Trades     []trading.Trade // round trips that ended, by their end
	Open       []trading.Trade // round trips that did not end
	Fills      []exchange.Fill
	Refused    []trading.Refused
	// Movements are what moved balances beside the fills: funding, interest, transfers.
	Movements []exchange.Movement
	Equity    Equity
	Stats     stats.Stats
	// Warnings are what a reader of the result should know, in plain words.
	Warnings []string
}

// Final returns the equity at the end.
func (r *Result) Final() money.Amount {
	if n := len(r.Equity.Units); n > 0 {
		return money.New(exchange.FromUnits(r.Equity.Units[n-1]), r.Cash.Currency)
	}
	return r.Cash
}

// every is the number of bars between looks at the context and progress: a block of
// indicators, so that what was computed of one is still near when it is taken in.
const every = 1 << 10

// Run runs a strategy over candles. Its errors are Invalid and name what is
// wrong with the input, or Canceled when ctx ended. It keeps nothing: any number
// of runs may share strategies and series at the same time.
func Run(ctx context.Context, c Config) (*Result, error) {
	r, err := newRun(c)
	if err != nil {
		return nil, err
	}
	if err := r.guarded(func() error {
		if err := r.start(); err != nil {
			return err
		}
		return r.all(ctx)
	}); err != nil {
		return nil, err
	}
	return r.result()
}

// Check returns what Run would refuse of a configuration before its first bar,
// all faults joined.
func Check(c Config) error {
	r, err := newRun(c)
	if err != nil {
		return err
	}
	return r.guarded(r.start)
}

// Explain runs a strategy up to the last close at or before a time, and tells why it
// decided there as it did, or did nothing, with the position that it had by then. The
// strategy's instance must be a strategy.Explainer, as those of documents are. Its
// errors are those of Run.
func Explain(ctx context.Context, c Config, at time.Time) (strategy.Explanation, error) {
	if c.To.IsZero() || at.Before(c.To) {
		c.To = at
	}
	r, err := newRun(c)
	if err != nil {
		return strategy.Explanation{}, err
	}
	r.everyBar = true
	if err := r.guarded(func() error {
		if err := r.start(); err != nil {
			return err
		}
		return r.all(ctx)
	}); err != nil {
		return strategy.Explanation{}, err
	}
	explainer, ok := r.core.Instance().(strategy.Explainer)
	switch {
	case !ok:
		return strategy.Explanation{}, tradekeel.ErrUnsupported.With("strategy", "%s does not explain its decisions; strategies that are documents do", c.Strategy.Name())
	case r.core.Now() == 0:
		return strategy.Explanation{}, tradekeel.Invalidf("at", "no close by %s has enough candles before it", at.UTC().Format(time.RFC3339))
	}
	return explainer.Explain(), nil
}
