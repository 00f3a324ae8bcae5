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

// The order types. Those with a trigger rest at the venue, unseen by the market,
// until the price reaches it, and are then a market order or, where they have a
// limit, a limit order.
const (
	// Market trades at the next price there is: on candles, the next open.
	Market OrderType = iota + 1
	// Limit trades at Price or better.
	Limit
	// Stop becomes a market order when the price reaches Trigger from its better side: a
	// buy when the price rises to it, a sell when it falls to it.
	Stop
	// StopLimit is a Stop that becomes a limit order at Price.
	StopLimit
	// TakeProfit becomes a market order when the price reaches Trigger from its worse
	// side: a sell when the price rises to it, a buy when it falls to it. Venues call it
	// market-if-touched, too.
	TakeProfit
	// TakeProfitLimit is a TakeProfit that becomes a limit order at Price.
	TakeProfitLimit
	// TrailingStop is a Stop whose trigger follows the best price since it was active at
	// a distance, Trail or TrailRate, and never moves back. With a Trigger it is active
	// once the price has reached that, as a TakeProfit would be; else at once.
	TrailingStop
)

var typeNames = [...]string{"no type", "market", "limit", "stop", "stop-limit", "take-profit", "take-profit-limit", "trailing-stop"}

// String returns the type in small letters.
func (t OrderType) String() string {
	if int(t) < len(typeNames) {
		return typeNames[t]
	}
	return typeNames[0]
}

// HasLimit reports whether orders of the type have a limit price.
func (t OrderType) HasLimit() bool { return t == Limit || t == StopLimit || t == TakeProfitLimit }

// HasTrigger reports whether orders of the type wait for a trigger.
func (t OrderType) HasTrigger() bool { return t >= Stop && t <= TrailingStop }

// TimeInForce says how long an order may wait.
type TimeInForce uint8

// The times in force.
const (
	// GoodTillCancel waits until it has traded or is canceled.
	GoodTillCancel TimeInForce = iota
	// ImmediateOrCancel trades what it can at once, and the rest is canceled. With a
	// trigger, at once is when that is reached.
	ImmediateOrCancel
	// FillOrKill trades in full at once, or not at all.
	FillOrKill
	// GoodTillDate waits until Order.Expires.
	GoodTillDate
)

var forceNames = [...]string{"GTC", "IOC", "FOK", "GTD"}

// String returns the letters that traders use: GTC, IOC, FOK or GTD.
func (t TimeInForce) String() string {
	if int(t) < len(forceNames) {
		return forceNames[t]
	}
	return "no time in force"
}

// GroupID names orders of a run of which one cancels the others. It counts from 1.
type GroupID uint64

// SizeKind says what the number of a Size counts.
type SizeKind uint8

// The ways to state a size. All but ByQuantity are resolved by the venue at the
// fill, when the price and the balance are known.
const (
	ByQuantity SizeKind = iota + 1 // units of the base
	ByQuote                        // an amount of quote to trade for, fee not included
	ByCash                         // a fraction of the free cash, fee included; of free margin × leverage on futures
	ByHolding                      // a fraction of what is held; it reduces the position
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
	// Price is the limit at PriceScale, of the types that have one.
	Price int64
	// Trigger is where a type that waits for one begins to trade, at PriceScale.
	Trigger int64
	// Trail is the distance of a TrailingStop at PriceScale, or TrailRate is, as a
	// fraction of the best price; one of the two is above zero.
	Trail     int64
	TrailRate Rate
	InForce   TimeInForce
	Expires   int64 // of GoodTillDate: the first moment at which it may not trade, nanoseconds UTC
	// PostOnly refuses to trade at once: the order is rejected when it would.
	PostOnly bool
	// ReduceOnly never opens or grows a position: what would is cut off.
	ReduceOnly bool
	// Position is the side of the position that the order is for, with PositionMode Hedge;
	// NetPosition otherwise.
	Position PositionSide
	// Group makes orders cancel each other (one cancels the other): when one of a group
	// trades, in part too, or is triggered, the others are canceled. 0 is no group.
	Group GroupID
	// Parent is an order that must trade before this one is active: the entry of a
	// bracket. When the parent ends without a trade, this one is canceled. 0 is none.
	Parent  IntentID
	Reason  string // why the strategy sent it, for people
	Decided int64  // nanoseconds UTC
}

// Amendment changes an order that waits. Zero fields stay as they are. A trigger that
// was reached cannot be changed any more.
type Amendment struct {
	Intent   IntentID
	Price    int64 // at PriceScale
	Trigger  int64 // at PriceScale
	Quantity int64 // what is still to trade, at QuantityScale
	Decided  int64 // nanoseconds UTC
}
