package universe

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// places are the decimals of a figure that is a quotient.
const places = 16

// known is what is known of a candidate at a moment.
type known struct {
	series *market.Series // candles that closed by the moment
	quote  *BookQuote     // the last by the moment
	at     time.Time
}

// figure returns the figure of a kind over a window, or why there is none.
func (k *known) figure(kind Kind, window market.Timeframe) (value decimal.Decimal, missing string) {
	s := k.series
	n := s.Len()
	if kind == Spread {
		return k.spread(window)
	}
	if n == 0 {
		return value, "no candle has closed"
	}
	if kind == Price {
		return s.Instrument.Price(s.Close[n-1]), ""
	}
	start := before(k.at, window).UnixNano()
	first, _ := slices.BinarySearch(s.Time, start)
	if first == n {
		return value, "no candle lies within " + window.String()
	}
	switch kind {
	case Volume:
		return k.volume(first)
	case Range:
		low := s.Instrument.Price(slices.Min(s.Low[first:]))
		return s.Instrument.Price(slices.Max(s.High[first:])).Sub(low).DivRound(low, places), ""
	case Performance:
		return k.performance(start, window)
	case Volatility:
		returns := logReturns(s.Close[first:])
		if len(returns) < 2 {
			return value, "fewer than three candles lie within " + window.String()
		}
		return rounded(math.Sqrt(variance(returns))), ""
	default:
		return value, "there is no such figure"
	}
}

// before returns the start of a window that ends at a moment.
func before(at time.Time, window market.Timeframe) time.Time {
	if window < 0 {
		return at.UTC().AddDate(0, int(window), 0)
	}
	return at.Add(-time.Duration(window))
}

func (k *known) volume(first int) (decimal.Decimal, string) {
	s := k.series
	var sum wide.Int
	for i := first; i < s.Len(); i++ {
		var fits bool
		if sum, fits = sum.Add(wide.Mul(s.Close[i], s.Volume[i])); !fits {
			return decimal.Decimal{}, "the volume is out of range"
		}
	}
	return sum.Decimal(s.Instrument.PriceScale + s.VolumeScale), ""
}

func (k *known) performance(start int64, window market.Timeframe) (decimal.Decimal, string) {
	s := k.series
	ended, found := slices.BinarySearch(s.Closes(), start)
	if found {
		ended++
	}
	// A close from long before the window is no close of its start.
	if ended == 0 || s.Closes()[ended-1] <= before(time.Unix(0, start), window).UnixNano() {
		return decimal.Decimal{}, "there is no close " + window.String() + " ago"
	}
	from := s.Instrument.Price(s.Close[ended-1])
	return s.Instrument.Price(s.Close[s.Len()-1]).Sub(from).DivRound(from, places), ""
}

func (k *known) spread(window market.Timeframe) (decimal.Decimal, string) {
	q, in := k.quote, k.series.Instrument
	if q == nil || q.Time <= before(k.at, window).UnixNano() {
		return decimal.Decimal{}, "no quote lies within " + window.String()
	}
	bid, ask := in.Price(q.Bid), in.Price(q.Ask)
	return ask.Sub(bid).Mul(decimal.NewFromInt(2)).DivRound(ask.Add(bid), places), ""
}

// since returns how long the instrument has traded, or that it is not known.
func (k *known) since() (time.Time, bool) {
	if listed := k.series.Instrument.Listed; !listed.IsZero() {
		return listed, true
	}
	if k.series.Len() == 0 {
		return time.Time{}, false
	}
	return time.Unix(0, k.series.Time[0]).UTC(), true
}

func logReturns(closes []int64) []float64 {
	out := make([]float64, 0, len(closes))
	for i := 1; i < len(closes); i++ {
		out = append(out, math.Log(float64(closes[i])/float64(closes[i-1])))
	}
	return out
}

// Products stand in conversions, so that no architecture fuses them into sums.

func mean(v []float64) float64 {
	sum := 0.0
	for _, x := range v {
		sum += x
	}
	return sum / float64(len(v))
}

func variance(v []float64) float64 {
	m, sum := mean(v), 0.0
	for _, x := range v {
		sum += float64((x - m) * (x - m))
	}
	return sum / float64(len(v)-1)
}

// leastCommon is the fewest returns that a correlation is told from.
const leastCommon = 10

// correlation returns Pearson's coefficient of the returns that both have within a
// window: between candles that follow each other without a gap.
func correlation(a, b *known, window market.Timeframe) (value decimal.Decimal, missing string) {
	if a.series.Timeframe != b.series.Timeframe {
		return value, fmt.Sprintf("the candles are of %s and %s", a.series.Timeframe, b.series.Timeframe)
	}
	start := before(a.at, window).UnixNano()
	i, _ := slices.BinarySearch(a.series.Time, start)
	j, _ := slices.BinarySearch(b.series.Time, start)
	var x, y []float64
	follows := func(s *market.Series, i int) bool { return s.Timeframe.Close(s.Time[i-1]) == s.Time[i] }
	for i, j = i+1, j+1; i < a.series.Len() && j < b.series.Len(); {
		switch at, bt := a.series.Time[i], b.series.Time[j]; {
		case at < bt:
			i++
		case at > bt:
			j++
		default:
			if follows(a.series, i) && follows(b.series, j) {
				x = append(x, logReturns(a.series.Close[i-1 : i+1])[0])
				y = append(y, logReturns(b.series.Close[j-1 : j+1])[0])
			}
			i, j = i+1, j+1
		}
	}
	if len(x) < leastCommon {
		return value, fmt.Sprintf("there are %d common returns, it takes %d", len(x), leastCommon)
	}
	mx, my, sum := mean(x), mean(y), 0.0
	for i := range x {
		sum += float64((x[i] - mx) * (y[i] - my))
	}
	scale := math.Sqrt(variance(x) * variance(y))
	if scale == 0 {
		return value, "a price does not move"
	}
	return rounded(sum / float64(len(x)-1) / scale), ""
}

// rounded brings a float to a decimal, so that equal figures compare as equal.
func rounded(v float64) decimal.Decimal { return decimal.NewFromFloat(v).Round(places - 4) }
