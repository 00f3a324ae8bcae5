package backtest_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// basket trades the SMA cross on every instrument of the run, a little on each.
type basket struct{ lines [][2]*strategy.Indicator }

func newBasket(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
	b := &basket{}
	for _, f := range s.All() {
		b.lines = append(b.lines, [2]*strategy.Indicator{s.Indicator(f, indicator.SMA(48)), s.Indicator(f, indicator.SMA(288))})
	}
	return b, nil
}

// OnBar implements strategy.Instance.
func (b *basket) OnBar(bar strategy.Bar, o *strategy.Orders) {
	for i := range b.lines {
		l := &b.lines[i]
		switch strategy.Cross(l[0], l[1]) {
		case 1:
			if f := l[0].Feed(); bar.PositionOf(f).Flat() {
				o.On(f).BuyMarket(strategy.CashPercent(2), "cross above")
			}
		case -1:
			if f := l[0].Feed(); bar.PositionOf(f).Long() {
				o.On(f).Close("cross below")
			}
		}
	}
}

// BenchmarkPortfolio100 runs a year of five-minute bars of a hundred instruments on one
// clock: 10.5 million bars, 105,120 moments with a hundred crosses each.
func BenchmarkPortfolio100(b *testing.B) {
	const instruments, bars = 100, 105_120
	var data []*market.Series
	for i := range instruments {
		data = append(data, walkOf(fmt.Sprintf("C%02d/USDT", i), market.M5, bars, uint64(i+1)))
	}
	config := backtest.Config{
		Strategy: strategy.Define("basket", newBasket), Data: data,
		Cash: money.MustParse("1000000 USDT"), Fees: exchange.FlatFee(decimal.New(1, -4)),
	}
	b.Run("basket", func(b *testing.B) {
		peak := watchMemory(b)
		b.ReportAllocs()
		fills := 0
		for b.Loop() {
			r, err := backtest.Run(context.Background(), config)
			if err != nil {
				b.Fatal(err)
			}
			fills = len(r.Fills)
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/instruments/bars, "ns/bar")
		b.ReportMetric(float64(fills), "fills")
		b.ReportMetric(peak(), "peak-MB")
	})
	b.Run("bareloop", func(b *testing.B) {
		for b.Loop() {
			for _, s := range data {
				bareLoop(s, 10_000, 0.0001)
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/instruments/bars, "ns/bar")
	})
}

// BenchmarkMemory is the most memory that the SMA cross takes over ten years of minutes,
// the candles and all that is kept of the result included, as a multiple of the candles'
// columns.
func BenchmarkMemory(b *testing.B) {
	const bars = 5_256_000
	config := backtest.Config{
		Strategy: document.MustParse(crossDocument),
		Cash:     money.MustParse("1000000 USDT"), Fees: exchange.FlatFee(decimal.New(1, -4)),
	}
	columns := float64(bars*6*8) / 1e6
	for b.Loop() {
		config.Data = nil
		runtime.GC()
		peak := watchMemory(b)
		config.Data = []*market.Series{minuteYear(bars)}
		if _, err := backtest.Run(context.Background(), config); err != nil {
			b.Fatal(err)
		}
		most := peak()
		b.ReportMetric(most, "peak-MB")
		b.ReportMetric(most/columns, "×columns")
	}
}
