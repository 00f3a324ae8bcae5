package indicator_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// BenchmarkBatch computes each kind with its defaults over a year of minutes.
func BenchmarkBatch(b *testing.B) {
	const n = 525_600
	all := columns(n, 1, 0.01)
	for _, k := range indicator.Kinds() {
		b.Run(k.Name, func(b *testing.B) {
			d, err := k.Make()
			if err != nil {
				b.Fatal(err)
			}
			in, out := pick(d, all), outputs(d, n)
			for b.Loop() {
				indicator.Batch(d, in, out)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/bar")
		})
	}
}

// BenchmarkUpdate takes in one bar at a time.
func BenchmarkUpdate(b *testing.B) {
	const n = 100_000
	all := columns(n, 1, 0.01)
	for _, k := range indicator.Kinds() {
		b.Run(k.Name, func(b *testing.B) {
			d, err := k.Make()
			if err != nil {
				b.Fatal(err)
			}
			in := pick(d, all)
			values := make([]float64, len(in))
			b.ReportAllocs()
			for b.Loop() {
				live := indicator.NewIncremental(d)
				for i := range n {
					for k := range in {
						values[k] = in[k][i]
					}
					live.Update(values...)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/bar")
		})
	}
}
