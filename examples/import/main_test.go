package main

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/market"
)

func TestRun(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	args := []string{"-series", "binance:BTC/USDT:1h", "-store", folder, "../data/btcusdt_binance_1h.csv"}
	for _, want := range []string{"4309 added, 0 there already", "0 added, 4309 there already, 1 files skipped"} {
		var out strings.Builder
		if err := run(context.Background(), args, &out); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) || !strings.Contains(out.String(), "gap: ") {
			t.Errorf("it says %q, want %q and the gaps", out.String(), want)
		}
	}
	store, err := market.OpenStore(folder)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Range(market.Key{Venue: "binance", Symbol: "BTC/USDT", Timeframe: market.H1}, time.Date(2021, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2021, 1, 2, 0, 0, 0, 0, time.UTC))
	if err != nil || s.Len() != 24 {
		t.Errorf("a day has %d candles, %v", s.Len(), err)
	}
	for _, wrong := range [][]string{{"x.csv"}, {"-series", "BTC", "x.csv"}, {"-series", "binance:BTC/USDT:1h", "-store", folder}, {"-series", "binance:BTC/USDT:1h", "-store", folder, "none.csv"}} {
		if err := run(context.Background(), wrong, &strings.Builder{}); err == nil {
			t.Errorf("%v was taken", wrong)
		}
	}
}
