package strategy

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// Account is what an instance may know of its money. The core implements it.
type Account interface {
	// Holding returns the quantity held of an instrument, at its QuantityScale;
	// below zero is short.
	Holding(instrument int32) int64
	// HoldingOf returns the quantity of one position, in hedge mode: of the short one it
	// is below zero.
	HoldingOf(instrument int32, side exchange.PositionSide) int64
	// Entry tells of what is held of an instrument; the zero value when nothing is.
	Entry(instrument int32) Entry
	// Cash returns the free balance of a currency.
	Cash(currency money.Currency) exchange.Units
	// Equity returns cash and positions at their last close, in the reporting currency.
	Equity() exchange.Units
	// Reporting returns the reporting currency.
	Reporting() money.Currency
}

// Entry is how a position came about.
type Entry struct {
	Time int64          // of the first fill in, nanoseconds UTC
	Cost exchange.Units // what is held now cost, in the currency it settles in, without fees
	// Quantity is what is held for that, at QuantityScale: in hedge mode that of the long
	// position, or of the short one when there is no long one. 0 is all that is held.
	Quantity int64
}

// Bar is the bar that just closed, with the account as it is at that moment. It
// is valid during the call that got it.
type Bar struct {
	feed    *Feed
	account Account
}

// NewBar makes the bar that is handed to OnBar. Cores call it.
func NewBar(f *Feed, a Account) Bar { return Bar{f, a} }

// Feed returns the feed that the bar is of.
func (b Bar) Feed() *Feed { return b.feed }

// Instrument returns what the bar is of.
func (b Bar) Instrument() *market.Instrument { return b.feed.Instrument() }

// Time returns the bar's open.
func (b Bar) Time() time.Time { return time.Unix(0, b.last().Time).UTC() }

// Open returns the open as a float, for conditions.
func (b Bar) Open() float64 { return b.feed.Value(market.Open, 0) }

// High returns the high as a float, for conditions.
func (b Bar) High() float64 { return b.feed.Value(market.High, 0) }

// Low returns the low as a float, for conditions.
func (b Bar) Low() float64 { return b.feed.Value(market.Low, 0) }

// Close returns the close as a float, for conditions.
func (b Bar) Close() float64 { return b.feed.Value(market.Close, 0) }

// Volume returns the volume as a float, for conditions.
func (b Bar) Volume() float64 { return b.feed.Value(market.Volume, 0) }

// Candle returns the bar in exact decimals.
func (b Bar) Candle() market.Candle { return b.feed.series.Candle(b.feed.closed - 1) }

func (b Bar) last() market.Bar {
	bar, _ := b.feed.At(0)
	return bar
}

// Position returns what is held of the bar's instrument.
func (b Bar) Position() Position {
	return b.PositionOf(b.feed)
}

// PositionOf returns what is held of another feed's instrument.
func (b Bar) PositionOf(f *Feed) Position {
	return Position{f.Instrument(), b.account.Holding(f.instrument), b.account, f.instrument}
}

// HeldOn returns how much is held on a side of an account in hedge mode, at or above
// zero for the long one and at or below it for the short one.
func (b Bar) HeldOn(side exchange.PositionSide) decimal.Decimal {
	return b.Instrument().Quantity(b.account.HoldingOf(b.feed.instrument, side))
}

// Cash returns the balance of the currency that the bar's instrument settles in.
func (b Bar) Cash() money.Amount {
	settle := b.feed.Instrument().Settle()
	return money.New(exchange.FromUnits(b.account.Cash(settle)), settle)
}

// Equity returns cash and positions at their last close.
func (b Bar) Equity() money.Amount {
	return money.New(exchange.FromUnits(b.account.Equity()), b.account.Reporting())
}

// EquityValue is Equity as a float, for conditions.
func (b Bar) EquityValue() float64 { return b.account.Equity().Float64() / 1e18 }

// Position is what is held of one instrument.
type Position struct {
	instrument *market.Instrument
	units      int64
	account    Account
	index      int32
}

// Flat reports that nothing is held.
func (p Position) Flat() bool { return p.units == 0 }

// Long reports that something is held.
func (p Position) Long() bool { return p.units > 0 }

// Short reports that something is owed.
func (p Position) Short() bool { return p.units < 0 }

// Quantity returns how much is held; below zero is short.
func (p Position) Quantity() decimal.Decimal { return p.instrument.Quantity(p.units) }

// EntryTime returns the time of the first fill in; the zero time without a position.
func (p Position) EntryTime() time.Time {
	if p.Flat() {
		return time.Time{}
	}
	return time.Unix(0, p.account.Entry(p.index).Time).UTC()
}

// EntryPrice returns the average price in as a float, for conditions; NaN without a
// position.
func (p Position) EntryPrice() float64 {
	if p.Flat() {
		return math.NaN()
	}
	entry := p.account.Entry(p.index)
	units := p.units
	if entry.Quantity != 0 {
		units = entry.Quantity
	}
	quantity := math.Abs(float64(units)) / float64(wide.Pow10(p.instrument.QuantityScale))
	if size := p.instrument.ContractSize; !size.IsZero() {
		quantity *= size.InexactFloat64()
	}
	cost := entry.Cost.Float64() / 1e18
	if p.instrument.Kind == market.Inverse {
		return quantity / cost
	}
	return cost / quantity
}
