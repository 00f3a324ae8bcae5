package stats_test

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/stats"
)

// figures are compared by name; what is compared is taken out, so that at the end
// what is left was not compared.
type figures map[string]any

func (f figures) take(t *testing.T, name string, got float64) {
	t.Helper()
	want, ok := f[name].(float64)
	if !ok {
		t.Errorf("the file has no %s", name)
		return
	}
	delete(f, name)
	// The mean of many small returns loses digits to cancellation in any program.
	if !(math.Abs(got-want) <= 1e-9*max(math.Abs(want), 1e-6)) {
		t.Errorf("%s is %.15g, want %.15g", name, got, want)
	}
}

func (f figures) number(t *testing.T, name string) float64 {
	t.Helper()
	v, ok := f[name].(float64)
	if !ok {
		t.Fatalf("the file has no number %s", name)
	}
	return v
}

func (f figures) text(t *testing.T, name string) string {
	t.Helper()
	v, ok := f[name].(string)
	if !ok {
		t.Fatalf("the file has no text %s", name)
	}
	return v
}

func (f figures) empty(t *testing.T, what string) {
	t.Helper()
	if len(f) > 0 {
		t.Errorf("of %s these are not compared: %v", what, slices.Sorted(maps.Keys(f)))
	}
}

// dailyReturns makes an input whose days have the returns of a file.
func dailyReturns(t *testing.T, file string) (in stats.Input, returns []float64) {
	t.Helper()
	in = stats.Input{Start: units(1), End: units(1)}
	equity := 1.0
	for i, row := range golden.Rows(t, file) {
		r := row.Float(t, "return")
		returns = append(returns, r)
		equity *= 1 + r
		in.Times, in.Equity = append(in.Times, int64(i+1)*int64(24*time.Hour)), append(in.Equity, exact(equity))
	}
	return in, returns
}

// TestGoldenMetrics holds the distribution, the convention of quantstats and per-bar
// to every figure that two published libraries give of the series of the reference
// folder.
func TestGoldenMetrics(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestCrypto365 and TestDistribution are worked by hand")
	for _, file := range golden.Files(t, folder, "golden", "metrics", "*__metrics.json") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			var want struct {
				Observations   int
				PeriodsPerYear float64 `json:"periods_per_year"`
				Quantstats     figures
				Empyrical      figures
			}
			golden.JSON(t, file, &want)
			in, returns := dailyReturns(t, strings.Replace(file, "__metrics.json", "__returns.csv.gz", 1))
			if len(returns) != want.Observations {
				t.Errorf("there are %d returns, want %d", len(returns), want.Observations)
			}
			adapted := compute(t, stats.QuantStats(want.PeriodsPerYear), in)
			in.Times = append([]int64{0}, in.Times...)
			in.Equity = append([]wide.Int{in.Start}, in.Equity...)
			perBar := compute(t, stats.PerBar(want.PeriodsPerYear), in)
			ends := make([]int64, len(returns))
			d := stats.Returns{Ends: ends, Values: returns, PeriodsPerYear: want.PeriodsPerYear}.Distribution()
			checkPerBar(t, perBar, maps.Clone(want.Quantstats), maps.Clone(want.Empyrical))
			checkAdapted(t, adapted, maps.Clone(want.Quantstats))
			checkQuantstats(t, d, want.Quantstats)
			checkEmpyrical(t, d, want.Empyrical)
		})
	}
}

func checkPerBar(t *testing.T, s stats.Stats, q, e figures) {
	t.Helper()
	q.take(t, "comp", float64(s.Return))
	q.take(t, "sharpe", float64(s.Sharpe))
	q.take(t, "sortino", float64(s.Sortino))
	q.take(t, "volatility", float64(s.Volatility))
	q.take(t, "max_drawdown", float64(s.MaxDrawdown))
	q.take(t, "cagr", float64(s.CAGR))
	q.take(t, "calmar", float64(s.Calmar))
	q.take(t, "omega", float64(s.Omega))
	q.take(t, "skew", float64(s.Skew))
	q.take(t, "kurtosis", float64(s.Kurtosis))
	q.take(t, "best", float64(s.BestReturn))
	q.take(t, "worst", float64(s.WorstReturn))
	q.take(t, "value_at_risk", float64(s.NormalVaR))
	e.take(t, "value_at_risk", float64(s.VaR))
	e.take(t, "conditional_value_at_risk", float64(s.CVaR))
	e.take(t, "annual_return", float64(s.CAGR))
}

