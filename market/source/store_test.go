package source_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
)

var btcusdt = venueSpot("BTC/USDT")

func venueSpot(symbol string) *market.Instrument {
	in := market.MustSpot(symbol)
	in.Venue = "binance"
	return in
}

// counted is a candle store that counts what was written to it.
type counted struct {
	*market.Store

	appends, merges int
}

func newStore(t testing.TB) *counted {
	t.Helper()
	store, err := market.OpenStore(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &counted{Store: store}
}

func (c *counted) Append(s *market.Series) error {
	c.appends++
	return c.Store.Append(s)
}

func (c *counted) Merge(s *market.Series) error {
	c.merges++
	return c.Store.Merge(s)
}

func (c *counted) empty(t testing.TB) bool {
	t.Helper()
	keys, err := c.List()
	if err != nil {
		t.Fatal(err)
	}
	return len(keys) == 0
}

func (c *counted) all(t testing.TB, in *market.Instrument, tf market.Timeframe) *market.Series {
	t.Helper()
	s, err := c.Get(market.Key{Venue: in.Venue, Symbol: in.Symbol, Timeframe: tf})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func sameSeries(t testing.TB, got, want *market.Series) {
	t.Helper()
	if got.Len() != want.Len() {
		t.Fatalf("there are %d candles, want %d", got.Len(), want.Len())
	}
	for i := range want.Len() {
		if got.Bar(i) != want.Bar(i) {
			t.Fatalf("candle %d is %+v, want %+v", i, got.Candle(i), want.Candle(i))
		}
	}
}

// without returns a series without the candles from first to last-1.
func without(s *market.Series, first, last int) *market.Series {
	out := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, s.Len())
	for i := range s.Len() {
		if i < first || i >= last {
			out.Append(s.Bar(i))
		}
	}
	return out
}

func bundled(t testing.TB) *market.Series {
	t.Helper()
	s, err := market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: btcusdt})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func reference(t testing.TB, otherwise string) string {
	t.Helper()
	return golden.Folder(t, otherwise)
}
