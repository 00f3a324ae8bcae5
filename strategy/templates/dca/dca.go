// Package dca buys in parts and sells all of it at a profit on the average price.
//
// A deal begins with a base order. Safety orders add to it as the price falls below the
// base order's: each a step further down than the one before, the step and the amount
// growing by their scales. Besides, an amount may be bought every so many closes,
// whatever the price. The deal ends when the close is the take profit above the average
// price in, or the stop below it; a pause later the next one begins.
//
// Prices are told at closes and traded by market orders, which fill at the next price
// there is: on candles, the next open. Safety orders that one close falls through are
// traded by one order. A part that there is not enough cash for waits until there is.
package dca

import (
	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/strategy"
)

// Params are the parameters of the strategy.
type Params struct {
	Base         float64 `param:"100" min:"0.000001" max:"1000000000000" text:"what the first order of a deal buys for, in quote; fees come on top"`
	Every        int     `param:"0" min:"0" max:"1000000" text:"closes from one periodic order to the next; 0 is none"`
	Periodic     float64 `param:"100" min:"0.000001" max:"1000000000000" text:"what a periodic order buys for, in quote"`
	SafetyOrders int     `param:"5" min:"0" max:"100" text:"how many safety orders at most"`
	Safety       float64 `param:"100" min:"0.000001" max:"1000000000000" text:"what the first safety order buys for, in quote"`
	Deviation    float64 `param:"2" min:"0.01" max:"99" text:"percent below the base order of the first safety order"`
	StepScale    float64 `param:"1" min:"0.1" max:"10" text:"each step down is so many times the one before"`
	VolumeScale  float64 `param:"1" min:"0.1" max:"10" text:"each amount is so many times the one before"`
	TakeProfit   float64 `param:"2" min:"0" max:"100000" text:"percent above the average price at which all is sold; 0 is never"`
	Stop         float64 `param:"0" min:"0" max:"99.99" text:"percent below the average price at which all is sold; 0 is never"`
	Cooldown     int     `param:"0" min:"0" max:"1000000" text:"closes after a deal before the next"`
	Restart      bool    `param:"true" text:"begin a deal after the last one ended"`
}

// Strategy is the definition. It trades the first series of the run, long only.
var Strategy = strategy.Define("dca", build)

// withFee is what an order may cost with its fee, in parts of its amount: a fee above
// 1 % may leave too little cash for the last part.
const withFee = 1.01

func build(p Params, s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	i := &instance{params: p, base: amount(p.Base), periodic: amount(p.Periodic)}
	way, step, size := 0.0, p.Deviation, p.Safety
	for range p.SafetyOrders {
		way += step
		if way >= 100 {
			return nil, tradekeel.Invalidf("params.deviation", "puts safety order %d at %.4g percent below the base order, where there is no price; "+
				"lower safety_orders, deviation or step_scale", len(i.safeties)+1, way)
		}
		if !(size <= 1e12) {
			return nil, tradekeel.Invalidf("params.volume_scale", "makes safety order %d buy for %.4g; "+
				"lower safety_orders, safety or volume_scale", len(i.safeties)+1, size)
		}
		i.safeties = append(i.safeties, safety{way / 100, amount(size)})
		step *= p.StepScale
		size *= p.VolumeScale
	}
	return i, nil
}

func amount(quote float64) decimal.Decimal {
	return decimal.NewFromFloat(quote).Truncate(exchange.LedgerScale)
}

// safety is a safety order: how far below the base order, as a fraction, and for how
// much.
type safety struct {
	below  float64
	amount decimal.Decimal
}

type instance struct {
	params         Params
	base, periodic decimal.Decimal
	safeties       []safety

	closes   int     // so far
	resting  int     // the close from which on a deal may begin
	deals    int     // that began
	first    float64 // average price of the base order; 0 outside of a deal
	spent    float64 // on the base order so far
	used     int     // safety orders of the deal
	due      int     // the close of the next periodic order
	waiting  order
	attempts int // to sell, of the deal
}

