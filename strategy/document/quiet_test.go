package document

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/tradekeel/tradekeel/strategy"
)

// TestLevels: a level in whole units stands where the prices as floats do, at every
// scale, for levels that are no whole number of units and for those that are.
func TestLevels(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 1))
	for range 100_000 {
		unit := math.Pow(10, float64(r.IntN(12)))
		units := r.Int64N(1 << (1 + r.IntN(50)))
		level := float64(units) / unit
		switch r.IntN(4) {
		case 0:
			level = math.Nextafter(level, math.Inf(1))
		case 1:
			level = math.Nextafter(level, math.Inf(-1))
		case 2:
			level *= r.Float64()
		}
		if r.IntN(8) == 0 {
			level = -level
		}
		low, high := atOrBelow(level, unit), atOrAbove(level, unit)
		if !(float64(low)/unit <= level) || float64(low+1)/unit <= level {
			t.Fatalf("%v by %v: the largest price at or below is not %d", level, unit, low)
		}
		if !(float64(high)/unit >= level) || float64(high-1)/unit >= level {
			t.Fatalf("%v by %v: the smallest price at or above is not %d", level, unit, high)
		}
	}
	// Without a level nothing touches it; where units are not told apart all is looked at.
	if atOrBelow(unknown, 100) != math.MinInt64 || atOrAbove(unknown, 100) != math.MaxInt64 {
		t.Error("a level that is none is touched")
	}
	for _, level := range []float64{1e17, math.Inf(1), math.Inf(-1)} {
		if atOrBelow(level, 100) != math.MaxInt64 || atOrAbove(level, 100) != math.MinInt64 {
			t.Errorf("prices at %v are not looked at", level)
		}
	}
}

// TestQuickOrder: what is told quickly of two values is what Compare says, for values
// that are near, far, tied, of any size, and none.
func TestQuickOrder(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(4, 2))
	special := []float64{0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), unknown, math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-160, -1e-170, 1e160}
	draw := func() float64 {
		if r.IntN(4) == 0 {
			return special[r.IntN(len(special))]
		}
		return (r.Float64() - 0.5) * math.Pow(10, float64(r.IntN(340)-170))
	}
	for range 200_000 {
		a := draw()
		b := draw()
		if r.IntN(2) == 0 {
			b = a * (1 + (r.Float64()-0.5)*math.Pow(10, float64(-r.IntN(16)-1)))
		}
		want := 2
		if o, ok := strategy.Compare(a, b); ok {
			want = o
		}
		if got := order(a, b); got != want {
			t.Fatalf("%v and %v stand as %d, Compare says %d", a, b, got, want)
		}
		out := []float64{9}
		compare(opGt, []float64{a}, []float64{b}, out)
		if exact := holds(opGt, a, b); !equalBits(out, []float64{exact}) {
			t.Fatalf("%v above %v is %v, want %v", a, b, out[0], exact)
		}
		stands := []uint8{0}
		stand([]float64{a, a}, []float64{b, b}, stands)
		if int(stands[0]) != (want+1)<<2|(want+1) {
			t.Fatalf("%v and %v stand as %d, Compare says %d", a, b, stands[0], want)
		}
	}
}

// TestTruths: three truths combine as Kleene says.
func TestTruths(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ a, b, and, or float64 }{
		{0, 0, 0, 0}, {0, 1, 0, 1}, {1, 1, 1, 1}, {0, unknown, 0, unknown}, {1, unknown, unknown, 1}, {unknown, unknown, unknown, unknown},
		{-unknown, 1, unknown, 1}, {-unknown, 0, 0, unknown},
	} {
		for _, p := range [][2]float64{{c.a, c.b}, {c.b, c.a}} {
			if got := []float64{and(p[0], p[1]), or(p[0], p[1])}; !equalBits(got, []float64{c.and, c.or}) {
				t.Errorf("%v: and, or are %v, want %v %v", p, got, c.and, c.or)
			}
		}
	}
}
