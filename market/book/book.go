package book

import (
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// Side is a side of a book.
type Side uint8

// The sides.
const (
	Bid Side = iota // who buys; the best is the highest
	Ask             // who sells; the best is the lowest
)

// String returns "bid" or "ask".
func (s Side) String() string {
	if s == Bid {
		return "bid"
	}
	return "ask"
}

// Level is the quantity at a price, in the instrument's stored integers.
type Level struct {
	Price    int64 // at PriceScale
	Quantity int64 // at QuantityScale
}

// Diff is levels that changed, in any order; where a price is named twice, the
// last counts. A quantity of zero removes the level.
type Diff struct {
	Bids, Asks []Level
}

// The errors of a book. NeedsSnapshot tells those that a snapshot cures.
var (
	// ErrLevel is a level that no book has: a price of zero or below, a quantity
	// below zero, or so much that the quantities of a side have no sum.
	ErrLevel = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "book.level", Message: "no level of a book"}
	// ErrCrossed is a bid at or above an ask: the two would have traded.
	ErrCrossed = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "book.crossed", Message: "the book is crossed"}
	// ErrGap is a message that is missing before the one at hand.
	ErrGap = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "book.gap", Message: "messages are missing"}
	// ErrChecksum is a book that differs from the venue's.
	ErrChecksum = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "book.checksum", Message: "the book differs from the venue's"}
	// ErrNoSnapshot is a diff that came while there is no snapshot to apply it to.
	ErrNoSnapshot = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "book.no_snapshot", Message: "there is no snapshot"}
)

// Book is the levels of one instrument. Make one with New.
type Book struct {
	in    *market.Instrument
	depth int
	sides [2]side
	undo  []change
	wrong *tradekeel.Error // of the update under way
}

// side is levels sorted from the worst to the best, so that what changes most is
// near the end and moves little.
type side struct {
	levels []Level
	sum    int64 // of all quantities
}

// change is what a level was before an update.
type change struct {
	side  Side
	level Level
}

// New makes an empty book. depth bounds the levels of a side: after an update the
// worst beyond it are dropped, as venues do that send so many; 0 keeps all.
func New(in *market.Instrument, depth int) (*Book, error) {
	if err := in.Validate(); err != nil {
		return nil, err
	}
	if depth < 0 {
		return nil, tradekeel.Invalidf("depth", "must be a number of levels, or 0 for all, got %d", depth)
	}
	return &Book{in: in, depth: depth}, nil
}

// Instrument returns what the book is of.
func (b *Book) Instrument() *market.Instrument { return b.in }

// Clear removes every level.
func (b *Book) Clear() {
	for i := range b.sides {
		b.sides[i].levels, b.sides[i].sum = b.sides[i].levels[:0], 0
	}
}

// Reset replaces the whole book by a snapshot, whose levels may come in any order.
// Levels without quantity are left out. When it is refused with ErrLevel or
// ErrCrossed, the book is as it was.
func (b *Book) Reset(d Diff) error {
	before := b.sides
	b.sides = [2]side{{levels: make([]Level, 0, len(d.Bids)+room)}, {levels: make([]Level, 0, len(d.Asks)+room)}}
	if err := b.Apply(d); err != nil {
		b.sides = before
		return err
	}
	return nil
}

// room is spare for the levels that come after a snapshot.
const room = 64

// Apply changes levels, and drops those beyond the depth. When the diff is refused
// with ErrLevel or ErrCrossed, the book is as it was.
func (b *Book) Apply(d Diff) error {
	b.undo, b.wrong = b.undo[:0], nil
	if b.changeAll(Bid, d.Bids) && b.changeAll(Ask, d.Asks) && b.uncrossed() {
		b.cut()
		return nil
	}
	for _, u := range slices.Backward(b.undo) {
		b.sides[u.side].set(u.side, u.level)
	}
	return b.wrong
}

func (b *Book) changeAll(which Side, levels []Level) bool {
	s := &b.sides[which]
	for _, l := range levels {
		if l.Price <= 0 || l.Quantity < 0 {
			b.wrong = ErrLevel.With(which.String(), "a price must be above zero and a quantity not below, got %s at %s",
				b.in.Quantity(l.Quantity), b.in.Price(l.Price))
			return false
		}
		if l.Quantity > math.MaxInt64-s.sum && l.Quantity > math.MaxInt64-s.sum+b.Quantity(which, l.Price) {
			b.wrong = ErrLevel.With(which.String(), "the quantities of a side have no sum with %s at %s", b.in.Quantity(l.Quantity), b.in.Price(l.Price))
			return false
		}
		if was := s.set(which, l); was != l.Quantity {
			b.undo = append(b.undo, change{which, Level{l.Price, was}})
		}
	}
	return true
}

