package market

import (
	"fmt"
	"math"
	"time"

	"github.com/shopspring/decimal"
)

// ProblemKind classifies what is wrong with a row.
type ProblemKind string

// The kinds of problem. Gap alone is no fault of a row: it is reported, and is an
// error only where the caller asks for whole data.
const (
	Malformed    ProblemKind = "malformed"      // the header or the number of columns
	NotANumber   ProblemKind = "not a number"   // NaN, infinite, empty or not numeric
	OutOfRange   ProblemKind = "out of range"   // does not fit at the scale
	Negative     ProblemKind = "negative"       // a price of zero or below, a volume below zero
	HighBelowLow ProblemKind = "high below low" // or open and close outside of the two
	WrongTick    ProblemKind = "wrong tick"     // not a whole multiple of the tick of its date
	Misaligned   ProblemKind = "misaligned"     // a time off the timeframe's grid
	Unsorted     ProblemKind = "unsorted"       // a time before the row above
	Duplicate    ProblemKind = "duplicate"      // a time that was there already
	Outside      ProblemKind = "outside"        // a time outside of the period that was said
	GapKind      ProblemKind = "gap"            // candles are missing before this row
)

// checkBar returns the first fault of a candle whose predecessor opened at last:
// its kind, the field and a sentence. An empty kind is a good candle.
func checkBar(b Bar, tf Timeframe, last int64, volumeScale int32, in *Instrument) (ProblemKind, string, string) {
	switch {
	case b.Time == last:
		return Duplicate, "time", stamp(b.Time) + " is there twice"
	case b.Time < last:
		return Unsorted, "time", stamp(b.Time) + " comes after " + stamp(last) + "; rows must be sorted by time"
	case tf.Open(b.Time) != b.Time:
		return Misaligned, "time", fmt.Sprintf("%s is not the open of a %s candle; the one it falls into opens at %s", stamp(b.Time), tf, stamp(tf.Open(b.Time)))
	case b.Open <= 0:
		return Negative, "open", "must be above zero, got " + in.Price(b.Open).String()
	case b.High <= 0:
		return Negative, "high", "must be above zero, got " + in.Price(b.High).String()
	case b.Low <= 0:
		return Negative, "low", "must be above zero, got " + in.Price(b.Low).String()
	case b.Close <= 0:
		return Negative, "close", "must be above zero, got " + in.Price(b.Close).String()
	case b.Volume < 0:
		return Negative, "volume", "must not be negative, got " + decimal.New(b.Volume, -volumeScale).String()
	case b.High < b.Low:
		return HighBelowLow, "high", fmt.Sprintf("%s is below the low %s", in.Price(b.High), in.Price(b.Low))
	case b.Open > b.High || b.Open < b.Low:
		return HighBelowLow, "open", fmt.Sprintf("%s is outside of low %s to high %s", in.Price(b.Open), in.Price(b.Low), in.Price(b.High))
	case b.Close > b.High || b.Close < b.Low:
		return HighBelowLow, "close", fmt.Sprintf("%s is outside of low %s to high %s", in.Price(b.Close), in.Price(b.Low), in.Price(b.High))
	}
	return "", "", ""
}

// tickChecker checks prices against the dated ticks of an instrument, looking a
// date's rules up only when they change.
type tickChecker struct {
	in        *Instrument
	from, end int64 // the moment range that tick is known for
	tick      int64 // units; 0 is no demand
}

func newTickChecker(in *Instrument) *tickChecker {
	return &tickChecker{in: in, from: math.MaxInt64, end: math.MinInt64}
}

func (c *tickChecker) check(b Bar) (ProblemKind, string, string) {
	if len(c.in.Rules) == 0 {
		return "", "", ""
	}
	if b.Time < c.from || b.Time >= c.end {
		c.seek(b.Time)
	}
	if c.tick <= 1 {
		return "", "", ""
	}
	for i, price := range [...]int64{b.Open, b.High, b.Low, b.Close} {
		if price%c.tick != 0 {
			return WrongTick, Field(i).String(), fmt.Sprintf("%s is not a whole multiple of the tick %s", c.in.Price(price), c.in.Price(c.tick))
		}
	}
	return "", "", ""
}

func (c *tickChecker) seek(t int64) {
	c.from, c.end, c.tick = math.MinInt64, math.MaxInt64, 0
	for _, r := range c.in.Rules {
		if r.From.UnixNano() > t {
			c.end = r.From.UnixNano()
			return
		}
		c.from = r.From.UnixNano()
		// Validate has bounded the tick to the price's decimals.
		c.tick, _ = c.in.PriceUnits(r.Tick)
	}
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }
