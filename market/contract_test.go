package market_test

import (
	"errors"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/market"
)

// TestContractSize stores candles of a perpetual: they are of one size of contract.
func TestContractSize(t *testing.T) {
	t.Parallel()
	store, _ := newStore(t)
	in, err := market.NewPerpetual("BTC/USD:BTC")
	ok(t, err)
	s := market.NewSeries(in, market.H1, 0, 1)
	s.Append(market.Bar{Time: 1_640_995_200_000_000_000, Open: 1, High: 1, Low: 1, Close: 1})
	ok(t, store.Put(s))
	key, err := market.ParseKey("BTC/USD:BTC:1h")
	ok(t, err)
	read, err := store.Get(key)
	if err != nil || read.Len() != 1 || read.Instrument.Settle() != "BTC" {
		t.Fatalf("got %v, %v", read, err)
	}
	other := *in
	other.ContractSize = decimal.NewFromInt(100)
	s.Instrument = &other
	if err := store.Append(s); !errors.Is(err, market.ErrDiffers) {
		t.Errorf("got %v, want %v", err, market.ErrDiffers)
	}
}
