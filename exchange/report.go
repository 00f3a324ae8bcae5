package exchange

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/money"
)

// Fill is one trade of an order.
type Fill struct {
	ID         FillID
	Intent     IntentID // 0 of a liquidation, which nobody ordered
	Instrument int32
	Side       Side
	Position   PositionSide // with PositionMode Hedge
	// Maker says that the order was in the book before; Liquidation that the venue
	// closed the position.
	Maker, Liquidation bool
	Price              int64 // at PriceScale
	Quantity           int64 // at QuantityScale, above zero
	// Notional is what the quantity is worth: price × quantity in quote, exact; of an
	// inverse contract in base, to the nearest unit.
	Notional Units
	// Fee is taken in FeeCurrency, rounded up; below zero is a rebate. An empty
	// currency is the one that the instrument settles in: the quote, of an inverse
	// contract the base.
	Fee         Units
	FeeCurrency money.Currency `json:"fee_currency,omitempty"`
	Time        int64          // nanoseconds UTC, the venue's
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
	Triggered      // the trigger was reached
	Amended        // an amendment was taken
	AmendRejected  // an amendment was not taken; the order stands as it was
	CancelRejected // there was nothing to cancel
)

// Final reports whether nothing more will come of the order.
func (s OrderState) Final() bool {
	return s == Filled || s == Rejected || s == Canceled || s == Expired
}

var stateNames = [...]string{
	"", "accepted", "partly filled", "filled", "rejected", "canceled", "expired", "unknown",
	"triggered", "amended", "amendment rejected", "cancellation rejected",
}

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
	// Refusal is why an order was Rejected, Canceled by the venue or Expired, or why an
	// amendment or a cancellation was not taken; nil otherwise.
	Refusal *tradekeel.Error
}

// MovementKind says why a balance changed without a trade.
type MovementKind uint8

// The kinds of movement.
const (
	Funding    MovementKind = iota + 1 // of a perpetual, at a funding time
	Interest                           // of what is borrowed
	Deposit                            // from outside
	Withdrawal                         // to outside
	Dividend                           // on what is held; below zero on what is owed
	Split                              // Quantity alone changes
	Insurance                          // a loss beyond the margin, which the venue bears
)

var movementNames = [...]string{"", "funding", "interest", "deposit", "withdrawal", "dividend", "split", "insurance"}

// String returns the kind in words.
func (k MovementKind) String() string {
	if int(k) < len(movementNames) && k > 0 {
		return movementNames[k]
	}
	return "no movement"
}

// Movement is a change of a balance, or of a holding, that is no trade.
type Movement struct {
	Kind       MovementKind
	Time       int64        // nanoseconds UTC, the venue's
	Instrument int32        // that it is about; -1 where it is about none
	Position   PositionSide // with PositionMode Hedge
	Currency   money.Currency
	Amount     Units // above zero is received
	// Quantity is the change of what is held at QuantityScale, of a Split.
	Quantity int64
}

// The refusals of a venue, compared with errors.Is.
var (
	ErrInsufficient = refusal("insufficient_balance", "not enough balance")
	ErrTooSmall     = refusal("below_minimum", "below the venue's minimum")
	ErrTooLarge     = refusal("above_maximum", "above the venue's maximum")
	ErrOutOfRange   = refusal("out_of_range", "a number is out of range")
	ErrNoSize       = refusal("no_size", "the size comes to nothing")
	ErrTick         = refusal("tick", "the price is not on the tick")
	ErrWouldTrade   = refusal("post_only", "a post-only order would trade at once")
	ErrReduceOnly   = refusal("reduce_only", "there is no position to reduce")
	ErrNotFilled    = refusal("not_filled", "the order could not trade at once")
	ErrExpired      = refusal("expired", "the time of the order is over")
	ErrTriggered    = refusal("trigger", "the trigger is on the wrong side of the price")
	ErrNotOpen      = refusal("not_open", "no such order is open")
	ErrGroup        = refusal("group", "another order of the group traded")
	ErrParent       = refusal("parent", "the order that it waits for ended without a trade")
	ErrBorrowLimit  = refusal("borrow_limit", "above what may be borrowed")
	ErrLeverage     = refusal("leverage", "above the leverage that a position of the size may have")
	ErrLiquidated   = refusal("liquidated", "the account was liquidated")
	ErrNotTrading   = refusal("not_trading", "the instrument does not trade at that time")
	ErrNoPrice      = refusal("no_price", "there is no price to trade at")
)

func refusal(name, message string) *tradekeel.Error {
	return &tradekeel.Error{Kind: tradekeel.Invalid, Code: "exchange." + name, Message: message}
}
