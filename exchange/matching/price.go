package matching

import (
	"math/big"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// worse returns what a market order pays where a price is the market's: half the
// spread and the slippage more, or less for a sale.
func (e *Engine) worse(in *listing, o *order, price, at int64) int64 {
	m := &e.model
	rate := m.rate
	switch {
	case !m.entriesOnly:
		rate += (m.spread + 1) / 2
	case !e.exits(in, &o.Order):
		rate += m.spread
	}
	slip, _ := wide.Of(price).MulDiv(rate, one, wide.Ceil)
	off, _ := slip.Int64()
	if m.span > 0 {
		part, _ := wide.Of(in.span).MulDiv(m.span, one, wide.Ceil)
		more, _ := part.Int64()
		off += more
	}
	limits := in.limits(true, at)
	paid := against(o.Side, price, off, limits.Tick)
	if m.impact == 0 || in.volume <= 0 {
		return paid
	}
	// The quantity depends on the price where cash is spent, and the impact on the
	// quantity: it is told at the price without impact, and the impact only makes it
	// smaller.
	quantity := o.left
	if quantity == 0 {
		q, refusal := e.sized(in, o, paid, limits)
		if refusal != nil {
			return paid // the fill refuses it, too
		}
		quantity = q
	}
	return against(o.Side, price, off+e.impact(in, price, quantity), limits.Tick)
}

// impact returns price × coefficient × (quantity ÷ volume)², rounded up, at most the
// price itself.
func (e *Engine) impact(in *listing, price, quantity int64) int64 {
	part := new(big.Int).Mul(big.NewInt(quantity), big.NewInt(quantity))
	part.Mul(part, big.NewInt(e.model.impact)).Mul(part, big.NewInt(price))
	by := new(big.Int).Mul(big.NewInt(in.volume), big.NewInt(in.volume))
	by.Mul(by, big.NewInt(one))
	part.Add(part, by).Sub(part, big.NewInt(1)).Quo(part, by)
	if !part.IsInt64() || part.Int64() > price {
		return price
	}
	return part.Int64()
}

// against moves a price against a side, to the tick that is not better.
func against(side exchange.Side, price, off, tick int64) int64 {
	if side == exchange.Buy {
		paid := price + off
		if rest := paid % tick; rest != 0 && off != 0 {
			paid += tick - rest
		}
		return paid
	}
	got := price - off
	if off != 0 {
		got -= got % tick
	}
	return max(tick, got)
}

// exits reports whether an order reduces a position: on spot, a sale.
func (e *Engine) exits(in *listing, o *exchange.Order) bool {
	if e.terms.Kind == exchange.SpotAccount {
		return o.Side == exchange.Sell
	}
	return e.reducible(in, o) > 0
}

// closes reports whether an order in hedge mode closes its position.
func closes(o *exchange.Order) bool {
	return o.Position == exchange.LongPosition && o.Side == exchange.Sell || o.Position == exchange.ShortPosition && o.Side == exchange.Buy
}
