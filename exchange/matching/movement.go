package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// Mark tells the mark price of an instrument, at which positions are valued and
// liquidated from then on. Without marks the last price counts, and inside a bar its
// low and high.
func (e *Engine) Mark(instrument int32, price, at int64) []Outcome {
	e.begin(&e.events, at)
	in := &e.instruments[instrument]
	in.mark = price
	e.liquidateAt(in, price, at)
	return e.finish()
}

// Funding lets the positions of an instrument pay or receive funding: notional at the
// mark price × rate, rounded down as the account sees it. Long pays short when the rate
// is above zero. Of an isolated position it changes the margin.
func (e *Engine) Funding(instrument int32, rate exchange.Rate, at int64) []Outcome {
	e.begin(&e.events, at)
	in := &e.instruments[instrument]
	price := in.marked()
	for s := range in.positions {
		p := &in.positions[s]
		if p.quantity == 0 || price == 0 {
			continue
		}
		_, notional := in.unrealised(p, price)
		paid := -int64(rate)
		if p.quantity < 0 {
			paid = int64(rate)
		}
		amount, fits := notional.MulDiv(paid, one, wide.Floor)
		if !fits || amount.Sign() == 0 || !e.add(in.settle, amount) {
			continue
		}
		if e.terms.Mode == exchange.Isolated {
			p.margin, _ = p.margin.Add(amount)
		}
		e.move(exchange.Movement{
			Kind: exchange.Funding, Time: at, Instrument: instrument, Position: exchange.PositionSide(s),
			Currency: e.assets[in.settle], Amount: amount,
		})
	}
	e.liquidateAt(in, price, at)
	return e.finish()
}

// Transfer takes a Deposit, an amount above zero, or a Withdrawal, one below, and
// answers with the movement. What is refused, a withdrawal of more than is free too, is
// a Rejected report without an intent.
func (e *Engine) Transfer(m exchange.Movement) []Outcome {
	e.begin(&e.events, m.Time)
	if refusal := e.transfer(&m); refusal != nil {
		e.tell(0, exchange.Rejected, m.Time, refusal)
	} else {
		e.move(m)
	}
	return e.finish()
}

func (e *Engine) transfer(m *exchange.Movement) *tradekeel.Error {
	switch {
	case m.Kind != exchange.Deposit && m.Kind != exchange.Withdrawal:
		return tradekeel.Invalidf("kind", "must be a deposit or a withdrawal, got %s", m.Kind)
	case m.Amount.Sign() == 0 || (m.Amount.Sign() > 0) != (m.Kind == exchange.Deposit):
		return tradekeel.Invalidf("amount", "must be above zero for a deposit, below for a withdrawal, got %s", exchange.FromUnits(m.Amount))
	case m.Currency.Validate() != nil:
		return tradekeel.Invalidf("currency", "is missing or wrong")
	}
	asset := e.asset(m.Currency)
	if m.Kind == exchange.Withdrawal {
		free := e.withdrawable(asset)
		if left, _ := free.Add(m.Amount); left.Sign() < 0 {
			return exchange.ErrInsufficient.With("amount", "%s %s are free", exchange.FromUnits(free), m.Currency)
		}
	}
	if !e.add(asset, m.Amount) {
		return exchange.ErrOutOfRange.With("amount", "the balance is out of range")
	}
	m.Instrument = -1
	return nil
}

// withdrawable returns what may leave an account: what no order locks, no debt needs as
// equity, and no position uses as margin; unrealised profit does not count.
func (e *Engine) withdrawable(asset int) exchange.Units {
	free := e.free(asset, nil)
	switch {
	case e.terms.Kind == exchange.MarginAccount && e.exposed():
		return exchange.Units{}
	case e.terms.Kind == exchange.FuturesAccount:
		equity, used, _ := e.margins(asset, nil, 0)
		if equity.Cmp(free) < 0 {
			free = equity
		}
		free, _ = free.Sub(used)
	}
	if free.Sign() < 0 {
		return exchange.Units{}
	}
	return free
}

