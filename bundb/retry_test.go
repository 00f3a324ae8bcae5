package bundb_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

// count adds one to a plan's runs without a lock, as a careless caller would.
func count(ctx context.Context, db *bundb.DB, id string) error {
	var row planRow
	if err := db.NewSelect().Model(&row).Where("id = ?", id).Scan(ctx); err != nil {
		return err
	}
	row.Runs++
	return bundb.One(db.NewUpdate().Model(&row).WherePK().Exec(ctx))
}

func runsOf(t testing.TB, db *bundb.DB, id string) int64 {
	t.Helper()
	var row planRow
	ok(t, db.NewSelect().Model(&row).Where("id = ?", id).Scan(t.Context()))
	return row.Runs
}

func TestSerialisationFailuresAreRerun(t *testing.T) {
	t.Parallel()
	db, err := bundb.Wrap(dbtest.Postgres(t).Unscoped(), bundb.Options{Isolation: sql.LevelSerializable, Attempts: 1000})
	ok(t, err)
	migrated(t, db)
	ok(t, addPlan(t.Context(), db, "a"))
	const workers = 12
	var wg sync.WaitGroup
	var attempts, hooks atomic.Int64
	for range workers {
		wg.Go(func() {
			err := db.InTx(soon(t), func(ctx context.Context) error {
				attempts.Add(1)
				db.AfterCommit(ctx, func() { hooks.Add(1) })
				return count(ctx, db, "a")
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := runsOf(t, db, "a"); got != workers || hooks.Load() != workers {
		t.Errorf("counted %d of %d with %d hooks in %d attempts", got, workers, hooks.Load(), attempts.Load())
	}
	if attempts.Load() == workers {
		t.Log("no two transactions met: this run proves little")
	}
}

func TestDeadlocksAreRerun(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	migrated(t, db)
	ok(t, addPlan(t.Context(), db, "a"))
	ok(t, addPlan(t.Context(), db, "b"))
	lock := func(ctx context.Context, id string) error {
		var row planRow
		return db.NewSelect().Model(&row).Where("id = ?", id).Apply(db.ForUpdate).Scan(ctx)
	}
	var wg, both sync.WaitGroup
	both.Add(2)
	var attempts atomic.Int64
	for _, order := range [][2]string{{"a", "b"}, {"b", "a"}} {
		wg.Go(func() {
			first := true
			err := db.InTx(soon(t), func(ctx context.Context) error {
				attempts.Add(1)
				if err := lock(ctx, order[0]); err != nil {
					return err
				}
				if first {
					first = false
					both.Done()
					both.Wait() // each holds what the other wants
				}
				return errors.Join(lock(ctx, order[1]), count(ctx, db, "a"))
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := runsOf(t, db, "a"); got != 2 || attempts.Load() != 3 {
		t.Errorf("counted %d in %d attempts, want 2 in 3", got, attempts.Load())
	}
}

func TestBusySQLiteIsRerunAndBounded(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db := dbtest.SQLiteAt(t, path, sqlite.Options{})
	migrated(t, db)
	other := dbtest.SQLiteAt(t, path, sqlite.Options{BusyTimeout: time.Millisecond}) // as another process would be

	attempts := 0
	ok(t, db.InTx(t.Context(), func(ctx context.Context) error {
		attempts++
		if attempts == 1 {
			ran := false
			err := other.InTx(t.Context(), func(context.Context) error { ran = true; return nil })
			want(t, err, bundb.ErrBusy)
			if ran {
				t.Error("the function ran without the lock")
			}
			return err // a real SQLITE_BUSY
		}
		return addPlan(ctx, db, "a")
	}))
	if attempts != 2 {
		t.Errorf("%d attempts", attempts)
	}
	ok(t, addPlan(t.Context(), other, "b"))
}

func TestAContextThatIsOverEndsTheAttempts(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db := dbtest.SQLiteAt(t, path, sqlite.Options{})
	migrated(t, db)
	other := dbtest.SQLiteAt(t, path, sqlite.Options{BusyTimeout: time.Millisecond})
	patient, err := bundb.Wrap(other.Unscoped(), bundb.Options{Attempts: 1 << 30})
	ok(t, err)
	ok(t, db.InTx(t.Context(), func(context.Context) error {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		err := patient.InTx(ctx, func(context.Context) error { return nil })
		if k := tradekeel.KindOf(err); k != tradekeel.Unavailable && k != tradekeel.Canceled {
			t.Errorf("got %v: %v", k, err)
		}
		return nil
	}))
}

// backend returns the process of the server behind the transaction in ctx.
func backend(ctx context.Context, t testing.TB, db *bundb.DB) (pid int) {
	t.Helper()
	if err := db.NewRaw("SELECT pg_backend_pid()").Scan(ctx, &pid); err != nil {
		t.Error(err)
	}
	return pid
}

func terminate(t testing.TB, db *bundb.DB, pid int) {
	t.Helper()
	if _, err := db.Unscoped().ExecContext(context.Background(), "SELECT pg_terminate_backend(?, 5000)", pid); err != nil {
		t.Error(err)
	}
}

func TestConnectionLostBeforeTheCommitIsRerun(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	migrated(t, db)
	attempts := 0
	ok(t, db.InTx(soon(t), func(ctx context.Context) error {
		attempts++
		ok(t, addPlan(ctx, db, "a"))
		if attempts == 1 {
			terminate(t, db, backend(ctx, t, db))
		}
		return addPlan(ctx, db, "b")
	}))
	if got := plans(t, db); attempts != 2 || len(got) != 2 {
		t.Errorf("%d attempts stored %v", attempts, got)
	}
	one, err := bundb.Wrap(db.Unscoped(), bundb.Options{Attempts: 1})
	ok(t, err)
	err = one.InTx(soon(t), func(ctx context.Context) error {
		terminate(t, one, backend(ctx, t, one))
		return addPlan(ctx, one, "c")
	})
	want(t, err, bundb.ErrConnection)
	if !tradekeel.SafeToRetry(err) {
		t.Errorf("nothing was committed, so it is safe to retry: %v", err)
	}
}

func TestConnectionLostAmidTheCommitIsUnknown(t *testing.T) {
	t.Parallel()
	db := dbtest.Postgres(t)
	migrated(t, db)
	attempts := 0
	err := db.InTx(soon(t), func(ctx context.Context) error {
		attempts++
		terminate(t, db, backend(ctx, t, db))
		return nil
	})
	want(t, err, bundb.ErrOutcomeUnknown)
	if attempts != 1 || tradekeel.SafeToRetry(err) {
		t.Errorf("%d attempts, %v", attempts, err)
	}
	// Outside a transaction a statement is its own commit.
	_, err = db.NewRaw("SELECT pg_terminate_backend(pg_backend_pid())").Exec(soon(t))
	want(t, bundb.Translate(err), bundb.ErrOutcomeUnknown)
}

// The law of Update: 40 at once lose nothing.
func TestConcurrentUpdatesLoseNothing(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		addBot(t, db, "bot", ann)
		const workers = 40
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				err := bundb.UpdateRow(soon(t), db, func(q *bun.SelectQuery) *bun.SelectQuery {
					return q.Where("id = ?", "bot").Where("owner_id = ?", ann)
				}, func(row *botRow) error {
					row.Runs++
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() { // readers do not disturb
				if _, err := db.NewSelect().Model((*botRow)(nil)).Where("owner_id = ?", ann).Count(soon(t)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		var row botRow
		ok(t, db.NewSelect().Model(&row).Where("owner_id = ?", ann).Scan(t.Context()))
		if row.Runs != workers {
			t.Errorf("%d of %d updates were kept", row.Runs, workers)
		}
	})
}

func TestUpdateRow(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		addBot(t, db, "bot", ann)
		addBot(t, db, "second", ann)
		update := func(id string, owner tradekeel.UserID, change func(row *botRow) error) error {
			return bundb.UpdateRow(t.Context(), db, func(q *bun.SelectQuery) *bun.SelectQuery {
				return q.Where("id LIKE ?", id).Where("owner_id = ?", owner)
			}, change)
		}
		rename := func(row *botRow) error { row.Name = "new"; return nil }
		want(t, update("none", ann, rename), tradekeel.ErrNotFound)
		want(t, update("bot", bob, rename), tradekeel.ErrNotFound)
		want(t, update("bot", ann, func(row *botRow) error { row.Name = "x"; return errStop }), errStop)
		for _, defect := range []error{
			update("%", ann, rename),
			update("bot", ann, func(row *botRow) error { row.OwnerID = bob; return nil }),
			update("bot", ann, func(row *botRow) error { row.ID = "x"; return nil }),
		} {
			if defect == nil || tradekeel.KindOf(defect) != tradekeel.Internal {
				t.Errorf("got %v", defect)
			}
		}
		ok(t, update("bot", ann, rename))
		want(t, update("second", ann, rename), tradekeel.ErrConflict) // a unique name for each owner

		var row botRow
		ok(t, db.NewSelect().Model(&row).Where("id = 'bot'").ApplyQueryBuilder(bundb.OwnedBy(ann)).Scan(t.Context()))
		if row.Name != "new" || row.OwnerID != ann || !row.CreatedAt.Time().Equal(day) {
			t.Errorf("stored %+v", row)
		}
	})
}
