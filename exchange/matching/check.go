package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
)

// check returns what is wrong with an order in itself; nil when nothing is.
func (e *Engine) check(o *exchange.Order) *tradekeel.Error {
	if o.Instrument < 0 || int(o.Instrument) >= len(e.instruments) {
		return tradekeel.Invalidf("instrument", "there are %d, got number %d", len(e.instruments), o.Instrument)
	}
	in := &e.instruments[o.Instrument]
	switch {
	case o.Side != exchange.Buy && o.Side != exchange.Sell:
		return tradekeel.Invalidf("side", "must be buy or sell")
	case o.Type < exchange.Market || o.Type > exchange.TrailingStop:
		return tradekeel.Invalidf("type", "is missing or unknown")
	case o.InForce > exchange.GoodTillDate:
		return tradekeel.Invalidf("in_force", "must be GTC, IOC, FOK or GTD")
	case o.Intent == 0:
		return tradekeel.Invalidf("intent", "must be above zero")
	case e.sent.has(uint64(o.Intent)):
		return tradekeel.Invalidf("intent", "order %d was sent before", o.Intent)
	}
	if refusal := e.checkSize(o); refusal != nil {
		return refusal
	}
	if refusal := e.checkPosition(o); refusal != nil {
		return refusal
	}
	if o.Decided < in.listed || o.Decided >= in.delisted {
		return in.tradesAt(o.Decided)
	}
	if o.Type == exchange.Market && !o.PostOnly && o.InForce != exchange.GoodTillDate && o.Price|o.Trigger|o.Trail == 0 {
		return nil
	}
	return checkPrices(in, o)
}

// checkSize looks at the size alone.
func (e *Engine) checkSize(o *exchange.Order) *tradekeel.Error {
	s := &o.Size
	switch s.Kind {
	case exchange.ByQuantity:
		if s.Quantity <= 0 {
			return exchange.ErrNoSize.With("size", "the quantity must be above zero")
		}
	case exchange.ByQuote:
		if s.Quote.Sign() <= 0 {
			return exchange.ErrNoSize.With("size", "the amount of quote must be above zero")
		}
	case exchange.ByCash, exchange.ByHolding:
		if s.Fraction <= 0 || s.Fraction > one {
			return exchange.ErrNoSize.With("size", "the fraction must be above 0 and at most 1")
		}
		if e.terms.Kind == exchange.SpotAccount && (s.Kind == exchange.ByCash) != (o.Side == exchange.Buy) {
			return tradekeel.ErrUnsupported.With("size", "on a spot account a fraction of cash is for buying, a fraction of the holding for selling")
		}
		if s.Kind == exchange.ByCash && o.ReduceOnly {
			return tradekeel.ErrUnsupported.With("size", "a fraction of cash opens a position, the order may only reduce one")
		}
	default:
		return tradekeel.Invalidf("size", "needs a quantity, an amount of quote or a fraction")
	}
	return nil
}

// checkPosition holds the side of the position against the account's mode.
func (e *Engine) checkPosition(o *exchange.Order) *tradekeel.Error {
	hedge := e.terms.Positions == exchange.Hedge
	switch {
	case !hedge && o.Position != exchange.NetPosition:
		return tradekeel.ErrUnsupported.With("position", "long and short positions side by side need a futures account in hedge mode")
	case hedge && o.Position != exchange.LongPosition && o.Position != exchange.ShortPosition:
		return tradekeel.Invalidf("position", "must be long or short in hedge mode")
	case e.terms.Kind == exchange.SpotAccount && o.ReduceOnly && o.Side == exchange.Buy:
		return exchange.ErrReduceOnly.With("reduce_only", "a spot account has no short positions that buying would reduce")
	case hedge && o.Size.Kind == exchange.ByCash && closes(o):
		return tradekeel.ErrUnsupported.With("size", "a fraction of cash opens a position, the order closes one")
	}
	return nil
}

// checkPrices looks at limit, trigger, trail and the flags that need them.
func checkPrices(in *listing, o *exchange.Order) *tradekeel.Error {
	trailing := o.Type == exchange.TrailingStop
	switch {
	case o.Type.HasLimit() != (o.Price > 0) || o.Price < 0:
		return tradekeel.Invalidf("price", "must be above zero for limit, stop-limit and take-profit-limit orders, and is for those alone")
	case !trailing && o.Type.HasTrigger() != (o.Trigger > 0) || o.Trigger < 0:
		return tradekeel.Invalidf("trigger", "must be above zero for stop and take-profit orders, and is for orders that wait for one")
	case trailing && (o.Trail < 0 || o.TrailRate < 0 || (o.Trail > 0) == (o.TrailRate > 0) || int64(o.TrailRate) >= one):
		return tradekeel.Invalidf("trail", "needs a distance, or a rate above 0 and below 1, and not both")
	case !trailing && (o.Trail != 0 || o.TrailRate != 0):
		return tradekeel.Invalidf("trail", "is for trailing stops")
	case o.Trail > maxPrice:
		return exchange.ErrOutOfRange.With("trail", "the distance is out of range")
	case o.PostOnly && !o.Type.HasLimit():
		return tradekeel.Invalidf("post_only", "is for orders with a limit")
	case o.PostOnly && (o.InForce == exchange.ImmediateOrCancel || o.InForce == exchange.FillOrKill):
		return tradekeel.Invalidf("post_only", "contradicts %s, which trades at once", o.InForce)
	case (o.InForce == exchange.GoodTillDate) != (o.Expires != 0):
		return tradekeel.Invalidf("expires", "is for GTD, and needed there")
	case o.InForce == exchange.GoodTillDate && o.Expires <= o.Decided:
		return tradekeel.Invalidf("expires", "must be after the order was decided")
	}
	limits := in.priced.At(o.Decided)
	if refusal := in.checkTick("price", o.Price, limits.Tick); refusal != nil {
		return refusal
	}
	return in.checkTick("trigger", o.Trigger, limits.Tick)
}

// maxPrice bounds prices and distances, so that sums of two fit.
const maxPrice = 1 << 62

func (in *listing) checkTick(field string, price, tick int64) *tradekeel.Error {
	if price%tick != 0 {
		return exchange.ErrTick.With(field, "%s is not a multiple of the tick %s", in.Price(price), in.Price(tick))
	}
	if price > maxPrice {
		return exchange.ErrOutOfRange.With(field, "%s is out of range", in.Price(price))
	}
	return nil
}
