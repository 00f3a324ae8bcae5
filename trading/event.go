package trading

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
)

// EventKind is the tag of an Event.
type EventKind uint8

// The kinds of event.
const (
	// BarClosed carries Feed and Bar.
	BarClosed EventKind = iota + 1
	// BarReached says that the next bar of a preloaded feed closed, at VenueTime; it
	// carries Feed, and the feed knows the bar.
	BarReached
	// OrderReported carries Report.
	OrderReported
	// SignalReceived carries Signal: a message from outside that strategies may wait for.
	SignalReceived
	// BalanceMoved carries Movement: funding, interest, a deposit and the like.
	BalanceMoved
	// TradePrinted carries Instrument, Price, Quantity and Side: a trade of others.
	TradePrinted
	// BookShown carries Instrument and Book.
	BookShown
)

// Event is one thing that happened. It is a tagged union: Kind says which fields
// count. It is passed by pointer and may be reused after Apply.
type Event struct {
	Kind EventKind
	// Decide marks the event that completes a moment; the instance is asked after it.
	Decide bool
	// Feed is the index of the feed of a bar.
	Feed int32
	// VenueTime is when it happened and ReceiveTime when we learnt of it, both in
	// nanoseconds UTC. In a backtest they are equal.
	VenueTime, ReceiveTime int64
	Bar                    market.Bar
	// Report is read during Apply and not kept.
	Report *exchange.Report
	// Movement is read during Apply and not kept.
	Movement *exchange.Movement
	// Signal is the name of a SignalReceived.
	Signal string
	// Instrument is the index of the instrument of a trade or a book, Price and Quantity
	// are in its units, and Side is the aggressor's, 0 when it is not known.
	Instrument      int32
	Price, Quantity int64
	Side            exchange.Side
	// Book is read during Apply and not kept.
	Book *book.Shown
}

// CommandKind is the tag of a Command.
type CommandKind uint8

// The kinds of command.
const (
	// Submit sends Order to the venue.
	Submit CommandKind = iota + 1
	// Cancel takes the order of Order.Intent back; Order.Decided is when.
	Cancel
	// Amend changes an order as Amendment says.
	Amend
)

// Command is one thing to be done.
type Command struct {
	Kind      CommandKind
	Order     exchange.Order
	Amendment exchange.Amendment
}
