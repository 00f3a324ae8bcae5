package main

import (
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/strategy/library"
)

// templates are what a user may begin with.
func templates() []library.Template {
	return []library.Template{{
		ID:   "dip_in_uptrend",
		Name: i18n.MustText("en", "Dip in an uptrend"),
		Text: i18n.MustText("en", "Buys when the RSI comes back from below 30 while the price is above its average, and sells when the RSI is above 70."),
		Document: []byte(`{
			"name": "Dip in an uptrend", "version": 1, "timeframe": "1h",
			"params": {"fast": {"default": 50, "min": 10, "max": 100, "step": 5}},
			"let":    {"trend": {"ema": ["close", "$fast"]}, "rsi": {"rsi": ["close", 14]}},
			"enter":  {"long": {"all": [{"gt": ["close", "trend"]}, {"crosses_above": ["rsi", 30]}]}},
			"exit":   {"long": {"gt": ["rsi", 70]}},
			"size":   {"percent_of_equity": 20},
			"stop":   {"atr": [14, 2.5]}, "target": {"percent": 6}
		}`),
	}}
}
