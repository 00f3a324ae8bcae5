package backtest_test

import (
	"context"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// hedger holds a long and a short position side by side, and closes both at the end.
type hedger struct {
	calls int
	t     *testing.T
}

func (h *hedger) OnBar(b strategy.Bar, o *strategy.Orders) {
	switch h.calls++; h.calls {
	case 1:
		o.Buy(strategy.OfQuantity(decimal.NewFromInt(3)), strategy.For(exchange.LongPosition))
	case 2:
		o.Sell(strategy.OfQuantity(decimal.NewFromInt(1)), strategy.For(exchange.ShortPosition))
	case 3:
		if long, short := b.HeldOn(exchange.LongPosition), b.HeldOn(exchange.ShortPosition); long.String() != "3" || short.String() != "-1" {
			h.t.Errorf("%s are held long and %s short", long, short)
		}
		if got := b.Position(); got.Quantity().String() != "2" || got.EntryPrice() != 100 {
			h.t.Errorf("the position is %s at %v, want 2 at 100", got.Quantity(), got.EntryPrice())
		}
		o.Close("over")
	}
}

func TestHedge(t *testing.T) {
	t.Parallel()
	in, err := market.NewPerpetual("BTC/USDT:USDT")
	if err != nil {
		t.Fatal(err)
	}
	both := strategy.Define("both", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &hedger{t: t}, nil
	})
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: both, Data: []*market.Series{hourly(in, 100, 110, 130, 130, 130)}, Cash: money.MustParse("1000 USDT"),
		Account: exchange.Terms{Kind: exchange.FuturesAccount, Positions: exchange.Hedge},
	})
	if err != nil {
		t.Fatal(err)
	}
	// 3 from 100 to 130, and 1 sold at 110 and bought back at 130.
	if got := result.Final().Value.String(); got != "1070" || len(result.Trades) != 2 || len(result.Open) != 0 {
		t.Errorf("it ends with %s and %d trades, refused %v", got, len(result.Trades), result.Refused)
	}
	for i, net := range []string{"90", "-20"} {
		if i < len(result.Trades) && !result.Trades[i].Net().Value.Equal(decimal.RequireFromString(net)) && !result.Trades[1-i].Net().Value.Equal(decimal.RequireFromString(net)) {
			t.Errorf("no trade made %s", net)
		}
	}
}
