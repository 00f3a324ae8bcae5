// Package wide is 128-bit signed integer arithmetic for money, with overflow as
// an error and wider intermediates for price × quantity × rate.
//
// Values are plain and safe for concurrent use; nothing here allocates except
// the conversions to and from decimal.
package wide

import (
	"errors"
	"math"
	"math/big"
	"math/bits"

	"github.com/shopspring/decimal"
)

// ErrOverflow says that a result does not fit into its integer.
var ErrOverflow = errors.New("number out of range")

// Int is a 128-bit signed integer in two's complement. The zero value is zero.
type Int struct {
	Hi int64
	Lo uint64
}

// Of returns v as an Int.
func Of(v int64) Int { return Int{v >> 63, uint64(v)} }

// Mul returns a × b, which always fits.
func Mul(a, b int64) Int {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	// Correct the unsigned product for the signs.
	h := int64(hi) - (a>>63)&b - (b>>63)&a
	return Int{h, lo}
}

// Add returns a + b and whether it fits.
func (a Int) Add(b Int) (Int, bool) {
	lo, carry := bits.Add64(a.Lo, b.Lo, 0)
	hi, _ := bits.Add64(uint64(a.Hi), uint64(b.Hi), carry)
	sum := Int{int64(hi), lo}
	// Overflow: the operands agree in sign and the sum does not.
	return sum, (a.Hi^sum.Hi)&(b.Hi^sum.Hi) >= 0
}

// Sub returns a - b and whether it fits.
func (a Int) Sub(b Int) (Int, bool) {
	lo, borrow := bits.Sub64(a.Lo, b.Lo, 0)
	hi, _ := bits.Sub64(uint64(a.Hi), uint64(b.Hi), borrow)
	diff := Int{int64(hi), lo}
	return diff, (a.Hi^b.Hi)&(a.Hi^diff.Hi) >= 0
}

// Neg returns -a and whether it fits; only the smallest value does not.
func (a Int) Neg() (Int, bool) { return Int{}.Sub(a) }

// Sign returns -1, 0 or 1.
func (a Int) Sign() int {
	switch {
	case a.Hi < 0:
		return -1
	case a.Hi == 0 && a.Lo == 0:
		return 0
	}
	return 1
}

// Cmp returns -1, 0 or 1 as a is below, equal to or above b.
func (a Int) Cmp(b Int) int {
	switch {
	case a == b:
		return 0
	case a.Hi < b.Hi || a.Hi == b.Hi && a.Lo < b.Lo:
		return -1
	}
	return 1
}

// Int64 returns a as an int64 and whether it fits.
func (a Int) Int64() (int64, bool) {
	v := int64(a.Lo)
	return v, a.Hi == v>>63
}

// Float64 returns the nearest float64, for figures and charts, never for money.
func (a Int) Float64() float64 {
	if v, ok := a.Int64(); ok {
		return float64(v)
	}
	// Half of the low word, doubled: it fits a signed conversion, which is one
	// instruction, and the bit it drops is far below the result's precision.
	const word = 1 << 64
	return float64(a.Hi)*word + 2*float64(int64(a.Lo>>1))
}

// Times returns a × m and whether it fits.
func (a Int) Times(m int64) (Int, bool) {
	if a.Hi == int64(a.Lo)>>63 { // two 64-bit numbers always fit
		return Mul(int64(a.Lo), m), true
	}
	return a.MulDiv(m, 1, Down)
}

// Round names what a division does with a remainder.
type Round uint8

// The rules of rounding of a division.
const (
	Floor   Round = iota // towards minus infinity
	Ceil                 // towards plus infinity
	Down                 // towards zero
	Up                   // away from zero
	Nearest              // to the nearest, ties to even
)

// MulDiv returns a × m ÷ d, rounded once, and whether it fits. The product is
// 192 bits wide, so only the result can overflow. d must not be zero.
func (a Int) MulDiv(m, d int64, rule Round) (Int, bool) {
	negative := (a.Hi < 0) != (m < 0) != (d < 0)
	ah, al := a.abs()
	mu, du := abs64(m), abs64(d)
	// Product of three limbs: p2 p1 p0.
	h0, p0 := bits.Mul64(al, mu)
	h1, p1 := bits.Mul64(ah, mu)
	p1, carry := bits.Add64(p1, h0, 0)
	p2 := h1 + carry
	// Schoolbook division by one limb; amounts of money seldom need the highest.
	var q2, q1, r uint64
	if p2 == 0 {
		if r = p1; p1 >= du {
			q1, r = p1/du, p1%du
		}
	} else {
		q2, r = p2/du, p2%du
		q1, r = bits.Div64(r, p1, du)
	}
	q0, r := bits.Div64(r, p0, du)
	if q2 != 0 {
		return Int{}, false
	}
	if r != 0 && roundsAway(rule, negative, r, du, q0&1 == 1) {
		var c uint64
		q0, c = bits.Add64(q0, 1, 0)
		q1, c = bits.Add64(q1, 0, c)
		if c != 0 {
			return Int{}, false
		}
	}
	return signed(negative, q1, q0)
}

