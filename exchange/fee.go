package exchange

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

// FeeSchedule is what a venue takes of a fill's notional. The zero value takes
// nothing.
type FeeSchedule struct {
	Maker decimal.Decimal // fraction: 0.001 is 0.1 %; below zero is a rebate
	Taker decimal.Decimal // fraction, not below zero
	// Tiers are lower rates by what was traded in the 30 days before, lowest volume
	// first. Below the first one Maker and Taker hold.
	Tiers []FeeTier `json:"tiers,omitempty"`
	// In says what fees are taken in.
	In FeeAsset `json:"in,omitempty"`
	// Asset is the currency of FeeInAsset, such as BNB, and Discount what is taken off
	// then, as a fraction: 0.25 is a quarter. Where its balance is used up, fees are
	// taken as FeeInReceived does.
	Asset    money.Currency  `json:"asset,omitempty"`
	Discount decimal.Decimal `json:"discount,omitzero"`
}

// FeeTier is the rates from a volume on.
type FeeTier struct {
	Volume decimal.Decimal // traded in 30 days, in the reporting currency
	Maker  decimal.Decimal
	Taker  decimal.Decimal
}

// FeeAsset says what fees are taken in.
type FeeAsset uint8

// The ways to take fees.
const (
	// FeeInQuote takes the currency that the instrument settles in.
	FeeInQuote FeeAsset = iota
	// FeeInReceived takes what the trade brings: the base of a buy, the quote of a sell,
	// as most spot venues do.
	FeeInReceived
	// FeeInAsset takes a third asset at its price, such as BNB.
	FeeInAsset
)

// FlatFee takes the same fraction of every fill: 0.001 is 0.1 %.
func FlatFee(rate decimal.Decimal) FeeSchedule { return FeeSchedule{Maker: rate, Taker: rate} }

// Rate is a fraction at FractionScale.
type Rate int64

// Rates returns the rates of the first tier in whole numbers, or an Invalid error
// that names what is at fault in the schedule: rates are below 1, have at most 12
// decimals, and only the maker's may be negative.
func (f FeeSchedule) Rates() (maker, taker Rate, err error) {
	if maker, taker, err = rates("fees", f.Maker, f.Taker); err != nil {
		return 0, 0, err
	}
	for i, tier := range f.Tiers {
		field := fmt.Sprintf("fees.tiers[%d]", i)
		if _, _, err := rates(field, tier.Maker, tier.Taker); err != nil {
			return 0, 0, err
		}
		if money.CheckDecimal(tier.Volume) != nil || tier.Volume.Sign() <= 0 || i > 0 && !tier.Volume.GreaterThan(f.Tiers[i-1].Volume) {
			return 0, 0, tradekeel.Invalidf(field+".volume", "must be above zero and rise from tier to tier, got %.40s", tier.Volume)
		}
	}
	if f.In > FeeInAsset {
		return 0, 0, tradekeel.Invalidf("fees.in", "must be the quote, what is received, or an asset")
	}
	if f.In == FeeInAsset {
		if err := f.Asset.Validate(); err != nil {
			return 0, 0, tradekeel.Invalidf("fees.asset", "is missing; it is the currency that fees are taken in, such as BNB")
		}
	} else if f.Asset != "" || !f.Discount.IsZero() {
		return 0, 0, tradekeel.Invalidf("fees.asset", "is only for fees that are taken in an asset")
	}
	if discount, err := ToRate("fees.discount", f.Discount); err != nil || discount < 0 {
		return 0, 0, tradekeel.Invalidf("fees.discount", "must be a fraction from 0 to below 1, got %.40s", f.Discount)
	}
	return maker, taker, nil
}

// Flat reports whether one taker's rate in the settlement currency is all there is to
// market orders.
func (f FeeSchedule) Flat() bool { return len(f.Tiers) == 0 && f.In == FeeInQuote }

// Tier returns the rates of a volume traded in 30 days. The schedule must be valid.
func (f FeeSchedule) Tier(volume decimal.Decimal) (maker, taker Rate) {
	m, t := f.Maker, f.Taker
	for _, tier := range f.Tiers {
		if volume.LessThan(tier.Volume) {
			break
		}
		m, t = tier.Maker, tier.Taker
	}
	maker, taker, _ = rates("fees", m, t)
	return maker, taker
}

func rates(field string, m, t decimal.Decimal) (maker, taker Rate, err error) {
	if maker, err = ToRate(field+".maker", m); err != nil {
		return 0, 0, err
	}
	if taker, err = ToRate(field+".taker", t); err != nil {
		return 0, 0, err
	}
	if taker < 0 {
		return 0, 0, tradekeel.Invalidf(field+".taker", "must not be negative, got %s", t)
	}
	return maker, taker, nil
}

// ToRate returns a fraction in whole numbers; one with more than 12 decimals, or not
// below 1, is Invalid.
func ToRate(field string, d decimal.Decimal) (Rate, error) {
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
