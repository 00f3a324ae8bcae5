package document

import (
	"math/rand/v2"
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// conditions is a document of ten comparisons on columns.
const conditions = `{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 100}, "let": {"fast": {"sma": 10}, "slow": {"sma": 30}},
	"enter": {"long": {"all": [{"gt": ["close", "fast"]}, {"gt": ["fast", "slow"]}, {"gt": ["close", "open"]}, {"lt": ["low", "fast"]}, {"gt": ["high", "slow"]},
		{"gt": ["close", "slow"]}, {"gt": ["open", "low"]}, {"lt": ["open", "high"]}, {"gt": ["volume", 1]}, {"crosses_above": ["close", "fast"]}]}}}`

// BenchmarkConditions: what a condition costs a bar, its indicators included, computed
// a block at a time and as bars close; and the explanation of a decision.
func BenchmarkConditions(b *testing.B) {
	const n, count = 100_000, 10
	data := market1(b, rand.New(rand.NewPCG(1, 1)), n)[0]
	d := MustParse(conditions)
	run := func(b *testing.B, feed func() *strategy.Feed, explain bool) {
		b.ReportAllocs()
		for b.Loop() {
			var now int64
			f := feed()
			f.Clock(&now)
			setup := strategy.NewSetup([]*strategy.Feed{f})
			built, err := d.Build(setup)
			if err != nil {
				b.Fatal(err)
			}
			i, _ := built.(*instance)
			closes := data.Closes()
			var orders strategy.Orders
			bar := strategy.NewBar(f, &script{})
			for k := range data.Len() {
				candle := data.Bar(k)
				if err := f.Push(&candle); err != nil {
					b.Fatal(err)
				}
				if now = closes[k]; !f.Warm() {
					continue
				}
				orders.Begin(f)
				i.OnBar(bar, &orders)
				if explain {
					_ = i.Explain()
				}
			}
		}
		bars := float64(data.Len())
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/bars, "ns/bar")
		if !explain {
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/bars/count, "ns/condition")
		}
	}
	preloaded := func() *strategy.Feed { return strategy.NewPreloadedFeed(0, data) }
	b.Run("blocks", func(b *testing.B) { run(b, preloaded, false) })
	b.Run("asTheyClose", func(b *testing.B) {
		run(b, func() *strategy.Feed { return strategy.NewFeed(0, data.Instrument, market.H1, 8) }, false)
	})
	b.Run("explained", func(b *testing.B) { run(b, preloaded, true) })
	b.Run("bareloop", func(b *testing.B) {
		open, high, low, closing, volume := data.Floats(market.Open), data.Floats(market.High), data.Floats(market.Low), data.Floats(market.Close), data.Floats(market.Volume)
		entries := 0
		for b.Loop() {
			var fast, slow, before float64
			for k := range closing {
				fastBefore := fast
				fast += closing[k]
				slow += closing[k]
				if k >= 10 {
					fast -= closing[k-10]
				}
				if k >= 30 {
					slow -= closing[k-30]
				}
				f, s := fast/10, slow/30
				if k > 30 && closing[k] > f && f > s && closing[k] > open[k] && low[k] < f && high[k] > s && closing[k] > s &&
					open[k] > low[k] && open[k] < high[k] && volume[k] > 1 && before <= fastBefore/10 {
					entries++
				}
				before = closing[k]
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(closing)), "ns/bar")
		if entries == 0 {
			b.Fatal("no entry")
		}
	})
}
