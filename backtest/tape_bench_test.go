package backtest_test

import (
	"context"
	"math/rand/v2"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	orderbook "github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// BenchmarkTape runs a strategy over a day of minutes and some 9,000 trades: one that
// has an order in the market at all times, so that it meets each trade, one that has
// none, so that they are passed, and one with books as well.
func BenchmarkTape(b *testing.B) {
	chance := rand.New(rand.NewPCG(1, 2))
	series := market.NewSeries(market.MustSpot("BTC/USDT"), market.M1, 8, 0)
	last := int64(60_000_0000_0000)
	for i := range int64(1440) {
		open := last
		last += chance.Int64N(20_0000_0000) - 10_0000_0000
		series.Append(market.Bar{Time: i * int64(market.M1), Open: open, Close: last, High: max(open, last) + chance.Int64N(1e9), Low: min(open, last) - chance.Int64N(1e9), Volume: 1e8})
	}
	ticks := printed(series, chance)
	books := quoted(b, ticks, chance)
	waits := func(on bool) strategy.Strategy {
		return strategy.Define("waits", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
			s.Main()
			n := 0
			return scripted{onBar: func(_ strategy.Bar, o *strategy.Orders) {
				if n++; n == 1 && on {
					o.Buy(strategy.OfQuantity(decimal.New(1, -2)), strategy.At(decimal.NewFromInt(1)))
				}
			}}, nil
		})
	}
	for _, c := range []struct {
		name   string
		waits  bool
		books  []orderbook.Feed
		events int
	}{
		{"passed", false, nil, ticks.Len()},
		{"met", true, nil, ticks.Len()},
		{"books", true, []orderbook.Feed{books}, ticks.Len() + books.Len()},
	} {
		b.Run(c.name, func(b *testing.B) {
			config := backtest.Config{
				Data: []*market.Series{series}, Cash: money.MustParse("1000 USDT"), Ticks: []*market.Ticks{ticks}, Books: c.books, Strategy: waits(c.waits),
			}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := backtest.Run(context.Background(), config); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(c.events), "ns/event")
		})
	}
}
