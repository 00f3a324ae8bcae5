package backtest_test

import (
	"context"
	"math"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// engines are the sizing conventions of the reference engines.
var engines = map[string]func(*smacross.Params){
	"backtestingpy":    func(p *smacross.Params) { p.Whole = true },
	"backtrader_allin": func(*smacross.Params) {},
	"backtrader_half":  func(p *smacross.Params) { p.Percent, p.Of = 50, "equity" },
}

// goldenTolerance is relative; profits are relative to the trade's notional.
const goldenTolerance = 1e-9

// TestGoldenBacktests reproduces every run of the reference folder, trade by trade,
// equity by equity, figure by figure.
func TestGoldenBacktests(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestBundledBacktests runs over the bundled data")
	files := golden.Files(t, folder, "golden", "backtests", "*__trades.csv")
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), "__trades.csv")
		parts := strings.Split(name, "__")
		if len(parts) != 3 {
			t.Errorf("%s is not named <engine>__<strategy>__<data>", name)
			continue
		}
		s, short, decimals := goldenStrategy(parts[0], parts[1])
		if sizing, known := engines[parts[0]]; known && parts[1] == "sma" {
			s = smacross.Strategy.With(sizing)
		}
		if s == nil {
			t.Errorf("%s is of a strategy that is not built here", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			checkGolden(t, folder, name, parts[2], s, short, decimals)
		})
	}
}

type goldenMetrics struct {
	Bars           int     `json:"bars"`
	PeriodsPerYear float64 `json:"periods_per_year"`
	Cash           float64 `json:"cash"`
	Fee            float64 `json:"fee"`
	FinalEquity    float64 `json:"final_equity"`
	TotalReturn    float64 `json:"total_return"`
	CAGR           float64 `json:"cagr"`
	MaxDrawdown    float64 `json:"max_drawdown"`
	MaxDrawdownN   int     `json:"max_drawdown_bars"`
	Mean           float64 `json:"mean_return"`
	Std            float64 `json:"std_return"`
	Volatility     float64 `json:"annual_volatility"`
	Sharpe         float64 `json:"sharpe"`
	Sortino        float64 `json:"sortino"`
	Calmar         float64 `json:"calmar"`
	Trades         int     `json:"trades"`
	Wins           int     `json:"wins"`
	WinRate        float64 `json:"win_rate"`
	GrossProfit    float64 `json:"gross_profit"`
	GrossLoss      float64 `json:"gross_loss"`
	ProfitFactor   float64 `json:"profit_factor"`
	Expectancy     float64 `json:"expectancy"`
	MeanTrade      float64 `json:"avg_trade_return"`
	Best           float64 `json:"best_trade"`
	Worst          float64 `json:"worst_trade"`
	Fees           float64 `json:"total_fees_closed"`
	BarsHeld       float64 `json:"avg_bars_held"`
	OpenAtEnd      []struct {
		EntryTime  int64   `json:"entry_time"`
		EntryPrice float64 `json:"entry_price"`
		Size       float64 `json:"size"`
		Fee        float64 `json:"fee"`
	} `json:"open_at_end"`
}

func checkGolden(t *testing.T, folder, name, data string, s strategy.Strategy, short bool, decimals int32) {
	base := filepath.Join(folder, "golden", "backtests", name)
	var want goldenMetrics
	golden.JSON(t, base+"__metrics.json", &want)
	series := referenceSeries(t, folder, data, want.Cash, decimals)
	var account exchange.Terms
	if short {
		series, account = inFutures(series)
	}
	var model matching.Model
	if strings.HasPrefix(name, "published") { // pays a spread on the way in alone
		model.Spread = matching.Spread{Rate: decimal.RequireFromString("0.002"), EntriesOnly: true}
	}
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: s, Account: account, Model: model, Data: []*market.Series{series}, Gaps: backtest.AcceptGaps,
		Cash:       money.New(decimal.NewFromFloat(want.Cash), series.Instrument.Quote),
		Fees:       exchange.FlatFee(decimal.NewFromFloat(want.Fee)),
		Convention: stats.PerBar(want.PeriodsPerYear),
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Refused) > 0 {
		t.Errorf("%d orders were refused, the first: %v", len(result.Refused), result.Refused[0].Err)
	}
	checkTrades(t, base+"__trades.csv", series, result)
	checkEquity(t, base+"__equity.csv.gz", result)
	checkMetrics(t, want, result)
}

