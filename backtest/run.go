package backtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
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
	Equity     Equity
	Stats      stats.Stats
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

// run is one run under way.
type run struct {
	config  Config
	data    []*market.Series // as given, cut to the range
	read    []*market.Series // the same with the bars before From that indicators see
	derived []*market.Series // longer candles made of read, which the strategy reads
	signals []Signal         // that have not come yet
	feeds   []feed
	core    *trading.Core
	venue   *matching.Engine
	equity  Equity
	stats   *stats.Accumulator
	from    int64 // open of the first bar
	event   trading.Event
	queue   []trading.Command
	done    int
	total   int
	missing int
	gaps    []market.Gap
	holes   *market.Series // the first series with gaps
	cash    exchange.Units
	unruled []unruled // by instrument
	filled  int       // fills before the block at hand
	fetched int64     // keeps what is read in advance from being left out
	// everyBar asks the strategy at bars, too, of which it tells ahead that it would do
	// nothing.
	everyBar bool
}

// unruled is the time of an instrument whose rules are not known.
type unruled struct {
	in    *market.Instrument
	until int64 // nanoseconds UTC; the largest time where none are known
	used  bool  // an order traded, or was refused, in that time
}

// feed walks one series.
type feed struct {
	*market.Series
	closes     []int64
	index      int32 // of the feed in the core
	instrument int32
	at         int   // the next bar
	opened     int   // bars whose open has met the venue
	close      int64 // when the next bar closes; the largest time at the end
	fills      bool  // orders of the instrument meet these bars
}

// skipTo makes bar i the next one.
func (f *feed) skipTo(i int) {
	f.at, f.close = i, math.MaxInt64
	if i < len(f.closes) {
		f.close = f.closes[i]
	}
}

func newRun(c Config) (*run, error) {
	r := &run{config: c, signals: slices.Clone(c.Signals)}
	slices.SortStableFunc(r.signals, func(a, b Signal) int { return a.Time.Compare(b.Time) })
	var wrong []error
	if c.Strategy == nil {
		wrong = append(wrong, tradekeel.Invalidf("strategy", "is missing"))
	}
	cash, err := exchange.ToUnits("cash", c.Cash.Value)
	if err != nil || c.Cash.Sign() <= 0 {
		wrong = append(wrong, tradekeel.Invalidf("cash", "must be above zero and have at most %d decimals, got %s", exchange.LedgerScale, c.Cash))
	} else if err := c.Cash.Currency.Validate(); err != nil {
		wrong = append(wrong, tradekeel.Invalidf("cash", "needs a currency such as 10000 USDT, got %s", c.Cash))
	}
	r.cash = cash
	if _, _, err := c.Fees.Rates(); err != nil {
		wrong = append(wrong, err)
	}
	if !c.From.IsZero() && !c.To.IsZero() && !c.From.Before(c.To) {
		wrong = append(wrong, tradekeel.Invalidf("to", "must be after from, got %s to %s", c.From.Format(time.RFC3339), c.To.Format(time.RFC3339)))
	} else if !c.WarmFrom.IsZero() && !c.WarmFrom.Before(c.From) && !c.WarmFrom.Equal(c.From) {
		wrong = append(wrong, tradekeel.Invalidf("warm_from", "must be at or before from, got %s and %s", c.WarmFrom.Format(time.RFC3339), c.From.Format(time.RFC3339)))
	} else if len(c.Data) == 0 {
		wrong = append(wrong, ErrNoData)
	} else if err := r.load(); err != nil {
		wrong = append(wrong, err)
	}
	return r, errors.Join(wrong...)
}

// guarded makes an error of a panic: a strategy is somebody's code, which must not
// end the process that builds or runs it.
func (r *run) guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			at := "before the first bar"
			if r.core != nil && r.core.Now() != 0 {
				at = "at " + time.Unix(0, r.core.Now()).UTC().Format(time.RFC3339)
			}
			err = ErrStrategy.With("strategy", "%s panicked %s: %v", r.config.Strategy.Name(), at, p).
				Because(fmt.Errorf("%v\n%s", p, debug.Stack()))
		}
	}()
	return do()
}

