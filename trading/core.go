package trading

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// FeedConfig is one series of bars that the core will be fed.
type FeedConfig struct {
	Instrument  int32 // index in Config.Instruments
	Timeframe   market.Timeframe
	VolumeScale int32
	// Series preloads the feed: the bars pushed must be those of the series, in
	// order. Indicators are then computed at once. nil streams.
	Series *market.Series
}

// Config is what a core needs. All is required but Balances.
type Config struct {
	Strategy    strategy.Strategy
	Instruments []*market.Instrument
	Feeds       []FeedConfig
	// Account is the kind of account that is traded; the zero value is spot.
	Account exchange.AccountKind
	// Reporting is the currency of the equity; every instrument settles in it.
	Reporting money.Currency
	// Balances is what is there at the start: of the reporting currency, and of the base
	// of spot instruments, whose price tells what it is worth.
	Balances map[money.Currency]exchange.Units
	// EveryBar asks the instance at every bar, those among them of which it tells
	// ahead that it would do nothing (strategy.Quieter): for explanations.
	EveryBar bool
}

// Refused is an intent that was not traded, with the reason.
type Refused struct {
	Order exchange.Order
	Time  int64
	Err   error
}

// Core runs one instance of a strategy. See the package comment.
type Core struct {
	instance    strategy.Instance
	plain       bool             // one known feed of a spot instrument
	quiet       strategy.Quieter // nil: it is asked at every bar
	onFill      strategy.FillListener
	onOrder     strategy.OrderListener
	onTrade     strategy.TradeListener
	onBook      strategy.BookListener
	instruments []instrument
	feeds       []*strategy.Feed
	setup       *strategy.Setup
	used        []*strategy.Feed
	warm        bool
	now         int64        // the moment of the last decision
	bar         strategy.Bar // that the instance is asked about
	moments     int          // decided so far
	expected    int          // moments in all, about
	reporting   money.Currency
	cashAsset   int
	ledger      Ledger
	equity      exchange.Units // cash and marks, unless something moved
	moved       bool
	orders      strategy.Orders
	open        []exchange.Order     // sent, and not yet at an end
	amending    []exchange.Amendment // sent and not answered
	commands    []Command
	trades      []Trade
	fills       []exchange.Fill
	refused     []Refused
	moves       []exchange.Movement
	told        int   // refusals that the instance was told of
	depth       int   // of calls of the instance about its orders
	fault       error // that ends the run
}

// New builds the instance and its feeds.
func New(c Config) (*Core, error) {
	if c.Strategy == nil {
		return nil, tradekeel.Invalidf("strategy", "is missing")
	}
	if err := c.Reporting.Validate(); err != nil {
		return nil, err
	}
	core := &Core{reporting: c.Reporting}
	core.cashAsset = core.ledger.asset(c.Reporting)
	if len(c.Instruments) >= maxTerms {
		return nil, tradekeel.ErrUnsupported.With("data", "a run has at most %d instruments, got %d", maxTerms-1, len(c.Instruments))
	}
	for _, in := range c.Instruments {
		prepared, err := core.prepare(in, c.Account)
		if err != nil {
			return nil, err
		}
		core.instruments = append(core.instruments, prepared)
	}
	if err := core.pay(c.Balances); err != nil {
		return nil, err
	}
	for _, f := range c.Feeds {
		if f.Instrument < 0 || int(f.Instrument) >= len(c.Instruments) {
			return nil, tradekeel.Invalidf("feeds", "there is no instrument number %d", f.Instrument)
		}
		if f.Series != nil {
			core.feeds = append(core.feeds, strategy.NewPreloadedFeed(f.Instrument, f.Series))
		} else {
			core.feeds = append(core.feeds, strategy.NewFeed(f.Instrument, c.Instruments[f.Instrument], f.Timeframe, f.VolumeScale))
		}
	}
	setup := strategy.NewSetup(core.feeds)
	setup.Grant(c.Account)
	instance, err := c.Strategy.Build(setup)
	if err != nil {
		return nil, err
	}
	core.instance, core.setup, core.used = instance, setup, setup.Used()
	for _, f := range core.feeds {
		f.Clock(&core.now)
	}
	core.bar = strategy.NewBar(core.used[0], core)
	core.moved = true
	core.plain = plain(core, &c)
	core.quiet, core.expected = quieter(core, &c), expected(c.Feeds)
	core.onFill, _ = instance.(strategy.FillListener)
	core.onOrder, _ = instance.(strategy.OrderListener)
	core.onTrade, _ = instance.(strategy.TradeListener)
	core.onBook, _ = instance.(strategy.BookListener)
	core.orders.Watch(func() []exchange.Order { return core.open })
	return core, nil
}

