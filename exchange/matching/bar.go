package matching

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
)

// Last tells the last price of an instrument at a moment, without letting anything
// trade: the close of a bar that was not shown. Stops that are sent at that very moment
// and are on the wrong side of it are then refused, not triggered at the next open.
func (e *Engine) Last(instrument int32, price, at int64) {
	e.instruments[instrument].see(price, at)
}

// Measure tells the volume and the range of a bar that is not shown, since its orders
// meet trades or books. Slippage by range or volume is told of them.
func (e *Engine) Measure(instrument int32, b *market.Bar) {
	if e.model.bars {
		e.instruments[instrument].volumes(b)
	}
}

// Open lets the orders of one instrument meet the open of a bar, its price and time:
// market orders trade at it, and so do stops that it is beyond, and limit orders that
// have just arrived and are better. Limit orders that rested trade at their limit.
func (e *Engine) Open(instrument int32, price, at int64) []Outcome {
	in := &e.instruments[instrument]
	in.see(price, at)
	if len(e.open) == 0 && !e.Waiting() {
		return nil
	}
	e.begin(&e.events, at)
	if e.model.share > 0 {
		e.refill(in, in.volume)
	}
	if e.terms.Kind != exchange.SpotAccount {
		e.liquidateAt(in, in.marked(), at)
	}
	if len(e.open) == 0 {
		return e.out.list
	}
	e.meetAll(in, price, at)
	return e.finish()
}

// meetAll lets every order of an instrument that has arrived meet a price, those too
// that become active by it.
func (e *Engine) meetAll(in *listing, price, at int64) {
	e.round++
	for {
		e.woken = false
		for i := range e.open {
			o := &e.open[i]
			if o.Instrument != in.index || o.arrives > at || o.done || o.parked || o.met == e.round {
				continue
			}
			o.met = e.round
			if o.InForce == exchange.GoodTillDate && o.Expires <= at {
				e.end(o, exchange.Expired, o.Expires, exchange.ErrExpired)
				continue
			}
			e.meet(in, o, price, at)
		}
		if !e.woken {
			return
		}
	}
}

// meet lets an order meet a price that the market jumped to.
func (e *Engine) meet(in *listing, o *order, price, at int64) {
	switch o.mode {
	case asMarket:
		e.market(in, o, price, at)
	case asLimit:
		if o.joined {
			if o.crosses(price, e.model.limits) {
				e.trade(in, o, o.Price, at, true)
			}
			return
		}
		e.enter(in, o, price, at)
	case onTrigger:
		if o.Type == exchange.TrailingStop {
			o.trail(price)
		}
		o.joined = true
		if o.reached(price) {
			e.pull(in, o, price, at)
		}
	}
}

// enter lets a limit order come to the market: it trades at once when the price is
// better, as a taker, else it rests.
func (e *Engine) enter(in *listing, o *order, price, at int64) {
	if in.levels.shown {
		return // it comes to the next book
	}
	paid := price
	if e.model.priced {
		paid = e.worse(in, o, price, at)
	}
	if !o.crosses(paid, e.model.limits) {
		if o.InForce == exchange.ImmediateOrCancel || o.InForce == exchange.FillOrKill {
			e.end(o, exchange.Expired, at, exchange.ErrNotFilled)
			return
		}
		o.joined = true
		return
	}
	if o.PostOnly {
		e.end(o, exchange.Rejected, at, exchange.ErrWouldTrade.With("post_only", "the price is %s, the limit of the %s %s", in.Price(paid), o.Side, in.Price(o.Price)))
		return
	}
	o.joined = true
	e.trade(in, o, paid, at, false)
}

// pull triggers an order where the market stands.
func (e *Engine) pull(in *listing, o *order, price, at int64) {
	e.tell(o.Intent, exchange.Triggered, at, nil)
	if o.Group != 0 {
		e.oneCancelsOthers(o, at)
	}
	if o.Type.HasLimit() {
		o.mode, o.joined = asLimit, false
		e.enter(in, o, price, at)
		return
	}
	o.mode = asMarket
	e.market(in, o, price, at)
}

// Bar lets the orders of one instrument meet the rest of a bar after its open, by the
// model's path. What happens in it is stamped with the last nanosecond before the bar
// closes. Orders that arrived by the bar's open take part, but for market orders, which
// trade at opens alone.
func (e *Engine) Bar(instrument int32, b *market.Bar, closes int64) []Outcome {
	in := &e.instruments[instrument]
	e.begin(&e.events, b.Time)
	at := closes - 1
	taken := in.pool
	if e.model.bars {
		e.measure(in, b, taken)
	}
	in.last = b.Open
	e.expire(in, closes)
	w := walk{e: e, in: in, bar: b, at: at}
	e.woken = len(e.open) > 0
	w.join(b.Open)
	if e.touched(in, b) {
		w.run()
	}
	in.see(b.Close, closes)
	return e.finish()
}

// measure takes the volume and the range of a bar; what orders took at its open counts.
func (e *Engine) measure(in *listing, b *market.Bar, left int64) {
	e.refill(in, in.volume)
	taken := in.pool - left
	in.volumes(b)
	e.refill(in, in.volume)
	in.pool = max(0, in.pool-taken)
}

// expire ends orders whose time ends inside a bar: whether they would have traded
// before is not known.
func (e *Engine) expire(in *listing, closes int64) {
	for i := range e.open {
		if o := &e.open[i]; o.Instrument == in.index && o.InForce == exchange.GoodTillDate && o.Expires < closes && !o.done {
			e.end(o, exchange.Expired, o.Expires, exchange.ErrExpired)
		}
	}
}

// touched reports whether anything may happen in a bar.
func (e *Engine) touched(in *listing, b *market.Bar) bool {
	for i := range e.open {
		o := &e.open[i]
		if o.Instrument != in.index || o.done || !o.joined {
			continue
		}
		switch {
		case o.Type == exchange.TrailingStop && o.mode == onTrigger:
			return true
		case o.mode == onTrigger && (o.reached(b.Low) || o.reached(b.High)):
			return true
		case o.mode == asLimit && (o.crosses(b.Low, e.model.limits) || o.crosses(b.High, e.model.limits)):
			return true
		}
	}
	return e.terms.Kind != exchange.SpotAccount && in.mark == 0 && (!e.safe(in, b.Low) || !e.safe(in, b.High))
}
