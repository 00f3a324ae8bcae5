package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
)

// request is an amendment or a cancellation that is on its way.
type request struct {
	arrives int64
	cancel  exchange.IntentID
	amend   exchange.Amendment
}

// Amend changes an order that waits, and answers Amended or AmendRejected; with a
// latency later, when the market is shown after its arrival. An order that was changed
// goes behind the others at its price, unless only its quantity shrank.
func (e *Engine) Amend(a *exchange.Amendment) []Outcome {
	e.begin(&e.answers, a.Decided)
	e.request(request{arrives: a.Decided + e.model.latency, amend: *a}, a.Decided)
	return e.finish()
}

// Cancel ends an order that is open, and answers Canceled or CancelRejected; with a
// latency later, when the market is shown after its arrival.
func (e *Engine) Cancel(intent exchange.IntentID, at int64) []Outcome {
	e.begin(&e.answers, at)
	e.request(request{arrives: at + e.model.latency, cancel: intent}, at)
	return e.finish()
}

func (e *Engine) request(r request, now int64) {
	if r.arrives > now {
		e.later = append(e.later, r)
		return
	}
	e.apply(&r)
}

// arrivals applies the requests that have arrived by a moment.
func (e *Engine) arrivals(at int64) {
	done := 0
	for ; done < len(e.later) && e.later[done].arrives <= at; done++ {
		e.apply(&e.later[done])
	}
	e.later = append(e.later[:0], e.later[done:]...)
}

func (e *Engine) apply(r *request) {
	if r.cancel != 0 {
		if o := e.find(r.cancel); o != nil {
			e.end(o, exchange.Canceled, r.arrives, nil)
			return
		}
		e.tell(r.cancel, exchange.CancelRejected, r.arrives, exchange.ErrNotOpen)
		return
	}
	state, refusal := exchange.Amended, e.amend(&r.amend, r.arrives)
	if refusal != nil {
		state = exchange.AmendRejected
	}
	e.tell(r.amend.Intent, state, r.arrives, refusal)
}

// amend changes an order, or says why not and leaves it as it was.
func (e *Engine) amend(a *exchange.Amendment, at int64) *tradekeel.Error {
	o := e.find(a.Intent)
	if o == nil {
		return exchange.ErrNotOpen
	}
	in := &e.instruments[o.Instrument]
	was := *o
	switch {
	case a.Price < 0 || a.Trigger < 0 || a.Quantity < 0 || a.Price|a.Trigger|a.Quantity == 0:
		return tradekeel.Invalidf("amendment", "needs a price, a trigger or a quantity above zero")
	case a.Price != 0 && !o.Type.HasLimit():
		return tradekeel.Invalidf("price", "a %s order has none", o.Type)
	case a.Trigger != 0 && !o.Type.HasTrigger():
		return tradekeel.Invalidf("trigger", "a %s order has none", o.Type)
	case a.Trigger != 0 && (o.mode != onTrigger || o.following):
		return exchange.ErrTriggered.With("trigger", "it was reached")
	}
	limits := in.limits(!o.Type.HasLimit(), at)
	for _, p := range [...]struct {
		field string
		price int64
	}{{"price", a.Price}, {"trigger", a.Trigger}} {
		if refusal := in.checkTick(p.field, p.price, limits.Tick); refusal != nil {
			return refusal
		}
	}
	if a.Price != 0 {
		o.Price = a.Price
	}
	if a.Trigger != 0 {
		o.Trigger = a.Trigger
	}
	refusal := e.resize(in, o, a)
	if refusal == nil && a.Trigger != 0 && o.Type != exchange.TrailingStop && o.joined && in.last != 0 && o.reached(in.last) {
		refusal = exchange.ErrTriggered.With("trigger", "it would trigger at once, the price is %s", in.Price(in.last))
	}
	if refusal == nil && o.PostOnly && o.mode == asLimit && o.joined && in.last != 0 && o.crosses(in.last, e.model.limits) {
		refusal = exchange.ErrWouldTrade
	}
	if refusal == nil && !o.parked {
		lock := o.lock
		e.setLock(o, exchange.Units{})
		if refusal = e.reserve(in, o); refusal != nil {
			e.setLock(o, lock)
		}
	}
	if refusal != nil {
		*o = was
		return refusal
	}
	if a.Price != 0 || a.Quantity > was.left {
		o.booked = false
		o.joined = o.joined && o.mode != asLimit
	}
	return nil
}

// resize holds the size of an amended order against the rules.
func (e *Engine) resize(in *listing, o *order, a *exchange.Amendment) *tradekeel.Error {
	limits := in.limits(!o.Type.HasLimit(), a.Decided)
	if a.Quantity != 0 {
		quantity, refusal := in.cut(a.Quantity, limits, o.Size.Whole)
		if refusal != nil {
			return refusal
		}
		o.left, o.Size.Kind, o.Size.Quantity = quantity, exchange.ByQuantity, quantity
	}
	price := o.Price
	if price == 0 {
		price = o.Trigger
	}
	if o.left == 0 || price == 0 {
		return nil
	}
	return in.worth(price, o.left, limits)
}
