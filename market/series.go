package market

import (
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Bar is one candle in stored integers: a time in nanoseconds, prices at the
// instrument's PriceScale and a volume at the series' VolumeScale.
type Bar struct {
	Time, Open, High, Low, Close, Volume int64
}

// Candle is one candle in exact decimals, for reading and printing.
type Candle struct {
	Time                           time.Time
	Open, High, Low, Close, Volume decimal.Decimal
}

// Field names a column of a series.
type Field uint8

// The columns. OpenTime is when the candle opens: as an integer nanoseconds, as a
// float seconds since 1970, which is exact since candles open at whole seconds.
const (
	Open Field = iota
	High
	Low
	Close
	Volume
	OpenTime
)

// fields is the number of columns that hold prices and the volume.
const fields = OpenTime

// String returns the field's name in small letters.
func (f Field) String() string {
	if f <= OpenTime {
		return [...]string{"open", "high", "low", "close", "volume", "time"}[f]
	}
	return fmt.Sprintf("field(%d)", uint8(f))
}

// Series is the candles of one instrument in columns, oldest first. The columns
// have one length; they are not changed once the series is made, so that slices
// and runs can share them.
type Series struct {
	Instrument *Instrument
	Timeframe  Timeframe
	// VolumeScale is the decimals of Volume, from 0 to 18. It is apart from the
	// instrument's QuantityScale, since a volume is a sum over many trades.
	VolumeScale int32

	Time                           []int64 // opens, nanoseconds UTC, rising
	Open, High, Low, Close, Volume []int64
	// Parts is the number of source candles in each candle of a resampled series;
	// nil otherwise. Fewer than usual mark a candle with gaps.
	Parts []int32

	floats  [OpenTime + 1]atomic.Pointer[[]float64]
	closes  atomic.Pointer[[]int64]
	checked atomic.Pointer[checked]
}

// checked is what Validate found of so many bars: series are shared by many
// runs, and looking once is enough.
type checked struct {
	bars int
	err  error
	gaps []Gap
}

// NewSeries makes an empty series with room for capacity candles.
func NewSeries(in *Instrument, tf Timeframe, volumeScale int32, capacity int) *Series {
	column := func() []int64 { return make([]int64, 0, capacity) }
	return &Series{
		Instrument: in, Timeframe: tf, VolumeScale: volumeScale,
		Time: column(), Open: column(), High: column(), Low: column(), Close: column(), Volume: column(),
	}
}

// Len returns the number of candles.
func (s *Series) Len() int { return len(s.Time) }

// Append adds one candle at the end. It does not check it; Validate does.
func (s *Series) Append(b Bar) {
	s.Time = append(s.Time, b.Time)
	s.Open = append(s.Open, b.Open)
	s.High = append(s.High, b.High)
	s.Low = append(s.Low, b.Low)
	s.Close = append(s.Close, b.Close)
	s.Volume = append(s.Volume, b.Volume)
}

// Bar returns candle i in stored integers.
func (s *Series) Bar(i int) Bar {
	return Bar{s.Time[i], s.Open[i], s.High[i], s.Low[i], s.Close[i], s.Volume[i]}
}

// Candle returns candle i in decimals.
func (s *Series) Candle(i int) Candle {
	in := s.Instrument
	return Candle{
		Time: time.Unix(0, s.Time[i]).UTC(),
		Open: in.Price(s.Open[i]), High: in.Price(s.High[i]), Low: in.Price(s.Low[i]), Close: in.Price(s.Close[i]),
		Volume: decimal.New(s.Volume[i], -s.VolumeScale),
	}
}

// Column returns the stored integers of a field.
func (s *Series) Column(f Field) []int64 {
	switch f {
	case Open:
		return s.Open
	case High:
		return s.High
	case Low:
		return s.Low
	case Close:
		return s.Close
	case Volume:
		return s.Volume
	case OpenTime:
		return s.Time
	default:
		return nil
	}
}

// Scale returns the decimals of a field's integers.
func (s *Series) Scale(f Field) int32 {
	switch f {
	case Volume:
		return s.VolumeScale
	case OpenTime:
		return 9
	default:
		return s.Instrument.PriceScale
	}
}

// Floats returns a field as float64 for indicators. It is computed once and then
// shared: callers must not change it. Each number is the stored integer divided
// by its scale, rounded once.
func (s *Series) Floats(f Field) []float64 {
	if have := s.floats[f].Load(); have != nil && len(*have) == s.Len() {
		return *have
	}
	column, scale := s.Column(f), s.Scale(f)
	out := make([]float64, len(column))
	unit := float64(wide.Pow10(scale))
	for i, v := range column {
		out[i] = float64(v) / unit
	}
	s.floats[f].Store(&out)
	return out
}

// Closes returns when each candle closes, nanoseconds UTC. It is computed once and
// then shared: callers must not change it.
func (s *Series) Closes() []int64 {
	if have := s.closes.Load(); have != nil && len(*have) == s.Len() {
		return *have
	}
	out := make([]int64, s.Len())
	for i, open := range s.Time {
		out[i] = s.Timeframe.Close(open)
	}
	s.closes.Store(&out)
	return out
}

// Between returns the candles that open at or after from and close at or before
// to, sharing s's columns. A zero time is no bound.
func (s *Series) Between(from, to time.Time) *Series {
	first, last := 0, s.Len()
	if !from.IsZero() {
		first, _ = slices.BinarySearch(s.Time, from.UnixNano())
	}
	if !to.IsZero() {
		end := to.UnixNano()
		last, _ = slices.BinarySearchFunc(s.Time, end, func(open, end int64) int {
			if s.Timeframe.Close(open) <= end {
				return -1
			}
			return 1
		})
	}
	return s.Slice(first, max(first, last))
}

// Slice returns candles first to last-1, sharing s's columns.
func (s *Series) Slice(first, last int) *Series {
	if first == 0 && last == s.Len() {
		return s
	}
	out := &Series{
		Instrument: s.Instrument, Timeframe: s.Timeframe, VolumeScale: s.VolumeScale,
		Time: s.Time[first:last:last], Open: s.Open[first:last:last], High: s.High[first:last:last],
		Low: s.Low[first:last:last], Close: s.Close[first:last:last], Volume: s.Volume[first:last:last],
	}
	if s.Parts != nil {
		out.Parts = s.Parts[first:last:last]
	}
	for f := range s.floats {
		if have := s.floats[f].Load(); have != nil && len(*have) == s.Len() {
			part := (*have)[first:last:last]
			out.floats[f].Store(&part)
		}
	}
	return out
}

// Gap is a run of candles that are missing between two that are there.
type Gap struct {
	After   time.Time // open of the last candle before
	Before  time.Time // open of the first candle after
	Missing int       // candles absent between them
}

// String names the gap in words.
func (g Gap) String() string {
	return fmt.Sprintf("%d missing between %s and %s", g.Missing, g.After.Format(time.RFC3339), g.Before.Format(time.RFC3339))
}

// Gaps returns every run of missing candles. Markets that close at night or on
// holidays have one for each.
func (s *Series) Gaps() []Gap {
	if have := s.checked.Load(); have != nil && have.bars == s.Len() {
		return have.gaps
	}
	var gaps []Gap
	for i := 1; i < s.Len(); i++ {
		if s.Time[i] > s.Timeframe.Close(s.Time[i-1]) {
			gaps = append(gaps, Gap{
				time.Unix(0, s.Time[i-1]).UTC(), time.Unix(0, s.Time[i]).UTC(), s.Timeframe.missing(s.Time[i-1], s.Time[i]),
			})
		}
	}
	return gaps
}

// Validate returns an Invalid error that names the first candle at fault: its
// columns differ in length, its time does not rise or is off the timeframe's
// grid, or its prices contradict each other.
//
// What it found is kept for as long as the number of candles is the same.
func (s *Series) Validate() error {
	if s == nil {
		return tradekeel.Invalidf("series", "is missing")
	}
	if have := s.checked.Load(); have != nil && have.bars == s.Len() {
		return have.err
	}
	err := s.validate()
	found := &checked{bars: s.Len(), err: err}
	if err == nil {
		found.gaps = s.Gaps()
	}
	s.checked.Store(found)
	return err
}

func (s *Series) validate() error {
	if err := s.Instrument.Validate(); err != nil {
		return err
	}
	if err := s.Timeframe.Validate(); err != nil {
		return err
	}
	if s.VolumeScale < 0 || s.VolumeScale > MaxScale {
		return tradekeel.Invalidf("volume_scale", "must be between 0 and %d, got %d", MaxScale, s.VolumeScale)
	}
	n := len(s.Time)
	for f := range fields {
		if len(s.Column(f)) != n {
			return tradekeel.Invalidf("series", "has %d times and %d values of %s", n, len(s.Column(f)), f)
		}
	}
	if s.Parts != nil && len(s.Parts) != n {
		return tradekeel.Invalidf("series", "has %d times and %d counts of parts", n, len(s.Parts))
	}
	last := int64(math.MinInt64)
	open, high, low, closes, volume := s.Open[:n], s.High[:n], s.Low[:n], s.Close[:n], s.Volume[:n]
	step := int64(s.Timeframe) // of months negative, which no times that rise are apart
	for i, at := range s.Time {
		// One step after a good candle and in itself good: nearly all are, and nothing has
		// to be divided to see it.
		if i > 0 && at > last && at-last == step && low[i] > 0 && low[i] <= open[i] && low[i] <= closes[i] &&
			high[i] >= open[i] && high[i] >= closes[i] && volume[i] >= 0 {
			last = at
			continue
		}
		b := s.Bar(i)
		if kind, field, text := checkBar(b, s.Timeframe, last, s.VolumeScale, s.Instrument); kind != "" {
			return tradekeel.Invalidf(fmt.Sprintf("series[%d].%s", i, field), "%s", text)
		}
		last = b.Time
	}
	return nil
}
