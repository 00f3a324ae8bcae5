package strategy

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
)

// FillListener is an Instance that wants to know of each fill, after the account
// has taken it in.
type FillListener interface {
	OnFill(f Fill, o *Orders)
}

// OrderListener is an Instance that wants to know of each change of its orders,
// rejections among them.
type OrderListener interface {
	OnOrder(u OrderUpdate, o *Orders)
}

// TradeListener is an Instance that wants to know of each trade of others in the
// instruments of its feeds, where the run is fed with them (backtest.Config.Ticks). It
// is told once its indicators are defined, after its own orders met the trade. What it
// asks for then meets what comes next, at the earliest what comes at the same time.
type TradeListener interface {
	OnTrade(t Tick, o *Orders)
}

// BookListener is an Instance that wants to know of each order book of the instruments
// of its feeds, where the run is fed with them (backtest.Config.Books), as a
// TradeListener is of trades. What it asks for meets the next book, not the one it sees.
type BookListener interface {
	OnBook(d Depth, o *Orders)
}

// Tick is one trade of others.
type Tick struct {
	Instrument *market.Instrument
	At         int64 // nanoseconds UTC, the venue's
	PriceUnits int64 // at PriceScale
	Units      int64 // the quantity at QuantityScale
	// Side is the aggressor's; 0 where it is not known.
	Side exchange.Side
}

// Time returns the venue's time of the trade.
func (t Tick) Time() time.Time { return time.Unix(0, t.At).UTC() }

// Price returns the price.
func (t Tick) Price() decimal.Decimal { return t.Instrument.Price(t.PriceUnits) }

// Quantity returns the quantity, above zero.
func (t Tick) Quantity() decimal.Decimal { return t.Instrument.Quantity(t.Units) }

// Depth is the top of an order book. Its levels are valid during the call.
type Depth struct {
	Instrument *market.Instrument
	book.Shown
}

// Bid returns the best bid; zero where there is none.
func (d Depth) Bid() decimal.Decimal { return d.best(d.Bids) }

// Ask returns the best offer; zero where there is none.
func (d Depth) Ask() decimal.Decimal { return d.best(d.Asks) }

func (d Depth) best(levels []book.Level) decimal.Decimal {
	if len(levels) == 0 {
		return decimal.Zero
	}
	return d.Instrument.Price(levels[0].Price)
}

// Fill is one trade of an order of the instance.
type Fill struct {
	Instrument *market.Instrument
	Raw        exchange.Fill
	Reason     string // of the order; "liquidation" of one that the venue made
}

// Time returns the venue's time of the fill.
func (f Fill) Time() time.Time { return time.Unix(0, f.Raw.Time).UTC() }

// Price returns the price.
func (f Fill) Price() decimal.Decimal { return f.Instrument.Price(f.Raw.Price) }

// Quantity returns the quantity, above zero.
func (f Fill) Quantity() decimal.Decimal { return f.Instrument.Quantity(f.Raw.Quantity) }

// Fee returns the fee in quote.
func (f Fill) Fee() decimal.Decimal { return exchange.FromUnits(f.Raw.Fee) }

// OrderUpdate is a change of an order of the instance.
type OrderUpdate struct {
	Instrument *market.Instrument
	Order      exchange.Order // as it was sent
	Intent     exchange.IntentID
	State      exchange.OrderState
	// Refusal is why the order was rejected; nil otherwise.
	Refusal error
}
