package report_test

import (
	"io"
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/report"
	"github.com/tradekeel/tradekeel/strategy"
)

// year is a year of minutes with some 20,000 round trips.
func year(t testing.TB) *backtest.Result {
	t.Helper()
	const minutes, apart = 525_600, 26
	s := strategy.Define("often", func(_ planParams, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &regular{every: apart}, nil
	})
	return run(t, s, wave(t, "BTC/USDT", market.M1, minutes))
}

// regular buys and leaves in turns.
type regular struct{ at, every int }

func (r *regular) OnBar(_ strategy.Bar, o *strategy.Orders) {
	switch r.at % r.every {
	case 0:
		o.BuyMarket(strategy.CashPercent(5), "its turn")
	case r.every / 2:
		o.Close("its turn is over")
	}
	r.at++
}

type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

func TestReportOfAYearIsSmall(t *testing.T) {
	t.Parallel()
	result := year(t)
	var size counter
	if err := report.HTML(&size, result); err != nil {
		t.Fatal(err)
	}
	const most = 10 << 20
	if len(result.Trades) < 20_000 || size > most {
		t.Errorf("%d bars and %d trades make %d bytes, at most %d", len(result.Equity.Times), len(result.Trades), size, most)
	}
}

func BenchmarkHTML(b *testing.B) {
	result := year(b)
	var size counter
	if err := report.HTML(&size, result); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := report.HTML(io.Discard, result); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(size), "bytes/report")
}
