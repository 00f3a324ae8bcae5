package strategy

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
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
