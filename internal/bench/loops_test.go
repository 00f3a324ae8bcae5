package bench_test

import "math"

// loops are the plainest Go that computes the same, for those that everybody
// writes by hand: the whole column in a loop, no state to go on from.
var loops = map[string]func(c columns) [][]float64{
	"SMA":    func(c columns) [][]float64 { return one(sma(c.close, 20)) },
	"EMA":    func(c columns) [][]float64 { return one(ema(c.close, 20)) },
	"RSI":    func(c columns) [][]float64 { return one(rsi(c.close, 14)) },
	"MACD":   func(c columns) [][]float64 { return three(macd(c.close, 12, 26, 9)) },
	"BBANDS": func(c columns) [][]float64 { return three(bbands(c.close, 20, 2)) },
	"ATR":    func(c columns) [][]float64 { return one(atr(c.high, c.low, c.close, 14)) },
}

func sma(in []float64, n int) []float64 {
	out := make([]float64, len(in))
	sum := 0.0
	for i, v := range in {
		sum += v
		if i >= n {
			sum -= in[i-n]
		}
		if i >= n-1 {
			out[i] = sum / float64(n)
		}
	}
	return out
}

func ema(in []float64, n int) []float64 {
	out := make([]float64, len(in))
	k, sum, v := 2/float64(n+1), 0.0, 0.0
	for i, x := range in {
		switch {
		case i < n-1:
			sum += x
			continue
		case i == n-1:
			v = (sum + x) / float64(n)
		default:
			v += k * (x - v)
		}
		out[i] = v
	}
	return out
}

func rsi(in []float64, n int) []float64 {
	out := make([]float64, len(in))
	up, down := 0.0, 0.0
	for i := 1; i < len(in); i++ {
		gain, loss := 0.0, 0.0
		if change := in[i] - in[i-1]; change > 0 {
			gain = change
		} else {
			loss = -change
		}
		switch {
		case i <= n:
			up += gain / float64(n)
			down += loss / float64(n)
			if i < n {
				continue
			}
		default:
			up = (up*float64(n-1) + gain) / float64(n)
			down = (down*float64(n-1) + loss) / float64(n)
		}
		if up+down > 0 {
			out[i] = 100 * up / (up + down)
		}
	}
	return out
}

func macd(in []float64, fast, slow, signal int) (line, average, histogram []float64) {
	f, s := ema(in[slow-fast:], fast), ema(in, slow)
	line, histogram = make([]float64, len(in)), make([]float64, len(in))
	for i := slow - 1; i < len(in); i++ {
		line[i] = f[i-slow+fast] - s[i]
	}
	average = make([]float64, len(in))
	copy(average[slow-1:], ema(line[slow-1:], signal))
	for i := slow + signal - 2; i < len(in); i++ {
		histogram[i] = line[i] - average[i]
	}
	return line, average, histogram
}

func bbands(in []float64, n int, factor float64) (upper, middle, lower []float64) {
	upper, middle, lower = make([]float64, len(in)), make([]float64, len(in)), make([]float64, len(in))
	sum, squares := 0.0, 0.0
	for i, v := range in {
		sum += v
		squares += v * v
		if i >= n {
			sum -= in[i-n]
			squares -= in[i-n] * in[i-n]
		}
		if i >= n-1 {
			mean := sum / float64(n)
			d := factor * math.Sqrt(math.Max(0, squares/float64(n)-mean*mean))
			upper[i], middle[i], lower[i] = mean+d, mean, mean-d
		}
	}
	return upper, middle, lower
}

func atr(high, low, closing []float64, n int) []float64 {
	out := make([]float64, len(closing))
	v := 0.0
	for i := 1; i < len(closing); i++ {
		tr := math.Max(high[i], closing[i-1]) - math.Min(low[i], closing[i-1])
		if i <= n {
			v += tr / float64(n)
		} else {
			v = (v*float64(n-1) + tr) / float64(n)
		}
		if i >= n {
			out[i] = v
		}
	}
	return out
}
