package indicator_test

import (
	"math"
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// TestByHand: values worked out from the formulas on paper, for what no reference
// file covers.
func TestByHand(t *testing.T) {
	t.Parallel()
	n := math.NaN()
	zigzag := [][]float64{{1, 3, 2, 7}}
	way := 0.75*(2.0/3-2.0/31) + 2.0/31
	candle := [][]float64{{3}, {5}, {2}, {4}} // open, high, low, close
	for _, c := range []struct {
		d    indicator.Definition
		in   [][]float64
		want []float64
	}{
		// (2+4+9)/3, then 5 + (3-5)/3
		{indicator.RMA(3), [][]float64{{2, 4, 9, 3}}, []float64{n, n, 5, 13.0 / 3}},
		// weights 1, ½: (4 + 2/2)/(3/2), then (9 + 4/2 + 2/4)/(7/4)
		{kind("rma", 2, 1), [][]float64{{2, 4, 9}}, []float64{n, 10.0 / 3, 46.0 / 7}},
		// the lag is 1: 14, 10, 19, 13, of which the mean of three, then half the way
		{indicator.ZLEMA(3), [][]float64{{10, 12, 11, 15, 14}}, []float64{n, n, n, 43.0 / 3, 41.0 / 3}},
		// the lines through 1, 3, 2 and through 3, 2, 7 rise by (last - first)/2
		{indicator.LinReg(3), zigzag, []float64{n, n, 2.5, 6}},
		{indicator.LinRegIntercept(3), zigzag, []float64{n, n, 1.5, 2}},
		{indicator.TSF(3), zigzag, []float64{n, n, 3, 8}},
		{indicator.LinRegSlope(3), zigzag, []float64{n, n, 0.5, 2}},
		{indicator.LinRegAngle(3), zigzag, []float64{n, n, 26.56505117707799, 63.43494882292201}},
		{indicator.LinRegAngle(2), [][]float64{{1, 2, 1, 1}}, []float64{n, 45, -45, 0}},
		// (1·1 + 2·3 + 3·2)/6, (1·3 + 2·2 + 3·7)/6
		{indicator.WMA(3), zigzag, []float64{n, n, 13.0 / 6, 28.0 / 6}},
		// weights 1, 2, 1 and 1, 2, 2, 1
		{indicator.TRIMA(3), zigzag, []float64{n, n, 9.0 / 4, 14.0 / 4}},
		{indicator.TRIMA(4), zigzag, []float64{n, n, n, 18.0 / 6}},
		// the first of WMA(2) takes two of 2·WMA(2) - WMA(4): of 1, 3, 2, 7 and of 3, 2, 7, 7
		{
			indicator.HMA(4),
			[][]float64{{1, 3, 2, 7, 7}},
			[]float64{n, n, n, n, wma(2*wma(2, 7)-wma(1, 3, 2, 7), 2*wma(7, 7)-wma(3, 2, 7, 7))},
		},
		{indicator.MidPoint(3), zigzag, []float64{n, n, 2, 4.5}},
		{indicator.Sum(3), zigzag, []float64{n, n, 6, 12}},
		{indicator.Sum(6), [][]float64{{1, 2, 3, 4, 5, 6, 7}}, []float64{n, n, n, n, n, 21, 27}},
		// the first series moves by 10 % where the second does by 5 %
		{indicator.Beta(2), [][]float64{{100, 110, 99, 108.9}, {100, 105, 99.75, 104.7375}}, []float64{n, n, 2, 2}},
		{indicator.Beta(2), [][]float64{{100, 110, 99}, {100, 100, 100}}, []float64{n, n, 0}},
		{indicator.Beta(2), [][]float64{{0, 1, 2}, {4, 4, 2}}, []float64{n, n, -2}},
		{indicator.Correl(3), [][]float64{{1, 2, 3, 4}, {2, 4, 6, 5}}, []float64{n, n, 1, 0.5}},
		{indicator.HL2(), candle[1:3], []float64{3.5}},
		{indicator.HLC3(), candle[1:], []float64{11.0 / 3}},
		{indicator.OHLC4(), candle, []float64{3.5}},
		{indicator.WCP(), [][]float64{{5}, {2}, {4}, {4}}, []float64{3.75}},
		// the true ranges 3, 4 and 4 lie between 1 and 8
		{
			indicator.Chop(3),
			[][]float64{{9, 4, 6, 8}, {9, 1, 3, 4}, {3, 2, 4, 6}},
			[]float64{n, n, n, 100 * math.Log(11.0/7) / math.Log(3)},
		},
		// changes +2, -1, +5 and 6: e = 6/8; (0.75·(2/3-2/31)+2/31)² of the way from 2 to 7
		{indicator.KAMA(3, 2, 30), zigzag, []float64{n, n, n, 2 + 5*way*way}},
	} {
		got := make([][]float64, len(c.d.Outputs()))
		for k := range got {
			got[k] = make([]float64, len(c.in[0]))
		}
		indicator.Batch(c.d, c.in, got)
		for i, want := range c.want {
			if v := got[0][i]; !same(v, want) && !(math.Abs(v-want) <= 1e-13*math.Abs(want)) {
				t.Errorf("%s of %v at %d is %v, want %v", c.d.Key(), c.in, i, v, want)
			}
		}
	}
}

func wma(window ...float64) float64 {
	sum, weights := 0.0, 0.0
	for i, v := range window {
		sum += float64(i+1) * v
		weights += float64(i + 1)
	}
	return sum / weights
}

// TestFlat: what comes out once prices have stood still and nobody has traded for
// longer than any window, after a time of movement.
func TestFlat(t *testing.T) {
	t.Parallel()
	all := columns(3000, 5, 0.01)
	const from, at = 700, 123.45
	for i := from; i < len(all[0]); i++ {
		for f := market.Open; f <= market.Close; f++ {
			all[f][i] = at
		}
		all[market.Volume][i] = 0
	}
	for name, want := range map[string][]float64{
		"bop": {0}, "stoch": {0, 0}, "stochf": {0, 0}, "stoch_rsi": {0, 0}, "willr": {0}, "aroon": {100, 100}, "aroonosc": {0},
		"vortex": {0, 0}, "trange": {0}, "chop": {100}, "cci": {0}, "mfi": {0}, "ultosc": {0},
		"stddev": {0}, "var": {0}, "zscore": {0}, "correl": {0}, "beta": {0}, "mom": {0}, "roc": {0},
		"linreg_slope": {0}, "linreg_angle": {0}, "linreg": {at}, "linreg_intercept": {at}, "tsf": {at}, "wma": {at}, "hma": {at},
		"highest": {at}, "lowest": {at}, "midprice": {at}, "midpoint": {at}, "bbands": {at, at, at},
	} {
		d := kind(name)
		out := batch(d, all)
		for k, o := range d.Outputs() {
			for i := from + 100; i < len(all[0]); i++ {
				if out[k][i] != want[k] {
					t.Errorf("%s.%s is %v at %d, want %v exactly", name, o.Name, out[k][i], i, want[k])
					break
				}
			}
		}
	}
	// From the first bar on.
	for f := range all {
		all[f] = all[f][from:]
	}
	for name, want := range map[string]float64{"rsi": 0, "cmo": 0, "plus_di": 0, "minus_di": 0, "dx": 0, "adx": 0, "adxr": 0} {
		d := kind(name)
		if got := batch(d, all)[0][d.Outputs()[0].Warmup]; got != want {
			t.Errorf("%s of what never moved is %v, want %v", name, got, want)
		}
	}
}

// TestWindows compares what rolls over a window with its formula over each window
// alone, at prices as small and as large as there are.
func TestWindows(t *testing.T) {
	t.Parallel()
	const n, period = 3000, 17
	for name, of := range map[string]func(w [][]float64) float64{
		"sma":          func(w [][]float64) float64 { return mean(w[0]) },
		"sum":          func(w [][]float64) float64 { return mean(w[0]) * period },
		"wma":          func(w [][]float64) float64 { return wma(w[0]...) },
		"linreg":       func(w [][]float64) float64 { return mean(w[0]) + slope(w[0])*(period-1)/2 },
		"linreg_slope": func(w [][]float64) float64 { return slope(w[0]) },
		"tsf":          func(w [][]float64) float64 { return mean(w[0]) + slope(w[0])*(period+1)/2 },
		"bbands":       func(w [][]float64) float64 { return mean(w[0]) },
		"var":          func(w [][]float64) float64 { return covariance(w[0], w[0]) },
		"zscore": func(w [][]float64) float64 {
			d := math.Sqrt(covariance(w[0], w[0]) * period / (period - 1))
			return divide(w[0][period-1]-mean(w[0]), d)
		},
		"correl": func(w [][]float64) float64 {
			return divide(covariance(w[0], w[1]), math.Sqrt(covariance(w[0], w[0])*covariance(w[1], w[1])))
		},
		"highest": func(w [][]float64) float64 {
			m := w[0][0]
			for _, v := range w[0] {
				m = max(m, v)
			}
			return m
		},
		"lowest": func(w [][]float64) float64 {
			m := w[0][0]
			for _, v := range w[0] {
				m = min(m, v)
			}
			return m
		},
		"aroon": func(w [][]float64) float64 {
			at := 0
			for i, v := range w[0] {
				if v >= w[0][at] {
					at = i
				}
			}
			return 100 * float64(at) / period
		},
		"cci": func(w [][]float64) float64 {
			typical, distance := make([]float64, period), 0.0
			for i := range typical {
				typical[i] = (w[0][i] + w[1][i] + w[2][i]) / 3
			}
			for _, v := range typical {
				distance += math.Abs(v-mean(typical)) / period
			}
			return divide(typical[period-1]-mean(typical), 0.015*distance)
		},
	} {
		for _, scale := range []float64{3e-9, 0.01, 1000} {
			d := kind(name, period)
			all := columns(n, 11, scale)
			in, got := pick(d, all), batch(d, all)[0]
			first := d.Outputs()[0].Warmup
			largest, relative := 0.0, 1e-9
			if name == "correl" {
				relative = 1e-7 // of a window in which one input alone differs, and by little
			}
			for _, v := range got[first:] {
				largest = max(largest, math.Abs(v))
			}
			for i := first; i < n; i++ {
				want := of(cut(in, i-first, i+1))
				if !(math.Abs(got[i]-want) <= relative*max(math.Abs(want), 1e-4*largest)) {
					t.Errorf("%s at %d of prices around %v is %v, want %v", d.Key(), i, 1e4*scale, got[i], want)
					break
				}
			}
		}
	}
}

// TestNaN: an input that is no number shows in every output at its place, and what
// only looks back over a window forgets it.
func TestNaN(t *testing.T) {
	t.Parallel()
	forgets := map[string]bool{"highest": true, "lowest": true, "midpoint": true, "sum": true, "sma": true}
	const at, n = 700, 2000
	for _, k := range indicator.Kinds() {
		for column := range k.Series {
			d := kind(k.Name)
			in := pick(d, columns(n, 3, 0.01))
			in[column] = append([]float64(nil), in[column]...)
			in[column][at] = math.NaN()
			out := outputs(d, n)
			indicator.Batch(d, in, out)
			for o, v := range out {
				if !math.IsNaN(v[at]) || math.IsNaN(v[at-1]) {
					t.Errorf("%s output %d around what is no number is %v", d.Key(), o, v[at-1:at+1])
				}
				if forgets[k.Name] && (math.IsNaN(v[n-1]) || !math.IsNaN(v[at+d.Outputs()[o].Warmup])) {
					t.Errorf("%s is %v at the end of the window, %v later", d.Key(), v[at+d.Outputs()[o].Warmup], v[n-1])
				}
			}
		}
	}
}

// TestOneBar: an average over one bar is that bar, be it a number or not.
func TestOneBar(t *testing.T) {
	t.Parallel()
	in := []float64{3, 3, math.NaN(), math.NaN(), 5, 7, math.NaN(), 7}
	for _, d := range []indicator.Definition{indicator.WMA(1), indicator.SMA(1), indicator.TRIMA(1)} {
		out := make([]float64, len(in))
		indicator.Batch(d, [][]float64{in}, [][]float64{out})
		for i, v := range in {
			if out[i] != v && !(math.IsNaN(v) && math.IsNaN(out[i])) {
				t.Errorf("%s of %v is %v", d.Key(), in, out)
				break
			}
		}
	}
}

func mean(w []float64) float64 {
	sum := 0.0
	for _, v := range w {
		sum += v - w[0]
	}
	return w[0] + sum/float64(len(w))
}

func covariance(x, y []float64) float64 {
	mx, my, sum := mean(x), mean(y), 0.0
	for i := range x {
		sum += (x[i] - mx) * (y[i] - my)
	}
	return sum / float64(len(x))
}

func slope(w []float64) float64 {
	at := make([]float64, len(w))
	for i := range at {
		at[i] = float64(i)
	}
	return covariance(at, w) / covariance(at, at)
}

func divide(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
