package source_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
)

var btcusdt = venueSpot("BTC/USDT")

func venueSpot(symbol string) *market.Instrument {
	in := market.MustSpot(symbol)
	in.Venue = "binance"
	return in
}

// memory is a Store with the laws that the interface states.
type memory struct {
	mu      sync.Mutex
	series  map[market.Key]*market.Series
	appends int
	merges  int
}

func (m *memory) Append(s *market.Series) error {
	return m.write(s, func(have *market.Series, b market.Bar) bool {
		return have.Len() == 0 || b.Time > have.Time[have.Len()-1]
	}, &m.appends)
}

func (m *memory) Merge(s *market.Series) error {
	return m.write(s, func(*market.Series, market.Bar) bool { return true }, &m.merges)
}

func (m *memory) write(s *market.Series, may func(have *market.Series, b market.Bar) bool, calls *int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	*calls++
	out, err := combine(m.series[market.KeyOf(s)], s, may)
	if err != nil {
		return err
	}
	if m.series == nil {
		m.series = map[market.Key]*market.Series{}
	}
	m.series[market.KeyOf(s)] = out
	return nil
}

// combine returns have with the candles of s that may be added.
func combine(have, s *market.Series, may func(have *market.Series, b market.Bar) bool) (*market.Series, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	if have == nil {
		have = market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, 0)
	}
	var bars []market.Bar
	for i := range have.Len() {
		bars = append(bars, have.Bar(i))
	}
	for i := range s.Len() {
		b := s.Bar(i)
		at, found := slices.BinarySearch(have.Time, b.Time)
		switch {
		case found && have.Bar(at) != b:
			return nil, &tradekeel.Error{Kind: tradekeel.Conflict, Code: "test.differs", Message: "a candle differs"}
		case !found && !may(have, b):
			return nil, tradekeel.Invalidf("series", "is before the last candle")
		case !found:
			bars = append(bars, b)
		}
	}
	slices.SortFunc(bars, func(a, b market.Bar) int { return int(a.Time/1e9 - b.Time/1e9) })
	out := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, len(bars))
	for _, b := range bars {
		out.Append(b)
	}
	return out, nil
}

func (m *memory) Range(k market.Key, from, to time.Time) (*market.Series, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	s := m.series[k]
	if s == nil {
		return nil, market.ErrNoSeries.With("data", "there are no candles %s", k)
	}
	return s.Between(from, to), nil
}

func (m *memory) all(t testing.TB, in *market.Instrument, tf market.Timeframe) *market.Series {
	t.Helper()
	s, err := m.Range(market.Key{Venue: in.Venue, Symbol: in.Symbol, Timeframe: tf}, time.Time{}, time.Time{})
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
