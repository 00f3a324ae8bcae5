package source

import (
	"cmp"
	"fmt"
	"iter"
	"math"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Trade is one execution at a venue in stored integers: nanoseconds UTC, the
// price at the instrument's PriceScale and the quantity at the candles' VolumeScale.
type Trade struct{ Time, Price, Quantity int64 }

// Aggregated is candles that were made of trades.
type Aggregated struct {
	Series *market.Series
	// Trades is the number of trades in each candle; 0 marks one that FillEmpty made.
	Trades []int32
	// Filled is the number of candles without a trade.
	Filled int
}

// TradeOptions say how to make candles of trades. Instrument and Timeframe are
// required. Layout.Close names the column of the price and Layout.Volume that of
// the quantity; the other prices, and CloseStamps, do not apply.
type TradeOptions struct {
	market.CSVOptions
	// FillEmpty makes a flat candle of volume 0 at the last price for each bucket
	// without a trade between two that have some.
	FillEmpty bool
}

// Aggregate makes candles of trades that are sorted by time: the first price, the
// highest, the lowest, the last, and the exact sum of quantities of each bucket.
// Buckets without a trade are left out unless they are filled. The first and the
// last candle hold the trades that there are, which need not be all of theirs.
//
// A trade out of order, without a price or quantity above zero, or beyond what the
// scale holds is an Invalid error whose Field names its place from 0.
func Aggregate(trades iter.Seq[Trade], options TradeOptions) (*Aggregated, error) {
	a, err := newAggregator(options)
	if err != nil {
		return nil, err
	}
	n := 0
	for t := range trades {
		if kind, field, text := a.add(t); kind != "" {
			return nil, tradekeel.Invalidf(fmt.Sprintf("trades[%d].%s", n, field), "%s", text)
		}
		n++
	}
	return &a.out, nil
}

type aggregator struct {
	out   Aggregated
	tf    market.Timeframe
	fill  bool
	until int64 // the close of the candle that is being made
	last  int64 // the time of the trade before
}

// maxFill bounds the flat candles of one gap.
const maxFill = 1 << 20

func newAggregator(o TradeOptions) (*aggregator, error) {
	if err := o.Instrument.Validate(); err != nil {
		return nil, err
	}
	if o.Timeframe == 0 {
		return nil, tradekeel.Invalidf("timeframe", "is missing")
	}
	if o.VolumeScale == 0 {
		o.VolumeScale = 8
	}
	s := market.NewSeries(o.Instrument, o.Timeframe, o.VolumeScale, 0)
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return &aggregator{out: Aggregated{Series: market.NewSeries(o.Instrument, o.Timeframe, o.VolumeScale, 0)}, tf: o.Timeframe, fill: o.FillEmpty}, nil
}

func (a *aggregator) add(t Trade) (kind market.ProblemKind, field, text string) {
	s := a.out.Series
	n := s.Len() - 1
	switch {
	case t.Price <= 0:
		return market.Negative, "price", "must be above zero, got " + s.Instrument.Price(t.Price).String()
	case t.Quantity <= 0:
		return market.Negative, "quantity", "must be above zero"
	case n >= 0 && t.Time < a.last:
		return market.Unsorted, "time", fmt.Sprintf("%s comes after %s; trades must be sorted by time", stamp(t.Time), stamp(a.last))
	case n >= 0 && t.Time < a.until:
		if s.Volume[n] > math.MaxInt64-t.Quantity {
			return market.OutOfRange, "quantity", fmt.Sprintf("the volume of the candle at %s is out of range at %d decimals", stamp(s.Time[n]), s.VolumeScale)
		}
		s.High[n], s.Low[n] = max(s.High[n], t.Price), min(s.Low[n], t.Price)
		s.Close[n] = t.Price
		s.Volume[n] += t.Quantity
		a.out.Trades[n]++
		a.last = t.Time
		return "", "", ""
	}
	open := a.tf.Open(t.Time)
	if n >= 0 && a.fill && a.until < open {
		if a.tf > 0 && (open-a.until)/int64(a.tf) > maxFill {
			return market.OutOfRange, "time", fmt.Sprintf("%s comes more than %d candles after %s; that gap is not filled", stamp(t.Time), maxFill, stamp(a.last))
		}
		price := s.Close[n]
		for at := a.until; at < open; at = a.tf.Close(at) {
			s.Append(market.Bar{Time: at, Open: price, High: price, Low: price, Close: price})
			a.out.Trades = append(a.out.Trades, 0)
			a.out.Filled++
		}
	}
	s.Append(market.Bar{Time: open, Open: t.Price, High: t.Price, Low: t.Price, Close: t.Price, Volume: t.Quantity})
	a.out.Trades = append(a.out.Trades, 1)
	a.until, a.last = a.tf.Close(open), t.Time
	return "", "", ""
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// sortProblems orders problems by line and bounds their number.
func sortProblems(all []market.Problem) []market.Problem {
	slices.SortStableFunc(all, func(a, b market.Problem) int { return cmp.Compare(a.Line, b.Line) })
	return all[:min(len(all), market.MaxProblems)]
}
