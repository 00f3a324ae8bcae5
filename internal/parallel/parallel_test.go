package parallel_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/parallel"
)

func TestEachPieceOnce(t *testing.T) {
	t.Parallel()
	for _, o := range []parallel.Options{{}, {Workers: 1}, {Workers: 7, Chunk: 3}, {Workers: 100, Chunk: 1000}} {
		const total = 101
		var seen [total]atomic.Int32
		last := 0
		o.Progress = func(done, all int) {
			if done <= last || all != total {
				t.Errorf("progress went from %d to %d of %d", last, done, all)
			}
			last = done
		}
		if err := parallel.Each(t.Context(), total, o, func() func(int) error {
			return func(i int) error {
				seen[i].Add(1)
				return nil
			}
		}); err != nil {
			t.Fatal(err)
		}
		for i := range seen {
			if n := seen[i].Load(); n != 1 {
				t.Fatalf("%+v: piece %d ran %d times", o, i, n)
			}
		}
		if last != total {
			t.Fatalf("progress ended at %d", last)
		}
	}
}

func TestErrorsAndPanics(t *testing.T) {
	t.Parallel()
	wrong := errors.New("wrong")
	err := parallel.Each(t.Context(), 10, parallel.Options{Workers: 1}, func() func(int) error {
		return func(i int) error {
			if i == 4 {
				return wrong
			}
			if i > 4 {
				t.Errorf("piece %d ran after the error", i)
			}
			return nil
		}
	})
	if !errors.Is(err, wrong) {
		t.Fatalf("got %v", err)
	}
	err = parallel.Each(t.Context(), 3, parallel.Options{}, func() func(int) error {
		return func(int) error { panic("lost") }
	})
	if err == nil || !strings.Contains(err.Error(), "panic: lost") {
		t.Fatalf("got %v", err)
	}
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	err := parallel.Each(ctx, 1000, parallel.Options{Workers: 2}, func() func(int) error {
		return func(i int) error {
			if i == 10 {
				cancel()
			}
			return nil
		}
	})
	if tradekeel.KindOf(err) != tradekeel.Canceled {
		t.Fatalf("got %v", err)
	}
}
