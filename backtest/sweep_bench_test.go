package backtest_test

import (
	"context"
	"runtime"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// pairs are the crosses of all fast averages of 5 to 50 bars with all slow ones of 20,
// 25 … 200 that are longer: 46 × 37, less the 112 pairs where fast is not below slow.
func pairs() (all []strategy.Strategy, lengths [][2]int) {
	for fast := 5; fast <= 50; fast++ {
		for slow := 20; slow <= 200; slow += 5 {
			if fast < slow {
				all = append(all, smacross.Strategy.With(func(p *smacross.Params) { p.Fast, p.Slow = fast, slow }))
				lengths = append(lengths, [2]int{fast, slow})
			}
		}
	}
	return all, lengths
}

// BenchmarkSweep1590 runs 1,590 crosses over a year of minutes. Beside it, on the same
// processors, stands the least code that finds the crosses of two averages that are
// known and does nothing with them.
func BenchmarkSweep1590(b *testing.B) {
	series := minuteYear(benchBars)
	all, _ := pairs()
	if len(all) != 1590 {
		b.Fatalf("%d pairs", len(all))
	}
	config := backtest.SweepConfig{
		Strategies: all, Data: series, Cash: money.MustParse("1000000 USDT"), Fees: exchange.FlatFee(decimal.New(1, -4)),
	}
	evaluations := float64(len(all)) * benchBars
	b.Run("sweep", func(b *testing.B) {
		peak := watchMemory(b)
		b.ReportAllocs()
		fills := 0
		for b.Loop() {
			out, err := backtest.Sweep(context.Background(), config)
			if err != nil {
				b.Fatal(err)
			}
			fills = 0
			for i := range out {
				fills += out[i].Fills
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/evaluations, "ns/eval")
		b.ReportMetric(float64(fills), "fills")
		b.ReportMetric(peak(), "peak-MB")
	})
}

// watchMemory returns a function that tells the most memory, in MB, that the process had
// from the system in use for its heap since, less what it has at the beginning.
func watchMemory(b *testing.B) func() float64 {
	b.Helper()
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		peak := uint64(0)
		for {
			var now runtime.MemStats
			runtime.ReadMemStats(&now)
			peak = max(peak, now.HeapInuse)
			select {
			case <-done:
				most <- peak
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	return func() float64 {
		close(done)
		return float64(<-most-before.HeapInuse) / 1e6
	}
}
