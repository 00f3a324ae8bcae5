package indicator

import (
	"math"
	"testing"
)

// TestFunctions: both are within 1e-15 of the standard library's, relative to the
// result.
func TestFunctions(t *testing.T) {
	t.Parallel()
	check := func(name string, v, got, want float64) {
		if !(math.Abs(got-want) <= 1e-15*math.Abs(want)) {
			t.Errorf("%s of %v is %v, want %v", name, v, got, want)
		}
	}
	for i := -3000; i <= 3000; i++ {
		v := math.Exp(float64(i) / 100)
		check("logarithm", v, ln(v), math.Log(v))
		check("arc tangent", v, arcTangent(v), math.Atan(v))
		check("arc tangent", -v, arcTangent(-v), math.Atan(-v))
	}
	if ln(1) != 0 || arcTangent(0) != 0 || arcTangent(math.Inf(1)) != math.Pi/2 {
		t.Error("not exact at 1, 0 or infinity")
	}
}
