package indicator_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// TestPlainDefinitions compares what rolls with its definition computed from scratch
// at every bar, over prices of all sizes, flat stretches and bars without volume.
func TestPlainDefinitions(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 90).Draw(t, "period")
		scale := math.Pow10(rapid.IntRange(-8, 3).Draw(t, "scale"))
		all := columns(600, rapid.Uint64().Draw(t, "seed"), scale)
		for i, v := range all[market.Volume] {
			all[market.Volume][i] = math.Round(1000 * v) // so that sums are exact in any order
		}
		for _, plain := range []func(t *rapid.T, n int, all [][]float64){plainChannel, plainProfile, plainFractals, plainWeighted} {
			plain(t, n, all)
		}
	})
}

func near(t *rapid.T, d indicator.Definition, i int, got, want, size float64) {
	if !(math.Abs(got-want) <= 1e-9*size) {
		t.Fatalf("%s at %d is %v, from scratch %v", d.Key(), i, got, want)
	}
}

func plainChannel(t *rapid.T, n int, all [][]float64) {
	d := indicator.LinRegChannel(n, 1)
	got, closes := batch(d, all), all[market.Close]
	for i := n - 1; i < len(closes); i++ {
		window, mean, slope, norm := closes[i+1-n:i+1], 0.0, 0.0, 0.0
		middle := float64(n-1) / 2
		for _, y := range window {
			mean += y / float64(n)
		}
		for x, y := range window {
			slope += (float64(x) - middle) * (y - mean)
			norm += (float64(x) - middle) * (float64(x) - middle)
		}
		slope /= norm
		squares := 0.0
		for x, y := range window {
			r := y - mean - slope*(float64(x)-middle)
			squares += r * r
		}
		near(t, d, i, got[0][i], mean+slope*middle, mean)
		// The root of a difference: half of the digits at a straight line.
		if dev := math.Sqrt(squares / float64(n)); math.Abs(got[1][i]-got[0][i]-dev) > 1e-6*mean {
			t.Fatalf("%s: the deviation at %d is %v, from scratch %v", d.Key(), i, got[1][i]-got[0][i], dev)
		}
	}
}

func plainWeighted(t *rapid.T, n int, all [][]float64) {
	d, flow := indicator.VWMA(n), indicator.CMF(n)
	got, flows := batch(d, all), batch(flow, all)
	for i := n - 1; i < len(all[0]); i++ {
		money, volume, moved := 0.0, 0.0, 0.0
		for j := i + 1 - n; j <= i; j++ {
			h, l, c, v := all[market.High][j], all[market.Low][j], all[market.Close][j], all[market.Volume][j]
			money += c * v
			volume += v
			if h > l {
				moved += (2*c - h - l) / (h - l) * v
			}
		}
		want, wantFlow := all[market.Close][i], 0.0
		if volume > 0 {
			want, wantFlow = money/volume, moved/volume
		}
		near(t, d, i, got[0][i], want, want)
		near(t, flow, i, flows[0][i], wantFlow, 1)
	}
}

func plainFractals(t *rapid.T, n int, all [][]float64) {
	wing := n%7 + 1
	d := indicator.Fractals(wing)
	got := batch(d, all)
	isPeak := func(column []float64, middle int, sign float64) bool {
		for k := middle - wing; k <= middle+wing; k++ {
			if k != middle && sign*column[k] >= sign*column[middle] {
				return false
			}
		}
		return true
	}
	for side, sign := range []float64{1, -1} {
		column := all[market.High]
		if sign < 0 {
			column = all[market.Low]
		}
		found, value := false, column[0]
		for i, v := range column {
			fresh := i >= 2*wing && isPeak(column, i-wing, sign)
			switch {
			case fresh:
				found, value = true, column[i-wing]
			case !found && sign*v > sign*value:
				value = v
			}
			if i < 2*wing {
				continue
			}
			if got[side][i] != value || (got[side+2][i] == 1) != fresh {
				t.Fatalf("%s side %v at %d is %v, new %v; from scratch %v, %v", d.Key(), sign, i, got[side][i], got[side+2][i], value, fresh)
			}
		}
	}
}

func plainProfile(t *rapid.T, n int, all [][]float64) {
	bins := n%30 + 2
	d := indicator.VolumeProfile(n, bins, 70)
	got := batch(d, all)
	for i := n - 1; i < len(all[0]); i++ {
		high, low, volume := 0.0, math.Inf(1), 0.0
		for j := i + 1 - n; j <= i; j++ {
			high, low = math.Max(high, all[market.High][j]), math.Min(low, all[market.Low][j])
			volume += all[market.Volume][j]
		}
		want := [3]float64{high, high, high}
		if high > low {
			byBin, total := make([]float64, bins), 0.0
			for j := i + 1 - n; j <= i; j++ {
				price := (all[market.High][j] + all[market.Low][j] + all[market.Close][j]) / 3
				v := all[market.Volume][j]
				if volume == 0 {
					v = 1
				}
				byBin[min(int((price-low)*(float64(bins)/(high-low))), bins-1)] += v
				total += v
			}
			best := 0
			for b, v := range byBin {
				if v > byBin[best] {
					best = b
				}
			}
			first, last := best, best
			for held := byBin[best]; held < 0.7*total; {
				if first == 0 || last < bins-1 && byBin[last+1] >= byBin[first-1] {
					last++
					held += byBin[last]
				} else {
					first--
					held += byBin[first]
				}
			}
			width := (high - low) / float64(bins)
			want = [3]float64{low + (float64(best)+0.5)*width, low + float64(last+1)*width, low + float64(first)*width}
		}
		for k, w := range want {
			near(t, d, i, got[k][i], w, high)
		}
	}
}
