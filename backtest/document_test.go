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
			s := market.NewSeries(market.MustSpot("BTC/USDT"), market.H1, 0, 0)
			for i, v := range c.closes {
				b := market.Bar{Time: int64(i) * int64(market.H1), Open: v, High: v, Low: v, Close: v}
				if i > 0 {
					b.Open = c.closes[i-1]
					b.High, b.Low = max(b.Open, b.Close), min(b.Open, b.Close)
				}
				if v, ok := c.low[i]; ok {
					b.Low = v
				}
				if v, ok := c.high[i]; ok {
					b.High = v
				}
				b.Open, b.High, b.Low, b.Close = b.Open*1e8, b.High*1e8, b.Low*1e8, b.Close*1e8
				s.Append(b)
			}
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
