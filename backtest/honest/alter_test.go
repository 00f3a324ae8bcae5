package honest

import (
	"math"
	"slices"
	"testing"

	"github.com/tradekeel/tradekeel/backtest/robust"
	"github.com/tradekeel/tradekeel/market"
)

// What closed by the cut stays, everything after it is another: no bar of the real
// series is left to look ahead at.
func TestWalkFromACut(t *testing.T) {
	t.Parallel()
	hours := config(t, nil).Data[0].Slice(0, 96) // before the first gap
	four, err := market.ResampleWhole(hours, market.H4)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []*market.Series{hours, four} {
		for _, at := range []int64{math.MinInt64, hours.Time[40], hours.Time[41], math.MaxInt64} {
			walk := walkFrom([]*market.Series{s}, at, 1, 2)[0]
			if err := walk.Validate(); err != nil {
				t.Fatal(err)
			}
			cut := cutAt([]*market.Series{s}, min(at, hours.Time[95]*2))[0]
			if at == math.MinInt64 {
				cut = s.Slice(0, 0)
			}
			for i := range s.Len() {
				closed := s.Timeframe.Close(s.Time[i]) <= at
				if (i < cut.Len()) != closed {
					t.Errorf("bar %d of %s: cut at %d it is there: %v", i, s.Timeframe, at, i < cut.Len())
				}
				if same := walk.Bar(i) == s.Bar(i); same != closed {
					t.Errorf("bar %d of %s: with a walk from %d it is the same: %v", i, s.Timeframe, at, same)
				}
				if walk.Time[i] != s.Time[i] || walk.Close[i]%grid(s) != 0 {
					t.Errorf("bar %d of %s has another time, or is off the grid", i, s.Timeframe)
				}
			}
		}
	}
	// The moves are about as large, and differ from walk to walk.
	long := config(t, nil).Data[0]
	a, b := walkFrom([]*market.Series{long}, math.MinInt64, 1, 2)[0], walkFrom([]*market.Series{long}, math.MinInt64, 1, 3)[0]
	if ratio := step(a) / step(long); ratio < 0.95 || ratio > 1.05 {
		t.Errorf("the moves of a walk are %v times as large", ratio)
	}
	if a.Bar(100) == b.Bar(100) {
		t.Error("two walks are the same")
	}
}

// The walks are in two halves, which have nothing in common.
func TestHalvesOfTheWalks(t *testing.T) {
	t.Parallel()
	k := &checker{}
	for seed := range uint64(4) {
		c := config(t, emaCross)
		c.Data = walkFrom(c.Data, math.MinInt64, seed, 1)
		walk, err := k.run(t.Context(), c, c.Strategy)
		if err != nil {
			t.Fatal(err)
		}
		k.walks = append(k.walks, walk)
	}
	in := k.walks[0].result.Data[0].Instrument
	halves := make([][]float64, 2)
	for half := range halves {
		want := make([]float64, 2000)
		for i := half; i < 4; i += 2 {
			signal, _, err := robust.SignalOf(k.walks[i].result, in)
			if err != nil {
				t.Fatal(err)
			}
			for j, v := range signal {
				want[j] += v
			}
		}
		if halves[half] = k.positions(in, 2000, half); !slices.Equal(halves[half], want) {
			t.Errorf("half %d is not the sum of its walks", half)
		}
	}
	if slices.Equal(halves[0], halves[1]) {
		t.Error("both halves are the same")
	}
}