// Quo returns a ÷ b, rounded once, for a divisor of 128 bits, and whether it
// fits. b must not be zero.
func (a Int) Quo(b Int, rule Round) (Int, bool) {
	negative := (a.Hi < 0) != (b.Hi < 0)
	ah, al := a.abs()
	bh, bl := b.abs()
	if bh == 0 {
		q1, r := uint64(0), ah
		if ah >= bl {
			q1, r = ah/bl, ah%bl
		}
		q0, r := bits.Div64(r, al, bl)
		if r != 0 && roundsAway(rule, negative, r, bl, q0&1 == 1) {
			var c uint64
			q0, c = bits.Add64(q0, 1, 0)
			q1 += c
		}
		return signed(negative, q1, q0)
	}
	// The quotient has at most 64 bits: estimate from the leading bits of the
	// divisor, then correct; the estimate is at most one too large.
	shift := uint(bits.LeadingZeros64(bh))
	vh := bh<<shift | bl>>(64-shift)
	q, _ := bits.Div64(ah>>1, ah<<63|al>>1, vh)
	q >>= 63 - shift
	if q != 0 {
		q--
	}
	mh, ml := bits.Mul64(q, bl)
	mh += q * bh
	rl, borrow := bits.Sub64(al, ml, 0)
	rh, _ := bits.Sub64(ah, mh, borrow)
	for rh > bh || rh == bh && rl >= bl { // at most twice
		q++
		rl, borrow = bits.Sub64(rl, bl, 0)
		rh, _ = bits.Sub64(rh, bh, borrow)
	}
	var q1 uint64
	if rh|rl != 0 {
		away := rule == Up || rule == Floor && negative || rule == Ceil && !negative
		if rule == Nearest {
			// 2r against b, without overflow: r against b - r.
			dl, bo := bits.Sub64(bl, rl, 0)
			dh, _ := bits.Sub64(bh, rh, bo)
			above := rh > dh || rh == dh && rl > dl
			tie := rh == dh && rl == dl
			away = above || tie && q&1 == 1
		}
		if away {
			q, q1 = bits.Add64(q, 1, 0)
		}
	}
	return signed(negative, q1, q)
}

func roundsAway(rule Round, negative bool, r, d uint64, odd bool) bool {
	switch rule {
	case Floor:
		return negative
	case Ceil:
		return !negative
	case Up:
		return true
	case Nearest:
		rest := d - r
		return r > rest || r == rest && odd
	default: // Down
		return false
	}
}

func (a Int) abs() (hi, lo uint64) {
	if a.Hi >= 0 {
		return uint64(a.Hi), a.Lo
	}
	lo, borrow := bits.Sub64(0, a.Lo, 0)
	hi, _ = bits.Sub64(0, uint64(a.Hi), borrow)
	return hi, lo
}

func abs64(v int64) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

func signed(negative bool, hi, lo uint64) (Int, bool) {
	if !negative {
		return Int{int64(hi), lo}, int64(hi) >= 0
	}
	l, borrow := bits.Sub64(0, lo, 0)
	h, _ := bits.Sub64(0, hi, borrow)
	return Int{int64(h), l}, int64(h) < 0 || hi|lo == 0
}

var powers = func() (p [19]int64) {
	p[0] = 1
	for i := 1; i < len(p); i++ {
		p[i] = p[i-1] * 10
	}
	return p
}()

// Pow10 returns 10 to the power n for n from 0 to 18.
func Pow10(n int32) int64 { return powers[n] }

// Big returns a as a big.Int.
func (a Int) Big() *big.Int {
	hi, lo := a.abs()
	v := new(big.Int).SetUint64(hi)
	v.Lsh(v, 64).Or(v, new(big.Int).SetUint64(lo))
	if a.Hi < 0 {
		v.Neg(v)
	}
	return v
}

// FromBig returns v as an Int and whether it fits.
func FromBig(v *big.Int) (Int, bool) {
	var m big.Int
	m.Abs(v)
	if m.BitLen() > 128 {
		return Int{}, false
	}
	var lo big.Int
	lo.And(&m, new(big.Int).SetUint64(math.MaxUint64))
	m.Rsh(&m, 64)
	return signed(v.Sign() < 0, m.Uint64(), lo.Uint64())
}

// Decimal returns a as a number with scale decimals.
func (a Int) Decimal(scale int32) decimal.Decimal {
	if v, ok := a.Int64(); ok {
		return decimal.New(v, -scale)
	}
	return decimal.NewFromBigInt(a.Big(), -scale)
}

// FromDecimal returns d as whole units of 10^-scale. It is not exact where d has
// more decimals than that; then exact is false and the value is cut towards zero.
func FromDecimal(d decimal.Decimal, scale int32) (v Int, exact, fits bool) {
	shifted := d.Shift(scale)
	whole := shifted.Truncate(0)
	v, fits = FromBig(whole.BigInt())
	return v, whole.Equal(shifted), fits
}
