package market

import (
	"strconv"
	"time"

	"github.com/tradekeel/tradekeel"
)

// Timeframe is the length of a candle: a fixed length in nanoseconds, or whole
// calendar months, which are negative. Use the constants or ParseTimeframe.
type Timeframe int64

// The timeframes that venues offer. Any whole number of seconds, minutes, hours,
// days, weeks or months can be parsed.
const (
	S1  = Timeframe(time.Second)
	M1  = Timeframe(time.Minute)
	M3  = 3 * M1
	M5  = 5 * M1
	M15 = 15 * M1
	M30 = 30 * M1
	H1  = Timeframe(time.Hour)
	H2  = 2 * H1
	H4  = 4 * H1
	H6  = 6 * H1
	H8  = 8 * H1
	H12 = 12 * H1
	D1  = 24 * H1
	D3  = 3 * D1
	W1  = 7 * D1
	MN1 = Timeframe(-1)
)

// Where buckets of a length begin, as venues do: weeks on Monday (1970-01-05),
// three days on the epoch plus one day, everything else on the epoch.
const (
	weekAnchor     = 4 * int64(D1)
	threeDayAnchor = int64(D1)
)

// longest bounds a timeframe, so that sums of times do not overflow.
const longest = 1000

// ParseTimeframe reads a number and a unit: s, m, h, d, w or M (months), as in
// "1s", "15m", "4h", "1d", "1w", "1M".
func ParseTimeframe(text string) (Timeframe, error) {
	wrong := tradekeel.Invalidf("timeframe", "must be a number and one of s, m, h, d, w, M such as 1h, got %.40q", text)
	if len(text) < 2 || text[0] == '+' {
		return 0, wrong
	}
	n, err := strconv.ParseInt(text[:len(text)-1], 10, 32)
	if err != nil || n < 1 || n > longest {
		return 0, wrong
	}
	switch text[len(text)-1] {
	case 's':
		return Timeframe(n) * S1, nil
	case 'm':
		return Timeframe(n) * M1, nil
	case 'h':
		return Timeframe(n) * H1, nil
	case 'd':
		return Timeframe(n) * D1, nil
	case 'w':
		return Timeframe(n) * W1, nil
	case 'M':
		return Timeframe(n) * MN1, nil
	}
	return 0, wrong
}

// Validate returns an Invalid error for a timeframe that ParseTimeframe would
// not give.
func (tf Timeframe) Validate() error {
	if tf >= 0 && (tf < S1 || tf%S1 != 0 || tf > longest*W1) || tf < -longest {
		return tradekeel.Invalidf("timeframe", "must be whole seconds or months, got %d", int64(tf))
	}
	return nil
}

// String returns the shortest form that ParseTimeframe reads, for example "4h".
func (tf Timeframe) String() string {
	if tf < 0 {
		return strconv.FormatInt(-int64(tf), 10) + "M"
	}
	for _, u := range []struct {
		unit Timeframe
		name string
	}{{W1, "w"}, {D1, "d"}, {H1, "h"}, {M1, "m"}, {S1, "s"}} {
		if tf >= u.unit && tf%u.unit == 0 {
			return strconv.FormatInt(int64(tf/u.unit), 10) + u.name
		}
	}
	return strconv.FormatInt(int64(tf), 10) + "ns"
}

// MarshalText writes the form of String.
func (tf Timeframe) MarshalText() ([]byte, error) { return []byte(tf.String()), nil }

// UnmarshalText reads the form of ParseTimeframe.
func (tf *Timeframe) UnmarshalText(text []byte) error {
	parsed, err := ParseTimeframe(string(text))
	if err == nil {
		*tf = parsed
	}
	return err
}

// Open returns the open, in nanoseconds, of the bucket that t falls into.
func (tf Timeframe) Open(t int64) int64 {
	if tf < 0 {
		at := time.Unix(0, t).UTC()
		months := int64(at.Year())*12 + int64(at.Month()) - 1
		return monthStart(floorDiv(months, -int64(tf)) * -int64(tf))
	}
	anchor := int64(0)
	switch {
	case tf%W1 == 0:
		anchor = weekAnchor
	case tf == D3:
		anchor = threeDayAnchor
	}
	return floorDiv(t-anchor, int64(tf))*int64(tf) + anchor
}

// Close returns the close, in nanoseconds, of the candle that opens at open: the
// open of the next bucket.
func (tf Timeframe) Close(open int64) int64 {
	if tf > 0 { // small enough to be inlined: the backtest asks at every bar
		return open + int64(tf)
	}
	return tf.closeOfMonths(open)
}

func (tf Timeframe) closeOfMonths(open int64) int64 {
	at := time.Unix(0, open).UTC()
	return monthStart(int64(at.Year())*12 + int64(at.Month()) - 1 - int64(tf))
}

// missing counts the candles between two that open at the times given.
func (tf Timeframe) missing(last, next int64) int {
	expected := tf.Close(last)
	if tf > 0 {
		return int((next - expected) / int64(tf))
	}
	n := 0
	for t := expected; t < next; t = tf.Close(t) {
		n++
	}
	return n
}

// shorter reports whether candles of tf are shorter than those of other.
func (tf Timeframe) shorter(other Timeframe) bool { return tf.approximate() < other.approximate() }

// Compare orders timeframes by length, months taken as 30 days.
func (tf Timeframe) Compare(other Timeframe) int {
	switch {
	case tf == other:
		return 0
	case tf.shorter(other):
		return -1
	}
	return 1
}

func (tf Timeframe) approximate() int64 {
	if tf < 0 {
		return -int64(tf) * 30 * int64(D1)
	}
	return int64(tf)
}

// Divides reports whether every candle of to is made of whole candles of tf, so that
// Resample can make them.
func (tf Timeframe) Divides(to Timeframe) bool {
	switch {
	case tf < 0 && to < 0:
		return to%tf == 0
	case tf < 0:
		return false
	case to < 0:
		return D1%tf == 0
	case tf == D3 || to == D3: // their buckets start on another day
		return tf == to || D1%tf == 0
	case tf%W1 == 0 || to%W1 == 0:
		return to%tf == 0 && (D1%tf == 0 || tf%W1 == 0 && to%W1 == 0)
	}
	return to%tf == 0
}

func monthStart(months int64) int64 {
	year, month := floorDiv(months, 12), months-floorDiv(months, 12)*12
	return time.Date(int(year), time.Month(month+1), 1, 0, 0, 0, 0, time.UTC).UnixNano()
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
