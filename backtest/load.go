package backtest

import (
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
	// happenings are what comes at times of its own and has not come yet.
	happenings []happening
	feeIn      *feed             // whose closes tell what the asset of fees is worth
	unpaid     []exchange.Report // transfers that the venue refused
	lasting    []*feed           // by instrument: the series whose bars fill its orders
	done       int
	total      int
	missing    int
	gaps       []market.Gap
	holes      *market.Series // the first series with gaps
	tape       *tape          // recorded trades and books; nil without any
	cash       exchange.Units
	unruled    []unruled // by instrument
	filled     int       // fills before the block at hand
	fetched    int64     // keeps what is read in advance from being left out
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
		if c.Cash.Currency != "" && s.Instrument.Settle() != c.Cash.Currency {
			return tradekeel.Invalidf("cash", "is in %s, but %s settles in %s", c.Cash.Currency, s.Instrument, s.Instrument.Settle())
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
	scales := make([]int32, len(instruments))
	for index, i := range shortest {
		r.feeds[i].fills = true
		scales[index] = r.feeds[i].VolumeScale
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
	r.lasting = make([]*feed, len(instruments))
	for i := range r.feeds {
		if f := &r.feeds[i]; f.fills {
			r.lasting[f.instrument] = f
			if c.Fees.In == exchange.FeeInAsset && f.Instrument.Base == c.Fees.Asset && f.Instrument.Quote == c.Cash.Currency {
				r.feeIn = f
			}
		}
	}
	if err := r.record(instruments); err != nil {
		return err
	}
	balances, err := r.balances()
	if err != nil {
		return err
	}
	if r.venue, err = matching.New(matching.Config{
		Instruments: instruments, Terms: c.Account, Fees: c.Fees, Balances: balances, Model: c.Model, VolumeScales: scales,
	}); err != nil {
		return err
	}
	if err := r.schedule(instruments); err != nil {
		return err
	}
	r.core, err = trading.New(trading.Config{
		Strategy: c.Strategy, Instruments: instruments, Feeds: feeds, Account: c.Account.Kind,
		Reporting: c.Cash.Currency, Balances: balances,
		EveryBar: r.everyBar,
	})
	if err == nil && r.tape != nil {
		r.tape.tellTrades, r.tape.tellBooks = r.core.Listens()
		r.tape.tellTrades, r.tape.tellBooks = r.tape.tellTrades && len(c.Ticks) > 0, r.tape.tellBooks && len(c.Books) > 0
	}
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

// balances returns what there is at the start.
func (r *run) balances() (map[money.Currency]exchange.Units, error) {
	all := map[money.Currency]exchange.Units{r.config.Cash.Currency: r.cash}
	for i, held := range r.config.Holdings {
		field := fmt.Sprintf("holdings[%d]", i)
		units, err := exchange.ToUnits(field, held.Value)
		if err != nil {
			return nil, err
		}
		if _, twice := all[held.Currency]; twice || units.Sign() <= 0 || held.Currency.Validate() != nil {
			return nil, tradekeel.Invalidf(field, "must be above zero and of another currency than the others, got %s", held)
		}
		all[held.Currency] = units
	}
	return all, nil
}
