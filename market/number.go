package market

import (
	"fmt"
	"math"
	"strings"

	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

// parseUnits reads a decimal number as whole units of 10^-scale. More decimals
// than the scale holds are accepted only when they are zeros. An empty kind is
// success; otherwise text says what is wrong.
func parseUnits(cell []byte, scale int32) (units int64, kind ProblemKind, text string) {
	i, negative := 0, false
	if len(cell) > 0 && (cell[0] == '-' || cell[0] == '+') {
		negative, i = cell[0] == '-', 1
	}
	digits, decimals, point := 0, int32(0), false
	var v uint64
	for ; i < len(cell); i++ {
		ch := cell[i]
		if ch == '.' && !point {
			point = true
			continue
		}
		if ch < '0' || ch > '9' {
			return parseSlow(cell, scale)
		}
		digits++
		if point {
			if decimals == scale {
				if ch != '0' {
					return 0, OutOfRange, fmt.Sprintf("%s has more than %d decimals; raise the scale to keep them", shorten(cell), scale)
				}
				continue
			}
			decimals++
		}
		if v > (math.MaxInt64-9)/10 {
			return 0, OutOfRange, tooLarge(cell, scale)
		}
		v = v*10 + uint64(ch-'0')
	}
	if digits == 0 {
		return parseSlow(cell, scale)
	}
	for ; decimals < scale; decimals++ {
		if v > math.MaxInt64/10 {
			return 0, OutOfRange, tooLarge(cell, scale)
		}
		v *= 10
	}
	if negative {
		return -int64(v), "", ""
	}
	return int64(v), "", ""
}

// parseSlow reads what is not plain digits: an exponent, or no number at all.
func parseSlow(cell []byte, scale int32) (int64, ProblemKind, string) {
	if len(cell) == 0 {
		return 0, NotANumber, "is empty"
	}
	switch strings.ToLower(strings.TrimLeft(string(cell), "+-")) {
	case "nan", "inf", "infinity", "null", "none", "na", "n/a", "<na>":
		return 0, NotANumber, fmt.Sprintf("%s is not a number", shorten(cell))
	}
	d, err := money.ParseDecimal(string(cell))
	if err != nil {
		return 0, NotANumber, fmt.Sprintf("%q is not a number", shorten(cell))
	}
	wideUnits, exact, fits := wide.FromDecimal(d, scale)
	units, small := wideUnits.Int64()
	switch {
	case !fits || !small:
		return 0, OutOfRange, tooLarge(cell, scale)
	case !exact:
		return 0, OutOfRange, fmt.Sprintf("%s has more than %d decimals; raise the scale to keep them", shorten(cell), scale)
	}
	return units, "", ""
}

// roundUnits reads a number and rounds it to the scale, ties to even.
func roundUnits(cell []byte, scale int32) (int64, bool) {
	d, err := money.ParseDecimal(string(cell))
	if err != nil {
		return 0, false
	}
	units, err := exactUnits("volume", d.RoundBank(scale), scale)
	return units, err == nil
}

func tooLarge(cell []byte, scale int32) string {
	return fmt.Sprintf("%s is out of range at %d decimals", shorten(cell), scale)
}

func shorten(cell []byte) string {
	const most = 40
	if len(cell) <= most {
		return strings.ToValidUTF8(string(cell), "?")
	}
	return strings.ToValidUTF8(string(cell[:most]), "?") + "…"
}

// ParseUnits reads a decimal number as whole units of 10^-scale, as importers do:
// more decimals than the scale holds are accepted only when they are zeros. An
// empty kind is success; otherwise text says what is wrong.
func ParseUnits(cell []byte, scale int32) (units int64, kind ProblemKind, text string) {
	if scale < 0 || scale > MaxScale {
		return 0, OutOfRange, fmt.Sprintf("a scale of %d is not between 0 and %d", scale, MaxScale)
	}
	return parseUnits(cell, scale)
}
