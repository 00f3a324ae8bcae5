package indicator

import "math"

// ln is the natural logarithm of a positive finite number, within a few units in the
// last place of math.Log, which is not promised to be the same on all architectures.
//
// x = m × 2^e with m near 1, and ln m = 2 artanh s for s = (m-1)/(m+1).
func ln(x float64) float64 {
	m, e := math.Frexp(x)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1) // |s| <= 0.172
	q := float64(s * s)
	sum := 0.0
	for k := 23; k >= 3; k -= 2 {
		sum = float64(q * (1/float64(k) + sum))
	}
	// ln 2 in two parts, of which the first has so few digits that e times it is exact.
	const high, low = 0x1.62e42feep-1, 0x1.a39ef35793c76p-33
	return float64(float64(e)*high) + (2*s + (float64(2*s*sum) + float64(float64(e)*low)))
}
