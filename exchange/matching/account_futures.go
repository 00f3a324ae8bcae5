package matching

import (
	"math/big"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// position is what a futures account holds of an instrument, on one side.
type position struct {
	quantity int64          // below zero is short
	cost     exchange.Units // notional at the entry
	margin   exchange.Units // own, of an isolated one
}

// tier is a MarginTier in whole numbers.
type tier struct {
	upTo        exchange.Units // zero is without end
	maintenance int64          // at FractionScale
	deduction   exchange.Units
	leverage    int64 // the most, at FractionScale; zero is any
}

func tiersOf(all []exchange.MarginTier) []tier {
	units := func(d decimal.Decimal, scale int32) exchange.Units {
		u, _, _ := wide.FromDecimal(d, scale)
		return u
	}
	small := func(d decimal.Decimal) int64 {
		v, _ := units(d, exchange.FractionScale).Int64()
		return v
	}
	var out []tier
	for _, t := range all {
		out = append(out, tier{units(t.UpTo, exchange.LedgerScale), small(t.Maintenance), units(t.Deduction, exchange.LedgerScale), small(t.MaxLeverage)})
	}
	return out
}

// tier returns the tier of a notional; nil when there are none.
func (in *listing) tier(notional exchange.Units) *tier {
	for i := range in.tiers {
		if t := &in.tiers[i]; t.upTo.Sign() == 0 || notional.Cmp(t.upTo) <= 0 || i == len(in.tiers)-1 {
			return t
		}
	}
	return nil
}

// maintenance returns what a position must keep as margin: notional × rate − deduction,
// rounded up, not below zero.
func (in *listing) maintenance(notional exchange.Units) exchange.Units {
	t := in.tier(notional)
	if t == nil {
		return exchange.Units{}
	}
	m, _ := notional.MulDiv(t.maintenance, one, wide.Ceil)
	m, _ = m.Sub(t.deduction)
	if m.Sign() < 0 {
		return exchange.Units{}
	}
	return m
}

// profit returns what a long or short position of a quantity made between two notionals.
// An inverse contract is the other way round: it is worth less base when the price rises.
func (in *listing) profit(long bool, cost, value exchange.Units) exchange.Units {
	if long == in.inverse {
		cost, value = value, cost
	}
	p, _ := value.Sub(cost)
	return p
}

// unrealised returns the profit of a position at a price, and its notional there.
func (in *listing) unrealised(p *position, price int64) (profit, notional exchange.Units) {
	value, fits := in.notional(price, abs(p.quantity))
	if !fits {
		value = exchange.Units{Hi: 1<<62 - 1}
	}
	return in.profit(p.quantity > 0, p.cost, value), value
}

// initial returns the initial margin of a notional, rounded up.
func (e *Engine) initial(notional exchange.Units) exchange.Units {
	m, _ := notional.MulDiv(one, e.leverage, wide.Ceil)
	return m
}

// margins returns what a settlement currency is worth as margin and what its positions
// use and must keep, with one instrument at a price of its own.
func (e *Engine) margins(asset int, of *listing, price int64) (equity, used, maintenance exchange.Units) {
	equity = e.balances[asset]
	for i := range e.instruments {
		in := &e.instruments[i]
		if in.settle != asset {
			continue
		}
		at := in.marked()
		if in == of {
			at = price
		}
		for s := range in.positions {
			p := &in.positions[s]
			if p.quantity == 0 {
				continue
			}
			if e.terms.Mode == exchange.Isolated {
				used, _ = used.Add(p.margin)
				continue
			}
			profit, notional := in.unrealised(p, at)
			equity, _ = equity.Add(profit)
			used, _ = used.Add(e.initial(p.cost))
			maintenance, _ = maintenance.Add(in.maintenance(notional))
		}
	}
	return equity, used, maintenance
}

// freeMargin returns what may back new positions: the balance and the unrealised
// profit less what positions use; with isolated margin the balance less theirs.
func (e *Engine) freeMargin(in *listing) exchange.Units {
	equity, used, _ := e.margins(in.settle, in, in.marked())
	free, _ := equity.Sub(used)
	return free
}

// reducible returns how much an order could take off a position.
func (e *Engine) reducible(in *listing, o *exchange.Order) int64 {
	if e.terms.Kind == exchange.FuturesAccount {
		if q := in.positions[o.Position].quantity; (q < 0) == (o.Side == exchange.Buy) {
			return abs(q)
		}
		return 0
	}
	held, unit := e.holding(in, &order{Order: *o})
	q, _ := held.MulDiv(1, unit, wide.Floor)
	v, _ := q.Int64()
	return v
}

// postFutures moves a position by a fill: what shrinks pays its profit, what grows needs
// margin. It says what is missing and moves nothing.
func (e *Engine) postFutures(in *listing, f *exchange.Fill) *tradekeel.Error {
	p := &in.positions[f.Position]
	before, wallet := *p, e.balances[in.settle]
	opened, _ := e.shrink(in, p, f)
	fee, _ := f.Fee.Neg()
	if opened > 0 {
		if refusal := e.grow(in, p, f, opened); refusal != nil {
			*p, e.balances[in.settle] = before, wallet
			return refusal
		}
	}
	if !e.add(in.settle, fee) {
		*p, e.balances[in.settle] = before, wallet
		return exchange.ErrOutOfRange.With("size", "the balance is out of range")
	}
	return nil
}

// shrink closes what a fill closes of a position, and returns what it opens and the
// profit that it paid.
func (e *Engine) shrink(in *listing, p *position, f *exchange.Fill) (opened int64, profit exchange.Units) {
	if p.quantity == 0 || (p.quantity < 0) != (f.Side == exchange.Buy) {
		return f.Quantity, exchange.Units{}
	}
	held := abs(p.quantity)
	closed := min(held, f.Quantity)
	cost, margin, value := p.cost, p.margin, f.Notional
	if closed < held {
		cost, _ = cost.MulDiv(closed, held, wide.Nearest)
		margin, _ = margin.MulDiv(closed, held, wide.Nearest)
	}
	if closed < f.Quantity {
		value, _ = in.notional(f.Price, closed)
	}
	profit = in.profit(p.quantity > 0, cost, value)
	e.add(in.settle, profit)
	p.cost, _ = p.cost.Sub(cost)
	p.margin, _ = p.margin.Sub(margin)
	p.quantity += int64(f.Side) * closed
	return f.Quantity - closed, profit
}

// grow opens a quantity of a fill, if the leverage and the margin allow it.
func (e *Engine) grow(in *listing, p *position, f *exchange.Fill, quantity int64) *tradekeel.Error {
	value := f.Notional
	if quantity < f.Quantity {
		closed, _ := in.notional(f.Price, f.Quantity-quantity)
		value, _ = value.Sub(closed)
	}
	total, fits := in.notional(f.Price, abs(p.quantity)+quantity)
	if !fits || abs(p.quantity) > maxPrice-quantity {
		return exchange.ErrOutOfRange.With("size", "the position is out of range")
	}
	if t := in.tier(total); t != nil && t.leverage > 0 && e.leverage > t.leverage {
		return exchange.ErrLeverage.With("size", "a position of %s %s may have a leverage of %s",
			exchange.FromUnits(total), e.assets[in.settle], decimal.New(t.leverage, -exchange.FractionScale))
	}
	needs := e.initial(value)
	all, _ := needs.Add(f.Fee)
	if free := e.freeMargin(in); free.Cmp(all) < 0 {
		return exchange.ErrInsufficient.With("size", "the position needs a margin of %s %s with the fee, free are %s",
			exchange.FromUnits(all), e.assets[in.settle], exchange.FromUnits(free))
	}
	p.quantity += int64(f.Side) * quantity
	p.cost, _ = p.cost.Add(value)
	if e.terms.Mode == exchange.Isolated {
		p.margin, _ = p.margin.Add(needs)
	}
	return nil
}

// byMargin returns the largest quantity that the fraction of the free margin backs, its
// fee included: notional ÷ leverage + fee ≤ free × fraction.
func (e *Engine) byMargin(in *listing, o *order, price int64) (exchange.Units, bool) {
	if e.terms.Kind == exchange.MarginAccount {
		return e.byBorrowing(in, o, price)
	}
	budget, fits := e.freeMargin(in).MulDiv(o.Size.Fraction, one, wide.Floor)
	if !fits || budget.Sign() <= 0 {
		return exchange.Units{}, fits
	}
	rate := e.fees.taker
	if e.fees.tiers != nil {
		rate = e.fees.highest
	}
	// Notional at most budget × leverage ÷ (1 + leverage × rate).
	whole := big.NewInt(one)
	most := new(big.Int).Mul(budget.Big(), big.NewInt(e.leverage))
	most.Mul(most, whole)
	by := new(big.Int).Mul(big.NewInt(e.leverage), big.NewInt(int64(rate)))
	by.Add(by, new(big.Int).Mul(whole, whole))
	if in.inverse {
		most.Mul(most, big.NewInt(price))
		by.Mul(by, wide.Mul(in.size, in.toBase).Big()).Mul(by, big.NewInt(in.toBaseMore))
	} else {
		most.Mul(most, big.NewInt(in.fromLedger))
		by.Mul(by, wide.Mul(price, in.toLedger).Big())
	}
	units, fits := wide.FromBig(most.Quo(most, by))
	quantity, small := units.Int64()
	if !fits || !small {
		return units, false
	}
	// Margin and fee are rounded up each, so that the last unit may be one too many.
	for ; quantity > 0; quantity-- {
		notional, _ := in.notional(price, quantity)
		fee, _ := rate.Fee(notional)
		if all, _ := e.initial(notional).Add(fee); all.Cmp(budget) <= 0 {
			break
		}
	}
	return wide.Of(quantity), true
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}
