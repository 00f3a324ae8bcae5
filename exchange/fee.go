package exchange

import (
	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

// FeeSchedule is what a venue takes of a fill's notional, in quote. The zero
// value takes nothing.
type FeeSchedule struct {
	Maker decimal.Decimal // fraction: 0.001 is 0.1 %; below zero is a rebate
	Taker decimal.Decimal // fraction, not below zero
}

// FlatFee takes the same fraction of every fill: 0.001 is 0.1 %.
func FlatFee(rate decimal.Decimal) FeeSchedule { return FeeSchedule{Maker: rate, Taker: rate} }

// Rate is a fraction at FractionScale.
type Rate int64

// Rates returns the schedule in whole numbers, or an Invalid error that names
// the rate at fault: rates are below 1, have at most 12 decimals, and only the
// maker's may be negative.
func (f FeeSchedule) Rates() (maker, taker Rate, err error) {
	if maker, err = toRate("fees.maker", f.Maker); err != nil {
		return 0, 0, err
	}
	if taker, err = toRate("fees.taker", f.Taker); err != nil {
		return 0, 0, err
	}
	if taker < 0 {
		return 0, 0, tradekeel.Invalidf("fees.taker", "must not be negative, got %s", f.Taker)
	}
	return maker, taker, nil
}

func toRate(field string, d decimal.Decimal) (Rate, error) {
	if money.CheckDecimal(d) != nil || d.Abs().GreaterThanOrEqual(decimal.NewFromInt(1)) {
		return 0, tradekeel.Invalidf(field, "must be a fraction below 1 such as 0.001 for 0.1 %%, got %.40s", d)
	}
	units, exact, _ := wide.FromDecimal(d, FractionScale)
	if !exact {
		return 0, tradekeel.Invalidf(field, "must have at most %d decimals, got %s", FractionScale, d)
	}
	return Rate(units.Lo), nil
}

// Fee returns the fee of a notional, rounded up to the next ledger unit so that
// costs are never understated, and whether it fits.
func (r Rate) Fee(notional Units) (Units, bool) {
	if r == 0 {
		return Units{}, true
	}
	return notional.MulDiv(int64(r), wide.Pow10(FractionScale), wide.Ceil)
}
