package candle_test

import (
	"errors"
	"math"
	"strconv"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
	"github.com/tradekeel/tradekeel/strategy/indicator/indicatortest"
)

// TestTALib compares with testdata/talib.csv: what TA-Lib 0.6.0-dev (C) found in
// 50,000 candles of indicatortest.Columns, as the number of bars with a value and as
// the sum of each value times its position from 1.
func TestTALib(t *testing.T) {
	t.Parallel()
	all := indicatortest.Columns(50_000, 1, 0.01)
	rows, _ := golden.Table(t, "testdata/talib.csv")
	want := map[string][]string{}
	for _, row := range rows {
		want[row[0]] = row[1:]
	}
	for _, p := range candle.All() {
		bars, weighted := 0, 0
		for i, v := range indicatortest.Batch(p.Definition(), all)[0] {
			if v != 0 && !math.IsNaN(v) {
				bars++
				weighted += int(v) * (i + 1)
			}
		}
		row := want[p.TALib()]
		if row == nil {
			t.Errorf("%s is not in the table", p)
			continue
		}
		if got := []string{strconv.Itoa(bars), strconv.Itoa(weighted)}; got[0] != row[0] || got[1] != row[1] {
			t.Errorf("%s has %v, TA-Lib %v", p, got, row)
		}
	}
}

// shape is open, high, low and close of the last candles.
type shape [][4]float64

// after puts calm candles before a shape: white, body 1, range 2.
func (s shape) after(n int) [][]float64 {
	all := make([][]float64, 4)
	for i := range n + len(s) {
		c := [4]float64{100, 101.5, 99.5, 101}
		if i >= n {
			c = s[i-n]
		}
		for f, v := range c {
			all[f] = append(all[f], v)
		}
	}
	return all
}

// mirror turns rising into falling.
func (s shape) mirror() shape {
	out := make(shape, len(s))
	for i, c := range s {
		out[i] = [4]float64{200 - c[0], 200 - c[2], 200 - c[1], 200 - c[3]}
	}
	return out
}

// but returns the shape with another candle in one place.
func (s shape) but(i int, open, high, low, closing float64) shape {
	out := append(shape{}, s...)
	out[i] = [4]float64{open, high, low, closing}
	return out
}

// TestShapes shows the patterns that hardly ever occur, and what just misses them.
func TestShapes(t *testing.T) {
	t.Parallel()
	stars := shape{{100, 100.2, 93, 97}, {99, 99.1, 94, 97.5}, {97, 97.1, 96.1, 96.2}}
	baby := shape{{100, 103.2, 99.9, 103}, {104, 104.2, 103.9, 104.1}, {103.5, 103.6, 101.4, 101.5}}
	away := shape{{100, 100.1, 96.9, 97}, {96.5, 96.6, 95.4, 95.5}, {95.6, 96, 94.8, 95}, {95, 95.2, 94, 94.2}, {94.3, 96.9, 94.2, 96.8}}
	swallow := shape{{100, 100.1, 97.9, 98}, {98, 98.1, 95.9, 96}, {95.5, 96.5, 94.3, 94.5}, {96.6, 96.7, 93.9, 94}}
	tests := []struct {
		pattern candle.Pattern
		name    string
		bars    shape
		want    float64
	}{
		{candle.ThreeStarsInTheSouth, "it is", stars, 100},
		{candle.ThreeStarsInTheSouth, "the last is white", stars.but(2, 96.2, 97.1, 96.1, 97), 0},
		{candle.ThreeStarsInTheSouth, "the last has a shadow", stars.but(2, 97, 97.4, 96.1, 96.2), 0},
		{candle.ThreeStarsInTheSouth, "the last has a lower low", stars.but(2, 94.8, 94.9, 93.95, 94), 0},
		{candle.ThreeStarsInTheSouth, "the last is long", stars.but(2, 98.5, 98.6, 96.9, 97), 0},
		{candle.ThreeStarsInTheSouth, "the second has a lower low", stars.but(1, 99, 99.1, 92.9, 97.5), 0},
		{candle.ThreeStarsInTheSouth, "the second opens below the first close", stars.but(1, 96.9, 98, 94, 96), 0},
		{candle.ThreeStarsInTheSouth, "the second is as large", stars.but(1, 100, 100.1, 94, 97), 0},
		{candle.ThreeStarsInTheSouth, "the first has no long shadow", stars.but(0, 100, 100.2, 94, 97), 0},

		{candle.AbandonedBaby, "it is, at the top", baby, -100},
		{candle.AbandonedBaby, "it is, at the bottom", baby.mirror(), 100},
		{candle.AbandonedBaby, "no gap before the doji", baby.but(0, 100, 103.9, 99.9, 103), 0},
		{candle.AbandonedBaby, "no gap after it", baby.but(2, 103.5, 103.9, 101.4, 101.5), 0},
		{candle.AbandonedBaby, "no doji", baby.but(1, 104, 104.4, 103.9, 104.3), 0},
		{candle.AbandonedBaby, "not deep enough", baby.but(2, 103.5, 103.6, 102, 102.2), 0},
		{candle.AbandonedBaby, "not deep enough, at the bottom", baby.but(2, 103.5, 103.6, 102, 102.2).mirror(), 0},
		{candle.AbandonedBaby, "the first is short", baby.but(0, 102.5, 103.2, 99.9, 103), 0},
		{candle.AbandonedBaby, "the last is short", baby.but(2, 102.5, 103.6, 101.4, 101.5), 0},

		{candle.Breakaway, "it is, upwards", away, 100},
		{candle.Breakaway, "it is, downwards", away.mirror(), -100},
		{candle.Breakaway, "the gap is closed", away.but(4, 94.3, 97.1, 94.2, 97), 0},
		{candle.Breakaway, "the gap is not reached", away.but(4, 94.3, 96.9, 94.2, 96.5), 0},
		{candle.Breakaway, "the gap is not reached, downwards", away.but(4, 94.3, 96.9, 94.2, 96.5).mirror(), 0},
		{candle.Breakaway, "there is no gap", away.but(1, 97, 97.1, 95.4, 95.5), 0},
		{candle.Breakaway, "the fourth has no lower high", away.but(3, 95, 96, 94, 94.2), 0},
		{candle.Breakaway, "the third has no lower low", away.but(2, 95.6, 96, 95.4, 95.5), 0},
		{candle.Breakaway, "the fourth is of the other colour", away.but(3, 94.2, 95.2, 94, 95), 0},
		{candle.Breakaway, "the third is of the other colour", away.but(2, 95, 96, 94.8, 95.6), 100},
		{candle.Breakaway, "the first is short", away.but(0, 97.5, 100.1, 96.9, 97), 0},

		{candle.ConcealingBabySwallow, "it is", swallow, 100},
		{candle.ConcealingBabySwallow, "the third has no gap", swallow.but(2, 96, 97, 94.3, 94.5), 0},
		{candle.ConcealingBabySwallow, "the third does not reach the second", swallow.but(2, 95.5, 96, 94.3, 94.5), 0},
		{candle.ConcealingBabySwallow, "the last does not engulf its high", swallow.but(3, 96.4, 96.5, 93.9, 94), 0},
		{candle.ConcealingBabySwallow, "the last does not engulf its low", swallow.but(3, 96.6, 96.7, 94.3, 94.4), 0},
		{candle.ConcealingBabySwallow, "the second has a shadow", swallow.but(1, 98, 98.1, 95.5, 96), 0},
		{candle.ConcealingBabySwallow, "the first has a shadow", swallow.but(0, 100, 100.5, 97.9, 98), 0},
		{candle.ConcealingBabySwallow, "the first is white", swallow.but(0, 98, 100.1, 97.9, 100), 0},
		{candle.ConcealingBabySwallow, "the last is white", swallow.but(3, 94, 96.7, 93.9, 96.6), 0},
	}
	for _, tt := range tests {
		in := tt.bars.after(15)
		out := [][]float64{make([]float64, len(in[0]))}
		indicator.Batch(tt.pattern.Definition(), in, out)
		if got := out[0][len(out[0])-1]; got != tt.want {
			t.Errorf("%s, %s: got %v, want %v", tt.pattern, tt.name, got, tt.want)
		}
	}
}

