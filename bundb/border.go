package bundb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/uptrace/bun"
)

// border is the connection that every query of a DB is given. It looks at the
// finished statement and at the context that it is executed with, and only then
// picks the transaction or a pool, so that the two cannot disagree.
type border struct{ db *DB }

// passage is where a statement that may pass is run.
type passage struct {
	conn bun.IConn
	tx   *transaction // nil outside a transaction
	own  *sql.Conn    // taken from the writer pool for this statement alone
}

// ExecContext implements bun.IConn.
func (b border) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	p, err := b.db.admit(ctx, query)
	if err != nil {
		return nil, err
	}
	result, err := p.conn.ExecContext(ctx, query, args...)
	p.leave(err)
	if p.own != nil {
		_ = p.own.Close()
	}
	return result, err
}

// QueryContext implements bun.IConn.
func (b border) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	p, err := b.db.admit(ctx, query)
	if err != nil {
		return nil, err
	}
	rows, err := p.conn.QueryContext(ctx, query, args...)
	p.leave(err)
	p.closeWithRows(err)
	return rows, err
}

// QueryRowContext implements bun.IConn.
func (b border) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	p, err := b.db.admit(ctx, query)
	if err != nil {
		return b.db.refusedRow(ctx, err)
	}
	row := p.conn.QueryRowContext(ctx, query, args...)
	p.leave(row.Err())
	p.closeWithRows(row.Err())
	return row
}

// leave notes a failure: a statement that failed ends its transaction, on SQLite
// as it does on PostgreSQL.
func (p passage) leave(err error) {
	if err != nil && p.tx != nil {
		p.tx.fail(err)
	}
}

// closeWithRows gives the statement's own connection back. Close waits for the
// rows to be closed, so with rows open it waits beside the caller and ends with
// them.
func (p passage) closeWithRows(err error) {
	switch {
	case p.own == nil:
	case err != nil:
		_ = p.own.Close()
	default:
		go func() { _ = p.own.Close() }()
	}
}

// admit decides whether a statement may run, and where.
func (db *DB) admit(ctx context.Context, query string) (passage, error) {
	s := readStatement(query, db.postgres)
	if s.ends != "" {
		return passage{}, ErrControl.With("", "%s must not be sent as a statement: use InTx", strings.ToUpper(s.ends))
	}
	if t := db.current(ctx); t != nil {
		if err := t.usable(); err != nil {
			return passage{}, err
		}
		if err := db.checkOwner(ctx, t.tx.Tx, s); err != nil {
			t.fail(err)
			return passage{}, err
		}
		return passage{conn: t.tx.Tx, tx: t}, nil
	}
	if db.inside.here() {
		return passage{}, ErrOutside
	}
	if s.locks {
		return passage{}, ErrLockOutside
	}
	if err := db.checkOwner(ctx, db.reader.DB, s); err != nil {
		return passage{}, err
	}
	if !s.writes {
		return passage{conn: db.reader.DB}, nil
	}
	conn, err := db.connect(ctx)
	if err != nil {
		return passage{}, err
	}
	return passage{conn: conn.Conn, own: conn.Conn}, nil
}

// connect takes a connection of the writer pool within ConnWait.
func (db *DB) connect(ctx context.Context) (bun.Conn, error) {
	wait, cancel := context.WithTimeout(ctx, db.opts.ConnWait)
	defer cancel()
	conn, err := db.writer.Conn(wait)
	if err != nil && wait.Err() != nil && ctx.Err() == nil {
		return conn, ErrBusy.With("", "no connection became free within %v", db.opts.ConnWait).Because(err)
	}
	return conn, err
}

// refusedRow returns a row whose Scan answers err. database/sql makes rows only
// itself, so a pool whose connections never open carries the error.
func (db *DB) refusedRow(ctx context.Context, err error) *sql.Row {
	db.refuse.Do(func() { db.refused = sql.OpenDB(refuser{}) })
	if db.refused == nil { // closed before it was ever needed
		return db.reader.DB.QueryRowContext(canceled, "") //nolint:contextcheck // must be over, so that no statement is sent
	}
	return db.refused.QueryRowContext(context.WithValue(context.WithoutCancel(ctx), refusalKey{}, err), "")
}

// canceled is over from the beginning.
var canceled = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

type refusalKey struct{}

type refuser struct{}

// Connect implements driver.Connector.
func (refuser) Connect(ctx context.Context) (driver.Conn, error) {
	if err, ok := ctx.Value(refusalKey{}).(error); ok {
		return nil, err
	}
	return nil, errors.New("refused")
}

// Driver implements driver.Connector.
func (refuser) Driver() driver.Driver { return nil }
