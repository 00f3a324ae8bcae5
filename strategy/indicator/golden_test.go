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

	"DEMA":            {make: of1(indicator.DEMA)},
	"TEMA":            {make: of1(indicator.TEMA)},
	"T3":              {make: func(p []float64) indicator.Definition { return indicator.T3(int(p[0]), p[1]) }},
	"TRIX":            {make: of1(indicator.TRIX)},
	"RMA":             {make: func(p []float64) indicator.Definition { return kind("rma", p[0], 1) }},
	"WMA":             {make: of1(indicator.WMA)},
	"TRIMA":           {make: of1(indicator.TRIMA)},
	"HMA":             {make: of1(indicator.HMA)},
	"KAMA":            {make: func(p []float64) indicator.Definition { return indicator.KAMA(int(p[0]), 2, 30) }},
	"LINEARREG":       {make: of1(indicator.LinReg)},
	"LINEARREG_SLOPE": {make: of1(indicator.LinRegSlope)},
	"CMO":             {make: of1(indicator.CMO)},
	"PPO":             {make: func(p []float64) indicator.Definition { return indicator.PPO(int(p[0]), int(p[1])) }},
	"APO":             {make: func(p []float64) indicator.Definition { return indicator.APO(int(p[0]), int(p[1])) }},
	"AO":              {make: func(p []float64) indicator.Definition { return indicator.AO(int(p[0]), int(p[1])) }},
	"MOM":             {make: of1(indicator.Mom)},
	"ROC":             {make: of1(indicator.ROC)},
	"BOP":             {make: func([]float64) indicator.Definition { return indicator.BOP() }},
	"ULTOSC":          {make: func(p []float64) indicator.Definition { return indicator.UltOsc(int(p[0]), int(p[1]), int(p[2])) }},
	"STOCH":           {make: func(p []float64) indicator.Definition { return indicator.Stoch(int(p[0]), int(p[1]), int(p[2])) }},
	"STOCHF":          {make: func(p []float64) indicator.Definition { return indicator.StochF(int(p[0]), int(p[1])) }},
	"STOCHRSI":        {make: func(p []float64) indicator.Definition { return indicator.StochRSI(int(p[0]), int(p[1]), int(p[2])) }},
	"WILLR":           {make: of1(indicator.WillR)},
	"AROON":           {make: of1(indicator.Aroon), outputs: []string{"down", "up"}},
	"AROONOSC":        {make: of1(indicator.AroonOsc)},
	"PLUS_DI":         {make: of1(indicator.PlusDI)},
	"MINUS_DI":        {make: of1(indicator.MinusDI)},
	"DX":              {make: of1(indicator.DX)},
	"ADX":             {make: of1(indicator.ADX)},
	"ADXR":            {make: of1(indicator.ADXR)},
	"VORTEX":          {make: of1(indicator.Vortex)},
	"TRANGE":          {make: func([]float64) indicator.Definition { return indicator.TRange() }},
	"NATR":            {make: of1(indicator.NATR)},
	"CHOP":            {make: of1(indicator.Chop)},
	"CCI":             {make: of1(indicator.CCI)},
	"MFI":             {make: of1(indicator.MFI)},
	"STDDEV":          {make: func(p []float64) indicator.Definition { return indicator.StdDev(int(p[0]), 1) }},
	"VAR":             {make: of1(indicator.Var)},
	"ZSCORE":          {make: of1(indicator.ZScore)},
	"CORREL_HIGH_LOW": {make: of1(indicator.Correl)},
	"MAX_HIGH":        {make: of1(indicator.Highest)},
	"MIN_LOW":         {make: of1(indicator.Lowest)},
	"MIDPRICE":        {make: of1(indicator.MidPrice)},
}

// of1 makes definitions whose one parameter is a number of bars.
func of1(of func(int) indicator.Definition) func(p []float64) indicator.Definition {
	return func(p []float64) indicator.Definition { return of(int(p[0])) }
}

// kind makes a definition by its kind's name.
func kind(name string, params ...float64) indicator.Definition {
	k, _ := indicator.Lookup(name)
	d, err := k.Make(params...)
	if err != nil {
		panic(err)
	}
	return d
}

// differs are references that we do not follow, each with its reason.
var differs = map[string]string{
	"talibquirk": "TA-Lib 0.6 takes variances below 1e-14 for 0; the _exact files hold the right values",
	"nxtbtc_bittrex_5m__CORREL_HIGH_LOW_30": "TA-Lib takes products of sums of squares below 1e-14 for 0, which makes " +
		"every correlation of prices around 0.00003 be 0; TestWindows holds ours to the formula",
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
				if strings.HasSuffix(name, mark) {
					t.Skip(reason)
				}
			}
			i := slices.IndexFunc(names, func(n string) bool { return what == n || strings.HasPrefix(what, n+"_") })
			if i < 0 {
				t.Fatalf("no indicator is compared with %s", what)
			}
			var params []float64
			for part := range strings.SplitSeq(strings.TrimPrefix(what, names[i]), "_") {
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
