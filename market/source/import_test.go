package source_test

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

var hourly = source.Options{Candles: market.CSVOptions{Instrument: btcusdt, Timeframe: market.H1}}

func write(t testing.TB, folder, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// asCSV writes candles as CSV with a header.
func asCSV(s *market.Series) []byte { return asCSVIn(s, 1e6, true) }

func asCSVIn(s *market.Series, unit int64, header bool) []byte {
	var b bytes.Buffer
	if header {
		b.WriteString("open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n")
	}
	for i := range s.Len() {
		c := s.Candle(i)
		fmt.Fprintf(&b, "%d,%s,%s,%s,%s,%s,%d,1,2,3,4,0\n", s.Time[i]/unit, c.Open, c.High, c.Low, c.Close, c.Volume, s.Timeframe.Close(s.Time[i])/unit-1)
	}
	return b.Bytes()
}

func zipOf(t testing.TB, entries ...any) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for i := 0; i < len(entries); i += 2 {
		name, named := entries[i].(string)
		content, filled := entries[i+1].([]byte)
		w, err := z.Create(name)
		if err == nil {
			_, err = w.Write(content)
		}
		if err != nil || !named || !filled {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipOf(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asArrays(s *market.Series, twelve bool) []byte {
	var b strings.Builder
	b.WriteByte('[')
	for i := range s.Len() {
		if i > 0 {
			b.WriteString(", ")
		}
		c := s.Candle(i)
		if twelve {
			fmt.Fprintf(&b, "[%d,%q,%q,%q,%q,%q,%d,\"1\",2,\"3\",\"4\",\"0\"]", s.Time[i]/1e6, c.Open.String(), c.High.String(), c.Low.String(), c.Close.String(), c.Volume.String(), s.Timeframe.Close(s.Time[i])/1e6-1)
		} else {
			fmt.Fprintf(&b, "[%d, %s, %s, %s, %s, %s]", s.Time[i]/1e6, c.Open, c.High, c.Low, c.Close, c.Volume)
		}
	}
	b.WriteByte(']')
	return []byte(b.String())
}

// months cuts a series into files of Binance Vision, one a month.
func months(t testing.TB, folder string, s *market.Series) []string {
	t.Helper()
	var paths []string
	for at := time.Date(2020, 11, 1, 0, 0, 0, 0, time.UTC); at.Before(time.Date(2021, 6, 1, 0, 0, 0, 0, time.UTC)); at = at.AddDate(0, 1, 0) {
		part := s.Between(at, at.AddDate(0, 1, 0))
		name := "BTCUSDT-1h-" + at.Format("2006-01")
		packed := zipOf(t, name+".csv", asCSVIn(part, 1e6, false))
		path := write(t, folder, name+".zip", packed)
		write(t, folder, name+".zip.CHECKSUM", fmt.Appendf(nil, "%x  %s.zip\n", sha256.Sum256(packed), name))
		paths = append(paths, path)
	}
	return paths
}

// TestShapes imports one series from each kind of file.
func TestShapes(t *testing.T) {
	t.Parallel()
	want := bundled(t).Between(time.Time{}, time.Date(2020, 12, 1, 0, 0, 0, 0, time.UTC))
	newest := bytes.Split(bytes.TrimSpace(asCSV(want)), []byte("\n"))
	slices.Reverse(newest[1:])
	folder := t.TempDir()
	for name, content := range map[string][]byte{
		"a.csv":                       asCSV(want),
		"a.csv.gz":                    gzipOf(t, asCSV(want)),
		"seconds.txt":                 asCSVIn(want, 1e9, true),
		"semicolons.csv":              bytes.ReplaceAll(asCSV(want), []byte(","), []byte(";")),
		"newest.csv":                  bytes.Join(newest, []byte("\n")),
		"freqtrade.json":              asArrays(want, false),
		"freqtrade.json.gz":           gzipOf(t, asArrays(want, false)),
		"klines.json":                 asArrays(want, true),
		"BTCUSDT-1h-2020-11.zip":      zipOf(t, "BTCUSDT-1h-2020-11.csv", asCSVIn(want, 1e6, false)),
		"BTCUSDT-1h-2020-11.csv":      asCSVIn(want, 1e3, true),
		"BTCUSDT_PERP-1h-2020-11.zip": zipOf(t, "BTCUSDT_PERP-1h-2020-11.csv", asCSVIn(want, 1e3, true)),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := write(t, folder, name, content)
			store := newStore(t)
			for _, recheck := range []bool{false, true} {
				o := hourly
				o.Recheck = recheck
				report, err := source.Import(t.Context(), store, []string{path}, o)
				if err != nil || report.Err() != nil {
					t.Fatal(err, report.Err())
				}
				sameSeries(t, store.all(t, btcusdt, market.H1), want)
				if f := report.Files[0]; recheck && (report.Equal != want.Len() || f.NewestFirst != (name == "newest.csv") || f.Unit == 0) {
					t.Errorf("read again: %s, unit %s, newest first %v", report, f.Unit, f.NewestFirst)
				}
			}
			report, err := source.Import(t.Context(), store, []string{path}, hourly)
			if err != nil || report.Skipped != 1 || report.Added != 0 || report.Equal != want.Len() || len(report.Gaps) != len(want.Gaps()) {
				t.Errorf("a file that is stored: %v, %v", report, err)
			}
		})
	}
}

// TestArchivesInAnyOrder imports months backwards, twice and with a hole that
// another file fills.
func TestArchivesInAnyOrder(t *testing.T) {
	t.Parallel()
	want := bundled(t)
	folder := t.TempDir()
	files := months(t, folder, want)
	slices.Reverse(files)
	store := newStore(t)
	var calls []source.Progress
	o := hourly
	o.Progress = func(p source.Progress) { calls = append(calls, p) }
	report, err := source.Import(t.Context(), store, files, o)
	if err != nil || report.Err() != nil || report.Added != want.Len() || report.Merged != 0 || store.merges != 0 {
		t.Fatalf("%v\n%v", report, err)
	}
	sameSeries(t, store.all(t, btcusdt, market.H1), want)
	for _, f := range report.Files {
		if !f.Verified || f.Unit != time.Millisecond {
			t.Errorf("%s: verified %v, unit %s", f.File, f.Verified, f.Unit)
		}
	}
	last := calls[len(calls)-1]
	if last.Done != len(files) || last.BytesDone != last.Bytes || last.Bars != want.Len() || last.Bytes == 0 {
		t.Errorf("the last progress is %+v", last)
	}
	if !slices.IsSortedFunc(calls, func(a, b source.Progress) int { return int(a.BytesDone - b.BytesDone) }) {
		t.Error("bytes done do not rise")
	}
	if report, err = source.Import(t.Context(), store, files, hourly); err != nil || report.Skipped != len(files) || report.Added != 0 {
		t.Errorf("once more: %v, %v", report, err)
	}

	holed := newStore(t)
	path := write(t, folder, "holed.csv", asCSV(without(want, 100, 150)))
	if report, err = source.Import(t.Context(), holed, []string{path}, hourly); err != nil || len(report.Gaps) != len(want.Gaps())+1 {
		t.Fatalf("%v, %v", report, err)
	}
	report, err = source.Import(t.Context(), holed, files, hourly)
	if err != nil || report.Err() != nil || report.Added != 50 || report.Merged != 50 || holed.merges != 1 || len(report.Gaps) != len(want.Gaps()) {
		t.Errorf("%v\n%v, %d merges", report, err, holed.merges)
	}
	if report.Skipped != len(files)-1 {
		t.Errorf("%d files were passed by, only one has something to add", report.Skipped)
	}
	sameSeries(t, holed.all(t, btcusdt, market.H1), want)
}

// TestContradiction holds that a file which differs from what is stored changes
// nothing and that the report names both.
func TestContradiction(t *testing.T) {
	t.Parallel()
	want := bundled(t)
	folder := t.TempDir()
	first := write(t, folder, "first.csv", asCSV(want.Slice(0, 100)))
	other := market.NewSeries(btcusdt, market.H1, 8, 0)
	for i := 50; i < 150; i++ {
		b := want.Bar(i)
		if i == 70 {
			b.Volume++
		}
		other.Append(b)
	}
	second := write(t, folder, "second.csv", asCSV(other))
	store := newStore(t)
	report, err := source.Import(t.Context(), store, []string{second, first}, hourly)
	if err != nil {
		t.Fatal(err)
	}
	sameSeries(t, store.all(t, btcusdt, market.H1), want.Slice(0, 100))
	problems := report.Problems()
	if len(problems) != 1 || report.Files[1].Differ != 1 || !errors.Is(report.Err(), market.ErrBadRow) {
		t.Fatalf("%v", report)
	}
	text := problems[0].Error()
	for _, part := range []string{"second.csv: time: 2020-11-19T22:00:00Z is ", " in first.csv (stored); nothing of the file is stored"} {
		if !strings.Contains(text, part) {
			t.Errorf("the problem is %q, want %q in it", text, part)
		}
	}
}

func TestBadArchives(t *testing.T) {
	t.Parallel()
	s := bundled(t).Between(time.Time{}, time.Date(2020, 12, 1, 0, 0, 0, 0, time.UTC))
	raw := asCSVIn(s, 1e6, false)
	const name = "BTCUSDT-1h-2020-11"
	good := zipOf(t, name+".csv", raw)
	damaged := slices.Clone(good)
	damaged[len(damaged)/2] ^= 0xff
	mixed := append(asCSVIn(s.Slice(0, 5), 1e6, false), asCSVIn(s.Slice(5, 9), 1e3, false)...)
	for _, c := range []struct {
		name, file string
		content    []byte
		side       string // of .CHECKSUM
		want       string
	}{
		{"no zip", name + ".zip", raw, "", name + ".zip: " + name + ".zip is no zip file or is cut short"},
		{"cut short", name + ".zip", good[:len(good)/2], "", name + ".zip: " + name + ".zip is no zip file or is cut short"},
		{"damaged", name + ".zip", damaged, "", name + ".zip: " + name + ".zip is damaged or cut short"},
		{"empty", name + ".zip", zipOf(t), "", "holds 0 files, one was expected"},
		{"two entries", name + ".zip", zipOf(t, name+".csv", raw, "b.csv", raw), "", "holds 2 files, one was expected"},
		{"path", name + ".zip", zipOf(t, "../"+name+".csv", raw), "", `holds "../` + name + `.csv", expected was`},
		{"bomb", name + ".zip", zipOf(t, name+".csv", bytes.Repeat([]byte("\n"), 8<<20)), "", "unpacks to more than 200 times its size"},
		{"bomb in gzip", "a.csv.gz", gzipOf(t, bytes.Repeat([]byte("\n"), 8<<20)), "", "unpacks to more than 200 times its size"},
		{"too large", name + ".zip", zipOf(t, name+".csv", append(bytes.Repeat([]byte(" \n"), 9<<20), raw...)), "", "Options.MaxUnpacked allows 16777216"},
		{"no gzip", "a.csv.gz", raw, "", "a.csv.gz: a.csv.gz is not a gzip file"},
		{"gzip cut short", "a.csv.gz", gzipOf(t, raw)[:2000], "", "a.csv.gz is damaged or cut short: unexpected EOF"},
		{"another month", "BTCUSDT-1h-2020-10.zip", zipOf(t, "BTCUSDT-1h-2020-10.csv", raw), "", "BTCUSDT-1h-2020-10.zip:1: time: 2020-11-17T00:00:00Z is after the period"},
		{"another day", "BTCUSDT-1h-2020-11-18.zip", zipOf(t, "BTCUSDT-1h-2020-11-18.csv", raw), "", "BTCUSDT-1h-2020-11-18.zip:1: time: 2020-11-17T00:00:00Z is before the period"},
		{"mixed units", name + ".zip", zipOf(t, name+".csv", mixed), "", name + ".zip:6: time: 1605589200000000 is in another unit"},
		{"wrong checksum", name + ".zip", good, strings.Repeat("0", 64) + "  " + name + ".zip", "is not what " + name + ".zip.CHECKSUM says"},
		{"checksum of another", name + ".zip", good, fmt.Sprintf("%x  other.zip", sha256.Sum256(good)), "does not hold a SHA-256 and the name"},
		{"no checksum", name + ".zip", good, "<html>404 " + name + ".zip</html>", "does not hold a SHA-256"},
		{"cut JSON", "a.json", asArrays(s, true)[:1000], "", "the file ends in the middle, after "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := write(t, folder, c.file, c.content)
			if c.side != "" {
				write(t, folder, c.file+".CHECKSUM", []byte(c.side))
			}
			store := newStore(t)
			o := hourly
			o.MaxUnpacked = 16 << 20
			report, err := source.Import(t.Context(), store, []string{path}, o)
			if err != nil || !errors.Is(report.Err(), market.ErrBadRow) || !strings.Contains(report.Err().Error(), c.want) {
				t.Errorf("got %v, %v\nwant %s", err, report.Err(), c.want)
			}
			if !store.empty(t) {
				t.Error("something of it was stored")
			}
		})
	}
}

func TestRefusedBeforeReading(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for _, c := range []struct{ file, want string }{
		{"ETHUSDT-1h-2020-11.zip", "holds ETHUSDT, the instrument is BTCUSDT"},
		{"BTCUSDT-1m-2020-11.zip", "holds candles of 1m by its name, asked for were 1h"},
		{"other.zip", "is not named as an archive of Binance Vision"},
		{"a.parquet", "does not say its format"},
	} {
		path := write(t, folder, c.file, []byte("x"))
		if _, err := source.Import(t.Context(), newStore(t), []string{path}, hourly); !errors.Is(err, tradekeel.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", c.file, err)
		}
	}
	if _, err := source.Import(t.Context(), newStore(t), []string{filepath.Join(folder, "none.csv")}, hourly); !errors.Is(err, tradekeel.ErrNotFound) {
		t.Error(err)
	}
	if _, err := source.Import(t.Context(), newStore(t), nil, hourly); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Error(err)
	}
	path := write(t, folder, "a.csv", asCSV(bundled(t)))
	if _, err := source.Import(t.Context(), newStore(t), []string{path}, source.Options{Candles: market.CSVOptions{Instrument: btcusdt}}); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Error(err)
	}
}

