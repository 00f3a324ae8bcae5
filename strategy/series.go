package strategy

import (
	"context"
	"errors"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Candles is where the series that a strategy reads are found.
type Candles interface {
	// Series returns a whole series; market.ErrNoSeries when there is none.
	Series(ctx context.Context, key market.Key) (*market.Series, error)
}

// SeriesOf finds what a strategy reads over the candles of a key: the main series
// first, then the others that it needs on the same venue, each once. Those of the
// instrument itself are made of the key's candles (market.ResampleWhole), so that
// all are of one source; other instruments must be stored. A strategy that is no
// Needer reads the key alone. What is missing or cannot be made is Invalid with the
// field data, all faults joined.
func SeriesOf(ctx context.Context, candles Candles, key market.Key, s Strategy) ([]*market.Series, error) {
	given, err := stored(ctx, candles, key)
	needer, ok := s.(Needer)
	if err != nil || !ok {
		return []*market.Series{given}, err
	}
	var all []*market.Series
	var wrong []error
	seen := map[market.Key]bool{}
	for _, need := range append([]Need{{Timeframe: needer.Timeframe()}}, needer.Needs()...) {
		k := market.Key{Venue: key.Venue, Symbol: need.Symbol, Timeframe: need.Timeframe}
		if k.Symbol == "" {
			k.Symbol = key.Symbol
		}
		if seen[k] {
			continue
		}
		seen[k] = true
		var series *market.Series
		switch {
		case k == key:
			series, err = given, nil
		case k.Symbol == key.Symbol:
			series, err = longer(given, k)
		default:
			series, err = stored(ctx, candles, k)
		}
		all, wrong = append(all, series), append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return all, nil
}

func longer(given *market.Series, key market.Key) (*market.Series, error) {
	if !given.Timeframe.Divides(key.Timeframe) {
		return nil, tradekeel.Invalidf("data", "the strategy reads %s candles, and they cannot be made of %s", key.Timeframe, given.Timeframe)
	}
	return market.ResampleWhole(given, key.Timeframe)
}

func stored(ctx context.Context, candles Candles, key market.Key) (*market.Series, error) {
	series, err := candles.Series(ctx, key)
	if errors.Is(err, market.ErrNoSeries) {
		// It is a field of the input that is wrong, not the address of the call.
		err = tradekeel.Invalidf("data", "there are no candles %s", key).Because(err)
	}
	return series, err
}
