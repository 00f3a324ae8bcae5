package robust

import (
	"math"
	"slices"
	"sort"

	"github.com/tradekeel/tradekeel/stats"
)

// Percentile is a value that a share of a distribution does not exceed.
type Percentile struct {
	Percent float64      `json:"percent"`
	Value   stats.Number `json:"value"`
}

// Distribution is what came out of many simulations, of one figure. Paths of which
// the figure is undefined are left out.
type Distribution struct {
	Count       int          `json:"count"`
	Mean        stats.Number `json:"mean"`
	Deviation   stats.Number `json:"deviation"` // of the sample, n-1
	Percentiles []Percentile `json:"percentiles"`

	sorted []float64
}

// newDistribution sorts values in place and keeps them.
func newDistribution(values, percents []float64) Distribution {
	values = slices.DeleteFunc(values, math.IsNaN)
	slices.Sort(values)
	d := Distribution{Count: len(values), Mean: stats.Undefined, Deviation: stats.Undefined, sorted: values}
	if n := float64(len(values)); n > 0 {
		sum, squares := 0.0, 0.0
		for _, v := range values {
			sum += v
		}
		mean := sum / n
		for _, v := range values {
			squares += float64((v - mean) * (v - mean))
		}
		d.Mean = stats.Number(mean)
		if n > 1 {
			d.Deviation = stats.Number(math.Sqrt(squares / (n - 1)))
		}
	}
	for _, p := range percents {
		d.Percentiles = append(d.Percentiles, Percentile{p, d.At(p)})
	}
	return d
}

// At returns the percentile from 0 to 100, between two values by straight line
// (definition 7 of Hyndman and Fan 1996, that of R and NumPy). It is undefined
// outside of 0 to 100, without values, and on a distribution read from JSON.
func (d Distribution) At(percent float64) stats.Number {
	return stats.Number(quantile(d.sorted, percent))
}

// AtMost returns the share of values that do not exceed x.
func (d Distribution) AtMost(x float64) stats.Number {
	if len(d.sorted) == 0 || math.IsNaN(x) {
		return stats.Undefined
	}
	return stats.Number(float64(sort.Search(len(d.sorted), func(i int) bool { return d.sorted[i] > x })) / float64(len(d.sorted)))
}

// Values returns the values, the smallest first; the caller must not change them.
func (d Distribution) Values() []float64 { return d.sorted }

func quantile(sorted []float64, percent float64) float64 {
	n := len(sorted)
	if n == 0 || !(percent >= 0 && percent <= 100) {
		return math.NaN()
	}
	at := float64(n-1) * percent / 100
	i := min(int(at), n-1)
	if i == n-1 {
		return sorted[i]
	}
	part := at - float64(i)
	return sorted[i] + float64(part*(sorted[i+1]-sorted[i]))
}