// TestCancelledImport ends an import amid its files; the next one goes on.
func TestCancelledImport(t *testing.T) {
	t.Parallel()
	want := bundled(t)
	files := months(t, t.TempDir(), want)
	store := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	o := hourly
	o.Progress = func(p source.Progress) {
		if p.Done == 2 {
			cancel()
		}
	}
	report, err := source.Import(ctx, store, files, o)
	if tradekeel.KindOf(err) != tradekeel.Canceled || len(report.Files) == 0 || len(report.Files) == len(files) {
		t.Fatalf("%v, %v", report, err)
	}
	done := len(report.Files)
	if report, err = source.Import(t.Context(), store, files, hourly); err != nil || report.Skipped != done {
		t.Fatalf("%v, %v", report, err)
	}
	sameSeries(t, store.all(t, btcusdt, market.H1), want)
}

// TestDirtyReference imports the file with repeats at its page borders: five
// repeats, and otherwise the clean file.
func TestDirtyReference(t *testing.T) {
	t.Parallel()
	folder := reference(t, "TestShapes and the tests of market cover repeats")
	o := hourly
	path := filepath.Join(folder, "ohlcv", "dirty", "btcusdt_binance_1h_with_duplicates.csv")
	store := newStore(t)
	report, err := source.Import(t.Context(), store, []string{path}, o)
	if err != nil || report.Files[0].Counts[market.Duplicate] != 5 || len(report.Problems()) != 5 || !store.empty(t) {
		t.Fatalf("%v, %v", report, err)
	}
	o.Candles.DropRepeats = true
	if report, err = source.Import(t.Context(), store, []string{path}, o); err != nil || report.Err() != nil || report.Repaired != 5 || report.Added != 4309 || len(report.Gaps) != 7 {
		t.Fatalf("%v, %v", report, err)
	}
	clean, err := source.Import(t.Context(), store, []string{filepath.Join(folder, "ohlcv", "btcusdt_binance_1h.csv")}, source.Options{Candles: o.Candles, Recheck: true})
	if err != nil || clean.Equal != 4309 || clean.Added != 0 {
		t.Errorf("%v, %v", clean, err)
	}
}
