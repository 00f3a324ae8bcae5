package trading

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// Trade is one round trip: from flat, by one fill or more, and back to flat.
type Trade struct {
	Instrument *market.Instrument
	Side       exchange.Side // Buy is long
	Quantity   int64         // entered in all, at QuantityScale
	EntryTime  int64         // of the first fill in, nanoseconds UTC
	ExitTime   int64         // of the last fill out; 0 while open
	// EntryNotional and ExitNotional are price × quantity in quote; Fees are those
	// of both sides, in quote.
	EntryNotional, ExitNotional, Fees exchange.Units
	EntryReason, ExitReason           string
	// EntryMoment and ExitMoment are the moments that the core had decided before
	// the first fill in and the last fill out; their difference is the number of
	// closes that saw the position.
	EntryMoment, ExitMoment int
}

// EntryPrice returns the average price in, cut at 18 decimals after the price's own.
func (t *Trade) EntryPrice() decimal.Decimal {
	return average(t.Instrument, t.EntryNotional, t.Quantity)
}

// ExitPrice returns the average price out.
func (t *Trade) ExitPrice() decimal.Decimal { return average(t.Instrument, t.ExitNotional, t.Quantity) }

// Size returns the quantity, below zero for a short trade.
func (t *Trade) Size() decimal.Decimal {
	return t.Instrument.Quantity(t.Quantity * int64(t.Side))
}

// Gross returns the profit before fees, in quote.
func (t *Trade) Gross() money.Amount {
	gross := exchange.FromUnits(t.ExitNotional).Sub(exchange.FromUnits(t.EntryNotional))
	return money.New(gross.Mul(decimal.NewFromInt(int64(t.Side))), t.Instrument.Quote)
}

// Paid returns the fees of both sides, in quote.
func (t *Trade) Paid() money.Amount {
	return money.New(exchange.FromUnits(t.Fees), t.Instrument.Quote)
}

// Net returns the profit after fees, in quote.
func (t *Trade) Net() money.Amount {
	return money.New(t.Gross().Value.Sub(t.Paid().Value), t.Instrument.Quote)
}

// Return returns the net profit as a fraction of the entry's notional.
func (t *Trade) Return() float64 {
	net, _ := t.Net().Value.Float64()
	return net / (t.EntryNotional.Float64() / 1e18)
}

// Entry returns the time of the first fill in.
func (t *Trade) Entry() time.Time { return time.Unix(0, t.EntryTime).UTC() }

// Exit returns the time of the last fill out.
func (t *Trade) Exit() time.Time { return time.Unix(0, t.ExitTime).UTC() }

func average(in *market.Instrument, notional exchange.Units, quantity int64) decimal.Decimal {
	if quantity == 0 {
		return decimal.Zero
	}
	return exchange.FromUnits(notional).DivRound(in.Quantity(quantity), in.PriceScale+18)
}

// position is what is held of one instrument: a quantity and what it cost.
type position struct {
	units   int64          // signed
	cost    exchange.Units // notional of what is held now
	scaled  int64          // units × the factor to the ledger, when it fits
	isSmall bool           // scaled fits
	mark    exchange.Units // units × close in quote
	trade   Trade          // the round trip under way
}

// take books a fill and appends the round trips that it ends.
func (p *position) take(in *instrument, f *exchange.Fill, reason string, moment int, done []Trade) ([]Trade, error) {
	notional, fee, left := f.Notional, f.Fee, f.Quantity
	direction := int64(f.Side)
	if p.units != 0 && (p.units < 0) != (direction < 0) {
		held := p.units * -direction // above zero
		closing := min(held, left)
		out, outFee := notional, fee
		ok, fits := true, true
		if closing < left { // the fill goes through flat: split it
			out, ok = wide.Mul(f.Price, closing).Times(in.toLedger)
			outFee, fits = fee.MulDiv(closing, left, wide.Nearest)
		}
		part := p.cost
		var fitsPart = true
		if closing < held {
			part, fitsPart = p.cost.MulDiv(closing, held, wide.Nearest)
		}
		if !ok || !fits || !fitsPart {
			return done, ErrLedger
		}
		p.units += direction * closing
		if p.cost, ok = p.cost.Sub(part); !ok {
			return done, ErrLedger
		}
		t := &p.trade
		if t.ExitNotional, ok = t.ExitNotional.Add(out); !ok {
			return done, ErrLedger
		}
		if t.Fees, ok = t.Fees.Add(outFee); !ok {
			return done, ErrLedger
		}
		t.ExitTime, t.ExitReason, t.ExitMoment = f.Time, reason, moment
		if p.units == 0 {
			done = append(done, *t)
			*t = Trade{}
		}
		left -= closing
		notional, _ = notional.Sub(out)
		fee, _ = fee.Sub(outFee)
	}
	if left > 0 {
		t := &p.trade
		if p.units == 0 {
			*t = Trade{Instrument: in.Instrument, Side: f.Side, EntryTime: f.Time, EntryReason: reason, EntryMoment: moment}
		}
		units, ok := wide.Of(p.units).Add(wide.Of(direction * left))
		small, fits := units.Int64()
		if !ok || !fits || small == math.MinInt64 || t.Quantity > math.MaxInt64-left {
			return done, ErrLedger
		}
		p.units = small
		t.Quantity += left
		if p.cost, ok = p.cost.Add(notional); !ok {
			return done, ErrLedger
		}
		if t.EntryNotional, ok = t.EntryNotional.Add(notional); !ok {
			return done, ErrLedger
		}
		if t.Fees, ok = t.Fees.Add(fee); !ok {
			return done, ErrLedger
		}
	}
	p.scaled, p.isSmall = wide.Mul(p.units, in.toLedger).Int64()
	return done, nil
}

// marked reports whether a price moves the equity.
func (p *position) marked() bool { return p.units != 0 || p.mark != exchange.Units{} }

// value returns what the position is worth in quote at a price.
func (p *position) value(in *instrument, price int64) (exchange.Units, bool) {
	if p.isSmall {
		return wide.Mul(p.scaled, price), true
	}
	return wide.Mul(p.units, price).Times(in.toLedger)
}
