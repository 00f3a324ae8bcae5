package backtest_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

func bundledHours(t testing.TB) *market.Series {
	t.Helper()
	s, err := market.ReadCSVFile("../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func runOver(t testing.TB, s strategy.Strategy, change func(*backtest.Config), data ...*market.Series) *backtest.Result {
	t.Helper()
	c := backtest.Config{Strategy: s, Data: data, Cash: money.MustParse("10000 USDT"), Gaps: backtest.AcceptGaps}
	if change != nil {
		change(&c)
	}
	r, err := backtest.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestDocumentEqualsCode: the cross of two averages gives the same trades as a
// document and in Go.
func TestDocumentEqualsCode(t *testing.T) {
	t.Parallel()
	hours := bundledHours(t)
	inGo := runOver(t, smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = 20, 50 }), nil, hours)
	said := runOver(t, document.MustParse(`{
		"name": "cross", "version": 1, "timeframe": "1h",
		"let": {"fast": {"sma": ["close", 20]}, "slow": {"sma": [50]}},
		"enter": {"long": {"crosses_above": ["fast", "slow"]}}, "exit": {"long": {"crosses_below": ["fast", "slow"]}},
		"size": {"percent_of_cash": 100}}`), nil, hours)
	if len(said.Fills) == 0 || !reflect.DeepEqual(said.Fills, inGo.Fills) || !reflect.DeepEqual(said.Equity, inGo.Equity) {
		t.Errorf("%d fills as a document, %d in Go", len(said.Fills), len(inGo.Fills))
	}
}

// TestDocumentReadsLongerCandles: candles of another timeframe are made of those that
// are there, and a condition on them changes at their close, not before.
func TestDocumentReadsLongerCandles(t *testing.T) {
	t.Parallel()
	hours := bundledHours(t)
	d := document.MustParse(`{
		"name": "trend above", "version": 1, "timeframe": "1h",
		"enter": {"long": {"on": ["4h", {"crosses_above": ["close", {"sma": ["close", 10]}]}]}},
		"exit": {"long": {"on": ["4h", {"lt": ["close", {"sma": ["close", 10]}]}]}},
		"size": {"percent_of_cash": 100}}`)
	derived := runOver(t, d, nil, hours)
	fours, err := market.Resample(hours, market.H4)
	if err != nil {
		t.Fatal(err)
	}
	if first := fours.Time[0]; first < hours.Time[0] {
		fours = fours.Slice(1, fours.Len())
	}
	given := runOver(t, d, nil, hours, fours.Slice(0, fours.Len()-1))
	if len(derived.Fills) < 20 || !reflect.DeepEqual(derived.Fills, given.Fills) {
		t.Errorf("%d fills with candles that were made, %d with those given", len(derived.Fills), len(given.Fills))
	}
	for _, f := range derived.Fills {
		if f.Side > 0 && f.Time%int64(market.H4) != 0 {
			t.Errorf("bought at %s, where no candle of 4h closes", time.Unix(0, f.Time).UTC())
		}
	}
	// A main timeframe that is not there is made, too; orders fill at the finer opens.
	daily := document.MustParse(strings.NewReplacer(`"1h"`, `"4h"`, `"4h"`, `"1d"`).Replace(`{
		"name": "made", "version": 1, "timeframe": "1h",
		"enter": {"long": {"on": ["4h", {"gt": ["close", {"sma": ["close", 3]}]}]}}, "exit": {"long": {"falling": ["close", 3]}},
		"size": {"percent_of_cash": 100}}`))
	if r := runOver(t, daily, nil, hours); len(r.Trades) == 0 {
		t.Error("nothing traded over candles that were made")
	}
	fine := document.MustParse(`{"name": "x", "version": 1, "timeframe": "5m", "enter": {"long": true}, "size": {"percent_of_cash": 100}}`)
	_, err = backtest.Run(t.Context(), backtest.Config{Strategy: fine, Data: []*market.Series{hours}, Cash: money.MustParse("1 USDT"), Gaps: backtest.AcceptGaps})
	if err == nil || !strings.Contains(err.Error(), "the strategy reads 5m candles; the run has BTC/USDT 1h") {
		t.Errorf("candles that cannot be made gave %v", err)
	}
}

