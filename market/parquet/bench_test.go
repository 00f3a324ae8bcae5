package parquet_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	library "github.com/parquet-go/parquet-go"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/parquet"
)

// candleBytes is what a candle takes in memory: six int64.
const candleBytes = 48

// BenchmarkCandleStore reads a whole series from the page cache, stretches of
// 1000 candles out of it, and adds candles, in the store's own format and in
// Parquet. MB/s are of the columns in memory.
func BenchmarkCandleStore(b *testing.B) {
	recorded, err := market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: btcusdt})
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		series *market.Series
	}{{"walk1M", walk(1_000_000)}, {"binance1h", recorded}} {
		b.Run("store/"+c.name, func(b *testing.B) { benchStore(b, c.series) })
		b.Run("parquet/"+c.name, func(b *testing.B) { benchParquet(b, c.series) })
	}
}

func report(b *testing.B, candles int, bytes int64) {
	b.ReportMetric(float64(candles)*float64(b.N)/b.Elapsed().Seconds()/1e6, "Mcandles/s")
	if bytes > 0 {
		b.ReportMetric(float64(bytes)/float64(candles), "B/candle")
	}
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func benchStore(b *testing.B, s *market.Series) {
	store := must(market.OpenStore(b.TempDir()))
	if err := store.Put(s); err != nil {
		b.Fatal(err)
	}
	key := market.KeyOf(s)
	size := must(store.Info(key)).Bytes
	b.Run("scan", func(b *testing.B) {
		b.SetBytes(int64(s.Len()) * candleBytes)
		b.ReportAllocs()
		for b.Loop() {
			if must(store.Get(key)).Len() != s.Len() {
				b.Fatal("not whole")
			}
		}
		report(b, s.Len(), size)
	})
	b.Run("range1000", func(b *testing.B) {
		r := rand.New(rand.NewPCG(1, 1))
		b.SetBytes(1000 * candleBytes)
		for b.Loop() {
			first := r.IntN(s.Len() - 1000)
			from, to := time.Unix(0, s.Time[first]), time.Unix(0, s.Timeframe.Close(s.Time[first+999]))
			if must(store.Range(key, from, to)).Len() != 1000 {
				b.Fatal("not whole")
			}
		}
		report(b, 1000, 0)
	})
	b.Run("put", func(b *testing.B) {
		b.SetBytes(int64(s.Len()) * candleBytes)
		for b.Loop() {
			if err := store.Put(s); err != nil {
				b.Fatal(err)
			}
		}
		report(b, s.Len(), 0)
	})
	for name, n := range map[string]int{"append1": 1, "append1000": 1000} {
		b.Run(name, func(b *testing.B) {
			base := s.Slice(0, s.Len()/2)
			if err := store.Put(base); err != nil {
				b.Fatal(err)
			}
			at := base.Len()
			for b.Loop() {
				if at+n > s.Len() {
					b.StopTimer()
					if err := store.Put(base); err != nil {
						b.Fatal(err)
					}
					at = base.Len()
					b.StartTimer()
				}
				if err := store.Append(s.Slice(at, at+n)); err != nil {
					b.Fatal(err)
				}
				at += n
			}
			report(b, n, 0)
		})
	}
}

func benchParquet(b *testing.B, s *market.Series) {
	path := filepath.Join(b.TempDir(), "x.parquet")
	write := func() {
		file := must(os.Create(path))
		if err := parquet.Write(file, s); err != nil {
			b.Fatal(err)
		}
		if err := file.Sync(); err != nil {
			b.Fatal(err)
		}
		if err := file.Close(); err != nil {
			b.Fatal(err)
		}
	}
	write()
	size := must(os.Stat(path)).Size()
	b.Run("scan", func(b *testing.B) {
		b.SetBytes(int64(s.Len()) * candleBytes)
		b.ReportAllocs()
		for b.Loop() {
			if must(parquet.ReadFile(path, parquet.Options{})).Len() != s.Len() {
				b.Fatal("not whole")
			}
		}
		report(b, s.Len(), size)
	})
	// The package reads whole files; this seeks with the library, by the page index.
	b.Run("range1000", func(b *testing.B) {
		r := rand.New(rand.NewPCG(1, 1))
		b.SetBytes(1000 * candleBytes)
		for b.Loop() {
			seek(b, path, r.IntN(s.Len()-1000), 1000)
		}
		report(b, 1000, 0)
	})
	b.Run("put", func(b *testing.B) {
		b.SetBytes(int64(s.Len()) * candleBytes)
		for b.Loop() {
			write()
		}
		report(b, s.Len(), 0)
	})
}

// seek reads n rows of all columns from a row on.
func seek(b *testing.B, path string, row, n int) {
	file := must(os.Open(path))
	defer file.Close()
	opened := must(library.OpenFile(file, must(file.Stat()).Size(), library.SkipBloomFilters(true)))
	values := make([]int64, n)
	for _, group := range opened.RowGroups() {
		rows := int(group.NumRows())
		if row >= rows || n == 0 {
			row -= rows
			continue
		}
		part := min(n, rows-row)
		for _, chunk := range group.ColumnChunks() {
			pages := chunk.Pages()
			if err := pages.SeekToRow(int64(row)); err != nil {
				b.Fatal(err)
			}
			for have := 0; have < part; {
				page := must(pages.ReadPage())
				reader, _ := page.Values().(library.Int64Reader)
				got, err := reader.ReadInt64s(values[have:part])
				if err != nil && !errors.Is(err, io.EOF) {
					b.Fatal(err)
				}
				have += got
				library.Release(page)
			}
			if err := pages.Close(); err != nil {
				b.Fatal(err)
			}
		}
		n, row = n-part, 0
	}
}
