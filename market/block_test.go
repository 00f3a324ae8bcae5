package market

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// walk makes n valid candles of a random walk at tick 0.01 of scale 8.
func walk(n int, seed uint64) *Series {
	r := rand.New(rand.NewPCG(seed, 1))
	s := NewSeries(MustSpot("BTC/USDT"), M1, 8, n)
	t, last := int64(1_704_067_200_000_000_000), int64(4_200_000)
	for range n {
		open := max(1, last+int64(r.NormFloat64()*2))
		closing := max(1, open+int64(r.NormFloat64()*600))
		high, low := max(open, closing)+int64(r.ExpFloat64()*300), max(1, min(open, closing)-int64(r.ExpFloat64()*300))
		s.Append(Bar{t, open * 1e6, high * 1e6, low * 1e6, closing * 1e6, int64(math.Exp(r.NormFloat64())*1e6) * 1e3})
		t, last = t+int64(M1), closing
	}
	return s
}

func TestBlockRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tf := rapid.SampledFrom([]Timeframe{S1, M1, H1, D3, W1 / 7, MN1}).Draw(t, "timeframe")
		s := NewSeries(MustSpot("BTC/USDT"), tf, 8, 0)
		n := rapid.OneOf(rapid.IntRange(1, 5), rapid.IntRange(126, 130), rapid.IntRange(900, blockRows)).Draw(t, "rows")
		top := rapid.SampledFrom([]int64{3, 1000, 1 << 40, math.MaxInt64 - 1}).Draw(t, "top")
		gaps := rapid.SampledFrom([]int{2, 10, 1000}).Draw(t, "rows for each gap")
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		at := tf.Open(rapid.Int64Range(-5e17, 1e18).Draw(t, "start"))
		for range n {
			a, b, c, d := 1+r.Int64N(top), 1+r.Int64N(top), 1+r.Int64N(top), 1+r.Int64N(top)
			s.Append(Bar{at, a, max(a, b, c, d), min(a, b, c, d), b, r.Int64N(top)})
			at = tf.Close(at)
			if tf >= 0 && r.IntN(gaps) == 0 {
				at = tf.Close(at)
			}
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		roundTrip(t, s)
	})
}

func roundTrip(t rapid.TB, s *Series) {
	raw := appendBlock(nil, columnsOf(s, 0, s.Len()))
	got := columns{}
	for _, c := range []*[]int64{&got.time, &got.open, &got.high, &got.low, &got.close, &got.volume} {
		*c = make([]int64, s.Len())
	}
	if !decodeBlock(raw, s.Timeframe, got) {
		t.Fatalf("%d candles cannot be read back", s.Len())
	}
	want := columnsOf(s, 0, s.Len())
	for i, pair := range [][2][]int64{
		{got.time, want.time}, {got.open, want.open}, {got.high, want.high}, {got.low, want.low}, {got.close, want.close}, {got.volume, want.volume},
	} {
		if !slices.Equal(pair[0], pair[1]) {
			t.Fatalf("column %d came back as %v, want %v", i, pair[0], pair[1])
		}
	}
}

func BenchmarkDecodeBlock(b *testing.B) {
	s := walk(blockRows, 1)
	raw := appendBlock(nil, columnsOf(s, 0, s.Len()))
	out := columnsOf(walk(blockRows, 2), 0, blockRows)
	b.SetBytes(blockRows * 48)
	b.ReportMetric(float64(len(raw))/blockRows, "B/candle")
	b.ReportAllocs()
	for b.Loop() {
		if !decodeBlock(raw, M1, out) {
			b.Fatal("cannot be read")
		}
	}
}

func BenchmarkEncodeBlock(b *testing.B) {
	s := walk(blockRows, 1)
	var raw []byte
	b.SetBytes(blockRows * 48)
	for b.Loop() {
		raw = appendBlock(raw[:0], columnsOf(s, 0, s.Len()))
	}
}
