package matching

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// listing is an instrument prepared for integer work, with what the venue has seen
// of its market.
type listing struct {
	*market.Instrument
	index                int32
	base, quote, settle  int   // assets
	toLedger, fromLedger int64 // price units × quantity units × toLedger ÷ fromLedger = ledger units of quote
	baseUnit             int64 // quantity units × baseUnit = ledger units of base
	one                  int64 // quantity units of one whole base, or contract
	size                 int64 // of an inverse contract in quote, at sizeScale
	toBase, toBaseMore   int64 // quantity units × size × both ÷ price units = ledger units of base
	sizeUnit             int64 // quantity units × size × sizeUnit = ledger units of quote
	inverse              bool
	market, priced       market.LimitHistory // of market orders, and of those with a price
	listed, delisted     int64
	volumeScale          int32
	tiers                []tier

	last, lastAt int64 // the last price seen, 0 for none, and when
	mark         int64 // the last mark price, 0 for none
	span         int64 // high − low of the last bar
	volume       int64 // of the last bar, in quantity units
	pool         int64 // what orders may still take of the volume
	limited      bool  // fills are bounded by pool
	walking      bool  // an order walks the book
	printed      bool  // trades are shown
	positions    [3]position
	levels       depth
}

// prepare makes a listing of a valid instrument.
func (e *Engine) prepare(index int, in *market.Instrument, volumeScale int32) (listing, error) {
	l := listing{
		Instrument: in, index: int32(index), base: e.asset(in.Base), quote: e.asset(in.Quote), settle: e.asset(in.Settle()),
		toLedger: wide.Pow10(exchange.LedgerScale - in.PriceScale - in.QuantityScale), fromLedger: 1,
		baseUnit: wide.Pow10(exchange.LedgerScale - in.QuantityScale),
		one:      wide.Pow10(in.QuantityScale),
		market:   in.Limits(true), priced: in.Limits(false),
		listed: math.MinInt64, delisted: math.MaxInt64, volumeScale: volumeScale,
		inverse: in.Kind == market.Inverse,
	}
	if !in.Listed.IsZero() {
		l.listed = in.Listed.UnixNano()
	}
	if !in.Delisted.IsZero() {
		l.delisted = in.Delisted.UnixNano()
	}
	size := in.ContractSize
	if size.IsZero() {
		size = decimal.NewFromInt(1)
	}
	scale := max(0, -size.Exponent())
	units, exact, fits := wide.FromDecimal(size, scale)
	number, small := units.Int64()
	if scale > exchange.LedgerScale || !exact || !fits || !small {
		return l, tradekeel.Invalidf("contract_size", "%s is out of range", size)
	}
	if l.inverse {
		exponent := exchange.LedgerScale + in.PriceScale - in.QuantityScale - scale
		unit := exchange.LedgerScale - in.QuantityScale - scale
		if exponent < 0 || unit < 0 {
			return l, tradekeel.Invalidf("contract_size", "%s has too many decimals for the scales of %s", size, in)
		}
		l.size, l.sizeUnit = number, wide.Pow10(unit)
		l.toBase, l.toBaseMore = wide.Pow10(min(exponent, 18)), wide.Pow10(max(exponent-18, 0))
		return l, nil
	}
	// Powers of ten that both sides have cancel out, so that the notional stays exact
	// where it can be.
	for ; scale > 0 && l.toLedger >= 10; scale-- {
		l.toLedger /= 10
	}
	l.fromLedger = wide.Pow10(scale)
	if number, small = wide.Mul(l.toLedger, number).Int64(); !small {
		return l, tradekeel.Invalidf("contract_size", "%s is out of range", size)
	}
	l.toLedger = number
	return l, nil
}

// notional returns what a quantity is worth at a price, in the currency that the
// instrument settles in, and whether it fits.
func (in *listing) notional(price, quantity int64) (exchange.Units, bool) {
	switch {
	case in.inverse:
		value, fits := wide.Mul(quantity, in.size).Times(in.toBaseMore)
		if !fits || price == 0 {
			return exchange.Units{}, false
		}
		return value.MulDiv(in.toBase, price, wide.Nearest)
	case in.fromLedger != 1:
		return wide.Mul(price, quantity).MulDiv(in.toLedger, in.fromLedger, wide.Nearest)
	}
	return wide.Mul(price, quantity).Times(in.toLedger)
}

// turnover returns what a quantity is worth in quote, given its notional, as the
// venue's minima and tiers of fees count it.
func (in *listing) turnover(quantity int64, notional exchange.Units) (exchange.Units, bool) {
	if !in.inverse {
		return notional, true
	}
	return wide.Mul(quantity, in.size).Times(in.sizeUnit)
}

// limits returns the rules for a kind of order at a moment.
func (in *listing) limits(asMarket bool, at int64) *market.Limits {
	if asMarket {
		return in.market.At(at)
	}
	return in.priced.At(at)
}

// tradesAt returns why the instrument does not trade at a moment; nil when it does.
func (in *listing) tradesAt(at int64) *tradekeel.Error {
	if at < in.listed || at >= in.delisted {
		return exchange.ErrNotTrading.With("instrument", "%s does not trade at %s", in, time.Unix(0, at).UTC().Format(time.RFC3339))
	}
	return nil
}

// marked returns the price that positions are valued at; 0 when none was seen.
func (in *listing) marked() int64 {
	if in.mark != 0 {
		return in.mark
	}
	return in.last
}

// see takes a price as the last one.
func (in *listing) see(price, at int64) { in.last, in.lastAt = price, at }

// volumes takes the volume and range of a bar.
func (in *listing) volumes(b *market.Bar) {
	in.span = b.High - b.Low
	from, to := in.volumeScale, in.QuantityScale
	switch {
	case from > to:
		in.volume = b.Volume / wide.Pow10(from-to)
	default:
		v, fits := wide.Mul(b.Volume, wide.Pow10(to-from)).Int64()
		if !fits {
			v = math.MaxInt64
		}
		in.volume = v
	}
}
