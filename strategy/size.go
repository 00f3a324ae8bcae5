package strategy

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// SizeBasis says what a Size is stated in.
type SizeBasis uint8

// The bases of a size.
const (
	Quantity     SizeBasis = iota + 1 // of the base; fixed when decided
	Quote                             // an amount of quote; resolved at the fill
	CashShare                         // a share of free cash, fee included; resolved at the fill
	HoldingShare                      // a share of what is held; resolved at the fill
	EquityShare                       // a share of equity at the last close; fixed when decided
)

// Size is how much to trade. Make it with one of the functions below.
type Size struct {
	Basis SizeBasis
	// Amount is the quantity, or the amount of quote.
	Amount decimal.Decimal
	// Fraction is the share, above 0 and at most 1, at exchange.FractionScale.
	Fraction int64
	// InWholeUnits cuts to whole units of the base.
	InWholeUnits bool
}

// OfQuantity trades a quantity of the base.
func OfQuantity(q decimal.Decimal) Size { return Size{Basis: Quantity, Amount: q} }

// OfQuote trades for an amount of quote; the fee comes on top.
func OfQuote(amount decimal.Decimal) Size { return Size{Basis: Quote, Amount: amount} }

// CashPercent spends a percentage of the free cash, the fee included.
func CashPercent(percent float64) Size { return Size{Basis: CashShare, Fraction: share(percent)} }

// EquityPercent buys for a percentage of the equity at the last close. The
// quantity is fixed when the order is decided; the fee comes on top.
func EquityPercent(percent float64) Size { return Size{Basis: EquityShare, Fraction: share(percent)} }

// HoldingPercent sells a percentage of what is held.
func HoldingPercent(percent float64) Size { return Size{Basis: HoldingShare, Fraction: share(percent)} }

// Whole cuts the quantity to whole units of the base, as for shares.
func (s Size) Whole() Size {
	s.InWholeUnits = true
	return s
}

// onePercent is 1 % at exchange.FractionScale.
const onePercent = 1e10

// share turns a percentage into a fraction, to the nearest at 12 decimals.
func share(percent float64) int64 {
	if !(math.Abs(percent) <= 1e6) {
		return 0 // refused where it is used: a share is above zero
	}
	return int64(math.Round(percent * onePercent))
}

// Resolve turns a size into that of a venue's order. Shares of equity use the
// account's equity and the feed's last close. An Invalid error names what is
// wrong with the size.
func (s Size) Resolve(f *Feed, a Account) (exchange.Size, error) {
	in := f.Instrument()
	out := exchange.Size{Whole: s.InWholeUnits}
	switch s.Basis {
	case Quantity:
		units, err := in.QuantityUnits(s.Amount)
		out.Kind, out.Quantity = exchange.ByQuantity, units
		return out, err
	case Quote:
		units, err := exchange.ToUnits("size", s.Amount)
		out.Kind, out.Quote = exchange.ByQuote, units
		return out, err
	default: // a share, below
	}
	if s.Fraction <= 0 || s.Fraction > 100*onePercent {
		return out, tradekeel.Invalidf("size", "must be above 0 and at most 100 percent, got %v", float64(s.Fraction)/onePercent)
	}
	out.Fraction = s.Fraction
	switch s.Basis {
	case CashShare:
		out.Kind = exchange.ByCash
	case HoldingShare:
		out.Kind = exchange.ByHolding
	case EquityShare:
		last, there := f.At(0)
		if !there {
			return out, tradekeel.Invalidf("size", "there is no close of %s to size by", in)
		}
		if in.Settle() != a.Reporting() {
			return out, tradekeel.ErrUnsupported.With("size", "a share of equity in %s cannot size an order in %s", a.Reporting(), in.Settle())
		}
		contract, err := in.Contract()
		if err != nil {
			return out, err
		}
		part, fits := a.Equity().MulDiv(out.Fraction, wide.Pow10(exchange.FractionScale), wide.Floor)
		units, is := contract.Quantity(part, last.Close)
		if !fits || !is {
			return out, exchange.ErrOutOfRange.With("size", "the share of equity is out of range")
		}
		out.Kind, out.Quantity, out.Fraction = exchange.ByQuantity, units, 0
	default:
		return out, tradekeel.Invalidf("size", "is missing; use CashPercent, EquityPercent, OfQuantity or OfQuote")
	}
	return out, nil
}
