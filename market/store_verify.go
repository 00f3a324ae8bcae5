package market

import (
	"context"
	"errors"
	"fmt"
)

// Verify reads every series of the store and checks every checksum and candle.
// It goes on after damage and returns all of it, joined, each an ErrDamaged that
// names its series and file; nil is a whole store. Progress, which may be nil,
// is told after each series how many of them are done.
func (s *Store) Verify(ctx context.Context, progress func(done, total int)) error {
	keys, found, err := s.list()
	if err != nil {
		return err
	}
	for i, k := range keys {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("verify candles: %w", err)
		}
		switch _, err := s.Get(k); {
		case errors.Is(err, ErrNoSeries): // deleted meanwhile
		case err != nil:
			found = append(found, err)
		}
		if progress != nil {
			progress(i+1, len(keys))
		}
	}
	return errors.Join(found...)
}
