package indicator

import (
	"math"

	"github.com/tradekeel/tradekeel"
)

// Hurst is the Hurst exponent of the last period closes, from how the mean square of
// the log price's change grows with the lag: near 0.5 for a random walk, above for
// prices that go on, below for prices that return. It is half the slope of the
// least-squares line of the logarithm of that mean square over the logarithm of the
// lag, at the lags 1, 2, 4 … up to max_lag. It is an estimate from few points, and may
// lie outside 0 to 1. Where the closes did not change over one of the lags it is 0.5.
//
// Source: Tiziana Di Matteo, Tomaso Aste and Michel Dacorogna, Scaling behaviors in
// differently developed markets, Physica A 324, 2003: the generalised Hurst exponent for q = 2.
func Hurst(period, maxLag int) Definition { return hurstKind.of(float64(period), float64(maxLag)) }

var hurstKind = Kind{
	Name: "hurst", Version: 1, Text: "Hurst exponent",
	Params: []Param{bars("period", 100, 4), {Name: "max_lag", Default: 16, Min: 2, Max: 65536, Integer: true}},
	Inputs: ofClose, Outputs: oneValue,
	check: func(p []float64) error {
		if 2*p[1] > p[0] {
			return tradekeel.Invalidf("max_lag", "must be at most half of period, got %s of %s", number(p[1]), number(p[0]))
		}
		return nil
	},
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		h := &hurst{period: int(p[0]), history: history{keep: int(p[1])}}
		for lag := 1; lag <= int(p[1]); lag *= 2 {
			// A window of n closes holds n - lag changes.
			h.lags = append(h.lags, lagged{lag: lag, sums: newSum(h.period - lag), divisor: p[0] - float64(lag)})
		}
		// Over equal distances of x the slope weighs the points by their distance from
		// the middle one; ln lag is a multiple of ln 2.
		count := float64(len(h.lags))
		for i := range h.lags {
			h.lags[i].weight = (float64(i) - float64((count-1)/2)) * 12 / (count * (float64(count*count) - 1)) / (2 * ln(2))
		}
		return h
	},
}

type hurst struct {
	period  int
	seen    int
	history history // of log prices
	lags    []lagged
	logs    [BlockSize]float64
	squares [BlockSize]float64
}

type lagged struct {
	lag     int
	sums    *sum // of squared changes
	divisor float64
	weight  float64
}

func (h *hurst) Next(in, out [][]float64) {
	n, filled := len(in[0]), out[0]
	logs, squares := h.logs[:n], h.squares[:n]
	for i, c := range in[0] {
		logs[i] = ln(c)
	}
	all, first := h.history.take(logs)
	clear(filled[:n])
	for k := range h.lags {
		l := &h.lags[k]
		begin := defined(h.seen, l.lag, n)
		for i := begin; i < n; i++ {
			d := all[first+i] - all[first+i-l.lag]
			squares[i] = d * d
		}
		l.sums.next(squares[begin:], squares[begin:])
		for i := defined(h.seen, h.period-1, n); i < n; i++ {
			if squares[i] > 0 {
				filled[i] += float64(l.weight * ln(squares[i]/l.divisor))
			} else {
				filled[i] = nan // for all lags to come
			}
		}
	}
	begin := defined(h.seen, h.period-1, n)
	for i := begin; i < n; i++ {
		if math.IsNaN(filled[i]) {
			filled[i] = 0.5
		}
	}
	fillNaN(filled[:begin])
	h.seen = min(h.seen+n, h.period)
}
