package bench_test

import (
	talib "github.com/markcheno/go-talib"

	"github.com/tradekeel/tradekeel/market"
)

// row says which call of go-talib computes what a kind of ours does.
type row struct {
	name    string         // TA-Lib's: "SMA"
	goName  string         // go-talib's: "Sma"
	kind    string         // ours
	params  []float64      // of ours, all of them
	outputs []string       // ours in the order of go-talib's results; nil: all in order
	fields  []market.Field // what ours reads, where it is not its own columns
	settles int            // bars after the warm-up from which on both are equal; never: they are not compared
	differs string         // why
	talib   func(c columns) [][]float64
}

// never settles.
const never = -1

// columns are candles.
type columns struct{ open, high, low, close, volume []float64 }

func one(v []float64) [][]float64             { return [][]float64{v} }
func two(a, b []float64) [][]float64          { return [][]float64{a, b} }
func three(a, b, c []float64) [][]float64     { return [][]float64{a, b, c} }
func fields(f ...market.Field) []market.Field { return f }

// of makes a row of an indicator with one output of the close and a period.
func of(name, goName, kind string, period int, f func([]float64, int) []float64) row {
	return row{
		name: name, goName: goName, kind: kind, params: []float64{float64(period)},
		talib: func(c columns) [][]float64 { return one(f(c.close, period)) },
	}
}

// ofHLC makes one of high, low and close.
func ofHLC(name, goName, kind string, period int, f func(h, l, c []float64, n int) []float64) row {
	return row{
		name: name, goName: goName, kind: kind, params: []float64{float64(period)},
		talib: func(c columns) [][]float64 { return one(f(c.high, c.low, c.close, period)) },
	}
}

// ofHL makes one of high and low.
func ofHL(name, goName, kind string, period int, f func(h, l []float64, n int) []float64) row {
	return row{
		name: name, goName: goName, kind: kind, params: []float64{float64(period)},
		talib: func(c columns) [][]float64 { return one(f(c.high, c.low, period)) },
	}
}

// hilbert makes a row of one of Ehlers' indicators, which have no parameters.
func hilbert(name, goName, kind string, f func([]float64) []float64) row {
	return row{name: name, goName: goName, kind: kind, talib: func(c columns) [][]float64 { return one(f(c.close)) }}
}

