package backtest_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
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

// BenchmarkSweep1590 runs 1,590 crosses over a year of minutes, on all processors, with
// exact money. Beside it on as many processors stands the least code that trades the
// crosses of averages that are known already, with floats for money and without a
// drawdown, over 16,384 of the bars, which stay near, again and again.
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
	const near = 1 << 14
	short := minuteYear(near)
	columns := map[int][]float64{}
	_, lengths := pairs()
	for _, pair := range lengths {
		for _, n := range pair {
			if columns[n] == nil {
				columns[n] = indicator.Of(indicator.SMA(n), short)[0]
			}
		}
	}
	opens := short.Floats(market.Open)
	b.Run("bareloop", func(b *testing.B) {
		workers := runtime.GOMAXPROCS(0)
		for b.Loop() {
			var all sync.WaitGroup
			for w := range workers {
				all.Go(func() {
					for range benchBars / near {
						for _, pair := range lengths[len(lengths)*w/workers : len(lengths)*(w+1)/workers] {
							crossLoop(columns[pair[0]], columns[pair[1]], opens, pair[1])
						}
					}
				})
			}
			all.Wait()
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(benchBars/near*near)/float64(len(lengths)), "ns/eval")
	})
}

// crossLoop trades the crosses of two columns, all cash in and all out at the next open.
func crossLoop(fast, slow, opens []float64, from int) (cash float64, trades int) {
	cash = 1_000_000
	held := 0.0
	above := fast[from-1] > slow[from-1]
	slow = slow[:len(fast)]
	for i := from; i < len(fast)-1; i++ {
		if is := fast[i] > slow[i]; is != above {
			above = is
			if price := opens[i+1]; is {
				held, cash = cash/(price*1.0001), 0
			} else if held > 0 {
				cash, held = held*price*0.9999, 0
				trades++
			}
		}
	}
	return cash, trades
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
