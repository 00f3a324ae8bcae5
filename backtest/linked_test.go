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

// linker buys at a limit, shrinks that order while it waits, and has a sale that waits
// for it.
type linker struct {
	calls int
	entry exchange.IntentID
}

func (l *linker) OnBar(_ strategy.Bar, o *strategy.Orders) {
	switch l.calls++; l.calls {
	case 1:
		l.entry = o.Buy(strategy.OfQuantity(decimal.NewFromInt(5)), strategy.At(decimal.NewFromInt(90)))
		o.Sell(strategy.HoldingPercent(100), strategy.At(decimal.NewFromInt(110)), strategy.After(l.entry))
	case 2:
		o.Amend(l.entry, strategy.Remaining(decimal.NewFromInt(2)))
	default: // they wait
	}
}

// TestLinkedOrders: the price passes the sale's limit before the purchase, which does not
// count; then it comes for the purchase, of what is left of it, and for the sale.
func TestLinkedOrders(t *testing.T) {
	t.Parallel()
	linked := strategy.Define("linked", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &linker{}, nil
	})
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: linked, Data: []*market.Series{hourly(market.MustSpot("BTC/USDT"), 100, 120, 100, 80, 120, 120)},
		Cash: money.MustParse("1000 USDT"),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := result.Final().Value.String(); got != "1040" || len(result.Trades) != 1 || len(result.Refused) != 0 {
		t.Errorf("it ends with %s after %d trades, refused %v; want 2 bought at 90 and sold at 110", got, len(result.Trades), result.Refused)
	}
}