func checkAdapted(t *testing.T, s stats.Stats, q figures) {
	t.Helper()
	for name, got := range map[string]stats.Number{
		"comp": s.Return, "cagr": s.CAGR, "volatility": s.Volatility, "sharpe": s.Sharpe, "sortino": s.Sortino, "calmar": s.Calmar,
		"omega": s.Omega, "max_drawdown": s.MaxDrawdown, "ulcer_index": s.UlcerIndex, "skew": s.Skew, "kurtosis": s.Kurtosis,
		"value_at_risk": s.NormalVaR, "conditional_value_at_risk": s.NormalCVaR, "best": s.BestReturn, "worst": s.WorstReturn,
		"exposure": s.Exposure, "win_rate": s.WinRate, "payoff_ratio": s.PayoffRatio, "profit_factor": s.ProfitFactor,
		"kelly_criterion": s.Kelly, "consecutive_wins": stats.Number(s.LongestWins), "consecutive_losses": stats.Number(s.LongestLosses),
	} {
		q.take(t, name, float64(got))
	}
}

func checkQuantstats(t *testing.T, d stats.Distribution, q figures) {
	t.Helper()
	for name, got := range map[string]stats.Number{
		"comp": d.Total, "expected_return_daily": d.GeometricMean, "avg_return": d.MeanNonZero, "avg_win": d.MeanWin,
		"avg_loss": d.MeanLoss, "best": d.Best, "worst": d.Worst, "win_rate": d.WinRate,
		"consecutive_wins": stats.Number(d.LongestWins), "consecutive_losses": stats.Number(d.LongestLosses),
		"exposure":     stats.Number(math.Ceil(float64(d.Active)*100) / 100),
		"max_drawdown": d.MaxDrawdown, "ulcer_index": d.SampleUlcer, "skew": d.Skew, "kurtosis": d.Kurtosis,
		"payoff_ratio": d.PayoffRatio, "profit_factor": d.ProfitFactor, "cpc_index": d.CPC, "tail_ratio": d.TailRatio,
		"common_sense_ratio": d.CommonSense, "outlier_win_ratio": d.OutlierWin, "outlier_loss_ratio": d.OutlierLoss,
		"kelly_criterion": d.Kelly, "value_at_risk": d.NormalVaR, "conditional_value_at_risk": d.MeanBelowVaR,
		"gain_to_pain_ratio": d.GainToPain, "sharpe": d.Sharpe, "sortino": d.Sortino, "volatility": d.Volatility,
		"omega": d.Omega, "cagr": d.CAGR, "adjusted_sortino": d.AdjustedSortino, "calmar": d.Calmar,
		"recovery_factor": d.Recovery, "serenity_index": d.Serenity, "ulcer_performance_index": d.UlcerRatio,
		"risk_of_ruin": d.RiskOfRuin,
	} {
		q.take(t, name, float64(got))
	}
	q.empty(t, "quantstats")
}

func checkEmpyrical(t *testing.T, d stats.Distribution, e figures) {
	t.Helper()
	for name, got := range map[string]stats.Number{
		"cum_returns_final": d.Total, "max_drawdown": d.MaxDrawdown, "value_at_risk": d.VaR, "conditional_value_at_risk": d.CVaR,
		"stability_of_timeseries": d.Stability, "tail_ratio": d.TailRatio, "omega_ratio": d.Omega, "annual_return": d.CAGR,
		"annual_volatility": d.Volatility, "sharpe_ratio": d.Sharpe, "sortino_ratio": d.Sortino, "calmar_ratio": d.Calmar,
		"downside_risk": d.DownsideRisk,
	} {
		e.take(t, name, float64(got))
	}
	e.empty(t, "empyrical")
}

