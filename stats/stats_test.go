package stats_test

import (
	"encoding/json"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/stats"
)

func units(v int64) wide.Int { return wide.Mul(v, 1e18) }

// exact is a number at 18 decimals.
func exact(v float64) wide.Int {
	u, _, _ := wide.FromDecimal(decimal.NewFromFloat(v), 18)
	return u
}

// days makes an input of one bar a day that opens at midnight of 2024-01-01 on.
func days(start int64, equity ...float64) stats.Input {
	in := stats.Input{Start: units(start), From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()}
	for i, e := range equity {
		in.Equity = append(in.Equity, exact(e))
		in.Times = append(in.Times, in.From+int64(i+1)*int64(24*time.Hour))
	}
	if len(equity) > 0 {
		in.End = units(int64(equity[len(equity)-1]))
	}
	return in
}

func compute(t *testing.T, c stats.Convention, in stats.Input) stats.Stats {
	t.Helper()
	s, err := stats.Compute(c, in)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func near(t *testing.T, what string, got stats.Number, want float64) {
	t.Helper()
	if !(math.Abs(float64(got)-want) <= 1e-12*max(1, math.Abs(want))) {
		t.Errorf("%s is %.15g, want %.15g", what, float64(got), want)
	}
}

func square(v float64) float64 { return v * v }

// TestCrypto365 is worked by hand: 100 → 110 → 99 → 99 → 118.8, daily returns of
// +10 %, -10 %, 0 and +20 %.
func TestCrypto365(t *testing.T) {
	t.Parallel()
	s := compute(t, stats.Crypto365, days(100, 110, 99, 99, 118.8))
	mean := 0.2 / 4 // the sum of +0.1, -0.1, 0 and +0.2
	sd := math.Sqrt((square(0.1-mean) + square(-0.1-mean) + square(mean) + square(0.2-mean)) / 3)
	near(t, "return", s.Return, 0.188)
	near(t, "Sharpe", s.Sharpe, mean/sd*math.Sqrt(365))
	near(t, "Sortino", s.Sortino, mean/math.Sqrt(0.01/4)*math.Sqrt(365))
	near(t, "volatility", s.Volatility, sd*math.Sqrt(365))
	near(t, "max drawdown", s.MaxDrawdown, -0.1)
	near(t, "CAGR", s.CAGR, math.Pow(1.188, 365.0/4)-1)
	near(t, "Calmar", s.Calmar, (math.Pow(1.188, 365.0/4)-1)/0.1)
	if s.MaxDrawdownBars != 2 || s.Convention != "crypto-365" || !s.To.Equal(s.From.AddDate(0, 0, 4)) {
		t.Errorf("got %+v", s)
	}
}

// TestEveryDayCounts: bars within a day make one return, the first against the
// starting balance; a day without a bar is a return of zero; midnight belongs to
// the day that it ends.
func TestEveryDayCounts(t *testing.T) {
	t.Parallel()
	hours := stats.Input{Start: units(100), End: units(121), From: time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()}
	for _, p := range []struct {
		hour   int
		equity float64
	}{{1, 90}, {12, 105}, {24, 110}, {25, 500}, {48, 110}, {96, 121}} { // nothing on the third day
		hours.Times = append(hours.Times, hours.From+int64(p.hour)*int64(time.Hour))
		hours.Equity = append(hours.Equity, exact(p.equity))
	}
	s, want := compute(t, stats.Crypto365, hours), compute(t, stats.Crypto365, days(100, 110, 110, 110, 121))
	near(t, "Sharpe", s.Sharpe, float64(want.Sharpe))
	near(t, "mean", s.MeanReturn, float64(want.MeanReturn))
	near(t, "drawdown, at the bars", s.MaxDrawdown, 110.0/500-1)
}

func TestDrawdownStartsAtTheBalance(t *testing.T) {
	t.Parallel()
	s := compute(t, stats.Crypto365, days(100, 80, 90))
	near(t, "max drawdown", s.MaxDrawdown, -0.2)
}

func TestUndefinedIsNull(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]stats.Input{
		"no bars": days(100), "one bar": days(100, 100), "flat": days(100, 100, 100, 100), "ruined": days(100, 50, 0, 0),
	} {
		for _, c := range []stats.Convention{stats.Crypto365, stats.PerBar(365)} {
			s := compute(t, c, in)
			if name != "ruined" && s.Sharpe.Defined() {
				t.Errorf("%s: the Sharpe ratio is %v", name, s.Sharpe)
			}
			raw, err := json.Marshal(s)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			var back stats.Stats
			if err := json.Unmarshal(raw, &back); err != nil || back.Sharpe.Defined() != s.Sharpe.Defined() {
				t.Errorf("%s came back as %v, %v", name, back, err)
			}
			if strings.Contains(s.String(), "NaN") || strings.Contains(s.String(), "Inf") {
				t.Errorf("%s reads %s", name, s)
			}
		}
	}
}