// TestDocumentHearsSignals: a signal is known at the first close at or after it.
func TestDocumentHearsSignals(t *testing.T) {
	t.Parallel()
	hours := bundledHours(t)
	d := document.MustParse(`{"name": "alerts", "version": 1, "timeframe": "1h",
		"enter": {"long": {"signal": "buy"}}, "exit": {"long": {"signal": ["sell", 2]}}, "size": {"percent_of_cash": 100}}`)
	at := func(bar int, d time.Duration) time.Time { return time.Unix(0, hours.Time[bar]).UTC().Add(d) }
	for _, streamed := range []bool{false, true} {
		r := runOver(t, d, func(c *backtest.Config) {
			c.Streamed = streamed
			c.Signals = []backtest.Signal{{"sell", at(50, time.Hour)}, {"buy", at(20, time.Minute)}, {"other", at(3, 0)}}
		}, hours)
		if len(r.Trades) != 1 || r.Trades[0].EntryTime != hours.Time[21] || r.Trades[0].ExitTime != hours.Time[51] {
			t.Errorf("streamed %v: %+v", streamed, r.Trades)
		}
	}
}

// TestExplain: the decision of a backtest is told with the position that it had.
func TestExplain(t *testing.T) {
	t.Parallel()
	hours := bundledHours(t)
	d := document.MustParse(`{"name": "hold", "version": 1, "timeframe": "1h",
		"enter": {"long": {"crosses_above": ["close", {"sma": [20]}]}}, "exit": {"long": {"any": [{"in_profit_by": 2}, {"open_for": "2d"}]}},
		"size": {"percent_of_cash": 100}}`)
	c := backtest.Config{Strategy: d, Data: []*market.Series{hours}, Cash: money.MustParse("10000 USDT"), Gaps: backtest.AcceptGaps}
	r := runOver(t, d, nil, hours)
	trade := r.Trades[3]
	e, err := backtest.Explain(t.Context(), c, trade.Exit())
	if err != nil {
		t.Fatal(err)
	}
	if e.Action != "close" || !e.Time.Equal(trade.Exit()) || e.Reason != trade.ExitReason {
		t.Errorf("the close of %s is told as\n%s", trade.Exit(), e)
	}
	held, err := backtest.Explain(t.Context(), c, trade.Exit().Add(-time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	if held.Action != "hold" || !strings.Contains(held.String(), "position.profit_percent") {
		t.Errorf("the close before is told as\n%s", held)
	}
	if _, err := backtest.Explain(t.Context(), c, time.Unix(0, hours.Time[3])); err == nil {
		t.Error("a close without enough candles was explained")
	}
	c.Strategy = smacross.Strategy
	if _, err := backtest.Explain(t.Context(), c, trade.Exit()); err == nil || !strings.Contains(err.Error(), "does not explain") {
		t.Errorf("a strategy in Go was explained: %v", err)
	}
}

// TestExits: each way out of a position, on prices that touch it at a known close.
func TestExits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parts string
		// Each price is the open and close of a bar; low and high reach as far as given.
		closes []int64
		low    map[int]int64
		high   map[int]int64
		exits  string // bar of the exit's fill and its reason
	}{
		{`"stop": {"percent": 10}`, []int64{100, 100, 100, 100, 100, 100}, map[int]int64{3: 90}, nil, "4 stop"},
		{`"stop": {"percent": 10}`, []int64{100, 100, 100, 100, 100, 100}, map[int]int64{3: 91}, nil, "none"},
		{`"target": {"percent": 10}`, []int64{100, 100, 100, 100, 100, 100}, nil, map[int]int64{2: 110}, "3 target"},
		{`"stop": {"percent": 10}, "target": {"percent": 10}`, []int64{100, 100, 100, 100, 100, 100}, map[int]int64{2: 80}, map[int]int64{2: 120}, "3 stop"},
		{`"stop": {"percent": 10}, "target": {"risk": 2}`, []int64{100, 100, 100, 100, 100, 100}, nil, map[int]int64{3: 120}, "4 target"},
		{`"stop": {"price": {"sub": ["close", 5]}}`, []int64{100, 100, 100, 94, 100, 100}, nil, nil, "4 stop"},
		{`"trail": {"percent": 10}`, []int64{100, 100, 120, 109, 108, 100}, nil, nil, "5 trail"},
		{`"trail": {"percent": 10, "after_percent": 30}`, []int64{100, 100, 120, 108, 100, 99}, nil, nil, "none"},
		{`"trail": {"percent": 10, "after_percent": 20}`, []int64{100, 100, 120, 108, 100, 99}, nil, nil, "4 trail"},
		{`"time_exit": {"bars": 3}`, []int64{100, 100, 100, 100, 100, 100}, nil, nil, "4 time_exit"},
		{`"time_exit": {"hours": 2}`, []int64{100, 100, 100, 100, 100, 100}, nil, nil, "3 time_exit"},
		{`"exit": {"long": {"lt": ["position.profit_percent", -4]}}`, []int64{100, 100, 96, 95, 95, 95}, nil, nil, "4 exit.long"},
		{`"exit": {"long": {"gte": ["position.drawdown_percent", 10]}}`, []int64{100, 100, 120, 108, 108, 108}, nil, nil, "4 exit.long"},
	} {
		t.Run(c.parts, func(t *testing.T) {
			t.Parallel()
			s := path(c.closes, c.low, c.high)
			// Decided at the close of bar 0, filled at the open of bar 1.
			d := document.MustParse(fmt.Sprintf(`{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 50},
				"enter": {"long": {"in_position": false}}, "reentry": {"wait_bars": 1000}, %s}`, c.parts))
			r := runOver(t, d, nil, s)
			got := "none"
			if len(r.Trades) > 0 {
				got = fmt.Sprintf("%d %s", r.Trades[0].ExitTime/int64(market.H1), r.Trades[0].ExitReason)
			}
			if got != c.exits {
				t.Errorf("out at %s, want %s", got, c.exits)
			}
		})
	}
}

