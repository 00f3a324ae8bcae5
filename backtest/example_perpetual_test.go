package backtest_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// fader sells short what rose far above its average, with a bracket around the entry.
type fader struct{ mean *strategy.Indicator }

func (f *fader) OnBar(b strategy.Bar, o *strategy.Orders) {
	if !b.Position().Flat() || !(b.Close() > 1.03*f.mean.Value()) {
		return
	}
	o.Sell(strategy.EquityPercent(50), strategy.Because("far above"),
		strategy.WithStop(b.Level(1.02*b.Close())), strategy.WithTarget(b.Level(0.96*b.Close())))
}

var fade = strategy.Define("fade", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
	return &fader{s.Indicator(s.Main(), indicator.SMA(24))}, nil
})

// A perpetual sold short with a stop and a target at the venue, funding every eight
// hours, slippage, and at most a tenth of a bar's volume.
func Example_perpetual() {
	perpetual, err := market.NewPerpetual("BTC/USDT:USDT")
	if err != nil {
		fmt.Println(err)
		return
	}
	candles, err := market.ReadCSVFile("../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: perpetual})
	if err != nil {
		fmt.Println(err)
		return
	}
	funding := &market.FundingRates{Symbol: perpetual.Symbol}
	for at := candles.Time[0]; at < candles.Time[candles.Len()-1]; at += 8 * int64(market.H1) {
		funding.Time, funding.Rate = append(funding.Time, at), append(funding.Rate, 100_000_000) // 0.01 %
	}
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: fade, Data: []*market.Series{candles}, Cash: money.MustParse("10000 USDT"), Gaps: backtest.AcceptGaps,
		Fees: exchange.FeeSchedule{Maker: decimal.New(2, -4), Taker: decimal.New(5, -4)},
		Account: exchange.Terms{
			Kind: exchange.FuturesAccount, Leverage: decimal.NewFromInt(3),
			Tiers: map[string][]exchange.MarginTier{perpetual.Symbol: {{Maintenance: decimal.New(4, -3)}}},
		},
		Model:   matching.Model{VolumeShare: decimal.New(1, -1), Slippage: matching.Slippage{Rate: decimal.New(2, -4)}},
		Funding: []*market.FundingRates{funding},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	received := decimal.Zero
	for _, m := range result.Movements {
		received = received.Add(exchange.FromUnits(m.Amount))
	}
	last := &result.Trades[len(result.Trades)-1]
	fmt.Println(len(result.Trades), "trades, ends with", result.Final().Value.StringFixed(2))
	fmt.Println("funding received:", received.StringFixed(2))
	fmt.Println("the last one left by its", last.ExitReason, "with", last.Net().Value.StringFixed(2))
	// Output:
	// 141 trades, ends with 7084.50
	// funding received: 62.84
	// the last one left by its target with 134.24
}
