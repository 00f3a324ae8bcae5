package main

import (
	"strconv"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/stats"
)

// figure is one figure of a run on the screen.
type figure struct {
	name string
	of   func(r *result) string
}

// figures are those that a run is summed up by, in two columns: JSON and the report
// have all of them.
func figures() []figure {
	of := func(name string, of func(s *stats.Stats) string) figure {
		return figure{name, func(r *result) string { return of(&r.Stats) }}
	}
	return []figure{
		{"final", func(r *result) string { return amount(r.Final.Value) + " " + string(r.Final.Currency) }},
		of("return", func(s *stats.Stats) string { return s.Return.Percent() }),
		of("CAGR", func(s *stats.Stats) string { return s.CAGR.Percent() }),
		of("volatility", func(s *stats.Stats) string { return s.Volatility.Percent() }),
		of("Sharpe", func(s *stats.Stats) string { return s.Sharpe.String() }),
		of("Sortino", func(s *stats.Stats) string { return s.Sortino.String() }),
		of("Calmar", func(s *stats.Stats) string { return s.Calmar.String() }),
		of("max drawdown", func(s *stats.Stats) string { return s.MaxDrawdown.Percent() }),
		of("longest drawdown", func(s *stats.Stats) string { return counted(s.MaxDrawdownBars, "bar") }),
		of("exposure", func(s *stats.Stats) string { return s.Exposure.Percent() }),
		of("trades", func(s *stats.Stats) string { return strconv.Itoa(s.Trades) }),
		of("won", func(s *stats.Stats) string { return s.WinRate.Percent() }),
		of("profit factor", func(s *stats.Stats) string { return s.ProfitFactor.String() }),
		of("expectancy", func(s *stats.Stats) string { return s.Expectancy.String() }),
		of("best trade", func(s *stats.Stats) string { return amount(s.Best) }),
		of("worst trade", func(s *stats.Stats) string { return amount(s.Worst) }),
		of("fees", func(s *stats.Stats) string { return amount(s.Fees) }),
		of("bars held", func(s *stats.Stats) string { return s.MeanBarsHeld.String() }),
	}
}

// amount is money at two decimals, rounded half away from zero for the screen.
func amount(d decimal.Decimal) string { return d.StringFixed(2) }
