package report

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/stats"
)

// conventions say in words how the figures of a convention are computed.
var conventions = map[string]string{
	stats.Crypto365.Name(): "Daily returns of marked-to-market equity at the end of each UTC day, every calendar day counted, " +
		"the first against the starting cash. Sample standard deviation; a year has 365 days; " +
		"Sortino divides by the root of the mean of squared losses over all days. Drawdown at every bar, from the starting cash. The risk-free rate is 0.",
	"per-bar": "Returns from bar to bar, the first bar being the base. Sample standard deviation, annualised by the square root of the bars in a year; " +
		"CAGR to the power of bars in a year over the number of returns. Drawdown at every bar, from the starting cash. The risk-free rate is 0.",
	stats.QuantStats252.Name(): "As quantstats computes them with 252 periods a year, of the UTC days that have bars. Win rate, profit factor and Kelly are of days.",
	stats.Nautilus252.Name():   "As NautilusTrader computes them with 252 days a year, of the UTC days that have bars. The profit factor is of returns.",
	stats.Freqtrade2024.Name(): "As freqtrade computed them in 2024, of the profits of trades over the starting cash. Calmar is no ratio of CAGR.",
	stats.Freqtrade2026.Name(): "As freqtrade computes them in 2026, of the last equity of UTC days. Calmar is no ratio of CAGR.",
	stats.BacktestingPy.Name(): "As backtesting.py computes them, of compounded daily returns. The profit factor is of trade returns.",
}

// entry is one figure with what it means.
type entry struct {
	Name  string
	Value text
	Note  string
}

// group is figures under a heading.
type group struct {
	Name    string
	Entries []entry
}

// headline is what a reader looks for first.
func (p *page) headline() []entry {
	s := &p.result.Stats
	final := number(p.result.Final().Value, p.places)
	trades := text{Shown: count(s.Trades)}
	drawdown := percent(s.MaxDrawdown)
	if s.MaxDrawdown < 0 {
		drawdown.Tone = "down"
	}
	return []entry{
		{"Return", change(s.Return), "over the whole period"},
		{"Final equity", final, string(p.result.Cash.Currency)},
		{"Max drawdown", drawdown, "deepest fall from a peak"},
		{"Sharpe ratio", ratio(s.Sharpe), "annualised"},
		{"Profit factor", ratio(s.ProfitFactor), "net wins ÷ net losses"},
		{"Trades", trades, wonText(s)},
	}
}

func wonText(s *stats.Stats) string {
	if !s.WinRate.Defined() {
		return "no round trip ended"
	}
	return percent(s.WinRate).Shown + " won"
}

// groups are all figures.
func (p *page) groups() []group {
	s := &p.result.Stats
	currency := string(p.result.Cash.Currency)
	amount := func(d decimal.Decimal) text {
		if s.Trades == 0 {
			return undefined
		}
		return number(d, p.places).unit(currency)
	}
	signed := func(d decimal.Decimal) text {
		if s.Trades == 0 {
			return undefined
		}
		return profit(d, p.places).unit(currency)
	}
	expectancy := figure(s.Expectancy, 1, p.places, "\u00a0"+currency)
	if s.Expectancy.Defined() && s.Expectancy > 0 {
		expectancy.Shown, expectancy.Tone = "+"+expectancy.Shown, "up"
	} else if s.Expectancy < 0 {
		expectancy.Tone = "down"
	}
	period := "mean of a day"
	deviation := "standard deviation of a day"
	switch s.Convention {
	case "per-bar":
		period, deviation = "mean of a bar", "standard deviation of a bar"
	case stats.Freqtrade2024.Name():
		period, deviation = "a day", "standard deviation of a trade"
	}
	longest := undefined
	if s.Bars > 0 {
		longest = text{Shown: counted(s.MaxDrawdownBars, "bar", "bars")}
	}
	return []group{
		{"Return", []entry{
			{"Total return", change(s.Return), "final equity against starting cash"},
			{"CAGR", change(s.CAGR), "growth a year, compounded"},
			{"Mean return", change(s.MeanReturn), period},
			{"Deviation", percent(s.StdReturn), deviation},
			{"Volatility", percent(s.Volatility), "deviation of returns, a year"},
			{"Best", change(s.BestReturn), strings.TrimPrefix(period, "mean of ")},
			{"Worst", change(s.WorstReturn), strings.TrimPrefix(period, "mean of ")},
			{"Skew", ratio(s.Skew), "of the returns"},
			{"Kurtosis", ratio(s.Kurtosis), "in excess of the normal distribution"},
		}},
		{"Risk", []entry{
			{"Max drawdown", percent(s.MaxDrawdown), "deepest fall from a peak"},
			{"Longest drawdown", longest, "below an earlier peak" + daysNote(s.MaxDrawdownDays)},
			{"Sharpe ratio", ratio(s.Sharpe), "mean return ÷ deviation, a year"},
			{"Sortino ratio", ratio(s.Sortino), "mean ÷ downside deviation, a year"},
			{"Calmar ratio", ratio(s.Calmar), "CAGR ÷ max drawdown"},
			{"Omega ratio", ratio(s.Omega), "sum of gains ÷ sum of losses, of returns"},
			{"Ulcer index", percent(s.UlcerIndex), "root of the mean of squared drawdowns"},
			{"VaR", percent(s.VaR), "5 %, historical; normal: " + percent(s.NormalVaR).Shown},
			{"CVaR", percent(s.CVaR), "mean beyond it; normal: " + percent(s.NormalCVaR).Shown},
		}},
		{"Trades", []entry{
			{"Win rate", percent(s.WinRate), fmt.Sprintf("%s of %s round trips", count(s.Wins), count(s.Trades))},
			{"Best trade", signed(s.Best), "net"},
			{"Worst trade", signed(s.Worst), "net"},
			{"Mean time held", figure(s.MeanBarsHeld, 1, 1, "\u00a0bars"), "of a round trip"},
			{"Exposure", percent(s.Exposure), "share of bars with a position"},
			{"Turnover", figure(s.Turnover, 1, 1, ""), "times the mean equity, a year"},
			{"Longest runs", runs(s), "of wins, of losses"},
			{"SQN", ratio(s.SQN), "√trades · mean ÷ deviation of net profit"},
			{"Kelly", percent(s.Kelly), "share of cash, by win rate and payoff"},
		}},
		{"Profit and loss", []entry{
			{"Sum of wins", amount(s.GrossProfit), "net"},
			{"Sum of losses", amount(s.GrossLoss.Neg()), "net"},
			{"Fees", amount(s.Fees), "of the trades that ended"},
			{"Profit factor", ratio(s.ProfitFactor), "net wins ÷ net losses"},
			{"Expectancy", expectancy, "mean net profit of a trade"},
			{"Mean win", figure(s.MeanWin, 1, p.places, "\u00a0"+currency), "net"},
			{"Mean loss", figure(-s.MeanLoss, 1, p.places, "\u00a0"+currency), "net"},
			{"Payoff ratio", ratio(s.PayoffRatio), "mean win ÷ mean loss"},
			{"Mean trade", change(s.MeanTrade), "net ÷ notional of the entry"},
		}},
	}
}

// runs are the longest rows of wins and of losses.
func runs(s *stats.Stats) text {
	if s.Trades == 0 {
		return undefined
	}
	return text{Shown: count(s.LongestWins) + " / " + count(s.LongestLosses)}
}

func daysNote(n stats.Number) string {
	if !n.Defined() {
		return ""
	}
	return ": " + figure(n, 1, 1, "\u00a0days").Shown
}
