package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// free returns what an order may use of an asset: the balance less what other orders
// lock.
func (e *Engine) free(asset int, o *order) exchange.Units {
	left, _ := e.balances[asset].Sub(e.locked[asset])
	if o != nil && o.lock.Sign() != 0 && o.asset == asset {
		left, _ = left.Add(o.lock)
	}
	return left
}

// postSpot moves the balances of a fill, or says what is missing and moves nothing.
func (e *Engine) postSpot(in *listing, o *order, f *exchange.Fill, feeIn int) *tradekeel.Error {
	base := wide.Mul(f.Quantity, in.baseUnit)
	gets, gives, got, given := in.base, in.quote, base, f.Notional
	if f.Side == exchange.Sell {
		gets, gives, got, given = in.quote, in.base, f.Notional, base
	}
	ok := true
	third := false
	switch feeIn {
	case gives:
		given, ok = given.Add(f.Fee)
	case gets:
		got, ok = got.Sub(f.Fee)
	default:
		third = true
	}
	if !ok {
		return errBalance
	}
	if refusal := e.swap(in, f.Side, gives, gets, given, got, e.free(gives, o), f.Fee); refusal != nil {
		return refusal
	}
	if third {
		e.balances[feeIn], _ = e.balances[feeIn].Sub(f.Fee)
	}
	return nil
}

// swap gives an amount of one asset, of which so much is free, for one of another, or
// says what is missing and moves nothing. The fee is in one of the amounts already.
func (e *Engine) swap(in *listing, side exchange.Side, gives, gets int, given, got, free, fee exchange.Units) *tradekeel.Error {
	to := &e.balances[gets]
	sum, fits := to.Add(got)
	if !fits {
		return errBalance
	}
	if left, _ := free.Sub(given); left.Hi < 0 {
		return e.missing(in, side, gives, given, free)
	}
	if sum.Hi < 0 { // a fee above what was got
		return e.missing(in, side, gets, fee, e.free(gets, nil))
	}
	from := &e.balances[gives]
	*from, _ = from.Sub(given)
	*to = sum
	return nil
}

func (e *Engine) missing(in *listing, side exchange.Side, asset int, needs, free exchange.Units) *tradekeel.Error {
	words := "selling"
	if side == exchange.Buy {
		words = "buying"
	}
	fee := ""
	if asset == in.quote {
		fee = " with the fee"
	}
	return exchange.ErrInsufficient.With("size", "%s needs %s %s%s, there are %s",
		words, exchange.FromUnits(needs), e.assets[asset], fee, exchange.FromUnits(free))
}

// reserve locks what a resting order of a spot account needs: the quote of a purchase
// with the highest fee there is, the base of a sale. Orders of one group lock once, the
// most that one of them needs. What is sized at the fill locks nothing.
func (e *Engine) reserve(in *listing, o *order) *tradekeel.Error {
	if e.terms.Kind != exchange.SpotAccount || o.mode == asMarket || o.left == 0 {
		return nil
	}
	asset, need, fits := e.needs(in, o)
	if !fits {
		return errSize
	}
	if asset < 0 {
		return nil
	}
	lock := e.beyondGroup(o, asset, need)
	free := e.free(asset, o)
	if left, _ := free.Sub(lock); left.Sign() < 0 {
		return e.missing(in, o.Side, asset, lock, free)
	}
	o.asset, o.need = asset, need
	e.setLock(o, lock)
	return nil
}

// needs returns what an order takes of an asset when it trades at the worst price that
// is known beforehand; -1 where none is, of a market order to buy.
func (e *Engine) needs(in *listing, o *order) (int, exchange.Units, bool) {
	if o.Side == exchange.Sell {
		need, fits := wide.Of(o.left).Times(in.baseUnit)
		return in.base, need, fits
	}
	if !o.Type.HasLimit() {
		return -1, exchange.Units{}, true
	}
	need, fits := in.notional(o.Price, o.left)
	if fits && e.fees.in == exchange.FeeInQuote && e.fees.highest > 0 {
		fee, ok := e.fees.highest.Fee(need)
		need, fits = need.Add(fee)
		fits = fits && ok
	}
	return in.quote, need, fits
}

// beyondGroup returns what an order must lock beyond what the others of its group do.
func (e *Engine) beyondGroup(o *order, asset int, need exchange.Units) exchange.Units {
	if o.Group == 0 {
		return need
	}
	for i := range e.open {
		if other := &e.open[i]; other.Group == o.Group && other != o && !other.done && other.asset == asset && other.lock.Sign() > 0 {
			need, _ = need.Sub(other.lock)
		}
	}
	if need.Sign() < 0 {
		return exchange.Units{}
	}
	return need
}

func (e *Engine) setLock(o *order, lock exchange.Units) {
	sum, _ := e.locked[o.asset].Sub(o.lock)
	e.locked[o.asset], _ = sum.Add(lock)
	o.lock = lock
}

// relock locks what is left of an order that traded in part.
func (e *Engine) relock(in *listing, o *order) {
	_, need, _ := e.needs(in, o)
	o.need = need
	if need.Cmp(o.lock) < 0 {
		e.setLock(o, need)
	}
}

// release frees what an order locked; others of its group then lock what they need.
func (e *Engine) release(o *order) {
	e.setLock(o, exchange.Units{})
	if o.Group == 0 || e.closed.has(uint64(o.Group)) {
		return
	}
	for i := range e.open {
		if other := &e.open[i]; other.Group == o.Group && !other.done && other.need.Sign() > 0 {
			e.setLock(other, e.beyondGroup(other, other.asset, other.need))
		}
	}
}
