package bundb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
)

var _ tradekeel.Transactor = (*DB)(nil)

// txKey is the context's key of a transaction of one DB: two databases in one
// process do not see each other's.
type txKey struct{ db *DB }

// transaction is the state that a context carries.
type transaction struct {
	db   *DB
	tx   bun.Tx
	conn *sql.Conn // nil when the host began the transaction
	host bool

	mu        sync.Mutex
	failed    error // the first failure inside; the whole is then rolled back
	over      bool
	committed bool
	hooks     []func()
}

func (db *DB) current(ctx context.Context) *transaction {
	t, _ := ctx.Value(txKey{db}).(*transaction)
	return t
}

// usable returns an error when no statement may run in t any more.
func (t *transaction) usable() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.over:
		return ErrOver
	case t.failed != nil:
		return ErrFailed.Because(t.failed)
	}
	return nil
}

// fail marks t as one that can only be rolled back. A transaction of the host is
// rolled back at once, so that its Commit cannot succeed.
func (t *transaction) fail(err error) {
	t.mu.Lock()
	first := t.failed == nil && !t.over
	if first {
		t.failed = err
	}
	t.mu.Unlock()
	if first && t.host {
		_ = t.tx.Rollback()
	}
}

func (t *transaction) failure() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.failed
}

// end closes t for further statements and returns its hooks.
func (t *transaction) end(committed bool) []func() {
	t.mu.Lock()
	defer t.mu.Unlock()
	hooks := t.hooks
	t.over, t.hooks = true, nil
	t.committed = committed && t.failed == nil
	if !t.committed {
		return nil
	}
	return hooks
}

// InTx implements tradekeel.Transactor.
//
// A nested InTx joins the transaction in ctx. An error or panic inside rolls the
// whole back; when somebody inside swallowed an error, the outer InTx returns
// ErrSwallowed with that error as its cause. A statement that failed counts as
// such an error, because PostgreSQL goes no further after one.
//
// fn is run again, with a growing random pause and at most Options.Attempts
// times, after a serialisation failure, a deadlock, a busy SQLite database, or a
// connection that was lost before the commit was sent. It is not run again when
// ctx is over. A connection lost while committing leaves the outcome unknown:
// that is ErrOutcomeUnknown, of kind Internal, which is not safe to retry.
//
// Inside fn every call on this DB carries the context that fn was given. A call
// from the same goroutine with another context fails at once with ErrOutside.
func (db *DB) InTx(ctx context.Context, fn func(ctx context.Context) error) error {
	return db.inTx(ctx, db.opts.Isolation, fn)
}

func (db *DB) inTx(ctx context.Context, isolation sql.IsolationLevel, fn func(ctx context.Context) error) error {
	if t := db.current(ctx); t != nil {
		return t.join(ctx, fn)
	}
	if db.inside.here() {
		return ErrOutside
	}
	for attempt := 1; ; attempt++ {
		hooks, again, err := db.attempt(ctx, isolation, fn)
		if err == nil {
			for _, hook := range hooks {
				hook()
			}
			return nil
		}
		if !again || attempt >= db.opts.Attempts || !pause(ctx, attempt) {
			return err
		}
	}
}

// attempt runs fn in a transaction once. again says that it may be rerun.
func (db *DB) attempt(ctx context.Context, isolation sql.IsolationLevel, fn func(ctx context.Context) error) (hooks []func(), again bool, err error) {
	conn, err := db.connect(ctx)
	if err != nil {
		return nil, isConflict(err), Translate(err)
	}
	defer conn.Close()
	var opts *sql.TxOptions
	if db.postgres {
		opts = &sql.TxOptions{Isolation: isolation}
	}
	tx, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return nil, isConflict(err), Translate(err)
	}

	t := &transaction{db: db, tx: tx, conn: conn.Conn}
	leave := db.inside.enter()
	returned := false
	defer func() {
		if !returned { // a panic or runtime.Goexit passes through
			leave()
			t.end(false)
			_ = tx.Rollback()
		}
	}()
	err = fn(context.WithValue(ctx, txKey{db}, t))
	returned = true
	leave()

	failed := t.failure()
	if err != nil || failed != nil {
		t.end(false)
		_ = tx.Rollback()
		if err == nil {
			err = swallowed(failed)
		}
		lost := lostInside(err, failed)
		return nil, lost || isConflict(err) || isConflict(failed), beforeCommit(ctx, err, lost)
	}
	if err := tx.Commit(); err != nil {
		t.end(false)
		return nil, isConflict(err), atCommit(ctx, err)
	}
	return t.end(true), false, nil
}

func swallowed(failed error) error {
	if known := classify(failed); known != nil {
		failed = known
	}
	return ErrSwallowed.Because(failed)
}

