package matching

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// exposed reports whether the account holds what could be liquidated.
func (e *Engine) exposed() bool {
	if e.terms.Kind == exchange.MarginAccount {
		for _, b := range e.balances {
			if b.Sign() < 0 {
				return true
			}
		}
		return false
	}
	for i := range e.instruments {
		if e.instruments[i].held() {
			return true
		}
	}
	return false
}

func (in *listing) held() bool {
	return in.positions[0].quantity|in.positions[1].quantity|in.positions[2].quantity != 0
}

// direction returns 1 when the account is long of an instrument, -1 when short.
func (e *Engine) direction(in *listing) int {
	q := in.positions[0].quantity + in.positions[1].quantity + in.positions[2].quantity
	if e.terms.Kind != exchange.FuturesAccount {
		return e.balances[in.base].Sign()
	}
	return wide.Of(q).Sign()
}

// safe reports whether nothing is liquidated with an instrument at a price.
func (e *Engine) safe(in *listing, price int64) bool {
	switch {
	case e.terms.Kind == exchange.SpotAccount:
		return true
	case e.terms.Kind == exchange.MarginAccount:
		assets, debts := e.valued(in, price)
		least, fits := debts.MulDiv(e.level, one, wide.Ceil)
		return debts.Sign() == 0 || fits && assets.Cmp(least) > 0
	case !in.held():
		return true
	case e.terms.Mode == exchange.Isolated:
		for s := range in.positions {
			if !e.keeps(in, &in.positions[s], price) {
				return false
			}
		}
		return true
	}
	equity, _, maintenance := e.margins(in.settle, in, price)
	return equity.Cmp(maintenance) > 0
}

// keeps reports whether an isolated position has the margin that it must keep.
func (e *Engine) keeps(in *listing, p *position, price int64) bool {
	if p.quantity == 0 {
		return true
	}
	profit, notional := in.unrealised(p, price)
	left, _ := p.margin.Add(profit)
	return left.Cmp(in.maintenance(notional)) > 0
}

// liquidation returns the first price on the way between two at which the account, or
// the position, is liquidated. With mark prices bars liquidate nothing.
func (e *Engine) liquidation(in *listing, from, to int64) (int64, bool) {
	if e.terms.Kind == exchange.SpotAccount || in.mark != 0 || e.safe(in, to) {
		return 0, false
	}
	if !e.safe(in, from) {
		return from, true
	}
	good, bad := from, to
	for distance(good, bad) > 1 {
		if middle := good + (bad-good)/2; e.safe(in, middle) {
			good = middle
		} else {
			bad = middle
		}
	}
	return bad, true
}

// liquidateAt liquidates what is not safe at a price.
func (e *Engine) liquidateAt(in *listing, price, at int64) {
	if price != 0 && !e.safe(in, price) {
		e.liquidate(in, price, at)
	}
}

// liquidate cancels the orders and closes the positions of what is not safe: of an
// isolated position itself, with cross margin all that share the balance, of a margin
// account all. Other instruments are closed at their own prices. What is lost beyond
// the margin comes back as insurance.
func (e *Engine) liquidate(in *listing, price, at int64) {
	switch {
	case e.terms.Kind == exchange.MarginAccount:
		e.liquidateMargin(in, price, at)
	case e.terms.Mode == exchange.Isolated:
		for s := range in.positions {
			p := &in.positions[s]
			if e.keeps(in, p, price) {
				continue
			}
			e.cancelAll(at, func(o *order) bool { return o.Instrument == in.index && int(o.Position) == s })
			margin := p.margin
			result := e.closeOut(in, exchange.PositionSide(s), price, at)
			left, _ := margin.Add(result)
			e.insure(in.index, exchange.PositionSide(s), in.settle, left, at)
		}
	default:
		e.cancelAll(at, func(o *order) bool { return e.instruments[o.Instrument].settle == in.settle })
		for i := range e.instruments {
			l := &e.instruments[i]
			if l.settle != in.settle {
				continue
			}
			p := l.marked()
			if l == in {
				p = price
			}
			for s := range l.positions {
				if l.positions[s].quantity != 0 {
					e.closeOut(l, exchange.PositionSide(s), p, at)
				}
			}
		}
		e.insure(in.index, exchange.NetPosition, in.settle, e.balances[in.settle], at)
	}
}

