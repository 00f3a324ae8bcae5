package matching

import "github.com/tradekeel/tradekeel/exchange"

// Outcome is one thing that came of a call: a report of an order, or a movement of a
// balance. One of the two is set. It is valid until the engine's next call.
type Outcome struct {
	Report   *exchange.Report
	Movement *exchange.Movement
}