// lostInside reports whether the connection went away before the commit. The
// function's own errors may look alike (io.EOF of a file), so err counts only
// where it is known to be the database's.
func lostInside(err, failed error) bool {
	return isLost(failed) || errors.Is(err, ErrOutcomeUnknown) || sqlState(err) != "" && isLost(err)
}

// beforeCommit classifies the error of a transaction that was rolled back for
// certain. Errors that are not the database's pass unchanged.
func beforeCommit(ctx context.Context, err error, lost bool) error {
	switch {
	case lost:
		return ErrConnection.Because(err)
	case errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil:
		return ErrCanceled.Because(ctx.Err())
	case sqlState(err) != "", sqliteCode(err) != 0, errors.Is(err, sql.ErrNoRows),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		if known := classify(err); known != nil {
			return known
		}
	}
	return err
}

func atCommit(ctx context.Context, err error) error {
	switch {
	case isLost(err):
		return ErrOutcomeUnknown.Because(err)
	case errors.Is(err, sql.ErrTxDone) && ctx.Err() != nil: // rolled back for its context
		return ErrCanceled.Because(ctx.Err())
	case err.Error() == "commit unexpectedly resulted in rollback": // pgx's words: a failure passed unseen
		return ErrSwallowed.Because(err)
	}
	return Translate(err)
}

// pause waits before the attempt after the given one, and reports false when ctx
// is over before that.
func pause(ctx context.Context, attempt int) bool {
	limit := min(5*time.Millisecond<<min(attempt, 10), 500*time.Millisecond)
	timer := time.NewTimer(rand.N(limit) + time.Millisecond) //nolint:gosec // spreads the attempts; nothing is kept secret by it
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// join runs fn inside t.
func (t *transaction) join(ctx context.Context, fn func(ctx context.Context) error) error {
	if err := t.usable(); err != nil {
		return err
	}
	if t.host {
		defer t.db.inside.enter()()
	}
	returned := false
	defer func() {
		if !returned {
			t.fail(errors.New("the function panicked"))
		}
	}()
	err := fn(ctx)
	returned = true
	if err != nil {
		t.fail(err)
		return err
	}
	if failed := t.failure(); failed != nil {
		return swallowed(failed)
	}
	return nil
}

// AfterCommit runs hook once after the transaction in ctx has committed, in the
// order of the calls, on the goroutine of InTx; never after a rollback, and not
// for an attempt that is rerun. Outside a transaction it runs hook at once.
//
// Hooks feed caches and events: they cannot fail the transaction any more, and
// work on the database inside one needs a context from outside the transaction.
func (db *DB) AfterCommit(ctx context.Context, hook func()) {
	t := db.current(ctx)
	if t == nil {
		hook()
		return
	}
	t.mu.Lock()
	run := t.over && t.committed
	if !t.over && t.failed == nil {
		t.hooks = append(t.hooks, hook)
	}
	t.mu.Unlock()
	if run {
		hook()
	}
}

// WithTx returns a context in which this DB uses the host's transaction; InTx
// joins it. The host commits or rolls back and then calls end with whether it
// committed: only end(true) runs the AfterCommit hooks, and a host that never
// calls it has none. After end the context is used up.
//
// An error inside, whether of an InTx or of a single statement, rolls tx back
// at once, so that the host's Commit answers sql.ErrTxDone even where the host
// swallowed the error. Nothing is rerun: the host decides.
func (db *DB) WithTx(ctx context.Context, tx bun.Tx) (joined context.Context, end func(committed bool)) {
	t := &transaction{db: db, tx: tx, host: true}
	return context.WithValue(ctx, txKey{db}, t), func(committed bool) {
		for _, hook := range t.end(committed) {
			hook()
		}
	}
}

// Tx returns the transaction in ctx for libraries that need it, such as a job
// queue that inserts into tables of its own. Queries built on it are not checked
// for owners. Whoever takes it must not commit or roll back.
func (db *DB) Tx(ctx context.Context) (bun.Tx, bool) {
	t := db.current(ctx)
	if t == nil || t.usable() != nil {
		return bun.Tx{}, false
	}
	return t.tx, true
}

// DriverConn runs fn with the driver's own connection of the transaction in ctx,
// for libraries that speak to the driver: on PostgreSQL it is pgx's
// *stdlib.Conn. It must not outlive fn, and fn must not end the transaction.
// Outside a transaction, and in one that the host began, it is unsupported.
func (db *DB) DriverConn(ctx context.Context, fn func(driverConn any) error) error {
	t := db.current(ctx)
	if t == nil || t.conn == nil {
		return &tradekeel.Error{Kind: tradekeel.Unsupported, Code: "storage.driver_conn",
			Message: "the driver's connection can be had inside InTx only"}
	}
	if err := t.usable(); err != nil {
		return err
	}
	if err := t.conn.Raw(fn); err != nil {
		t.fail(err)
		return fmt.Errorf("bundb: on the driver's connection: %w", err)
	}
	return nil
}
