package trading

import (
	"errors"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
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
	// Reporting is the currency of the equity; every instrument is quoted in it.
	Reporting money.Currency
	// Balances is what is there at the start, in the reporting currency.
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
	open        []exchange.Order // sent, and not yet at an end
	intents     exchange.IntentID
	commands    []Command
	trades      []Trade
	fills       []exchange.Fill
	refused     []Refused
}

// instrument is a market.Instrument prepared for integer work, with its position.
type instrument struct {
	*market.Instrument
	base, quote int // assets of the ledger
	toLedger    int64
	baseUnit    int64
	position
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
	for _, in := range c.Instruments {
		if err := in.Validate(); err != nil {
			return nil, err
		}
		if in.Quote != c.Reporting {
			return nil, tradekeel.ErrUnsupported.With("data", "%s is quoted in %s, the run is accounted in %s; all must be one currency", in, in.Quote, c.Reporting)
		}
		core.instruments = append(core.instruments, instrument{
			Instrument: in,
			base:       core.ledger.asset(in.Base), quote: core.ledger.asset(in.Quote),
			toLedger: wide.Pow10(exchange.LedgerScale - in.PriceScale - in.QuantityScale),
			baseUnit: wide.Pow10(exchange.LedgerScale - in.QuantityScale),
			position: position{isSmall: true},
		})
	}
	if len(c.Instruments) >= maxTerms {
		return nil, tradekeel.ErrUnsupported.With("data", "a run has at most %d instruments, got %d", maxTerms-1, len(c.Instruments))
	}
	for currency, units := range c.Balances {
		if currency != c.Reporting {
			return nil, tradekeel.ErrUnsupported.With("balances", "a run starts with %s alone, got %s of %s; what a holding cost is not known", c.Reporting, exchange.FromUnits(units), currency)
		}
		if !summable(units) {
			return nil, ErrLedger
		}
		if err := core.ledger.move(core.ledger.asset(currency), Capital, Wallet, units); err != nil {
			return nil, err
		}
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
	default:
		return nil, tradekeel.Invalidf("event.kind", "there is no kind %d", ev.Kind)
	}
	if ev.Decide {
		c.moments++
		c.decide(ev.VenueTime)
	}
	return c.commands, nil
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
	if in := &c.instruments[f.InstrumentIndex()]; in.marked() {
		return c.price(in, closing)
	}
	return nil
}

// Now returns the moment of the last decision, nanoseconds UTC; 0 before the first.
func (c *Core) Now() int64 { return c.now }

