package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// demonstration is what runs on the first start.
func demonstration() backtest.Spec {
	return backtest.Spec{
		Strategy:   "sma_cross",
		Params:     json.RawMessage(`{"fast":20,"slow":50}`),
		Data:       market.Key{Venue: "binance", Symbol: "BTC/USDT", Timeframe: market.H1},
		Cash:       money.MustParse("10000 USDT"),
		FeeRate:    decimal.New(1, -3), // 0.1 %
		AcceptGaps: true,
	}
}

// demonstrateWithin bounds the wait for the demonstration: a page that shows it
// under way is better than none.
const demonstrateWithin = 5 * time.Second

// demonstrate runs the demonstration if there is none, waits for it, and returns
// its id.
func demonstrate(ctx context.Context, service *backtest.Service) (backtest.ID, error) {
	id, err := findDemonstration(ctx, service)
	if err != nil || id != "" {
		return id, err
	}
	b, err := service.Create(ctx, user, demonstration())
	if err != nil {
		return "", fmt.Errorf("run the demonstration: %w", err)
	}
	waiting, cancel := context.WithTimeout(ctx, demonstrateWithin)
	defer cancel()
	for _, err := range service.Watch(waiting, user, b.ID) {
		if err != nil {
			return "", fmt.Errorf("run the demonstration: %w", err)
		}
	}
	return b.ID, nil
}

func findDemonstration(ctx context.Context, service *backtest.Service) (backtest.ID, error) {
	want := demonstration()
	request := tradekeel.PageRequest{Size: tradekeel.MaxPageSize}
	for {
		page, err := service.List(ctx, user, backtest.Filter{Strategy: want.Strategy}, request)
		if err != nil {
			return "", err
		}
		for i := range page.Items {
			if same(page.Items[i].Spec, want) {
				return page.Items[i].ID, nil
			}
		}
		if request.Cursor = page.Next; page.Next == "" {
			return "", nil
		}
	}
}

func same(a, b backtest.Spec) bool {
	return a.Strategy == b.Strategy && a.Data == b.Data && a.Cash.Equal(b.Cash) && a.FeeRate.Equal(b.FeeRate) &&
		a.AcceptGaps == b.AcceptGaps && a.From.Equal(b.From) && a.To.Equal(b.To) && sameJSON(a.Params, b.Params)
}

// sameJSON compares documents whose spaces and order a database may have changed.
func sameJSON(a, b json.RawMessage) bool {
	var x, y map[string]any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && fmt.Sprint(x) == fmt.Sprint(y)
}
