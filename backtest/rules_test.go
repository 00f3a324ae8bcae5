package backtest_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// ruled runs buys of a quantity at the closes of some days, over ten days from
// 2021-03-01, and returns what was filled and the warnings about rules.
func ruled(t *testing.T, rules []market.Rules, streamed bool, buyOn ...int) (filled, refused, warnings []string) {
	t.Helper()
	const first = 1614556800 // 2021-03-01
	data := bars("BTC/USDT", market.D1, first*1e9, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10)
	in := *data.Instrument
	in.Venue, in.Rules = "binance", rules
	data.Instrument = &in
	day := 0
	result, err := backtest.Run(context.Background(), backtest.Config{
		Data: []*market.Series{data}, Cash: money.MustParse("1000 USDT"), Streamed: streamed,
		Strategy: script(scripted{onBar: func(_ strategy.Bar, o *strategy.Orders) {
			if day++; slices.Contains(buyOn, day) {
				o.BuyMarket(strategy.OfQuantity(decimal.RequireFromString("1.2345")))
			}
		}}, nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range result.Fills {
		filled = append(filled, time.Unix(0, f.Time).UTC().Format("01-02 ")+in.Quantity(f.Quantity).String())
	}
	for _, r := range result.Refused {
		refused = append(refused, time.Unix(0, r.Time).UTC().Format("01-02 ")+r.Err.Error())
	}
	for _, w := range result.Warnings {
		if strings.Contains(w, "rules") {
			warnings = append(warnings, w)
		}
	}
	return filled, refused, warnings
}

// TestRulesChangeInTheMiddle: an order is cut and refused by the rules of its
// date, never by those of today.
func TestRulesChangeInTheMiddle(t *testing.T) {
	t.Parallel()
	from := func(day int) time.Time { return time.Date(2021, 3, day, 0, 0, 0, 0, time.UTC) }
	rules := []market.Rules{
		{From: from(4), Tick: decimal.RequireFromString("5"), Lot: decimal.RequireFromString("0.001"), MinNotional: decimal.NewFromInt(12)},
		{From: from(6), Tick: decimal.RequireFromString("0.5"), Lot: decimal.RequireFromString("0.1"), MinNotional: decimal.NewFromInt(12)},
		{From: from(8), Tick: decimal.RequireFromString("0.01"), Lot: decimal.RequireFromString("0.1"), MinNotional: decimal.NewFromInt(13)},
	}
	for _, streamed := range []bool{false, true} {
		filled, refused, warnings := ruled(t, rules, streamed, 1, 4, 6, 8)
		if got, want := strings.Join(filled, ", "), "03-02 1.2345, 03-05 1.234, 03-07 1.2"; got != want {
			t.Errorf("filled %s, want %s", got, want)
		}
		if len(refused) != 1 || refused[0] != "03-09 size: the notional 12 is below the minimum 13 USDT" {
			t.Errorf("refused %v", refused)
		}
		if len(warnings) != 1 || warnings[0] != "Orders before 2021-03-04 were checked against no rules: none are known for binance BTC/USDT by then." {
			t.Errorf("the warnings are %v", warnings)
		}
	}
}

// TestUnknownRulesAreSaid only where orders met them, and once.
func TestUnknownRulesAreSaid(t *testing.T) {
	t.Parallel()
	known := []market.Rules{{From: time.Date(2021, 3, 4, 0, 0, 0, 0, time.UTC)}}
	late := []market.Rules{{From: time.Date(2021, 3, 4, 12, 0, 0, 0, time.UTC)}}
	for _, c := range []struct {
		name  string
		rules []market.Rules
		buyOn []int
		want  string
	}{
		{"no order", nil, nil, ""},
		{"no rules at all", nil, []int{1, 2, 8}, "Orders were checked against no rules: none are known for binance BTC/USDT."},
		{"orders after the rules are known", known, []int{3, 4, 8}, ""},
		{"an order before", known, []int{2, 4, 8}, "Orders before 2021-03-04 were checked against no rules: none are known for binance BTC/USDT by then."},
		{"rules from noon", late, []int{3}, "Orders before 2021-03-04T12:00:00Z were checked against no rules: none are known for binance BTC/USDT by then."},
		{"an order that meets no candle", nil, []int{10}, ""},
	} {
		_, _, warnings := ruled(t, c.rules, false, c.buyOn...)
		if strings.Join(warnings, "|") != c.want {
			t.Errorf("%s: the warnings are %q, want %q", c.name, warnings, c.want)
		}
	}
}
