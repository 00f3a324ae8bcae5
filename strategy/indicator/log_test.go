package indicator

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// TestLn: the logarithm is that of the standard library to a few units in the last
// place, near 1 relative to the distance from 1.
func TestLn(t *testing.T) {
	t.Parallel()
	check := func(t rapid.TB, x float64) {
		if got, want := ln(x), math.Log(x); math.Abs(got-want) > 1e-15*math.Abs(want) {
			t.Errorf("ln(%v) is %v, want %v", x, got, want)
		}
	}
	for _, x := range []float64{1, 2, 0.5, math.E, 1 + 0x1p-52, 1 - 0x1p-53, math.MaxFloat64, 0x1p-1022, 3e-5, 1e5} {
		check(t, x)
	}
	rapid.Check(t, func(t *rapid.T) {
		check(t, rapid.Float64Range(1e-12, 1e12).Draw(t, "x"))
		check(t, rapid.Float64Range(0.5, 2).Draw(t, "near 1"))
	})
}
