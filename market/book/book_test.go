package book_test

import (
	"errors"
	"maps"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
)

// model is a book as a map a side.
type model [2]map[int64]int64

func (m model) clone() model { return model{maps.Clone(m[0]), maps.Clone(m[1])} }

// sorted returns the levels of a side, the best first.
func (m model) sorted(which book.Side) []book.Level {
	var all []book.Level
	for price, quantity := range m[which] {
		all = append(all, book.Level{Price: price, Quantity: quantity})
	}
	slices.SortFunc(all, func(a, b book.Level) int {
		if which == book.Bid {
			a, b = b, a
		}
		return int(a.Price - b.Price)
	})
	return all
}

// apply does what a book should do, or leaves m alone and returns the error.
func (m model) apply(d book.Diff, depth int) (model, error) {
	next := m.clone()
	for i, levels := range [][]book.Level{d.Bids, d.Asks} {
		for _, l := range levels {
			if l.Price <= 0 || l.Quantity < 0 {
				return m, book.ErrLevel
			}
			delete(next[i], l.Price)
			if l.Quantity > 0 {
				next[i][l.Price] = l.Quantity
			}
		}
	}
	bids, asks := next.sorted(book.Bid), next.sorted(book.Ask)
	if len(bids) > 0 && len(asks) > 0 && bids[0].Price >= asks[0].Price {
		return m, book.ErrCrossed
	}
	for i, all := range [][]book.Level{bids, asks} {
		if depth > 0 && len(all) > depth {
			for _, l := range all[depth:] {
				delete(next[i], l.Price)
			}
		}
	}
	return next, nil
}

// same compares every answer of a book with the model's.
func same(t *rapid.T, b *book.Book, m model) {
	for _, which := range []book.Side{book.Bid, book.Ask} {
		want := m.sorted(which)
		if got := b.Top(nil, which, math.MaxInt); !slices.Equal(got, want) || b.Len(which) != len(want) {
			t.Fatalf("the %ss are %v, want %v", which, got, want)
		}
		best, some := b.Best(which)
		if some != (len(want) > 0) || some && best != want[0] {
			t.Fatalf("the best %s is %v, %v", which, best, some)
		}
		total, notional := int64(0), new(big.Int)
		sums := b.Cumulative(nil, which, 5)
		for i, l := range want {
			total += l.Quantity
			notional.Add(notional, new(big.Int).Mul(big.NewInt(l.Price), big.NewInt(l.Quantity)))
			if i < 5 && sums[i] != (book.Level{Price: l.Price, Quantity: total}) {
				t.Fatalf("the sums are %v of %v", sums, want)
			}
			if q, n := b.Depth(which, l.Price); q != total || n != i+1 {
				t.Fatalf("there are %d in %d levels up to %v, want %d", q, n, l, total)
			}
			if b.Quantity(which, l.Price) != l.Quantity {
				t.Fatalf("at %v there are %d", l, b.Quantity(which, l.Price))
			}
			filled, cost, worst := b.Sweep(which, total)
			in := b.Instrument()
			if filled != total || worst != l.Price || !cost.Equal(decimal.NewFromBigInt(notional, -in.PriceScale-in.QuantityScale)) {
				t.Fatalf("taking %d costs %s for %d down to %d", total, cost, filled, worst)
			}
		}
		if filled, _, _ := b.Sweep(which, math.MaxInt64); filled != total || b.Total(which) != total {
			t.Fatalf("taking all gives %d of %d, the book says %d", filled, total, b.Total(which))
		}
		if b.Quantity(which, 1000) != 0 {
			t.Fatal("there is something where nothing was put")
		}
	}
}

// TestBookIsAMap: whatever diffs come, the book is what a map of prices would be,
// and a refused one leaves it as it was.
func TestBookIsAMap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		depth := rapid.SampledFrom([]int{0, 0, 1, 3, 10}).Draw(t, "depth")
		b, err := book.New(market.MustSpot("BTC/USDT"), depth)
		if err != nil {
			t.Fatal(err)
		}
		m := model{{}, {}}
		level := func(from, to int64) *rapid.Generator[book.Level] {
			return rapid.Custom(func(t *rapid.T) book.Level {
				return book.Level{Price: rapid.Int64Range(from, to).Draw(t, "price"), Quantity: rapid.Int64Range(-1, 8).Draw(t, "quantity") / 2 * 3}
			})
		}
		for range rapid.IntRange(1, 40).Draw(t, "diffs") {
			low := rapid.SampledFrom([]int64{1, 1, 1, 1, 0}).Draw(t, "lowest")
			d := book.Diff{
				Bids: rapid.SliceOfN(level(low, 22), 0, 12).Draw(t, "bids"),
				Asks: rapid.SliceOfN(level(20, 40), 0, 12).Draw(t, "asks"),
			}
			var got, want error
			switch rapid.IntRange(0, 9).Draw(t, "what") {
			case 0: // a snapshot
				var next model
				if next, want = (model{{}, {}}).apply(d, depth); want == nil {
					m = next
				}
				got = b.Reset(d)
			case 1:
				b.Clear()
				m = model{{}, {}}
			default:
				m, want = m.apply(d, depth)
				got = b.Apply(d)
			}
			if !errors.Is(got, want) || (got == nil) != (want == nil) || got != nil && !book.NeedsSnapshot(got) {
				t.Fatalf("%v gave %v, want %v", d, got, want)
			}
			same(t, b, m)
		}
	})
}

