package library

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// Question asks why a version decides as it does.
type Question struct {
	Params json.RawMessage // values over the defaults
	Data   market.Key      // of the document's timeframe, or shorter
	At     time.Time       // the last close at or before it; zero is the last of the data
}

// Explain tells what each condition of a version comes to at one close of stored
// candles, and why it would trade there or not, without a position. Number 0 is the
// latest. What is wrong with the question is Invalid, with the fields params, data
// and at; Unsupported for a service without candles.
func (s *Service) Explain(ctx context.Context, actor tradekeel.Actor, id ID, number int, q Question) (strategy.Explanation, error) {
	v, err := s.Version(ctx, actor, id, number)
	if err != nil {
		return strategy.Explanation{}, err
	}
	if s.candles == nil {
		return strategy.Explanation{}, tradekeel.ErrUnsupported.With("", "there are no candles to explain decisions on")
	}
	d, err := read(&v)
	if err != nil {
		return strategy.Explanation{}, err
	}
	chosen, wrong := d.Parse(q.Params)
	series, err := strategy.SeriesOf(ctx, s.candles, q.Data, d)
	if err := errors.Join(wrong, err); err != nil {
		return strategy.Explanation{}, err
	}
	if q.At.IsZero() && series[0].Len() > 0 { // the main series is the first
		closes := series[0].Closes()
		q.At = time.Unix(0, closes[len(closes)-1]).UTC()
	}
	return document.Explain(ctx, chosen, series, q.At)
}