// load cuts the data to the range and looks at it.
func (r *run) load() error {
	c := r.config
	for i, s := range c.Data {
		if err := s.Validate(); err != nil {
			return err
		}
		if c.Cash.Currency != "" && s.Instrument.Quote != c.Cash.Currency {
			return tradekeel.Invalidf("cash", "is in %s, but %s is quoted in %s", c.Cash.Currency, s.Instrument, s.Instrument.Quote)
		}
		part := s.Between(c.From, c.To)
		read := part
		if !c.WarmFrom.IsZero() {
			read = s.Between(c.WarmFrom, c.To)
			part = read.Slice(r.before(read), read.Len())
		}
		if part.Len() == 0 {
			if s.Len() == 0 {
				return ErrNoData.With("data", "%s %s has no bars", s.Instrument, s.Timeframe)
			}
			return ErrNoData.With("data", "%s %s has no bars in the range; it goes from %s to %s", s.Instrument, s.Timeframe,
				time.Unix(0, s.Time[0]).UTC().Format(time.RFC3339), time.Unix(0, s.Timeframe.Close(s.Time[s.Len()-1])).UTC().Format(time.RFC3339))
		}
		for _, other := range c.Data[:i] {
			if market.KeyOf(other) == market.KeyOf(s) {
				return tradekeel.Invalidf("data", "%s %s is there twice", s.Instrument, s.Timeframe)
			}
		}
		for _, g := range read.Gaps() {
			r.missing += g.Missing
			r.gaps = append(r.gaps, g)
			if r.holes == nil {
				r.holes = read
			}
		}
		r.data, r.read = append(r.data, part), append(r.read, read)
		r.total += part.Len()
	}
	if r.missing > 0 && c.Gaps == RejectGaps {
		return ErrGaps.With("data", "%s %s lacks bars: %d are missing in %d gaps, the first: %s; accept them (AcceptGaps) or choose another range",
			r.holes.Instrument, r.holes.Timeframe, r.missing, len(r.gaps), r.gaps[0])
	}
	return r.derive()
}

// derive makes the candles that the strategy reads and that are not there, of
// shorter ones of the same instrument that are. What lacks then is told when the
// strategy is built.
func (r *run) derive() error {
	needer, ok := r.config.Strategy.(strategy.Needer)
	if !ok {
		return nil
	}
	main := strategy.Need{Symbol: r.data[0].Instrument.Symbol, Timeframe: needer.Timeframe()}
	for _, need := range append([]strategy.Need{main}, needer.Needs()...) {
		if need.Symbol == "" {
			need.Symbol = main.Symbol
		}
		made, err := r.made(need)
		if err != nil {
			return err
		}
		if made != nil {
			r.derived = append(r.derived, made)
			r.total += made.Len() - r.before(made)
		}
	}
	return nil
}

// made makes a series of a shorter one, the longest that will do; nil when it is there
// already or cannot be made.
func (r *run) made(need strategy.Need) (*market.Series, error) {
	var from *market.Series
	for _, s := range slices.Concat(r.read, r.derived) {
		if s.Instrument.Symbol != need.Symbol {
			continue
		}
		if s.Timeframe == need.Timeframe {
			return nil, nil
		}
		if s.Timeframe.Divides(need.Timeframe) && (from == nil || s.Timeframe.Compare(from.Timeframe) > 0) {
			from = s
		}
	}
	if from == nil {
		return nil, nil
	}
	made, err := market.ResampleWhole(from, need.Timeframe)
	if err == nil && made.Len() == 0 {
		err = ErrNoData.With("data", "%s %s has not one whole candle of %s", from.Instrument, from.Timeframe, need.Timeframe)
	}
	if err != nil {
		return nil, err
	}
	return made, nil
}

