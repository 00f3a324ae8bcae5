package report

import (
	"fmt"
	"math"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// What is drawn at most. Beyond it a chart is condensed: a screen has a few
// thousand columns, and a report is a file that somebody sends by mail.
const (
	mostCandles   = 40_000  // of one series
	mostInAll     = 120_000 // candles of all series together
	fewestCandles = 2_000   // of one series among many
	mostPoints    = 40_000  // of the equity curve
)

// chartSeries is one series as it is drawn.
type chartSeries struct {
	*market.Series
	source     *market.Series
	instrument int   // in page.instruments
	places     int32 // decimals that its prices use
	noVolume   bool
}

// Name is what the selector of the candle chart shows.
func (s *chartSeries) Name() string {
	return s.source.Instrument.String() + " · " + s.source.Timeframe.String()
}

// Note says that the candles are condensed, or nothing.
func (s *chartSeries) Note() string {
	if s.Series == s.source {
		return ""
	}
	return fmt.Sprintf("Shown as %s candles, condensed from %s of %s.", s.Timeframe, counted(s.source.Len(), "candle", "candles"), s.source.Timeframe)
}

// niceTimeframes are what a reader expects of longer candles.
var niceTimeframes = [...]market.Timeframe{
	market.S1, 5 * market.S1, 15 * market.S1, 30 * market.S1,
	market.M1, market.M3, market.M5, market.M15, market.M30,
	market.H1, market.H2, market.H4, market.H6, market.H8, market.H12,
	market.D1, market.W1, market.MN1,
}

// condense returns the series in candles long enough that there are no more than
// most, and whether it left out the volume because its sums do not fit.
func condense(s *market.Series, most int) (drawn *market.Series, noVolume bool) {
	if s.Len() <= most {
		return s, false
	}
	var quiet *market.Series
	for _, to := range longerTimeframes(s.Timeframe) {
		if to > 0 && s.Timeframe > 0 && int64(s.Len()) > int64(most)*int64(to/s.Timeframe) {
			continue // even full candles would be too many
		}
		out, err := market.Resample(s, to)
		if err != nil {
			// Not made of whole candles of the series, or the volumes' sum does not fit.
			if quiet == nil {
				quiet = withoutVolume(s)
			}
			if out, err = market.Resample(quiet, to); err == nil {
				noVolume = true
			}
		}
		if err == nil && out.Len() <= most {
			return out, noVolume
		}
	}
	return s, false
}

// longerTimeframes returns what a series could be resampled to, the nice ones
// first.
func longerTimeframes(tf market.Timeframe) []market.Timeframe {
	var longer []market.Timeframe
	for _, to := range niceTimeframes {
		if to.Compare(tf) > 0 {
			longer = append(longer, to)
		}
	}
	for to := 2 * tf; to.Validate() == nil; to *= 2 {
		longer = append(longer, to)
	}
	return longer
}

func withoutVolume(s *market.Series) *market.Series {
	return &market.Series{
		Instrument: s.Instrument, Timeframe: s.Timeframe, VolumeScale: s.VolumeScale,
		Time: s.Time, Open: s.Open, High: s.High, Low: s.Low, Close: s.Close, Volume: make([]int64, s.Len()),
	}
}

// newChartSeries prepares the series of a result.
func newChartSeries(p *page, data []*market.Series) []chartSeries {
	most := mostCandles
	if len(data) > 0 {
		most = min(most, max(mostInAll/len(data), fewestCandles))
	}
	out := make([]chartSeries, len(data))
	for i, s := range data {
		c := chartSeries{source: s, instrument: p.instrument(s.Instrument)}
		c.Series, c.noVolume = condense(s, most)
		in := &p.instruments[c.instrument]
		in.places = usedPlaces(s.Instrument.PriceScale, in.places, s.Open, s.High, s.Low, s.Close)
		out[i] = c
	}
	for i := range out {
		out[i].places = p.instruments[out[i].instrument].places
	}
	return out
}

// json returns the candles in columns. Closes and opens are steps from the close
// before, highs and lows distances from the candle's body; prices too large for
// that stand as they are.
func (s *chartSeries) json() []byte {
	var o object
	n := s.Len()
	unit := wide.Pow10(s.Instrument.PriceScale - s.places)
	at := func(column []int64) func(int) int64 {
		return func(i int) int64 { return column[i] / unit }
	}
	open, high, low, closes := at(s.Open), at(s.High), at(s.Low), at(s.Close)
	isWide := false
	for i := range n {
		isWide = isWide || !isSafe(high(i)) || !isSafe(low(i))
	}
	o.int("places", int64(s.places))
	o.int("length", lengthOf(s.Timeframe))
	o.differences("time", n, func(i int) int64 { return seconds(s.Time[i]) })
	o.bool("wide", isWide)
	if isWide {
		o.column("open", n, open)
		o.column("high", n, high)
		o.column("low", n, low)
		o.column("close", n, closes)
	} else {
		before := func(i int) int64 {
			if i == 0 {
				return 0
			}
			return closes(i - 1)
		}
		o.column("open", n, func(i int) int64 { return open(i) - before(i) })
		o.column("high", n, func(i int) int64 { return high(i) - max(open(i), closes(i)) })
		o.column("low", n, func(i int) int64 { return min(open(i), closes(i)) - low(i) })
		o.column("close", n, func(i int) int64 { return closes(i) - before(i) })
	}
	if !s.noVolume {
		places := usedPlaces(s.VolumeScale, 0, s.Volume)
		o.int("volume_places", int64(places))
		unit := wide.Pow10(s.VolumeScale - places)
		o.column("volume", n, func(i int) int64 { return s.Volume[i] / unit })
	}
	return o.end()
}

// lengthOf returns a candle's length in seconds, or of a month the longest.
func lengthOf(tf market.Timeframe) int64 {
	if tf < 0 {
		return 31 * 24 * 3600 * -int64(tf)
	}
	return seconds(int64(tf))
}

// curve is the equity as it is drawn: which points of all, with the drawdown of
// each against the highest equity before it.
type curve struct {
	result   *backtest.Result
	points   []int
	drawdown []float64 // of every point of the result, at most 0
	hold     []float64 // what buying and holding made of 1, at the points drawn; nil without candles
}

func newCurve(r *backtest.Result) curve {
	n := len(r.Equity.Units)
	c := curve{result: r, drawdown: make([]float64, n)}
	values := make([]float64, n)
	peak, _ := r.Cash.Value.Float64()
	for i, u := range r.Equity.Units {
		values[i] = u.Float64() / math.Pow10(exchange.LedgerScale)
		peak = max(peak, values[i])
		if peak > 0 {
			c.drawdown[i] = values[i]/peak - 1
		}
	}
	c.points = keep(values, c.drawdown, mostPoints)
	if held, err := r.BuyAndHold(); err == nil && n > 0 {
		c.hold = make([]float64, len(c.points))
		at, value, start := 0, 1.0, held.Start.Float64()
		for i, point := range c.points {
			for ; at < len(held.Times) && held.Times[at] <= r.Equity.Times[point]; at++ {
				value = held.Equity[at].Float64() / start
			}
			c.hold[i] = value
		}
	}
	return c
}

// keep returns the points that tell the shape of a curve: all, or of each of
// most/4 intervals the lowest, the highest, the deepest drawdown and the last.
func keep(values, drawdown []float64, most int) []int {
	n := len(values)
	if n <= most {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	intervals := most / 4
	kept := make([]int, 0, most)
	first := 0
	for b := range intervals {
		end := (b + 1) * n / intervals
		lowest, highest, deepest := first, first, first
		for i := first; i < end; i++ {
			if values[i] < values[lowest] {
				lowest = i
			}
			if values[i] > values[highest] {
				highest = i
			}
			if drawdown[i] < drawdown[deepest] {
				deepest = i
			}
		}
		last := -1
		for _, i := range sorted4(lowest, highest, deepest, end-1) {
			if i != last {
				kept = append(kept, i)
			}
			last = i
		}
		first = end
	}
	return kept
}

func sorted4(a, b, c, d int) [4]int {
	s := [4]int{a, b, c, d}
	for i := 1; i < len(s); i++ {
		for j := i; j > 0 && s[j] < s[j-1]; j-- {
			s[j], s[j-1] = s[j-1], s[j]
		}
	}
	return s
}

// Note says that the curve is condensed, or nothing.
func (c *curve) Note() string {
	all := len(c.result.Equity.Units)
	if len(c.points) == all {
		return ""
	}
	return fmt.Sprintf("Condensed for display to %s of %s points: the lowest, the highest and the last of each interval, and its deepest drawdown.",
		count(len(c.points)), count(all))
}

// json returns the points in columns; the drawdown, and what
// holding made of 1, are in millionths.
func (c *curve) json() []byte {
	var o object
	r, n := c.result, len(c.points)
	texts, scale := ledgerTexts(n, func(i int) exchange.Units { return r.Equity.Units[c.points[i]] })
	o.int("scale", int64(scale))
	o.differences("time", n, func(i int) int64 { return seconds(r.Equity.Times[c.points[i]]) })
	o.strings("value", texts)
	o.column("drawdown", n, func(i int) int64 { return int64(math.Round(c.drawdown[c.points[i]] * 1e6)) })
	if c.hold != nil {
		o.column("hold", n, func(i int) int64 { return int64(math.Round(c.hold[i] * 1e6)) })
	}
	return o.end()
}
