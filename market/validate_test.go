package market_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/market"
)

// One fault in a good series is found where it is, whichever way candles are looked at:
// the first one, one after another, and one after a gap.
func TestValidateFinds(t *testing.T) {
	t.Parallel()
	make10 := func(gap int) *market.Series {
		s := market.NewSeries(market.MustSpot("BTC/USDT"), market.M1, 8, 10)
		for i := range 10 {
			at := int64(i)
			if i >= gap {
				at += 3
			}
			s.Append(market.Bar{Time: at * int64(market.M1), Open: 10, High: 12, Low: 9, Close: 11, Volume: int64(i)})
		}
		return s
	}
	faults := map[string]func(s *market.Series, i int){
		"open":   func(s *market.Series, i int) { s.Open[i] = 13 },
		"high":   func(s *market.Series, i int) { s.High[i] = 8 },
		"low":    func(s *market.Series, i int) { s.Low[i] = 0 },
		"close":  func(s *market.Series, i int) { s.Close[i] = 8 },
		"volume": func(s *market.Series, i int) { s.Volume[i] = -1 },
		"time":   func(s *market.Series, i int) { s.Time[i] += int64(market.S1) },
	}
	for _, gap := range []int{5, 100} {
		if err := make10(gap).Validate(); err != nil {
			t.Fatal(err)
		}
		for field, spoil := range faults {
			for i := range 10 {
				s := make10(gap)
				spoil(s, i)
				want := fmt.Sprintf("series[%d].%s", i, field)
				if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("gap %d: got %v, want %s", gap, err, want)
				}
			}
		}
		for i := 1; i < 10; i++ {
			for _, at := range []int64{make10(gap).Time[i-1], math.MinInt64 + int64(market.M1), math.MaxInt64} {
				s := make10(gap)
				s.Time[i] = at
				if err := s.Validate(); err == nil || !strings.HasPrefix(err.Error(), fmt.Sprintf("series[%d].time", i)) {
					t.Errorf("gap %d: a time of %d at %d gives %v", gap, at, i, err)
				}
			}
		}
	}
}
