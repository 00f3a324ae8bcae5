package report

import (
	"fmt"

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
	if s.Convention != stats.Crypto365.Name() {
		period, deviation = "mean of a bar", "standard deviation of a bar"
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
		}},
		{"Risk", []entry{
			{"Max drawdown", percent(s.MaxDrawdown), "deepest fall from a peak"},
			{"Longest drawdown", longest, "below an earlier peak"},
			{"Sharpe ratio", ratio(s.Sharpe), "mean return ÷ deviation, a year"},
			{"Sortino ratio", ratio(s.Sortino), "mean ÷ downside deviation, a year"},
			{"Calmar ratio", ratio(s.Calmar), "CAGR ÷ max drawdown"},
		}},
		{"Trades", []entry{
			{"Win rate", percent(s.WinRate), fmt.Sprintf("%s of %s round trips", count(s.Wins), count(s.Trades))},
			{"Best trade", signed(s.Best), "net"},
			{"Worst trade", signed(s.Worst), "net"},
			{"Mean time held", figure(s.MeanBarsHeld, 1, 1, "\u00a0bars"), "of a round trip"},
			{"Exposure", percent(s.Exposure), "share of bars with a position"},
		}},
		{"Profit and loss", []entry{
			{"Sum of wins", amount(s.GrossProfit), "net"},
			{"Sum of losses", amount(s.GrossLoss.Neg()), "net"},
			{"Fees", amount(s.Fees), "of the trades that ended"},
			{"Expectancy", expectancy, "mean net profit of a trade"},
			{"Mean trade", change(s.MeanTrade), "net ÷ notional of the entry"},
		}},
	}
}
