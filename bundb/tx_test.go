package bundb_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

var errStop = errors.New("stop")

func TestAllOfATransactionOrNothing(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		ok(t, db.InTx(t.Context(), func(ctx context.Context) error {
			return errors.Join(addPlan(ctx, db, "a"), addPlan(ctx, db, "b"))
		}))
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			ok(t, addPlan(ctx, db, "c"))
			return errStop
		})
		if err != errStop { //nolint:errorlint // the same error, not one that wraps it
			t.Errorf("the function's own error must come back as it is, got %v", err)
		}
		runs := 0 // an error that only looks like a lost connection
		err = db.InTx(t.Context(), func(context.Context) error { runs++; return io.EOF })
		if err != io.EOF || runs != 1 { //nolint:errorlint // the same error, not one that wraps it
			t.Errorf("got %v after %d runs", err, runs)
		}
		if got := plans(t, db); !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("stored %v", got)
		}
	})
}

// In memory there is no WAL: who reads outside waits for the transaction.
func TestReadsInsideSeeTheTransaction(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		migrated(t, db)
		ok(t, db.InTx(t.Context(), func(ctx context.Context) error {
			ok(t, addPlan(ctx, db, "a"))
			n, err := db.NewSelect().Model((*planRow)(nil)).Count(ctx)
			if n != 1 || err != nil {
				t.Errorf("inside: %d, %v", n, err)
			}
			seen := make(chan int64, 1)
			go func() { // somebody else, outside
				n, err := db.NewSelect().Model((*planRow)(nil)).Count(t.Context())
				if err != nil {
					t.Error(err)
				}
				seen <- n
			}()
			if n := <-seen; n != 0 {
				t.Errorf("uncommitted rows are seen outside: %d", n)
			}
			return nil
		}))
	})
}

func TestNestedTransactionsJoin(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			ok(t, db.InTx(ctx, func(ctx context.Context) error { return addPlan(ctx, db, "inner") }))
			return errStop
		})
		want(t, err, errStop)
		if got := plans(t, db); len(got) != 0 {
			t.Errorf("the inner one committed by itself: %v", got)
		}
	})
}

func TestSwallowedErrorRollsBack(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			ok(t, addPlan(ctx, db, "outer"))
			_ = db.InTx(ctx, func(context.Context) error { return errStop })
			want(t, addPlan(ctx, db, "after"), bundb.ErrFailed)
			want(t, db.InTx(ctx, func(context.Context) error { return nil }), bundb.ErrFailed)
			return nil
		})
		want(t, err, bundb.ErrSwallowed)
		want(t, err, errStop)
		if got := plans(t, db); len(got) != 0 {
			t.Errorf("stored %v", got)
		}
	})
}

// A statement that failed ends a PostgreSQL transaction; SQLite behaves alike.
func TestSwallowedStatementRollsBack(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		ok(t, addPlan(t.Context(), db, "a"))
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			ok(t, addPlan(ctx, db, "b"))
			want(t, addPlan(ctx, db, "a"), bundb.ErrDuplicate)
			want(t, addPlan(ctx, db, "c"), bundb.ErrFailed)
			return nil
		})
		want(t, err, bundb.ErrSwallowed)
		want(t, err, bundb.ErrDuplicate)
		if got := plans(t, db); !slices.Equal(got, []string{"a"}) {
			t.Errorf("stored %v", got)
		}
	})
}

func TestPanicRollsBackAndGoesOn(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		func() {
			defer func() {
				if r := recover(); r != "boom" {
					t.Errorf("recovered %v", r)
				}
			}()
			_ = db.InTx(t.Context(), func(ctx context.Context) error {
				ok(t, addPlan(ctx, db, "a"))
				panic("boom")
			})
		}()
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			func() {
				defer func() { _ = recover() }()
				_ = db.InTx(ctx, func(context.Context) error { panic("inner") })
			}()
			return nil
		})
		want(t, err, bundb.ErrSwallowed)
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = db.InTx(t.Context(), func(ctx context.Context) error {
				ok(t, addPlan(ctx, db, "b"))
				runtime.Goexit()
				return nil
			})
		}()
		<-done
		if got := plans(t, db); len(got) != 0 {
			t.Errorf("stored %v", got)
		}
		ok(t, db.InTx(soon(t), func(ctx context.Context) error { return addPlan(ctx, db, "c") })) // nothing is left held
	})
}

func TestTwoDatabasesDoNotMix(t *testing.T) {
	t.Parallel()
	a, b := dbtest.SQLite(t), dbtest.SQLite(t)
	migrated(t, a)
	migrated(t, b)
	err := a.InTx(t.Context(), func(ctx context.Context) error {
		ok(t, addPlan(ctx, a, "a"))
		ok(t, addPlan(ctx, b, "b")) // a's transaction means nothing to b
		return errStop
	})
	want(t, err, errStop)
	if got := plans(t, a); len(got) != 0 {
		t.Errorf("a has %v", got)
	}
	if got := plans(t, b); !slices.Equal(got, []string{"b"}) {
		t.Errorf("b has %v", got)
	}
}

