// Package backtesttest holds the laws of a backtest.Store. An implementation
// passes them in its own test:
//
//	func TestLaws(t *testing.T) { backtesttest.Store(t, newMyStore) }
package backtesttest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
)

// Store checks every law on stores that open makes. The stores may share one
// database: each law has owners of its own.
func Store(t *testing.T, open func(t *testing.T) backtest.Store) {
	for _, law := range []struct {
		name, text string
		check      func(t *testing.T, s backtest.Store, owner tradekeel.UserID)
	}{
		{"RoundTrip", "what was stored comes back whole, to the microsecond and the last digit", roundTrip},
		{"Exists", "an id is taken once", exists},
		{"Owner", "another owner's row is not found, by any method", owners},
		{"List", "a list is newest first, pages neither skip nor repeat while rows are added, filters hold", list},
		{"ListByNumber", "pages by number and the total agree with the list", listByNumber},
		{"BadCursor", "a cursor that is none is Invalid", badCursor},
		{"Update", "an error of the change changes nothing and is returned", update},
		{"Concurrent", "forty concurrent updates lose nothing", concurrent},
		{"Limit", "of twenty concurrent creations up to a limit, exactly so many are there; what has ended does not count", limited},
		{"Delete", "a deleted row is gone with its outcome", remove},
		{"Finish", "the outcome and the change are stored together or not at all", finish},
		{"Canceled", "a canceled context is Canceled and stores nothing", canceled},
	} {
		t.Run(law.name, func(t *testing.T) {
			t.Log("law: " + law.text)
			law.check(t, open(t), tradekeel.UserID(tradekeel.NewID("usr", time.Now())))
		})
	}
	// The queue is one for all owners, so that its laws run after the others.
	t.Run("Claim", func(t *testing.T) {
		t.Log("law: the oldest free row is claimed once; a silent run is taken over, a beating one is not")
		claim(t, open(t))
	})
}

// many is a limit that no law reaches unless it is about the limit.
const many = 1000

var start = time.Date(2026, 11, 23, 6, 0, 0, 123456000, time.UTC)

