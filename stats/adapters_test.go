package stats_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/stats"
)

// fiveDays is 100 → 110 → 99 → 99 → 118.8 with a winner of 10, a loser of 11 and a
// winner of 19.8.
func fiveDays() stats.Input {
	in := days(100, 110, 99, 99, 118.8)
	in.End = in.Equity[3]
	at := func(d int) int64 { return in.From + int64(d)*int64(24*time.Hour) }
	in.Trades = []stats.Trade{
		{Net: exact(10), Notional: exact(100), ExitNotional: exact(110), BarsHeld: 1, Entry: at(0), Exit: at(1)},
		{Net: exact(-11), Notional: exact(110), ExitNotional: exact(99), BarsHeld: 1, Entry: at(1), Exit: at(2), ExitReason: "stop"},
		{Net: exact(19.8), Notional: exact(99), ExitNotional: exact(118.8), BarsHeld: 1, Entry: at(3), Exit: at(4)},
	}
	return in
}

func TestNautilus(t *testing.T) {
	t.Parallel()
	s := compute(t, stats.Nautilus252, fiveDays())
	mean := 0.2 / 4
	near(t, "Sharpe", s.Sharpe, mean/math.Sqrt((square(0.1-mean)+square(-0.1-mean)+square(mean)+square(0.2-mean))/3)*math.Sqrt(252))
	near(t, "Sortino", s.Sortino, mean/math.Sqrt(0.01/4)*math.Sqrt(252))
	near(t, "CAGR", s.CAGR, math.Pow(1.188, 252.0/4)-1)
	near(t, "max drawdown", s.MaxDrawdown, -0.1)
	near(t, "profit factor, of returns", s.ProfitFactor, 0.3/0.1)
	near(t, "expectancy", s.Expectancy, 14.9*2/3-11.0/3)
	if s.SQN.Defined() || s.Kelly.Defined() {
		t.Error("there is a figure that the original has not")
	}
	// Its own test: five returns and their Sortino ratio.
	r := stats.Returns{Ends: make([]int64, 5), Values: []float64{-0.01, 0.02, -0.015, 0.005, -0.02}, PeriodsPerYear: 252}
	if got := float64(r.Distribution().Sortino); math.Abs(got+5.273224492824493) > 1e-9 {
		t.Errorf("Sortino is %.15g", got)
	}
}

func TestFreqtradeOfTrades(t *testing.T) {
	t.Parallel()
	s := compute(t, stats.Freqtrade2024, fiveDays())
	a, b, c := 0.1, -0.11, 0.198
	mean := (a + b + c) / 3
	deviation := math.Sqrt((square(a-mean) + square(b-mean) + square(c-mean)) / 3)
	near(t, "Sharpe", s.Sharpe, 0.188/4/deviation*math.Sqrt(365))
	near(t, "CAGR", s.CAGR, math.Pow(1.188, 365.0/4)-1)
	near(t, "max drawdown", s.MaxDrawdown, -11.0/110)
	near(t, "Calmar", s.Calmar, 0.188/4*100/0.1*math.Sqrt(365))
	near(t, "profit factor", s.ProfitFactor, 29.8/11)
	near(t, "expectancy", s.Expectancy, 18.8/3)
	near(t, "expectancy ratio", s.ExpectancyRatio, (1+14.9/11)*2/3-1)
	if s.Sortino.Defined() {
		t.Errorf("one loser has no deviation: freqtrade gives -100, ours is %v", s.Sortino)
	}
	in := fiveDays()
	in.Trades[0].Net = exact(-5)
	s = compute(t, stats.Freqtrade2024, in)
	near(t, "Sortino", s.Sortino, 0.038/4/0.03*math.Sqrt(365)) // of -0.05 and -0.11
	if in.Trades = in.Trades[:1]; compute(t, stats.Freqtrade2024, in).MaxDrawdown.Defined() {
		t.Error("a drawdown at the first trade is an error there")
	}
}

func TestFreqtradeOfBalances(t *testing.T) {
	t.Parallel()
	in := days(100, 100, 110, 99, 108.9, 103.455)
	s := compute(t, stats.Freqtrade2026, in)
	returns := []float64{0.1, -0.1, 0.1, -0.05}
	mean, deviation := 0.05/4, 0.0
	for _, r := range returns {
		deviation += square(r-mean) / 4
	}
	near(t, "Sharpe", s.Sharpe, mean/math.Sqrt(deviation)*math.Sqrt(365))
	near(t, "Sortino", s.Sortino, mean/0.025*math.Sqrt(365)) // of -0.1 and -0.05
	near(t, "max drawdown", s.MaxDrawdown, -0.1)
	near(t, "Calmar", s.Calmar, 0.03455/4*100/0.1*math.Sqrt(365))
	near(t, "CAGR", s.CAGR, math.Pow(1.03455, 365.0/5)-1)
	in.Trades = fiveDays().Trades
	s = compute(t, stats.Freqtrade2026, in)
	sd := math.Sqrt((square(10-18.8/3) + square(-11-18.8/3) + square(19.8-18.8/3)) / 2)
	near(t, "SQN", s.SQN, math.Round(math.Sqrt(3)*18.8/3/sd*1e4)/1e4)
}

func TestBacktestingPy(t *testing.T) {
	t.Parallel()
	in := fiveDays() // Monday to Thursday: no weekends
	s := compute(t, stats.BacktestingPy, in)
	mean := math.Pow(118.8/110, 1.0/3) - 1 // of three returns: the first day is the base
	yearly := math.Pow(1+mean, 252) - 1
	near(t, "return", s.Return, 118.8/110-1)
	near(t, "Calmar", s.Calmar, yearly/0.1)
	near(t, "Sortino", s.Sortino, yearly/math.Sqrt(0.01/3)/math.Sqrt(252))
	near(t, "CAGR", s.CAGR, math.Pow(1.08, 365.25/3)-1)
	near(t, "profit factor, of returns", s.ProfitFactor, 0.3/0.1)
	near(t, "expectancy", s.MeanTrade, 0.2/3)
	near(t, "mean trade", s.GeometricTrade, math.Cbrt(1.1*0.9*1.2)-1)
	near(t, "exposure", s.Exposure, 1)
}

func TestNames(t *testing.T) {
	t.Parallel()
	for _, c := range stats.Conventions() {
		if got, err := stats.Named(c.Name()); err != nil || got != c {
			t.Errorf("%s is %v, %v", c.Name(), got, err)
		}
	}
	if _, err := stats.Named("sharpe"); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("a name of none gave %v", err)
	}
}
