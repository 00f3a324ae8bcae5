package stats

import (
	"encoding/json"
	"fmt"
	"math"
)

// Number is a figure that may be undefined: then it is NaN.
type Number float64

// Undefined is the figure that is not there.
var Undefined = Number(math.NaN())

// Defined reports whether n is a number.
func (n Number) Defined() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes null for an undefined figure.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as undefined.
func (n *Number) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*n = Undefined
		return nil
	}
	return json.Unmarshal(raw, (*float64)(n))
}

// Percent returns "41.2 %", or a dash.
func (n Number) Percent() string {
	if !n.Defined() {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", float64(n)*100)
}

// String returns two decimals, or a dash.
func (n Number) String() string {
	if !n.Defined() {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(n))
}

// ratio is a ÷ b, undefined where b is zero, either is, or the quotient is too large.
func ratio(a, b float64) Number {
	if b == 0 {
		return Undefined
	}
	return finite(a / b)
}

// finite makes what is infinite undefined.
func finite(v float64) Number {
	if math.IsInf(v, 0) {
		return Undefined
	}
	return Number(v)
}
