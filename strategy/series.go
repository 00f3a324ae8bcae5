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

// SeriesOf finds what a strategy reads over the candles of a key: those first, then
// the others that it needs on the same venue, each once. Longer candles of the
// instrument itself are made of its own (market.Resample), so that both are always
// of one source; other instruments must be stored. A strategy that is no Needer
// reads the key alone. What is missing, or of another timeframe than the strategy's,
// is Invalid with the field data, all faults joined.
func SeriesOf(ctx context.Context, candles Candles, key market.Key, s Strategy) ([]*market.Series, error) {
	needer, _ := s.(Needer)
	if needer != nil && needer.Timeframe() != key.Timeframe {
		return nil, tradekeel.Invalidf("data", "must be candles of %s, the strategy's timeframe, got %s", needer.Timeframe(), key)
	}
	main, err := seriesOf(ctx, candles, key)
	if err != nil || needer == nil {
		return []*market.Series{main}, err
	}
	all := []*market.Series{main}
	seen := map[market.Key]bool{key: true}
	var wrong []error
	for _, need := range needer.Needs() {
		other := market.Key{Venue: key.Venue, Symbol: need.Symbol, Timeframe: need.Timeframe}
		if other.Symbol == "" {
			other.Symbol = key.Symbol
		}
		if seen[other] {
			continue
		}
		seen[other] = true
		series, err := longer(main, other)
		if series == nil && err == nil {
			series, err = seriesOf(ctx, candles, other)
		}
		all, wrong = append(all, series), append(wrong, err)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return all, nil
}

// longer makes the candles of a key of shorter ones of the same instrument; nil where
// that is not possible.
func longer(main *market.Series, key market.Key) (*market.Series, error) {
	if key.Symbol != main.Instrument.Symbol || key.Timeframe.Compare(main.Timeframe) <= 0 {
		return nil, nil
	}
	series, err := market.Resample(main, key.Timeframe)
	if e, ok := errors.AsType[*tradekeel.Error](err); ok && e.Field == "timeframe" {
		return nil, nil // not made of whole ones: perhaps it is stored
	}
	return series, err
}

func seriesOf(ctx context.Context, candles Candles, key market.Key) (*market.Series, error) {
	series, err := candles.Series(ctx, key)
	if errors.Is(err, market.ErrNoSeries) {
		// It is a field of the input that is wrong, not the address of the call.
		err = tradekeel.Invalidf("data", "there are no candles %s", key).Because(err)
	}
	return series, err
}
