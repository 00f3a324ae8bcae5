package backtest

import (
	"math"
	"slices"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/trading"
)

// before returns how many bars of a series close at or before From and are read only to
// warm up indicators.
func (r *run) before(s *market.Series) int {
	if r.config.WarmFrom.IsZero() {
		return 0
	}
	n, _ := slices.BinarySearch(s.Closes(), r.config.From.UnixNano()+1)
	return n
}

// warm hands the bars before From to the core, in the order of their closes, without
// asking the strategy.
func (r *run) warm(all []*market.Series) error {
	at, end := make([]int, len(all)), make([]int, len(all))
	for i, s := range all {
		end[i] = r.before(s)
	}
	for {
		moment := int64(math.MaxInt64)
		for i, s := range all {
			if at[i] < end[i] {
				moment = min(moment, s.Closes()[at[i]])
			}
		}
		if moment == math.MaxInt64 {
			return nil
		}
		for _, f := range r.feeds { // in their order at one moment
			i := f.index
			s := all[i]
			if at[i] >= end[i] || s.Closes()[at[i]] != moment {
				continue
			}
			ev := trading.Event{Kind: trading.BarReached, Feed: i, VenueTime: moment, ReceiveTime: moment}
			if r.config.Streamed {
				ev.Kind, ev.Bar = trading.BarClosed, s.Bar(at[i])
			}
			if _, err := r.core.Apply(&ev); err != nil {
				return err
			}
			at[i]++
		}
	}
}