// Apply takes in one event and returns what is to be done, valid until the next
// call. An error means that the event was not one that can follow, or that a
// number left its range; the core is then not to be used again.
func (c *Core) Apply(ev *Event) ([]Command, error) {
	if len(c.commands) > 0 {
		c.commands = c.commands[:0]
	}
	switch ev.Kind {
	case BarClosed:
		f, err := c.feed(ev.Feed)
		if err != nil {
			return nil, err
		}
		if err := f.Push(&ev.Bar); err != nil {
			return nil, err
		}
		if err := c.mark(f, ev.Bar.Close); err != nil {
			return nil, err
		}
	case BarReached:
		if err := c.reach(ev.Feed, ev.VenueTime); err != nil {
			return nil, err
		}
	case SignalReceived:
		c.setup.Receive(ev.Signal)
	case OrderReported:
		if ev.Report == nil {
			return nil, tradekeel.Invalidf("event.report", "is missing")
		}
		if err := c.report(ev.Report); err != nil {
			return nil, err
		}
	case BalanceMoved:
		if ev.Movement == nil {
			return nil, tradekeel.Invalidf("event.movement", "is missing")
		}
		if err := c.move(ev.Movement); err != nil {
			return nil, err
		}
	case TradePrinted, BookShown:
		if err := c.hear(ev); err != nil {
			return nil, err
		}
	default:
		return nil, tradekeel.Invalidf("event.kind", "there is no kind %d", ev.Kind)
	}
	if ev.Decide {
		c.moments++
		c.decide(ev.VenueTime)
	}
	return c.commands, c.fault
}

// reach takes in the next bar of a preloaded feed.
func (c *Core) reach(feed int32, at int64) error {
	f, err := c.feed(feed)
	if err != nil {
		return err
	}
	closing, ok := f.Advance(at)
	if !ok {
		return tradekeel.Invalidf("event", "the next bar of %s %s does not close at %d", f.Instrument(), f.Timeframe(), at)
	}
	return c.mark(f, closing)
}

func (c *Core) feed(i int32) (*strategy.Feed, error) {
	if i < 0 || int(i) >= len(c.feeds) {
		return nil, tradekeel.Invalidf("event.feed", "there is no feed number %d", i)
	}
	return c.feeds[i], nil
}

// mark values what is held of a feed's instrument at its last close.
func (c *Core) mark(f *strategy.Feed, closing int64) error {
	in := &c.instruments[f.InstrumentIndex()]
	in.last = closing
	if in.marked() {
		return c.price(in, closing)
	}
	return nil
}

// Now returns the moment of the last decision, nanoseconds UTC; 0 before the first.
func (c *Core) Now() int64 { return c.now }

// price marks an instrument at a price.
func (c *Core) price(in *instrument, price int64) error {
	mark, ok := in.worth(&c.ledger, price)
	if !ok || !summable(mark) {
		return ErrLedger
	}
	in.mark, c.moved = mark, true
	return nil
}

// Equity is a sum of cash and a mark for each instrument. Each term is kept below
// 2^118 units, some 300 quadrillion of an asset, so that the sum of maxTerms of
// them cannot overflow and need not be checked at every bar.
const maxTerms = 256

func summable(u exchange.Units) bool {
	const half = 118 - 64
	return u.Hi>>half == 0 || u.Hi>>half == -1
}

// decide asks the instance, once all its indicators are defined.
func (c *Core) decide(at int64) {
	if !c.warm {
		for _, f := range c.used {
			if !f.Warm() {
				return
			}
		}
		c.warm = true
	}
	c.now = at
	if len(c.used) > 1 {
		c.bar = c.freshest()
	}
	c.orders.Begin(c.bar.Feed())
	c.instance.OnBar(c.bar, &c.orders)
	if len(c.orders.Changes()) > 0 {
		c.submit(at)
	}
}

// freshest returns the bar of the first feed in use that closed at this moment.
func (c *Core) freshest() strategy.Bar {
	for _, f := range c.used {
		if f.Fresh() {
			return strategy.NewBar(f, c)
		}
	}
	return c.bar
}
