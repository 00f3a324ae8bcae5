package robust

import (
	"math"
	"testing"
)

// The variance of √n times the mean of a stationary bootstrap has a closed form:
// Politis and Romano (1994), lemma 1.
func TestStationaryVariance(t *testing.T) {
	t.Parallel()
	const n, length, runs = 200, 8.0, 40_000
	values := autoregressive(5, n, 0.6)
	c := autocovariances(values, n-1)
	p, want := 1/length, c[0]
	for i := 1; i < n; i++ {
		x := float64(i) / n
		want += 2 * ((1-x)*math.Pow(1-p, float64(i)) + x*math.Pow(1-p, float64(n-i))) * c[i]
	}
	got, m := bootstrapped(t, values, Stationary, length, runs)
	near(t, "variance over that of the closed form", got/want, 1, 0.03)
	near(t, "mean", m, mean(values), 4*math.Sqrt(want/n/runs))
}

// A moving bootstrap of blocks that divide n draws n ÷ b independent block means.
func TestMovingVariance(t *testing.T) {
	t.Parallel()
	const n, length, runs = 200, 10, 40_000
	values := autoregressive(6, n, 0.6)
	sums := make([]float64, 0, n-length+1)
	for i := range n - length + 1 {
		sums = append(sums, mean(values[i:i+length])*length)
	}
	_, deviation := moments(sums)
	blocks := float64(len(sums))
	want := deviation * deviation * (blocks - 1) / blocks / length
	got, m := bootstrapped(t, values, Moving, length, runs)
	near(t, "variance over that of the closed form", got/want, 1, 0.03)
	near(t, "mean", m, mean(sums)/length, 4*math.Sqrt(want/n/runs))
}

// bootstrapped returns the variance of √n times the mean, and the mean of the means.
func bootstrapped(t *testing.T, values []float64, kind Blocks, length float64, runs int) (variance, average float64) {
	t.Helper()
	b, err := newBlocks(kind, length, values)
	if err != nil {
		t.Fatal(err)
	}
	random, path, means := &stream{}, make([]float64, len(values)), make([]float64, runs)
	for i := range runs {
		random.seed(9, i)
		b.draw(random, path, values)
		means[i] = mean(path)
	}
	m, deviation := moments(means)
	return deviation * deviation * float64(len(values)), m
}

// Of an autoregression the best length is known: (2ρ ÷ (1-ρ²))^⅔ × n^⅓ for stationary
// blocks, and the root of 3/2 more for moving ones (Politis and White 2004, Patton,
// Politis and White 2009).
func TestBlockLength(t *testing.T) {
	t.Parallel()
	const n = 40_000
	for _, rho := range []float64{0.3, 0.5, 0.8} {
		values := autoregressive(11, n, rho)
		want := math.Pow(2*rho/(1-rho*rho), 2.0/3) * math.Cbrt(n)
		near(t, "length over the best", BlockLength(values, Stationary)/want, 1, 0.15)
		near(t, "moving over stationary", BlockLength(values, Moving)/BlockLength(values, Stationary), math.Cbrt(1.5), 0.05)
	}
	if got := BlockLength(normals(4, n, 0, 1), Stationary); got > 8 {
		t.Errorf("independent numbers have blocks of %v", got)
	}
	if got := BlockLength(make([]float64, 100), Stationary); got != 1 {
		t.Errorf("what does not vary has blocks of %v", got)
	}
	if got := BlockLength(normals(4, 9, 0, 1), Moving); got != 1 {
		t.Errorf("nine numbers have blocks of %v", got)
	}
}

// Blocks have the length that was asked for, and every place is drawn as often.
func TestBlocksDrawn(t *testing.T) {
	t.Parallel()
	const n, runs = 50, 20_000
	from := make([]float64, n)
	for i := range from {
		from[i] = float64(i)
	}
	b, err := newBlocks(Stationary, 5, from)
	if err != nil {
		t.Fatal(err)
	}
	random, to := &stream{}, make([]float64, n)
	seen, breaks := make([]float64, n), 0.0
	for i := range runs {
		random.seed(1, i)
		b.draw(random, to, from)
		for k, v := range to {
			seen[int(v)]++
			if k > 0 && int(v) != (int(to[k-1])+1)%n {
				breaks++
			}
		}
	}
	for i, v := range seen {
		near(t, "share of place", v/runs, 1, 0.05)
		if t.Failed() {
			t.Fatalf("at %d", i)
		}
	}
	// A new block begins with a chance of 1/5, and goes on by chance in 1 of n.
	near(t, "share of breaks", breaks/runs/(n-1), 0.2*(1-1.0/n), 0.003)
}

// Nine of ten intervals from the 5th to the 95th percentile should hold the true mean.
// Of dependent returns they do only with blocks.
func TestCoverage(t *testing.T) {
	t.Parallel()
	const samples, n, runs = 300, 250, 200
	covered := func(rho, length float64) float64 {
		hits := 0.0
		for k := range samples {
			values := autoregressive(uint64(1000+k), n, rho)
			b, err := newBlocks(Stationary, length, values) // 0 is chosen for each sample
			if err != nil {
				t.Fatal(err)
			}
			random, path, means := &stream{}, make([]float64, n), make([]float64, runs)
			for i := range runs {
				random.seed(uint64(k), i)
				b.draw(random, path, values)
				means[i] = mean(path)
			}
			d := newDistribution(means, nil)
			if d.At(5) <= 0 && d.At(95) >= 0 {
				hits++
			}
		}
		return hits / samples
	}
	near(t, "coverage of independent returns", covered(0, 1), 0.9, 0.05)
	if blocks, single := covered(0.5, 0), covered(0.5, 1); blocks < 0.8 || single > 0.75 {
		t.Errorf("of dependent returns blocks cover %v, single returns %v; want above 0.8 and below 0.75", blocks, single)
	}
}