func TestBookIsRefused(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	if _, err := book.New(in, -1); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("a negative depth gave %v", err)
	}
	if _, err := book.New(nil, 0); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("no instrument gave %v", err)
	}
	b, _ := book.New(in, 0)
	if err := b.Apply(book.Diff{Bids: at(10, math.MaxInt64)}); err != nil {
		t.Fatal(err)
	}
	for name, d := range map[string]book.Diff{
		"bid: the quantities of a side have no sum": {Bids: at(9, 1)},
		"ask: a price must be above zero":           {Bids: at(10, 5), Asks: at(-1, 1)},
		"BTC/USDT is bid at 0.0000001 and asked":    {Asks: at(10, 1)},
	} {
		if err := b.Apply(d); err == nil || !strings.HasPrefix(err.Error(), name) || b.Quantity(book.Bid, 10) != math.MaxInt64 || b.Len(book.Ask) != 0 {
			t.Errorf("%v gave %v", d, err)
		}
	}
	if spread, both := b.Spread(); both {
		t.Errorf("one side has a spread of %d", spread)
	}
	if err := b.Apply(book.Diff{Asks: at(13, 1)}); err != nil {
		t.Fatal(err)
	}
	if spread, both := b.Spread(); !both || spread != 3 {
		t.Errorf("the spread is %d, %v", spread, both)
	}
}

// updates are diffs around a middle that wanders, over about a thousand levels.
func updates() []book.Diff {
	var all []book.Diff
	seed, mid := uint64(1), int64(1_000_000)
	next := func(n int64) int64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int64(seed>>33) % n
	}
	for range 4096 {
		mid += next(3) - 1
		var d book.Diff
		for range 4 {
			// Most changes are near the best price, as in the market.
			far := 1 + next(30)*next(30)
			d.Bids = append(d.Bids, book.Level{Price: mid - far, Quantity: next(5)})
			d.Asks = append(d.Asks, book.Level{Price: mid + far, Quantity: next(5)})
		}
		d.Bids = append(d.Bids, book.Level{Price: mid}, book.Level{Price: mid + 1})
		d.Asks = append(d.Asks, book.Level{Price: mid}, book.Level{Price: mid - 1})
		all = append(all, d)
	}
	return all
}

func TestApplyAllocatesNothing(t *testing.T) {
	all := updates()
	b, _ := book.New(market.MustSpot("BTC/USDT"), 0)
	f := book.NewBybit(b)
	if err := f.Snapshot(0, book.Diff{}); err != nil {
		t.Fatal(err)
	}
	u := int64(0)
	round := func() {
		for _, d := range all {
			u++
			if _, err := f.Delta(u, d); err != nil {
				t.Fatal(err)
			}
		}
		b.Clear()
	}
	round() // the sides grow
	if n := testing.AllocsPerRun(3, round); n > 0 {
		t.Errorf("%v allocations for %d updates", n, len(all))
	}
}

// BenchmarkApply changes a level of a book of about a thousand; the figure of
// interest is ns/level.
func BenchmarkApply(b *testing.B) {
	all := updates()
	levels := 0
	for _, d := range all {
		levels += len(d.Bids) + len(d.Asks)
	}
	perLevel := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(levels), "ns/level")
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(all)), "ns/diff")
	}
	b.Run("book", func(b *testing.B) {
		b.ReportAllocs()
		k, _ := book.New(market.MustSpot("BTC/USDT"), 0)
		for b.Loop() {
			k.Clear()
			for _, d := range all {
				if err := k.Apply(d); err != nil {
					b.Fatal(err)
				}
			}
		}
		perLevel(b)
	})
	// A map of prices: it knows neither the best price nor an order.
	b.Run("map", func(b *testing.B) {
		b.ReportAllocs()
		m := model{{}, {}}
		for b.Loop() {
			clear(m[0])
			clear(m[1])
			for _, d := range all {
				for i, levels := range [...][]book.Level{d.Bids, d.Asks} {
					for _, l := range levels {
						if l.Quantity == 0 {
							delete(m[i], l.Price)
						} else {
							m[i][l.Price] = l.Quantity
						}
					}
				}
			}
		}
		perLevel(b)
	})
	// The same with the best prices after each diff, as a strategy asks for them.
	b.Run("map and best", func(b *testing.B) {
		m := model{{}, {}}
		for b.Loop() {
			clear(m[0])
			clear(m[1])
			for _, d := range all[:256] {
				for i, levels := range [...][]book.Level{d.Bids, d.Asks} {
					for _, l := range levels {
						if l.Quantity == 0 {
							delete(m[i], l.Price)
						} else {
							m[i][l.Price] = l.Quantity
						}
					}
				}
				bid, ask := int64(0), int64(math.MaxInt64)
				for price := range m[0] {
					bid = max(bid, price)
				}
				for price := range m[1] {
					ask = min(ask, price)
				}
				if bid >= ask {
					b.Fatal("crossed")
				}
			}
		}
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/256, "ns/diff")
	})
}