// start builds the venue and the core.
func (r *run) start() error {
	c := r.config
	var instruments []*market.Instrument
	var feeds []trading.FeedConfig
	shortest := map[int32]int{}
	all := slices.Concat(r.read, r.derived)
	for i, s := range all {
		index := int32(slices.IndexFunc(instruments, func(in *market.Instrument) bool {
			return in.Venue == s.Instrument.Venue && in.Symbol == s.Instrument.Symbol
		}))
		if index < 0 {
			index = int32(len(instruments))
			instruments = append(instruments, s.Instrument)
		} else if in := instruments[index]; in.PriceScale != s.Instrument.PriceScale || in.QuantityScale != s.Instrument.QuantityScale {
			return tradekeel.Invalidf("data", "%s has other scales in two series", in)
		}
		f := trading.FeedConfig{Instrument: index, Timeframe: s.Timeframe, VolumeScale: s.VolumeScale}
		if !c.Streamed {
			f.Series = s
		}
		feeds = append(feeds, f)
		walked := s.Slice(r.before(s), s.Len())
		next := feed{Series: walked, index: int32(i), instrument: index, closes: walked.Closes()}
		next.skipTo(0)
		r.feeds = append(r.feeds, next)
		if have, ok := shortest[index]; !ok || s.Timeframe.Compare(all[have].Timeframe) < 0 {
			shortest[index] = i
		}
	}
	for _, i := range shortest {
		r.feeds[i].fills = true
	}
	for _, in := range instruments {
		u := unruled{in: in, until: math.MaxInt64}
		if since, known := in.KnownSince(); known {
			u.until = since.UnixNano()
		}
		r.unruled = append(r.unruled, u)
	}
	// The order of bars that close together: shorter first, then as in Data.
	slices.SortStableFunc(r.feeds, func(a, b feed) int { return a.Timeframe.Compare(b.Timeframe) })
	balances := map[money.Currency]exchange.Units{c.Cash.Currency: r.cash}
	var err error
	if r.venue, err = matching.New(matching.Config{Instruments: instruments, Fees: c.Fees, Balances: balances}); err != nil {
		return err
	}
	r.core, err = trading.New(trading.Config{
		Strategy: c.Strategy, Instruments: instruments, Feeds: feeds, Reporting: c.Cash.Currency, Balances: balances,
		EveryBar: r.everyBar,
	})
	if err == nil {
		err = r.warm(all)
	}
	r.equity.Units = make([]exchange.Units, 0, r.total)
	from := r.data[0].Time[0]
	for _, s := range r.data {
		from = min(from, s.Time[0])
	}
	r.from = from
	r.stats = stats.NewAccumulator(c.Convention, r.cash, from)
	return err
}

// all walks to the end of the data, a block of bars at a time.
func (r *run) all(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return tradekeel.ErrCanceled.With("", "the run was canceled after %d of %d bars", r.done, r.total).Because(context.Cause(ctx))
		}
		if r.config.Progress != nil {
			r.config.Progress(r.done, r.total)
		}
		if r.done >= r.total {
			return nil
		}
		if err := r.block(min(r.total, r.done+every)); err != nil {
			return err
		}
	}
}

// block walks on until so many bars are done, and takes their equity into the
// statistics while it is near.
func (r *run) block(until int) error {
	first := len(r.equity.Units)
	r.fetch(until)
	for r.done < until {
		at := r.feeds[0].close
		for i := 1; i < len(r.feeds); i++ {
			at = min(at, r.feeds[i].close)
		}
		if r.venue.Waiting() {
			if err := r.opens(at); err != nil {
				return err
			}
		}
		var commands []trading.Command
		var err error
		if len(r.feeds) == 1 && !r.config.Streamed && len(r.signals) == 0 {
			commands, err = r.walk(until)
		} else {
			commands, err = r.closes(at)
		}
		if err != nil {
			return err
		}
		if len(commands) > 0 {
			if err := r.submit(commands); err != nil {
				return err
			}
		}
	}
	r.stats.Add(r.equity.Times[first:], r.equity.Units[first:])
	return nil
}

// fetch reads through the opens and closes of the bars ahead, one of each line of the
// cache, where orders are frequent: each fill would wait for one of its own.
func (r *run) fetch(until int) {
	fills := len(r.core.Fills())
	frequent := fills-r.filled > every/128
	r.filled = fills
	if !frequent || len(r.feeds) > 1 {
		return
	}
	sum := int64(0)
	f := &r.feeds[0]
	opens, closes := f.Open[r.done:until], f.closes[r.done:until]
	for i := 0; i < len(opens) && i < len(closes); i += 8 {
		sum += opens[i] ^ closes[i]
	}
	r.fetched += sum
}

// walk hands the bars of the only series to the core, until one gives commands.
// While orders wait it hands one alone: the next open comes between.
func (r *run) walk(until int) ([]trading.Command, error) {
	f := &r.feeds[0]
	if r.venue.Waiting() {
		until = r.done + 1
	}
	before := len(r.equity.Units)
	units, commands, err := r.core.Walk(f.index, f.closes[f.at:until], r.equity.Units)
	r.equity.Units = units
	r.done += len(units) - before
	r.equity.Times = f.closes[:r.done:r.done]
	f.skipTo(r.done)
	return commands, err
}

