package main

import (
	"fmt"
	"strings"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/money"
)

// share is how far a run is, in whole per cent.
func share(b backtest.Backtest) int {
	if b.Total == 0 {
		return 0
	}
	return b.Done * 100 / b.Total
}

// short is an amount with two decimals and a thin space between thousands.
func short(a money.Amount) string {
	text := a.Value.StringFixed(2)
	whole, fraction, _ := strings.Cut(text, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "−", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "\u202f" + whole[i:]
	}
	return fmt.Sprintf("%s%s.%s %s", sign, whole, fraction, a.Currency)
}
