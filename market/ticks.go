package market

import (
	"fmt"

	"github.com/tradekeel/tradekeel"
)

// Ticks are the trades of an instrument in columns, by time. Those of one time keep
// their order.
type Ticks struct {
	Instrument *Instrument
	Time       []int64 // nanoseconds UTC, not falling
	Price      []int64 // at PriceScale
	Quantity   []int64 // at QuantityScale
	// Side is who was the aggressor: 1 a buyer, -1 a seller, 0 unknown. nil is all
	// unknown.
	Side []int8
}

// Len returns the number of trades.
func (t *Ticks) Len() int { return len(t.Time) }

// Validate returns an Invalid error that names the first fault.
func (t *Ticks) Validate() error {
	if t == nil {
		return tradekeel.Invalidf("ticks", "are missing")
	}
	if err := t.Instrument.Validate(); err != nil {
		return err
	}
	n := len(t.Time)
	if len(t.Price) != n || len(t.Quantity) != n || t.Side != nil && len(t.Side) != n {
		return tradekeel.Invalidf("ticks", "of %s have columns of different lengths", t.Instrument)
	}
	for i := range n {
		switch {
		case i > 0 && t.Time[i] < t.Time[i-1]:
			return tradekeel.Invalidf(fmt.Sprintf("ticks[%d].time", i), "is before the one before")
		case t.Price[i] <= 0:
			return tradekeel.Invalidf(fmt.Sprintf("ticks[%d].price", i), "must be above zero")
		case t.Quantity[i] <= 0:
			return tradekeel.Invalidf(fmt.Sprintf("ticks[%d].quantity", i), "must be above zero")
		case len(t.Side) > i && (t.Side[i] < -1 || t.Side[i] > 1):
			return tradekeel.Invalidf(fmt.Sprintf("ticks[%d].side", i), "must be 1, -1 or 0")
		}
	}
	return nil
}
