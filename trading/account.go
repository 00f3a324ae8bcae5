package trading

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// Holding implements strategy.Account.
// In hedge mode it is the long position less the short one.
func (c *Core) Holding(instrument int32) int64 {
	in := &c.instruments[instrument]
	return in.units + in.short.units
}

// HoldingOf implements strategy.Account.
func (c *Core) HoldingOf(instrument int32, side exchange.PositionSide) int64 {
	return c.instruments[instrument].of(side).units
}

// Entry implements strategy.Account.
func (c *Core) Entry(instrument int32) strategy.Entry {
	in := &c.instruments[instrument]
	p := &in.position
	if p.units == 0 {
		if p = &in.short; p.units == 0 {
			return strategy.Entry{}
		}
	}
	return strategy.Entry{Time: p.trade.EntryTime, Cost: p.cost, Quantity: p.units}
}

// Instance returns the instance that the core runs, for those who know its type.
func (c *Core) Instance() strategy.Instance { return c.instance }

// Cash implements strategy.Account.
func (c *Core) Cash(currency money.Currency) exchange.Units {
	return c.ledger.Balance(currency, Wallet)
}

// Equity implements strategy.Account: cash and positions at the last price seen.
func (c *Core) Equity() exchange.Units {
	if c.moved {
		c.equity, c.moved = c.sum(), false
	}
	return c.equity
}

func (c *Core) sum() exchange.Units {
	sum := c.ledger.balances[c.cashAsset][Wallet]
	for i := range c.instruments {
		sum, _ = sum.Add(c.instruments[i].mark) // every term is summable
	}
	return sum
}

// Reporting implements strategy.Account.
func (c *Core) Reporting() money.Currency { return c.reporting }

// Ledger returns the books; the caller must not change them.
func (c *Core) Ledger() *Ledger { return &c.ledger }

// Trades returns the round trips that ended, in the order of their ends.
func (c *Core) Trades() []Trade { return c.trades }

// Fills returns all fills in their order.
func (c *Core) Fills() []exchange.Fill { return c.fills }

// Refused returns the intents that were not traded.
func (c *Core) Refused() []Refused { return c.refused }

// Movements returns what moved balances beside the fills, in its order.
func (c *Core) Movements() []exchange.Movement { return c.moves }

// Waiting returns the orders that were sent and have not ended, oldest first; the
// caller must not change them.
func (c *Core) Waiting() []exchange.Order { return c.open }

// Open returns the round trips that have not ended, each with a zero ExitTime.
func (c *Core) Open() []Trade {
	var open []Trade
	for i := range c.instruments {
		for _, p := range []*position{&c.instruments[i].position, &c.instruments[i].short} {
			if p.units != 0 {
				open = append(open, p.trade)
			}
		}
	}
	return open
}
