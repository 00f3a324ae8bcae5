package bench_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
	"github.com/tradekeel/tradekeel/strategy/indicator/indicatortest"
)

// bars is how many are measured: ten years of minutes, or fewer under -short.
func bars() int {
	if testing.Short() {
		return 200_000
	}
	return 5_256_000
}

// BenchmarkIndicators measures each row of the table in go-talib, in ours, and for
// some as a plain loop.
func BenchmarkIndicators(b *testing.B) {
	all := indicatortest.Columns(bars(), 1, 0.01)
	c := columnsOf(all)
	for i := range rows {
		r := &rows[i]
		d, ok := r.definition(b)
		if !ok {
			b.Logf("%s is left out: there is no kind %s", r.name, r.kind)
			continue
		}
		b.Run(r.name, func(b *testing.B) {
			var theirs float64
			b.Run("talib", func(b *testing.B) { theirs = measure(b, func() { r.talib(c) }) })
			if loop, has := loops[r.name]; has {
				b.Run("bareloop", func(b *testing.B) { measure(b, func() { loop(c) }) })
			}
			b.Run("ours", func(b *testing.B) {
				ours := measure(b, func() { r.ours(d, all) })
				if theirs > 0 {
					b.ReportMetric(ours/theirs, "ratio")
				}
			})
		})
	}
}

// BenchmarkCandles measures the candle patterns; go-talib has none.
func BenchmarkCandles(b *testing.B) {
	all := indicatortest.Columns(bars(), 1, 0.01)
	for _, p := range candle.All() {
		r := row{}
		b.Run(p.TALib()+"/ours", func(b *testing.B) { measure(b, func() { r.ours(p.Definition(), all) }) })
	}
}

// measure runs f, which goes through all bars, and returns and reports ns/bar.
func measure(b *testing.B, f func()) float64 {
	b.Helper()
	for b.Loop() {
		f()
	}
	perBar := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / float64(bars())
	b.ReportMetric(perBar, "ns/bar")
	return perBar
}

// definition makes ours, and says whether there is such a kind.
func (r *row) definition(t testing.TB) (indicator.Definition, bool) {
	t.Helper()
	k, ok := indicator.Lookup(r.kind)
	if !ok {
		return nil, false
	}
	d, err := k.Make(r.params...)
	if err != nil {
		t.Fatalf("%s: %v", r.name, err)
	}
	return d, true
}

// ours computes all outputs of a definition, in slices that it makes.
func (r *row) ours(d indicator.Definition, all [][]float64) [][]float64 {
	in, out := indicatortest.Pick(d, all), indicatortest.Outputs(d, len(all[0]))
	for i, f := range r.fields {
		in[i] = all[f]
	}
	indicator.Batch(d, in, out)
	return out
}

func columnsOf(all [][]float64) columns {
	return columns{all[market.Open], all[market.High], all[market.Low], all[market.Close], all[market.Volume]}
}
