package report

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
)

// The marks of numbers: a narrow space that does not break between groups of
// three digits, the minus sign, and the dash of what is undefined. format.js
// writes numbers in the same way.
const (
	groupMark = "\u202f"
	minusMark = "\u2212"
	dash      = "–"
)

// text is what is shown, with the full value where the shown one is shortened,
// and a tone: "up", "down" or none.
type text struct {
	Shown, Full, Tone string
}

var undefined = text{Shown: dash}

// exact returns all digits of d but trailing zeros.
func exact(d decimal.Decimal) string { return grouped(d.String()) }

// rounded returns d at places decimals. What is not zero is not shown as zero:
// it gets as many decimals as its first two digits need.
func rounded(d decimal.Decimal, places int32) string {
	if !d.IsZero() && d.Round(places).IsZero() {
		places = 2 - (int32(d.NumDigits()) + d.Exponent())
	}
	return grouped(d.StringFixed(places))
}

// number returns d at places decimals, with its exact digits where they differ.
func number(d decimal.Decimal, places int32) text {
	t := text{Shown: rounded(d, places)}
	if !d.Round(places).Equal(d) {
		t.Full = exact(d)
	}
	return t
}

// profit is number with a sign and a tone.
func profit(d decimal.Decimal, places int32) text {
	t := number(d, places)
	switch d.Sign() {
	case 1:
		t.Tone, t.Shown = "up", "+"+t.Shown
		if t.Full != "" {
			t.Full = "+" + t.Full
		}
	case -1:
		t.Tone = "down"
	}
	return t
}

// unit adds a unit to what is shown.
func (t text) unit(unit string) text {
	t.Shown += "\u00a0" + unit
	if t.Full != "" {
		t.Full += "\u00a0" + unit
	}
	return t
}

// grouped puts a plain decimal number into groups.
func grouped(plain string) string {
	plain, negative := strings.CutPrefix(plain, "-")
	whole, fraction, found := strings.Cut(plain, ".")
	var b strings.Builder
	if negative {
		b.WriteString(minusMark)
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(groupMark)
		}
		b.WriteRune(digit)
	}
	if found {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

// count returns a whole number in groups.
func count(n int) string { return grouped(fmt.Sprint(n)) }

// counted returns "1 bar" or "4 309 bars".
func counted(n int, one, many string) string {
	if n == 1 {
		return "1\u00a0" + one
	}
	return count(n) + "\u00a0" + many
}

// ratio returns a figure with two decimals.
func ratio(n stats.Number) text { return figure(n, 1, 2, "") }

// percent returns a fraction in percent.
func percent(n stats.Number) text { return figure(n, 100, 2, "\u00a0%") }

// change is percent with a sign and a tone.
func change(n stats.Number) text {
	t := percent(n)
	switch {
	case !n.Defined():
	case n > 0:
		t.Shown, t.Tone = "+"+t.Shown, "up"
	case n < 0:
		t.Tone = "down"
	}
	return t
}

func figure(n stats.Number, factor float64, places int32, unit string) text {
	v := float64(n) * factor
	if !n.Defined() || math.IsInf(v, 0) {
		return undefined
	}
	t := number(decimal.NewFromFloat(v).Round(10), places)
	t.Shown += unit
	if t.Full != "" {
		t.Full += unit
	}
	return t
}

// change of a trade: net ÷ notional, in hundredths of a percent, rounded once.
func tradeReturn(net, notional decimal.Decimal) text {
	if notional.Sign() <= 0 {
		return undefined
	}
	t := text{Shown: grouped(net.Shift(4).DivRound(notional, 0).Shift(-2).StringFixed(2)) + "\u00a0%"}
	switch net.Sign() {
	case 1:
		t.Shown, t.Tone = "+"+t.Shown, "up"
	case -1:
		t.Tone = "down"
	}
	return t
}

// moneyPlaces is how many decimals amounts are shown with: about six digits of
// the cash, between 2 and 8.
func moneyPlaces(cash money.Amount) int32 {
	if cash.Sign() <= 0 {
		return 2
	}
	whole := int32(cash.Value.NumDigits()) + cash.Value.Exponent()
	return min(max(6-whole, 2), 8)
}

// clockLayout picks the shortest form that tells the times apart.
func clockLayout(seconds bool) string {
	if seconds {
		return "2006-01-02 15:04:05"
	}
	return "2006-01-02 15:04"
}

func clock(ns int64, layout string) string { return time.Unix(0, ns).UTC().Format(layout) }

// clean makes a text from outside fit to show: what is not UTF-8, what controls a
// terminal and what breaks or turns lines become the replacement character.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r >= 0x7f && r < 0xa0, // controls
			r >= '\u2028' && r <= '\u202e', // line breaks, embeddings, overrides
			r >= '\u2066' && r <= '\u2069': // isolates
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
