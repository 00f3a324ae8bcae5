package robust

import (
	"math"
	"math/rand/v2"
	"testing"
)

// BenchmarkBootstrap draws 10,000 histories of five years of daily returns, with
// bands and distributions, beside a bare loop on one core that keeps the end, the
// drawdown and the Sharpe ratio and sorts nothing.
func BenchmarkBootstrap(b *testing.B) {
	const runs, days = 10_000, 1825
	returns := Returns{Values: normals(1, days, 0.0005, 0.02), PerYear: 365}
	perStep := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/runs/days, "ns/step")
	}
	for name, o := range map[string]BootstrapOptions{
		"stationary":        {Block: 10, Options: Options{Runs: runs}},
		"stationary 1 core": {Block: 10, Options: Options{Runs: runs, Workers: 1}},
		"moving 1 core":     {Block: 10, Blocks: Moving, Options: Options{Runs: runs, Workers: 1}},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Bootstrap(b.Context(), returns, o); err != nil {
					b.Fatal(err)
				}
			}
			perStep(b)
		})
	}
	b.Run("bare loop 1 core", func(b *testing.B) {
		for b.Loop() {
			bareBootstrap(returns.Values, runs, 10)
		}
		perStep(b)
	})
}

// bareBootstrap is the least code for a stationary bootstrap.
func bareBootstrap(values []float64, runs int, length float64) (ends, deepest, sharpes []float64) {
	random := rand.New(rand.NewPCG(1, 2))
	n := len(values)
	for range runs {
		value, peak, deep, sum, squares := 1.0, 1.0, 0.0, 0.0, 0.0
		at := random.IntN(n)
		for range n {
			r := values[at]
			value *= 1 + r
			peak = max(peak, value)
			deep = min(deep, value/peak-1)
			sum += r
			squares += r * r
			if at++; at == n || random.Float64() < 1/length {
				at = random.IntN(n)
			}
		}
		m := sum / float64(n)
		ends, deepest = append(ends, value), append(deepest, deep)
		sharpes = append(sharpes, m/math.Sqrt((squares-sum*m)/float64(n-1)))
	}
	return ends, deepest, sharpes
}

func BenchmarkOverfitting(b *testing.B) {
	trials := noiseTrials(1, 100, 1600)
	for b.Loop() {
		if _, err := Overfitting(b.Context(), trials, OverfittingOptions{}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/12_870/100, "ns/trial-split")
}

func BenchmarkBestOf(b *testing.B) {
	trials := noiseTrials(1, 100, 1600)
	for b.Loop() {
		if _, err := BestOf(b.Context(), trials, nil, BestOfOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNoise(b *testing.B) {
	c := config(b)
	for b.Loop() {
		if _, err := Noise(b.Context(), c, NoiseOptions{Options: Options{Runs: 100}}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100/float64(c.Data[0].Len()), "ns/bar")
}
