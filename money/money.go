// Package money holds exact amounts in a currency.
//
// An Amount is a decimal and the code of its currency. Adding two currencies is
// an error, never a guess. Rounding happens only where it is asked for, with a
// named rule; Allocate splits an amount so that the parts add up to the whole.
//
// Amounts are values and safe for concurrent use.
package money

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
)

// Currency is the code of an asset in capitals, for example "USDT", "BTC" or
// "EUR". Venues name many assets that no standard lists, so any code of 1 to 20
// letters and digits is one (also with the marks . - _ inside).
type Currency string

const maxCode = 20

// ParseCurrency reads a code; small letters become capitals.
func ParseCurrency(code string) (Currency, error) {
	c := Currency(strings.ToUpper(strings.TrimSpace(code)))
	if err := c.Validate(); err != nil {
		return "", err
	}
	return c, nil
}

// Validate returns an Invalid error when c is not the code of an asset.
func (c Currency) Validate() error {
	if c == "" || len(c) > maxCode {
		return tradekeel.Invalidf("currency", "must be a code of 1 to %d letters and digits such as USDT, got %q", maxCode, shorten(string(c)))
	}
	for i, r := range c {
		letter := r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		inner := i > 0 && i < len(c)-1 && strings.ContainsRune(".-_", r)
		if !letter && !inner {
			return tradekeel.Invalidf("currency", "must be capital letters and digits such as USDT, got %q", shorten(string(c)))
		}
	}
	return nil
}

// Amount is an exact amount of one currency. The zero value is no amount of no
// currency; it can be added to any amount.
type Amount struct {
	Value    decimal.Decimal
	Currency Currency
}

// New makes an amount.
func New(value decimal.Decimal, currency Currency) Amount {
	return Amount{Value: value, Currency: currency}
}

// Bounds of what Parse accepts: far above any sum of money, and low enough that
// a hostile exponent cannot make arithmetic slow.
const (
	maxDigits   = 60
	maxExponent = 40
)

// Parse reads "10000 USDT" or "0.001 BTC": a decimal number, a space, a code.
func Parse(text string) (Amount, error) {
	number, code, found := strings.Cut(strings.TrimSpace(text), " ")
	if !found {
		return Amount{}, tradekeel.Invalidf("amount", "must be a number, a space and a currency such as \"10000 USDT\", got %q", shorten(text))
	}
	value, err := ParseDecimal(number)
	if err != nil {
		return Amount{}, err
	}
	currency, err := ParseCurrency(code)
	if err != nil {
		return Amount{}, err
	}
	return Amount{Value: value, Currency: currency}, nil
}

// MustParse is Parse for constants in code; it panics on what Parse refuses.
func MustParse(text string) Amount {
	a, err := Parse(text)
	if err != nil {
		panic("money: " + err.Error())
	}
	return a
}

// ParseDecimal reads a decimal number from outside. Unlike
// decimal.NewFromString it bounds the digits and the exponent, so that
// "1e999999999" is an error instead of minutes of work.
func ParseDecimal(text string) (decimal.Decimal, error) {
	if len(text) > maxDigits+maxExponent {
		return decimal.Decimal{}, tradekeel.Invalidf("amount", "must be a number of at most %d digits, got %d characters", maxDigits, len(text))
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Decimal{}, tradekeel.Invalidf("amount", "must be a decimal number such as 0.25, got %q", shorten(text))
	}
	if err := CheckDecimal(value); err != nil {
		return decimal.Decimal{}, err
	}
	return value, nil
}

// CheckDecimal returns an Invalid error for a number with more digits or a
// larger exponent than any amount has. Use it on decimals that came from outside
// by another way than Parse.
func CheckDecimal(value decimal.Decimal) error {
	if e := value.Exponent(); e > maxExponent || e < -maxExponent {
		return tradekeel.Invalidf("amount", "must have an exponent between -%d and %d, got %d", maxExponent, maxExponent, e)
	}
	if n := value.NumDigits(); n > maxDigits {
		return tradekeel.Invalidf("amount", "must be a number of at most %d digits, got %d", maxDigits, n)
	}
	return nil
}

// String returns the form that Parse reads, for example "10000 USDT".
func (a Amount) String() string {
	if a.Currency == "" {
		return a.Value.String()
	}
	return a.Value.String() + " " + string(a.Currency)
}

// Add returns a + b; both must be of one currency.
func (a Amount) Add(b Amount) (Amount, error) {
	currency, err := common(a, b)
	if err != nil {
		return Amount{}, err
	}
	return Amount{a.Value.Add(b.Value), currency}, nil
}

// Sub returns a - b; both must be of one currency.
func (a Amount) Sub(b Amount) (Amount, error) { return a.Add(b.Neg()) }

// Neg returns -a.
func (a Amount) Neg() Amount { return Amount{a.Value.Neg(), a.Currency} }

// Mul returns a × factor, exactly.
func (a Amount) Mul(factor decimal.Decimal) Amount { return Amount{a.Value.Mul(factor), a.Currency} }

// Cmp returns -1, 0 or 1 as a is below, equal to or above b.
func (a Amount) Cmp(b Amount) (int, error) {
	if _, err := common(a, b); err != nil {
		return 0, err
	}
	return a.Value.Cmp(b.Value), nil
}

// Equal reports whether both are the same number of the same currency.
func (a Amount) Equal(b Amount) bool { return a.Currency == b.Currency && a.Value.Equal(b.Value) }

// Sign returns -1, 0 or 1.
func (a Amount) Sign() int { return a.Value.Sign() }

// IsZero reports whether the number is zero.
func (a Amount) IsZero() bool { return a.Value.IsZero() }

func common(a, b Amount) (Currency, error) {
	switch {
	case a.Currency == b.Currency:
		return a.Currency, nil
	case a.Currency == "" && a.Value.IsZero():
		return b.Currency, nil
	case b.Currency == "" && b.Value.IsZero():
		return a.Currency, nil
	}
	return "", tradekeel.Invalidf("currency", "cannot combine %s with %s", a, b)
}

// MarshalJSON writes {"value":"10000","currency":"USDT"}; the value is a string,
// since JSON numbers lose digits in many readers.
func (a Amount) MarshalJSON() ([]byte, error) {
	return json.Marshal(amountJSON{a.Value.String(), a.Currency})
}

// UnmarshalJSON reads what MarshalJSON writes.
func (a *Amount) UnmarshalJSON(raw []byte) error {
	var j amountJSON
	if err := json.Unmarshal(raw, &j); err != nil {
		return tradekeel.Invalidf("amount", `must look like {"value":"10000","currency":"USDT"}`).Because(err)
	}
	value, err := ParseDecimal(j.Value)
	if err != nil {
		return err
	}
	if j.Currency == "" && value.IsZero() {
		*a = Amount{}
		return nil
	}
	currency, err := ParseCurrency(string(j.Currency))
	if err != nil {
		return err
	}
	*a = Amount{value, currency}
	return nil
}

type amountJSON struct {
	Value    string   `json:"value"`
	Currency Currency `json:"currency"`
}

func shorten(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return fmt.Sprintf("%s… (%d characters)", strings.ToValidUTF8(text[:most], ""), len(text))
}
