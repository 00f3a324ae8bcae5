package robust

import (
	"math"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

func TestNoisyCandles(t *testing.T) {
	t.Parallel()
	hours := config(t).Data[0]
	// From the middle on the tick is 0.5; before nothing is known.
	in := *hours.Instrument
	turn := time.Unix(0, hours.Time[2000]).UTC()
	in.Rules = []market.Rules{{From: turn, Tick: decimal.RequireFromString("0.5")}}
	series := *market.NewSeries(&in, hours.Timeframe, hours.VolumeScale, 0)
	for i := range hours.Len() {
		series.Append(hours.Bar(i))
	}
	m, err := newMarkets([]*market.Series{&series})
	if err != nil {
		t.Fatal(err)
	}
	common := m.grids[0].common
	if in.Price(common).String() != "0.01" {
		t.Fatalf("the prices are multiples of %s", in.Price(common))
	}
	random := &stream{}
	random.seed(1, 1)
	all, err := m.noisy(random, 0.2)
	if err != nil {
		t.Fatal(err)
	}
	noisy := all[0]
	if err := noisy.Validate(); err != nil {
		t.Fatal(err)
	}
	half, _ := in.PriceUnits(decimal.RequireFromString("0.5"))
	var squares, n float64
	scale := newTrueRange(&series)
	for i := range noisy.Len() {
		tick := common
		if i >= 2000 {
			tick = half
		}
		b, was := noisy.Bar(i), series.Bar(i)
		for _, v := range []int64{b.Open, b.High, b.Low, b.Close} {
			if v%tick != 0 {
				t.Fatalf("candle %d has a price of %s, the tick is %s", i, in.Price(v), in.Price(tick))
			}
		}
		if b.Volume != was.Volume || b.Time != was.Time {
			t.Fatalf("candle %d has another time or volume", i)
		}
		// The step from the last close to the open stays, to a tick for each of four roundings.
		if i > 0 {
			step, before := b.Open-noisy.Close[i-1], was.Open-series.Close[i-1]
			if d := step - before; d > 2*half || d < -2*half {
				t.Fatalf("before candle %d the step is %s, it was %s", i, in.Price(step), in.Price(before))
			}
		}
		d := float64(b.Close-was.Close) / scale.next(i)
		squares += d * d
		n++
	}
	near(t, "deviation of the noise", math.Sqrt(squares/n), 0.2, 0.01)
}

// Longer candles of the same instrument are made of the noisy shorter ones.
func TestNoiseOfTwoTimeframes(t *testing.T) {
	t.Parallel()
	hours := config(t).Data[0].Slice(0, 96) // before the first gap
	four, err := market.ResampleWhole(hours, market.H4)
	if err != nil {
		t.Fatal(err)
	}
	m, err := newMarkets([]*market.Series{four, hours})
	if err != nil {
		t.Fatal(err)
	}
	all, err := m.noisy(&stream{}, 0.1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := market.ResampleWhole(all[1], market.H4)
	if err != nil {
		t.Fatal(err)
	}
	for i := range again.Len() {
		if again.Bar(i) != all[0].Bar(i) {
			t.Fatalf("candle %d is %v, of the shorter ones %v", i, all[0].Bar(i), again.Bar(i))
		}
	}
	if all[0].Bar(3) == four.Bar(3) {
		t.Error("the longer candles did not move")
	}
	if _, err := newMarkets([]*market.Series{four, hours.Slice(20, 96)}); tradekeel.KindOf(err) != tradekeel.Unsupported {
		t.Errorf("longer candles without shorter ones: %v", err)
	}
}

func TestNoise(t *testing.T) {
	t.Parallel()
	c := config(t)
	r := ran(t)
	m, err := Noise(t.Context(), c, NoiseOptions{Options: Options{Runs: 40}, Level: 1e-9})
	if err != nil {
		t.Fatal(err)
	}
	// Noise far below a tick changes nothing.
	for _, f := range []struct {
		what string
		d    Distribution
		want float64
	}{
		{"return", m.Return, float64(r.Stats.Return)}, {"drawdown", m.MaxDrawdown, float64(r.Stats.MaxDrawdown)}, {"Sharpe ratio", m.Sharpe, float64(r.Stats.Sharpe)},
	} {
		near(t, "lowest "+f.what, float64(f.d.At(0)), f.want, 1e-9)
		near(t, "highest "+f.what, float64(f.d.At(100)), f.want, 1e-9)
	}
	near(t, "original", float64(m.Original.Return), float64(r.Stats.Return), 1e-9)
	loud, err := Noise(t.Context(), c, NoiseOptions{Options: Options{Runs: 40}, Level: 0.5})
	if err != nil {
		t.Fatal(err)
	}
	if loud.Return.At(0) == loud.Return.At(100) || len(loud.Bands.Times) != len(loud.Bands.Steps) || loud.Bands.Times[0] != r.Data[0].Time[0] {
		t.Errorf("got %v", loud)
	}
}

func TestOnGrid(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ price, tick, want int64 }{
		{100, 10, 100}, {104, 10, 100}, {105, 10, 100}, {106, 10, 110}, {3, 10, 10}, {math.MaxInt64, 10, math.MaxInt64 - 7}, {7, 1, 7},
	} {
		if got := onGrid(c.price, c.tick); got != c.want {
			t.Errorf("%d on a grid of %d is %d, want %d", c.price, c.tick, got, c.want)
		}
	}
	if got := moved(100, -1000, 1); got != 50 {
		t.Errorf("a price of 100 fell to %d", got)
	}
	if got := moved(math.MaxInt64-1, 1e30, 1); got != math.MaxInt64-1 {
		t.Errorf("a price beyond the range is %d", got)
	}
}