// referenceSeries reads a file of the reference folder with scales chosen from
// its data: the decimals that its prices have, and all the rest of the 18 for
// quantities, as far as what the cash could buy leaves room.
func referenceSeries(t *testing.T, folder, name string, cash float64, more int32) *market.Series {
	t.Helper()
	path := golden.Candles(t, folder, name)
	in := market.MustSpot("BASE/QUOTE")
	in.PriceScale = 10
	probe, err := market.ReadCSVFile(path, market.CSVOptions{Instrument: in})
	if err != nil {
		t.Fatal(err)
	}
	needed, lowest := int32(0), int64(math.MaxInt64) // decimals
	for i := range probe.Len() {
		for _, p := range []int64{probe.Open[i], probe.High[i], probe.Low[i], probe.Close[i]} {
			for needed < in.PriceScale && p%int64(math.Pow10(int(in.PriceScale-needed))) != 0 {
				needed++
			}
		}
		lowest = min(lowest, probe.Low[i])
	}
	needed += more
	most := cash * 1000 / (float64(lowest) / math.Pow10(int(in.PriceScale)))
	scaled := market.MustSpot("BASE/QUOTE")
	scaled.PriceScale = needed
	scaled.QuantityScale = min(int32(18-math.Ceil(math.Log10(most))), market.MaxScale-needed)
	series, err := market.ReadCSVFile(path, market.CSVOptions{Instrument: scaled})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s: %d decimals of price, %d of quantity", name, scaled.PriceScale, scaled.QuantityScale)
	return series
}

func checkTrades(t *testing.T, path string, series *market.Series, result *backtest.Result) {
	rows := golden.Rows(t, path)
	if len(rows) != len(result.Trades) {
		t.Errorf("there are %d trades, want %d", len(result.Trades), len(rows))
	}
	for i, row := range rows[:min(len(rows), len(result.Trades))] {
		trade := &result.Trades[i]
		entry, size := row.Float(t, "entry_price"), row.Float(t, "size")
		notional := math.Abs(size) * entry
		near := func(what string, got decimal.Decimal, want, scale float64) {
			t.Helper()
			f, _ := got.Float64()
			if math.Abs(f-want) > goldenTolerance*math.Abs(scale) {
				t.Errorf("trade %d: %s is %s, want %v", i, what, got, want)
			}
		}
		if trade.EntryTime != series.Time[int(row.Float(t, "entry_index"))] || trade.EntryTime != int64(row.Float(t, "entry_time"))*1e6 {
			t.Errorf("trade %d: entered at %s, want row %s", i, trade.Entry(), row["entry_index"])
		}
		out := int(row.Float(t, "exit_index"))
		if trade.ExitTime < series.Time[out] || trade.ExitTime >= series.Closes()[out] {
			t.Errorf("trade %d: left at %s, want row %s", i, trade.Exit(), row["exit_index"])
		}
		near("the entry price", trade.EntryPrice(), entry, entry)
		near("the exit price", trade.ExitPrice(), row.Float(t, "exit_price"), entry)
		near("the size", trade.Size(), size, size)
		near("the gross profit", trade.Gross().Value, row.Float(t, "gross_pnl"), notional)
		near("the fees", trade.Paid().Value, row.Float(t, "fees"), row.Float(t, "fees"))
		near("the net profit", trade.Net().Value, row.Float(t, "net_pnl"), notional)
		near("the return", decimal.NewFromFloat(trade.Return()), row.Float(t, "return"), 1)
	}
}

