// Package sqlite opens SQLite databases, with the pure Go driver
// modernc.org/sqlite, the way that money and orders need them.
//
// There are two pools on one database: a writer of a single connection whose
// transactions take the write lock when they begin, and readers that cannot
// write. Commits are synced to disk (synchronous=FULL) before they return, the
// log is a WAL, so that readers and the writer do not wait for each other, and
// foreign keys hold. One process at a time should write; another one waits up to
// BusyTimeout for the lock.
package sqlite

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"modernc.org/sqlite"

	"github.com/tradekeel/tradekeel/bundb"
)

// Options of Open. The zero value is right for most.
type Options struct {
	// BusyTimeout is how long a statement waits for the lock of another process;
	// 0 is 5 seconds.
	BusyTimeout time.Duration
	// Readers is the number of connections for reading; 0 is 8.
	Readers int
	// ConnWait bounds the wait for the writer connection inside this process;
	// 0 is bundb's default of 30 seconds.
	ConnWait time.Duration
}

// Open opens the database in the file at path and creates it when it is missing;
// its folder must exist. Close the result.
//
// Errors say what is wrong with the path: a folder that is missing, a file that
// is a folder, is not a SQLite database, or may not be written.
func Open(ctx context.Context, path string, o Options) (*bundb.DB, error) {
	switch {
	case path == "":
		return nil, errors.New("sqlite: the path is empty: give the file of the database, or use OpenMemory")
	case strings.Contains(path, ":memory:"):
		return nil, errors.New("sqlite: every connection to :memory: is a database of its own: use OpenMemory")
	case strings.HasPrefix(path, "file:") || strings.Contains(path, "?"):
		return nil, fmt.Errorf("sqlite: %q must be a plain path without file: and parameters: they are set by this package", path)
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("sqlite: the path %q cannot be made absolute: %w", path, err)
	}
	if info, err := os.Stat(full); err == nil && info.IsDir() {
		return nil, fmt.Errorf("sqlite: %q is a folder: give the file of the database", path)
	}
	if _, err := os.Stat(filepath.Dir(full)); err != nil {
		return nil, fmt.Errorf("sqlite: the folder of %q must exist: %w", path, err)
	}
	slashed := filepath.ToSlash(full)
	if !strings.HasPrefix(slashed, "/") { // C:/…
		slashed = "/" + slashed
	}
	return open(ctx, path, "file://"+(&url.URL{Path: slashed}).EscapedPath(), "WAL", nil, o)
}

// OpenMemory opens a database that lives in memory until it is closed, for
// examples, demos and tests. All connections see the one database, and each
// OpenMemory makes another. It has no WAL: a read outside a transaction waits
// while a transaction of another goroutine is writing, and rows left open while
// the same goroutine writes make that write fail as busy.
func OpenMemory(ctx context.Context, o Options) (*bundb.DB, error) {
	return open(ctx, "memory", "file:/tk-"+strings.ToLower(rand.Text()), "MEMORY", url.Values{"vfs": {"memdb"}}, o)
}

func open(ctx context.Context, name, uri, journal string, extra url.Values, o Options) (*bundb.DB, error) {
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 5 * time.Second
	}
	if o.Readers <= 0 {
		o.Readers = 8
	}
	common := []string{
		// First, so that the others wait for locks as well.
		"busy_timeout(" + strconv.FormatInt(o.BusyTimeout.Milliseconds(), 10) + ")",
		"foreign_keys(1)",
		"synchronous(FULL)",
	}
	writer, err := pool(uri, extra, append(common, "journal_mode("+journal+")"), 1)
	if err != nil {
		return nil, fmt.Errorf("sqlite: %s: %w", name, err)
	}
	reader, err := pool(uri, extra, append(common, "query_only(1)"), o.Readers)
	if err != nil {
		_ = writer.Close()
		return nil, fmt.Errorf("sqlite: %s: %w", name, err)
	}
	closeBoth := func() error { return errors.Join(reader.Close(), writer.Close()) }
	if err := check(ctx, writer, reader, journal); err != nil {
		_ = closeBoth()
		return nil, fmt.Errorf("sqlite: %s cannot be opened: %w", name, err)
	}
	dialect := sqlitedialect.New()
	db, err := bundb.Wrap(bun.NewDB(writer, dialect), bundb.Options{
		Reader:   bun.NewDB(reader, dialect),
		ConnWait: o.ConnWait,
		Close:    closeBoth,
	})
	if err != nil {
		_ = closeBoth()
	}
	return db, err
}

func pool(uri string, extra url.Values, pragmas []string, size int) (*sql.DB, error) {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": pragmas}
	maps.Copy(q, extra)
	connector, err := sqlite.NewConnector(uri + "?" + q.Encode())
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxOpenConns(size)
	// An idle connection is kept: opening one costs more than it holds, and the
	// last one to a database in memory keeps it alive.
	db.SetMaxIdleConns(size)
	return db, nil
}

// check opens a connection of each pool, the writer first because it may have to
// create the file, and proves that what money relies on is on.
func check(ctx context.Context, writer, reader *sql.DB, journal string) error {
	var mode string
	if err := writer.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode); err != nil {
		return explain(err)
	}
	if !strings.EqualFold(mode, journal) {
		return fmt.Errorf("its journal mode is %s instead of %s: is it on a network drive?", mode, journal)
	}
	for _, want := range []struct {
		db     *sql.DB
		pragma string
		value  int
	}{{writer, "synchronous", 2}, {writer, "foreign_keys", 1}, {reader, "query_only", 1}} {
		var got int
		if err := want.db.QueryRowContext(ctx, "PRAGMA "+want.pragma).Scan(&got); err != nil {
			return explain(err)
		}
		if got != want.value {
			return fmt.Errorf("PRAGMA %s is %d instead of %d", want.pragma, got, want.value)
		}
	}
	return nil
}

// explain says what would be right where SQLite's text does not.
func explain(err error) error {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return err
	}
	switch e.Code() & 0xff {
	case 14: // SQLITE_CANTOPEN
		return fmt.Errorf("may this user write the file and its folder? %w", err)
	case 26: // SQLITE_NOTADB
		return fmt.Errorf("the file is not a SQLite database: %w", err)
	case 8: // SQLITE_READONLY
		return fmt.Errorf("the file must be writable, the two files beside it (-wal and -shm) as well: %w", err)
	}
	return err
}
