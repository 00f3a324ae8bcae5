package backtest_test

import (
	"reflect"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// TestWarmFrom cuts a run at a moment where nothing is held. With the bars before it to
// warm up, the part behind it trades at the same moments and prices as the whole; without
// them it misses what the indicators could not tell.
func TestWarmFrom(t *testing.T) {
	t.Parallel()
	series := minuteYear(20_000)
	twoFrames := document.MustParse(`{"name": "two frames", "version": 1, "timeframe": "5m",
		"let": {"slow": {"on": ["1h", {"sma": ["close", 8]}]}, "fast": {"sma": ["close", 20]}},
		"enter": {"long": {"crosses_above": ["fast", "slow"]}},
		"exit": {"long": {"crosses_below": ["fast", "slow"]}}, "size": {"percent_of_cash": 100}}`)
	for name, s := range map[string]strategy.Strategy{
		"one series":  smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = 50, 400 }),
		"two frames":  twoFrames,
		"daily trend": smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = 200, 1440 }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run := func(c backtest.Config) *backtest.Result {
				c.Strategy, c.Data, c.Cash = s, []*market.Series{series}, money.MustParse("10000 USDT")
				result, err := backtest.Run(t.Context(), c)
				if err != nil {
					t.Fatal(err)
				}
				return result
			}
			whole := run(backtest.Config{})
			if len(whole.Trades) < 3 {
				t.Fatalf("there are only %d trades", len(whole.Trades))
			}
			half := whole.Trades[len(whole.Trades)/2]
			// Not at a whole hour: a candle of the longer timeframe straddles it. Two candles
			// of the strategy come before the entry: a cross needs one to have come from.
			from := half.Entry().Add(-10 * time.Minute).Truncate(5 * time.Minute)
			warm := backtest.Config{From: from, WarmFrom: time.Unix(0, series.Time[0])}
			part := run(warm)
			var want []exchange.Fill
			for _, f := range whole.Fills {
				if f.Time > from.UnixNano() {
					want = append(want, f)
				}
			}
			if len(part.Fills) != len(want) {
				t.Fatalf("there are %d fills, the whole run has %d behind %s", len(part.Fills), len(want), from)
			}
			for i, f := range part.Fills {
				if f.Time != want[i].Time || f.Price != want[i].Price || f.Side != want[i].Side {
					t.Fatalf("fill %d is %+v, of the whole run %+v", i, f, want[i])
				}
			}
			if first := part.Equity.Times[0]; first <= from.UnixNano() || part.Stats.From.Before(from) || part.Stats.Bars != len(part.Equity.Times) {
				t.Errorf("equity begins at %s, statistics at %s", time.Unix(0, first).UTC(), part.Stats.From)
			}
			cold := run(backtest.Config{From: from})
			if reflect.DeepEqual(cold.Fills, part.Fills) {
				t.Error("the bars before changed nothing: this tests nothing")
			}
			if len(cold.Equity.Times) != len(part.Equity.Times) {
				t.Errorf("%d moments of equity, without the bars before %d", len(part.Equity.Times), len(cold.Equity.Times))
			}
			warm.Streamed = true
			if streamed := run(warm); !reflect.DeepEqual(streamed.Fills, part.Fills) || streamed.Stats.String() != part.Stats.String() {
				t.Error("streamed bars give another result")
			}
		})
	}
}

func TestWarmFromIsChecked(t *testing.T) {
	t.Parallel()
	series := minuteYear(100)
	at := time.Unix(0, series.Time[50])
	for _, c := range []backtest.Config{{WarmFrom: at}, {WarmFrom: at, From: at.Add(-time.Minute)}} {
		c.Strategy, c.Data, c.Cash = smacross.Strategy, []*market.Series{series}, money.MustParse("10000 USDT")
		if faults := tradekeel.Violations(backtest.Check(c)); len(faults) != 1 || faults[0].Field != "warm_from" {
			t.Errorf("got %v, want a fault of warm_from", faults)
		}
	}
}
