package stats

import (
	"fmt"
	"strings"

	"github.com/tradekeel/tradekeel"
)

// Convention is a named way of computing. The zero value is Crypto365.
type Convention struct {
	name           string
	periodsPerYear float64
	rules          rules
}

// rules are whose definitions a convention follows.
type rules uint8

const (
	ofDays rules = iota
	ofBars
	ofQuantStats
	ofNautilus
	ofFreqtradeTrades
	ofFreqtradeBalance
	ofBacktestingPy
)

// Crypto365 is the default convention; see the package comment.
var Crypto365 = Convention{name: "crypto-365", periodsPerYear: 365, rules: ofDays}

// PerBar is the convention of returns from bar to bar, with the number of bars
// in a year, for example 8760 for hourly bars around the clock.
func PerBar(barsPerYear float64) Convention {
	return Convention{name: "per-bar", periodsPerYear: barsPerYear, rules: ofBars}
}

// QuantStats252 reproduces quantstats 0.0.81 (ranaroussi/quantstats@fbd10dae) with
// its default of 252 periods a year, on the returns of the UTC days that have bars,
// the first against the starting balance.
//
// All figures are of days, as there: win rate, payoff, profit factor, Kelly and
// streaks count days, the win rate without those of no return, and exposure is the
// share of days with a return, rounded up to a whole percent. The ulcer index
// divides by the days less one. VaR and CVaR are its normal ones: NormalVaR is the
// normal quantile, NormalCVaR the mean of the returns below it; VaR and CVaR are
// empyrical's historical ones. Sharpe and Sortino of a flat series are infinite or
// NaN there, and undefined here; its profit factor and payoff without a loss are 0
// or infinite there, and undefined here.
var QuantStats252 = QuantStats(252)

// QuantStats is QuantStats252 with another number of periods in a year, as the
// argument periods of its functions gives it. Its name is "quantstats-" and the number.
func QuantStats(periodsPerYear float64) Convention {
	return Convention{name: fmt.Sprintf("quantstats-%g", periodsPerYear), periodsPerYear: periodsPerYear, rules: ofQuantStats}
}

// Nautilus252 reproduces NautilusTrader's analysis (nautechsystems/nautilus_trader,
// July 2026) with its default of 252 days a year, on the returns of the UTC days that
// have bars, the first against the starting balance: Sharpe with ddof 1, Sortino over
// all days, CAGR to the power of 252 over the days with bars, maximum drawdown and
// Calmar of those days, profit factor of returns (not of money), expectancy of trades
// as mean win × share of wins + mean loss × share of the others. A deviation below
// 2.2e-16 gives NaN there, and undefined here; a CAGR of no days is 0 there, and
// undefined here. It takes the day's change of the account's balance, which for a
// margin account moves when positions close; equity here is marked to market.
var Nautilus252 = Convention{name: "nautilus-252", periodsPerYear: 252, rules: ofNautilus}

// Freqtrade2024 reproduces freqtrade of October 2024 (freqtrade/freqtrade@c9ae5e1),
// which computes from trades that ended: their profits over the starting balance.
// Sharpe is their sum a day ÷ their population deviation (ddof 0) × √365, Sortino the
// same over the deviation of the losing ones, Calmar (not from CAGR) the profit in
// percent a day ÷ the drawdown × √365, CAGR on whole days of 365 a year, drawdown of
// the cumulative profit, relative to its peak with the starting balance, where it is
// deepest in money. Where the divisor is zero it returns -100, and 0 without trades;
// it fails on a drawdown at the first trade, and takes its Calmar as 0: all are
// undefined here.
var Freqtrade2024 = Convention{name: "freqtrade-2024", periodsPerYear: 365, rules: ofFreqtradeTrades}

// Freqtrade2026 reproduces freqtrade's development branch of 2026, which computes
// Sharpe and Sortino from the last balance of each UTC day (the first day is the base,
// ddof 0, Sortino over the deviation of the losing days alone) and Calmar and the
// drawdown from all balances; the balances here are the equity at every bar. SQN is
// that of trades, rounded to four decimals as there. Where the divisor is zero it
// returns -100, and 0 for too few values: all are undefined here.
var Freqtrade2026 = Convention{name: "freqtrade-2026", periodsPerYear: 365, rules: ofFreqtradeBalance}

// BacktestingPy reproduces the statistics of backtesting.py (kernc/backtesting.py@9c2b8e1)
// on the equity at the end of each UTC day that has bars, the first day being the base
// (with candles of a week, a month or a year, on every candle; 52, 12 or 1 a year):
// 365 days a year when weekends are traded, else 252; the annual return is the
// geometric mean of the days to the power of the days in a year; volatility is that of
// compounded returns; Sharpe and Sortino divide the annual return; Calmar divides it by
// the maximum drawdown; CAGR counts the time between the first and the last close in
// years of 365.25 days. Exposure counts the
// bars from entry to exit, both included, of trades that ended. Profit factor is of
// trade returns, not of money; MeanTrade is its "Expectancy [%]" and GeometricTrade its
// "Avg. Trade [%]". Its Sortino without a losing day is infinite, its geometric mean 0
// after a ruin: both are undefined here.
var BacktestingPy = Convention{name: "backtesting.py", periodsPerYear: 365, rules: ofBacktestingPy}

// Conventions returns those that need no number, the default first.
func Conventions() []Convention {
	return []Convention{Crypto365, QuantStats252, Nautilus252, Freqtrade2024, Freqtrade2026, BacktestingPy}
}

// Named returns the convention of a name; Invalid for a name of none.
func Named(name string) (Convention, error) {
	var names []string
	for _, c := range Conventions() {
		if c.name == name {
			return c, nil
		}
		names = append(names, c.name)
	}
	return Convention{}, tradekeel.Invalidf("convention", "there is no %q; there are %s", name, strings.Join(names, ", "))
}

// Name returns the convention's name; the zero Convention is crypto-365.
func (c Convention) Name() string { return c.orDefault().name }

func (c Convention) orDefault() Convention {
	if c.name == "" {
		return Crypto365
	}
	return c
}

func (c Convention) validate() error {
	if !(c.periodsPerYear > 0) || !finite(c.periodsPerYear).Defined() {
		return tradekeel.Invalidf("convention", "the periods in a year must be above zero, got %v", c.periodsPerYear)
	}
	return nil
}
