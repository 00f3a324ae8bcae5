package matching

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
)

// walk goes through a bar on a path that its four prices allow: from the open over both
// extremes to the close. On its way from one price to the next it meets what waits in
// between, the nearest first. The model's Path only says where it goes next.
type walk struct {
	e         *Engine
	in        *listing
	bar       *market.Bar
	at        int64
	low, high bool // visited
}

// run walks to the close.
func (w *walk) run() {
	w.low, w.high = w.bar.Open == w.bar.Low, w.bar.Open == w.bar.High
	// Each step but the ones to the extremes and the close ends an order or its wait.
	for range 2*len(w.e.open) + 8 {
		next, ok := w.next()
		if !ok {
			break
		}
		w.to(next)
	}
	w.to(w.bar.Close)
}

// next returns the price to go to; false for the close.
func (w *walk) next() (int64, bool) {
	if w.e.model.path != ByDistance {
		if price, ok := w.nearest(w.e.model.path == StopFirst); ok {
			return price, true
		}
	}
	switch {
	case w.low && w.high:
		return 0, false
	case w.low:
		return w.bar.High, true
	case w.high:
		return w.bar.Low, true
	}
	downFirst := w.bar.Open-w.bar.Low <= w.bar.High-w.bar.Open
	if w.e.model.path != ByDistance {
		// First where nothing waits of the kind that is to come last.
		stops := w.e.model.path == TargetFirst
		down, up := w.waits(w.bar.Low, stops), w.waits(w.bar.High, stops)
		switch side := w.e.direction(w.in); {
		case down != up:
			downFirst = up
		case side != 0:
			downFirst = (side > 0) == (w.e.model.path == StopFirst)
		}
	}
	if downFirst {
		return w.bar.Low, true
	}
	return w.bar.High, true
}

// nearest returns the price of the nearest stop, or of the nearest limit order or
// take-profit, that the bar's range holds; a liquidation is a stop.
func (w *walk) nearest(stops bool) (int64, bool) {
	best, found := int64(0), false
	take := func(price int64, ok bool) {
		if ok && (!found || distance(price, w.in.last) < distance(best, w.in.last)) {
			best, found = price, true
		}
	}
	for i := range w.e.open {
		o := &w.e.open[i]
		if !w.active(o) || o.loses() != stops {
			continue
		}
		if o.Type == exchange.TrailingStop && w.low && w.high {
			continue // its trigger moved in this bar: only the way to the close tells
		}
		if price, ok := w.meets(o, w.bar.Low); ok {
			take(w.beyond(o, price, -1), true)
		}
		if price, ok := w.meets(o, w.bar.High); ok {
			take(w.beyond(o, price, 1), true)
		}
	}
	if stops {
		take(w.e.liquidation(w.in, w.in.last, w.bar.Low))
		take(w.e.liquidation(w.in, w.in.last, w.bar.High))
	}
	return best, found
}

// beyond returns where the walk must go for an order to trade: past a limit, where a
// touch is not enough.
func (w *walk) beyond(o *order, price, step int64) int64 {
	if o.mode == asLimit && w.e.model.limits == TradeThrough {
		return price + step
	}
	return price
}

// waits reports whether an order of a kind is met on the way to a price.
func (w *walk) waits(to int64, stops bool) bool {
	for i := range w.e.open {
		if o := &w.e.open[i]; w.active(o) && o.loses() == stops {
			if _, ok := w.meets(o, to); ok {
				return true
			}
		}
	}
	if !stops {
		return false
	}
	_, ok := w.e.liquidation(w.in, w.in.last, to)
	return ok
}

func (w *walk) active(o *order) bool {
	return o.Instrument == w.in.index && o.joined && !o.done && !o.parked && o.mode != asMarket
}

// meets returns the price at which an order is met on the way from where the walk is
// to a price.
func (w *walk) meets(o *order, to int64) (int64, bool) {
	now := w.in.last
	price, up := o.Price, o.Side == exchange.Sell
	if o.mode == onTrigger {
		price, up = o.trigger(), rises(o.Side, o.loses())
	} else if w.in.limited && w.in.pool <= 0 {
		return 0, false
	}
	if price == 0 || up != (to > now) || to == now && price != now {
		return 0, false
	}
	if up && (price < now || price > to) || !up && (price > now || price < to) {
		return 0, false
	}
	if o.mode == asLimit && !o.crosses(to, w.e.model.limits) {
		return 0, false
	}
	return price, true
}

// to walks to a price.
func (w *walk) to(price int64) {
	for range 2*len(w.e.open) + 8 {
		var first *order
		at := price
		for i := range w.e.open {
			o := &w.e.open[i]
			if !w.active(o) {
				continue
			}
			if p, ok := w.meets(o, price); ok && (first == nil || distance(p, w.in.last) < distance(at, w.in.last)) {
				first, at = o, p
			}
		}
		p, liquidated := w.e.liquidation(w.in, w.in.last, price)
		if liquidated && (first == nil || distance(p, w.in.last) < distance(at, w.in.last)) {
			w.pass(p)
			w.e.liquidate(w.in, p, w.at)
			continue
		}
		if first == nil {
			break
		}
		w.pass(at)
		w.reach(first, at)
		w.join(at)
	}
	w.pass(price)
	w.low = w.low || price == w.bar.Low
	w.high = w.high || price == w.bar.High
}

// pass moves the price, which trailing stops follow.
func (w *walk) pass(price int64) {
	w.in.last = price
	for i := range w.e.open {
		if o := &w.e.open[i]; o.Type == exchange.TrailingStop && w.active(o) {
			o.trail(price)
		}
	}
}

// reach trades or triggers an order at its price.
func (w *walk) reach(o *order, price int64) {
	if o.mode == asLimit {
		w.e.trade(w.in, o, price, w.at, true)
		return
	}
	w.e.pull(w.in, o, price, w.at)
}

// join lets orders that became active meet the price at which they did.
func (w *walk) join(price int64) {
	for w.e.woken {
		w.e.woken = false
		for i := range w.e.open {
			o := &w.e.open[i]
			if o.Instrument == w.in.index && !o.joined && !o.done && !o.parked && o.mode != asMarket && o.arrives <= w.bar.Time {
				w.e.meet(w.in, o, price, w.at)
			}
		}
	}
}

func distance(a, b int64) int64 {
	if a > b {
		return a - b
	}
	return b - a
}
