package bundb

import (
	"context"
	"database/sql"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// Options of a DB. The zero value suits PostgreSQL.
type Options struct {
	// Reader is the pool for reads outside a transaction; nil is the wrapped one.
	// SQLite wants one: its writer is a pool of a single connection.
	Reader *bun.DB
	// Isolation of transactions on PostgreSQL; the zero value is the server's
	// own, READ COMMITTED unless configured otherwise. Transactions on SQLite are
	// serialisable always.
	Isolation sql.IsolationLevel
	// Attempts is how often InTx runs a function before it gives up on conflicts
	// with other transactions; 0 is 8.
	Attempts int
	// ConnWait bounds how long a write or a transaction waits for a connection of
	// the pool; 0 is 30 seconds. Then it fails as Unavailable.
	ConnWait time.Duration
	// Close is run by DB.Close. Nil leaves the pools open: they are the host's.
	Close func() error
}

// DB is a database for stores: queries go to the transaction in their context,
// every query on users' rows carries its owner, and errors can be classified by
// Translate. It is safe for concurrent use.
type DB struct {
	writer   *bun.DB
	reader   *bun.DB
	postgres bool
	opts     Options

	inside lineage
	tables catalog

	refuse  sync.Once // guards refused, which carries errors to callers of QueryRow
	refused *sql.DB
	closed  atomic.Bool
}

// Wrap makes a DB of the host's own *bun.DB, which stays the host's to close.
// An error names what is wrong: a dialect other than SQLite and PostgreSQL, or a
// reader of another dialect.
//
// A host's SQLite connection string needs _txlock=immediate,
// _pragma=foreign_keys(1), _pragma=busy_timeout(5000) and a writer pool of one
// connection; a host's PostgreSQL pool goes through pgx. Packages bundb/sqlite
// and bundb/postgres open databases that way.
func Wrap(db *bun.DB, o Options) (*DB, error) {
	if db == nil {
		return nil, fmt.Errorf("bundb: Wrap needs a database, got nil")
	}
	if o.Reader == nil {
		o.Reader = db
	}
	name := db.Dialect().Name()
	if name != dialect.SQLite && name != dialect.PG {
		return nil, fmt.Errorf("bundb: the dialect must be SQLite or PostgreSQL, got %s", name)
	}
	if reader := o.Reader.Dialect().Name(); reader != name {
		return nil, fmt.Errorf("bundb: Reader must have the dialect of the wrapped database, %s, got %s", name, reader)
	}
	if o.Attempts <= 0 {
		o.Attempts = 8
	}
	if o.ConnWait <= 0 {
		o.ConnWait = 30 * time.Second
	}
	return &DB{writer: db, reader: o.Reader, postgres: name == dialect.PG, opts: o}, nil
}

// Close ends the database's own resources and runs Options.Close. A second call
// does nothing.
func (db *DB) Close() error {
	if db.closed.Swap(true) {
		return nil
	}
	db.refuse.Do(func() {})
	if db.refused != nil {
		_ = db.refused.Close()
	}
	if db.opts.Close != nil {
		return db.opts.Close()
	}
	return nil
}

// Postgres reports whether the database is PostgreSQL; otherwise it is SQLite.
// Stores rarely ask: only where the two dialects differ.
func (db *DB) Postgres() bool { return db.postgres }

// Unscoped returns the pool underneath. Queries on it see no transaction of a
// context and are not checked for owners: it is for pings, statistics and
// libraries that bring their own tables.
func (db *DB) Unscoped() *bun.DB { return db.writer }

// NewSelect starts a SELECT. Like every query of this DB it runs in the
// transaction of the context that it is executed with, or else on a pool.
func (db *DB) NewSelect() *bun.SelectQuery {
	return bun.NewSelectQuery(db.writer).Conn(border{db})
}

// NewInsert starts an INSERT.
func (db *DB) NewInsert() *bun.InsertQuery {
	return bun.NewInsertQuery(db.writer).Conn(border{db})
}

// NewUpdate starts an UPDATE.
func (db *DB) NewUpdate() *bun.UpdateQuery {
	return bun.NewUpdateQuery(db.writer).Conn(border{db})
}

// NewDelete starts a DELETE.
func (db *DB) NewDelete() *bun.DeleteQuery {
	return bun.NewDeleteQuery(db.writer).Conn(border{db})
}

// NewRaw starts a query from SQL text. Placeholders are question marks; values
// are quoted by bun. Raw text is checked for owners like any other.
func (db *DB) NewRaw(query string, args ...any) *bun.RawQuery {
	return bun.NewRawQuery(db.writer, query, args...).Conn(border{db})
}

// NewValues starts a VALUES list of the rows in model, for joins and bulk
// updates.
func (db *DB) NewValues(model any) *bun.ValuesQuery {
	return bun.NewValuesQuery(db.writer, model).Conn(border{db})
}

// ForUpdate makes q lock the rows that it reads until the transaction ends, for
// read-modify-write: q.Apply(db.ForUpdate). On SQLite a transaction holds the
// only write lock from its beginning, so there is nothing to add.
func (db *DB) ForUpdate(q *bun.SelectQuery) *bun.SelectQuery {
	if db.postgres {
		return q.For("UPDATE")
	}
	return q
}

// catalog remembers which tables hold users' rows.
type catalog struct {
	mu    sync.RWMutex
	owned map[string]bool
}

func (c *catalog) get(table string) (owned, known bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	owned, known = c.owned[table]
	return owned, known
}

func (c *catalog) put(table string, owned bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.owned == nil {
		c.owned = map[string]bool{}
	}
	c.owned[table] = owned
}

// forget drops what is known; after migrations a table may have gained its owner.
func (c *catalog) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.owned = nil
}

// ownedTables returns those of the named tables that have an owner_id column. A
// table that does not exist is not remembered: it may exist later.
func (db *DB) ownedTables(ctx context.Context, conn bun.IConn, names []string) (map[string]bool, error) {
	var found map[string]bool
	for _, table := range names {
		owned, known := db.tables.get(table)
		if !known {
			var exists bool
			var err error
			if exists, owned, err = db.describe(ctx, conn, table); err != nil {
				return nil, err
			}
			if exists {
				db.tables.put(table, owned)
			}
		}
		if owned {
			if found == nil {
				found = map[string]bool{}
			}
			found[table] = true
		}
	}
	return found, nil
}

func (db *DB) describe(ctx context.Context, conn bun.IConn, table string) (exists, owned bool, err error) {
	query := `SELECT count(*), coalesce(sum(CASE WHEN lower(name) = 'owner_id' THEN 1 ELSE 0 END), 0) FROM pragma_table_info(?)`
	if db.postgres {
		query = `SELECT count(*), coalesce(sum(CASE WHEN attname = 'owner_id' THEN 1 ELSE 0 END), 0)
			FROM pg_attribute WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped`
	}
	var columns, owners int
	err = conn.QueryRowContext(ctx, db.writer.QueryGen().FormatQuery(query, table)).Scan(&columns, &owners)
	return columns > 0, owners > 0, err
}