// order is what is under way.
type order struct {
	kind     kind
	safeties int  // that it is for
	periodic bool // it holds a periodic part
	got      bool // something was filled
}

type kind uint8

const (
	none kind = iota
	begin
	add
	leave
)

// mostAttempts bounds the orders that end a deal: what a lot leaves over is refused
// each time.
const mostAttempts = 100

// OnBar implements strategy.Instance.
func (i *instance) OnBar(b strategy.Bar, o *strategy.Orders) {
	i.closes++
	if i.waiting.kind != none {
		return
	}
	held, cash := b.Position(), b.Cash().Value
	if held.Flat() {
		if i.first > 0 { // the deal ended
			i.first, i.spent, i.used, i.attempts = 0, 0, 0, 0
			i.resting = i.closes + i.params.Cooldown
		}
		if i.closes < i.resting || i.deals > 0 && !i.params.Restart || !affordable(i.base, cash) {
			return
		}
		i.waiting = order{kind: begin}
		o.BuyMarket(strategy.OfQuote(i.base), "base order")
		return
	}
	closing, price := b.Close(), held.EntryPrice()
	if reason := i.leaves(closing, price); reason != "" {
		if i.attempts++; i.attempts <= mostAttempts {
			i.waiting = order{kind: leave}
			o.Close(reason)
		}
		return
	}
	i.add(closing, cash, o)
}

// leaves returns the reason to end the deal, or "".
func (i *instance) leaves(closing, price float64) string {
	switch p := i.params; {
	case p.TakeProfit > 0 && atLeast(closing, price*(1+p.TakeProfit/100)):
		return "take profit"
	case p.Stop > 0 && atLeast(price*(1-p.Stop/100), closing):
		return "stop"
	}
	return ""
}

// add buys for the safety orders that the close fell through and for the periodic one
// that is due, as far as there is cash.
func (i *instance) add(closing float64, cash decimal.Decimal, o *strategy.Orders) {
	total, reason := decimal.Zero, ""
	w := order{kind: add}
	for _, s := range i.safeties[i.used:] {
		if !atLeast(i.first*(1-s.below), closing) || !affordable(total.Add(s.amount), cash) {
			break
		}
		total, reason = total.Add(s.amount), "safety order"
		w.safeties++
	}
	if i.params.Every > 0 && i.closes >= i.due && affordable(total.Add(i.periodic), cash) {
		if total, w.periodic = total.Add(i.periodic), true; reason == "" {
			reason = "periodic order"
		}
	}
	if total.Sign() > 0 {
		i.waiting = w
		o.BuyMarket(strategy.OfQuote(total), reason)
	}
}

// atLeast reports whether a is above b or equal to it: rounding decides nothing.
func atLeast(a, b float64) bool {
	order, ok := strategy.Compare(a, b)
	return ok && order >= 0
}

func affordable(amount, cash decimal.Decimal) bool {
	return amount.Mul(decimal.NewFromFloat(withFee)).LessThanOrEqual(cash)
}

// OnFill implements strategy.FillListener.
func (i *instance) OnFill(f strategy.Fill, _ *strategy.Orders) {
	w := &i.waiting
	if w.got = true; w.kind != begin {
		return
	}
	// The average over the fills of the base order.
	quantity, _ := f.Quantity().Float64()
	price, _ := f.Price().Float64()
	if before := i.spent; i.first > 0 {
		i.spent += price * quantity
		i.first = i.spent / (before/i.first + quantity)
		return
	}
	i.first, i.spent = price, price*quantity
}

// OnOrder implements strategy.OrderListener. An order that bought nothing counts as
// not made.
func (i *instance) OnOrder(u strategy.OrderUpdate, _ *strategy.Orders) {
	if !u.State.Final() {
		return
	}
	w := i.waiting
	i.waiting = order{}
	if !w.got {
		return
	}
	switch w.kind {
	case begin:
		i.deals++
		i.due = i.closes + max(i.params.Every, 1)
	case add:
		i.used += w.safeties
		if w.periodic {
			i.due = i.closes + i.params.Every
		}
	default: // OnBar sees that nothing is held
	}
}
