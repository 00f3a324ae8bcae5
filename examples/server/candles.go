package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/tradekeel/tradekeel/examples"
	"github.com/tradekeel/tradekeel/internal/progress"
	"github.com/tradekeel/tradekeel/market"
)

// importCandles stores the bundled candles that are not there yet.
func importCandles(store *market.Store, out io.Writer) error {
	have, err := store.List()
	if err != nil {
		return err
	}
	for _, c := range examples.Bundled() {
		if slices.Contains(have, c.Key()) {
			continue
		}
		bar := progress.New(out, "import "+c.Key().String())
		series, err := c.Read(bar.Show)
		if err != nil {
			return fmt.Errorf("import %s: %w", c.Key(), err)
		}
		if err := store.Put(series); err != nil {
			return err
		}
		bar.End(fmt.Sprintf("%d bars, %d gaps", series.Len(), len(series.Gaps())))
	}
	return nil
}
