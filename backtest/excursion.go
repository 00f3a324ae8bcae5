package backtest

import (
	"math"
	"sort"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/trading"
)

// StatsInput returns the run as statistics take it, to compute its figures by another
// convention, its returns, or its trades in groups. The trades are measured: MAE and
// MFE are those of the highs and lows of the shortest series of their instrument, from
// the bar of the first fill in to the last bar that ended by the last fill out, and of
// the price out itself. They hold the whole quantity against the average price in, also
// before all of it was bought. What a bar did before a fill within it counts.
//
// It walks over the bars that were held; nothing of it is kept.
func (r *Result) StatsInput() stats.Input {
	in := stats.Input{Times: r.Equity.Times, Equity: r.Equity.Units, Trades: statsTrades(r.Trades)}
	in.Start, _ = exchange.ToUnits("cash", r.Cash.Value) // a run has checked it
	in.End = in.Start
	if n := len(r.Equity.Units); n > 0 {
		in.End = r.Equity.Units[n-1]
	}
	if !r.Stats.From.IsZero() {
		in.From = r.Stats.From.UnixNano()
	}
	for i := range r.Open {
		in.OpenBars += len(r.Equity.Units) - r.Open[i].EntryMoment
	}
	series := map[*market.Instrument]*market.Series{}
	for i := range r.Trades {
		of := r.Trades[i].Instrument
		s, ok := series[of]
		if !ok {
			s = r.shortest(of)
			series[of] = s
		}
		if s != nil {
			measure(&in.Trades[i], &r.Trades[i], s)
		}
	}
	return in
}

// shortest returns the shortest series of an instrument; nil when there is none.
func (r *Result) shortest(of *market.Instrument) *market.Series {
	var found *market.Series
	for _, s := range r.Data {
		if s.Instrument.Venue == of.Venue && s.Instrument.Symbol == of.Symbol && s.Instrument.PriceScale == of.PriceScale &&
			(found == nil || s.Timeframe.Compare(found.Timeframe) < 0) {
			found = s
		}
	}
	return found
}

// measure fills in how far a trade stood in loss and in profit.
func measure(out *stats.Trade, t *trading.Trade, s *market.Series) {
	closes := s.Closes()
	first := sort.Search(len(closes), func(i int) bool { return closes[i] > t.EntryTime })
	last := sort.Search(len(closes), func(i int) bool { return closes[i] > t.ExitTime })
	highest, lowest := int64(math.MinInt64), int64(math.MaxInt64)
	for i := first; i < last; i++ {
		highest, lowest = max(highest, s.High[i]), min(lowest, s.Low[i])
	}
	high, low := t.ExitNotional, t.ExitNotional
	if last > first {
		top, ok := notional(t, highest)
		bottom, fits := notional(t, lowest)
		if !ok || !fits {
			return
		}
		high, low = larger(high, top), smaller(low, bottom)
	}
	best, fits := high.Sub(t.EntryNotional)
	worst, ok := low.Sub(t.EntryNotional)
	if t.Side == exchange.Sell && fits && ok {
		up := best
		best, ok = worst.Neg()
		worst, fits = up.Neg()
	}
	if fits && ok {
		out.MFE, out.MAE, out.Measured = larger(best, wide.Int{}), smaller(worst, wide.Int{}), true
	}
}

// notional is a price times the quantity of a trade, in ledger units.
func notional(t *trading.Trade, price int64) (exchange.Units, bool) {
	return wide.Mul(price, t.Quantity).Times(wide.Pow10(exchange.LedgerScale - t.Instrument.PriceScale - t.Instrument.QuantityScale))
}

func larger(a, b wide.Int) wide.Int {
	if a.Cmp(b) < 0 {
		return b
	}
	return a
}

func smaller(a, b wide.Int) wide.Int {
	if b.Cmp(a) < 0 {
		return b
	}
	return a
}

// BuyAndHold returns what holding would have made: all cash put into the first series'
// instrument at its first open, without fees, marked at its closes. It is what
// stats.Compare takes. ErrNoData when there is no bar.
func (r *Result) BuyAndHold() (stats.Input, error) {
	if len(r.Data) == 0 || r.Data[0].Len() == 0 {
		return stats.Input{}, ErrNoData
	}
	s := r.Data[0]
	if s.Open[0] <= 0 {
		return stats.Input{}, tradekeel.Invalidf("data", "%s %s opens at %s: nothing can be bought", s.Instrument, s.Timeframe, s.Instrument.Price(s.Open[0]))
	}
	cash, err := exchange.ToUnits("cash", r.Cash.Value)
	if err != nil {
		return stats.Input{}, err
	}
	in := stats.Input{Start: cash, From: s.Time[0], Times: s.Closes(), Equity: make([]exchange.Units, s.Len())}
	for i, price := range s.Close {
		value, fits := cash.MulDiv(price, s.Open[0], wide.Nearest)
		if !fits {
			return stats.Input{}, tradekeel.Invalidf("cash", "%s of %s held to the end do not fit in the ledger", r.Cash, s.Instrument)
		}
		in.Equity[i] = value
	}
	in.End = in.Equity[s.Len()-1]
	return in, nil
}