func checkEquity(t *testing.T, path string, result *backtest.Result) {
	rows := golden.Rows(t, path)
	if len(rows) != len(result.Equity.Units) {
		t.Fatalf("there are %d points of equity, want %d", len(result.Equity.Units), len(rows))
	}
	for i, row := range rows {
		got, want := result.Equity.Units[i].Float64()/1e18, row.Float(t, "equity")
		if math.Abs(got-want) > goldenTolerance*want {
			t.Fatalf("equity %d is %v, want %v", i, got, want)
		}
	}
}

func checkMetrics(t *testing.T, want goldenMetrics, result *backtest.Result) {
	s := result.Stats
	number := func(d decimal.Decimal) float64 { f, _ := d.Float64(); return f }
	for _, m := range []struct {
		name      string
		got, want float64
	}{
		{"bars", float64(s.Bars), float64(want.Bars)},
		{"final equity", number(result.Final().Value), want.FinalEquity},
		{"total return", float64(s.Return), want.TotalReturn},
		{"cagr", float64(s.CAGR), want.CAGR},
		{"max drawdown", -float64(s.MaxDrawdown), want.MaxDrawdown},
		{"max drawdown bars", float64(s.MaxDrawdownBars), float64(want.MaxDrawdownN)},
		{"mean", float64(s.MeanReturn), want.Mean},
		{"std", float64(s.StdReturn), want.Std},
		{"volatility", float64(s.Volatility), want.Volatility},
		{"sharpe", float64(s.Sharpe), want.Sharpe},
		{"sortino", float64(s.Sortino), want.Sortino},
		{"calmar", float64(s.Calmar), want.Calmar},
		{"trades", float64(s.Trades), float64(want.Trades)},
		{"wins", float64(s.Wins), float64(want.Wins)},
		{"win rate", float64(s.WinRate), want.WinRate},
		{"gross profit", number(s.GrossProfit), want.GrossProfit},
		{"gross loss", number(s.GrossLoss), want.GrossLoss},
		{"profit factor", float64(s.ProfitFactor), want.ProfitFactor},
		{"expectancy", float64(s.Expectancy), want.Expectancy},
		{"mean trade", float64(s.MeanTrade), want.MeanTrade},
		{"best", number(s.Best), want.Best},
		{"worst", number(s.Worst), want.Worst},
		{"fees", number(s.Fees), want.Fees},
		{"bars held", float64(s.MeanBarsHeld), want.BarsHeld},
	} {
		// The mean of many small returns loses digits to cancellation in any program.
		if math.Abs(m.got-m.want) > goldenTolerance*max(math.Abs(m.want), 1e-6) {
			t.Errorf("%s is %.15g, want %.15g", m.name, m.got, m.want)
		}
	}
	if want.OpenAtEnd == nil {
		return // the file does not say
	}
	if len(result.Open) != len(want.OpenAtEnd) {
		t.Fatalf("%d positions are open at the end, want %d", len(result.Open), len(want.OpenAtEnd))
	}
	for i, open := range want.OpenAtEnd {
		got := &result.Open[i]
		size, price, fee := number(got.Size()), number(got.EntryPrice()), number(got.Paid().Value)
		if got.EntryTime != open.EntryTime*1e6 || math.Abs(size-open.Size) > goldenTolerance*math.Abs(open.Size) ||
			math.Abs(price-open.EntryPrice) > goldenTolerance*open.EntryPrice ||
			// backtesting.py lists no fee for a trade that is still open; its equity has paid it.
			open.Fee != 0 && math.Abs(fee-open.Fee) > goldenTolerance*open.Fee {
			t.Errorf("open at the end: %s of %v at %v, fee %v; want %+v", got.Entry(), size, price, fee, open)
		}
	}
}
