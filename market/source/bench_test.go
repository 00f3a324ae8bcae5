package source_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

// BenchmarkImport reads a month of minutes from CSV and from the zip file of it,
// checked whole, beside a bare loop of encoding/csv that converts nothing.
func BenchmarkImport(b *testing.B) {
	const n = 44_640
	raw := rows(n)
	minutely := source.Options{Candles: market.CSVOptions{Instrument: btcusdt, Timeframe: market.M1}}
	folder := b.TempDir()
	plain := write(b, folder, "BTCUSDT-1m-2024-01.csv", raw)
	packed := write(b, folder, "BTCUSDT-1m-2024-01.zip", zipOf(b, "BTCUSDT-1m-2024-01.csv", raw))
	rate := func(b *testing.B) {
		b.Helper()
		b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	}
	b.Run("bare encoding/csv", func(b *testing.B) {
		b.SetBytes(int64(len(raw)))
		for b.Loop() {
			r := csv.NewReader(bytes.NewReader(raw))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); errors.Is(err, io.EOF) {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
		}
		rate(b)
	})
	for _, c := range []struct{ name, path string }{{"csv", plain}, {"zip", packed}} {
		b.Run("read "+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				report, err := source.Read(b.Context(), c.path, minutely)
				if err != nil || report.Err() != nil || report.Series.Len() != n {
					b.Fatal(err, report.Err())
				}
			}
			rate(b)
		})
		b.Run("import "+c.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			for b.Loop() {
				report, err := source.Import(b.Context(), newStore(b), []string{c.path}, minutely)
				if err != nil || report.Added != n {
					b.Fatal(err)
				}
			}
			rate(b)
		})
		b.Run("pass by "+c.name, func(b *testing.B) {
			store := newStore(b)
			b.SetBytes(int64(len(raw)))
			if _, err := source.Import(b.Context(), store, []string{c.path}, minutely); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if report, err := source.Import(b.Context(), store, []string{c.path}, minutely); err != nil || report.Skipped != 1 {
					b.Fatal(err)
				}
			}
			rate(b)
		})
	}
}
