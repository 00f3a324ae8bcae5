package backtest

import (
	"context"
	"math/bits"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
)

// sweep is the part of a sweep that one goroutine does.
type sweep struct {
	config     *SweepConfig
	data       *market.Series
	base       *run
	strategies []strategy.Strategy
	out        []Swept

	feed    *strategy.Feed // that the strategies share
	now     int64
	rows    []ruled
	ranges  ranges
	plain   []int // strategies that Run does
	judge   judge
	highest int64 // close
}

// ruled is one strategy under way.
type ruled struct {
	out   *Swept
	rules strategy.Rules
	read  reads
	warm  int // bars before the first close at which it is asked
	venue *matching.Engine

	buy, sell exchange.Order
	unbought  bool // every purchase is refused at once
	toLedger  int64
	cash      exchange.Units
	units     int64 // held
	scaled    int64 // units in ledger units of quote at the price 1
	highest   int64 // close of the series
	from      int   // the first bar whose equity is not taken in
	fill      exchange.Fill
	drawdown  drawdown
	lost      bool // a number left its range: Run tells where
}

func (s *sweep) all(ctx context.Context) error {
	for _, price := range s.data.Close {
		s.highest = max(s.highest, price)
	}
	s.feed = strategy.NewPreloadedFeed(0, s.data)
	s.feed.Clock(&s.now)
	var lines []*strategy.Indicator
	for i, one := range s.strategies {
		row := ruled{out: &s.out[i]}
		if one == nil {
			row.out.Err = tradekeel.Invalidf("strategy", "is missing")
			continue
		}
		if simple, err := s.build(one, &row); err != nil || !simple { // Run tells the fault
			s.plain = append(s.plain, i)
			continue
		}
		s.rows = append(s.rows, row)
		lines = append(lines, row.rules.Lines()...)
	}
	if len(s.rows) > 0 {
		s.feed.Only(lines)
		if err := s.walk(ctx); err != nil {
			return err
		}
	}
	for i := range s.rows {
		if row := &s.rows[i]; row.lost {
			for k := range s.out {
				if &s.out[k] == row.out {
					s.plain = append(s.plain, k)
				}
			}
		}
	}
	for _, i := range s.plain {
		if err := s.config.plain(ctx, s.strategies[i], &s.out[i]); err != nil {
			return err
		}
	}
	return nil
}

// build makes the instance of a strategy on the shared feed, and reports whether it is
// nothing but rules over the series as it is.
func (s *sweep) build(one strategy.Strategy, row *ruled) (bool, error) {
	// Whether its own feed is warm is told by what the strategy itself declares.
	own := strategy.NewFeed(0, s.data.Instrument, s.data.Timeframe, s.data.VolumeScale)
	r := run{config: Config{Strategy: one}}
	simple := false
	err := r.guarded(func() error {
		setup := strategy.NewSetup([]*strategy.Feed{own})
		instance, err := one.Build(setup)
		if err != nil {
			return err
		}
		if _, ok := instance.(strategy.Ruled); !ok || len(setup.Used()) != 1 || s.data.Instrument.Kind != market.Spot {
			return nil
		}
		if instance, err = one.Build(strategy.NewSetup([]*strategy.Feed{s.feed})); err != nil {
			return err
		}
		again, ok := instance.(strategy.Ruled)
		if !ok {
			return nil
		}
		// A share of the equity is resolved by each close: Run does that.
		row.rules, simple = again.Rules()
		simple = simple && row.rules.Size.Basis != strategy.EquityShare
		return nil
	})
	if err != nil || !simple {
		return false, err
	}
	in := s.data.Instrument
	balances := map[money.Currency]exchange.Units{s.config.Cash.Currency: s.base.cash}
	if row.venue, err = matching.New(matching.Config{Instruments: []*market.Instrument{in}, Fees: s.config.Fees, Balances: balances}); err != nil {
		return false, err
	}
	row.buy = exchange.Order{Side: exchange.Buy, Type: exchange.Market}
	row.sell = exchange.Order{Side: exchange.Sell, Type: exchange.Market}
	row.buy.Decided = s.data.Time[0]
	if !in.Listed.IsZero() { // the size is what is looked at, not the time
		row.buy.Decided = in.Listed.UnixNano()
	}
	if row.sell.Size, err = strategy.HoldingPercent(100).Resolve(s.feed, nil); err != nil {
		return false, err
	}
	row.unbought = !row.sized(s.feed)
	row.warm, row.cash, row.highest = own.Warmup(), s.base.cash, s.highest
	row.read = s.judge.reads(&row.rules)
	row.toLedger = wide.Pow10(exchange.LedgerScale - in.PriceScale - in.QuantityScale)
	row.drawdown.begin(s.base.cash)
	return true, nil
}

// sized resolves what a purchase asks for, and reports whether the venue takes it.
func (r *ruled) sized(f *strategy.Feed) bool {
	size, err := r.rules.Size.Resolve(f, nil)
	r.buy.Size, r.buy.Intent = size, 1
	return err == nil && r.venue.CheckSize(&r.buy) == nil
}

