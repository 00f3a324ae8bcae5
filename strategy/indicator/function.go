package indicator

import "math"

// The functions below are computed here and not by the standard library, whose
// results may differ in the last bit from one architecture to another.

// logarithm is the natural logarithm of a number above 0.
//
// It is taken apart into m × 2^e with m within √½ and √2; of m the series in
// s = (m-1)/(m+1), 2·(s + s³/3 + s⁵/5 + …), is used.
func logarithm(v float64) float64 {
	m, e := math.Frexp(v)
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1)
	square := float64(s * s)
	series := 0.0
	for k := 23; k >= 1; k -= 2 {
		series = 1/float64(k) + float64(square*series)
	}
	return float64(float64(e)*math.Ln2) + float64(2*float64(s*series))
}

// arcTangent is the angle in radians whose tangent is v.
//
// An angle is halved three times by tan(φ/2) = t/(1+√(1+t²)), then the series
// t - t³/3 + t⁵/5 - … is used.
func arcTangent(v float64) float64 {
	t := math.Abs(v)
	large := t > 1
	if large {
		t = 1 / t
	}
	for range 3 {
		t /= 1 + math.Sqrt(1+float64(t*t))
	}
	square := float64(t * t)
	series := 0.0
	for k := 19; k >= 1; k -= 2 {
		series = 1/float64(k) - float64(square*series)
	}
	angle := 8 * float64(t*series)
	if large {
		angle = math.Pi/2 - angle
	}
	return math.Copysign(angle, v)
}
