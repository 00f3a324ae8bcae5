// Package matching simulates a venue for one account: it takes orders, holds
// balances, and fills the orders on market data. It does no input or output,
// reads no clock and uses no chance, so that the backtest, paper trading and the
// sandbox fill by the same rules.
//
// # Rules of a fill
//
// On candles a market order trades at the open of the first candle that begins
// at or after the order, in full, at that very price. Its quantity is cut down
// to the lot of that date (or to the instrument's smallest unit where no lot is
// known); an order below the venue's minimum or above its maximum of that date, or
// above the balance, is rejected with the reason. Orders that never meet a candle stay open.
//
// The notional is exact. The fee is rounded up at the ledger's 18th decimal.
// Balances never go below zero.
//
// An Engine is for one goroutine.
package matching

import (
	"fmt"
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// Config is what a simulated venue knows.
type Config struct {
	Instruments []*market.Instrument // required; orders name them by index
	Fees        exchange.FeeSchedule
	Balances    map[money.Currency]exchange.Units // at the start
}

// Engine is a simulated venue with one account.
type Engine struct {
	instruments []listing
	assets      []money.Currency
	balances    []exchange.Units // by asset
	taker       exchange.Rate
	open        []exchange.Order
	reports     []exchange.Report // of Open
	answer      exchange.Report   // of Submit
	fills       exchange.FillID
}

// listing is an instrument prepared for integer work.
type listing struct {
	*market.Instrument
	base, quote int                 // assets
	toLedger    int64               // price units × quantity units × toLedger = ledger units of quote
	baseUnit    int64               // quantity units × baseUnit = ledger units of base
	one         int64               // quantity units of one whole base
	limits      market.LimitHistory // of market orders, the only ones that are matched
}

// New makes a venue. Instruments are validated; only spot is matched.
func New(c Config) (*Engine, error) {
	e := &Engine{}
	var err error
	if _, e.taker, err = c.Fees.Rates(); err != nil {
		return nil, err
	}
	if len(c.Instruments) == 0 {
		return nil, tradekeel.Invalidf("instruments", "need at least one")
	}
	for _, in := range c.Instruments {
		if err := in.Validate(); err != nil {
			return nil, err
		}
		if in.Kind != market.Spot {
			return nil, tradekeel.ErrUnsupported.With("instruments", "%s is %s; only spot is matched", in, in.Kind)
		}
		e.instruments = append(e.instruments, listing{
			Instrument: in, base: e.asset(in.Base), quote: e.asset(in.Quote),
			toLedger: wide.Pow10(exchange.LedgerScale - in.PriceScale - in.QuantityScale),
			baseUnit: wide.Pow10(exchange.LedgerScale - in.QuantityScale),
			one:      wide.Pow10(in.QuantityScale),
			limits:   in.Limits(true),
		})
	}
	for currency, units := range c.Balances {
		if units.Sign() < 0 {
			return nil, tradekeel.Invalidf("balances", "must not be negative, %s is %s", currency, exchange.FromUnits(units))
		}
		e.balances[e.asset(currency)] = units
	}
	return e, nil
}

func (e *Engine) asset(c money.Currency) int {
	for i, have := range e.assets {
		if have == c {
			return i
		}
	}
	e.assets = append(e.assets, c)
	e.balances = append(e.balances, exchange.Units{})
	return len(e.assets) - 1
}

// Balances returns what the account holds, by asset.
func (e *Engine) Balances() map[money.Currency]exchange.Units {
	all := make(map[money.Currency]exchange.Units, len(e.assets))
	for i, currency := range e.assets {
		all[currency] = e.balances[i]
	}
	return all
}

// Submit takes an order. It answers Accepted or Rejected; a market order then
// waits for the next candle. The report is valid until the next Submit.
func (e *Engine) Submit(o *exchange.Order) *exchange.Report {
	e.answer = exchange.Report{Intent: o.Intent, State: exchange.Accepted, Time: o.Decided}
	r := &e.answer
	if refusal := e.check(o); refusal != nil {
		r.State, r.Refusal = exchange.Rejected, refusal
		return r
	}
	e.open = append(e.open, *o)
	return r
}

func (e *Engine) check(o *exchange.Order) *tradekeel.Error {
	if o.Instrument < 0 || int(o.Instrument) >= len(e.instruments) {
		return tradekeel.Invalidf("instrument", "there are %d, got number %d", len(e.instruments), o.Instrument)
	}
	if o.Side != exchange.Buy && o.Side != exchange.Sell {
		return tradekeel.Invalidf("side", "must be buy or sell")
	}
	if o.Type != exchange.Market {
		return tradekeel.ErrUnsupported.With("type", "only market orders are matched")
	}
	s, one := o.Size, wide.Pow10(exchange.FractionScale)
	switch s.Kind {
	case exchange.ByQuantity:
		if s.Quantity <= 0 {
			return exchange.ErrNoSize.With("size", "the quantity must be above zero")
		}
	case exchange.ByQuote:
		if s.Quote.Sign() <= 0 {
			return exchange.ErrNoSize.With("size", "the amount of quote must be above zero")
		}
	case exchange.ByCash, exchange.ByHolding:
		if s.Fraction <= 0 || s.Fraction > one {
			return exchange.ErrNoSize.With("size", "the fraction must be above 0 and at most 1")
		}
		if (s.Kind == exchange.ByCash) != (o.Side == exchange.Buy) {
			return tradekeel.ErrUnsupported.With("size", "a fraction of cash is for buying, a fraction of the holding for selling")
		}
	default:
		return tradekeel.Invalidf("size", "needs a quantity, an amount of quote or a fraction")
	}
	return nil
}

// Waiting reports whether any order is open; when none is, a candle needs no
// call of Open.
func (e *Engine) Waiting() bool { return len(e.open) > 0 }

// Open lets the open orders of one instrument meet the open of a candle, its price
// and time, and returns what became of them, in the order of submission, valid
// until the next Open.
func (e *Engine) Open(instrument int32, price, at int64) []exchange.Report {
	e.reports = e.reports[:0]
	kept := 0
	for i := range e.open {
		o := &e.open[i]
		if o.Instrument != instrument || o.Decided > at {
			e.open[kept] = *o
			kept++
			continue
		}
		e.reports = append(e.reports, exchange.Report{Intent: o.Intent, State: exchange.Filled, Time: at})
		r := &e.reports[len(e.reports)-1]
		if r.Refusal = e.fill(o, price, at, &r.Fill); r.Refusal != nil {
			r.State = exchange.Rejected
		}
	}
	e.open = e.open[:kept]
	return e.reports
}

// fill trades an order in full at a price, or says why not and changes nothing.
func (e *Engine) fill(o *exchange.Order, price, at int64, f *exchange.Fill) *tradekeel.Error {
	in := &e.instruments[o.Instrument]
	limits := in.limits.At(at)
	quantity, refusal := e.resolve(in, o, price)
	if refusal != nil {
		return refusal
	}
	quantity, refusal = in.cut(quantity, limits, o.Size.Whole)
	if refusal != nil {
		return refusal
	}
	notional, fits := wide.Mul(price, quantity).Times(in.toLedger)
	if !fits {
		return exchange.ErrOutOfRange.With("size", "the notional is out of range")
	}
	switch {
	case notional.Cmp(limits.MinNotional) < 0:
		return exchange.ErrTooSmall.With("size", "the notional %s is below the minimum %s %s",
			exchange.FromUnits(notional), exchange.FromUnits(limits.MinNotional), in.Quote)
	case notional.Cmp(limits.MaxNotional) > 0:
		return exchange.ErrTooLarge.With("size", "the notional %s is above the maximum %s %s",
			exchange.FromUnits(notional), exchange.FromUnits(limits.MaxNotional), in.Quote)
	}
	fee, fits := e.taker.Fee(notional)
	if !fits {
		return exchange.ErrOutOfRange.With("size", "the fee is out of range")
	}
	base, fits := wide.Of(quantity).Times(in.baseUnit)
	if !fits {
		return exchange.ErrOutOfRange.With("size", "the quantity is out of range")
	}
	if refusal := e.post(in, o.Side, base, notional, fee); refusal != nil {
		return refusal
	}
	e.fills++
	*f = exchange.Fill{
		ID: e.fills, Intent: o.Intent, Instrument: o.Instrument, Side: o.Side,
		Price: price, Quantity: quantity, Notional: notional, Fee: fee, Time: at,
	}
	return nil
}

var errSize = exchange.ErrOutOfRange.With("size", "the size is out of range")

// resolve turns the size of an order into a quantity at a price.
func (e *Engine) resolve(in *listing, o *exchange.Order, price int64) (int64, *tradekeel.Error) {
	one := wide.Pow10(exchange.FractionScale)
	perUnit, fits := wide.Of(price).Times(in.toLedger) // ledger units a quantity unit
	if !fits {
		return 0, errSize
	}
	var quantity exchange.Units
	switch o.Size.Kind {
	case exchange.ByQuote:
		quantity, fits = o.Size.Quote.Quo(perUnit, wide.Floor)
	case exchange.ByCash:
		// The largest q with q × price × (1 + rate) ≤ cash × fraction. Cutting after
		// each division equals cutting once, since floor(floor(x/a)/b) = floor(x/ab);
		// the fee, rounded up to a whole unit, cannot pass a balance of whole units.
		var net exchange.Units
		if net, fits = e.balances[in.quote].MulDiv(o.Size.Fraction, one+int64(e.taker), wide.Floor); !fits {
			return 0, errSize
		}
		quantity, fits = net.Quo(perUnit, wide.Floor)
	case exchange.ByHolding:
		var part exchange.Units
		if part, fits = e.balances[in.base].MulDiv(o.Size.Fraction, one, wide.Floor); !fits {
			return 0, errSize
		}
		quantity, fits = part.MulDiv(1, in.baseUnit, wide.Floor)
	default:
		return o.Size.Quantity, nil
	}
	q, small := quantity.Int64()
	if !fits || !small {
		return 0, errSize
	}
	if q == 0 {
		return 0, exchange.ErrNoSize.With("size", "nothing can be traded with what there is at the price %s", in.Price(price))
	}
	return q, nil
}

// cut brings a quantity down to the lot, or to whole units where asked.
func (in *listing) cut(quantity int64, limits *market.Limits, whole bool) (int64, *tradekeel.Error) {
	step := limits.Lot
	if whole {
		step = common(step, in.one)
	}
	cut := quantity - quantity%step
	if cut == 0 {
		return 0, exchange.ErrTooSmall.With("size", "%s is below the smallest step %s", in.Quantity(quantity), in.Quantity(step))
	}
	switch {
	case cut < limits.MinQuantity:
		return 0, exchange.ErrTooSmall.With("size", "%s is below the minimum quantity %s", in.Quantity(cut), in.Quantity(limits.MinQuantity))
	case cut > limits.MaxQuantity:
		return 0, exchange.ErrTooLarge.With("size", "%s is above the maximum quantity %s", in.Quantity(cut), in.Quantity(limits.MaxQuantity))
	}
	return cut, nil
}

// common returns the least common multiple of two steps, or the largest number
// where it does not fit, which no quantity reaches.
func common(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	product := wide.Mul(a/x, b)
	if v, fits := product.Int64(); fits {
		return v
	}
	return math.MaxInt64
}

// post moves the balances of a fill, or says what is missing and moves nothing.
func (e *Engine) post(in *listing, side exchange.Side, base, notional, fee exchange.Units) *tradekeel.Error {
	if side == exchange.Sell {
		left, _ := e.balances[in.base].Sub(base)
		if left.Sign() < 0 {
			return exchange.ErrInsufficient.With("size", "selling needs %s %s, there are %s",
				exchange.FromUnits(base), in.Base, exchange.FromUnits(e.balances[in.base]))
		}
		net, ok := notional.Sub(fee)
		cash, fits := e.balances[in.quote].Add(net)
		if !ok || !fits {
			return exchange.ErrOutOfRange.With("size", "the balance is out of range")
		}
		e.balances[in.base], e.balances[in.quote] = left, cash
		return nil
	}
	cost, ok := notional.Add(fee)
	held, fits := e.balances[in.base].Add(base)
	if !ok || !fits {
		return exchange.ErrOutOfRange.With("size", "the balance is out of range")
	}
	left, _ := e.balances[in.quote].Sub(cost)
	if left.Sign() < 0 {
		return exchange.ErrInsufficient.With("size", "buying needs %s %s with the fee, there are %s",
			exchange.FromUnits(cost), in.Quote, exchange.FromUnits(e.balances[in.quote]))
	}
	e.balances[in.base], e.balances[in.quote] = held, left
	return nil
}

// String describes the venue for logs.
func (e *Engine) String() string {
	return fmt.Sprintf("simulated venue with %d instruments and %d open orders", len(e.instruments), len(e.open))
}
