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
	// q/3 + q²/5 + … + q¹¹/23
	sum := float64(q * (1.0 / 23))
	sum = float64(q * (1.0/21 + sum))
	sum = float64(q * (1.0/19 + sum))
	sum = float64(q * (1.0/17 + sum))
	sum = float64(q * (1.0/15 + sum))
	sum = float64(q * (1.0/13 + sum))
	sum = float64(q * (1.0/11 + sum))
	sum = float64(q * (1.0/9 + sum))
	sum = float64(q * (1.0/7 + sum))
	sum = float64(q * (1.0/5 + sum))
	sum = float64(q * (1.0/3 + sum))
	// ln 2 in two parts, of which the first has so few digits that e times it is exact.
	const high, low = 0x1.62e42feep-1, 0x1.a39ef35793c76p-33
	return float64(float64(e)*high) + (2*s + (float64(2*s*sum) + float64(float64(e)*low)))
}
