package trading

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// instrument is a market.Instrument prepared for integer work, with its positions.
type instrument struct {
	*market.Instrument
	base, quote, settle int // assets of the ledger
	contract            market.Contract
	limits              market.LimitHistory // of market orders
	toLedger            int64               // price units × quantity units × toLedger = ledger units; not of inverse contracts
	baseUnit            int64               // quantity units × baseUnit = ledger units of base
	priceUnit           int64               // price units of 1
	last                int64               // the last price seen
	mark                exchange.Units      // what is held is worth; of a perpetual, its unrealised profit
	future              bool                // a perpetual: no base changes hands
	held                bool                // of a spot account: what is sold was held
	// fine says that the balance of the base is no whole number of quantity units any
	// more, since fees or interest were taken of it.
	fine     bool
	position          // the only one, or the long one of an account in hedge mode
	short    position // of an account in hedge mode
}

// prepare makes an instrument ready, if the account can trade it.
func (c *Core) prepare(in *market.Instrument, account exchange.AccountKind) (instrument, error) {
	if err := in.Validate(); err != nil {
		return instrument{}, err
	}
	contract, err := in.Contract()
	if err != nil {
		return instrument{}, err
	}
	future := in.Kind != market.Spot
	switch {
	case future != (account == exchange.FuturesAccount):
		return instrument{}, tradekeel.ErrUnsupported.With("data", "%s is %s and cannot be traded in a %s account", in, in.Kind, account)
	case in.Settle() != c.reporting:
		return instrument{}, tradekeel.ErrUnsupported.With("data", "%s settles in %s, the run is accounted in %s; all must be one currency", in, in.Settle(), c.reporting)
	}
	made := instrument{
		Instrument: in, contract: contract, limits: in.Limits(true), future: future, held: account == exchange.SpotAccount,
		base: c.ledger.asset(in.Base), quote: c.ledger.asset(in.Quote), settle: c.ledger.asset(in.Settle()),
		baseUnit: wide.Pow10(exchange.LedgerScale - in.QuantityScale), priceUnit: wide.Pow10(in.PriceScale),
		position: position{isSmall: true}, short: position{isSmall: true},
	}
	if !contract.Inverse() {
		unit, _ := contract.Notional(1, 1)
		made.toLedger, _ = unit.Int64()
	}
	return made, nil
}

// pay takes in what is there at the start.
func (c *Core) pay(balances map[money.Currency]exchange.Units) error {
	for currency, units := range balances {
		if !summable(units) {
			return ErrLedger
		}
		if currency != c.reporting {
			in := c.priced(currency)
			if in == nil || units.Sign() < 0 {
				return tradekeel.ErrUnsupported.With("balances", "there is no spot instrument %s/%s to tell what %s %s is worth",
					currency, c.reporting, exchange.FromUnits(units), currency)
			}
			in.fine = true
		}
		if err := c.ledger.receive(c.ledger.asset(currency), Capital, units); err != nil {
			return err
		}
	}
	return nil
}

// priced returns the spot instrument that tells what a currency is worth in the
// reporting one, or nil.
func (c *Core) priced(currency money.Currency) *instrument {
	for i := range c.instruments {
		if in := &c.instruments[i]; in.Base == currency && in.Quote == c.reporting && !in.future {
			return in
		}
	}
	return nil
}

// of returns the position on a side.
func (in *instrument) of(side exchange.PositionSide) *position {
	if side == exchange.ShortPosition {
		return &in.short
	}
	return &in.position
}

// marked reports whether a price moves the equity.
func (in *instrument) marked() bool {
	return in.units != 0 || in.short.units != 0 || in.fine || in.mark != exchange.Units{}
}

// worth returns what is held adds to the equity at a price.
func (in *instrument) worth(l *Ledger, price int64) (exchange.Units, bool) {
	switch {
	case in.future:
		long, ok := in.position.profit(in, price)
		short, fits := in.short.profit(in, price)
		sum, small := long.Add(short)
		return sum, ok && fits && small
	case in.fine:
		return l.balances[in.base][Wallet].MulDiv(price, in.priceUnit, wide.Floor)
	default:
		return in.value(in, price)
	}
}

// dust is the quantity that cannot be traded by the rules of a time, of an instrument
// whose fees are taken of the base: a position that small has ended. 0 elsewhere.
func (in *instrument) dust(at int64) int64 {
	if !in.fine {
		return 0
	}
	return in.limits.At(at).Lot
}

// whole returns the balance of the base in quantity units, towards zero.
func (in *instrument) whole(l *Ledger) (int64, bool) {
	units, ok := l.balances[in.base][Wallet].MulDiv(1, in.baseUnit, wide.Down)
	small, fits := units.Int64()
	return small, ok && fits
}
