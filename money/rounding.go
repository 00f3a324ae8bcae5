package money

import (
	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
)

// Rounding names a rule of rounding.
type Rounding uint8

// The rules of rounding. HalfEven is the zero value: over many roundings it has
// no drift.
const (
	HalfEven Rounding = iota // to the nearest, ties to the even digit
	HalfUp                   // to the nearest, ties away from zero
	Down                     // towards zero
	Up                       // away from zero
	Floor                    // towards minus infinity
	Ceiling                  // towards plus infinity
)

// Round returns a with at most places decimals.
func (a Amount) Round(places int32, rule Rounding) Amount {
	return Amount{RoundDecimal(a.Value, places, rule), a.Currency}
}

// RoundDecimal rounds a number to at most places decimals.
func RoundDecimal(value decimal.Decimal, places int32, rule Rounding) decimal.Decimal {
	switch rule {
	case HalfUp:
		return value.Round(places)
	case Down:
		return value.RoundDown(places)
	case Up:
		return value.RoundUp(places)
	case Floor:
		return value.RoundFloor(places)
	case Ceiling:
		return value.RoundCeil(places)
	default:
		return value.RoundBank(places)
	}
}

// RoundToStep rounds a number to a whole multiple of step, which must be above
// zero: a price to its tick, a quantity to its lot.
func RoundToStep(value, step decimal.Decimal, rule Rounding) (decimal.Decimal, error) {
	if step.Sign() <= 0 {
		return decimal.Decimal{}, tradekeel.Invalidf("step", "must be above zero, got %s", step)
	}
	whole, rest := value.QuoRem(step, 0)
	if rest.IsZero() {
		return value, nil
	}
	// QuoRem cuts towards zero; away is the next multiple on the other side.
	away := whole.Add(decimal.NewFromInt(int64(value.Sign())))
	twice := rest.Abs().Add(rest.Abs()).Cmp(step)
	pick := whole
	switch rule {
	case Up:
		pick = away
	case Down:
	case Floor:
		if value.Sign() < 0 {
			pick = away
		}
	case Ceiling:
		if value.Sign() > 0 {
			pick = away
		}
	case HalfUp:
		if twice >= 0 {
			pick = away
		}
	default:
		odd := !whole.Mod(decimal.NewFromInt(2)).IsZero()
		if twice > 0 || twice == 0 && odd {
			pick = away
		}
	}
	return pick.Mul(step), nil
}

// Allocate splits a by weights into parts of at most places decimals that add up
// to a exactly. Each part is its share cut towards zero; what is left over goes,
// one smallest unit each, to the parts with the largest cut-off remainder, the
// earlier one first when equal (the method of largest remainders). Weights must
// not be negative and not all zero; a must itself fit into places decimals.
func (a Amount) Allocate(places int32, weights ...decimal.Decimal) ([]Amount, error) {
	sum := decimal.Zero
	for i, w := range weights {
		if w.Sign() < 0 {
			return nil, tradekeel.Invalidf("weights", "must not be negative, number %d is %s", i+1, w)
		}
		sum = sum.Add(w)
	}
	if sum.IsZero() {
		return nil, tradekeel.Invalidf("weights", "need at least one above zero")
	}
	if !a.Value.Truncate(places).Equal(a.Value) {
		return nil, tradekeel.Invalidf("amount", "%s has more than %d decimals; round it first", a, places)
	}
	unit := decimal.New(1, -places)
	// In whole units: value × weight / sum by integer division keeps it exact.
	units := a.Value.Shift(places)
	parts := make([]decimal.Decimal, len(weights))
	rests := make([]decimal.Decimal, len(weights))
	left := units
	for i, w := range weights {
		product := units.Mul(w)
		part, rest := product.QuoRem(sum, 0)
		parts[i], rests[i] = part, rest.Abs()
		left = left.Sub(part)
	}
	step := decimal.NewFromInt(int64(left.Sign()))
	for ; !left.IsZero(); left = left.Sub(step) {
		best := 0
		for i := range rests {
			if rests[i].GreaterThan(rests[best]) {
				best = i
			}
		}
		parts[best] = parts[best].Add(step)
		rests[best] = decimal.New(-1, 0)
	}
	amounts := make([]Amount, len(parts))
	for i, p := range parts {
		amounts[i] = Amount{p.Mul(unit), a.Currency}
	}
	return amounts, nil
}
