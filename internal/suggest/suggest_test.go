package suggest_test

import (
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/internal/suggest"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"rsi", "sma", "crosses_above", "crosses_below", "length"}
	for name, want := range map[string]string{
		"rsl": "rsi", "smaa": "sma", "croses_above": "crosses_above", "crosses_abvoe": "crosses_above", "lnegth": "length",
		"Rsi": "rsi", "macd": "", "": "", "x": "", strings.Repeat("x", 1000): "", "сма": "",
	} {
		if got := suggest.Nearest(name, known); got != want {
			t.Errorf("%q is taken for %q, want %q", name, got, want)
		}
	}
}
