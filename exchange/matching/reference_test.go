package matching_test

import (
	"math/big"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// reference keeps the books of an account in rational numbers, from fills and movements
// alone. Amounts are ledger units.
type reference struct {
	in       *market.Instrument
	terms    exchange.Terms
	balances map[money.Currency]*big.Rat
	sides    [3]held
}

type held struct{ quantity, cost, margin *big.Rat }

func newReference(c matching.Config) *reference {
	r := &reference{in: c.Instruments[0], terms: c.Terms, balances: map[money.Currency]*big.Rat{}}
	for currency, units := range c.Balances {
		r.balances[currency] = new(big.Rat).SetInt(units.Big())
	}
	for i := range r.sides {
		r.sides[i] = held{new(big.Rat), new(big.Rat), new(big.Rat)}
	}
	return r
}

func (r *reference) add(currency money.Currency, amount *big.Rat) {
	if r.balances[currency] == nil {
		r.balances[currency] = new(big.Rat)
	}
	r.balances[currency].Add(r.balances[currency], amount)
}

func ratOf(u exchange.Units) *big.Rat { return new(big.Rat).SetInt(u.Big()) }

func (r *reference) move(m *exchange.Movement) {
	r.add(m.Currency, ratOf(m.Amount))
	if m.Kind == exchange.Funding && r.terms.Mode == exchange.Isolated {
		p := r.sides[m.Position]
		p.margin.Add(p.margin, ratOf(m.Amount))
	}
}

// value is what a quantity is worth at a price, from the definition.
func (r *reference) value(price, quantity int64) *big.Rat {
	p := new(big.Rat).Mul(r.in.Price(price).Rat(), big.NewRat(1, 1))
	v := r.in.Quantity(quantity).Rat()
	if !r.in.ContractSize.IsZero() {
		v.Mul(v, r.in.ContractSize.Rat())
	}
	if r.in.Kind == market.Inverse {
		v.Quo(v, p)
	} else {
		v.Mul(v, p)
	}
	return nearest(v.Mul(v, new(big.Rat).SetInt64(1e18)))
}

func (r *reference) fill(f *exchange.Fill) {
	currency := f.FeeCurrency
	if currency == "" {
		currency = r.in.Settle()
	}
	r.add(currency, new(big.Rat).Neg(ratOf(f.Fee)))
	if ratOf(f.Notional).Cmp(r.value(f.Price, f.Quantity)) != 0 {
		r.add(r.in.Settle(), big.NewRat(1, 3)) // shows as a wrong balance
	}
	side := big.NewRat(int64(f.Side), 1)
	if r.in.Kind == market.Spot {
		base := r.in.Quantity(f.Quantity).Rat()
		base.Mul(base, new(big.Rat).SetInt64(1e18))
		r.add(r.in.Base, base.Mul(base, side))
		r.add(r.in.Quote, new(big.Rat).Neg(side.Mul(side, ratOf(f.Notional))))
		return
	}
	p := r.sides[f.Position]
	opens := f.Quantity
	if p.quantity.Sign()*side.Sign() < 0 {
		have := new(big.Rat).Abs(p.quantity)
		closes := new(big.Rat).SetInt64(f.Quantity)
		if closes.Cmp(have) > 0 {
			closes.Set(have)
		}
		part := new(big.Rat).Quo(closes, have)
		cost, margin := nearest(new(big.Rat).Mul(p.cost, part)), nearest(new(big.Rat).Mul(p.margin, part))
		closed := closes.Num().Int64()
		profit := new(big.Rat).Sub(r.value(f.Price, closed), cost)
		if (p.quantity.Sign() < 0) != (r.in.Kind == market.Inverse) {
			profit.Neg(profit)
		}
		r.add(r.in.Settle(), profit)
		p.cost.Sub(p.cost, cost)
		p.margin.Sub(p.margin, margin)
		p.quantity.Add(p.quantity, new(big.Rat).Mul(closes, side))
		opens -= closed
	}
	if opens == 0 {
		return
	}
	cost := ratOf(f.Notional)
	if opens < f.Quantity {
		cost.Sub(cost, r.value(f.Price, f.Quantity-opens))
	}
	p.cost.Add(p.cost, cost)
	p.quantity.Add(p.quantity, side.Mul(side, new(big.Rat).SetInt64(opens)))
	if r.terms.Mode == exchange.Isolated {
		p.margin.Add(p.margin, ceiling(cost.Quo(cost, r.terms.Leverage.Rat())))
	}
}

func (r *reference) balance(currency money.Currency) *big.Int {
	b := r.balances[currency]
	if b == nil {
		return new(big.Int)
	}
	if !b.IsInt() {
		return big.NewInt(-1)
	}
	return b.Num()
}

func (r *reference) position(side exchange.PositionSide) (int64, *big.Int, *big.Int) {
	p := r.sides[side]
	return p.quantity.Num().Int64(), p.cost.Num(), p.margin.Num()
}

// nearest rounds to a whole number, ties to even.
func nearest(v *big.Rat) *big.Rat {
	two := big.NewInt(2)
	twice := new(big.Rat).Mul(v, big.NewRat(2, 1))
	floor := new(big.Int).Div(v.Num(), v.Denom())
	if twice.IsInt() && !v.IsInt() { // a tie
		if new(big.Int).Mod(floor, two).Sign() != 0 {
			floor.Add(floor, big.NewInt(1))
		}
		return new(big.Rat).SetInt(floor)
	}
	half := new(big.Rat).Add(v, big.NewRat(1, 2))
	return new(big.Rat).SetInt(new(big.Int).Div(half.Num(), half.Denom()))
}

func ceiling(v *big.Rat) *big.Rat {
	q := new(big.Int).Div(new(big.Int).Neg(v.Num()), v.Denom())
	return new(big.Rat).SetInt(q.Neg(q))
}
