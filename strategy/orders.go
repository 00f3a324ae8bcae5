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

// Intent is one order that an instance asked for.
type Intent struct {
	Feed   *Feed
	Side   exchange.Side
	Type   exchange.OrderType
	Size   Size
	Reason string
}

// Orders collects what an instance asks for during a call. It acts on the bar's
// instrument unless On names another.
type Orders struct {
	feed    *Feed
	intents []Intent
}

// BuyMarket buys at the next price there is.
func (o *Orders) BuyMarket(size Size, reason ...string) {
	o.add(exchange.Buy, size, reason)
}

// SellMarket sells at the next price there is.
func (o *Orders) SellMarket(size Size, reason ...string) {
	o.add(exchange.Sell, size, reason)
}

// Close sells all that is held. Without a position it does nothing.
func (o *Orders) Close(reason string) {
	o.intents = append(o.intents, Intent{
		Feed: o.feed, Side: exchange.Sell, Type: exchange.Market, Size: HoldingPercent(100), Reason: reason,
	})
}

// On returns orders for another feed's instrument, collected with these.
func (o *Orders) On(f *Feed) *OrdersOn { return &OrdersOn{o, f} }

// OrdersOn is Orders for one instrument of several.
type OrdersOn struct {
	orders *Orders
	feed   *Feed
}

// BuyMarket buys at the next price there is.
func (o *OrdersOn) BuyMarket(size Size, reason ...string) {
	o.orders.on(o.feed, func(o *Orders) { o.BuyMarket(size, reason...) })
}

// SellMarket sells at the next price there is.
func (o *OrdersOn) SellMarket(size Size, reason ...string) {
	o.orders.on(o.feed, func(o *Orders) { o.SellMarket(size, reason...) })
}

// Close sells all that is held. Without a position it does nothing.
func (o *OrdersOn) Close(reason string) {
	o.orders.on(o.feed, func(o *Orders) { o.Close(reason) })
}

func (o *Orders) on(f *Feed, do func(*Orders)) {
	before := o.feed
	o.feed = f
	do(o)
	o.feed = before
}

func (o *Orders) add(side exchange.Side, size Size, reason []string) {
	intent := Intent{Feed: o.feed, Side: side, Type: exchange.Market, Size: size}
	if len(reason) > 0 {
		intent.Reason = reason[0]
	}
	o.intents = append(o.intents, intent)
}

// Begin empties the collection for a call about a feed. Cores call it.
func (o *Orders) Begin(f *Feed) {
	o.feed = f
	o.intents = o.intents[:0]
}

// Intents returns what was collected, valid until the next Begin. Cores call it.
func (o *Orders) Intents() []Intent { return o.intents }

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
		last, ok := f.At(0)
		if !ok {
			return out, tradekeel.Invalidf("size", "there is no close of %s to size by", in)
		}
		if in.Quote != a.Reporting() {
			return out, tradekeel.ErrUnsupported.With("size", "a share of equity in %s cannot size an order in %s", a.Reporting(), in.Quote)
		}
		part, fits := a.Equity().MulDiv(out.Fraction, wide.Pow10(exchange.FractionScale), wide.Floor)
		price, ok := wide.Of(last.Close).Times(wide.Pow10(exchange.LedgerScale - in.PriceScale - in.QuantityScale))
		if !fits || !ok {
			return out, exchange.ErrOutOfRange.With("size", "the share of equity is out of range")
		}
		quantity, fits := part.Quo(price, wide.Floor)
		units, small := quantity.Int64()
		if !fits || !small {
			return out, exchange.ErrOutOfRange.With("size", "the share of equity is out of range")
		}
		out.Kind, out.Quantity, out.Fraction = exchange.ByQuantity, units, 0
	default:
		return out, tradekeel.Invalidf("size", "is missing; use CashPercent, EquityPercent, OfQuantity or OfQuote")
	}
	return out, nil
}
