// Package optimisetest holds the laws of an optimise.Store. An implementation passes
// them in its own test:
//
//	func TestLaws(t *testing.T) { optimisetest.Store(t, newMyStore) }
package optimisetest

import (
	"bytes"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest/optimise"
)

// Store checks every law on stores that open makes. The stores may share one place:
// each law has studies of its own.
func Store(t *testing.T, open func(t *testing.T) optimise.Store) {
	for _, law := range []struct {
		name, text string
		check      func(t *testing.T, s optimise.Store, id optimise.ID)
	}{
		{"Begin", "a study is stored once; the same may be begun again, another is ErrChanged and changes nothing", begin},
		{"NotFound", "a study that was not begun is ErrNotFound, by every method", notFound},
		{"BadID", "a name that is none is Invalid and names id", badID},
		{"RoundTrip", "rows come back in their order and byte for byte, with what is undefined and with faults", roundTrip},
		{"Order", "rows that do not come after the last are ErrBusy, and none of them is stored", order},
		{"Parts", "parts do not see each other, and are listed in order", parts},
		{"Stream", "whoever reads may stop, and sees a beginning of what is being written", stream},
		{"OneWriter", "of several who write the same rows one succeeds, each row is there once", oneWriter},
		{"Concurrent", "parts that are written at the same time lose nothing", concurrent},
		{"Delete", "a deleted study is gone with its rows", remove},
		{"Canceled", "a canceled context is Canceled and stores nothing", canceled},
		{"Resume", "a study that is stopped again and again ends with the rows of one that is not, and runs no stored row again", resume},
	} {
		t.Run(law.name, func(t *testing.T) {
			t.Log("law: " + law.text)
			law.check(t, open(t), optimise.ID("law-"+law.name))
		})
	}
}

var study = []byte(`{"study":{}}`)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

// sample makes rows numbered from first, each unlike the others.
func sample(first, n int) []optimise.Row {
	rows := make([]optimise.Row, n)
	for i := range rows {
		at := first + i
		r := optimise.Row{Number: int64(at) * 3, Levels: []int{at % 7, at % 1000}, First: math.NaN()}
		r.Figures.Sharpe, r.Figures.Trades = float64(at)/7, float64(at)
		r.Figures.Calmar, r.Figures.Return = math.NaN(), math.Copysign(0, -1)
		switch at % 5 {
		case 1:
			r.State, r.Fault = optimise.Failed, "params.fast: must be below slow, got 3 and 2 ☹"
		case 2:
			r.State, r.First = optimise.Pruned, -1.25
		}
		rows[i] = r
	}
	return rows
}

// Rows reads a part as bytes.
func Rows(t *testing.T, s optimise.Store, id optimise.ID, part int) [][]byte {
	t.Helper()
	var out [][]byte
	for r, err := range s.Rows(t.Context(), id, part) {
		must(t, err)
		out = append(out, r.Encode(nil))
	}
	return out
}

func encoded(rows []optimise.Row) [][]byte {
	out := make([][]byte, len(rows))
	for i := range rows {
		out[i] = rows[i].Encode(nil)
	}
	return out
}

func equal(t *testing.T, got, want [][]byte) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("there are %d rows, want %d", len(got), len(want))
	}
	for i := range got {
		if !bytes.Equal(got[i], want[i]) {
			t.Fatalf("row %d is %x, want %x", i, got[i], want[i])
		}
	}
}

func begin(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	must(t, s.Begin(t.Context(), id, study))
	is(t, "another study", s.Begin(t.Context(), id, []byte(`{}`)), optimise.ErrChanged)
	got, err := s.Study(t.Context(), id)
	must(t, err)
	if !bytes.Equal(got, study) {
		t.Errorf("got %s", got)
	}
}

func notFound(t *testing.T, s optimise.Store, id optimise.ID) {
	ctx := t.Context()
	_, err := s.Study(ctx, id)
	is(t, "Study", err, optimise.ErrNotFound)
	is(t, "Append", s.Append(ctx, id, 0, sample(0, 1)), optimise.ErrNotFound)
	_, err = s.Parts(ctx, id)
	is(t, "Parts", err, optimise.ErrNotFound)
	is(t, "Delete", s.Delete(ctx, id), optimise.ErrNotFound)
	err = nil
	for _, wrong := range s.Rows(ctx, id, 0) {
		err = wrong
	}
	is(t, "Rows", err, optimise.ErrNotFound)
}

