package backtest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
)

// steps makes candles from opens, highs, lows and closes.
func steps(symbol string, candles ...[4]int64) *market.Series {
	s := market.NewSeries(market.MustSpot(symbol), market.H1, 8, len(candles))
	for i, c := range candles {
		s.Append(market.Bar{Time: int64(i) * int64(market.H1), Open: c[0] * 1e8, High: c[1] * 1e8, Low: c[2] * 1e8, Close: c[3] * 1e8, Volume: 1e8})
	}
	return s
}

// TestExcursions: one BTC bought at 100 and sold at 105 stood at 90 and at 120 between,
// in the bars that ended before it was sold; the bar of the exit does not count.
func TestExcursions(t *testing.T) {
	t.Parallel()
	at := 0
	c := good()
	c.Data = []*market.Series{steps("BTC/USDT", [4]int64{50, 60, 40, 55}, [4]int64{100, 110, 95, 105}, [4]int64{105, 120, 90, 100}, [4]int64{105, 999, 1, 50}, [4]int64{50, 50, 50, 50})}
	c.Cash = good().Cash
	c.Strategy = script(scripted{onBar: func(_ strategy.Bar, o *strategy.Orders) {
		switch at++; at {
		case 1:
			o.BuyMarket(strategy.CashPercent(100), "in")
		case 3:
			o.Close("out")
		}
	}}, nil)
	result, err := backtest.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	in := result.StatsInput()
	if len(in.Trades) != 1 {
		t.Fatalf("there are %d trades", len(in.Trades))
	}
	// All 1000 USDT buy 10 BTC.
	got := in.Trades[0]
	if mae, mfe := got.MAE.Decimal(18).String(), got.MFE.Decimal(18).String(); mae != "-100" || mfe != "200" || !got.Measured {
		t.Errorf("MAE %s, MFE %s, measured %v", mae, mfe, got.Measured)
	}
	if got.Entry != int64(market.H1) || got.Exit != 3*int64(market.H1) || got.Short || got.ExitReason != "out" {
		t.Errorf("the trade is %+v", got)
	}
	// The same trade turned round stood as far on the other side.
	result.Trades[0].Side = -result.Trades[0].Side
	short := result.StatsInput().Trades[0]
	if mae, mfe := short.MAE.Decimal(18).String(), short.MFE.Decimal(18).String(); mae != "-200" || mfe != "100" || !short.Short {
		t.Errorf("turned round: MAE %s, MFE %s, short %v", mae, mfe, short.Short)
	}
	result.Data = nil
	if result.StatsInput().Trades[0].Measured {
		t.Error("a trade is measured without candles")
	}
	if _, err := result.BuyAndHold(); !errors.Is(err, backtest.ErrNoData) {
		t.Errorf("holding without candles gave %v", err)
	}
}

// TestStatsInputIsTheRun: the figures of the input are those of the run, and holding
// compared with itself has a beta of one and no alpha.
func TestStatsInputIsTheRun(t *testing.T) {
	t.Parallel()
	c := good()
	closes := make([]int64, 0, 900)
	for i := range 900 {
		closes = append(closes, int64(1000+i%37*7-i%11*13))
	}
	c.Data = []*market.Series{bars("BTC/USDT", market.H1, 0, closes...)}
	result, err := backtest.Run(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	again, err := stats.Compute(stats.Crypto365, result.StatsInput())
	if err != nil || again.String() != result.Stats.String() || again.SQN != result.Stats.SQN || len(result.Trades) < 10 {
		t.Errorf("%d trades, got %v, want %v, %v", len(result.Trades), again, result.Stats, err)
	}
	holding, err := result.BuyAndHold()
	if err != nil {
		t.Fatal(err)
	}
	if end := holding.End.Decimal(18).Round(10); !end.Equal(c.Cash.Value.Mul(result.Data[0].Instrument.Price(result.Data[0].Close[899])).Div(result.Data[0].Instrument.Price(result.Data[0].Open[0])).Round(10)) {
		t.Errorf("holding ends with %s", end)
	}
	comparison, err := stats.Compare(stats.Crypto365, holding, holding)
	if err != nil || comparison.Beta < 0.999999 || comparison.Beta > 1.000001 || comparison.UpCapture != 1 || comparison.TrackingError != 0 {
		t.Errorf("holding against itself: %+v, %v", comparison, err)
	}
}
