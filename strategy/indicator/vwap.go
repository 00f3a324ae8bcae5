package indicator

import (
	"time"

	"github.com/tradekeel/tradekeel/market"
)

// Calendar is a period of the calendar in UTC.
type Calendar uint8

// The periods. A week begins on Monday.
const (
	UTCDay Calendar = iota
	UTCWeek
	UTCMonth
)

// calendars is the parameter that names one.
var calendars = Param{Name: "per", OneOf: []string{"day", "week", "month"}}

// clock knows the period of the calendar that the bar at hand is in.
type clock struct {
	per        Calendar
	start, end float64 // seconds since 1970; equal before the first bar
}

// turn moves to the period of a bar that opens at t; it is called when t is not
// from start to before end.
func (c *clock) turn(t float64) {
	at := time.Unix(int64(t), 0).UTC()
	year, month, day := at.Date()
	next := month
	end := day + 1
	switch c.per {
	case UTCDay:
	case UTCWeek:
		day -= (int(at.Weekday()) + 6) % 7
		end = day + 7
	case UTCMonth:
		day, next, end = 1, month+1, 1
	}
	c.start = float64(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix())
	c.end = float64(time.Date(year, next, end, 0, 0, 0, 0, time.UTC).Unix())
}

var hlcvTime = []market.Field{market.High, market.Low, market.Close, market.Volume, market.OpenTime}

// VWAP is the average price weighted by volume since the UTC day, week or month
// began: the sum of the bars' typical price (high + low + close) / 3 times volume,
// divided by the sum of volume. A bar belongs to the period in which it opens; the
// first period begins at the first bar. While the period has no volume it is the
// typical price of the bar.
func VWAP(per Calendar) Definition { return vwapKind.of(float64(per)) }

var vwapKind = Kind{
	Name: "vwap", Version: 1, Text: "volume-weighted average price since the UTC day, week or month began",
	Params: []Param{calendars},
	Inputs: hlcvTime, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func(p []float64) Computation { return &vwap{clock: clock{per: Calendar(p[0])}} },
}

type vwap struct {
	clock         clock
	money, volume float64
}

func (v *vwap) Next(in, out [][]float64) {
	high := in[0]
	low, closing, volume, opens := in[1][:len(high)], in[2][:len(high)], in[3][:len(high)], in[4][:len(high)]
	filled := out[0][:len(high)]
	money, sum := v.money, v.volume
	for i, h := range high {
		if t := opens[i]; !(t >= v.clock.start && t < v.clock.end) {
			v.clock.turn(t)
			money, sum = 0, 0
		}
		price := (h + low[i] + closing[i]) / 3
		money += float64(price * volume[i])
		sum += volume[i]
		if sum > 0 {
			price = money / sum
		}
		filled[i] = price
	}
	v.money, v.volume = money, sum
}

// VWAPAnchored is the average price weighted by volume, as VWAP, of all bars that
// open at the anchor or later. Before the anchor, and while there was no volume since,
// it is the typical price of the bar, (high + low + close) / 3, so that it has a value
// at every bar. The anchor is cut to whole seconds; the zero time of the parameter,
// 1970, makes it the average since the first bar.
func VWAPAnchored(anchor time.Time) Definition { return vwapAnchoredKind.of(float64(anchor.Unix())) }

var vwapAnchoredKind = Kind{
	Name: "vwap_anchored", Version: 1, Text: "volume-weighted average price since a moment",
	// The moment is in seconds since 1970; the most is the end of the year 9999.
	Params: []Param{{Name: "anchor", Min: 0, Max: 253402300799, Integer: true}},
	Inputs: hlcvTime, Outputs: oneValue,
	warmup: warm(func([]float64) int { return 0 }),
	start:  func(p []float64) Computation { return &vwapAnchored{anchor: p[0]} },
}

type vwapAnchored struct{ anchor, money, volume float64 }

func (v *vwapAnchored) Next(in, out [][]float64) {
	high := in[0]
	low, closing, volume, opens := in[1][:len(high)], in[2][:len(high)], in[3][:len(high)], in[4][:len(high)]
	filled := out[0][:len(high)]
	for i, h := range high {
		price := (h + low[i] + closing[i]) / 3
		if opens[i] >= v.anchor {
			v.money += float64(price * volume[i])
			v.volume += volume[i]
			if v.volume > 0 {
				price = v.money / v.volume
			}
		}
		filled[i] = price
	}
}

// VWAPRolling is the average typical price, (high + low + close) / 3, of the last
// period bars, weighted by volume. Without volume in the window it is the typical
// price of the bar.
func VWAPRolling(period int) Definition { return vwapRollingKind.of(float64(period)) }

var vwapRollingKind = Kind{
	Name: "vwap_rolling", Version: 1, Text: "volume-weighted average price of a number of bars",
	Params: []Param{period("period", 14)},
	Inputs: hlcv, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return &vwapRolling{weighted: newWeighted(int(p[0]))} },
}

type vwapRolling struct {
	*weighted
	prices [BlockSize]float64
}

func (v *vwapRolling) Next(in, out [][]float64) {
	prices := v.prices[:len(in[0])]
	typical(in[0], in[1], in[2], prices)
	v.next(prices, in[3], out[0])
}

// VWMA is the average close of the last period bars, weighted by volume. Without
// volume in the window it is the close of the bar.
func VWMA(period int) Definition { return vwmaKind.of(float64(period)) }

var vwmaKind = Kind{
	Name: "vwma", Version: 1, Text: "volume-weighted moving average",
	Params: []Param{period("period", 20)},
	Inputs: closeVolume, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newWeighted(int(p[0])) },
}

// weighted is the average of a rolling window of prices by their volumes.
type weighted struct {
	money, volume *sum
	totals        [BlockSize]float64
	products      [BlockSize]float64
}

func newWeighted(n int) *weighted { return &weighted{money: newSum(n), volume: newSum(n)} }

func (w *weighted) Next(in, out [][]float64) { w.next(in[0], in[1], out[0]) }

func (w *weighted) next(prices, volume, out []float64) {
	totals, products := w.totals[:len(prices)], w.products[:len(prices)]
	volume, out = volume[:len(prices)], out[:len(prices)]
	for i, p := range prices {
		products[i] = float64(p * volume[i])
	}
	w.money.next(products, products)
	w.volume.next(volume, totals)
	for i, v := range totals {
		if v == 0 {
			out[i] = prices[i]
		} else {
			out[i] = products[i] / v
		}
	}
}
