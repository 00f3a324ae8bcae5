package robust

import (
	"math"
	"testing"
)

// The worked numbers of the sources.
func TestPublishedSharpe(t *testing.T) {
	t.Parallel()
	year := func(ratio, periods float64) float64 { return ratio / math.Sqrt(periods) }
	// Bailey and López de Prado (2012): 24 months, a ratio of 0.458 a month, skewness
	// -2.448, kurtosis 10.164: 0.913, and 0.982 had the returns been normal.
	monthly := Sharpe{Ratio: 0.458, Skewness: -2.448, Kurtosis: 10.164, Periods: 24}
	near(t, "probability", float64(monthly.Probability(0)), 0.913, 0.0005)
	normal := Sharpe{Ratio: 0.458, Kurtosis: 3, Periods: 24}
	near(t, "probability of normal returns", float64(normal.Probability(0)), 0.982, 0.0005)
	// The same: an annual ratio of 2 against 1 at 95 % takes 2.73 years of daily, 2.83 of
	// weekly and 3.24 of monthly normal returns; with the shape of hedge funds
	// (skewness -0.72, kurtosis 5.78) 4.99 years of monthly ones.
	for _, c := range []struct{ periods, skewness, kurtosis, years float64 }{
		{252, 0, 3, 2.73}, {52, 0, 3, 2.83}, {12, 0, 3, 3.24}, {12, -0.72, 5.78, 4.99},
	} {
		s := Sharpe{Ratio: year(2, c.periods), Skewness: c.skewness, Kurtosis: c.kurtosis, Periods: 1000}
		near(t, "years", float64(s.MinTrackRecord(year(1, c.periods), 0.95))/c.periods, c.years, 0.006)
	}
	// Bailey and López de Prado (2014): 1250 days, an annual ratio of 2.5, skewness -3,
	// kurtosis 10, 100 trials whose annual ratios have a variance of 1/2: the best of
	// them would show 0.1132 a day, and the deflated ratio is 0.9004; of 46 trials 0.9505.
	// Were the returns normal, 88 trials would give 0.9505.
	best := Sharpe{Ratio: year(2.5, 250), Skewness: -3, Kurtosis: 10, Periods: 1250}
	near(t, "expected best", float64(ExpectedMaxSharpe(100, 0.5/250)), 0.1132, 0.00005)
	near(t, "deflated", float64(best.Deflated(100, 0.5/250)), 0.9004, 0.00005)
	near(t, "of 46 trials", float64(best.Deflated(46, 0.5/250)), 0.9505, 0.0002)
	best.Skewness, best.Kurtosis = 0, 3
	near(t, "of 88 trials, normal", float64(best.Deflated(88, 0.5/250)), 0.9505, 0.0002)
}

// The largest of n normal numbers, drawn many times.
func TestExpectedMaxSharpe(t *testing.T) {
	t.Parallel()
	for _, n := range []int{10, 100} {
		sum := 0.0
		const runs = 4000
		values := normals(uint64(n), n*runs, 0, 0.3)
		for i := range runs {
			most := math.Inf(-1)
			for _, v := range values[i*n : (i+1)*n] {
				most = max(most, v)
			}
			sum += most
		}
		near(t, "largest", sum/runs/float64(ExpectedMaxSharpe(n, 0.09)), 1, 0.03)
	}
	if ExpectedMaxSharpe(1, 1) != 0 || ExpectedMaxSharpe(0, 1).Defined() || ExpectedMaxSharpe(2, -1).Defined() {
		t.Error("the bounds are wrong")
	}
}

func TestSharpeOf(t *testing.T) {
	t.Parallel()
	// Mean 2, squares of deviations 1 1 1 9 (population variance 3), cubes -1 -1 -1 27.
	s, err := SharpeOf([]float64{1, 1, 1, 5})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "ratio", s.Ratio, 1, 1e-15)
	near(t, "skewness", s.Skewness, 6/math.Pow(3, 1.5), 1e-12)
	near(t, "kurtosis", s.Kurtosis, 21.0/9, 1e-12)
	// Where the true ratio is 0 the probability is uniform: below 0.05 in one of twenty.
	low := 0.0
	const samples = 2000
	for k := range samples {
		s, err := SharpeOf(normals(uint64(k), 250, 0, 0.01))
		if err != nil {
			t.Fatal(err)
		}
		if s.Probability(0) < 0.05 {
			low++
		}
	}
	near(t, "share below 0.05", low/samples, 0.05, 0.02)
	for _, s := range []Sharpe{{Ratio: 1, Periods: 1, Kurtosis: 3}, {Ratio: 2, Skewness: 9, Kurtosis: 3, Periods: 100}} {
		if s.Probability(0).Defined() {
			t.Errorf("%+v has a probability", s)
		}
	}
	if (Sharpe{Ratio: 1, Kurtosis: 3, Periods: 9}).MinTrackRecord(1, 0.95).Defined() {
		t.Error("a ratio that is not above the benchmark gets there")
	}
}

// The best of a hundred trials without skill looks good alone, and not when deflated.
func TestDeflate(t *testing.T) {
	t.Parallel()
	fooled, convinced := 0, 0
	const samples = 60
	for k := range samples {
		trials := make(Trials, 100)
		for i := range trials {
			trials[i] = normals(uint64(k*100+i), 300, 0, 0.01)
		}
		d, err := Deflate(trials)
		if err != nil {
			t.Fatal(err)
		}
		if d.Undeflated > 0.95 {
			fooled++
		}
		if d.Probability > 0.95 {
			convinced++
		} else if len(d.Warnings) == 0 {
			t.Error("no warning")
		}
	}
	if fooled < samples*9/10 || convinced > samples/10 {
		t.Errorf("of %d samples %d are taken for skill without the trials, %d with them", samples, fooled, convinced)
	}
	trials := Trials{normals(1, 300, 0, 0.01), make([]float64, 300), normals(2, 300, 0.003, 0.01)}
	d, err := Deflate(trials)
	if err != nil {
		t.Fatal(err)
	}
	if d.Best != 2 || d.Probability < 0.95 || len(d.Warnings) > 0 {
		t.Errorf("got %+v", d)
	}
}
