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

// turner buys at the first close and sells at the third.
type turner struct{ calls int }

func (u *turner) OnBar(_ strategy.Bar, o *strategy.Orders) {
	switch u.calls++; u.calls {
	case 1:
		o.BuyMarket(strategy.OfQuantity(decimal.NewFromInt(5)))
	case 3:
		o.Close("over")
	}
}

var turn = strategy.Define("turn", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	return &turner{}, nil
})

// TestFees takes the fee of 1 % in each way that there is; the balances are by hand.
func TestFees(t *testing.T) {
	t.Parallel()
	btc, bnb := market.MustSpot("BTC/USDT"), market.MustSpot("BNB/USDT")
	prices, coins := hourly(btc, 100, 100, 120, 120, 120), hourly(bnb, 10, 10, 20, 20, 40)
	rate := decimal.New(1, -2)
	for name, c := range map[string]struct {
		fees     exchange.FeeSchedule
		holdings []money.Amount
		final    string // of the equity
		net      string // of the trade
	}{
		// 5 at 100 and at 120 cost 5 and 6.
		"in quote": {exchange.FlatFee(rate), nil, "1089", "89"},
		// 4.95 are held and sold for 594, of which 5.94 are the fee.
		"in what is received": {exchange.FeeSchedule{Maker: rate, Taker: rate, In: exchange.FeeInReceived}, nil, "1088.06", "88.06"},
		// A quarter off: 3.75 at 10 are 0.375 BNB, and 4.5 at 20 are 0.225; 9.4 are left, at 40.
		"in a third asset": {
			exchange.FeeSchedule{Maker: rate, Taker: rate, In: exchange.FeeInAsset, Asset: "BNB", Discount: decimal.New(25, -2)},
			[]money.Amount{money.MustParse("10 BNB")}, "1476", "91.75",
		},
		// From a volume of 500 on half of it is taken, but for the day itself.
		"by tier": {exchange.FeeSchedule{Maker: rate, Taker: rate, Tiers: []exchange.FeeTier{{Volume: decimal.NewFromInt(500), Taker: decimal.New(5, -3)}}}, nil, "1089", "89"},
	} {
		result, err := backtest.Run(context.Background(), backtest.Config{
			Strategy: turn, Data: []*market.Series{prices, coins}, Cash: money.MustParse("1000 USDT"), Fees: c.fees, Holdings: c.holdings,
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := result.Final().Value.String(); got != c.final || len(result.Trades) != 1 || result.Trades[0].Net().Value.String() != c.net {
			t.Errorf("%s: ends with %s and %d trades, want %s", name, got, len(result.Trades), c.final)
			for i := range result.Trades {
				t.Logf("net %s, paid %s", result.Trades[i].Net(), result.Trades[i].Paid())
			}
		}
	}
}