func (b *Book) uncrossed() bool {
	bid, some := b.Best(Bid)
	ask, both := b.Best(Ask)
	if some && both && bid.Price >= ask.Price {
		b.wrong = ErrCrossed.With("", "%s is bid at %s and asked at %s", b.in, b.in.Price(bid.Price), b.in.Price(ask.Price))
		return false
	}
	return true
}

func (b *Book) cut() {
	if b.depth == 0 {
		return
	}
	for i := range b.sides {
		s := &b.sides[i]
		if beyond := len(s.levels) - b.depth; beyond > 0 {
			for _, l := range s.levels[:beyond] {
				s.sum -= l.Quantity
			}
			s.levels = s.levels[:copy(s.levels, s.levels[beyond:])]
		}
	}
}

// set puts a quantity at a price and returns the one that was there.
func (s *side) set(which Side, l Level) int64 {
	i := s.find(which, l.Price)
	n := len(s.levels)
	if i < n && s.levels[i].Price == l.Price {
		was := s.levels[i].Quantity
		s.sum += l.Quantity - was
		if l.Quantity == 0 {
			copy(s.levels[i:], s.levels[i+1:])
			s.levels = s.levels[:n-1]
		} else {
			s.levels[i].Quantity = l.Quantity
		}
		return was
	}
	if l.Quantity == 0 {
		return 0
	}
	s.sum += l.Quantity
	s.levels = append(s.levels, Level{})
	copy(s.levels[i+1:], s.levels[i:])
	s.levels[i] = l
	return 0
}

// find returns where the level of a price is, or would be.
func (s *side) find(which Side, price int64) int {
	if which == Ask {
		price = -price
	}
	lo, hi := 0, len(s.levels)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		at := s.levels[mid].Price
		if which == Ask {
			at = -at
		}
		if at < price {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}

// Best returns the best level of a side; false when the side is empty.
func (b *Book) Best(which Side) (Level, bool) {
	s := &b.sides[which]
	if n := len(s.levels); n > 0 {
		return s.levels[n-1], true
	}
	return Level{}, false
}

// Spread returns the best ask less the best bid, in price units; false when a side
// is empty.
func (b *Book) Spread() (int64, bool) {
	bid, some := b.Best(Bid)
	ask, both := b.Best(Ask)
	return ask.Price - bid.Price, some && both
}

// Len returns the number of levels of a side.
func (b *Book) Len(which Side) int { return len(b.sides[which].levels) }

// Total returns the sum of a side's quantities.
func (b *Book) Total(which Side) int64 { return b.sides[which].sum }

// Quantity returns what there is at a price, zero where there is nothing.
func (b *Book) Quantity(which Side, price int64) int64 {
	s := &b.sides[which]
	if i := s.find(which, price); i < len(s.levels) && s.levels[i].Price == price {
		return s.levels[i].Quantity
	}
	return 0
}

// Top appends the n best levels of a side to dst, the best first, and returns it:
// fewer where there are fewer.
func (b *Book) Top(dst []Level, which Side, n int) []Level {
	levels := b.sides[which].levels
	for i := len(levels) - 1; i >= 0 && n > 0; i, n = i-1, n-1 {
		dst = append(dst, levels[i])
	}
	return dst
}

// Cumulative is Top with each quantity the sum of those up to it.
func (b *Book) Cumulative(dst []Level, which Side, n int) []Level {
	first := len(dst)
	dst = b.Top(dst, which, n)
	for i := first + 1; i < len(dst); i++ {
		dst[i].Quantity += dst[i-1].Quantity // fits: Apply has bounded the sum
	}
	return dst
}

// Depth returns the quantity of a side from the best price to a limit, the limit
// included, and the number of levels that it is spread over.
func (b *Book) Depth(which Side, limit int64) (quantity int64, levels int) {
	s := &b.sides[which]
	for _, l := range slices.Backward(s.levels) {
		if which == Bid && l.Price < limit || which == Ask && l.Price > limit {
			break
		}
		quantity += l.Quantity
		levels++
	}
	return quantity, levels
}

// Sweep returns what taking a quantity from a side would trade: the quantity, less
// where the side holds less, its exact notional in quote, and the worst price.
// The book is not changed.
func (b *Book) Sweep(which Side, quantity int64) (filled int64, notional decimal.Decimal, worst int64) {
	s := &b.sides[which]
	var sum wide.Int
	for i := len(s.levels) - 1; i >= 0 && filled < quantity; i-- {
		l := s.levels[i]
		part := min(l.Quantity, quantity-filled)
		// A sum of products of 63 bits each, over less than 2^63 quantity, fits.
		sum, _ = sum.Add(wide.Mul(l.Price, part))
		filled += part
		worst = l.Price
	}
	return filled, sum.Decimal(b.in.PriceScale + b.in.QuantityScale), worst
}
