package market

import (
	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Contract is how quantities of an instrument become money, in whole numbers. Get it
// from Instrument.Contract.
type Contract struct {
	inverse bool
	// factor makes price × quantity ledger units; not of an inverse contract.
	factor    int64
	unit      wide.Int // of an inverse contract: a quantity unit at a price of 1
	priceUnit int64    // price units of 1
}

// Contract returns the instrument's contract. A size that is too fine for the scales is
// Invalid: price × quantity × size must be exact at the 18 decimals of the ledger.
func (in *Instrument) Contract() (Contract, error) {
	size := in.ContractSize
	if size.IsZero() {
		size = decimal.NewFromInt(1)
	}
	decimals := max(-size.Exponent(), 0)
	scale := MaxScale - in.QuantityScale
	if in.Kind != Inverse {
		scale -= in.PriceScale
	}
	units, exact, fits := wide.FromDecimal(size, decimals)
	if scale < decimals || !exact || !fits {
		return Contract{}, tradekeel.Invalidf("contract_size", "of %s has too many decimals for prices of %d and quantities of %d: together they may have %d", in, in.PriceScale, in.QuantityScale, MaxScale)
	}
	factor, fits := units.Times(wide.Pow10(scale - decimals))
	small, is := factor.Int64()
	if !fits || !is && in.Kind != Inverse {
		return Contract{}, tradekeel.Invalidf("contract_size", "%s of %s is too large", size, in)
	}
	return Contract{in.Kind == Inverse, small, factor, wide.Pow10(in.PriceScale)}, nil
}

// Inverse reports whether the notional falls as the price rises.
func (c Contract) Inverse() bool { return c.inverse }

// Notional returns what a quantity is worth at a price, at the 18 decimals of the
// ledger, and whether it fits: price × quantity × size, exact; of an inverse contract
// quantity × size ÷ price, to the nearest unit. The price of an inverse contract must
// be above zero.
func (c Contract) Notional(price, quantity int64) (wide.Int, bool) {
	if !c.inverse {
		return wide.Mul(price, quantity).Times(c.factor)
	}
	if price <= 0 {
		return wide.Int{}, false
	}
	worth, fits := c.unit.Times(quantity)
	if !fits {
		return wide.Int{}, false
	}
	return worth.MulDiv(c.priceUnit, price, wide.Nearest)
}

// Quantity returns the largest quantity that an amount is worth at a price above zero,
// and whether it fits.
func (c Contract) Quantity(amount wide.Int, price int64) (int64, bool) {
	if price <= 0 {
		return 0, false
	}
	var quantity wide.Int
	var fits bool
	if c.inverse {
		if quantity, fits = amount.MulDiv(price, c.priceUnit, wide.Floor); fits {
			quantity, fits = quantity.Quo(c.unit, wide.Floor)
		}
	} else {
		quantity, fits = amount.Quo(wide.Mul(price, c.factor), wide.Floor)
	}
	small, is := quantity.Int64()
	return small, fits && is
}
