package book_test

import (
	"errors"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
)

// TestRecordingPlaysTheBook: each player shows, at each time, the top of a book that was
// given the same changes, however often it is played; what the book refuses is refused
// and leaves no trace.
func TestRecordingPlaysTheBook(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	rapid.Check(t, func(t *rapid.T) {
		depth := rapid.IntRange(0, 4).Draw(t, "depth")
		r, err := book.NewRecording(in, depth)
		if err != nil {
			t.Fatal(err)
		}
		b, _ := book.New(in, 0)
		var want []book.Shown
		levels := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) book.Level {
			return book.Level{Price: rapid.Int64Range(0, 9).Draw(t, "price"), Quantity: rapid.Int64Range(0, 5).Draw(t, "quantity")}
		}), 0, 4)
		now := int64(0)
		for range rapid.IntRange(1, 30).Draw(t, "changes") {
			at := now + rapid.Int64Range(-1, 3).Draw(t, "step")
			snapshot := rapid.IntRange(0, 4).Draw(t, "snapshot") == 0
			d := book.Diff{Bids: levels.Draw(t, "bids"), Asks: levels.Draw(t, "asks")}
			for i := range d.Asks {
				d.Asks[i].Price += 7
			}
			if err := r.Add(at, snapshot, d); err != nil {
				if len(want) == 0 && (snapshot || errors.Is(err, book.ErrNoSnapshot)) || at < now || book.NeedsSnapshot(err) {
					continue
				}
				t.Fatal(err)
			}
			apply := b.Apply
			if snapshot {
				apply = b.Reset
			}
			if err := apply(d); err != nil {
				t.Fatalf("the recording took what the book refuses: %v", err)
			}
			if depth == 0 {
				depth = 1000
			}
			want, now = append(want, book.Shown{Time: at, Bids: b.Top(nil, book.Bid, depth), Asks: b.Top(nil, book.Ask, depth)}), at
		}
		for range 2 {
			var got []book.Shown
			p := r.Play()
			for shown := p.Next(); shown != nil; shown = p.Next() {
				got = append(got, book.Shown{Time: shown.Time, Bids: append([]book.Level(nil), shown.Bids...), Asks: append([]book.Level(nil), shown.Asks...)})
			}
			if p.Err() != nil || r.Len() != len(want) || !reflect.DeepEqual(got, want) {
				t.Fatalf("played %v, want %v (%v)", got, want, p.Err())
			}
		}
	})
}

// TestRecordingRefuses names what is wrong.
func TestRecordingRefuses(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	if _, err := book.NewRecording(in, -1); tradekeel.KindOf(err) != tradekeel.Invalid {
		t.Errorf("a depth below zero gave %v", err)
	}
	if _, err := book.NewRecording(nil, 1); err == nil {
		t.Error("no instrument was taken")
	}
	r, err := book.NewRecording(in, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Add(5, false, book.Diff{}); !errors.Is(err, book.ErrNoSnapshot) {
		t.Errorf("a change of no book gave %v", err)
	}
	if err := r.Add(5, true, book.Diff{Bids: at(3, 1), Asks: at(4, 1)}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		at   int64
		d    book.Diff
		want error
	}{
		{5, book.Diff{Bids: at(4, 1)}, book.ErrCrossed},
		{5, book.Diff{Bids: at(-4, 1)}, book.ErrLevel},
		{4, book.Diff{}, nil},
	} {
		if err := r.Add(c.at, false, c.d); err == nil || c.want != nil && !errors.Is(err, c.want) || r.Len() != 1 {
			t.Errorf("%v at %d gave %v, and %d changes are there", c.d, c.at, err, r.Len())
		}
	}
}
