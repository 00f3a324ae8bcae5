package indicator_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// prices draws a column of plausible prices, with the sizes of real ones.
func prices(t *rapid.T) []float64 {
	n := rapid.IntRange(0, 9000).Draw(t, "bars")
	seed := rapid.Uint64().Draw(t, "seed")
	scale := math.Pow10(rapid.IntRange(-8, 6).Draw(t, "scale"))
	out := make([]float64, n)
	at := 1e6
	for i := range out {
		seed = seed*6364136223846793005 + 1442695040888963407
		at = max(1, at+float64(int64(seed>>40)-1<<23)/1e3)
		out[i] = math.Round(at) * scale
	}
	return out
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }

// Laws of every definition; add a row for a new indicator.
func TestLaws(t *testing.T) {
	t.Parallel()
	for name, define := range map[string]func(int) indicator.Definition{"sma": indicator.SMA} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(t *rapid.T) {
				laws(t, define(rapid.IntRange(1, 300).Draw(t, "period")))
			})
		})
	}
}

func laws(t *rapid.T, d indicator.Definition) {
	in := prices(t)
	out := make([]float64, len(in))
	indicator.Batch(d, in, out)
	step := d.Stepper()
	for i, v := range in {
		if got := step.Step(v); !same(got, out[i]) {
			t.Fatalf("batch and incremental agree at every bar: %s at %d is %v by batch, %v by step", d.Key(), i, out[i], got)
		}
		if math.IsNaN(out[i]) != (i < d.Warmup()) {
			t.Fatalf("the warm-up is exact: %s at %d is %v, the warm-up is %d", d.Key(), i, out[i], d.Warmup())
		}
	}
	if len(in) == 0 {
		return
	}
	at := rapid.IntRange(0, len(in)-1).Draw(t, "changed")
	changed := append([]float64(nil), in...)
	changed[at] *= 3
	again := make([]float64, len(in))
	indicator.Batch(d, changed, again)
	for i := range at {
		if !same(out[i], again[i]) {
			t.Fatalf("nothing looks ahead: changing input %d changed output %d of %s", at, i, d.Key())
		}
	}
}

func TestSMAIsTheMean(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, period := prices(t), rapid.IntRange(1, 300).Draw(t, "period")
		out := make([]float64, len(in))
		indicator.Batch(indicator.SMA(period), in, out)
		for i := period - 1; i < len(in); i += 97 {
			sum := new(big.Rat)
			for _, v := range in[i+1-period : i+1] {
				sum.Add(sum, new(big.Rat).SetFloat64(v))
			}
			want, _ := sum.Quo(sum, big.NewRat(int64(period), 1)).Float64()
			if math.Abs(out[i]-want) > 1e-12*want {
				t.Fatalf("sma(%d) at %d is %.17g, the mean is %.17g", period, i, out[i], want)
			}
		}
	})
}

func BenchmarkSMA(b *testing.B) {
	in := make([]float64, 525_600)
	for i := range in {
		in[i] = 40_000 + float64(i*7919%10_007)
	}
	out := make([]float64, len(in))
	perBar := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(in)), "ns/bar")
	}
	b.Run("batch", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			indicator.Batch(indicator.SMA(30), in, out)
		}
		perBar(b)
	})
	b.Run("bareloop", func(b *testing.B) {
		for b.Loop() {
			sum := 0.0
			for i, v := range in {
				sum += v
				if i >= 30 {
					sum -= in[i-30]
				}
				out[i] = sum / 30
			}
		}
		perBar(b)
	})
}
