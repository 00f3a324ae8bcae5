package matching

import (
	"slices"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market/book"
)

// depth is the top of a book, bids and asks from the best on.
type depth struct {
	bids, asks []book.Level
	shown      bool
}

// Book lets the orders of one instrument meet the top of a book, bids and asks from the
// best on. Market orders, and limit orders that have just arrived, walk it, a fill a
// level; what the levels do not hold of a market order waits for the next book. Its size
// is told at the best price: what it cannot pay at worse ones is canceled.
//
// A limit order that rests is behind what the level of its price held when it came.
// Trades there reduce what is ahead (see Engine.Trade), and so do cancellations once the
// level holds less than that: they are taken to come from behind first. An order whose
// price the levels do not reach yet has no place in the queue until they do. When the
// other side of the book comes to its price, it trades in full.
//
// As long as no trades are shown, the middle of the best bid and ask is the last price:
// it reaches triggers, and values positions where there is no mark price.
func (e *Engine) Book(instrument int32, bids, asks []book.Level, at int64) []Outcome {
	e.begin(&e.events, at)
	in := &e.instruments[instrument]
	d := &in.levels
	d.bids, d.asks, d.shown = append(d.bids[:0], bids...), append(d.asks[:0], asks...), true
	if (in.last == 0 || !in.printed) && len(bids) > 0 && len(asks) > 0 {
		in.see(bids[0].Price+(asks[0].Price-bids[0].Price)/2, at)
		if e.terms.Kind != exchange.SpotAccount {
			e.liquidateAt(in, in.marked(), at)
		}
	}
	e.woken = true
	for e.woken {
		e.woken = false
		for i := range e.open {
			o := &e.open[i]
			if o.Instrument != instrument || o.done || o.parked || o.arrives > at {
				continue
			}
			if o.InForce == exchange.GoodTillDate && o.Expires <= at {
				e.end(o, exchange.Expired, o.Expires, exchange.ErrExpired)
				continue
			}
			e.meetBook(in, o, at)
		}
	}
	return e.finish()
}

// meetBook lets an order meet the book.
func (e *Engine) meetBook(in *listing, o *order, at int64) {
	own, other := in.levels.bids, in.levels.asks
	if o.Side == exchange.Sell {
		own, other = other, own
	}
	switch {
	case o.mode == asMarket:
		e.sweep(in, o, other, at)
	case o.mode == onTrigger:
		if (!o.joined || !in.printed) && in.last != 0 {
			e.meet(in, o, in.last, at)
		}
	case !o.joined:
		if o.PostOnly && len(other) > 0 && o.crosses(other[0].Price, Touch) {
			e.end(o, exchange.Rejected, at, exchange.ErrWouldTrade)
			return
		}
		o.joined = true
		e.sweep(in, o, other, at)
		if !o.done {
			e.queue(o, own)
		}
	case len(other) > 0 && o.crosses(other[0].Price, Touch):
		e.trade(in, o, o.Price, at, true)
	default:
		e.queue(o, own)
	}
}

// queue places an order behind what its level holds, or moves it up.
func (e *Engine) queue(o *order, own []book.Level) {
	i := slices.IndexFunc(own, func(l book.Level) bool { return l.Price == o.Price })
	held := int64(0)
	if i >= 0 {
		held = own[i].Quantity
	}
	switch {
	case o.booked:
		o.queue = min(o.queue, held)
	case i >= 0 || len(own) == 0 || (own[len(own)-1].Price < o.Price) == (o.Side == exchange.Buy):
		o.queue, o.booked = held, true
	}
}

// sweep walks an order through levels, and takes what it trades out of them.
func (e *Engine) sweep(in *listing, o *order, levels []book.Level, at int64) {
	if o.InForce == exchange.FillOrKill && !e.holds(in, o, levels, at) {
		e.end(o, exchange.Expired, at, exchange.ErrNotFilled)
		return
	}
	in.walking = true
	for i := range levels {
		l := &levels[i]
		if o.done || o.mode == asLimit && !o.crosses(l.Price, Touch) {
			break
		}
		l.Quantity -= e.upTo(in, o, l.Price, e.shared(l.Quantity), at, false)
	}
	in.walking = false
	if o.InForce == exchange.ImmediateOrCancel && !o.done {
		e.end(o, exchange.Expired, at, exchange.ErrNotFilled)
	}
}

// holds reports whether levels hold all of an order.
func (e *Engine) holds(in *listing, o *order, levels []book.Level, at int64) bool {
	sum := int64(0)
	for _, l := range levels {
		if o.mode == asLimit && !o.crosses(l.Price, Touch) {
			break
		}
		sum += e.shared(l.Quantity)
	}
	if len(levels) == 0 {
		return false
	}
	quantity := o.left
	if quantity == 0 {
		quantity, _ = e.sized(in, o, levels[0].Price, in.limits(o.mode == asMarket, at))
	}
	return quantity > 0 && sum >= quantity
}