// insure pays back what is below zero.
func (e *Engine) insure(instrument int32, side exchange.PositionSide, asset int, left exchange.Units, at int64) {
	if left.Sign() >= 0 {
		return
	}
	amount, _ := left.Neg()
	e.add(asset, amount)
	e.move(exchange.Movement{Kind: exchange.Insurance, Time: at, Instrument: instrument, Position: side, Currency: e.assets[asset], Amount: amount})
}

// cover insures what a position lost beyond its margin when an order closed it, at a
// worse price than the one that would have liquidated it: with isolated margin what the
// other positions' margins lack then, else what the balance lacks once no position is
// left.
func (e *Engine) cover(in *listing, at int64) {
	left := e.balances[in.settle]
	if e.terms.Mode == exchange.Isolated {
		left = e.freeMargin(in)
	}
	if left.Sign() >= 0 {
		return
	}
	for i := range e.instruments {
		if l := &e.instruments[i]; e.terms.Mode == exchange.Cross && l.settle == in.settle && l.held() {
			return
		}
	}
	e.insure(in.index, exchange.NetPosition, in.settle, left, at)
}

func (e *Engine) cancelAll(at int64, which func(*order) bool) {
	for i := range e.open {
		if o := &e.open[i]; !o.done && which(o) {
			e.end(o, exchange.Canceled, at, exchange.ErrLiquidated)
		}
	}
}

// closeOut closes a position at a price, tells the fill, and returns the profit less
// the fee.
func (e *Engine) closeOut(in *listing, side exchange.PositionSide, price, at int64) exchange.Units {
	p := &in.positions[side]
	f := exchange.Fill{Side: exchange.Sell, Quantity: abs(p.quantity), Position: side}
	if p.quantity < 0 {
		f.Side = exchange.Buy
	}
	e.forced(in, &f, price, at)
	_, profit := e.shrink(in, p, &f)
	fee, _ := f.Fee.Neg()
	e.add(in.settle, fee)
	result, _ := profit.Add(fee)
	e.tellFill(&f)
	return result
}

// forced completes the fill of a liquidation: it costs the taker's fee and the
// liquidation's, rounded up together.
func (e *Engine) forced(in *listing, f *exchange.Fill, price, at int64) {
	e.fills++
	f.ID, f.Instrument, f.Price, f.Time, f.Liquidation = e.fills, in.index, price, at, true
	f.Notional, _ = in.notional(price, f.Quantity)
	f.Fee, _ = (e.fees.rate(in, false, at) + exchange.Rate(e.penalty)).Fee(f.Notional)
	if e.fees.tiers != nil {
		e.fees.count(in, f)
	}
}

// liquidateMargin sells what a margin account holds, buys back what it owes, and has
// the rest of its debts paid.
func (e *Engine) liquidateMargin(of *listing, price, at int64) {
	e.cancelAll(at, func(*order) bool { return true })
	for asset := range e.assets {
		e.accrue(asset, at)
	}
	for i := range e.instruments {
		in := &e.instruments[i]
		p := in.marked()
		if in == of {
			p = price
		}
		held := e.balances[in.base]
		f := exchange.Fill{Side: exchange.Sell}
		quantity, _ := held.MulDiv(1, in.baseUnit, wide.Floor)
		if held.Sign() < 0 {
			f.Side = exchange.Buy
			quantity, _ = held.MulDiv(-1, in.baseUnit, wide.Ceil)
		}
		f.Quantity, _ = quantity.Int64()
		if f.Quantity == 0 || p == 0 {
			continue
		}
		e.forced(in, &f, p, at)
		base, _ := wide.Of(f.Quantity).Times(in.baseUnit * int64(f.Side))
		quote, _ := f.Notional.Times(-int64(f.Side))
		quote, _ = quote.Sub(f.Fee)
		e.add(in.base, base)
		e.add(in.quote, quote)
		e.tellFill(&f)
	}
	for asset, left := range e.balances {
		e.insure(of.index, exchange.NetPosition, asset, left, at)
	}
}
