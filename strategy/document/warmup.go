package document

import (
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// Warmup is the most candles of the main timeframe that go by before the first that
// the document can decide at, with its defaults. Candles of other timeframes that it
// reads count as those of the main one that are in them.
func (d *Document) Warmup() int {
	main := market.Instrument{Symbol: "MAIN/QUOTE:QUOTE", Base: "MAIN", Quote: "QUOTE", Kind: market.Linear}
	feeds := []*strategy.Feed{strategy.NewFeed(0, &main, d.timeframe, 0)}
	for _, need := range d.needs {
		in := &main
		if need.Symbol != "" {
			other := main
			other.Symbol = need.Symbol
			in = &other
		}
		feeds = append(feeds, strategy.NewFeed(int32(len(feeds)), in, need.Timeframe, 0))
	}
	if _, err := d.Build(strategy.NewSetup(feeds)); err != nil {
		return 0 // cannot be: the defaults were held to their corners
	}
	most := 0
	for _, f := range feeds {
		bars := f.Warmup()
		if length, own := lengthOf(f.Timeframe()), lengthOf(d.timeframe); length > own {
			ratio := int(length / own)
			bars = (bars+2)*ratio - 2 // the first one may be a part
		} else if length < own {
			bars = int(int64(bars) * length / own)
		}
		most = max(most, bars)
	}
	return most
}

// lengthOf is how long a candle is, in nanoseconds; a month has 31 days.
func lengthOf(tf market.Timeframe) int64 { return tf.Close(tf.Open(0)) - tf.Open(0) }
