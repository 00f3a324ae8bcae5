package matching

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// mode is how an order acts at the moment.
type mode uint8

const (
	asMarket  mode = iota
	asLimit        // waits at its price
	onTrigger      // waits for its trigger
)

// order is an order that is open.
type order struct {
	exchange.Order
	progress
}

// progress is what became of an open order so far.
type progress struct {
	mode      mode
	parked    bool // waits for its parent
	joined    bool // has met the market, so that it rests in the book
	following bool // a trailing stop that is active
	booked    bool // queue is known
	done      bool
	arrives   int64          // at the venue
	met       uint64         // the round that it met last
	left      int64          // still to trade; 0 while the size is not resolved
	filled    int64          // traded so far
	best      int64          // price since a trailing stop is active
	queue     int64          // ahead of it at its price in the book
	need      exchange.Units // what it must lock while it rests
	lock      exchange.Units // what it locks
	asset     int            // that it locks
}

// trigger returns the price that lets the order trade, 0 for none yet.
func (o *order) trigger() int64 {
	if o.Type != exchange.TrailingStop {
		return o.Trigger
	}
	if !o.following {
		return 0
	}
	distance := o.Trail
	if o.TrailRate > 0 {
		d, _ := wide.Of(o.best).MulDiv(int64(o.TrailRate), wide.Pow10(exchange.FractionScale), wide.Ceil)
		distance, _ = d.Int64()
	}
	return max(1, o.best+int64(o.Side)*distance)
}

// loses reports whether the order waits on the side where its holder loses: a buy
// above the price, a sell below it.
func (o *order) loses() bool {
	return o.mode == onTrigger && o.Type != exchange.TakeProfit && o.Type != exchange.TakeProfitLimit
}

// reached reports whether a price is at the trigger or beyond.
func (o *order) reached(price int64) bool {
	trigger := o.trigger()
	if trigger == 0 {
		return false
	}
	if rises(o.Side, o.loses()) {
		return price >= trigger
	}
	return price <= trigger
}

// rises reports whether the price comes to a trigger from below.
func rises(side exchange.Side, loses bool) bool { return (side == exchange.Buy) == loses }

// trail takes a price into a trailing stop.
func (o *order) trail(price int64) {
	if !o.following {
		if o.Trigger != 0 && (o.Side == exchange.Sell && price < o.Trigger || o.Side == exchange.Buy && price > o.Trigger) {
			return
		}
		o.following, o.best = true, price
		return
	}
	if o.Side == exchange.Sell {
		o.best = max(o.best, price)
	} else {
		o.best = min(o.best, price)
	}
}

// crosses reports whether a price is beyond the limit, or at it where a touch is
// enough.
func (o *order) crosses(price int64, rule LimitFill) bool {
	if price == o.Price {
		return rule == Touch
	}
	return (price < o.Price) == (o.Side == exchange.Buy)
}

// remember is a set of numbers that are handed out in order, such as intents: a bit for
// each of the first ones, and pages of 64 bits for those far out.
type remember struct {
	near []uint64
	far  map[uint64]uint64
}

// nearPages bounds the memory that one number far out may ask for.
const nearPages = 1 << 20

func (r *remember) add(n uint64) {
	page, bit := n>>6, uint64(1)<<(n&63)
	switch {
	case page < uint64(len(r.near)):
		r.near[page] |= bit
	case page < nearPages:
		for uint64(len(r.near)) <= page {
			r.near = append(r.near, 0)
		}
		r.near[page] |= bit
	default:
		if r.far == nil {
			r.far = map[uint64]uint64{}
		}
		r.far[page] |= bit
	}
}

func (r *remember) has(n uint64) bool {
	page := n >> 6
	if page < uint64(len(r.near)) {
		return r.near[page]>>(n&63)&1 == 1
	}
	return len(r.far) > 0 && r.far[page]>>(n&63)&1 == 1
}