// goldenRun reads the equity and the trades of a backtest of the reference folder.
func goldenRun(t *testing.T, base string, initial float64) stats.Input {
	t.Helper()
	in := stats.Input{Start: exact(initial)}
	var opens []int64
	for _, row := range golden.Rows(t, base+"__equity.csv.gz") {
		opens = append(opens, int64(row.Float(t, "time"))*1e6)
		in.Equity = append(in.Equity, exact(row.Float(t, "equity")))
	}
	in.From, in.End = opens[0], in.Equity[len(in.Equity)-1]
	length := int64(math.MaxInt64)
	for i := 1; i < len(opens); i++ {
		length = min(length, opens[i]-opens[i-1])
	}
	for _, at := range opens {
		in.Times = append(in.Times, at+length)
	}
	for _, row := range golden.Rows(t, base+"__trades.csv") {
		size, entry, exit := row.Float(t, "size"), row.Float(t, "entry_price"), row.Float(t, "exit_price")
		in.Trades = append(in.Trades, stats.Trade{
			Net: exact(row.Float(t, "net_pnl")), Fees: exact(row.Float(t, "fees")), Notional: exact(math.Abs(size) * entry),
			BarsHeld: int(row.Float(t, "exit_index") - row.Float(t, "entry_index")), ExitNotional: exact(math.Abs(size) * exit),
			Entry: int64(row.Float(t, "entry_time")) * 1e6, Exit: int64(row.Float(t, "exit_time")) * 1e6,
			Short: size < 0, ExitReason: row["exit_reason"],
		})
	}
	return in
}

// TestGoldenBacktests holds per-bar and backtesting.py to every figure of every
// backtest of the reference folder.
func TestGoldenBacktests(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestCrypto365 and TestBacktestingPy are worked by hand")
	for _, file := range golden.Files(t, folder, "golden", "backtests", "*__metrics.json") {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			want := figures{}
			golden.JSON(t, file, &want)
			in := goldenRun(t, strings.TrimSuffix(file, "__metrics.json"), want.number(t, "initial_equity"))
			checkRun(t, compute(t, stats.PerBar(want.number(t, "periods_per_year")), in), want)
			theirs, ok := want["backtesting_py_stats"].(map[string]any)
			if !ok {
				return
			}
			closes := golden.Rows(t, golden.Candles(t, folder, want.text(t, "data")))
			holding := stats.Input{From: in.From, Times: in.Times}
			for _, row := range closes {
				holding.Equity = append(holding.Equity, exact(row.Float(t, "close")))
			}
			// backtesting.py begins where the indicators have their first value.
			warmUp := map[string]int{"sma": 29, "smals": 29, "rsi": 14, "bb": 19, "published README example": 19}
			holding.Start = holding.Equity[warmUp[want.text(t, "strategy")]]
			checkBacktestingPy(t, in, holding, theirs)
		})
	}
}

func checkRun(t *testing.T, s stats.Stats, want figures) {
	t.Helper()
	for name, got := range map[string]float64{
		"bars": float64(s.Bars), "initial_equity": s.Start.InexactFloat64(), "final_equity": s.End.InexactFloat64(),
		"total_return": float64(s.Return), "cagr": float64(s.CAGR), "max_drawdown": -float64(s.MaxDrawdown),
		"max_drawdown_bars": float64(s.MaxDrawdownBars), "mean_return": float64(s.MeanReturn), "std_return": float64(s.StdReturn),
		"annual_volatility": float64(s.Volatility), "sharpe": float64(s.Sharpe), "sortino": float64(s.Sortino), "calmar": float64(s.Calmar),
		"trades": float64(s.Trades), "wins": float64(s.Wins), "win_rate": float64(s.WinRate), "gross_profit": s.GrossProfit.InexactFloat64(),
		"gross_loss": s.GrossLoss.InexactFloat64(), "profit_factor": float64(s.ProfitFactor), "expectancy": float64(s.Expectancy),
		"avg_trade_return": float64(s.MeanTrade), "best_trade": s.Best.InexactFloat64(), "worst_trade": s.Worst.InexactFloat64(),
		"total_fees_closed": s.Fees.InexactFloat64(), "avg_bars_held": float64(s.MeanBarsHeld),
	} {
		if want[name] == nil {
			if !math.IsNaN(got) {
				t.Errorf("%s is %v, want none", name, got)
			}
			continue
		}
		want.take(t, name, got)
	}
}

