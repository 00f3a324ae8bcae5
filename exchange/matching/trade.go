package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// errWait says that nothing can trade now and that the order waits on. It is no refusal.
var errWait = &tradekeel.Error{Kind: tradekeel.Unavailable, Code: "matching.wait", Message: "no volume is left"}

// market trades an order at the price there is, made worse by the model.
func (e *Engine) market(in *listing, o *order, price, at int64) {
	if in.levels.shown {
		return // it walks the next book
	}
	if e.model.priced {
		price = e.worse(in, o, price, at)
	}
	e.trade(in, o, price, at, false)
}

// trade trades what it can of an order at a price, tells it, and what follows for the
// orders that are linked to it.
func (e *Engine) trade(in *listing, o *order, price, at int64, maker bool) {
	n := len(e.out.reports)
	r := e.report(o.Intent, exchange.Filled, at)
	if refusal := e.fill(in, o, price, at, maker, &r.Fill); refusal != nil {
		if refusal == errWait {
			e.out.reports = e.out.reports[:n]
			if o.InForce == exchange.ImmediateOrCancel && !in.walking {
				e.end(o, exchange.Expired, at, exchange.ErrNotFilled)
			}
			return
		}
		r.State, r.Refusal, r.Fill = exchange.Rejected, refusal, exchange.Fill{}
		if o.filled > 0 {
			r.State = exchange.Canceled
		}
		if o.InForce == exchange.FillOrKill && refusal == exchange.ErrNotFilled {
			r.State = exchange.Expired
		}
		e.out.list = append(e.out.list, Outcome{Report: r})
		e.over(o, at)
		return
	}
	if o.left > 0 {
		r.State = exchange.PartlyFilled
	}
	e.out.list = append(e.out.list, Outcome{Report: r})
	e.traded.add(uint64(o.Intent))
	if e.terms.Kind == exchange.FuturesAccount {
		e.cover(in, at)
	}
	if o.Group != 0 {
		e.oneCancelsOthers(o, at)
	}
	if o.left > 0 {
		if o.InForce == exchange.ImmediateOrCancel && !in.walking {
			e.end(o, exchange.Expired, at, exchange.ErrNotFilled)
			return
		}
		e.wake(o.Intent, at)
		return
	}
	e.over(o, at)
}

// end tells that an order ended without a trade, and what follows of it.
func (e *Engine) end(o *order, state exchange.OrderState, at int64, refusal *tradekeel.Error) {
	e.tell(o.Intent, state, at, refusal)
	e.over(o, at)
}

// over forgets an order: what it locked is free, and orders whose parent it was are
// active, or end as it did.
func (e *Engine) over(o *order, at int64) {
	o.done = true
	e.ended++
	if o.lock.Sign() != 0 {
		e.release(o)
	}
	if e.ended == len(e.open) {
		return
	}
	if e.traded.has(uint64(o.Intent)) {
		e.wake(o.Intent, at)
		return
	}
	for i := range e.open {
		if c := &e.open[i]; c.Parent == o.Intent && c.parked && !c.done {
			e.end(c, exchange.Canceled, at, exchange.ErrParent.With("parent", "order %d ended without a trade", o.Intent))
		}
	}
}

// wake makes the orders active that waited for one to trade.
func (e *Engine) wake(parent exchange.IntentID, at int64) {
	for i := range e.open {
		o := &e.open[i]
		if o.Parent != parent || !o.parked || o.done {
			continue
		}
		o.parked, e.woken = false, true
		if refusal := e.reserve(&e.instruments[o.Instrument], o); refusal != nil {
			e.end(o, exchange.Canceled, at, refusal)
		}
	}
}

// oneCancelsOthers cancels the other orders of a group.
func (e *Engine) oneCancelsOthers(o *order, at int64) {
	if e.closed.has(uint64(o.Group)) {
		return
	}
	e.closed.add(uint64(o.Group))
	for i := range e.open {
		if other := &e.open[i]; other.Group == o.Group && other != o && !other.done {
			e.end(other, exchange.Canceled, at, exchange.ErrGroup.With("group", "order %d of group %d traded", o.Intent, o.Group))
		}
	}
}

