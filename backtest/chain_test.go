package backtest_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// TestChain cuts a run in three where nothing is held: chained, the pieces are the whole.
func TestChain(t *testing.T) {
	t.Parallel()
	series := minuteYear(20_000)
	c := backtest.Config{
		Strategy: smacross.Strategy, Data: []*market.Series{series}, Cash: money.MustParse("10000 USDT"),
	}
	run := func(from, to int64, cash money.Amount) *backtest.Result {
		c := c
		c.Cash = cash
		if from > 0 {
			c.From, c.WarmFrom = time.Unix(0, from), time.Unix(0, series.Time[0])
		}
		if to > 0 {
			c.To = time.Unix(0, to)
		}
		r, err := backtest.Run(t.Context(), c)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	whole := run(0, 0, c.Cash)
	// A minute after an exit nothing is held and nothing is decided.
	cut := func(trade int) int64 { return whole.Trades[trade].Exit().Add(time.Minute).UnixNano() }
	first := run(0, cut(100), c.Cash)
	second := run(cut(100), cut(200), first.Final())
	third := run(cut(200), 0, second.Final())
	got, err := backtest.Chain(stats.Convention{}, first, second, third)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got.Equity.Times, whole.Equity.Times) || !slices.Equal(got.Equity.Units, whole.Equity.Units) {
		t.Error("the equity is another")
	}
	if got.Stats.Trades != whole.Stats.Trades || got.Stats.String() != whole.Stats.String() || math.Abs(float64(got.Stats.Exposure-whole.Stats.Exposure)) > 1e-12 {
		t.Errorf("got %s, the whole run has %s", got.Stats, whole.Stats)
	}
	if !got.Final().Equal(whole.Final()) {
		t.Errorf("got %s, want %s", got.Final(), whole.Final())
	}
	for name, results := range map[string][]*backtest.Result{
		"none": nil, "out of order": {first, third, second}, "twice": {first, first}, "other cash": {first, run(cut(100), 0, c.Cash)},
	} {
		if _, err := backtest.Chain(stats.Convention{}, results...); tradekeel.KindOf(err) != tradekeel.Invalid {
			t.Errorf("%s: %v", name, err)
		}
	}
}
