package indicator_test

import (
	"math"
	"path/filepath"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// reference makes the definition that a reference file is compared with, from the
// numbers in its name, and says which outputs its columns are; nil: all in order.
type reference struct {
	make    func(p []float64) indicator.Definition
	outputs []string
	inputs  []market.Field // other than the definition's own
}

// references are the names of the reference folder, the parameters left out.
var references = map[string]reference{
	"SMA":    {make: func(p []float64) indicator.Definition { return indicator.SMA(int(p[0])) }},
	"EMA":    {make: func(p []float64) indicator.Definition { return indicator.EMA(int(p[0])) }},
	"RSI":    {make: func(p []float64) indicator.Definition { return indicator.RSI(int(p[0])) }},
	"MACD":   {make: func(p []float64) indicator.Definition { return indicator.MACD(int(p[0]), int(p[1]), int(p[2])) }},
	"ATR":    {make: func(p []float64) indicator.Definition { return indicator.ATR(int(p[0])) }},
	"BBANDS": {make: func(p []float64) indicator.Definition { return indicator.BBands(int(p[0]), p[1]) }, outputs: []string{"upper", "middle", "lower"}},

	"OBV":          {make: func([]float64) indicator.Definition { return indicator.OBV() }},
	"AD":           {make: func([]float64) indicator.Definition { return indicator.AD() }},
	"ADOSC":        {make: func(p []float64) indicator.Definition { return indicator.ADOSC(int(p[0]), int(p[1])) }},
	"CMF":          {make: func(p []float64) indicator.Definition { return indicator.CMF(int(p[0])) }},
	"VWAP_UTCDAY":  {make: func([]float64) indicator.Definition { return indicator.VWAP(indicator.UTCDay) }},
	"VWAP_ROLLING": {make: func(p []float64) indicator.Definition { return indicator.VWAPRolling(int(p[0])) }},
	"VWMA":         {make: func(p []float64) indicator.Definition { return indicator.VWMA(int(p[0])) }},
	"DONCHIAN":     {make: func(p []float64) indicator.Definition { return indicator.Donchian(int(p[0])) }, outputs: []string{"lower", "middle", "upper"}},
	"KELTNER": {make: func(p []float64) indicator.Definition {
		if len(p) == 2 { // of the exponential average of the true range
			return indicator.KeltnerEMA(int(p[0]), p[1])
		}
		return indicator.Keltner(int(p[0]), int(p[1]), p[2])
	}, outputs: []string{"lower", "middle", "upper"}},
	"SUPERTREND":               {make: func(p []float64) indicator.Definition { return indicator.Supertrend(int(p[0]), p[1]) }},
	"SUPERTREND_10_3_pandasta": {make: func([]float64) indicator.Definition { return indicator.SupertrendPandas(10, 3) }, outputs: []string{"trend", "direction"}},
	"HEIKINASHI":               {make: func([]float64) indicator.Definition { return indicator.HeikinAshi() }},
	"ICHIMOKU": {make: func(p []float64) indicator.Definition {
		return indicator.Ichimoku(int(p[0]), int(p[1]), int(p[2]), 26)
	}, outputs: []string{"span_a", "span_b", "tenkan", "kijun"}},
	"SAR": {make: func(p []float64) indicator.Definition { return indicator.SAR(p[0], p[1]) }, outputs: []string{"sar"}},
}

// differs are references that we do not follow, each with its reason.
var differs = map[string]string{
	"talibquirk": "TA-Lib 0.6 takes variances below 1e-14 for 0; the _exact files hold the right values",
}

// TestGoldenIndicators compares with every file of golden/indicators, by the naming
// and within the tolerance of its README.
func TestGoldenIndicators(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestLaws covers the form, not the values")
	names := make([]string, 0, len(references))
	for name := range references {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool { return len(names[i]) > len(names[j]) })
	for _, path := range golden.Files(t, folder, "golden", "indicators", "*.csv.gz") {
		name := strings.TrimSuffix(filepath.Base(path), ".csv.gz")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			series, what, _ := strings.Cut(name, "__")
			for mark, reason := range differs {
				if strings.HasSuffix(what, mark) {
					t.Skip(reason)
				}
			}
			i := slices.IndexFunc(names, func(n string) bool { return what == n || strings.HasPrefix(what, n+"_") })
			if i < 0 {
				t.Fatalf("no indicator is compared with %s", what)
			}
			var params []float64
			for _, part := range strings.Split(strings.TrimPrefix(what, names[i]), "_") {
				if v, err := strconv.ParseFloat(part, 64); err == nil {
					params = append(params, v)
				}
			}
			compare(t, path, candles(t, folder, series), what, references[names[i]], params)
		})
	}
}

