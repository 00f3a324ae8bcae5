package matching

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// Config is what a simulated venue knows. Instruments are required.
type Config struct {
	Instruments []*market.Instrument // orders name them by index
	Terms       exchange.Terms       // the zero value is a spot account
	Fees        exchange.FeeSchedule
	Balances    map[money.Currency]exchange.Units // at the start
	Model       Model
	// VolumeScales are the decimals of the bars' volumes by instrument; nil is each
	// instrument's QuantityScale. Only VolumeShare and Slippage.Impact read volumes.
	VolumeScales []int32
}

// Model is how orders meet the market. The zero value is the cautious one: limit
// orders need a price beyond theirs, inside a bar what loses comes first, and market
// orders pay the very price there is.
type Model struct {
	Limits   LimitFill
	Path     Path
	Slippage Slippage
	Spread   Spread
	// VolumeShare is the most of a bar's volume, or of a trade's quantity, that all orders
	// together take: 0.1 is a tenth. What is left waits for the next. Zero is no bound.
	// At an open the volume is that of the bar before, since its own is not known yet.
	VolumeShare decimal.Decimal
	// Latency is from an order's Decided to its arrival at the venue; of amendments and
	// cancellations, too.
	Latency time.Duration
}

// LimitFill says when a resting limit order trades.
type LimitFill uint8

// The rules for limit orders.
const (
	TradeThrough LimitFill = iota // once the price was beyond the limit
	Touch                         // once the price was at the limit
)

// Path says in what order the prices of a bar came.
type Path uint8

// The paths. All begin at the open, visit both extremes and end at the close.
const (
	// StopFirst goes to the nearest stop, or liquidation, first, as long as there is one
	// in the bar's range; then to the extreme on whose way no limit order trades.
	StopFirst Path = iota
	// TargetFirst goes to the nearest limit or take-profit first; then to the extreme on
	// whose way there is no stop.
	TargetFirst
	// ByDistance goes from the open to the nearer extreme, then to the other.
	ByDistance
)

// Slippage is how much worse than the price there is market orders trade, those that a
// trigger made included. The parts add up. Prices are rounded against the order, to the
// tick of the date. They may lie outside the bar: an order of one's own would have moved
// its extreme. A sale gets at least one tick.
type Slippage struct {
	Rate decimal.Decimal // fraction of the price
	// Range is a fraction of a bar's high − low, as the measure of volatility. At an
	// open that is the bar before.
	Range decimal.Decimal
	// Impact is a coefficient: the price moves by Impact × (quantity ÷ volume)², as a
	// fraction of it. At an open the volume is that of the bar before. Source:
	// VolumeShareSlippageModel of LEAN and zipline.
	Impact decimal.Decimal
}

// Spread is the distance of bid and ask around the price there is, which market orders
// pay, and limit orders that trade at once, up to their limit.
type Spread struct {
	Rate decimal.Decimal // fraction of the price: 0.002 is 0.2 %; each side pays half
	// EntriesOnly lets an order that opens or grows a position pay the whole rate, and
	// one that reduces a position nothing.
	EntriesOnly bool
}

// Outcome is one thing that came of a call: a report of an order, or a movement of a
// balance. One of the two is set. What Submit, Amend and Cancel answer is valid until the
// next call of one of the three, what other calls answer until the next call of another:
// so orders may be sent while the outcomes of a bar are read.
type Outcome struct {
	Report   *exchange.Report
	Movement *exchange.Movement
}

// Position is what an account holds of an instrument.
type Position struct {
	Instrument int32
	Side       exchange.PositionSide
	Quantity   int64 // at QuantityScale; below zero is short
	// Cost is what the quantity was worth at its entry, in the currency that the
	// instrument settles in. Spot and margin accounts keep none.
	Cost exchange.Units
	// Margin is what backs an isolated position.
	Margin exchange.Units
}

// model is a Model in whole numbers.
type model struct {
	limits      LimitFill
	path        Path
	rate        int64 // slippage, at FractionScale
	span        int64 // of the bar's range, at FractionScale
	impact      int64 // at FractionScale
	spread      int64 // at FractionScale
	entriesOnly bool
	share       int64 // of the volume, at FractionScale; 0 is all
	latency     int64
	priced      bool // market orders pay another price than there is
	bars        bool // opens need the bar before
}

func (m Model) prepare() (p model, err error) {
	for _, f := range []struct {
		field string
		d     decimal.Decimal
		to    *int64
		most  int64
	}{
		{"model.slippage.rate", m.Slippage.Rate, &p.rate, 1},
		{"model.slippage.range", m.Slippage.Range, &p.span, 100},
		{"model.slippage.impact", m.Slippage.Impact, &p.impact, 1000},
		{"model.spread.rate", m.Spread.Rate, &p.spread, 1},
		{"model.volume_share", m.VolumeShare, &p.share, 1},
	} {
		if *f.to, err = fraction(f.field, f.d, f.most); err != nil {
			return p, err
		}
	}
	switch {
	case m.Limits > Touch:
		return p, tradekeel.Invalidf("model.limits", "must be trade-through or touch")
	case m.Path > ByDistance:
		return p, tradekeel.Invalidf("model.path", "must be stop first, target first or by distance")
	case m.Latency < 0 || m.Latency > time.Hour:
		return p, tradekeel.Invalidf("model.latency", "must be from 0 to an hour, got %s", m.Latency)
	}
	p.limits, p.path, p.entriesOnly, p.latency = m.Limits, m.Path, m.Spread.EntriesOnly, int64(m.Latency)
	p.priced = p.rate|p.span|p.impact|p.spread != 0
	p.bars = p.span|p.impact|p.share != 0
	return p, nil
}

// fraction returns a number from 0 to most at FractionScale.
func fraction(field string, d decimal.Decimal, most int64) (int64, error) {
	if money.CheckDecimal(d) != nil || d.Sign() < 0 || d.GreaterThan(decimal.NewFromInt(most)) {
		return 0, tradekeel.Invalidf(field, "must be from 0 to %d, got %.40s", most, d)
	}
	units, exact, _ := wide.FromDecimal(d, exchange.FractionScale)
	v, _ := units.Int64()
	if !exact {
		return 0, tradekeel.Invalidf(field, "must have at most %d decimals, got %s", exchange.FractionScale, d)
	}
	return v, nil
}