func badID(t *testing.T, s optimise.Store, _ optimise.ID) {
	for _, id := range []optimise.ID{"", "a/b", "..", "ä", "a b", optimise.ID(strings.Repeat("x", 65)), "a\x00"} {
		faults := tradekeel.Violations(s.Begin(t.Context(), id, study))
		if len(faults) != 1 || faults[0].Field != "id" {
			t.Errorf("Begin of %q: %v, want a fault of id", id, faults)
		}
		if err := s.Delete(t.Context(), id); err == nil {
			t.Errorf("Delete of %q found something", id)
		}
	}
}

func roundTrip(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	rows := sample(0, 500)
	rows[3].Levels = []int{}
	for part := range slices.Chunk(rows, 77) {
		must(t, s.Append(t.Context(), id, 2, part))
	}
	must(t, s.Append(t.Context(), id, 2, nil))
	equal(t, Rows(t, s, id, 2), encoded(rows))
}

func order(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	rows := sample(0, 10)
	must(t, s.Append(t.Context(), id, 0, rows[:5]))
	is(t, "the last row again", s.Append(t.Context(), id, 0, rows[4:8]), optimise.ErrBusy)
	is(t, "not rising", s.Append(t.Context(), id, 0, []optimise.Row{rows[5], rows[7], rows[6]}), optimise.ErrBusy)
	equal(t, Rows(t, s, id, 0), encoded(rows[:5]))
	must(t, s.Append(t.Context(), id, 0, rows[5:]))
	equal(t, Rows(t, s, id, 0), encoded(rows))
	if err := s.Append(t.Context(), id, -1, rows); tradekeel.KindOf(err) != tradekeel.Invalid {
		t.Errorf("part -1: %v", err)
	}
}

func parts(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	if got, err := s.Parts(t.Context(), id); err != nil || len(got) != 0 {
		t.Errorf("a new study has the parts %v, %v", got, err)
	}
	for _, part := range []int{30, 4, 0} {
		must(t, s.Append(t.Context(), id, part, sample(part, 3)))
	}
	got, err := s.Parts(t.Context(), id)
	must(t, err)
	if !slices.Equal(got, []int{0, 4, 30}) {
		t.Errorf("the parts are %v", got)
	}
	equal(t, Rows(t, s, id, 4), encoded(sample(4, 3)))
	equal(t, Rows(t, s, id, 5), nil)
}

func stream(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	rows := sample(0, 400)
	must(t, s.Append(t.Context(), id, 0, rows[:100]))
	seen := 0
	for r, err := range s.Rows(t.Context(), id, 0) {
		must(t, err)
		if seen == 50 {
			break
		}
		if seen == 10 {
			must(t, s.Append(t.Context(), id, 0, rows[100:]))
		}
		if r.Number != rows[seen].Number {
			t.Fatalf("row %d is number %d", seen, r.Number)
		}
		seen++
	}
	equal(t, Rows(t, s, id, 0), encoded(rows))
}

func oneWriter(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	rows := sample(0, 20)
	var wrote atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			switch err := s.Append(t.Context(), id, 0, rows); {
			case err == nil:
				wrote.Add(1)
			case !errors.Is(err, optimise.ErrBusy):
				t.Errorf("got %v, want ErrBusy", err)
			}
		})
	}
	wg.Wait()
	if wrote.Load() != 1 {
		t.Errorf("%d have written", wrote.Load())
	}
	equal(t, Rows(t, s, id, 0), encoded(rows))
}

func concurrent(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	const many = 50
	var wg sync.WaitGroup
	for part := range many {
		wg.Go(func() {
			for rows := range slices.Chunk(sample(part, 60), 7) {
				if err := s.Append(t.Context(), id, part, rows); err != nil {
					t.Errorf("part %d: %v", part, err)
				}
			}
		})
	}
	wg.Wait()
	for part := range many {
		equal(t, Rows(t, s, id, part), encoded(sample(part, 60)))
	}
}

