package book

import (
	"errors"
	"slices"
)

// NeedsSnapshot reports whether an error says that the book has lost the market
// and needs a snapshot.
func NeedsSnapshot(err error) bool {
	for _, lost := range []error{ErrGap, ErrChecksum, ErrNoSnapshot, ErrCrossed, ErrLevel} {
		if errors.Is(err, lost) {
			return true
		}
	}
	return false
}

// Binance follows Binance's stream of diffs, of spot or of futures. Subscribe
// first, give it every diff, ask for a snapshot, give that too; diffs that come
// before the snapshot wait for it.
//
// Source: "How to manage a local order book correctly", Binance API documentation,
// spot and USD-M futures.
type Binance struct {
	book    *Book
	futures bool
	synced  bool
	first   bool  // no diff has been applied since the snapshot
	last    int64 // u of what was applied last, or lastUpdateId
	waiting []BinanceDiff
}

// BinanceDiff is a message depthUpdate.
type BinanceDiff struct {
	First    int64 // U, the first update in it
	Last     int64 // u, the last update in it
	Previous int64 // pu, the last update of the message before; futures only
	Diff
}

// maxWaiting bounds the diffs that wait for a snapshot: at ten a second, over an
// hour and a half of them. The oldest give way.
const maxWaiting = 1 << 16

// NewBinance follows spot, or futures, into a book.
func NewBinance(b *Book, futures bool) *Binance { return &Binance{book: b, futures: futures} }

// Book returns the book; it is empty while Synced is false.
func (f *Binance) Book() *Book { return f.book }

// Synced reports whether the book is the market's as of the last message.
func (f *Binance) Synced() bool { return f.synced }

// LastUpdate returns the number of the last update that the book holds.
func (f *Binance) LastUpdate() int64 { return f.last }

// Snapshot takes the answer of the REST call depth, and applies the diffs that
// waited. ErrGap says that it is older than they are: ask for another; the diffs go
// on waiting. ErrLevel or ErrCrossed says that it is no book.
func (f *Binance) Snapshot(lastUpdateID int64, levels Diff) error {
	f.lose()
	if err := f.book.Reset(levels); err != nil {
		return err
	}
	f.synced, f.first, f.last = true, true, lastUpdateID
	for i, d := range f.waiting {
		if _, err := f.apply(d); err != nil {
			f.waiting = slices.Delete(f.waiting, 0, i)
			f.lose()
			return err
		}
	}
	f.waiting = nil
	return nil
}

// Diff takes a message of the stream and reports whether it changed the book. It
// did not where the message is older than the book, or waits for a snapshot; both
// are no errors. ErrGap, ErrCrossed and ErrLevel empty the book; the message waits
// for the next snapshot.
func (f *Binance) Diff(d BinanceDiff) (bool, error) {
	if !f.synced {
		f.wait(d)
		return false, nil
	}
	applied, err := f.apply(d)
	if err != nil {
		f.lose()
		f.wait(d)
	}
	return applied, err
}

func (f *Binance) apply(d BinanceDiff) (bool, error) {
	if d.Last < d.First {
		return false, ErrGap.With("", "a message of %s goes from update %d to %d", f.book.in, d.First, d.Last)
	}
	if f.futures {
		switch {
		case d.Last < f.last || !f.first && d.Last == f.last:
			return false, nil
		case f.first && d.First > f.last, !f.first && d.Previous != f.last:
			return false, ErrGap.With("", "%s is at update %d, the message goes from %d to %d after %d", f.book.in, f.last, d.First, d.Last, d.Previous)
		}
	} else {
		switch {
		case d.Last <= f.last:
			return false, nil
		case f.first && d.First > f.last+1, !f.first && d.First != f.last+1:
			return false, ErrGap.With("", "%s is at update %d, the message goes from %d to %d", f.book.in, f.last, d.First, d.Last)
		}
	}
	if err := f.book.Apply(d.Diff); err != nil {
		return false, err
	}
	f.first, f.last = false, d.Last
	return true, nil
}

func (f *Binance) wait(d BinanceDiff) {
	if len(f.waiting) == maxWaiting {
		f.waiting = slices.Delete(f.waiting, 0, maxWaiting/2)
	}
	d.Bids, d.Asks = slices.Clone(d.Bids), slices.Clone(d.Asks)
	f.waiting = append(f.waiting, d)
}

func (f *Binance) lose() {
	f.synced = false
	f.book.Clear()
}

// Bybit follows Bybit's topic orderbook (v5): a snapshot, then deltas numbered one
// by one. A second snapshot replaces the book; Bybit sends one after a restart.
//
// Source: "Orderbook", Bybit API documentation v5, public websocket.
type Bybit struct {
	book   *Book
	synced bool
	last   int64
}

// NewBybit follows into a book.
func NewBybit(b *Book) *Bybit { return &Bybit{book: b} }

// Book returns the book; it is empty while Synced is false.
func (f *Bybit) Book() *Book { return f.book }

// Synced reports whether the book is the market's as of the last message.
func (f *Bybit) Synced() bool { return f.synced }

// Snapshot takes a message of type snapshot with its number u.
func (f *Bybit) Snapshot(u int64, levels Diff) error {
	f.lose()
	if err := f.book.Reset(levels); err != nil {
		return err
	}
	f.synced, f.last = true, u
	return nil
}

// Delta takes a message of type delta with its number u and reports whether it
// changed the book: an older one does not. ErrNoSnapshot, ErrGap, ErrCrossed and
// ErrLevel ask to subscribe anew; the book is empty then.
func (f *Bybit) Delta(u int64, d Diff) (bool, error) {
	switch {
	case !f.synced:
		return false, ErrNoSnapshot.With("", "%s has no snapshot for delta %d", f.book.in, u)
	case u <= f.last:
		return false, nil
	case u != f.last+1:
		f.lose()
		return false, ErrGap.With("", "%s is at update %d, the delta is %d", f.book.in, f.last, u)
	}
	if err := f.book.Apply(d); err != nil {
		f.lose()
		return false, err
	}
	f.last = u
	return true, nil
}

func (f *Bybit) lose() {
	f.synced = false
	f.book.Clear()
}
