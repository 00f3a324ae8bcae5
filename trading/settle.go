package trading

import (
	"errors"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

func utc(at int64) string { return time.Unix(0, at).UTC().Format(time.RFC3339) }

// fill posts a fill to the ledger and the position.
func (c *Core) fill(in *instrument, f *exchange.Fill, reason string) error {
	booked, asset := f, in.settle
	var by *instrument
	if f.FeeCurrency != "" && f.FeeCurrency != in.Settle() {
		stated := *f
		var err error
		if asset, by, err = c.fee(in, f, &stated); err != nil {
			return err
		}
		booked = &stated
	}
	p := in.of(f.Position)
	took, err := p.take(in, booked, reason, c.moments, roomy(c, c.trades))
	if err != nil {
		return err
	}
	c.trades = took.done
	var posted bool
	if in.future {
		posted = c.ledger.moved(in.settle, Market, Wallet, took.realised)
	} else {
		posted = c.exchange(in, f)
	}
	if !posted || !c.ledger.moved(asset, Wallet, Fees, f.Fee) {
		return ErrLedger
	}
	if in.fine && !in.future {
		if err := c.recount(in, p); err != nil {
			return err
		}
	}
	if by != nil { // a third asset paid
		if err := errors.Join(c.recount(by, &by.position), c.price(by, by.last)); err != nil {
			return err
		}
	}
	c.fills = append(roomy(c, c.fills), *f)
	if !summable(c.ledger.balances[c.cashAsset][Wallet]) {
		return ErrLedger
	}
	return c.price(in, f.Price) // until the next close
}

// exchange posts base and quote of a spot fill, and reports whether they stayed in range.
func (c *Core) exchange(in *instrument, f *exchange.Fill) bool {
	base, ok := wide.Of(f.Quantity).Times(in.baseUnit)
	if !ok {
		return false
	}
	give, get := Wallet, Market
	if f.Side == exchange.Sell {
		give, get = get, give
	}
	return c.ledger.moved(in.base, get, give, base) && c.ledger.moved(in.quote, give, get, f.Notional)
}

// fee returns the asset that a fee in another than the settlement currency is taken in, the instrument that tells what it is
// worth where it is a third one, and states in booked what the trade is
// worth with the fee in the settlement currency. A fee in base leaves less to hold: the
// trade is that much smaller, and the fee is what the rest of the notional paid.
func (c *Core) fee(in *instrument, f, booked *exchange.Fill) (asset int, by *instrument, err error) {
	var ok bool
	if f.FeeCurrency == in.Base && !in.future {
		in.fine = true
		if booked.Fee, ok = f.Fee.MulDiv(f.Price, in.priceUnit, wide.Ceil); !ok {
			return 0, nil, ErrLedger
		}
		if f.Side == exchange.Buy && f.Fee.Sign() > 0 {
			base, fits := wide.Of(f.Quantity).Times(in.baseUnit)
			kept, small := base.Sub(f.Fee)
			whole, exact := kept.MulDiv(1, in.baseUnit, wide.Floor)
			if booked.Quantity, ok = whole.Int64(); !ok || !fits || !small || !exact || booked.Quantity < 0 {
				return 0, nil, ErrLedger
			}
			booked.Notional, ok = f.Notional.Sub(booked.Fee)
		}
		if !ok {
			return 0, nil, ErrLedger
		}
		return in.base, nil, nil
	}
	by = c.priced(f.FeeCurrency)
	if by == nil || by.last == 0 {
		return 0, nil, tradekeel.Invalidf("event.report", "a fee was taken in %s, and no price tells what it is worth", f.FeeCurrency)
	}
	if booked.Fee, ok = f.Fee.MulDiv(by.last, by.priceUnit, wide.Ceil); !ok {
		return 0, nil, ErrLedger
	}
	by.fine = true
	return by.base, by, nil
}

// recount holds a position to the balance of the base, which fees and interest are taken
// of, and ends it when no more than dust is left.
func (c *Core) recount(in *instrument, p *position) error {
	if p.units == 0 {
		return nil
	}
	units, ok := in.whole(&c.ledger)
	if !ok {
		return ErrLedger
	}
	p.units = min(p.units, units) // less is held, or more is owed
	if p.units < in.dust(p.trade.EntryTime) && p.units > -in.dust(p.trade.EntryTime) {
		out := taken{done: roomy(c, c.trades)}
		p.end(&out)
		c.trades = out.done
	}
	p.scale(in)
	return nil
}

// move takes in a movement of a balance.
func (c *Core) move(m *exchange.Movement) error {
	if err := m.Currency.Validate(); err != nil && m.Kind != exchange.Split {
		return tradekeel.Invalidf("event.movement", "has no currency")
	}
	if m.Instrument >= int32(len(c.instruments)) {
		return tradekeel.Invalidf("event.movement", "there is no instrument number %d", m.Instrument)
	}
	var in *instrument
	if m.Instrument >= 0 {
		in = &c.instruments[m.Instrument]
	}
	var err error
	switch m.Kind {
	case exchange.Deposit, exchange.Withdrawal:
		err = c.ledger.receive(c.ledger.asset(m.Currency), Capital, m.Amount)
		c.track(m.Currency)
	case exchange.Funding, exchange.Interest, exchange.Dividend, exchange.Insurance:
		err = c.carry(in, m)
	case exchange.Split:
		if in == nil || in.future {
			return tradekeel.Invalidf("event.movement", "a split is of a spot instrument")
		}
		err = c.split(in, m)
	default:
		return tradekeel.Invalidf("event.movement", "there is no kind %d", m.Kind)
	}
	if err != nil {
		return err
	}
	c.moves = append(c.moves, *m)
	if !summable(c.ledger.balances[c.cashAsset][Wallet]) {
		return ErrLedger
	}
	c.moved = true
	return c.remark()
}

// track lets a currency beside the reporting one count by its price.
func (c *Core) track(currency money.Currency) {
	if in := c.priced(currency); in != nil {
		in.fine = true
	}
}

// carry posts what a position brought or cost while it was held.
func (c *Core) carry(in *instrument, m *exchange.Movement) error {
	if err := c.ledger.receive(c.ledger.asset(m.Currency), Carry, m.Amount); err != nil {
		return err
	}
	c.track(m.Currency)
	if m.Currency != c.reporting {
		if by := c.priced(m.Currency); by != nil {
			return c.recount(by, &by.position)
		}
		return nil
	}
	if in == nil {
		return nil
	}
	p := in.of(m.Position)
	t := &p.trade
	if p.units == 0 {
		// What the venue bears of a loss comes after the liquidation that ended the trade.
		last := len(c.trades) - 1
		if m.Kind != exchange.Insurance || last < 0 || c.trades[last].Instrument != in.Instrument {
			return nil
		}
		t = &c.trades[last]
	}
	var ok bool
	if t.Carry, ok = t.Carry.Add(m.Amount); !ok {
		return ErrLedger
	}
	return nil
}

// split changes the quantity of what is held, not what it cost.
func (c *Core) split(in *instrument, m *exchange.Movement) error {
	base, ok := wide.Of(m.Quantity).Times(in.baseUnit)
	if !ok {
		return ErrLedger
	}
	if err := c.ledger.receive(in.base, Market, base); err != nil {
		return err
	}
	units, ok := wide.Of(in.units).Add(wide.Of(m.Quantity))
	small, fits := units.Int64()
	if !ok || !fits {
		return ErrLedger
	}
	in.units = small
	in.trade.Quantity += m.Quantity * int64(in.trade.Side)
	in.scale(in)
	return nil
}

// remark values all that is held anew at the last prices.
func (c *Core) remark() error {
	for i := range c.instruments {
		if in := &c.instruments[i]; in.last != 0 && in.marked() {
			if err := c.price(in, in.last); err != nil {
				return err
			}
		}
	}
	return nil
}
