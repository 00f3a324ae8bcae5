package backtest_test

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// keeper buys once with all there is, and again when money came.
type keeper struct{ feed *strategy.Feed }

func (k keeper) OnBar(_ strategy.Bar, o *strategy.Orders) { o.BuyMarket(strategy.CashPercent(100)) }

var keep = strategy.Define("keep", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
	return keeper{s.Main()}, nil
})

// hourly makes hourly bars that open and close at the given whole prices.
func hourly(in *market.Instrument, prices ...int64) *market.Series {
	s := market.NewSeries(in, market.H1, 8, 0)
	at := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	for i, p := range prices {
		open := p
		if i > 0 {
			open = prices[i-1]
		}
		s.Append(market.Bar{Time: at, Open: open * 1e8, High: max(open, p) * 1e8, Low: min(open, p) * 1e8, Close: p * 1e8, Volume: 1e8})
		at += int64(market.H1)
	}
	return s
}

// TestTransfersAreNoProfit: the price doubles and halves while money comes and goes; the
// return is that of the price.
func TestTransfersAreNoProfit(t *testing.T) {
	t.Parallel()
	s := hourly(market.MustSpot("BTC/USDT"), 100, 100, 200, 200, 100, 400, 400)
	at := func(hour int, amount string) backtest.Transfer {
		return backtest.Transfer{Time: time.Date(2024, 1, 1, hour, 0, 0, 0, time.UTC), Amount: money.MustParse(amount + " USDT")}
	}
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: keep, Data: []*market.Series{s}, Cash: money.MustParse("1000 USDT"),
		Transfers: []backtest.Transfer{at(3, "5000"), at(4, "-50000")},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := result.Final().Value; !got.Equal(decimal.NewFromInt(14000)) {
		t.Errorf("it ends with %s, want 14000: 10 and 25 units at 400", got)
	}
	if got := float64(result.Stats.Return); math.Abs(got-3) > 1e-12 {
		t.Errorf("the return is %v, want 3: from 100 to 400", got)
	}
	if !strings.Contains(strings.Join(result.Warnings, "\n"), "A transfer of 2024-01-01T04:00:00Z was refused") {
		t.Errorf("a withdrawal of what is not there is told by %q", result.Warnings)
	}
	if len(result.Movements) != 1 || result.Movements[0].Kind != exchange.Deposit {
		t.Errorf("the movements are %+v", result.Movements)
	}
}

// TestActions: a dividend is cash, a split is units, and neither is a trade.
func TestActions(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	s := hourly(in, 100, 100, 100, 50, 50)
	day := func(hour int) time.Time { return time.Date(2024, 1, 1, hour, 0, 0, 0, time.UTC) }
	once := strategy.Define("once", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &onceBuyer{}, nil
	})
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: once, Data: []*market.Series{s}, Cash: money.MustParse("1000 USDT"),
		Actions: []backtest.Actions{{Symbol: "BTC/USDT", Actions: []market.Action{
			{Kind: market.Dividend, Date: day(2), Amount: decimal.NewFromInt(3)},
			{Kind: market.Split, Date: day(3), New: 2, Old: 1},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := result.Final().Value.String(); got != "1030" || len(result.Open) != 1 || result.Open[0].Size().String() != "20" {
		t.Errorf("it ends with %s and %+v", got, result.Open)
	}
	if net := result.Open[0].Net().Value.String(); net != "-970" { // 30 of dividends, and 1000 that went in
		t.Errorf("the open trade stands at %s", net)
	}
}

type onceBuyer struct{ done bool }

func (b *onceBuyer) OnBar(_ strategy.Bar, o *strategy.Orders) {
	if !b.done {
		b.done = true
		o.BuyMarket(strategy.CashPercent(100))
	}
}