func candles(t *testing.T, folder, name string) *market.Series {
	t.Helper()
	s, err := market.ReadCSVFile(golden.Candles(t, folder, name), market.CSVOptions{
		Instrument:   &market.Instrument{Symbol: "A/B", Kind: market.Spot, Base: "A", Quote: "B", PriceScale: 10, QuantityScale: 8},
		RoundVolumes: true,
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func compare(t *testing.T, path string, s *market.Series, what string, ref reference, params []float64) {
	t.Helper()
	d := ref.make(params)
	if err := d.Validate(); err != nil {
		t.Fatal(err)
	}
	fields := ref.inputs
	if fields == nil {
		fields = d.Inputs()
	}
	in, out := make([][]float64, len(fields)), make([][]float64, len(d.Outputs()))
	for k, f := range fields {
		in[k] = s.Floats(f)
	}
	for k := range out {
		out[k] = make([]float64, s.Len())
	}
	indicator.Batch(d, in, out)
	rows, header := golden.Table(t, path)
	if len(rows) != s.Len() {
		t.Fatalf("%d rows for %d candles", len(rows), s.Len())
	}
	names := ref.outputs
	if names == nil {
		for _, o := range d.Outputs() {
			names = append(names, o.Name)
		}
	}
	if len(header)-1 != len(names) {
		t.Fatalf("the file has the columns %v, compared are %v", header[1:], names)
	}
	for column, name := range names {
		k := slices.IndexFunc(d.Outputs(), func(o indicator.Output) bool { return o.Name == name })
		if k < 0 {
			t.Fatalf("%s has no output %s", d.Key(), name)
		}
		want, first, largest := make([]float64, len(rows)), -1, 0.0
		for i, row := range rows {
			want[i] = math.NaN()
			if cell := row[column+1]; cell != "" {
				v, err := strconv.ParseFloat(cell, 64)
				if err != nil {
					t.Fatal(err)
				}
				if first < 0 {
					first = i
				}
				want[i], largest = v, math.Max(largest, math.Abs(v))
			}
		}
		if w := d.Outputs()[k].Warmup; w != first {
			t.Errorf("%s.%s is first defined at %d, the reference at %d", d.Key(), name, w, first)
			continue
		}
		relative, wrong := tolerance(what), 0
		for i := first; i < len(want); i++ {
			if got := out[k][i]; !(math.Abs(got-want[i]) <= relative*math.Max(math.Abs(want[i]), 1e-6*largest)) {
				if wrong++; wrong <= 3 {
					t.Errorf("%s.%s at %d (%s) is %v, want %v", d.Key(), name, i, time.Unix(0, s.Time[i]).UTC().Format(time.RFC3339), got, want[i])
				}
			}
		}
		if wrong > 3 {
			t.Errorf("%s.%s differs at %d of %d bars", d.Key(), name, wrong, len(want)-first)
		}
	}
}

// tolerance is the README's.
func tolerance(what string) float64 {
	if strings.HasPrefix(what, "CMF") {
		return 1e-5
	}
	return 1e-7
}