// closes hands every bar that closes at a time to the core, and returns what the
// strategy decided after the last of them.
func (r *run) closes(at int64) ([]trading.Command, error) {
	if err := r.receive(at); err != nil {
		return nil, err
	}
	last := len(r.feeds) - 1
	for r.feeds[last].close != at {
		last--
	}
	var commands []trading.Command
	for i := range last + 1 {
		f := &r.feeds[i]
		if f.close != at {
			continue
		}
		ev := &r.event
		ev.Kind, ev.Decide, ev.Feed, ev.VenueTime, ev.ReceiveTime = trading.BarReached, i == last, f.index, at, at
		if r.config.Streamed {
			ev.Kind, ev.Bar = trading.BarClosed, f.Bar(f.at)
		}
		r.done++
		f.skipTo(f.at + 1)
		var err error
		if commands, err = r.core.Apply(ev); err != nil {
			return nil, err
		}
	}
	r.equity.Times = append(r.equity.Times, at)
	r.equity.Units = append(r.equity.Units, r.core.Equity())
	return commands, nil
}

// receive hands the signals that came by a time to the core.
func (r *run) receive(until int64) error {
	for len(r.signals) > 0 && r.signals[0].Time.UnixNano() <= until {
		at := r.signals[0].Time.UnixNano()
		ev := &r.event
		ev.Kind, ev.Decide, ev.Signal, ev.VenueTime, ev.ReceiveTime = trading.SignalReceived, false, r.signals[0].Name, at, at
		if _, err := r.core.Apply(ev); err != nil {
			return err
		}
		r.signals = r.signals[1:]
	}
	return nil
}

// opens lets the bars that open before a time meet the waiting orders, in the
// order of their opens.
func (r *run) opens(before int64) error {
	for {
		var first *feed
		var at int64
		for i := range r.feeds {
			f := &r.feeds[i]
			if !f.fills || f.opened > f.at || f.at >= len(f.Time) {
				continue
			}
			open := f.nextOpen()
			if open < before && (first == nil || open < at || open == at && f.instrument < first.instrument) {
				first, at = f, open
			}
		}
		if first == nil {
			return nil
		}
		first.opened = first.at + 1
		outcomes := r.venue.Open(first.instrument, first.Open[first.at], at)
		if u := &r.unruled[first.instrument]; len(outcomes) > 0 && at < u.until {
			u.used = true
		}
		for _, o := range outcomes {
			if err := r.report(o.Report); err != nil {
				return err
			}
		}
	}
}

// nextOpen is when the next bar opens. It is told from the close where that is
// possible: the column of opens is read for nothing else, far from the cache.
func (f *feed) nextOpen() int64 {
	if f.Timeframe > 0 {
		return f.close - int64(f.Timeframe)
	}
	return f.Time[f.at]
}

func (r *run) report(report *exchange.Report) error {
	r.tell(report)
	commands, err := r.core.Apply(&r.event)
	if err != nil {
		return err
	}
	return r.submit(commands)
}

// tell makes a report the event at hand.
func (r *run) tell(report *exchange.Report) {
	ev := &r.event
	ev.Kind, ev.Decide, ev.VenueTime, ev.ReceiveTime, ev.Report = trading.OrderReported, false, report.Time, report.Time, report
}

// maxAtOnce bounds the orders of one moment: a strategy that answers each rejection
// with the same order would never end.
const maxAtOnce = 10_000

// submit sends commands to the venue and its answers back to the core, which may
// send more. The queue keeps them, since the core reuses what it returned.
func (r *run) submit(commands []trading.Command) error {
	r.queue = append(r.queue[:0], commands...)
	for i := 0; i < len(r.queue); i++ {
		if i == maxAtOnce {
			return ErrStrategy.With("strategy", "%s sent more than %d orders at %s; does it send again what was rejected?",
				r.config.Strategy.Name(), maxAtOnce, time.Unix(0, r.queue[i].Order.Decided).UTC().Format(time.RFC3339))
		}
		r.tell(r.venue.Submit(&r.queue[i].Order)[0].Report)
		more, err := r.core.Apply(&r.event)
		if err != nil {
			return err
		}
		r.queue = append(r.queue, more...)
	}
	return nil
}
