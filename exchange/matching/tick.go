package matching

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Trade lets the orders of one instrument meet a trade of others. The side is the
// aggressor's, 0 when it is not known.
//
// A resting limit order trades in full once a trade is beyond its limit. At its limit,
// it trades when it is in the book (see Engine.Book), up to what is left of the trade
// behind those ahead of it; else where a touch is enough, up to the trade's quantity;
// and in neither case when the aggressor is on its own side. Market orders trade at the
// price of the trade, unless the instrument is shown books; then they wait for the next.
func (e *Engine) Trade(instrument int32, price, quantity, at int64, side exchange.Side) []Outcome {
	e.begin(&e.events, at)
	in := &e.instruments[instrument]
	in.printed = true
	in.see(price, at)
	e.refill(in, quantity)
	if e.terms.Kind != exchange.SpotAccount {
		e.liquidateAt(in, in.marked(), at)
	}
	e.print(in, price, quantity, at, side)
	e.meetAll(in, price, at)
	return e.finish()
}

// print lets resting limit orders at the price of a trade take what is left of it. Those
// that it is beyond are met as at any price.
func (e *Engine) print(in *listing, price, quantity, at int64, side exchange.Side) {
	taken := int64(0)
	share := in.pool
	for i := range e.open {
		o := &e.open[i]
		if o.Instrument != in.index || o.mode != asLimit || !o.joined || o.done || o.parked || o.Price != price {
			continue
		}
		if o.InForce == exchange.GoodTillDate && o.Expires <= at {
			continue // the meeting that follows ends it
		}
		o.met = e.round + 1 // by the meeting that follows
		if o.Side == side || !o.booked && e.model.limits != Touch {
			continue
		}
		ahead := min(o.queue, quantity)
		o.queue -= ahead
		left := quantity - ahead - taken
		if e.model.share > 0 {
			left = min(left, share-taken)
		}
		taken += e.upTo(in, o, price, left, at, true)
	}
	in.pool = share - taken
}

// upTo trades an order at a price up to a quantity, and returns how much it did.
func (e *Engine) upTo(in *listing, o *order, price, quantity, at int64, maker bool) int64 {
	if quantity <= 0 {
		return 0
	}
	pool, limited, before := in.pool, in.limited, o.filled
	in.pool, in.limited = quantity, true
	e.trade(in, o, price, at, maker)
	in.pool, in.limited = pool, limited
	return o.filled - before
}

// shared returns the part of a quantity that orders may take.
func (e *Engine) shared(quantity int64) int64 {
	if e.model.share == 0 {
		return quantity
	}
	v, _ := wide.Of(quantity).MulDiv(e.model.share, one, wide.Floor)
	part, _ := v.Int64()
	return part
}