// TestPenetration: how deep the last candle must reach is a parameter of those
// patterns that have one, and of no other.
func TestPenetration(t *testing.T) {
	t.Parallel()
	bars := shape{{100, 103.2, 99.9, 103}, {104, 104.2, 103.9, 104.1}, {103.5, 103.6, 102, 102.2}}.after(15)
	for part, want := range map[float64]float64{0.2: -100, 0.3: 0} {
		out := [][]float64{make([]float64, len(bars[0]))}
		indicator.Batch(candle.AbandonedBaby.Penetration(part), bars, out)
		if got := out[0][len(out[0])-1]; got != want {
			t.Errorf("with %v it is %v, want %v", part, got, want)
		}
	}
	for _, d := range []indicator.Definition{
		candle.AbandonedBaby.Penetration(1.1), candle.AbandonedBaby.Penetration(math.NaN()),
		candle.Doji.Penetration(0.3), candle.Pattern("no_such").Penetration(0.3), candle.Pattern("no_such").Definition(),
	} {
		if err := d.Validate(); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%s is valid: %v", d.Key(), err)
		}
		if got := indicatortest.Batch(d, bars)[0]; !math.IsNaN(got[len(got)-1]) {
			t.Errorf("%s puts out %v", d.Key(), got)
		}
	}
	if got := candle.AbandonedBaby.Definition().Key(); got != "cdl_abandoned_baby(0.3)" {
		t.Errorf("the key is %s", got)
	}
}

// TestDirection: the direction of a pattern is what its values say.
func TestDirection(t *testing.T) {
	t.Parallel()
	all := indicatortest.Columns(50_000, 3, 0.01)
	for _, p := range candle.All() {
		if p.Text() == "" || p.TALib() == "" {
			t.Errorf("%s is not complete", p)
		}
		up, down := false, false
		for _, v := range indicatortest.Batch(p.Definition(), all)[0] {
			up, down = up || v > 0, down || v < 0
		}
		switch p.Direction() {
		case candle.Both:
		case candle.Bullish, candle.Neutral:
			if down {
				t.Errorf("%s is %s and has negative values", p, p.Direction())
			}
		case candle.Bearish:
			if up {
				t.Errorf("%s is bearish and has positive values", p)
			}
		default:
			t.Errorf("%s has the direction %q", p, p.Direction())
		}
	}
}