// path is hours whose closes are as given and whose opens are the closes before; lows
// and highs reach as far as given.
func path(closes []int64, low, high map[int]int64) *market.Series {
	s := market.NewSeries(market.MustSpot("BTC/USDT"), market.H1, 0, 0)
	for i, v := range closes {
		b := market.Bar{Time: int64(i) * int64(market.H1), Open: v, High: v, Low: v, Close: v}
		if i > 0 {
			b.Open = closes[i-1]
			b.High, b.Low = max(b.Open, b.Close), min(b.Open, b.Close)
		}
		if v, ok := low[i]; ok {
			b.Low = v
		}
		if v, ok := high[i]; ok {
			b.High = v
		}
		b.Open, b.High, b.Low, b.Close = b.Open*1e8, b.High*1e8, b.Low*1e8, b.Close*1e8
		s.Append(b)
	}
	return s
}

func flat(n int) []int64 {
	closes := make([]int64, n)
	for i := range closes {
		closes[i] = 100
	}
	return closes
}

// TestDocumentSizes: what an entry buys at 100 with 10000 of cash.
func TestDocumentSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ size, quantity string }{
		{`{"percent_of_cash": 50}`, "50"}, {`{"percent_of_equity": 20}`, "20"}, {`{"quote": "250"}`, "2.5"}, {`{"quote": 250.5}`, "2.505"},
		{`{"quantity": "0.125"}`, "0.125"}, {`{"quantity": "2.7", "whole": true}`, "2"}, {`{"quote": "$x"}`, "3"},
		{`{"risk_percent": 1}`, "10"},   // 1 % of 10000 is lost in 10 of price
		{`{"risk_percent": 50}`, "100"}, // would need five times the cash
	} {
		d := document.MustParse(fmt.Sprintf(`{"name": "x", "version": 1, "timeframe": "1h", "params": {"x": {"default": 300, "min": 1, "max": 500}},
			"size": %s, "stop": {"percent": 10}, "enter": {"long": {"in_position": false}}}`, c.size))
		r := runOver(t, d, nil, path(flat(4), nil, nil))
		if len(r.Open) != 1 || r.Open[0].Size().String() != c.quantity {
			t.Errorf("%s bought %+v, want %s", c.size, r.Open, c.quantity)
		}
	}
}

