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
	// EntryNotional and ExitNotional are what was traded is worth in the currency that
	// the instrument settles in: price × quantity, of an inverse contract quantity ÷
	// price. Fees are those of both sides, in it: one that was taken in another currency
	// at the price of its time. Carry is funding, interest and dividends received
	// meanwhile; below zero they were paid.
	EntryNotional, ExitNotional, Fees, Carry exchange.Units
	EntryReason, ExitReason                  string
	// EntryMoment and ExitMoment are the moments that the core had decided before
	// the first fill in and the last fill out; their difference is the number of
	// closes that saw the position.
	EntryMoment, ExitMoment int
}

// EntryPrice returns the average price in, cut at 18 decimals after the price's own.
func (t *Trade) EntryPrice() decimal.Decimal {
	return average(t.Instrument, t.EntryNotional, t.Quantity)
}

// ExitPrice returns the average price out; zero while nothing went out.
func (t *Trade) ExitPrice() decimal.Decimal { return average(t.Instrument, t.ExitNotional, t.Quantity) }

// Size returns the quantity, below zero for a short trade.
func (t *Trade) Size() decimal.Decimal {
	return t.Instrument.Quantity(t.Quantity * int64(t.Side))
}

// Profit returns the profit before fees and after them, at the ledger's scale, and
// whether it fits.
func (t *Trade) Profit() (gross, net exchange.Units, ok bool) {
	gross, ok = t.ExitNotional.Sub(t.EntryNotional)
	fits := true
	if (t.Side == exchange.Sell) != (t.Instrument.Kind == market.Inverse) {
		gross, fits = gross.Neg()
	}
	carried, small := gross.Add(t.Carry)
	net, is := carried.Sub(t.Fees)
	return gross, net, ok && fits && small && is
}

// Gross returns the profit before fees and carry, in the settlement currency.
func (t *Trade) Gross() money.Amount {
	gross, _, _ := t.Profit()
	return money.New(exchange.FromUnits(gross), t.Instrument.Settle())
}

// Paid returns the fees of both sides, in the settlement currency.
func (t *Trade) Paid() money.Amount {
	return money.New(exchange.FromUnits(t.Fees), t.Instrument.Settle())
}

// Net returns the profit after fees and carry, in the settlement currency.
func (t *Trade) Net() money.Amount {
	_, net, _ := t.Profit()
	return money.New(exchange.FromUnits(net), t.Instrument.Settle())
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
	if quantity == 0 || notional.Sign() == 0 {
		return decimal.Zero
	}
	size := in.ContractSize
	if size.IsZero() {
		size = decimal.NewFromInt(1)
	}
	worth, of := exchange.FromUnits(notional), in.Quantity(quantity).Mul(size)
	if in.Kind == market.Inverse {
		worth, of = of, worth
	}
	return worth.DivRound(of, in.PriceScale+18)
}

// position is what is held of one instrument: a quantity and what it cost.
type position struct {
	units   int64          // signed
	cost    exchange.Units // notional of what is held now
	scaled  int64          // units × the factor to the ledger, when it fits
	isSmall bool           // scaled fits
	trade   Trade          // the round trip under way
}

// taken is what a fill did to a position.
type taken struct {
	done     []Trade        // with the round trips that it ended
	realised exchange.Units // profit of what was closed, before fees
}

