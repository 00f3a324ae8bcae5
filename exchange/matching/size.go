package matching

import (
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

var (
	errSize     = exchange.ErrOutOfRange.With("size", "the size is out of range")
	errNotional = exchange.ErrOutOfRange.With("size", "the notional is out of range")
	errBalance  = exchange.ErrOutOfRange.With("size", "the balance is out of range")
)

// sized returns the quantity of an order at a price, cut to the lot.
func (e *Engine) sized(in *listing, o *order, price int64, limits *market.Limits) (int64, *tradekeel.Error) {
	quantity, refusal := e.resolve(in, o, price)
	if refusal != nil {
		return 0, refusal
	}
	return in.cut(quantity, limits, o.Size.Whole)
}

// resolve turns the size of an order into a quantity at a price.
func (e *Engine) resolve(in *listing, o *order, price int64) (int64, *tradekeel.Error) {
	var quantity exchange.Units
	var fits bool
	switch o.Size.Kind {
	case exchange.ByQuote:
		quantity, fits = in.worthOf(o.Size.Quote, price)
	case exchange.ByCash:
		quantity, fits = e.byCash(in, o, price)
	case exchange.ByHolding:
		held, unit := e.holding(in, o)
		if held.Sign() == 0 && e.terms.Kind != exchange.SpotAccount {
			return 0, exchange.ErrReduceOnly.With("size", "there is no position that a %s would reduce", o.Side)
		}
		quantity, fits = part(held, o.Size.Fraction, unit)
	default:
		return o.Size.Quantity, nil
	}
	return in.tradable(quantity, fits, price)
}

// tradable returns a quantity that a size came to at a price, above zero.
func (in *listing) tradable(quantity exchange.Units, fits bool, price int64) (int64, *tradekeel.Error) {
	q, small := quantity.Int64()
	if !fits || !small {
		return 0, errSize
	}
	if q <= 0 {
		return 0, exchange.ErrNoSize.With("size", "nothing can be traded with what there is at the price %s", in.Price(price))
	}
	return q, nil
}

// worthOf returns the largest quantity that is worth at most an amount of quote.
func (in *listing) worthOf(quote exchange.Units, price int64) (exchange.Units, bool) {
	if in.inverse {
		return quote.Quo(wide.Mul(in.size, in.sizeUnit), wide.Floor)
	}
	perUnit, ok := in.perUnit(price)
	if !ok {
		return exchange.Units{}, false
	}
	if in.fromLedger != 1 {
		var fits bool
		if quote, fits = quote.MulDiv(in.fromLedger, 1, wide.Floor); !fits {
			return exchange.Units{}, false
		}
	}
	return quote.Quo(perUnit, wide.Floor)
}

// part returns a fraction of what is held, in quantities of so many ledger units each.
func part(held exchange.Units, fraction, unit int64) (exchange.Units, bool) {
	if fraction != one {
		var fits bool
		if held, fits = held.MulDiv(fraction, one, wide.Floor); !fits {
			return held, false
		}
	}
	if unit == 1 {
		return held, true
	}
	return held.MulDiv(1, unit, wide.Floor)
}

// holding returns what an order of its side would reduce, above zero, and how much of
// that is one unit of quantity.
func (e *Engine) holding(in *listing, o *order) (exchange.Units, int64) {
	if e.terms.Kind == exchange.FuturesAccount {
		return wide.Of(e.reducible(in, &o.Order)), 1
	}
	held := e.balances[in.base]
	if o.Side == exchange.Buy {
		held, _ = held.Neg()
	}
	if held.Sign() < 0 {
		held = exchange.Units{}
	}
	return held, in.baseUnit
}

// perUnit returns what one unit of quantity is worth at a price, times fromLedger.
func (in *listing) perUnit(price int64) (exchange.Units, bool) {
	u := wide.Mul(price, in.toLedger)
	return u, u.Sign() > 0
}

// byCash returns the largest quantity that the fraction of what is free pays for.
func (e *Engine) byCash(in *listing, o *order, price int64) (exchange.Units, bool) {
	if e.terms.Kind != exchange.SpotAccount {
		return e.byMargin(in, o, price)
	}
	return in.bought(e.free(in.quote, o), o.Size.Fraction, e.cashRate(), price)
}

// bought returns the largest quantity that a fraction of the cash pays for, with a fee.
func (in *listing) bought(cash exchange.Units, fraction int64, rate exchange.Rate, price int64) (exchange.Units, bool) {
	perUnit, fits := in.perUnit(price)
	if !fits {
		return exchange.Units{}, false
	}
	// The largest q with q × price × (1 + rate) ≤ cash × fraction. Cutting after
	// each division equals cutting once, since floor(floor(x/a)/b) = floor(x/ab);
	// the fee, rounded up to a whole unit, cannot pass a balance of whole units.
	net, fits := cash.MulDiv(fraction, one+int64(rate), wide.Floor)
	if !fits {
		return exchange.Units{}, false
	}
	return net.Quo(perUnit, wide.Floor)
}

// cut brings a quantity down to the lot, or to whole units where asked.
func (in *listing) cut(quantity int64, limits *market.Limits, whole bool) (int64, *tradekeel.Error) {
	step := in.step(limits, whole)
	cut := quantity
	if step != 1 {
		cut -= quantity % step
	}
	if cut != 0 && cut >= limits.MinQuantity && cut <= limits.MaxQuantity {
		return cut, nil
	}
	return 0, in.uncut(quantity, cut, step, limits)
}

// uncut tells why a quantity that was cut cannot be traded.
func (in *listing) uncut(quantity, cut, step int64, limits *market.Limits) *tradekeel.Error {
	switch {
	case cut == 0:
		return exchange.ErrTooSmall.With("size", "%s is below the smallest step %s", in.Quantity(quantity), in.Quantity(step))
	case cut < limits.MinQuantity:
		return exchange.ErrTooSmall.With("size", "%s is below the minimum quantity %s", in.Quantity(cut), in.Quantity(limits.MinQuantity))
	default:
		return exchange.ErrTooLarge.With("size", "%s is above the maximum quantity %s", in.Quantity(cut), in.Quantity(limits.MaxQuantity))
	}
}

// step returns the smallest difference of two quantities.
func (in *listing) step(limits *market.Limits, whole bool) int64 {
	if whole {
		return common(limits.Lot, in.one)
	}
	return limits.Lot
}

// worth holds what a quantity comes to in quote against the minimum and the maximum.
func (in *listing) worth(price, quantity int64, limits *market.Limits) *tradekeel.Error {
	notional, fits := in.notional(price, quantity)
	if !fits {
		return errNotional
	}
	return in.bounds(quantity, notional, limits)
}

func (in *listing) bounds(quantity int64, notional exchange.Units, limits *market.Limits) *tradekeel.Error {
	value, fits := notional, true
	if in.inverse {
		value, fits = in.turnover(quantity, notional)
	}
	if fits && value.Cmp(limits.MinNotional) >= 0 && value.Cmp(limits.MaxNotional) <= 0 {
		return nil
	}
	return in.outOfBounds(value, fits, limits)
}

// outOfBounds tells why an amount cannot be traded.
func (in *listing) outOfBounds(value exchange.Units, fits bool, limits *market.Limits) *tradekeel.Error {
	switch {
	case !fits:
		return errNotional
	case value.Cmp(limits.MinNotional) < 0:
		return exchange.ErrTooSmall.With("size", "the notional %s is below the minimum %s %s",
			exchange.FromUnits(value), exchange.FromUnits(limits.MinNotional), in.Quote)
	default:
		return exchange.ErrTooLarge.With("size", "the notional %s is above the maximum %s %s",
			exchange.FromUnits(value), exchange.FromUnits(limits.MaxNotional), in.Quote)
	}
}

// common returns the least common multiple of two steps, or the largest number
// where it does not fit, which no quantity reaches.
func common(a, b int64) int64 {
	x, y := a, b
	for y != 0 {
		x, y = y, x%y
	}
	product := wide.Mul(a/x, b)
	if v, fits := product.Int64(); fits {
		return v
	}
	return math.MaxInt64
}
