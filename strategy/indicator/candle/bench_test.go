package candle_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
	"github.com/tradekeel/tradekeel/strategy/indicator/indicatortest"
)

// BenchmarkBatch judges each pattern over a year of minutes.
func BenchmarkBatch(b *testing.B) {
	const n = 525_600
	all := indicatortest.Columns(n, 1, 0.01)
	for _, p := range candle.All() {
		b.Run(string(p), func(b *testing.B) {
			d := p.Definition()
			in, out := indicatortest.Pick(d, all), indicatortest.Outputs(d, n)
			for b.Loop() {
				indicator.Batch(d, in, out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/bar")
		})
	}
}
