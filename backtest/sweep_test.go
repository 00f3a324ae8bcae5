package backtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// sameAsRun holds one row of a sweep to a run of its own.
func sameAsRun(t *testing.T, c backtest.Config, got backtest.Swept) *backtest.Result {
	t.Helper()
	r, err := backtest.Run(t.Context(), c)
	if err != nil {
		if got.Err == nil || got.Err.Error() != err.Error() {
			t.Fatalf("%s: the sweep says %v, a run %v", c.Strategy.Name(), got.Err, err)
		}
		return nil
	}
	var fees exchange.Units
	for i := range r.Fills {
		fees, _ = fees.Add(r.Fills[i].Fee)
	}
	want := backtest.Swept{
		Final: r.Equity.Units[len(r.Equity.Units)-1], Fees: fees, Fills: len(r.Fills), Trades: len(r.Trades),
		Refused: len(r.Refused), MaxDrawdown: r.Stats.MaxDrawdown,
	}
	if got != want {
		t.Fatalf("%s %v:\nswept %+v\nrun   %+v", c.Strategy.Name(), c.Strategy.Parameters(), got, want)
	}
	return r
}

// TestSweepPairs: of all 1,590 pairs, fifty come to the same as runs of their own.
func TestSweepPairs(t *testing.T) {
	t.Parallel()
	all, _ := pairs()
	series := minuteYear(40_000)
	c := backtest.SweepConfig{Strategies: all, Data: series, Cash: money.MustParse("1000000 USDT"), Fees: exchange.FlatFee(decimal.New(1, -3)), Workers: 2}
	out, err := backtest.Sweep(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	chance := rand.New(rand.NewPCG(1590, 1))
	for _, i := range chance.Perm(len(all))[:50] {
		r := sameAsRun(t, backtest.Config{Strategy: all[i], Data: []*market.Series{series}, Cash: c.Cash, Fees: c.Fees}, out[i])
		if len(r.Trades) < 100 {
			t.Errorf("%v trades %d times: that says little", all[i].Parameters(), len(r.Trades))
		}
	}
}

// ruledDocument writes a document of rules alone, or nearly so.
func ruledDocument(r *rand.Rand) string {
	line := func() any {
		switch r.IntN(6) {
		case 0:
			return "close"
		case 1:
			return map[string]any{"ema": []int{1 + r.IntN(20)}}
		case 2:
			return map[string]any{"bbands.upper": []any{"close", 2 + r.IntN(10), 1}}
		case 3:
			return map[string]any{"add": []any{map[string]any{"sma": []int{1 + r.IntN(20)}}, r.IntN(3) - 1}}
		default:
			return map[string]any{"sma": []int{1 + r.IntN(40)}}
		}
	}
	pick := func(of ...string) string { return of[r.IntN(len(of))] }
	condition := func() any {
		op := pick("crosses_above", "crosses_below", "crosses_above", "crosses_below", "crosses", "gt", "lt")
		one := map[string]any{op: []any{line(), line()}}
		if r.IntN(4) == 0 {
			return map[string]any{pick("all", "any"): []any{one, map[string]any{"gt": []any{line(), line()}}}}
		}
		return one
	}
	d := map[string]any{
		"name": "chance", "version": 1, "timeframe": "1h", "enter": map[string]any{"long": condition()},
		"size": []any{
			map[string]any{"percent_of_cash": 100}, map[string]any{"percent_of_cash": 33.3}, map[string]any{"quote": 2000},
			map[string]any{"quantity": "7.5", "whole": true}, map[string]any{"percent_of_equity": 50}, map[string]any{"quote": 1},
		}[r.IntN(6)],
	}
	if r.IntN(8) > 0 {
		d["exit"] = map[string]any{"long": condition()}
	}
	if r.IntN(8) == 0 { // this is no rule: Run does it
		d["stop"] = map[string]any{"percent": 3}
	}
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// TestSweepEqualsRun: sweeps of documents by chance, over candles by chance, come to
// the same as runs, to the last unit, under rules of a venue and fees by chance.
func TestSweepEqualsRun(t *testing.T) {
	t.Parallel()
	trades, refused := 0, 0
	for seed := range uint64(sweeps()) {
		r := rand.New(rand.NewPCG(seed, 7))
		var all []strategy.Strategy
		for range 1 + r.IntN(8) {
			all = append(all, document.MustParse(ruledDocument(r)))
		}
		series := jagged(r, 30+r.IntN(3000))
		c := backtest.SweepConfig{
			Strategies: all, Data: series, Cash: money.MustParse("10000 USDT"),
			Fees: exchange.FlatFee(decimal.New(int64(r.IntN(30)), -4)), Gaps: backtest.AcceptGaps, Workers: 1 + r.IntN(3),
		}
		out, err := backtest.Sweep(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			run := backtest.Config{Strategy: all[i], Data: []*market.Series{series}, Cash: c.Cash, Fees: c.Fees, Gaps: c.Gaps, Streamed: r.IntN(3) == 0}
			t.Log(seed, i)
			if result := sameAsRun(t, run, out[i]); result != nil {
				trades, refused = trades+len(result.Trades), refused+len(result.Refused)
			}
		}
	}
	if trades < 20*sweeps() || refused == 0 {
		t.Errorf("%d trades and %d refusals say too little", trades, refused)
	}
}

// jagged is hours that walk at random on a coarse tick, so that lines often tie, with
// gaps, and under rules of a venue that change.
func jagged(r *rand.Rand, bars int) *market.Series {
	in := market.MustSpot("BTC/USDT")
	in.PriceScale, in.QuantityScale = 2, 4
	const begin = 1_600_000_000_000_000_000 / int64(market.H1) * int64(market.H1)
	if r.IntN(2) == 0 {
		in.Rules = []market.Rules{
			{From: unixNano(begin), Tick: decimal.New(1, -2), Lot: decimal.New(1, -3), MinNotional: decimal.NewFromInt(5)},
			{From: unixNano(begin + int64(bars/2)*int64(market.H1)), Tick: decimal.New(1, -2), Lot: decimal.New(1, -1), MinNotional: decimal.NewFromInt(50)},
		}
	}
	s := market.NewSeries(in, market.H1, 2, bars)
	step := int64(1 + r.IntN(4))
	price := int64(100)
	for i := range bars {
		if r.IntN(60) == 0 {
			continue
		}
		open := max(20, price+int64(r.IntN(3))-1)
		price = max(20, min(400, open+(int64(r.IntN(9))-4)*step))
		s.Append(market.Bar{
			Time: begin + int64(i)*int64(market.H1), Open: open * 100, Close: price * 100,
			High: (max(open, price) + int64(r.IntN(3))) * 100, Low: (min(open, price) - int64(r.IntN(3))) * 100, Volume: int64(r.IntN(9)) * 100,
		})
	}
	return s
}

// TestSweepFaults: what is wrong with one strategy is told with it, what is wrong with
// the rest is told of all.
func TestSweepFaults(t *testing.T) {
	t.Parallel()
	all, _ := pairs()
	series := minuteYear(3000)
	bad := document.MustParse(crossDocument)
	c := backtest.SweepConfig{Strategies: []strategy.Strategy{all[0], nil, all[1], bad}, Data: series, Cash: money.MustParse("1000 USDT")}
	out, err := backtest.Sweep(t.Context(), c)
	if err != nil || out[0].Err != nil || out[2].Err != nil || out[3].Err != nil || out[1].Err == nil {
		t.Errorf("the sweep says %v, %v", out, err)
	}
	c.Data = nil
	if _, err := backtest.Sweep(t.Context(), c); !errors.Is(err, backtest.ErrNoData) {
		t.Errorf("without candles: %v", err)
	}
	c.Strategies = nil
	if _, err := backtest.Sweep(t.Context(), c); !errors.Is(err, &tradekeel.Error{Kind: tradekeel.Invalid}) && err == nil {
		t.Errorf("without strategies: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c.Strategies, c.Data = all[:10], series
	if _, err := backtest.Sweep(ended, c); !errors.Is(err, tradekeel.ErrCanceled) {
		t.Errorf("canceled: %v", err)
	}
	_ = fmt.Sprint
}