// TestLadder: each step of the ladder is bought once, at its place and with its size.
func TestLadder(t *testing.T) {
	t.Parallel()
	d := document.MustParse(`{"name": "x", "version": 1, "timeframe": "1h", "size": {"quote": "100"}, "enter": {"long": {"in_position": false}},
		"ladder": {"entries": 3, "every_percent": 2, "step_scale": 2, "size_scale": 3}, "target": {"percent": 5}}`)
	// Steps at 2, 6 and 14 percent below the first entry.
	closes := []int64{100, 100, 98, 98, 95, 94, 94, 85, 85, 80, 80, 80, 110, 110}
	r := runOver(t, d, nil, path(closes, nil, nil))
	var got []string
	for _, f := range r.Fills {
		got = append(got, fmt.Sprintf("%s %d at %d", f.Side, int(f.Notional.Float64()/1e18+0.5), f.Time/int64(market.H1)))
	}
	// After the exit the document enters again: the last of them.
	want := []string{"buy 100 at 1", "buy 300 at 3", "buy 900 at 6", "buy 2700 at 8"}
	if len(got) < 5 || !reflect.DeepEqual(got[:4], want) || !strings.HasPrefix(got[4], "sell") {
		t.Errorf("traded %v, want %v and a sale", got, want)
	}
	if r.Trades[0].ExitReason != "target" {
		t.Errorf("left by %s", r.Trades[0].ExitReason)
	}
}

// TestGuards: reentry and protections keep entries away as long as they say.
func TestGuards(t *testing.T) {
	t.Parallel()
	falling := make([]int64, 40)
	for i := range falling {
		falling[i] = 1000 - int64(i)*10
	}
	for _, c := range []struct {
		parts  string
		closes []int64
		enters []int64 // bars of the fills in
	}{
		{`"time_exit": {"bars": 2}`, flat(12), []int64{1, 4, 7, 10}},
		{`"time_exit": {"bars": 2}, "reentry": {"wait_bars": 3}`, flat(16), []int64{1, 7, 13}},
		{`"time_exit": {"bars": 2}, "reentry": {"after_loss_bars": 4}`, flat(10), []int64{1, 4, 7}},
		{`"time_exit": {"bars": 2}, "reentry": {"after_loss_bars": 4}`, falling[:16], []int64{1, 8, 15}},
		{`"time_exit": {"bars": 2}, "reentry": {"per_day": 2}`, flat(30), []int64{1, 4, 24, 27}},
		{`"time_exit": {"bars": 2}, "protect": {"loss_streak": 2, "pause_bars": 5}`, falling[:24], []int64{1, 4, 12, 15, 23}},
		{`"time_exit": {"bars": 2}, "protect": {"loss_streak": 2}`, falling, []int64{1, 4}},
		{`"time_exit": {"bars": 2}, "protect": {"drawdown_percent": 5, "pause_bars": 6}`, falling[:20], []int64{1, 4, 7, 15, 18}},
		{`"time_exit": {"bars": 1}, "protect": {"daily_loss_percent": 2}`, falling, []int64{1, 3, 5, 24, 26}},
	} {
		d := document.MustParse(fmt.Sprintf(`{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 90}, "enter": {"long": {"in_position": false}}, %s}`, c.parts))
		r := runOver(t, d, nil, path(c.closes, nil, nil))
		var got []int64
		for _, f := range r.Fills {
			if f.Side > 0 {
				got = append(got, f.Time/int64(market.H1))
			}
		}
		if !reflect.DeepEqual(got, c.enters) {
			t.Errorf("%s: bought at %v, want %v", c.parts, got, c.enters)
		}
	}
	// An entry must have been untrue since the last one.
	d := document.MustParse(`{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 90}, "time_exit": {"bars": 1},
		"enter": {"long": {"gt": ["close", 100]}}, "reentry": {"reset": true}}`)
	r := runOver(t, d, nil, path([]int64{100, 101, 101, 101, 101, 101, 100, 100, 101, 101, 101, 101}, nil, nil))
	if len(r.Trades) != 2 {
		t.Errorf("%d positions, want 2", len(r.Trades))
	}
}
