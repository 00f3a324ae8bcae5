package backtest

import (
	"context"

	"github.com/tradekeel/tradekeel/market"
)

// StoredCandles makes a market.Store the Candles of a service. It reads a file
// for each run; the store checks its checksum.
type StoredCandles struct{ Store *market.Store }

// Series implements Candles.
func (c StoredCandles) Series(ctx context.Context, key market.Key) (*market.Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.Store.Get(key)
}

// Keys implements Candles.
func (c StoredCandles) Keys(ctx context.Context) ([]market.Key, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return c.Store.List()
}
