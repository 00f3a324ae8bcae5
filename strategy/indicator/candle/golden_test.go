package candle_test

import (
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
)

// ties are the bars at which we do not follow the reference, by file, pattern and
// time.
var ties = map[string]bool{}

// TestGoldenCandles compares every bar of every column of golden/candles.
func TestGoldenCandles(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestTALib compares with what TA-Lib found in generated candles")
	for _, path := range golden.Files(t, folder, "golden", "candles", "*.csv.gz") {
		name := strings.TrimSuffix(filepath.Base(path), ".csv.gz")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			series, _, _ := strings.Cut(name, "__")
			s, err := market.ReadCSVFile(golden.Candles(t, folder, series), market.CSVOptions{
				Instrument:   &market.Instrument{Symbol: "A/B", Kind: market.Spot, Base: "A", Quote: "B", PriceScale: 10, QuantityScale: 8},
				RoundVolumes: true,
			})
			if err != nil {
				t.Fatal(err)
			}
			rows, header := golden.Table(t, path)
			first, rows := rows[0], rows[1:]
			if len(rows) != s.Len() {
				t.Fatalf("%d rows for %d candles", len(rows), s.Len())
			}
			covered := map[string]bool{}
			for column, talib := range header {
				if column == 0 {
					continue
				}
				covered[talib] = true
				compare(t, series, s, talib, first[column], func(i int) string { return rows[i][column] })
			}
			for _, p := range candle.All() {
				if !covered[p.TALib()] {
					t.Errorf("%s is not compared", p)
				}
			}
		})
	}
}

func compare(t *testing.T, series string, s *market.Series, talib, first string, cell func(i int) string) {
	t.Helper()
	var p candle.Pattern
	for _, one := range candle.All() {
		if one.TALib() == talib {
			p = one
		}
	}
	d := p.Definition()
	if got := strconv.Itoa(d.Outputs()[0].Warmup); got != first {
		t.Errorf("%s begins at %s, the reference at %s", p, got, first)
	}
	wrong := 0
	for i, got := range indicator.Of(d, s)[0] {
		want, err := strconv.ParseFloat(cell(i), 64)
		if err != nil {
			t.Fatal(err)
		}
		if i < d.Outputs()[0].Warmup {
			if !math.IsNaN(got) {
				t.Errorf("%s at %d is %v before its warm-up", p, i, got)
			}
			continue
		}
		at := series + " " + string(p) + " " + time.Unix(0, s.Time[i]).UTC().Format(time.RFC3339)
		if got == want && ties[at] {
			t.Errorf("%s is %v as in the reference: it is no tie", at, got)
		}
		if got != want && !ties[at] {
			if wrong++; wrong <= 40 {
				t.Errorf("%s (bar %d) is %v, want %v", at, i, got, want)
			}
		}
	}
	if wrong > 40 {
		t.Errorf("%s %s differs at %d bars", series, p, wrong)
	}
}
