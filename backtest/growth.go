package backtest

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/stats"
)

// figures computes the statistics. Where money came or went they are of the growth of
// what was there, weighted by time, so that a deposit is no profit and a withdrawal no
// loss.
func (r *run) figures() (stats.Stats, error) {
	in := r.statsInput()
	if len(r.config.Transfers) == 0 {
		return r.stats.Compute(in)
	}
	in.Equity = r.growth()
	return stats.Compute(r.config.Convention, in)
}

// growth returns the equity as it would be had no money come or gone: from moment to
// moment it grows by (equity − what came meanwhile) ÷ the equity before, beginning with
// the cash. Source: the true time-weighted return, CFA Institute, GIPS 2020.
func (r *run) growth() []exchange.Units {
	moves := r.core.Movements()
	out := make([]exchange.Units, len(r.equity.Units))
	level, before := r.cash.Float64(), r.cash.Float64()
	next := 0
	for i, worth := range r.equity.Units {
		came := 0.0
		for ; next < len(moves) && moves[next].Time <= r.equity.Times[i]; next++ {
			if m := &moves[next]; m.Kind == exchange.Deposit || m.Kind == exchange.Withdrawal {
				came += m.Amount.Float64()
			}
		}
		now := worth.Float64()
		if before > 0 {
			level *= (now - came) / before
		}
		before = now
		out[i] = unitsOf(level)
	}
	return out
}

// unitsOf returns the whole units of a size that is no money, for statistics.
func unitsOf(v float64) exchange.Units {
	const word = 1 << 64
	negative := v < 0
	if negative {
		v = -v
	}
	high := int64(v / word)
	u := exchange.Units{Hi: high, Lo: uint64(v - float64(high)*word)}
	if negative {
		u, _ = u.Neg()
	}
	return u
}