func remove(t *testing.T, s optimise.Store, id optimise.ID) {
	must(t, s.Begin(t.Context(), id, study))
	must(t, s.Append(t.Context(), id, 0, sample(0, 5)))
	must(t, s.Delete(t.Context(), id))
	notFound(t, s, id)
	must(t, s.Begin(t.Context(), id, []byte(`{"another":1}`)))
	equal(t, Rows(t, s, id, 0), nil)
}

func canceled(t *testing.T, s optimise.Store, id optimise.ID) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	is(t, "Begin", s.Begin(ctx, id, study), tradekeel.ErrCanceled)
	must(t, s.Begin(t.Context(), id, study))
	is(t, "Append", s.Append(ctx, id, 0, sample(0, 5)), tradekeel.ErrCanceled)
	equal(t, Rows(t, s, id, 0), nil)
}

// counter is an evaluator that counts how often it ran each point, and cancels a study
// after some of them.
type counter struct {
	mu     sync.Mutex
	ran    map[string]int
	until  int
	cancel context.CancelFunc
}

func (c *counter) EvaluateBatch(_ context.Context, points []optimise.Params) ([]optimise.Outcome, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := make([]optimise.Outcome, len(points))
	for i, p := range points {
		x, y := p.Number("x"), p.Number("y")
		out[i].Figures.Score = math.Sin(x/3)*10 - (y-17)*(y-17)/50
		c.ran[p.String()]++
		if c.until--; c.until == 0 && c.cancel != nil {
			c.cancel()
		}
	}
	return out, nil
}

func resume(t *testing.T, s optimise.Store, id optimise.ID) {
	for _, method := range []optimise.Method{optimise.Grid, optimise.Random, optimise.TPE, optimise.CMAES} {
		spec := optimise.Study{
			Space:      []optimise.Axis{optimise.Over("x", 0, 40, 1), optimise.Over("y", 0, 40, 1)},
			Where:      []string{"x < y + 20"},
			Objectives: []optimise.Objective{{Figure: "score"}}, Method: method, Seed: 7, Parts: 3,
		}
		if method != optimise.Grid {
			spec.Runs = 300
		}
		whole := &optimise.Memory{}
		config := optimise.Config{Study: spec, Store: whole, ID: id + "-" + optimise.ID(method), Evaluator: &counter{ran: map[string]int{}}}
		want, err := optimise.Run(t.Context(), config)
		must(t, err)
		config.Store = s
		stops := 0
		for {
			before := map[string]int{}
			if summary, err := optimise.Summarise(t.Context(), s, config.ID); err == nil {
				for part := range 3 {
					for r, err := range s.Rows(t.Context(), config.ID, part) {
						must(t, err)
						before[summary.Params(r).String()]++
					}
				}
			}
			ctx, cancel := context.WithCancel(t.Context())
			c := &counter{ran: map[string]int{}, until: 37 + 5*stops, cancel: cancel}
			config.Evaluator, config.Workers, config.Batch = c, 1+stops%4, 1+stops%3
			got, err := optimise.Run(ctx, config)
			cancel()
			for point := range c.ran {
				// Grids and draws have each point once.
				if before[point] > 0 && (method == optimise.Grid || method == optimise.Random) {
					t.Fatalf("%s: %s was stored and ran again", method, point)
				}
			}
			if err == nil {
				if got.Runs != want.Runs || got.Reused == 0 {
					t.Errorf("%s: %d rows, %d of them reused, want %d", method, got.Runs, got.Reused, want.Runs)
				}
				break
			}
			is(t, string(method), err, tradekeel.ErrCanceled)
			if stops++; stops > 100 {
				t.Fatalf("%s does not come to an end", method)
			}
		}
		for part := range 3 {
			equal(t, Rows(t, s, config.ID, part), Rows(t, whole, config.ID, part))
		}
		if stops < 3 {
			t.Errorf("%s was stopped only %d times", method, stops)
		}
	}
}
