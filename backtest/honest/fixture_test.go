package honest

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// hourly is half a year of real candles.
var hourly = sync.OnceValues(func() (*market.Series, error) {
	return market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
})

func config(t testing.TB, s strategy.Strategy) backtest.Config {
	t.Helper()
	candles, err := hourly()
	if err != nil {
		t.Fatal(err)
	}
	return backtest.Config{
		Strategy: s, Data: []*market.Series{candles.Slice(0, 2000)}, Cash: money.MustParse("10000 USDT"),
		Fees: exchange.FlatFee(decimal.RequireFromString("0.001")), Gaps: backtest.AcceptGaps,
	}
}

func check(t *testing.T, c backtest.Config, o Options) *Report {
	t.Helper()
	r, err := Check(t.Context(), c, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// of returns the findings of a kind.
func of(r *Report, k Kind) []Finding {
	return slices.DeleteFunc(slices.Clone(r.Findings), func(f Finding) bool { return f.Kind != k })
}

// want fails unless a report has a finding of a kind and severity with words in it.
func want(t *testing.T, r *Report, k Kind, s Severity, words string) Finding {
	t.Helper()
	for _, f := range r.Findings {
		if f.Kind == k && f.Severity == s && strings.Contains(f.Words, words) {
			return f
		}
	}
	t.Errorf("no %s of kind %s with %q in:\n%s", s, k, words, r)
	return Finding{}
}

// none fails when a report has a finding of a kind that is no note.
func none(t *testing.T, r *Report, kinds ...Kind) {
	t.Helper()
	for _, f := range r.Findings {
		if f.Severity != Note && slices.Contains(kinds, f.Kind) {
			t.Errorf("found %s", f)
		}
	}
}

// made is a strategy of a function that is called at each bar.
type made struct {
	name  string
	build func() func(b strategy.Bar, o *strategy.Orders)
}

func (m made) Name() string                     { return m.name }
func (m made) Parameters() []strategy.Parameter { return nil }

func (m made) Build(s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	return each(m.build()), s.Err()
}

type each func(b strategy.Bar, o *strategy.Orders)

func (e each) OnBar(b strategy.Bar, o *strategy.Orders) { e(b, o) }

// towards holds all or nothing.
func towards(long bool, b strategy.Bar, o *strategy.Orders) {
	switch {
	case long && b.Position().Flat():
		o.BuyMarket(strategy.CashPercent(50))
	case !long && b.Position().Long():
		o.Close("down")
	}
}

// where returns the index of a bar in a series by its time.
func where(s *market.Series, b strategy.Bar) int {
	i, _ := slices.BinarySearch(s.Time, b.Time().UnixNano())
	return i
}
