package indicator_test

import (
	"math"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

var no = math.NaN() // not yet defined

// worked are values worked out by hand from the formulas that the doc comments name.
// Columns left out of a case are those of its closes.
var worked = []struct {
	name                             string
	d                                indicator.Definition
	open, high, low, closing, volume []float64
	opens                            []time.Time
	want                             map[string][]float64
}{
	{
		name: "a week begins on Monday", d: indicator.VWAP(indicator.UTCWeek),
		closing: []float64{10, 20, 40}, volume: []float64{1, 3, 0}, opens: turn,
		want: map[string][]float64{"value": {10, (10.0 + 3*20) / 4, 40}},
	},
	{
		name: "a week ends on Sunday, a year within it", d: indicator.VWAP(indicator.UTCWeek),
		closing: []float64{10, 20, 30, 40}, volume: []float64{1, 1, 2, 1},
		opens: []time.Time{day(2024, 12, 30, 0), day(2025, 1, 1, 0), day(2025, 1, 5, 23), day(2025, 1, 6, 0)},
		want:  map[string][]float64{"value": {10, 15, 22.5, 40}},
	},
	{
		name: "a month begins on its first day", d: indicator.VWAP(indicator.UTCMonth),
		closing: []float64{10, 20, 40}, volume: []float64{1, 3, 0}, opens: turn,
		want: map[string][]float64{"value": {10, 20, 20}},
	},
	{
		name: "days", d: indicator.VWAP(indicator.UTCDay),
		closing: []float64{10, 20, 40}, volume: []float64{1, 3, 0}, opens: turn,
		want: map[string][]float64{"value": {10, 20, 40}},
	},
	{
		name: "the typical price before the anchor", d: indicator.VWAPAnchored(turn[1]),
		high: []float64{12, 20, 40}, low: []float64{9, 20, 40}, closing: []float64{9, 20, 40}, volume: []float64{1, 3, 1}, opens: turn,
		want: map[string][]float64{"value": {10, 20, (3*20.0 + 40) / 4}},
	},
	{
		name: "without volume, and next to much of it", d: indicator.VWMA(2),
		closing: []float64{1, 7, 8, 9, 10}, volume: []float64{1e18, 1e-6, 3e-6, 0, 0},
		want: map[string][]float64{"value": {no, (1e18 + 7e-6) / (1e18 + 1e-6), (7 + 3*8.0) / 4, 8, 10}},
	},
	{
		name: "rolling, without volume", d: indicator.VWAPRolling(1),
		high: []float64{12, 12}, low: []float64{9, 9}, closing: []float64{9, 9}, volume: []float64{0, 2},
		want: map[string][]float64{"value": {10, 10}},
	},
	{
		name: "bars without range or volume", d: indicator.CMF(2),
		high: []float64{10, 10, 12, 10}, low: []float64{10, 10, 8, 10}, closing: []float64{10, 10, 11, 10}, volume: []float64{0, 0, 4, 6},
		want: map[string][]float64{"value": {no, 0, 0.5, 0.5 * 4 / 10}},
	},
	{
		name: "negative volume index", d: indicator.NVI(), closing: fourCloses, volume: fourVolumes,
		want: map[string][]float64{"value": {1000, 1200, 1200, 1200}},
	},
	{
		name: "positive volume index", d: indicator.PVI(), closing: fourCloses, volume: fourVolumes,
		want: map[string][]float64{"value": {1000, 1000, 750, 750}},
	},
	{
		name: "price volume trend", d: indicator.PVT(), closing: fourCloses, volume: fourVolumes,
		want: map[string][]float64{"value": {0, 50 * 0.2, 10 - 80*0.25, -10 + 80*0.1}},
	},
	{
		name: "force index", d: indicator.ForceIndex(2), closing: fourCloses, volume: fourVolumes,
		want: map[string][]float64{"value": {no, no, (100.0 - 240) / 2, 72*2.0/3 - 70.0/3}},
	},
	{
		name: "ease of movement", d: indicator.EaseOfMovement(2, 10),
		high: []float64{12, 14, 14, 15}, low: []float64{8, 10, 14, 13}, closing: []float64{9, 11, 14, 14}, volume: []float64{5, 8, 0, 4},
		want: map[string][]float64{"value": {no, no, (10.0*2*4/8 + 0) / 2, 0}},
	},
	{
		name: "regression channel", d: indicator.LinRegChannel(3, 2), closing: []float64{1, 2, 6, 4, 4, 4},
		want: map[string][]float64{
			// 1 2 6: mean 3, slope 5/2, residuals ½ -1 ½; 2 6 4: mean 4, slope 1, residuals -1 2 -1.
			"middle": {no, no, 5.5, 5, 14.0/3 - 1, 4},
			"upper":  {no, no, 5.5 + 2*math.Sqrt(1.5/3), 5 + 2*math.Sqrt(6.0/3), 14.0/3 - 1 + 2*math.Sqrt(2.0/9), 4},
			"lower":  {no, no, 5.5 - 2*math.Sqrt(1.5/3), 5 - 2*math.Sqrt(6.0/3), 14.0/3 - 1 - 2*math.Sqrt(2.0/9), 4},
		},
	},
	{
		name: "squeeze", d: indicator.Squeeze(2, 2, 1),
		high: []float64{11, 12, 13, 20}, low: []float64{9, 9, 12, 13}, closing: []float64{10, 11, 13, 20},
		want: map[string][]float64{
			// True ranges 3, 2, 7; deviations of the last two closes 1 and 3.5.
			"on":       {no, no, 1, 0},
			"momentum": {no, no, 13 - ((13.0+9)/2+12)/2, 20 - ((20.0+12)/2+16.5)/2},
		},
	},
	{
		name: "squeeze of flat prices", d: indicator.Squeeze(2, 2, 1), closing: []float64{5, 5, 5},
		want: map[string][]float64{"on": {no, no, 0}, "momentum": {no, no, 0}},
	},
	{
		name: "chandelier exit", d: indicator.Chandelier(2, 2),
		high: []float64{10, 12, 11}, low: []float64{8, 9, 9}, closing: []float64{9, 11, 10},
		want: map[string][]float64{"long": {no, no, 12 - 2*2.5}, "short": {no, no, 9 + 2*2.5}},
	},
	{
		name: "parabolic with an acceleration for each side",
		d:    indicator.PSAR(indicator.Acceleration{Start: 0.1, Step: 0.1, Max: 0.3}, indicator.Acceleration{Start: 0.2, Step: 0.2, Max: 0.3}),
		high: []float64{10, 11, 13, 13, 9, 9, 9}, low: []float64{9, 10, 11, 8, 7, 8, 8}, closing: []float64{9, 11, 12, 9, 8, 8, 8},
		want: map[string][]float64{
			// Long from 9; 9 + .1 (11-9); the low 8 touches 9.2 + .2 (13-9.2) and the stop
			// is the high 13, which holds it for two bars; then 13 + .3 (7-13).
			"sar":       {no, 9, 9.2, 13, 13, 13, 11.2},
			"direction": {no, 1, 1, -1, -1, -1, -1},
		},
	},
	{
		name: "parabolic, reversed by a bar beyond both ends", d: indicator.SAR(0.1, 0.1),
		high: []float64{10, 11, 15}, low: []float64{9, 10, 5}, closing: []float64{9, 11, 6},
		want: map[string][]float64{"sar": {no, 9, 15}, "direction": {no, 1, -1}},
	},
	{
		name: "parabolic, freed from the highs", d: indicator.SAR(0.5, 0.5),
		high: []float64{10, 9, 8, 5, 5}, low: []float64{8, 6, 6, 4, 4}, closing: []float64{9, 7, 7, 5, 5},
		want: map[string][]float64{
			// Short from 10: 10 + .5 (6-10) is within the bars' high 9; 9 + .5 (6-9) = 7.5 < 9.
			"sar":       {no, 10, 9, 9, 8},
			"direction": {no, -1, -1, -1, -1},
		},
	},
	{
		name: "pivots: the first day so far, then the day before", d: indicator.Pivots(indicator.ClassicPivots, indicator.UTCDay),
		open: pivotOpen, high: pivotHigh, low: pivotLow, closing: pivotClose, opens: pivotTimes,
		want: map[string][]float64{
			"p":  {28.0 / 3, 31.0 / 3, 31.0 / 3, 31.0 / 3},
			"r1": {56.0/3 - 8, 62.0/3 - 8, 62.0/3 - 8, 62.0/3 - 8},
			"r2": {28.0/3 + 3, 31.0/3 + 4, 31.0/3 + 4, 31.0/3 + 4},
			"r3": {11 + 2*(28.0/3-8), 12 + 2*(31.0/3-8), 12 + 2*(31.0/3-8), 12 + 2*(31.0/3-8)},
			"s1": {56.0/3 - 11, 62.0/3 - 12, 62.0/3 - 12, 62.0/3 - 12},
			"s2": {28.0/3 - 3, 31.0/3 - 4, 31.0/3 - 4, 31.0/3 - 4},
			"s3": {8 - 2*(11-28.0/3), 8 - 2*(12-31.0/3), 8 - 2*(12-31.0/3), 8 - 2*(12-31.0/3)},
		},
	},
	{
		name: "pivots: a month of its own", d: indicator.Pivots(indicator.ClassicPivots, indicator.UTCMonth),
		open: pivotOpen, high: pivotHigh, low: pivotLow, closing: pivotClose, opens: pivotTimes,
		want: map[string][]float64{"p": {28.0 / 3, 31.0 / 3, (50.0 + 8 + 45) / 3, (50.0 + 8 + 30) / 3}},
	},
	{
		name: "fibonacci pivots", d: indicator.Pivots(indicator.FibonacciPivots, indicator.UTCDay),
		open: pivotOpen, high: pivotHigh, low: pivotLow, closing: pivotClose, opens: pivotTimes,
		want: map[string][]float64{
			"p": last(31.0 / 3), "r1": last(31.0/3 + 0.382*4), "r2": last(31.0/3 + 0.618*4), "r3": last(31.0/3 + 4),
			"s1": last(31.0/3 - 0.382*4), "s2": last(31.0/3 - 0.618*4), "s3": last(31.0/3 - 4),
		},
	},
	{
		name: "camarilla pivots", d: indicator.Pivots(indicator.CamarillaPivots, indicator.UTCDay),
		open: pivotOpen, high: pivotHigh, low: pivotLow, closing: pivotClose, opens: pivotTimes,
		want: map[string][]float64{
			"p": last(31.0 / 3), "r1": last(11 + 4.4/12), "r2": last(11 + 4.4/6), "r3": last(11 + 4.4/4),
			"s1": last(11 - 4.4/12), "s2": last(11 - 4.4/6), "s3": last(11 - 4.4/4),
		},
	},
	{
		name: "Woodie's pivots", d: indicator.Pivots(indicator.WoodiePivots, indicator.UTCDay),
		open: pivotOpen, high: pivotHigh, low: pivotLow, closing: pivotClose, opens: pivotTimes,
		want: map[string][]float64{
			"p": last(10.5), "r1": last(13), "r2": last(14.5), "r3": last(17), "s1": last(9), "s2": last(6.5), "s3": last(5),
		},
	},
	{
		// First a close below the open, then above: x = 11 + 2×8 + 9, then 2×12 + 8 + 11.
		name: "DeMark's pivots", d: indicator.Pivots(indicator.DeMarkPivots, indicator.UTCDay),
		open: pivotOpen, high: pivotHigh, low: pivotLow, closing: pivotClose, opens: pivotTimes,
		want: map[string][]float64{
			"p": {9, 10.75, 10.75, 10.75}, "r1": {10, 13.5, 13.5, 13.5}, "r2": {10, 13.5, 13.5, 13.5}, "r3": {10, 13.5, 13.5, 13.5},
			"s1": {7, 9.5, 9.5, 9.5}, "s2": {7, 9.5, 9.5, 9.5}, "s3": {7, 9.5, 9.5, 9.5},
		},
	},
	{
		name: "DeMark's pivots where the close is the open", d: indicator.Pivots(indicator.DeMarkPivots, indicator.UTCDay),
		open: []float64{5}, high: []float64{6}, low: []float64{3}, closing: []float64{5},
		want: map[string][]float64{"p": {19.0 / 4}, "r1": {19.0/2 - 3}, "s1": {19.0/2 - 6}},
	},
	{
		name: "volume profile", d: indicator.VolumeProfile(4, 4, 70),
		closing: []float64{1, 2, 3, 5, 1, 9}, volume: []float64{10, 40, 20, 5, 100, 0},
		want: map[string][]float64{
			// 10 40 20 5 in bins of 1: 40 + 20 hold 70 % of 75. 100 40 20 5: 100 + 40 of 165.
			// Prices 3 5 1 9 in bins of 2, 100 20 5 0: 100 of 125 is enough.
			"poc": {no, no, no, 2.5, 1.5, 2},
			"vah": {no, no, no, 4, 3, 3},
			"val": {no, no, no, 2, 1, 1},
		},
	},
	{
		name: "volume profile: each bar is one without volume; a flat window is its price", d: indicator.VolumeProfile(3, 2, 100),
		closing: []float64{1, 3, 1, 3, 3, 3}, volume: []float64{0, 0, 0, 0, 0, 0},
		want: map[string][]float64{
			"poc": {no, no, 1.5, 2.5, 2.5, 3}, "vah": {no, no, 3, 3, 3, 3}, "val": {no, no, 1, 1, 1, 3},
		},
	},
	{
		// Mean squares of the changes of log2: 2/3 at lag 1, 1 at lag 2; then 1/3 and 1/2.
		name: "Hurst exponent", d: indicator.Hurst(4, 2), closing: []float64{1, 2, 2, 4, 4},
		want: map[string][]float64{"value": {no, no, no, math.Log2(1.5) / 2, math.Log2(3) / 2}},
	},
	{
		name: "Hurst exponent of a straight line and of flat prices", d: indicator.Hurst(9, 4),
		closing: []float64{1, 2, 4, 8, 16, 32, 64, 128, 256}, want: map[string][]float64{"value": {no, no, no, no, no, no, no, no, 1}},
	},
	{
		name: "Hurst exponent where one lag saw no change", d: indicator.Hurst(4, 2), closing: []float64{1, 2, 1, 2},
		want: map[string][]float64{"value": {no, no, no, 0.5}},
	},
	{
		name: "fractals", d: indicator.Fractals(1),
		high: []float64{1, 3, 2, 2, 5, 4}, low: []float64{5, 6, 7, 6, 4, 8}, closing: []float64{1, 3, 2, 2, 5, 4},
		want: map[string][]float64{
			"up": {no, no, 3, 3, 3, 5}, "up_new": {no, no, 1, 0, 0, 1},
			"down": {no, no, 5, 5, 4, 4}, "down_new": {no, no, 0, 0, 0, 1},
		},
	},
	{
		name: "fractals: equal highs are none; the highest so far stands in", d: indicator.Fractals(2),
		closing: []float64{1, 2, 3, 3, 2, 4, 1, 1, 1},
		want: map[string][]float64{
			"up": {no, no, no, no, 3, 4, 4, 4, 4}, "up_new": {no, no, no, no, 0, 0, 0, 1, 0},
		},
	},
	{
		// Sums of the rates 10 + 21 and 0 + 10.
		name: "Coppock curve", d: indicator.Coppock(2, 1, 2), closing: []float64{10, 11, 12.1, 12.1},
		want: map[string][]float64{"value": {no, no, no, (31 + 2*10.0) / 3}},
	},
	{
		name: "know sure thing", d: indicator.KST([4]int{1, 1, 1, 2}, [4]int{1, 1, 1, 1}, 2), closing: []float64{10, 11, 12.1, 12.1},
		want: map[string][]float64{"kst": {no, no, 6*10 + 4*21, 4 * 10}, "signal": {no, no, no, (144 + 40) / 2}},
	},
	{
		name: "true strength index", d: indicator.TSI(1, 2, 2), closing: []float64{1, 3, 2, 4},
		want: map[string][]float64{
			"tsi":    {no, no, 100 * 0.5 / 1.5, 100 * 1.5 / (11.0 / 6)},
			"signal": {no, no, no, (100*0.5/1.5 + 900.0/11) / 2},
		},
	},
	{
		name: "true strength without movement", d: indicator.TSI(1, 1, 1), closing: []float64{1, 1, 2},
		want: map[string][]float64{"tsi": {no, 0, 100}},
	},
	{
		name: "detrended price", d: indicator.DPO(3), closing: []float64{1, 2, 6, 4},
		want: map[string][]float64{"value": {no, no, 1 - 3, 2 - 4}},
	},
	{
		name: "Elder's ray", d: indicator.ElderRay(2), high: []float64{3, 5, 8}, low: []float64{1, 2, 6}, closing: []float64{2, 4, 7},
		want: map[string][]float64{"bull": {no, 2, 8 - 17.0/3}, "bear": {no, -1, 6 - 17.0/3}},
	},
	{
		// Ranges 1 3 2 4; averages 2, 2, 10/3; their averages 2, 26/9.
		name: "mass index", d: indicator.MassIndex(2, 2),
		high: []float64{6, 8, 7, 9}, low: []float64{5, 5, 5, 5}, closing: []float64{5, 5, 5, 5},
		want: map[string][]float64{"value": {no, no, no, 1 + 15.0/13}},
	},
	{
		name: "mass index of flat prices", d: indicator.MassIndex(1, 2), closing: []float64{5, 5},
		want: map[string][]float64{"value": {no, 2}},
	},
	{
		name: "average range", d: indicator.AverageRange(2), high: []float64{6, 8, 7}, low: []float64{5, 5, 5}, closing: []float64{5, 5, 5},
		want: map[string][]float64{"value": {no, 2, 2.5}},
	},
	{
		name: "efficiency ratio", d: indicator.EfficiencyRatio(2), closing: []float64{1, 3, 2, 5, 5, 5},
		want: map[string][]float64{"value": {no, no, 1.0 / 3, 2.0 / 4, 1, 0}},
	},
	{
		name: "smoothed average", d: indicator.SMMA(2), closing: []float64{2, 4, 7},
		want: map[string][]float64{"value": {no, 3, 5}},
	},
	{
		name: "alligator", d: alligator, high: []float64{3, 5, 8, 9}, low: []float64{1, 3, 6, 9}, closing: []float64{2, 4, 7, 9},
		want: map[string][]float64{"jaw": {no, no, 3, 5}, "teeth": {2, 4, 7, 9}, "lips": {no, no, 2, 4}},
	},
	{
		name: "Fisher transform is held at 0.999", d: indicator.Fisher(2), closing: rising,
		want: map[string][]float64{"fisher": risingFisher},
	},
	{
		name: "Fisher transform", d: indicator.Fisher(2), high: []float64{2, 4, 3, 3}, low: []float64{0, 2, 1, 1}, closing: []float64{1, 3, 2, 2},
		want: map[string][]float64{
			"fisher": {no, fisher1, fisher2, math.Atanh(-0.1089*0.67) + fisher2/2}, "signal": {no, 0, fisher1, fisher2},
		},
	},
	{
		// Relative strength 50 and, of the streaks 0 1 2 -1, 25; no change before is below the last.
		name: "Connors RSI", d: indicator.ConnorsRSI(2, 2, 2), closing: []float64{10, 11, 12, 11},
		want: map[string][]float64{"value": {no, no, no, (50.0 + 25 + 0) / 3}},
	},
}

var (
	// Wednesday, Thursday and Monday.
	turn = []time.Time{day(2024, 1, 31, 12), day(2024, 2, 1, 0), day(2024, 2, 5, 0)}

	fourCloses  = []float64{10, 12, 9, 9.9}
	fourVolumes = []float64{100, 50, 80, 80}

	// A day of two bars with open 10, high 12, low 8 and close 11, and one after it.
	pivotTimes = []time.Time{day(2024, 5, 7, 0), day(2024, 5, 7, 23), day(2024, 5, 8, 0), day(2024, 5, 8, 1)}
	pivotOpen  = []float64{10, 9, 40, 45}
	pivotHigh  = []float64{11, 12, 50, 46}
	pivotLow   = []float64{8, 9, 35, 30}
	pivotClose = []float64{9, 11, 45, 30}

	alligator = smallAlligator()

	rising, risingFisher = fisherOfRising(30)

	fisher1 = math.Atanh(0.33)
	fisher2 = math.Atanh(-0.33+0.67*0.33) + fisher1/2
)

func day(year, month, day, hour int) time.Time {
	return time.Date(year, time.Month(month), day, hour, 0, 0, 0, time.UTC)
}

func smallAlligator() indicator.Definition {
	kind, _ := indicator.Lookup("alligator")
	d, err := kind.Make(2, 1, 1, 0, 1, 2)
	if err != nil {
		panic(err)
	}
	return d
}

// fisherOfRising returns n rising prices and the transform of places that are 1 - .67^k
// until .99 is passed, and 0.999 from there on.
func fisherOfRising(n int) (prices, want []float64) {
	sum := 0.0
	for k := range n {
		prices = append(prices, float64(1+k))
		place := 1 - math.Pow(0.67, float64(k))
		if k >= 12 {
			place = 0.999
		}
		sum = sum/2 + math.Atanh(place)
		want = append(want, sum)
	}
	want[0] = no
	return prices, want
}

// last is a column of which only the last of four values is looked at.
func last(v float64) []float64 { return []float64{free, free, free, v} }

var free = math.Inf(1)

func TestWorked(t *testing.T) {
	t.Parallel()
	for _, c := range worked {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			n := len(c.closing)
			all := make([][]float64, market.OpenTime+1)
			for f, column := range [][]float64{c.open, c.high, c.low, c.closing, c.volume} {
				if column == nil {
					column = c.closing
				}
				all[f] = column
			}
			for i := range n {
				at := float64(3600 * i)
				if c.opens != nil {
					at = float64(c.opens[i].Unix())
				}
				all[market.OpenTime] = append(all[market.OpenTime], at)
			}
			if err := c.d.Validate(); err != nil {
				t.Fatal(err)
			}
			got := batch(c.d, all)
			compared := 0
			for k, o := range c.d.Outputs() {
				want, ok := c.want[o.Name]
				if !ok {
					continue
				}
				compared++
				for i, w := range want {
					if g := got[k][i]; w != free && !same(g, w) && !(math.Abs(g-w) <= 1e-12*math.Max(1, math.Abs(w))) {
						t.Errorf("%s.%s at %d is %v, want %v", c.d.Key(), o.Name, i, g, w)
					}
				}
			}
			if compared != len(c.want) {
				t.Errorf("%s: %d of %d outputs are compared", c.d.Key(), compared, len(c.want))
			}
		})
	}
}
