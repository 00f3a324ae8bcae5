package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
)

// Submit takes an order and answers Accepted or Rejected. It trades when the market is
// shown next: at the earliest with what is not before its arrival, Decided and the
// latency.
func (e *Engine) Submit(o *exchange.Order) []Outcome {
	e.begin(&e.answers, o.Decided)
	if refusal := e.take(o); refusal != nil {
		e.tell(o.Intent, exchange.Rejected, o.Decided, refusal)
		return e.finish()
	}
	e.tell(o.Intent, exchange.Accepted, o.Decided, nil)
	return e.finish()
}

// take checks an order and lets it wait.
func (e *Engine) take(o *exchange.Order) *tradekeel.Error {
	if refusal := e.check(o); refusal != nil {
		return refusal
	}
	n := len(e.open)
	if n < cap(e.open) {
		e.open = e.open[:n+1]
	} else {
		e.open = append(e.open, order{})
	}
	w := &e.open[n]
	w.Order = *o
	w.progress = progress{}
	w.arrives = o.Decided + e.model.latency
	if o.Type != exchange.Market || o.Parent != 0 || o.Group != 0 {
		if refusal := e.prepareOrder(w); refusal != nil {
			e.open = e.open[:n]
			return refusal
		}
	}
	e.sent.add(uint64(o.Intent))
	return nil
}

// prepareOrder readies what is more than a plain market order.
func (e *Engine) prepareOrder(o *order) *tradekeel.Error {
	in := &e.instruments[o.Instrument]
	switch {
	case o.Type.HasTrigger():
		o.mode = onTrigger
		if o.Type != exchange.TrailingStop && in.last != 0 && in.lastAt >= o.Decided && o.Parent == 0 && o.reached(in.last) {
			return exchange.ErrTriggered.With("trigger", "the %s at %s would trigger at once, the price is %s",
				o.Type, in.Price(o.Trigger), in.Price(in.last))
		}
	case o.Type == exchange.Limit:
		o.mode = asLimit
	}
	if o.Group != 0 && e.closed.has(uint64(o.Group)) {
		return exchange.ErrGroup.With("group", "another order of group %d traded", o.Group)
	}
	if o.Parent != 0 && !e.traded.has(uint64(o.Parent)) {
		if e.find(o.Parent) == nil {
			return exchange.ErrParent.With("parent", "order %d is not open and has not traded", o.Parent)
		}
		o.parked = true
	}
	if refusal := e.settleSize(in, o); refusal != nil {
		return refusal
	}
	if o.parked {
		return nil
	}
	return e.reserve(in, o)
}

// settleSize resolves the size of an order with a price where it is known beforehand,
// and checks it.
func (e *Engine) settleSize(in *listing, o *order) *tradekeel.Error {
	if o.Type == exchange.Market || o.Size.Kind != exchange.ByQuantity && (o.Size.Kind != exchange.ByQuote || !o.Type.HasLimit()) {
		return nil
	}
	price := o.Price
	if !o.Type.HasLimit() {
		price = o.Trigger // 0 of a trailing stop without one
	}
	limits := in.limits(!o.Type.HasLimit(), o.Decided)
	quantity, refusal := e.sized(in, o, price, limits)
	if refusal != nil {
		return refusal
	}
	if price != 0 {
		if refusal := in.worth(price, quantity, limits); refusal != nil {
			return refusal
		}
	}
	o.left = quantity
	return nil
}

// find returns an open order; nil when there is none.
func (e *Engine) find(intent exchange.IntentID) *order {
	for i := len(e.open) - 1; i >= 0; i-- {
		if o := &e.open[i]; o.Intent == intent && !o.done {
			return o
		}
	}
	return nil
}
