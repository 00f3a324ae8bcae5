package honest

import (
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// BenchmarkCheck checks half a year of hourly bars with the defaults, beside one run of them.
func BenchmarkCheck(b *testing.B) {
	candles, err := hourly()
	if err != nil {
		b.Fatal(err)
	}
	c := config(b, smacross.Strategy)
	c.Data[0] = candles
	b.Run("check", func(b *testing.B) {
		reruns := 0
		for b.Loop() {
			r, err := Check(b.Context(), c, Options{})
			if err != nil {
				b.Fatal(err)
			}
			reruns = r.Reruns
		}
		b.ReportMetric(float64(reruns), "reruns")
	})
	b.Run("one run", func(b *testing.B) {
		for b.Loop() {
			if _, err := backtest.Run(b.Context(), c); err != nil {
				b.Fatal(err)
			}
		}
	})
}