// price marks an instrument at a price.
func (c *Core) price(in *instrument, price int64) error {
	mark, ok := in.value(in, price)
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
	if len(c.orders.Intents()) > 0 {
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

// submit turns the intents of the instance into commands.
func (c *Core) submit(at int64) {
	intents := c.orders.Intents()
	for k := range intents {
		intent := &intents[k]
		index := intent.Feed.InstrumentIndex()
		if intent.Size.Basis == strategy.HoldingShare && c.instruments[index].units == 0 {
			continue // there is nothing to close
		}
		c.intents++
		o := exchange.Order{
			Intent: c.intents, Instrument: index,
			Side: intent.Side, Type: intent.Type, Reason: intent.Reason, Decided: at,
		}
		var err error
		if o.Size, err = intent.Size.Resolve(intent.Feed, c); err != nil {
			c.refused = append(c.refused, Refused{o, at, err})
			continue
		}
		c.open = append(c.open, o)
		c.commands = append(c.commands, Command{Kind: Submit, Order: o})
	}
}

// report takes in what a venue says of an order.
func (c *Core) report(r *exchange.Report) error {
	i := 0
	for i < len(c.open) && c.open[i].Intent != r.Intent {
		i++
	}
	if i == len(c.open) {
		return tradekeel.Invalidf("event.report", "no order of intent %d is open", r.Intent)
	}
	if r.State == exchange.Accepted && c.onOrder == nil {
		return nil
	}
	o := c.open[i]
	if last := len(c.open) - 1; r.State.Final() {
		copy(c.open[i:], c.open[i+1:])
		c.open = c.open[:last]
	}
	in := &c.instruments[o.Instrument]
	switch r.State {
	case exchange.Filled, exchange.PartlyFilled:
		if err := c.fill(in, &r.Fill, o.Reason); err != nil {
			return err
		}
		if c.onFill != nil {
			c.listen(&o, r.Time, func() { c.onFill.OnFill(strategy.Fill{Instrument: in.Instrument, Raw: r.Fill}, &c.orders) })
		}
	case exchange.Rejected:
		refusal := errors.New("the venue gave no reason")
		if r.Refusal != nil {
			refusal = r.Refusal
		}
		c.refused = append(c.refused, Refused{o, r.Time, refusal})
	default: // nothing to book
	}
	if c.onOrder != nil {
		u := strategy.OrderUpdate{Instrument: in.Instrument, Intent: r.Intent, State: r.State}
		if r.Refusal != nil {
			u.Refusal = r.Refusal
		}
		c.listen(&o, r.Time, func() { c.onOrder.OnOrder(u, &c.orders) })
	}
	return nil
}

// listen calls the instance about an order; what it asks for is submitted at once.
func (c *Core) listen(o *exchange.Order, at int64, call func()) {
	for _, f := range c.used {
		if f.InstrumentIndex() == o.Instrument {
			c.orders.Begin(f)
			call()
			c.submit(at)
			return
		}
	}
}

// fill posts a fill to the ledger and the position.
func (c *Core) fill(in *instrument, f *exchange.Fill, reason string) error {
	base, ok := wide.Of(f.Quantity).Times(in.baseUnit)
	if !ok {
		return ErrLedger
	}
	give, get := Wallet, Market
	if f.Side == exchange.Sell {
		give, get = get, give
	}
	trades, err := in.take(in, f, reason, c.moments, roomy(c, c.trades))
	if err != nil {
		return err
	}
	if !c.ledger.moved(in.base, get, give, base) || !c.ledger.moved(in.quote, give, get, f.Notional) ||
		!c.ledger.moved(in.quote, Wallet, Fees, f.Fee) {
		return ErrLedger
	}
	c.trades = trades
	c.fills = append(roomy(c, c.fills), *f)
	if !summable(c.ledger.balances[c.cashAsset][Wallet]) {
		return ErrLedger
	}
	return c.price(in, f.Price) // until the next close
}

// Holding implements strategy.Account.
func (c *Core) Holding(instrument int32) int64 { return c.instruments[instrument].units }

// Entry implements strategy.Account.
func (c *Core) Entry(instrument int32) strategy.Entry {
	p := &c.instruments[instrument].position
	if p.units == 0 {
		return strategy.Entry{}
	}
	return strategy.Entry{Time: p.trade.EntryTime, Cost: p.cost}
}

// Instance returns the instance that the core runs, for those who know its type.
func (c *Core) Instance() strategy.Instance { return c.instance }

// Cash implements strategy.Account.
func (c *Core) Cash(currency money.Currency) exchange.Units {
	return c.ledger.Balance(currency, Wallet)
}

// Equity implements strategy.Account: cash and positions at the last price seen.
func (c *Core) Equity() exchange.Units {
	if c.moved {
		c.equity, c.moved = c.sum(), false
	}
	return c.equity
}

func (c *Core) sum() exchange.Units {
	sum := c.ledger.balances[c.cashAsset][Wallet]
	for i := range c.instruments {
		sum, _ = sum.Add(c.instruments[i].mark) // every term is summable
	}
	return sum
}

// Reporting implements strategy.Account.
func (c *Core) Reporting() money.Currency { return c.reporting }

// Ledger returns the books; the caller must not change them.
func (c *Core) Ledger() *Ledger { return &c.ledger }

// Trades returns the round trips that ended, in the order of their ends.
func (c *Core) Trades() []Trade { return c.trades }

// Fills returns all fills in their order.
func (c *Core) Fills() []exchange.Fill { return c.fills }

// Refused returns the intents that were not traded.
func (c *Core) Refused() []Refused { return c.refused }

// Open returns the round trips that have not ended, each with a zero ExitTime.
func (c *Core) Open() []Trade {
	var open []Trade
	for i := range c.instruments {
		if c.instruments[i].units != 0 {
			open = append(open, c.instruments[i].trade)
		}
	}
	return open
}