// rows are all functions of go-talib that are indicators.
var rows = []row{
	// Averages.
	of("SMA", "Sma", "sma", 20, talib.Sma),
	of("EMA", "Ema", "ema", 20, talib.Ema),
	of("DEMA", "Dema", "dema", 20, talib.Dema),
	of("TEMA", "Tema", "tema", 20, talib.Tema),
	of("WMA", "Wma", "wma", 20, talib.Wma),
	of("TRIMA", "Trima", "trima", 20, talib.Trima),
	{
		name: "KAMA", goName: "Kama", kind: "kama", params: []float64{10, 2, 30},
		talib: func(c columns) [][]float64 { return one(talib.Kama(c.close, 10)) },
	},
	{
		name: "T3", goName: "T3", kind: "t3", params: []float64{5, 0.7},
		talib: func(c columns) [][]float64 { return one(talib.T3(c.close, 5, 0.7)) },
	},
	{
		name: "MAMA", goName: "Mama", kind: "mama", params: []float64{0.5, 0.05},
		talib: func(c columns) [][]float64 { return two(talib.Mama(c.close, 0.5, 0.05)) },
	},
	of("MIDPOINT", "MidPoint", "midpoint", 14, talib.MidPoint),
	ofHL("MIDPRICE", "MidPrice", "midprice", 14, talib.MidPrice),

	// Bands, extrema, statistics.
	{
		name: "BBANDS", goName: "BBands", kind: "bbands", params: []float64{20, 2}, outputs: []string{"upper", "middle", "lower"},
		talib: func(c columns) [][]float64 { return three(talib.BBands(c.close, 20, 2, 2, talib.SMA)) },
	},
	{
		name: "STDDEV", goName: "StdDev", kind: "stddev", params: []float64{20, 1},
		talib: func(c columns) [][]float64 { return one(talib.StdDev(c.close, 20, 1)) },
	},
	of("VAR", "Var", "var", 20, talib.Var),
	of("LINEARREG", "LinearReg", "linreg", 14, talib.LinearReg),
	of("LINEARREG_ANGLE", "LinearRegAngle", "linreg_angle", 14, talib.LinearRegAngle),
	of("LINEARREG_INTERCEPT", "LinearRegIntercept", "linreg_intercept", 14, talib.LinearRegIntercept),
	of("LINEARREG_SLOPE", "LinearRegSlope", "linreg_slope", 14, talib.LinearRegSlope),
	of("TSF", "Tsf", "tsf", 14, talib.Tsf),
	{
		name: "CORREL", goName: "Correl", kind: "correl", params: []float64{30}, fields: fields(market.High, market.Low),
		talib: func(c columns) [][]float64 { return one(talib.Correl(c.high, c.low, 30)) },
	},
	{
		name: "BETA", goName: "Beta", kind: "beta", params: []float64{5}, // TA-Lib divides by the variance of its first series, ours by that of its second
		fields: fields(market.Low, market.High),
		talib:  func(c columns) [][]float64 { return one(talib.Beta(c.high, c.low, 5)) },
	},
	{
		name: "MAX", goName: "Max", kind: "highest", params: []float64{20}, fields: fields(market.High),
		talib: func(c columns) [][]float64 { return one(talib.Max(c.high, 20)) },
	},
	{
		name: "MIN", goName: "Min", kind: "lowest", params: []float64{20}, fields: fields(market.Low),
		talib: func(c columns) [][]float64 { return one(talib.Min(c.low, 20)) },
	},
	of("SUM", "Sum", "sum", 20, talib.Sum),

	// Momentum.
	of("RSI", "Rsi", "rsi", 14, talib.Rsi),
	of("CMO", "Cmo", "cmo", 14, talib.Cmo),
	of("MOM", "Mom", "mom", 10, talib.Mom),
	of("ROC", "Roc", "roc", 10, talib.Roc),
	of("ROCP", "Rocp", "rocp", 10, talib.Rocp),
	of("ROCR", "Rocr", "rocr", 10, talib.Rocr),
	of("ROCR100", "Rocr100", "rocr100", 10, talib.Rocr100),
	of("TRIX", "Trix", "trix", 15, talib.Trix),
	{
		name: "MACD", goName: "Macd", kind: "macd", params: []float64{12, 26, 9},
		settles: 300, differs: "go-talib starts the fast average and the signal earlier than TA-Lib",
		talib: func(c columns) [][]float64 { return three(talib.Macd(c.close, 12, 26, 9)) },
	},
	{
		name: "APO", goName: "Apo", kind: "apo", params: []float64{12, 26},
		talib: func(c columns) [][]float64 { return one(talib.Apo(c.close, 12, 26, talib.SMA)) },
	},
	{
		name: "PPO", goName: "Ppo", kind: "ppo", params: []float64{12, 26},
		talib: func(c columns) [][]float64 { return one(talib.Ppo(c.close, 12, 26, talib.EMA)) },
	},
	{
		name: "STOCH", goName: "Stoch", kind: "stoch", params: []float64{14, 3, 3},
		talib: func(c columns) [][]float64 {
			return two(talib.Stoch(c.high, c.low, c.close, 14, 3, talib.SMA, 3, talib.SMA))
		},
	},
	{
		name: "STOCHF", goName: "StochF", kind: "stochf", params: []float64{14, 3},
		talib: func(c columns) [][]float64 { return two(talib.StochF(c.high, c.low, c.close, 14, 3, talib.SMA)) },
	},
	{
		name: "STOCHRSI", goName: "StochRsi", kind: "stoch_rsi", params: []float64{14, 14, 3},
		talib: func(c columns) [][]float64 { return two(talib.StochRsi(c.close, 14, 14, 3, talib.SMA)) },
	},
	ofHLC("WILLR", "WillR", "willr", 14, talib.WillR),
	ofHLC("CCI", "Cci", "cci", 20, talib.Cci),
	{
		name: "ULTOSC", goName: "UltOsc", kind: "ultosc", params: []float64{7, 14, 28},
		talib: func(c columns) [][]float64 { return one(talib.UltOsc(c.high, c.low, c.close, 7, 14, 28)) },
	},
	{
		name: "BOP", goName: "Bop", kind: "bop",
		talib: func(c columns) [][]float64 { return one(talib.Bop(c.open, c.high, c.low, c.close)) },
	},

	// Trend.
	ofHLC("ADX", "Adx", "adx", 14, talib.Adx),
	ofHLC("ADXR", "AdxR", "adxr", 14, talib.AdxR),
	ofHLC("DX", "Dx", "dx", 14, talib.Dx),
	ofHLC("PLUS_DI", "PlusDI", "plus_di", 14, talib.PlusDI),
	ofHLC("MINUS_DI", "MinusDI", "minus_di", 14, talib.MinusDI),
	ofHL("PLUS_DM", "PlusDM", "plus_dm", 14, talib.PlusDM),
	ofHL("MINUS_DM", "MinusDM", "minus_dm", 14, talib.MinusDM),
	{
		name: "AROON", goName: "Aroon", kind: "aroon", params: []float64{14}, outputs: []string{"down", "up"},
		talib: func(c columns) [][]float64 { return two(talib.Aroon(c.high, c.low, 14)) },
	},
	ofHL("AROONOSC", "AroonOsc", "aroonosc", 14, talib.AroonOsc),
	{
		name: "SAR", goName: "Sar", kind: "sar", params: []float64{0.02, 0.2}, outputs: []string{"sar"},
		talib: func(c columns) [][]float64 { return one(talib.Sar(c.high, c.low, 0.02, 0.2)) },
	},

	// Range and volume.
	ofHLC("ATR", "Atr", "atr", 14, talib.Atr),
	ofHLC("NATR", "Natr", "natr", 14, talib.Natr),
	{
		name: "TRANGE", goName: "TRange", kind: "trange",
		talib: func(c columns) [][]float64 { return one(talib.TRange(c.high, c.low, c.close)) },
	},
	{
		name: "AD", goName: "Ad", kind: "ad",
		talib: func(c columns) [][]float64 { return one(talib.Ad(c.high, c.low, c.close, c.volume)) },
	},
	{
		name: "ADOSC", goName: "AdOsc", kind: "adosc", params: []float64{3, 10},
		talib: func(c columns) [][]float64 { return one(talib.AdOsc(c.high, c.low, c.close, c.volume, 3, 10)) },
	},
	{
		name: "OBV", goName: "Obv", kind: "obv",
		talib: func(c columns) [][]float64 { return one(talib.Obv(c.close, c.volume)) },
	},
	{
		name: "MFI", goName: "Mfi", kind: "mfi", params: []float64{14},
		talib: func(c columns) [][]float64 { return one(talib.Mfi(c.high, c.low, c.close, c.volume, 14)) },
	},

	// Prices.
	{
		name: "AVGPRICE", goName: "AvgPrice", kind: "ohlc4",
		talib: func(c columns) [][]float64 { return one(talib.AvgPrice(c.open, c.high, c.low, c.close)) },
	},
	{
		name: "MEDPRICE", goName: "MedPrice", kind: "hl2",
		talib: func(c columns) [][]float64 { return one(talib.MedPrice(c.high, c.low)) },
	},
	{
		name: "TYPPRICE", goName: "TypPrice", kind: "hlc3",
		talib: func(c columns) [][]float64 { return one(talib.TypPrice(c.high, c.low, c.close)) },
	},
	{
		name: "WCLPRICE", goName: "WclPrice", kind: "wcp",
		talib: func(c columns) [][]float64 { return one(talib.WclPrice(c.high, c.low, c.close)) },
	},

	// Ehlers' cycles.
	hilbert("HT_TRENDLINE", "HtTrendline", "ht_trendline", talib.HtTrendline),
	hilbert("HT_DCPERIOD", "HtDcPeriod", "ht_dcperiod", talib.HtDcPeriod),
	hilbert("HT_DCPHASE", "HtDcPhase", "ht_dcphase", talib.HtDcPhase),
	hilbert("HT_TRENDMODE", "HtTrendMode", "ht_trendmode", talib.HtTrendMode),
	{
		name: "HT_PHASOR", goName: "HtPhasor", kind: "ht_phasor",
		talib: func(c columns) [][]float64 { return two(talib.HtPhasor(c.close)) },
	},
	{
		name: "HT_SINE", goName: "HtSine", kind: "ht_sine",
		talib: func(c columns) [][]float64 { return two(talib.HtSine(c.close)) },
	},
}

// noRow are the functions of go-talib that are no indicators of their own.
var noRow = map[string]string{
	"Ma": "chooses one of the averages", "MaVp": "an average whose period changes from bar to bar",
	"MacdExt": "MACD of other averages", "MacdFix": "MACD with fixed periods", "SarExt": "SAR with more parameters",
	"MaxIndex": "a position", "MinIndex": "a position", "MinMax": "MIN and MAX at once", "MinMaxIndex": "positions",
	"Add": "arithmetic", "Sub": "arithmetic", "Mult": "arithmetic", "Div": "arithmetic",
	"Acos": "arithmetic", "Asin": "arithmetic", "Atan": "arithmetic", "Ceil": "arithmetic", "Cos": "arithmetic", "Cosh": "arithmetic",
	"Exp": "arithmetic", "Floor": "arithmetic", "Ln": "arithmetic", "Log10": "arithmetic", "Sin": "arithmetic", "Sinh": "arithmetic",
	"Sqrt": "arithmetic", "Tan": "arithmetic", "Tanh": "arithmetic",
}
