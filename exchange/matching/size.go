package matching

import (
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

var errSize = exchange.ErrOutOfRange.With("size", "the size is out of range")

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
		if in.inverse {
			quantity, fits = o.Size.Quote.Quo(wide.Mul(in.size, in.sizeUnit), wide.Floor)
			break
		}
		perUnit, ok := in.perUnit(price)
		if !ok {
			return 0, errSize
		}
		if quantity, fits = o.Size.Quote.MulDiv(in.fromLedger, 1, wide.Floor); fits {
			quantity, fits = quantity.Quo(perUnit, wide.Floor)
		}
	case exchange.ByCash:
		quantity, fits = e.byCash(in, o, price)
	case exchange.ByHolding:
		held, unit := e.holding(in, o)
		if held.Sign() == 0 && e.terms.Kind != exchange.SpotAccount {
			return 0, exchange.ErrReduceOnly.With("size", "there is no position that a %s would reduce", o.Side)
		}
		if quantity, fits = held.MulDiv(o.Size.Fraction, one, wide.Floor); fits && unit != 1 {
			quantity, fits = quantity.MulDiv(1, unit, wide.Floor)
		}
	default:
		return o.Size.Quantity, nil
	}
	q, small := quantity.Int64()
	if !fits || !small {
		return 0, errSize
	}
	if q <= 0 {
		return 0, exchange.ErrNoSize.With("size", "nothing can be traded with what there is at the price %s", in.Price(price))
	}
	return q, nil
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
	perUnit, fits := in.perUnit(price)
	if !fits {
		return exchange.Units{}, false
	}
	// The largest q with q × price × (1 + rate) ≤ cash × fraction. Cutting after
	// each division equals cutting once, since floor(floor(x/a)/b) = floor(x/ab);
	// the fee, rounded up to a whole unit, cannot pass a balance of whole units.
	net, fits := e.free(in.quote, o).MulDiv(o.Size.Fraction, one+int64(e.cashRate()), wide.Floor)
	if !fits {
		return exchange.Units{}, false
	}
	return net.Quo(perUnit, wide.Floor)
}

// cut brings a quantity down to the lot, or to whole units where asked.
func (in *listing) cut(quantity int64, limits *market.Limits, whole bool) (int64, *tradekeel.Error) {
	step := in.step(limits, whole)
	cut := quantity - quantity%step
	if cut == 0 {
		return 0, exchange.ErrTooSmall.With("size", "%s is below the smallest step %s", in.Quantity(quantity), in.Quantity(step))
	}
	switch {
	case cut < limits.MinQuantity:
		return 0, exchange.ErrTooSmall.With("size", "%s is below the minimum quantity %s", in.Quantity(cut), in.Quantity(limits.MinQuantity))
	case cut > limits.MaxQuantity:
		return 0, exchange.ErrTooLarge.With("size", "%s is above the maximum quantity %s", in.Quantity(cut), in.Quantity(limits.MaxQuantity))
	}
	return cut, nil
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
		return exchange.ErrOutOfRange.With("size", "the notional is out of range")
	}
	return in.bounds(quantity, notional, limits)
}

func (in *listing) bounds(quantity int64, notional exchange.Units, limits *market.Limits) *tradekeel.Error {
	value, fits := in.turnover(quantity, notional)
	switch {
	case !fits:
		return exchange.ErrOutOfRange.With("size", "the notional is out of range")
	case value.Cmp(limits.MinNotional) < 0:
		return exchange.ErrTooSmall.With("size", "the notional %s is below the minimum %s %s",
			exchange.FromUnits(value), exchange.FromUnits(limits.MinNotional), in.Quote)
	case value.Cmp(limits.MaxNotional) > 0:
		return exchange.ErrTooLarge.With("size", "the notional %s is above the maximum %s %s",
			exchange.FromUnits(value), exchange.FromUnits(limits.MaxNotional), in.Quote)
	}
	return nil
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
