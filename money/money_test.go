package money_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, want, wrong string }{
		{"10000 USDT", "10000 USDT", ""},
		{" 0.00000001 btc ", "0.00000001 BTC", ""},
		{"-5 EUR", "-5 EUR", ""},
		{"10000", "", "a number, a space and a currency"},
		{"ten USDT", "", "must be a decimal number"},
		{"1e50 USDT", "", "exponent"},
		{"1 US DT", "", "capital letters and digits"},
		{"1 " + strings.Repeat("A", 21), "", "1 to 20"},
		{strings.Repeat("9", 300) + " USDT", "", "at most"},
		{"NaN USDT", "", "decimal number"},
		{"", "", "a number, a space and a currency"},
	} {
		got, err := money.Parse(c.text)
		if c.wrong == "" {
			if err != nil || got.String() != c.want {
				t.Errorf("Parse(%q) = %v, %v; want %s", c.text, got, err, c.want)
			}
			continue
		}
		if !errors.Is(err, tradekeel.ErrInvalid) || !strings.Contains(err.Error(), c.wrong) {
			t.Errorf("Parse(%q) gave %v; want an Invalid error with %q", c.text, err, c.wrong)
		}
	}
}

func TestCurrenciesDoNotMix(t *testing.T) {
	t.Parallel()
	_, err := money.MustParse("1 BTC").Add(money.MustParse("1 USDT"))
	if !errors.Is(err, tradekeel.ErrInvalid) {
		t.Fatalf("adding BTC to USDT gave %v", err)
	}
	sum, err := money.Amount{}.Add(money.MustParse("1 USDT"))
	if err != nil || sum.String() != "1 USDT" {
		t.Fatalf("nothing + 1 USDT = %v, %v", sum, err)
	}
}

func TestJSONKeepsEveryDigit(t *testing.T) {
	t.Parallel()
	a := money.MustParse("12345678901234567890.123456789012345678 USDT")
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	var back money.Amount
	if err := json.Unmarshal(raw, &back); err != nil || !back.Equal(a) {
		t.Fatalf("%s came back as %v, %v", a, back, err)
	}
}

func TestAllocateAddsUp(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		places := rapid.Int32Range(0, 8).Draw(t, "places")
		whole := money.New(decimal.New(rapid.Int64().Draw(t, "units"), -places), "USDT")
		var weights []decimal.Decimal
		for _, w := range rapid.SliceOfN(rapid.Int64Range(0, 1e9), 1, 12).Draw(t, "weights") {
			weights = append(weights, decimal.New(w, -3))
		}
		sum := decimal.Zero
		for _, w := range weights {
			sum = sum.Add(w)
		}
		parts, err := whole.Allocate(places, weights...)
		if sum.IsZero() {
			if err == nil {
				t.Fatal("all weights zero was accepted")
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		total := money.Amount{}
		for i, p := range parts {
			if total, err = total.Add(p); err != nil {
				t.Fatal(err)
			}
			exact := whole.Value.Mul(weights[i]).DivRound(sum, places+4)
			if p.Value.Sub(exact).Abs().GreaterThan(decimal.New(1, -places).Add(decimal.New(1, -places-3))) {
				t.Fatalf("part %d is %s, its share is %s", i, p, exact)
			}
		}
		if !total.Value.Equal(whole.Value) {
			t.Fatalf("the parts add up to %s, the whole is %s", total, whole)
		}
	})
}

func TestRoundToStep(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		value, step string
		rule        money.Rounding
		want        string
	}{
		{"1.25", "0.5", money.Down, "1"}, {"1.25", "0.5", money.Up, "1.5"},
		{"-1.25", "0.5", money.Down, "-1"}, {"-1.25", "0.5", money.Up, "-1.5"},
		{"-1.25", "0.5", money.Floor, "-1.5"}, {"-1.25", "0.5", money.Ceiling, "-1"},
		{"1.25", "0.5", money.HalfEven, "1"}, {"1.75", "0.5", money.HalfEven, "2"},
		{"1.25", "0.5", money.HalfUp, "1.5"}, {"1.26", "0.5", money.HalfEven, "1.5"},
		{"1.5", "0.5", money.Up, "1.5"}, {"100", "0.1", money.Floor, "100"},
	} {
		got, err := money.RoundToStep(decimal.RequireFromString(c.value), decimal.RequireFromString(c.step), c.rule)
		if err != nil || !got.Equal(decimal.RequireFromString(c.want)) {
			t.Errorf("RoundToStep(%s, %s, %d) = %s, %v; want %s", c.value, c.step, c.rule, got, err, c.want)
		}
	}
	if _, err := money.RoundToStep(decimal.NewFromInt(1), decimal.Zero, money.Down); err == nil {
		t.Error("a step of zero was accepted")
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"10000 USDT", "-0.1 BTC", "1e40 X", "x", "1  A"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := money.Parse(text)
		if err != nil {
			return
		}
		back, err := money.Parse(a.String())
		if err != nil || !back.Equal(a) {
			t.Fatalf("%q parsed to %s, which parses to %v, %v", text, a, back, err)
		}
	})
}

func ExampleAmount_Allocate() {
	parts, _ := money.MustParse("100 USDT").Allocate(2,
		decimal.NewFromInt(1), decimal.NewFromInt(1), decimal.NewFromInt(1))
	fmt.Println(parts)
	// Output: [33.34 USDT 33.33 USDT 33.33 USDT]
}
