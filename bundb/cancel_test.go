package bundb_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

const endless = `WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) SELECT count(*) FROM endless WHERE n < 0`

func TestCancellingStopsAStatement(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		statement := endless
		if db.Postgres() {
			statement = "SELECT count(*) FROM (SELECT pg_sleep(3600)) s"
		}
		run := func(ctx context.Context) error {
			var n int64
			return bundb.Translate(db.NewRaw(statement).Scan(ctx, &n))
		}
		for name, call := range map[string]func(ctx context.Context) error{
			"read":        run,
			"transaction": func(ctx context.Context) error { return db.InTx(ctx, run) },
			"write": func(ctx context.Context) error {
				_, err := db.NewRaw("INSERT INTO tk_zoo_plans (id, runs) SELECT 'x', (" + statement + ")").Exec(ctx)
				return bundb.Translate(err)
			},
			"part of a transaction": func(ctx context.Context) error {
				return db.InTx(context.WithoutCancel(ctx), func(tx context.Context) error {
					part, cancel := context.WithCancel(tx)
					defer cancel()
					defer context.AfterFunc(ctx, cancel)()
					return run(part)
				})
			},
		} {
			t.Run(name, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
				defer cancel()
				began := time.Now()
				err := call(ctx)
				if tradekeel.KindOf(err) != tradekeel.Canceled || tradekeel.SafeToRetry(err) {
					t.Errorf("got %v: %v", tradekeel.KindOf(err), err)
				}
				if d := time.Since(began); d > 10*time.Second {
					t.Errorf("it took %v to stop", d)
				}
				ok(t, db.InTx(soon(t), func(ctx context.Context) error { // everything is free again
					return errors.Join(addPlan(ctx, db, name))
				}))
			})
		}
		if got := plans(t, db); len(got) != 4 {
			t.Errorf("stored %v", got)
		}
	})
}

// Cancelling reaches the server: the statement does not go on without its client.
func TestCancellingReachesTheServer(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	sleeping := func() (n int) {
		ok(t, db.NewRaw(`SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%cancel\_me%' AND wait_event = 'PgSleep'`).Scan(t.Context(), &n))
		return n
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() {
		_, err := db.NewRaw("SELECT pg_sleep(3600) /* cancel_me */").Exec(ctx)
		result <- err
	}()
	until(t, "the statement runs", func() bool { return sleeping() == 1 })
	cancel()
	err := <-result
	want(t, bundb.Translate(err), tradekeel.ErrCanceled)
	// The server says so itself: the connection was not cut, and serves on.
	if e, is := errors.AsType[interface {
		error
		SQLState() string
	}](err); !is || e.SQLState() != "57014" {
		t.Errorf("got %v, want SQLSTATE 57014", err)
	}
	until(t, "the statement has stopped", func() bool { return sleeping() == 0 })
}

// until polls what only another process knows.
func until(t testing.TB, what string, reached func() bool) {
	t.Helper()
	deadline := time.After(30 * time.Second)
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !reached() {
		select {
		case <-deadline:
			t.Fatalf("not within 30 s: %s", what)
		case <-tick.C:
		}
	}
}