func TestTrades(t *testing.T) {
	t.Parallel()
	in := days(100, 100, 100)
	in.Trades = []stats.Trade{
		{Net: units(30), Fees: units(1), Notional: units(100), BarsHeld: 1},
		{Net: units(-10), Fees: units(2), Notional: units(200), BarsHeld: 0},
		{Net: units(0), Notional: units(100), BarsHeld: 0},
	}
	s := compute(t, stats.Crypto365, in)
	near(t, "win rate", s.WinRate, 1.0/3)
	near(t, "profit factor", s.ProfitFactor, 3)
	near(t, "expectancy", s.Expectancy, 20.0/3)
	near(t, "mean trade", s.MeanTrade, (0.3-0.05)/3)
	near(t, "exposure", s.Exposure, 0.5)
	if s.GrossProfit.String() != "30" || s.GrossLoss.String() != "10" || s.Best.String() != "30" || s.Worst.String() != "-10" || s.Fees.String() != "3" {
		t.Errorf("got %+v", s)
	}
	in.OpenBars = 1
	if s = compute(t, stats.Crypto365, in); s.Exposure != 1 {
		t.Errorf("with an open position the exposure is %v", s.Exposure)
	}
	in.Trades = in.Trades[:1]
	if s = compute(t, stats.Crypto365, in); s.ProfitFactor.Defined() {
		t.Errorf("without a loss the profit factor is %v", s.ProfitFactor)
	}
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	in := days(100, 1, 2)
	in.Times = in.Times[:1]
	if _, err := stats.Compute(stats.Crypto365, in); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("columns of two lengths gave %v", err)
	}
	for _, bad := range []float64{0, -1, math.NaN()} {
		if _, err := stats.Compute(stats.PerBar(bad), days(100, 1)); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%v bars in a year gave %v", bad, err)
		}
	}
}

// BenchmarkCompute measures the figures of a year of minutes beside the least
// loop that reads the same numbers: a running peak and the sum of returns.
func BenchmarkCompute(b *testing.B) {
	const bars = 525_600
	in := stats.Input{Start: units(1000), End: units(1000)}
	var floats []float64
	for i := range bars {
		in.Times = append(in.Times, int64(i+1)*int64(time.Minute))
		in.Equity = append(in.Equity, exact(1000+float64(i*7919%1009)))
		floats = append(floats, 1000+float64(i*7919%1009))
	}
	perBar := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/bars, "ns/bar")
	}
	b.Run("crypto-365", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := stats.Compute(stats.Crypto365, in); err != nil {
				b.Fatal(err)
			}
		}
		perBar(b)
	})
	b.Run("per-bar", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := stats.Compute(stats.PerBar(525_600), in); err != nil {
				b.Fatal(err)
			}
		}
		perBar(b)
	})
	b.Run("bareloop", func(b *testing.B) {
		var depth, squares float64
		for b.Loop() {
			peak, before := 1000.0, 1000.0
			depth, squares = 0, 0
			for _, e := range floats {
				peak = max(peak, e)
				depth = min(depth, e/peak-1)
				r := e/before - 1
				squares += r * r
				before = e
			}
		}
		if depth == 0 || squares == 0 {
			b.Fatal("nothing was measured")
		}
		perBar(b)
	})
}
