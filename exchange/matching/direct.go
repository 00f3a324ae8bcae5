package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
)

// Check returns why Submit would reject an order at once; nil when it would not.
func (e *Engine) Check(o *exchange.Order) *tradekeel.Error { return e.check(o) }

// CheckSize returns why Submit would reject the size of an order at once, at whatever
// time; nil when it would not.
func (e *Engine) CheckSize(o *exchange.Order) *tradekeel.Error { return e.checkSize(o) }

// Fill trades a market order that Check finds no fault with, at once, at a price and
// time: what Submit and, for an order that is the only one, Open do one after the other,
// without the reports. It returns the refusal, and changes nothing then, or fills in f.
func (e *Engine) Fill(o *exchange.Order, price, at int64, f *exchange.Fill) *tradekeel.Error {
	e.direct.Order, e.direct.progress = *o, progress{arrives: at}
	in := &e.instruments[o.Instrument]
	if e.model.priced {
		price = e.worse(in, &e.direct, price, at)
	}
	return e.fill(in, &e.direct, price, at, false, f)
}

// Free returns the balances of an instrument's base and quote.
func (e *Engine) Free(instrument int32) (base, quote exchange.Units) {
	in := &e.instruments[instrument]
	return e.balances[in.base], e.balances[in.quote]
}