// fill trades an order at a price, or says why not and changes nothing; what f holds is
// of no meaning then. It leaves in o.left what is still to trade.
func (e *Engine) fill(in *listing, o *order, price, at int64, maker bool, f *exchange.Fill) *tradekeel.Error {
	if at >= in.delisted || at < in.listed {
		return in.tradesAt(at)
	}
	limits := in.limits(o.mode == asMarket, at)
	if e.flat && !in.limited && !maker && o.mode == asMarket && o.filled == 0 && o.lock == (exchange.Units{}) && !o.ReduceOnly {
		refusal := e.whole(in, &o.Order, price, at, limits, f)
		if refusal == nil {
			o.left, o.filled = 0, f.Quantity
		}
		return refusal
	}
	quantity := o.left
	fresh := quantity == 0 || o.mode == asMarket && o.filled == 0
	if fresh {
		var refusal *tradekeel.Error
		if quantity, refusal = e.sized(in, o, price, limits); refusal != nil {
			return refusal
		}
	}
	whole := quantity
	if o.ReduceOnly || e.terms.Positions == exchange.Hedge && closes(&o.Order) {
		if whole = min(quantity, e.reducible(in, &o.Order)); whole <= 0 {
			return exchange.ErrReduceOnly.With("reduce_only", "there is no %s position that a %s would reduce", o.Position, o.Side)
		}
		quantity, fresh = whole, false // what closes a position may be below the minimum
	}
	if in.limited {
		if quantity = e.available(in, o, quantity, limits.Lot); quantity == 0 {
			return errWait
		}
		if quantity < whole && o.InForce == exchange.FillOrKill && !in.walking {
			return exchange.ErrNotFilled
		}
	}
	notional, fits := in.notional(price, quantity)
	if !fits {
		return errNotional
	}
	if fresh && quantity == whole {
		if refusal := in.bounds(quantity, notional, limits); refusal != nil {
			return refusal
		}
	}
	*f = exchange.Fill{}
	f.Side, f.Position, f.Instrument, f.Intent = o.Side, o.Position, o.Instrument, o.Intent
	f.Price, f.Quantity, f.Notional, f.Time, f.Maker = price, quantity, notional, at, maker
	if refusal := e.settle(in, o, f, at); refusal != nil {
		return refusal
	}
	e.fills++
	f.ID = e.fills
	o.left = whole - quantity
	o.filled += quantity
	if o.lock.Sign() != 0 {
		e.relock(in, o)
	}
	if in.limited {
		in.pool -= quantity
	}
	return nil
}

// settle takes the fee of a fill and moves balances and positions, or says what is
// missing and moves nothing.
func (e *Engine) settle(in *listing, o *order, f *exchange.Fill, at int64) *tradekeel.Error {
	fee, in3, refusal := e.fee(in, f, at)
	if refusal != nil {
		return refusal
	}
	f.Fee = fee
	if in3 != in.settle {
		f.FeeCurrency = e.assets[in3]
	}
	switch e.terms.Kind {
	case exchange.SpotAccount:
		refusal = e.postSpot(in, o, f, in3)
	case exchange.MarginAccount:
		refusal = e.postMargin(in, f, in3, at)
	default:
		refusal = e.postFutures(in, f)
	}
	if refusal == nil && e.fees.tiers != nil {
		e.fees.count(in, f)
	}
	return refusal
}

// available returns what the volume of the bar still lets an order trade of a
// quantity, cut to the lot.
func (e *Engine) available(in *listing, o *order, quantity, lot int64) int64 {
	if in.pool >= quantity {
		return quantity
	}
	if o.Size.Whole {
		lot = common(lot, in.one)
	}
	pool := max(0, in.pool)
	return pool - pool%lot
}

// refill lets orders take their share of a new volume.
func (e *Engine) refill(in *listing, volume int64) {
	if e.model.share > 0 {
		v, _ := wide.Of(volume).MulDiv(e.model.share, one, wide.Floor)
		in.pool, _ = v.Int64()
	}
}
