package market_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
)

func TestReadFundingCSV(t *testing.T) {
	t.Parallel()
	const want = int64(1637193600) * int64(time.Second)
	for name, text := range map[string]string{
		"milliseconds with a header": "time,funding_rate\n1637193600017,0.0001\n1637222400007,-0.00012345\n",
		"words without a header":     "20211118 00:00:00,0.0001\n20211118 08:00:00,-0.00012345\n",
		"a time zone":                "2021-11-18T00:00:00Z,1e-4\n2021-11-18T08:00:00Z,-0.00012345\n",
	} {
		f, err := market.ReadFundingCSV(strings.NewReader(text), "XRP/USDT:USDT")
		if err != nil || len(f.Time) != 2 || f.Time[0] != want || f.Time[1] != want+int64(8*time.Hour) || f.Rate[0] != 100_000_000 || f.Rate[1] != -123_450_000 {
			t.Errorf("%s: got %+v, %v", name, f, err)
		}
	}
	for text, word := range map[string]string{
		"1637193600017\n":                                     "line 1: needs a time",
		"1637193600017,x\n":                                   "line 1",
		"1637193600017,1.5\n":                                 "fraction",
		"1637193600017,0.0000000000001\n":                     "12 decimals",
		"1637193600017,0.1\nyesterday,0.1\n":                  "line 2",
		"1637193600017,0.1\n1637193600018,0.1\n":              "funding[1].time",
		"\"1637193600017,0.1\n":                               "CSV",
		"1637193600017,0.1\n1637193600,0.1\n":                 "line 2",
		"1637193600017,0.1\n1637222400007,0.0001\n5,0.0001\n": "line 3",
	} {
		if _, err := market.ReadFundingCSV(strings.NewReader(text), "X"); !errors.Is(err, tradekeel.ErrInvalid) || !strings.Contains(err.Error(), word) {
			t.Errorf("%q gave %v, want %q", text, err, word)
		}
	}
}

// TestReferenceFunding reads the recorded rates of two venues.
func TestReferenceFunding(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestReadFundingCSV reads rows of our own")
	for name, least := range map[string]int{"btcusd_binance_coinm_funding.csv": 12, "xrpusdt_perp_funding_8h.csv": 91} {
		raw, err := os.ReadFile(filepath.Join(folder, "funding", name))
		ok(t, err)
		f, err := market.ReadFundingCSV(bytes.NewReader(raw), "X")
		if err != nil || len(f.Time) < least {
			t.Fatalf("%s: %d rates, %v", name, len(f.Time), err)
		}
		for i := 1; i < len(f.Time); i++ {
			if step := f.Time[i] - f.Time[i-1]; step%int64(time.Hour) != 0 {
				t.Errorf("%s: rate %d comes %s after the one before", name, i, time.Duration(step))
			}
		}
	}
}

func FuzzReadFundingCSV(f *testing.F) {
	f.Add("time,funding_rate\n1637193600017,0.0001\n")
	f.Add("20201229 00:00:00,0.00020030\n")
	f.Fuzz(func(t *testing.T, text string) {
		rates, err := market.ReadFundingCSV(strings.NewReader(text), "X")
		if err == nil {
			err = rates.Validate()
		}
		if err != nil && !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	})
}
