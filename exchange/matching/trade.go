package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
)

// Trade fills a market order at once at a price and time: what Submit and, for an order
// that is the only one, Open do one after the other, without the reports. It returns
// the refusal, and changes nothing then, or fills in f.
func (e *Engine) Trade(o *exchange.Order, price, at int64, f *exchange.Fill) *tradekeel.Error {
	if refusal := e.check(o); refusal != nil {
		return refusal
	}
	return e.fill(o, price, at, f)
}

// Free returns the balances of an instrument's base and quote.
func (e *Engine) Free(instrument int32) (base, quote exchange.Units) {
	in := &e.instruments[instrument]
	return e.balances[in.base], e.balances[in.quote]
}