// walk goes over the bars, a block at a time.
func (s *sweep) walk(ctx context.Context) error {
	closes := s.data.Closes()
	for first := 0; first < len(closes); {
		if ctx.Err() != nil {
			return tradekeel.ErrCanceled.With("", "the sweep was canceled after %d of %d bars", first, len(closes)).Because(context.Cause(ctx))
		}
		n := s.feed.Ahead()
		b := block{data: s.data, first: first, n: n}
		s.ranges.of(s.data.Close[first : first+n])
		s.judge.begin(n)
		for i := range s.rows {
			if row := &s.rows[i]; !row.lost {
				row.block(&b, &s.judge, &s.ranges)
			}
		}
		s.feed.Skip(closes[first : first+n])
		first += n
	}
	for i := range s.rows {
		s.rows[i].end(s.data)
	}
	return nil
}

// block is bars of the series that are at hand.
type block struct {
	data     *market.Series
	first, n int
}

// block goes over a block from one close where a rule holds to the next.
func (r *ruled) block(b *block, j *judge, ranges *ranges) {
	enter, exit := j.of(&r.read)
	at := max(r.warm-b.first, 0) // the next close at which it may act
	last := b.n - 1
	for at <= last {
		holding := r.units != 0
		w := at >> 6
		var word uint64
		for mask := ^uint64(0) << (at & 63); ; mask = ^uint64(0) {
			if holding {
				word = exit[w] & mask
			} else {
				word = enter[w] &^ exit[w] & mask
			}
			if word != 0 {
				break
			}
			if w++; w > last>>6 {
				break
			}
		}
		if word == 0 {
			break
		}
		at = w<<6 + bits.TrailingZeros64(word)
		if at > last {
			break
		}
		r.act(b, at, ranges)
		if r.lost {
			return
		}
		at++
	}
	r.equity(b, b.n, ranges)
}

// act decides at a close: it sends the order and fills it at the next open.
func (r *ruled) act(b *block, at int, ranges *ranges) {
	bar := b.first + at
	order := &r.buy
	if r.units != 0 {
		order = &r.sell
	} else if r.unbought {
		r.out.Refused++
		return
	}
	if bar+1 >= b.data.Len() {
		return // it waits for ever
	}
	order.Intent = exchange.IntentID(r.out.Fills + r.out.Refused + 1)
	order.Decided = b.data.Time[bar+1]
	if refusal := r.venue.Fill(order, b.data.Open[bar+1], b.data.Time[bar+1], &r.fill); refusal != nil {
		r.out.Refused++
		return
	}
	r.equity(b, at+1, ranges)
	r.book()
}

// book takes in a fill.
func (r *ruled) book() {
	r.out.Fills++
	r.units += r.fill.Quantity * int64(r.fill.Side)
	if r.units == 0 {
		r.out.Trades++
	}
	_, r.cash = r.venue.Free(0)
	var small, fits bool
	r.scaled, small = wide.Mul(r.units, r.toLedger).Int64()
	r.out.Fees, fits = r.out.Fees.Add(r.fill.Fee)
	// Equity is a sum that cannot overflow as long as its terms are far from it.
	r.lost = !small || !fits || !summable(r.cash) || !summable(wide.Mul(r.scaled, r.highest))
}

// summable is the core's bound on the terms of the equity.
func summable(u exchange.Units) bool {
	const half = 118 - 64
	return u.Hi>>half == 0 || u.Hi>>half == -1
}

func (r *ruled) worth(price int64) exchange.Units {
	sum, _ := r.cash.Add(wide.Mul(r.scaled, price))
	return sum
}

// equity takes in the equity at the closes up to a bar of the block.
func (r *ruled) equity(b *block, until int, ranges *ranges) {
	from := r.from - b.first
	r.from = b.first + until
	if from >= until {
		return
	}
	if r.units == 0 {
		r.drawdown.add(r.cash.Float64())
		return
	}
	low, high := ranges.between(from, until)
	if r.worth(high).Float64() < r.drawdown.peak { // the lowest is the deepest then
		r.drawdown.add(r.worth(low).Float64())
		return
	}
	for _, price := range b.data.Close[b.first+from : b.first+until] {
		r.drawdown.add(r.worth(price).Float64())
	}
}

// end fills in what is known at the end.
func (r *ruled) end(data *market.Series) {
	if r.lost {
		return
	}
	r.out.Final = r.worth(data.Close[data.Len()-1])
	r.out.MaxDrawdown = stats.Number(r.drawdown.deepest)
}

// drawdown finds the deepest drawdown of an equity as package stats does.
type drawdown struct{ peak, floor, deepest float64 }

func (d *drawdown) begin(start exchange.Units) { d.peak, d.floor = start.Float64(), start.Float64() }

func (d *drawdown) add(value float64) {
	switch {
	case value >= d.peak:
		d.peak, d.floor = value, value*(1+d.deepest)
	case value < d.floor: // deeper than any before: only then is a division worth it
		d.deepest = value/d.peak - 1
		d.floor = value
	}
}
