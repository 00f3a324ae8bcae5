package matching_test

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// BenchmarkFill is a market order on spot, sent and filled at the next open.
func BenchmarkFill(b *testing.B) {
	e, err := matching.New(matching.Config{
		Instruments: []*market.Instrument{market.MustSpot("BTC/USDT")},
		Balances:    map[money.Currency]exchange.Units{"USDT": units("1000000")},
		Fees:        exchange.FlatFee(decimal.New(1, -3)),
	})
	if err != nil {
		b.Fatal(err)
	}
	buy := order(1, 0, exchange.Buy, exchange.Size{Kind: exchange.ByQuantity, Quantity: 1e4})
	sell := order(2, 0, exchange.Sell, exchange.Size{Kind: exchange.ByHolding, Fraction: wide.Pow10(exchange.FractionScale)})
	b.ReportAllocs()
	at, intent := int64(0), exchange.IntentID(0)
	for b.Loop() {
		o := buy
		if at&1 == 1 {
			o = sell
		}
		intent++
		at++
		o.Intent, o.Decided = intent, at
		e.Submit(o)
		if got := e.Open(0, 100e8, at); len(got) != 1 || got[0].Report.State != exchange.Filled {
			b.Fatal(got)
		}
	}
}
