package book

import (
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Feed is the books of one instrument over time, such as a Recording. It is not changed
// while it is read; any number of players may read it at the same time.
type Feed interface {
	// Instrument is what the books are of; its scales are those of the levels.
	Instrument() *market.Instrument
	// Play starts at the first book.
	Play() Player
}

// Player gives the books of a feed, one after the other. It is for one goroutine.
type Player interface {
	// Next returns the next book; nil after the last, and where Err says why there is no
	// more. The book is valid until the next call.
	Next() *Shown
	// Err returns what ended the books before their end; nil when nothing did.
	Err() error
}

// Shown is what was bid and asked at a time, from the best levels on.
type Shown struct {
	Time       int64 // nanoseconds UTC, not falling
	Bids, Asks []Level
}

// Recording is the changes of one book over time, in columns: two numbers of eight bytes
// for each level that changed. Make one with NewRecording, fill it with Add, and play it
// as often as it is needed. It implements Feed.
type Recording struct {
	book     *Book // as of the last change
	depth    int
	time     []int64
	snapshot []bool
	bids     []int32 // of each change, how many of its levels are bids
	ends     []int   // of each change, where its levels end
	levels   []Level
}

// NewRecording makes an empty recording. depth is how many levels a side are shown when
// it is played, 0 for all; all are kept, since a level moves up when better ones go.
func NewRecording(in *market.Instrument, depth int) (*Recording, error) {
	b, err := New(in, 0)
	if err != nil {
		return nil, err
	}
	if depth < 0 {
		return nil, tradekeel.Invalidf("depth", "must be a number of levels, or 0 for all, got %d", depth)
	}
	return &Recording{book: b, depth: depth}, nil
}

// Instrument implements Feed.
func (r *Recording) Instrument() *market.Instrument { return r.book.in }

// Len returns the number of changes.
func (r *Recording) Len() int { return len(r.time) }

// Add adds a change at a time in nanoseconds UTC; a snapshot replaces the whole book, and
// one without levels empties it, as is right where messages are missing. The levels are
// copied. It refuses, and leaves the recording as it was, a time before the last, a
// change of no book (ErrNoSnapshot), and what Book.Apply refuses.
func (r *Recording) Add(at int64, snapshot bool, d Diff) error {
	n := len(r.time)
	switch {
	case n > 0 && at < r.time[n-1]:
		return tradekeel.Invalidf("time", "%d is before the change before, at %d", at, r.time[n-1])
	case n == 0 && !snapshot:
		return ErrNoSnapshot.With("", "a recording of %s must begin with a snapshot", r.book.in)
	case len(d.Bids) > math.MaxInt32:
		return tradekeel.Invalidf("bids", "are more than %d levels", math.MaxInt32)
	}
	apply := r.book.Apply
	if snapshot {
		apply = r.book.Reset
	}
	if err := apply(d); err != nil {
		return err
	}
	r.time, r.snapshot, r.bids = append(r.time, at), append(r.snapshot, snapshot), append(r.bids, int32(len(d.Bids)))
	r.levels = append(append(r.levels, d.Bids...), d.Asks...)
	r.ends = append(r.ends, len(r.levels))
	return nil
}

// Play implements Feed.
func (r *Recording) Play() Player {
	b, err := New(r.book.in, 0)
	return &player{of: r, book: b, err: err}
}

// player replays a recording.
type player struct {
	of    *Recording
	book  *Book
	next  int
	shown Shown
	err   error
}

// Next implements Player.
func (p *player) Next() *Shown {
	r, i := p.of, p.next
	if i >= len(r.time) || p.err != nil {
		return nil
	}
	first := 0
	if i > 0 {
		first = r.ends[i-1]
	}
	middle := first + int(r.bids[i])
	if r.snapshot[i] {
		p.book.Clear() // Add has seen that the snapshot is a book; Reset would make new room
	}
	if p.err = p.book.Apply(Diff{Bids: r.levels[first:middle], Asks: r.levels[middle:r.ends[i]]}); p.err != nil {
		return nil
	}
	p.next++
	depth := r.depth
	if depth == 0 {
		depth = math.MaxInt
	}
	p.shown.Time = r.time[i]
	p.shown.Bids = p.book.Top(p.shown.Bids[:0], Bid, depth)
	p.shown.Asks = p.book.Top(p.shown.Asks[:0], Ask, depth)
	return &p.shown
}

// Err implements Player.
func (p *player) Err() error { return p.err }
