package backtest_test

import (
	"context"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

func Example() {
	candles, err := market.ReadCSVFile("../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: smacross.Strategy,
		Data:     []*market.Series{candles},
		Cash:     money.MustParse("10000 USDT"),
		Fees:     exchange.FlatFee(decimal.RequireFromString("0.001")),
		Gaps:     backtest.AcceptGaps,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Stats)
	fmt.Println(result.Trades[0].Entry(), result.Trades[0].EntryPrice(), result.Trades[0].Net())
	// Output:
	// crypto-365: return 111.0 %, CAGR 354.4 %, Sharpe 2.68, Sortino 5.52, max drawdown -31.6 %, 91 trades, 38.5 % won, profit factor 1.42
	// 2020-11-19 18:00:00 +0000 UTC 17969.29 258.3274681232992 USDT
}

// MomentumParams are the parameters of Momentum.
type MomentumParams struct {
	Lookback int `param:"20" min:"5" max:"200"`
}

// Momentum holds a quarter of the equity while the close is above its mean.
var Momentum = strategy.Define("momentum", func(p MomentumParams, s *strategy.Setup) (strategy.Instance, error) {
	btc := s.Bars("BTC/USDT", market.H1)
	return &momentum{mean: s.Indicator(btc, indicator.SMA(p.Lookback))}, nil
})

type momentum struct{ mean *strategy.Indicator }

func (m *momentum) OnBar(b strategy.Bar, o *strategy.Orders) {
	switch {
	case b.Close() > m.mean.Value() && b.Position().Flat():
		o.BuyMarket(strategy.EquityPercent(25), "above the mean")
	case b.Close() < m.mean.Value():
		o.Close("below the mean")
	}
}

// A strategy of one's own, with another parameter than its default.
func Example_ownStrategy() {
	candles, err := market.ReadCSVFile("../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		fmt.Println(err)
		return
	}
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: Momentum.With(func(p *MomentumParams) { p.Lookback = 100 }),
		Data:     []*market.Series{candles},
		Cash:     money.MustParse("10000 USDT"),
		Gaps:     backtest.AcceptGaps,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(result.Final().Round(2, money.HalfEven), "after", len(result.Trades), "trades")
	// Output: 13245.09 USDT after 82 trades
}

// What is wrong with the input is told before the first bar, all at once.
func Example_badInput() {
	candles, err := market.ReadCSVFile("../examples/data/btcusdt_binance_1h.csv",
		market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = backtest.Run(context.Background(), backtest.Config{
		Strategy: smacross.Strategy,
		Data:     []*market.Series{candles},
		Cash:     money.MustParse("-1 USDT"),
	})
	fmt.Println(err)
	// Output:
	// cash: must be above zero and have at most 18 decimals, got -1 USDT
	// data: BTC/USDT 1h lacks bars: 12 are missing in 7 gaps, the first: 1 missing between 2020-11-30T05:00:00Z and 2020-11-30T07:00:00Z; accept them (AcceptGaps) or choose another range
}
