package parquet

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"

	"github.com/shopspring/decimal"
)

// pow10 returns 10^n for n from 0 to 18.
func pow10(n int32) int64 {
	out := int64(1)
	for range n {
		out *= 10
	}
	return out
}

// decimals brings integers from one scale to another, without loss.
func decimals(from, to int32) func(int64) (int64, string) {
	up, down := pow10(max(to-from, 0)), pow10(max(from-to, 0))
	if from == to {
		return func(v int64) (int64, string) { return v, "" }
	}
	return func(v int64) (int64, string) {
		switch {
		case v%down != 0:
			return 0, fmt.Sprintf("%s has more than %d decimals", decimal.New(v, -from), to)
		case v > math.MaxInt64/up || v < math.MinInt64/up:
			return 0, fmt.Sprintf("%s is out of range at %d decimals", decimal.New(v, -from), to)
		}
		return v / down * up, ""
	}
}

// floats rounds floats of a size in bits to a scale. It works on the shortest
// digits that read back as the float, so that no binary noise decides a tie.
func floats(scale int32, size int) func(float64) (int64, string) {
	var digits [32]byte
	return func(x float64) (int64, string) {
		if math.IsNaN(x) || math.IsInf(x, 0) {
			return 0, fmt.Sprintf("%v is not a number", x)
		}
		text := strconv.AppendFloat(digits[:0], x, 'e', -1, size) // d.dddde±dd
		units, ok := roundDigits(text, scale)
		if !ok {
			return 0, fmt.Sprintf("%v is out of range at %d decimals", x, scale)
		}
		return units, ""
	}
}

// roundDigits reads "-d.ddde±dd" of at most 17 digits, rounded to a scale with
// ties to even.
func roundDigits(text []byte, scale int32) (int64, bool) {
	negative := false
	if text[0] == '-' {
		negative, text = true, text[1:]
	}
	var mantissa uint64
	exponent, point := int(scale), false
	for i, ch := range text {
		if ch == 'e' {
			e, err := strconv.Atoi(string(text[i+1:]))
			if err != nil {
				return 0, false
			}
			exponent += e
			break
		}
		if ch == '.' {
			point = true
			continue
		}
		mantissa = mantissa*10 + uint64(ch-'0')
		if point {
			exponent--
		}
	}
	const most = 18 // powers of ten in int64
	switch {
	case mantissa == 0:
	case exponent > most:
		return 0, false
	case exponent >= 0:
		hi, lo := bits.Mul64(mantissa, uint64(pow10(int32(exponent))))
		if hi != 0 || lo > math.MaxInt64 {
			return 0, false
		}
		mantissa = lo
	case exponent < -most: // below half a unit: at most 17 digits
		mantissa = 0
	default:
		unit := uint64(pow10(int32(-exponent)))
		whole, rest := mantissa/unit, mantissa%unit
		if rest > unit/2 || rest == unit/2 && whole%2 == 1 {
			whole++
		}
		mantissa = whole
	}
	if negative {
		return -int64(mantissa), true
	}
	return int64(mantissa), true
}
