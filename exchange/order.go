package exchange

import (
	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

// LedgerScale is the decimals of every balance and posting, for every asset.
// With market.MaxScale it makes price × quantity exact; an Amount holds up to
// 170 quintillion units of an asset.
const LedgerScale = 18

// Units is an amount of an asset in whole units of 10^-LedgerScale, 128 bits wide.
type Units = wide.Int

// ToUnits returns an amount as ledger units. More than 18 decimals, or a number
// out of range, is Invalid.
func ToUnits(field string, amount decimal.Decimal) (Units, error) {
	if err := money.CheckDecimal(amount); err != nil {
		return Units{}, err
	}
	units, exact, fits := wide.FromDecimal(amount, LedgerScale)
	if !fits {
		return Units{}, tradekeel.Invalidf(field, "%s is out of range", amount)
	}
	if !exact {
		return Units{}, tradekeel.Invalidf(field, "%s has more than %d decimals", amount, LedgerScale)
	}
	return units, nil
}

// FromUnits returns ledger units as a decimal, exactly.
func FromUnits(u Units) decimal.Decimal { return u.Decimal(LedgerScale) }

// IntentID names an order from the moment that a strategy decided on it. It
// counts from 1 within a run.
type IntentID uint64

// FillID names a fill within a run; it counts from 1.
type FillID uint64

// Side says which way an order trades.
type Side int8

// The sides.
const (
	Buy  Side = 1
	Sell Side = -1
)

// String returns "buy" or "sell".
func (s Side) String() string {
	switch s {
	case Buy:
		return "buy"
	case Sell:
		return "sell"
	}
	return "no side"
}

// OrderType says when an order may trade and at what price.
type OrderType uint8

// The order types that are matched.
const (
	// Market trades at the next price there is: on candles, the next open.
	Market OrderType = iota + 1
)

// String returns the type in small letters.
func (t OrderType) String() string {
	if t == Market {
		return "market"
	}
	return "no type"
}

// SizeKind says what the number of a Size counts.
type SizeKind uint8

// The ways to state a size. All but ByQuantity are resolved by the venue at the
// fill, when the price and the balance are known.
const (
	ByQuantity SizeKind = iota + 1 // units of the base
	ByQuote                        // an amount of quote to trade for, fee not included
	ByCash                         // a fraction of the free quote, fee included; buys only
	ByHolding                      // a fraction of the free base; sells only
)

// FractionScale is the decimals of the fractions in sizes and of fee rates.
const FractionScale = 12

// Size is how much an order trades.
type Size struct {
	Kind SizeKind
	// Quantity at the instrument's QuantityScale (ByQuantity).
	Quantity int64
	// Quote in ledger units (ByQuote).
	Quote Units
	// Fraction at FractionScale, above 0 and at most 1 (ByCash, ByHolding).
	Fraction int64
	// Whole cuts the quantity to whole units of the base, as for shares.
	Whole bool
}

// Order is one order as the core decides it and a venue takes it.
type Order struct {
	Intent     IntentID
	Instrument int32 // index in the run's table of instruments
	Side       Side
	Type       OrderType
	Size       Size
	Reason     string // why the strategy sent it, for people
	Decided    int64  // nanoseconds UTC
}

// Fill is one trade of an order.
type Fill struct {
	ID         FillID
	Intent     IntentID
	Instrument int32
	Side       Side
	Price      int64 // at PriceScale
	Quantity   int64 // at QuantityScale, above zero
	Notional   Units // price × quantity in quote, exact
	Fee        Units // in quote, rounded up; below zero is a rebate
	Time       int64 // nanoseconds UTC, the venue's
}

// OrderState is what became of an order.
type OrderState uint8

// The states that a report can carry. Unknown is a fact, not a failure: a
// request timed out and the venue has not been asked yet.
const (
	Accepted OrderState = iota + 1
	PartlyFilled
	Filled
	Rejected
	Canceled
	Expired
	Unknown
)

// Final reports whether nothing more will come of the order.
func (s OrderState) Final() bool {
	return s == Filled || s == Rejected || s == Canceled || s == Expired
}

var stateNames = [...]string{"", "accepted", "partly filled", "filled", "rejected", "canceled", "expired", "unknown"}

// String returns the state in words.
func (s OrderState) String() string {
	if int(s) < len(stateNames) && s > 0 {
		return stateNames[s]
	}
	return "no state"
}

// Report is what a venue says about an order.
type Report struct {
	Intent IntentID
	State  OrderState
	Time   int64 // nanoseconds UTC, the venue's
	// Fill is the trade of a PartlyFilled or Filled report.
	Fill Fill
	// Refusal is why an order was Rejected; nil otherwise.
	Refusal *tradekeel.Error
}

// The refusals of a venue, compared with errors.Is.
var (
	ErrInsufficient = refusal("insufficient_balance", "not enough balance")
	ErrTooSmall     = refusal("below_minimum", "below the venue's minimum")
	ErrTooLarge     = refusal("above_maximum", "above the venue's maximum")
	ErrOutOfRange   = refusal("out_of_range", "a number is out of range")
	ErrNoSize       = refusal("no_size", "the size comes to nothing")
)

func refusal(name, message string) *tradekeel.Error {
	return &tradekeel.Error{Kind: tradekeel.Invalid, Code: "exchange." + name, Message: message}
}