// Act applies a corporate action of a spot instrument. A dividend pays on what is held,
// and takes on what is owed, rounded down. A split changes the holding to whole units of
// QuantityScale, rounded down, and cancels the orders that state a price or a quantity of
// before. A delisting cancels all; a rename changes nothing.
func (e *Engine) Act(instrument int32, a market.Action, at int64) []Outcome {
	e.begin(&e.events, at)
	in := &e.instruments[instrument]
	switch {
	case a.Validate() != nil || e.terms.Kind == exchange.FuturesAccount:
	case a.Kind == market.Dividend:
		e.dividend(in, a, at)
	case a.Kind == market.Split:
		e.split(in, a, at)
	case a.Kind == market.Delisting:
		in.delisted = min(in.delisted, at)
		e.cancelFor(in, at, exchange.ErrNotTrading, func(*order) bool { return true })
	}
	return e.finish()
}

func (e *Engine) dividend(in *listing, a market.Action, at int64) {
	each, fits := exchange.ToUnits("amount", a.Amount)
	if fits != nil || e.balances[in.base].Sign() == 0 {
		return
	}
	amount, ok := scaled(e.balances[in.base], each)
	if !ok || amount.Sign() == 0 {
		return
	}
	e.accrue(in.quote, at)
	if was := e.balances[in.quote]; e.add(in.quote, amount) && was.Sign() >= 0 && e.balances[in.quote].Sign() < 0 {
		e.accrued[in.quote] = at
	}
	e.move(exchange.Movement{Kind: exchange.Dividend, Time: at, Instrument: in.index, Currency: in.Quote, Amount: amount})
}

// scaled returns a × b at LedgerScale, rounded down.
func scaled(a, b exchange.Units) (exchange.Units, bool) {
	product := a.Big()
	product.Mul(product, b.Big())
	unit := wide.Of(wide.Pow10(exchange.LedgerScale)).Big()
	quotient, rest := product.QuoRem(product, unit, unit)
	v, fits := wide.FromBig(quotient)
	if rest.Sign() < 0 {
		v, _ = v.Sub(wide.Of(1))
	}
	return v, fits
}

func (e *Engine) split(in *listing, a market.Action, at int64) {
	e.cancelFor(in, at, exchange.ErrNotTrading.With("instrument", "%s was split %d for %d", in, a.New, a.Old), func(o *order) bool {
		return o.Type != exchange.Market || o.Size.Kind == exchange.ByQuantity || o.filled > 0
	})
	in.last, in.mark = rebased(in.last, a), rebased(in.mark, a)
	e.accrue(in.base, at)
	change, fits := e.balances[in.base].MulDiv(a.New-a.Old, a.Old, wide.Floor)
	if fits {
		change, fits = change.MulDiv(1, in.baseUnit, wide.Floor)
	}
	quantity, small := change.Int64()
	units, ok := change.Times(in.baseUnit)
	if !fits || !small || !ok || quantity == 0 || !e.add(in.base, units) {
		return
	}
	e.move(exchange.Movement{Kind: exchange.Split, Time: at, Instrument: in.index, Currency: in.Base, Quantity: quantity})
}

// rebased returns a price of before a split as one of after it.
func rebased(price int64, a market.Action) int64 {
	p, _ := wide.Of(price).MulDiv(a.Old, a.New, wide.Nearest)
	v, _ := p.Int64()
	return v
}

func (e *Engine) cancelFor(in *listing, at int64, refusal *tradekeel.Error, which func(*order) bool) {
	for i := range e.open {
		if o := &e.open[i]; o.Instrument == in.index && !o.done && which(o) {
			e.end(o, exchange.Canceled, at, refusal)
		}
	}
}

// Positions returns what the account holds, by instrument and side.
func (e *Engine) Positions() []Position {
	var all []Position
	for i := range e.instruments {
		in := &e.instruments[i]
		if e.terms.Kind != exchange.FuturesAccount {
			q, _ := e.balances[in.base].MulDiv(1, in.baseUnit, wide.Floor)
			if v, _ := q.Int64(); v != 0 {
				all = append(all, Position{Instrument: in.index, Quantity: v})
			}
			continue
		}
		for s, p := range in.positions {
			if p.quantity != 0 {
				all = append(all, Position{in.index, exchange.PositionSide(s), p.quantity, p.cost, p.margin})
			}
		}
	}
	return all
}
