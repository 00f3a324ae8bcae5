package strategy_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// kept are series in memory; the one named broken cannot be read.
type kept map[string]*market.Series

var errBroken = errors.New("the disk is broken")

func (k kept) Series(_ context.Context, key market.Key) (*market.Series, error) {
	if key.Venue == "broken" {
		return nil, errBroken
	}
	if s, ok := k[key.String()]; ok {
		return s, nil
	}
	return nil, market.ErrNoSeries.With("data", "there are no candles %s", key)
}

// needing is a strategy that reads several series.
type needing struct {
	strategy.Strategy

	timeframe market.Timeframe
	needs     []strategy.Need
}

func (n needing) Timeframe() market.Timeframe { return n.timeframe }
func (n needing) Needs() []strategy.Need      { return n.needs }

// SeriesOf finds the main series first, makes longer candles of the same instrument
// without the parts at both ends, and tells all that is missing.
func TestSeriesOf(t *testing.T) {
	t.Parallel()
	hours := func(symbol string, n int) *market.Series {
		in := market.MustSpot(symbol)
		in.Venue = "v"
		s := market.NewSeries(in, market.H1, 8, n)
		for i := range n { // from one o'clock on
			s.Append(market.Bar{Time: time.Date(2024, 1, 1, 1+i, 0, 0, 0, time.UTC).UnixNano(), Open: 1, High: 1, Low: 1, Close: 1, Volume: 1})
		}
		return s
	}
	all := kept{"v:BTC/USDT:1h": hours("BTC/USDT", 13), "v:ETH/USDT:1h": hours("ETH/USDT", 13)}
	key := market.Key{Venue: "v", Symbol: "BTC/USDT", Timeframe: market.H1}
	for _, c := range []struct {
		name string
		key  market.Key
		s    strategy.Strategy
		want string // the series and their bars
		err  string
	}{
		{"one", key, needing{timeframe: market.H1}, "v:BTC/USDT:1h 13", ""},
		{"no needer", key, nil, "v:BTC/USDT:1h 13", ""},
		{"longer", key, needing{timeframe: market.H4, needs: []strategy.Need{{Timeframe: market.H1}, {Timeframe: market.H4}}}, "v:BTC/USDT:4h 2, v:BTC/USDT:1h 13", ""},
		{"another, twice", key, needing{timeframe: market.H1, needs: []strategy.Need{{Symbol: "ETH/USDT", Timeframe: market.H1}, {Symbol: "ETH/USDT", Timeframe: market.H1}}}, "v:BTC/USDT:1h 13, v:ETH/USDT:1h 13", ""},
		{"shorter", key, needing{timeframe: market.M15}, "", "data: the strategy reads 15m candles, and they cannot be made of 1h"},
		{"nothing", market.Key{Venue: "w", Symbol: "BTC/USDT", Timeframe: market.H1}, needing{timeframe: market.H1}, "", "data: there are no candles w:BTC/USDT:1h"},
		{"two missing", key, needing{timeframe: market.H1, needs: []strategy.Need{{Symbol: "A/B", Timeframe: market.H1}, {Symbol: "C/D", Timeframe: market.H1}}}, "", "data: there are no candles v:A/B:1h\ndata: there are no candles v:C/D:1h"},
	} {
		series, err := strategy.SeriesOf(t.Context(), all, c.key, c.s)
		if c.err != "" {
			if tradekeel.KindOf(err) != tradekeel.Invalid || tradekeel.UserMessage(err) != c.err {
				t.Errorf("%s: %v, want %s", c.name, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		var got []string
		for _, s := range series {
			got = append(got, fmt.Sprint(market.KeyOf(s), " ", s.Len()))
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
	if _, err := strategy.SeriesOf(t.Context(), all, market.Key{Venue: "broken"}, nil); !errors.Is(err, errBroken) {
		t.Errorf("what is our fault: %v", err)
	}
}