// take books a fill whose fee is stated in the settlement currency, and appends the
// round trips that it ends. What is at most dust is no position.
func (p *position) take(in *instrument, f *exchange.Fill, reason string, moment int, done []Trade) (taken, error) {
	notional, fee, left := f.Notional, f.Fee, f.Quantity
	direction := int64(f.Side)
	out := taken{done: done}
	if p.units != 0 && (p.units < 0) != (direction < 0) {
		held := p.units * -direction // above zero
		closing := min(held, left)
		if left-closing < in.dust(f.Time) {
			closing = left
		}
		exit, exitFee := notional, fee
		ok, fits := true, true
		if closing < left { // the fill goes through flat: split it
			exit, ok = in.contract.Notional(f.Price, closing)
			exitFee, fits = fee.MulDiv(closing, left, wide.Nearest)
		}
		if !ok || !fits {
			return out, ErrLedger
		}
		var err error
		if out.realised, err = p.close(in, direction, min(closing, held), exit, exitFee); err != nil {
			return out, err
		}
		t := &p.trade
		t.ExitTime, t.ExitReason, t.ExitMoment = f.Time, reason, moment
		if p.units == 0 {
			p.end(&out)
		}
		left -= closing
		notional, _ = notional.Sub(exit)
		fee, _ = fee.Sub(exitFee)
	}
	// In an account that cannot owe, what is sold beyond the position was there before it.
	if left > 0 && (direction > 0 || !in.held) {
		if err := p.open(in, f, left, notional, fee, reason, moment); err != nil {
			return out, err
		}
	}
	p.scale(in)
	return out, nil
}

// end ends the round trip.
func (p *position) end(out *taken) {
	out.done = append(out.done, p.trade)
	p.trade, p.units, p.cost = Trade{}, 0, exchange.Units{}
}

// close takes a quantity out of the position and returns the profit.
func (p *position) close(in *instrument, direction, quantity int64, exit, fee exchange.Units) (exchange.Units, error) {
	held := p.units * -direction
	part, ok := p.cost, true
	if quantity < held {
		part, ok = p.cost.MulDiv(quantity, held, wide.Nearest)
	}
	p.units += direction * quantity
	t := &p.trade
	var a, b, c, d bool
	p.cost, a = p.cost.Sub(part)
	t.ExitNotional, b = t.ExitNotional.Add(exit)
	t.Fees, c = t.Fees.Add(fee)
	realised, d := exit.Sub(part)
	if !ok || !a || !b || !c || !d {
		return realised, ErrLedger
	}
	if (direction > 0) != in.contract.Inverse() { // a short one was closed
		if realised, ok = realised.Neg(); !ok {
			return realised, ErrLedger
		}
	}
	return realised, nil
}

// open puts a quantity into the position.
func (p *position) open(in *instrument, f *exchange.Fill, quantity int64, notional, fee exchange.Units, reason string, moment int) error {
	t := &p.trade
	if p.units == 0 {
		*t = Trade{Instrument: in.Instrument, Side: f.Side, EntryTime: f.Time, EntryReason: reason, EntryMoment: moment}
	}
	units, ok := wide.Of(p.units).Add(wide.Of(int64(f.Side) * quantity))
	small, fits := units.Int64()
	if !ok || !fits || small == math.MinInt64 || t.Quantity > math.MaxInt64-quantity {
		return ErrLedger
	}
	p.units = small
	t.Quantity += quantity
	var a, b, c bool
	p.cost, a = p.cost.Add(notional)
	t.EntryNotional, b = t.EntryNotional.Add(notional)
	t.Fees, c = t.Fees.Add(fee)
	if !a || !b || !c {
		return ErrLedger
	}
	return nil
}

// scale prepares the units for value.
func (p *position) scale(in *instrument) {
	p.scaled, p.isSmall = wide.Mul(p.units, in.toLedger).Int64()
}

// value returns what the position is worth at a price, below zero for a short one; not
// of an inverse contract.
func (p *position) value(in *instrument, price int64) (exchange.Units, bool) {
	if p.isSmall {
		return wide.Mul(p.scaled, price), true
	}
	return wide.Mul(p.units, price).Times(in.toLedger)
}

// profit returns what closing the position at a price would bring, before fees.
func (p *position) profit(in *instrument, price int64) (exchange.Units, bool) {
	if p.units == 0 {
		return exchange.Units{}, true
	}
	worth, ok := in.contract.Notional(price, p.units)
	cost := p.cost
	fits := true
	if p.units < 0 {
		cost, fits = cost.Neg()
	}
	profit, small := worth.Sub(cost)
	if in.contract.Inverse() {
		profit, small = cost.Sub(worth)
	}
	return profit, ok && fits && small
}