func sample(owner tradekeel.UserID, n int) backtest.Backtest {
	at := start.Add(time.Duration(n) * time.Second)
	return backtest.Backtest{
		ID: backtest.ID(tradekeel.NewID("bt", at)), Owner: owner, State: backtest.Queued, Created: at,
		Spec: backtest.Spec{
			Strategy: "sma_cross", Params: json.RawMessage(`{"fast":10}`),
			Data: market.Key{Venue: "binance", Symbol: "BTC/USDT", Timeframe: market.H1},
			From: start.Add(-time.Hour), Cash: money.MustParse("12345678901234567890.123456789012345678 USDT"),
			FeeRate: decimal.RequireFromString("0.001"), AcceptGaps: true,
		},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func want(t *testing.T, what string, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("%s gave %v, want %v", what, err, target)
	}
}

func equal(t *testing.T, got, want backtest.Backtest) {
	t.Helper()
	// Decimals and raw JSON have many forms of one value: compare what they mean.
	asJSON := func(b backtest.Backtest) string {
		raw, err := json.Marshal(b)
		must(t, err)
		var v any
		must(t, json.Unmarshal(raw, &v))
		raw, err = json.Marshal(v)
		must(t, err)
		return string(raw)
	}
	if a, b := asJSON(got), asJSON(want); a != b {
		t.Errorf("it came back as\n%s\nwant\n%s", a, b)
	}
}

func roundTrip(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	b := sample(owner, 1)
	must(t, s.Create(ctx, b, many))
	got, err := s.Get(ctx, owner, b.ID)
	must(t, err)
	equal(t, got, b)
	b.State, b.Done, b.Total, b.CancelRequested = backtest.Failed, 7, 1_000_000_000_000, true
	b.Started, b.Finished, b.Heartbeat, b.Runner, b.Attempts = start, start.Add(time.Minute), start.Add(time.Second), "run_1", 2
	b.Fault = &backtest.Fault{Code: "x", Field: "params.fast", Message: "quotes ' \" and \\ and ünïcödé"}
	b.Summary = &backtest.Summary{
		Final: money.MustParse("0.000000000000000001 USDT"), Warnings: []string{"one", "two"},
		Stats: stats.Stats{Convention: "crypto-365", Sharpe: stats.Undefined, Return: 0.1, From: start, To: start, Volatility: stats.Number(math.SmallestNonzeroFloat64)},
	}
	changed, err := s.Update(ctx, owner, b.ID, func(row *backtest.Backtest) error { *row = b; return nil })
	must(t, err)
	equal(t, changed, b)
	got, err = s.Get(ctx, owner, b.ID)
	must(t, err)
	equal(t, got, b)
	if !got.Created.Equal(b.Created) || got.Created.Location() != time.UTC {
		t.Errorf("created is %v, want %v", got.Created, b.Created)
	}
}

func exists(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	b := sample(owner, 1)
	must(t, s.Create(t.Context(), b, many))
	want(t, "creating an id twice", s.Create(t.Context(), b, many), backtest.ErrExists)
}

func owners(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	b := sample(owner, 1)
	must(t, s.Create(ctx, b, many))
	_, err := s.Finish(ctx, owner, b.ID, []byte("outcome"), func(*backtest.Backtest) error { return nil })
	must(t, err)
	other := owner + "_other"
	touched := func(*backtest.Backtest) error { t.Error("another owner's row reached the change"); return nil }
	_, err = s.Get(ctx, other, b.ID)
	want(t, "Get", err, backtest.ErrNotFound)
	_, err = s.Update(ctx, other, b.ID, touched)
	want(t, "Update", err, backtest.ErrNotFound)
	_, err = s.Finish(ctx, other, b.ID, []byte("theirs"), touched)
	want(t, "Finish", err, backtest.ErrNotFound)
	_, err = s.Outcome(ctx, other, b.ID)
	want(t, "Outcome", err, backtest.ErrNotFound)
	want(t, "Delete", s.Delete(ctx, other, b.ID), backtest.ErrNotFound)
	page, err := s.List(ctx, other, backtest.Filter{}, tradekeel.PageRequest{Total: true})
	must(t, err)
	if len(page.Items) != 0 || *page.Total != 0 {
		t.Errorf("another owner's list has %d rows", len(page.Items))
	}
	raw, err := s.Outcome(ctx, owner, b.ID)
	if must(t, err); string(raw) != "outcome" {
		t.Errorf("the outcome is %q", raw)
	}
}

func list(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	var newest []backtest.ID
	for n := range 9 {
		b := sample(owner, n/2) // pairs share their time: the id decides
		if n%3 == 0 {
			b.State, b.Spec.Strategy = backtest.Done, "other"
		}
		must(t, s.Create(ctx, b, many))
		newest = append(newest, b.ID)
	}
	var seen []backtest.ID
	at := tradekeel.PageRequest{Size: 2}
	last := start.Add(time.Hour)
	for pages := 0; ; pages++ {
		page, err := s.List(ctx, owner, backtest.Filter{}, at)
		must(t, err)
		for _, b := range page.Items {
			if b.Created.After(last) {
				t.Errorf("%s of %s comes after %s", b.ID, b.Created, last)
			}
			last = b.Created
			seen = append(seen, b.ID)
		}
		if page.Next == "" {
			break
		}
		at.Cursor = page.Next
		if pages < 3 { // newer rows come before the first page
			must(t, s.Create(ctx, sample(owner, 100+pages), many))
		}
	}
	once := map[backtest.ID]int{}
	for _, id := range seen {
		once[id]++
	}
	for _, id := range newest {
		if once[id] != 1 {
			t.Errorf("%s was shown %d times", id, once[id])
		}
	}
	for _, f := range []struct {
		filter backtest.Filter
		want   int
	}{{backtest.Filter{State: backtest.Done}, 3}, {backtest.Filter{Strategy: "other"}, 3}, {backtest.Filter{State: backtest.Queued, Strategy: "other"}, 0}} {
		page, err := s.List(ctx, owner, f.filter, tradekeel.PageRequest{})
		if must(t, err); len(page.Items) != f.want {
			t.Errorf("%+v lists %d, want %d", f.filter, len(page.Items), f.want)
		}
	}
}

func listByNumber(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	for n := range 5 {
		must(t, s.Create(t.Context(), sample(owner, n), many))
	}
	count := 0
	for number := 1; number <= 4; number++ {
		page, err := s.List(t.Context(), owner, backtest.Filter{}, tradekeel.PageRequest{Size: 2, Number: number, Total: true})
		must(t, err)
		if page.Total == nil || *page.Total != 5 {
			t.Errorf("the total is %v, want 5", page.Total)
		}
		count += len(page.Items)
	}
	if count != 5 {
		t.Errorf("four pages hold %d, want 5", count)
	}
}

func badCursor(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	for _, r := range []tradekeel.PageRequest{{Cursor: "%%%"}, {Cursor: "e30x"}, {Size: -1}, {Size: tradekeel.MaxPageSize + 1}, {Cursor: "e30", Number: 2}} {
		_, err := s.List(t.Context(), owner, backtest.Filter{}, r)
		want(t, fmt.Sprintf("%+v", r), err, tradekeel.ErrInvalid)
	}
}

func update(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	b := sample(owner, 1)
	must(t, s.Create(ctx, b, many))
	reason := errors.New("no")
	_, err := s.Update(ctx, owner, b.ID, func(row *backtest.Backtest) error { row.Done = 99; return reason })
	want(t, "Update", err, reason)
	got, err := s.Get(ctx, owner, b.ID)
	must(t, err)
	equal(t, got, b)
	_, err = s.Update(ctx, owner, "bt_none", func(*backtest.Backtest) error { return nil })
	want(t, "Update of nothing", err, backtest.ErrNotFound)
}

func concurrent(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	b := sample(owner, 1)
	must(t, s.Create(t.Context(), b, many))
	const updates = 40
	var all sync.WaitGroup
	for range updates {
		all.Go(func() {
			if _, err := s.Update(t.Context(), owner, b.ID, func(row *backtest.Backtest) error { row.Done++; return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := s.Get(t.Context(), owner, b.ID)
	if must(t, err); got.Done != updates {
		t.Errorf("after %d updates the count is %d", updates, got.Done)
	}
}

func limited(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	done := sample(owner, 0)
	done.State = backtest.Done
	must(t, s.Create(t.Context(), done, 1))
	for _, limit := range []int{1, 3} {
		var all sync.WaitGroup
		for n := range 20 {
			all.Go(func() {
				if err := s.Create(t.Context(), sample(owner, n), limit); err != nil && !errors.Is(err, backtest.ErrLimit) {
					t.Error(err)
				}
			})
		}
		all.Wait()
		page, err := s.List(t.Context(), owner, backtest.Filter{State: backtest.Queued}, tradekeel.PageRequest{Total: true})
		if must(t, err); len(page.Items) != limit {
			t.Errorf("with a limit of %d there are %d", limit, len(page.Items))
		}
	}
	must(t, s.Create(t.Context(), sample(owner+"_other", 0), 1))
}

func remove(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	b := sample(owner, 1)
	must(t, s.Create(ctx, b, many))
	_, err := s.Finish(ctx, owner, b.ID, []byte("x"), func(*backtest.Backtest) error { return nil })
	must(t, err)
	must(t, s.Delete(ctx, owner, b.ID))
	_, err = s.Get(ctx, owner, b.ID)
	want(t, "Get", err, backtest.ErrNotFound)
	_, err = s.Outcome(ctx, owner, b.ID)
	want(t, "Outcome", err, backtest.ErrNotFound)
	want(t, "a second Delete", s.Delete(ctx, owner, b.ID), backtest.ErrNotFound)
}

func finish(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	ctx := t.Context()
	b := sample(owner, 1)
	must(t, s.Create(ctx, b, many))
	_, err := s.Outcome(ctx, owner, b.ID)
	want(t, "an outcome before the end", err, backtest.ErrNotFound)
	reason := errors.New("no")
	_, err = s.Finish(ctx, owner, b.ID, []byte("half"), func(row *backtest.Backtest) error { row.State = backtest.Done; return reason })
	want(t, "Finish", err, reason)
	_, err = s.Outcome(ctx, owner, b.ID)
	want(t, "the outcome of a finish that failed", err, backtest.ErrNotFound)
	body := bytes.Repeat([]byte{0, 1, 254, 255, '\''}, 100_000)
	for range 2 { // a run that was taken over may finish again
		got, err := s.Finish(ctx, owner, b.ID, body, func(row *backtest.Backtest) error { row.State = backtest.Done; return nil })
		if must(t, err); got.State != backtest.Done {
			t.Errorf("the state is %s", got.State)
		}
	}
	raw, err := s.Outcome(ctx, owner, b.ID)
	if must(t, err); !bytes.Equal(raw, body) {
		t.Errorf("the outcome came back with %d bytes, want %d", len(raw), len(body))
	}
}

func canceled(t *testing.T, s backtest.Store, owner tradekeel.UserID) {
	if _, memory := s.(*backtest.MemoryStore); memory {
		return // it never waits, so that it need not look at the context
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := sample(owner, 1)
	want(t, "Create", s.Create(ctx, b, many), tradekeel.ErrCanceled)
	_, err := s.Get(t.Context(), owner, b.ID)
	want(t, "Get", err, backtest.ErrNotFound)
}

func claim(t *testing.T, s backtest.Store) {
	ctx := t.Context()
	now, stale := start.Add(time.Hour), start.Add(50*time.Minute)
	for { // what other laws left in the queue
		if _, err := s.Claim(ctx, "sweep", now, stale); errors.Is(err, backtest.ErrNotFound) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	owner := tradekeel.UserID(tradekeel.NewID("usr", time.Now()))
	const rows = 12
	for n := range rows {
		b := sample(owner+tradekeel.UserID(fmt.Sprint(n%3)), n)
		must(t, s.Create(ctx, b, many))
	}
	var mu sync.Mutex
	claimed := map[backtest.ID]string{}
	var all sync.WaitGroup
	for worker := range 4 {
		all.Go(func() {
			runner := fmt.Sprintf("run_%d", worker)
			for {
				b, err := s.Claim(ctx, runner, now, stale)
				if errors.Is(err, backtest.ErrNotFound) {
					return
				}
				if err != nil {
					t.Error(err)
					return
				}
				if b.State != backtest.Running || b.Runner != runner || !b.Heartbeat.Equal(now) || !b.Started.Equal(now) || b.Attempts != 1 {
					t.Errorf("the claimed row is %+v", b)
				}
				mu.Lock()
				if other, taken := claimed[b.ID]; taken {
					t.Errorf("%s was claimed by %s and %s", b.ID, other, runner)
				}
				claimed[b.ID] = runner
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(claimed) != rows {
		t.Errorf("%d rows were claimed, want %d", len(claimed), rows)
	}
	// All beat at now: none is free until they have been silent for long.
	_, err := s.Claim(ctx, "late", now.Add(time.Minute), now)
	want(t, "claiming beating runs", err, backtest.ErrNotFound)
	b, err := s.Claim(ctx, "late", now.Add(time.Hour), now.Add(time.Minute))
	if must(t, err); b.Runner != "late" || b.State != backtest.Running {
		t.Errorf("taking over gave %+v", b)
	}
}
