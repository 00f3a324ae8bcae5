package indicator

import "math"

// The functions below are computed here and not by the standard library, whose
// results may differ in the last bit from one architecture to another.

// ln is the natural logarithm of a positive finite number.
//
// It is taken apart into m × 2^e with m within √½ and √2; of m the series in
// s = (m-1)/(m+1), 2·(s + s³/3 + s⁵/5 + …), is used.
func ln(v float64) float64 {
	const half, mantissa = 1022, 1<<52 - 1
	b := math.Float64bits(v)
	e := int64(b>>52) - half
	m := math.Float64frombits(b&mantissa | half<<52)
	if e == -half { // subnormal
		var exponent int
		m, exponent = math.Frexp(v)
		e = int64(exponent)
	}
	if m < math.Sqrt2/2 {
		m *= 2
		e--
	}
	s := (m - 1) / (m + 1)
	x := float64(s * s)
	x2 := float64(x * x)
	x4 := float64(x2 * x2)
	low := (1 + float64(x*(1.0/3))) + float64(x2*(1.0/5+float64(x*(1.0/7))))
	middle := (1.0/9 + float64(x*(1.0/11))) + float64(x2*(1.0/13+float64(x*(1.0/15))))
	high := (1.0/17 + float64(x*(1.0/19))) + float64(x2*(1.0/21+float64(x*(1.0/23))))
	series := low + float64(x4*(middle+float64(x4*high)))
	// ln 2 in two parts, of which the first has so few digits that e times it is exact.
	const more, less = 0x1.62e42feep-1, 0x1.a39ef35793c76p-33
	return float64(float64(e)*more) + (float64(2*float64(s*series)) + float64(float64(e)*less))
}

// arcTangent is the angle in radians whose tangent is v.
//
// From the angle that of the nearest sixteenth c is taken away, by
// tan(φ-γ) = (t-c)/(1+c·t); of what is left, up to 1/32, the series t - t³/3 + t⁵/5 - …
// is used.
func arcTangent(v float64) float64 {
	t := math.Abs(v)
	large := t > 1
	if large {
		t = 1 / t
	}
	if t != t {
		return t
	}
	k := int(float64(16*t) + 0.5)
	c := float64(float64(k) / 16)
	t = (t - c) / (1 + float64(c*t))
	x := float64(t * t)
	x2 := float64(x * x)
	low := (1.0/3 - float64(x*(1.0/5))) + float64(x2*(1.0/7-float64(x*(1.0/9))))
	series := low + float64(float64(x2*x2)*(1.0/11-float64(x*(1.0/13))))
	angle := sixteenths[k] + (t - float64(float64(t*x)*series))
	if large {
		angle = math.Pi/2 - angle
	}
	return math.Copysign(angle, v)
}

// sixteenths are the angles whose tangents are 0, 1/16, 2/16 … 1.
var sixteenths = [...]float64{
	0x0.0p+0, 0x1.ff55bb72cfdeap-5, 0x1.fd5ba9aac2f6ep-4, 0x1.7b97b4bce5b02p-3,
	0x1.f5b75f92c80ddp-3, 0x1.362773707ebccp-2, 0x1.6f61941e4def1p-2, 0x1.a64eec3cc23fdp-2,
	0x1.dac670561bb4fp-2, 0x1.0657e94db30d0p-1, 0x1.1e00babdefeb4p-1, 0x1.345f01cce37bbp-1,
	0x1.4978fa3269ee1p-1, 0x1.5d58987169b18p-1, 0x1.700a7c5784634p-1, 0x1.819d0b7158a4dp-1,
	0x1.921fb54442d18p-1,
}