func checkBacktestingPy(t *testing.T, in, holding stats.Input, theirs map[string]any) {
	t.Helper()
	s := compute(t, stats.BacktestingPy, in)
	against, err := stats.Compare(stats.BacktestingPy, in, holding)
	if err != nil {
		t.Fatal(err)
	}
	peak := in.Equity[0]
	for _, u := range in.Equity {
		if u.Cmp(peak) > 0 {
			peak = u
		}
	}
	depth, drawdowns := 0.0, stats.Drawdowns(in)
	for _, d := range drawdowns {
		depth += float64(d.Depth) / float64(len(drawdowns))
	}
	want := figures(theirs)
	for name, got := range map[string]float64{
		"Exposure Time [%]": 100 * float64(s.Exposure), "Equity Final [$]": s.End.InexactFloat64(), "Equity Peak [$]": peak.Decimal(18).InexactFloat64(),
		"Commissions [$]": s.Fees.InexactFloat64(), "Return [%]": 100 * float64(s.Return), "Buy & Hold Return [%]": 100 * float64(against.Benchmark),
		"Return (Ann.) [%]": 100 * (math.Pow(1+float64(s.MeanReturn), year(in)) - 1), "Volatility (Ann.) [%]": 100 * float64(s.Volatility), "CAGR [%]": 100 * float64(s.CAGR),
		"Sharpe Ratio": float64(s.Sharpe), "Sortino Ratio": float64(s.Sortino), "Calmar Ratio": float64(s.Calmar),
		"Alpha [%]": 100 * float64(against.Alpha), "Beta": float64(against.Beta), "Max. Drawdown [%]": 100 * float64(s.MaxDrawdown),
		"Avg. Drawdown [%]": 100 * depth, "# Trades": float64(s.Trades), "Win Rate [%]": 100 * float64(s.WinRate),
		"Best Trade [%]": 100 * float64(s.BestTrade), "Worst Trade [%]": 100 * float64(s.WorstTrade), "Avg. Trade [%]": 100 * float64(s.GeometricTrade),
		"Profit Factor": float64(s.ProfitFactor), "Expectancy [%]": 100 * float64(s.MeanTrade), "SQN": float64(s.SQN), "Kelly Criterion": float64(s.Kelly),
	} {
		if want[name] == nil {
			delete(want, name)
			if name == "Commissions [$]" && got == 0 {
				continue // a run without fees
			}
			if !math.IsNaN(got) {
				t.Errorf("%s is %v, want none", name, got)
			}
			continue
		}
		want.take(t, name, got)
	}
	checkTimes(t, in, drawdowns, want)
	want.empty(t, "backtesting.py")
}

// year is the number of days that backtesting.py gives a year.
func year(in stats.Input) float64 {
	r, _ := stats.ReturnsOf(stats.BacktestingPy, in)
	return r.PeriodsPerYear
}

// checkTimes compares what is a time there: cut up to days, hours or minutes.
func checkTimes(t *testing.T, in stats.Input, drawdowns []stats.Drawdown, want figures) {
	t.Helper()
	var longest, all, held, allHeld time.Duration
	for _, d := range drawdowns {
		length := time.Duration(d.End - d.Peak)
		longest, all = max(longest, length), all+length
	}
	for _, trade := range in.Trades {
		length := time.Duration(trade.Exit - trade.Entry)
		held, allHeld = max(held, length), allHeld+length
	}
	bar := time.Duration(in.Times[0] - in.From)
	resolution := 24 * time.Hour
	if bar < time.Hour {
		resolution = time.Minute
	} else if bar < 24*time.Hour {
		resolution = time.Hour
	}
	up := func(d time.Duration) time.Duration { return (d + resolution - 1).Truncate(resolution) }
	opens := func(end int64) time.Time { return time.Unix(0, end).Add(-bar).UTC() }
	for name, got := range map[string]string{
		"Start": opens(in.Times[0]).Format(time.DateTime), "End": opens(in.Times[len(in.Times)-1]).Format(time.DateTime),
		"Duration":               pandas(time.Duration(in.Times[len(in.Times)-1] - in.Times[0])),
		"Max. Drawdown Duration": pandas(up(longest)), "Avg. Drawdown Duration": pandas(up(all / time.Duration(max(1, len(drawdowns))))),
		"Max. Trade Duration": pandas(up(held)), "Avg. Trade Duration": pandas(up(allHeld / time.Duration(max(1, len(in.Trades))))),
	} {
		if want[name] != got {
			t.Errorf("%s is %s, want %v", name, got, want[name])
		}
		delete(want, name)
	}
}

// pandas writes a duration as "19 days 23:55:00".
func pandas(d time.Duration) string {
	rest := d % (24 * time.Hour)
	return strconv.Itoa(int(d/(24*time.Hour))) + " days " + time.Time{}.Add(rest).Format(time.TimeOnly)
}
