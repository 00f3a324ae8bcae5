package trading

import (
	"fmt"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/strategy"
)

// maxDepth bounds an instance that answers each refusal with an order that is refused.
const maxDepth = 100

// submit turns what the instance asked for into commands. What cannot be sent is
// refused, and the instance is told.
func (c *Core) submit(at int64) {
	for i := range c.orders.Changes() {
		switch change := &c.orders.Changes()[i]; change.Kind {
		case strategy.AddOrder:
			c.add(&change.Intent, at)
		case strategy.CancelOrder:
			c.commands = append(c.commands, Command{Kind: Cancel, Order: exchange.Order{Intent: change.Cancel, Decided: at}})
		case strategy.AmendOrder:
			if change.Fault != nil {
				c.refuse(exchange.Order{Intent: change.Amendment.Intent, Decided: at}, at, change.Fault)
				continue
			}
			change.Amendment.Decided = at
			c.amending = append(c.amending, change.Amendment)
			c.commands = append(c.commands, Command{Kind: Amend, Amendment: change.Amendment})
		}
	}
	if c.onOrder == nil {
		c.told = len(c.refused)
	}
	c.tellRefused(at)
}

// tellRefused tells the instance of orders that the core refused itself.
func (c *Core) tellRefused(at int64) {
	if c.depth++; c.depth > maxDepth {
		c.fault = tradekeel.Invalidf("strategy", "it answered %d refused orders with others that were refused, at %s", maxDepth, utc(at))
	}
	for c.told < len(c.refused) && c.fault == nil {
		r := &c.refused[c.told]
		c.told++
		update := strategy.OrderUpdate{Instrument: c.instruments[r.Order.Instrument].Instrument, Order: r.Order, Intent: r.Order.Intent, State: exchange.Rejected, Refusal: r.Err}
		c.listen(r.Order.Instrument, at, func() { c.onOrder.OnOrder(update, &c.orders) })
	}
	c.depth--
}

func (c *Core) refuse(o exchange.Order, at int64, err error) {
	c.refused = append(c.refused, Refused{o, at, err})
}

// add sends an intent.
func (c *Core) add(intent *strategy.Intent, at int64) {
	index := intent.Feed.InstrumentIndex()
	in := &c.instruments[index]
	position := intent.Position
	if intent.Closing {
		if in.units == 0 && in.short.units == 0 {
			return // there is nothing to close
		}
		if in.short.units != 0 && in.units != 0 && position == exchange.NetPosition {
			// Both sides of an account in hedge mode are closed, each by an order of its own.
			other := *intent
			other.ID, other.Position = c.orders.Next(), exchange.ShortPosition
			c.add(&other, at)
			position = exchange.LongPosition
		}
	} else if intent.Size.Basis == strategy.HoldingShare && intent.Type == exchange.Market && intent.Parent == 0 &&
		in.units == 0 && in.short.units == 0 && !in.fine {
		return // there is nothing to sell; an order that waits is sized when it trades
	}
	// It is made where it waits, and taken out again when it is refused.
	c.open = longer(c.open)
	o := &c.open[len(c.open)-1]
	*o = exchange.Order{}
	o.Intent, o.Instrument, o.Side, o.Type = intent.ID, index, intent.Side, intent.Type
	o.Price, o.Trigger, o.Trail, o.TrailRate = intent.Price, intent.Trigger, intent.Trail, intent.TrailRate
	o.InForce, o.Expires, o.PostOnly, o.ReduceOnly = intent.InForce, intent.Expires, intent.PostOnly, intent.ReduceOnly
	o.Position, o.Group, o.Parent, o.Reason, o.Decided = position, intent.Group, intent.Parent, intent.Reason, at
	if intent.Closing {
		c.closing(in, o)
	}
	err := intent.Fault()
	if err == nil {
		o.Size, err = intent.Size.Resolve(intent.Feed, c)
	}
	if err != nil {
		c.refuse(*o, at, err)
		c.open = c.open[:len(c.open)-1]
		return
	}
	c.commands = longer(c.commands)
	command := &c.commands[len(c.commands)-1]
	command.Kind, command.Order, command.Amendment = Submit, *o, exchange.Amendment{}
}

// longer makes a slice longer by one. What is there then may be left of before.
func longer[T any](s []T) []T {
	if n := len(s); n < cap(s) {
		return s[:n+1]
	}
	var empty T
	return append(s, empty)
}

// closing makes an order trade against what is held.
func (c *Core) closing(in *instrument, o *exchange.Order) {
	if o.Position == exchange.NetPosition && in.short.units != 0 {
		o.Position = exchange.ShortPosition
	}
	if o.Side = exchange.Sell; in.of(o.Position).units < 0 {
		o.Side = exchange.Buy
	}
	o.ReduceOnly = in.future
}

