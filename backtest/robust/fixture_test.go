package robust

import (
	"math"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// hourly is half a year of real candles.
var hourly = sync.OnceValues(func() (*market.Series, error) {
	return market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
})

func config(t testing.TB) backtest.Config {
	t.Helper()
	candles, err := hourly()
	if err != nil {
		t.Fatal(err)
	}
	return backtest.Config{
		Strategy: smacross.Strategy, Data: []*market.Series{candles}, Cash: money.MustParse("10000 USDT"),
		Fees: exchange.FlatFee(decimal.RequireFromString("0.001")), Gaps: backtest.AcceptGaps,
	}
}

func ran(t testing.TB) *backtest.Result {
	t.Helper()
	r, err := backtest.Run(t.Context(), config(t))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// normals returns independent normal numbers.
func normals(seed uint64, n int, mean, deviation float64) []float64 {
	random := rand.New(rand.NewPCG(seed, 77))
	out := make([]float64, n)
	for i := range out {
		out[i] = mean + deviation*random.NormFloat64()
	}
	return out
}

// autoregressive returns numbers of which each is rho times the one before and a normal one.
func autoregressive(seed uint64, n int, rho float64) []float64 {
	random := rand.New(rand.NewPCG(seed, 78))
	out := make([]float64, n)
	last := random.NormFloat64() / math.Sqrt(1-rho*rho)
	for i := range out {
		last = rho*last + random.NormFloat64()
		out[i] = last
	}
	return out
}

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, want %v within %v", what, got, want, within)
	}
}

func moments(values []float64) (m, deviation float64) {
	m = mean(values)
	for _, v := range values {
		deviation += (v - m) * (v - m)
	}
	return m, math.Sqrt(deviation / float64(len(values)-1))
}