type unrelatedKey struct{}

// What would wait for itself on SQLite, and act beside the transaction on
// PostgreSQL, fails at once on both.
func TestContextFromOutsideFailsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		outer := t.Context()
		began := time.Now()
		ok(t, db.InTx(outer, func(ctx context.Context) error {
			for _, lacking := range []context.Context{outer, context.Background(), context.WithValue(outer, unrelatedKey{}, 1)} {
				want(t, addPlan(lacking, db, "a"), bundb.ErrOutside)
				_, err := db.NewSelect().Model((*planRow)(nil)).Count(lacking)
				want(t, err, bundb.ErrOutside)
				_, err = db.NewSelect().Model((*planRow)(nil)).Exists(lacking)
				want(t, err, bundb.ErrOutside)
				want(t, db.InTx(lacking, func(context.Context) error { return nil }), bundb.ErrOutside)
			}
			derived, cancel := context.WithCancel(context.WithValue(ctx, unrelatedKey{}, 1))
			defer cancel()
			return db.InTx(derived, func(ctx context.Context) error { return addPlan(ctx, db, "b") })
		}))
		if d := time.Since(began); d > 10*time.Second {
			t.Errorf("it took %v", d)
		}
		ok(t, addPlan(outer, db, "c")) // the transaction is over: nothing is remembered
		if got := plans(t, db); !slices.Equal(got, []string{"b", "c"}) {
			t.Errorf("stored %v", got)
		}
	})
}

// Many goroutines share one outer context; each waits for its turn.
func TestOtherGoroutinesWaitTheirTurn(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		ctx := soon(t)
		inside, release := make(chan struct{}), make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			err := db.InTx(ctx, func(ctx context.Context) error {
				close(inside)
				<-release
				return addPlan(ctx, db, "first")
			})
			if err != nil {
				t.Error(err)
			}
		})
		<-inside
		results := make(chan error, 20)
		for i := range 20 {
			id := string(rune('a' + i))
			wg.Go(func() {
				if i%2 == 0 {
					results <- addPlan(ctx, db, id)
					return
				}
				results <- db.InTx(ctx, func(ctx context.Context) error { return addPlan(ctx, db, id) })
			})
		}
		close(release)
		wg.Wait()
		for range 20 {
			ok(t, <-results)
		}
		if got := plans(t, db); len(got) != 21 {
			t.Errorf("stored %v", got)
		}
	})
}

// A goroutine started inside a transaction, against the rule, cannot be told
// from an unrelated one. It waits, but not for ever.
func TestWaitForTheWriterIsBounded(t *testing.T) {
	t.Parallel()
	db := dbtest.SQLiteAt(t, t.TempDir()+"/x.db", sqlite.Options{ConnWait: 50 * time.Millisecond})
	migrated(t, db)
	ok(t, db.InTx(t.Context(), func(context.Context) error {
		for _, call := range []func() error{
			func() error { return addPlan(t.Context(), db, "a") },
			func() error { return db.InTx(t.Context(), func(context.Context) error { return nil }) },
			func() error {
				var id string
				err := db.NewInsert().Model(&planRow{ID: "b"}).Returning("id").Scan(t.Context(), &id)
				return bundb.Translate(err)
			},
		} {
			result := make(chan error)
			go func() { result <- call() }()
			err := <-result
			want(t, err, bundb.ErrBusy)
			if !tradekeel.SafeToRetry(err) {
				t.Errorf("%v must be safe to retry", err)
			}
		}
		return nil
	}))
}

func TestAfterCommit(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		var ran []string
		note := func(s string) func() { return func() { ran = append(ran, s) } }

		db.AfterCommit(t.Context(), note("outside"))
		if !slices.Equal(ran, []string{"outside"}) {
			t.Fatalf("outside a transaction a hook runs at once, got %v", ran)
		}
		ran = nil
		var leaked context.Context
		ok(t, db.InTx(t.Context(), func(ctx context.Context) error {
			leaked = ctx
			db.AfterCommit(ctx, note("1"))
			ok(t, db.InTx(ctx, func(ctx context.Context) error {
				db.AfterCommit(ctx, note("2"))
				return nil
			}))
			db.AfterCommit(ctx, func() {
				ran = append(ran, "3")
				ok(t, addPlan(t.Context(), db, "hook")) // a context from outside works in a hook
				db.AfterCommit(ctx, note("4"))
			})
			if len(ran) != 0 {
				t.Errorf("before the commit: %v", ran)
			}
			return nil
		}))
		if !slices.Equal(ran, []string{"1", "2", "3", "4"}) {
			t.Errorf("ran %v", ran)
		}
		want(t, addPlan(leaked, db, "leaked"), bundb.ErrOver)
		want(t, db.InTx(leaked, func(context.Context) error { return nil }), bundb.ErrOver)

		ran = nil
		_ = db.InTx(t.Context(), func(ctx context.Context) error {
			leaked = ctx
			db.AfterCommit(ctx, note("rolled back"))
			return errStop
		})
		db.AfterCommit(leaked, note("late"))
		if len(ran) != 0 {
			t.Errorf("after a rollback: %v", ran)
		}
	})
}