// report takes in what a venue says of an order.
func (c *Core) report(r *exchange.Report) error {
	if r.Intent == 0 && r.Fill.Liquidation && r.State == exchange.Filled {
		return c.liquidated(&r.Fill)
	}
	i := c.find(r.Intent)
	if i < 0 {
		if r.State == exchange.CancelRejected || r.State == exchange.AmendRejected {
			c.answered(r.Intent)
			return nil // it ended before the message came
		}
		return tradekeel.Invalidf("event.report", "no order of intent %d is open", r.Intent)
	}
	if r.State == exchange.Accepted && c.onOrder == nil {
		return nil
	}
	if c.onOrder == nil && (r.State == exchange.Filled || r.State == exchange.PartlyFilled) {
		index, reason := c.open[i].Instrument, c.open[i].Reason
		if r.State == exchange.Filled {
			c.open = append(c.open[:i], c.open[i+1:]...)
		}
		if err := c.filled(index, r, reason); err != nil {
			return err
		}
		return c.fault
	}
	o := c.open[i]
	if last := len(c.open) - 1; r.State.Final() {
		copy(c.open[i:], c.open[i+1:])
		c.open = c.open[:last]
	}
	in := &c.instruments[o.Instrument]
	switch r.State {
	case exchange.Filled, exchange.PartlyFilled:
		if err := c.filled(o.Instrument, r, o.Reason); err != nil {
			return err
		}
	case exchange.Rejected:
		c.refuse(o, r.Time, refusal(r))
		c.told = len(c.refused)
	case exchange.Amended:
		c.open[i] = c.amended(o)
	case exchange.AmendRejected:
		c.answered(o.Intent)
	default: // nothing to book
	}
	if c.onOrder != nil {
		u := strategy.OrderUpdate{Instrument: in.Instrument, Order: o, Intent: r.Intent, State: r.State}
		if r.Refusal != nil {
			u.Refusal = r.Refusal
		}
		c.listen(o.Instrument, r.Time, func() { c.onOrder.OnOrder(u, &c.orders) })
	}
	return c.fault
}

// filled books a fill and tells the instance.
func (c *Core) filled(instrument int32, r *exchange.Report, reason string) error {
	in := &c.instruments[instrument]
	if err := c.fill(in, &r.Fill, reason); err != nil {
		return err
	}
	if c.onFill != nil {
		c.listen(instrument, r.Time, func() {
			c.onFill.OnFill(strategy.Fill{Instrument: in.Instrument, Raw: r.Fill, Reason: reason}, &c.orders)
		})
	}
	return nil
}

// find returns the place of an open order, or -1.
func (c *Core) find(intent exchange.IntentID) int {
	for i := range c.open {
		if c.open[i].Intent == intent {
			return i
		}
	}
	return -1
}

func refusal(r *exchange.Report) error {
	if r.Refusal != nil {
		return r.Refusal
	}
	return fmt.Errorf("the venue gave no reason")
}

// amended returns an order as the first amendment of it that was sent and not answered
// made it.
func (c *Core) amended(o exchange.Order) exchange.Order {
	a, found := c.answered(o.Intent)
	if !found {
		return o
	}
	if a.Price != 0 {
		o.Price = a.Price
	}
	if a.Trigger != 0 {
		o.Trigger = a.Trigger
	}
	if a.Quantity != 0 {
		o.Size = exchange.Size{Kind: exchange.ByQuantity, Quantity: a.Quantity}
	}
	return o
}

// answered takes the first amendment of an order out of those that were sent.
func (c *Core) answered(intent exchange.IntentID) (a exchange.Amendment, found bool) {
	for i, a := range c.amending {
		if a.Intent == intent {
			c.amending = slices.Delete(c.amending, i, i+1)
			return a, true
		}
	}
	return a, false
}

// liquidated takes in that the venue closed a position.
func (c *Core) liquidated(f *exchange.Fill) error {
	if f.Instrument < 0 || int(f.Instrument) >= len(c.instruments) {
		return tradekeel.Invalidf("event.report", "there is no instrument number %d", f.Instrument)
	}
	in := &c.instruments[f.Instrument]
	if err := c.fill(in, f, "liquidation"); err != nil {
		return err
	}
	if c.onFill != nil {
		c.listen(f.Instrument, f.Time, func() {
			c.onFill.OnFill(strategy.Fill{Instrument: in.Instrument, Raw: *f, Reason: "liquidation"}, &c.orders)
		})
	}
	return c.fault
}

// listen calls the instance about an instrument; what it asks for is submitted at once.
func (c *Core) listen(instrument int32, at int64, call func()) {
	for _, f := range c.used {
		if f.InstrumentIndex() == instrument {
			c.orders.Begin(f)
			call()
			c.submit(at)
			return
		}
	}
}