func TestHostTransaction(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		begin := func() (context.Context, func() error, func(bool)) {
			tx, err := db.Unscoped().BeginTx(t.Context(), nil)
			ok(t, err)
			ctx, end := db.WithTx(t.Context(), tx)
			return ctx, tx.Commit, end
		}
		hooks := 0
		use := func(ctx context.Context, id string) error {
			return db.InTx(ctx, func(ctx context.Context) error {
				db.AfterCommit(ctx, func() { hooks++ })
				want(t, addPlan(t.Context(), db, "outside"), bundb.ErrOutside)
				return addPlan(ctx, db, id)
			})
		}

		ctx, commit, end := begin()
		ok(t, use(ctx, "a"))
		ok(t, addPlan(ctx, db, "b"))
		ok(t, commit())
		if hooks != 0 {
			t.Error("a hook ran before the host said that it committed")
		}
		end(true)
		if hooks != 1 {
			t.Errorf("%d hooks ran", hooks)
		}
		want(t, addPlan(ctx, db, "c"), bundb.ErrOver)

		ctx, commit, end = begin()
		ok(t, use(ctx, "d"))
		want(t, db.InTx(ctx, func(context.Context) error { return errStop }), errStop)
		if err := commit(); !errors.Is(err, sql.ErrTxDone) {
			t.Errorf("a swallowed error must keep the host from committing, got %v", err)
		}
		end(true)

		if got := plans(t, db); hooks != 1 || !slices.Equal(got, []string{"a", "b"}) {
			t.Errorf("%d hooks, stored %v", hooks, got)
		}
	})
}

func TestTransactionForLibraries(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		if _, in := db.Tx(t.Context()); in {
			t.Error("there is no transaction outside one")
		}
		want(t, db.DriverConn(t.Context(), func(any) error { return nil }), tradekeel.ErrUnsupported)
		ok(t, db.InTx(t.Context(), func(ctx context.Context) error {
			tx, in := db.Tx(ctx)
			if !in {
				t.Fatal("no transaction")
			}
			if _, err := tx.ExecContext(ctx, "INSERT INTO tk_zoo_plans (id, runs) VALUES ('a', 1)"); err != nil {
				t.Error(err)
			}
			return db.DriverConn(ctx, func(conn any) error {
				if conn == nil {
					t.Error("no connection")
				}
				return nil
			})
		}))
		if got := plans(t, db); !slices.Equal(got, []string{"a"}) {
			t.Errorf("stored %v", got)
		}
	})
}

// Not every failure passes the border; PostgreSQL tells at the commit.
func TestFailureUnseenUntilTheCommit(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	migrated(t, db)
	err := db.InTx(t.Context(), func(ctx context.Context) error {
		ok(t, addPlan(ctx, db, "a"))
		tx, _ := db.Tx(ctx)
		if _, err := tx.ExecContext(ctx, "SELECT 1/0"); err == nil {
			t.Error("no failure")
		}
		return nil
	})
	want(t, err, bundb.ErrSwallowed)
	if got := plans(t, db); len(got) != 0 {
		t.Errorf("stored %v", got)
	}
}

func TestTransactionControlIsRefused(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		for _, statement := range []string{"BEGIN", " /* x */ commit", "SELECT 1; ROLLBACK", "SAVEPOINT a", "END"} {
			_, err := db.NewRaw(statement).Exec(t.Context())
			want(t, err, bundb.ErrControl)
		}
		ok(t, db.InTx(t.Context(), func(ctx context.Context) error {
			_, err := db.NewRaw("COMMIT").Exec(ctx)
			want(t, err, bundb.ErrControl)
			_, err = db.Migrate(ctx, schema)
			want(t, err, bundb.ErrMigration)
			_, err = db.Migrate(t.Context(), schema)
			want(t, err, bundb.ErrMigration)
			return nil
		}))
	})
}

func TestLockingReadNeedsATransaction(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	migrated(t, db)
	read := func(ctx context.Context) error {
		_, err := db.NewSelect().Model((*planRow)(nil)).Apply(db.ForUpdate).Exec(ctx)
		return err
	}
	want(t, read(t.Context()), bundb.ErrLockOutside)
	ok(t, db.InTx(t.Context(), read))
}

func TestWrapNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	if _, err := bundb.Wrap(nil, bundb.Options{}); err == nil {
		t.Error("nil was wrapped")
	}
	a, b := dbtest.Memory(t), dbtest.Postgres(t)
	if _, err := bundb.Wrap(a.Unscoped(), bundb.Options{Reader: b.Unscoped()}); err == nil {
		t.Error("a reader of another dialect was taken")
	}
}
