package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func open(t *testing.T, path string) *bundb.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestSettingsOfBothPools(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x.db"))
	for pragma, want := range map[string]string{
		"query_only": "1", "foreign_keys": "1", "busy_timeout": "5000", "synchronous": "2", "journal_mode": "wal",
	} {
		var got string
		if err := db.NewRaw("PRAGMA "+pragma).Scan(t.Context(), &got); err != nil || got != want {
			t.Errorf("reader: %s is %q, %v", pragma, got, err)
		}
	}
	for pragma, want := range map[string]string{
		"query_only": "0", "foreign_keys": "1", "busy_timeout": "5000", "synchronous": "2", "journal_mode": "wal",
	} {
		err := db.InTx(t.Context(), func(ctx context.Context) error {
			var got string
			if err := db.NewRaw("PRAGMA "+pragma).Scan(ctx, &got); err != nil || got != want {
				t.Errorf("writer: %s is %q, %v", pragma, got, err)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	if n := db.Unscoped().DB.Stats().MaxOpenConnections; n != 1 {
		t.Errorf("the writer pool has %d connections", n)
	}
}

func TestPathsWithOddCharacters(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space.db", "50%.db", "a#b.db", "ü.db", "a&b=c.db"} {
		path := filepath.Join(t.TempDir(), name)
		db := open(t, path)
		if _, err := db.NewRaw("CREATE TABLE tk_x (id TEXT)").Exec(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

func TestWrongPathsAreExplained(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is not a database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"":                                 "empty",
		":memory:":                         "OpenMemory",
		"file:x.db":                        "plain path",
		"x.db?mode=ro":                     "plain path",
		dir:                                "is a folder",
		filepath.Join(dir, "none", "x.db"): "must exist",
		text:                               "not a SQLite database",
	} {
		db, err := sqlite.Open(t.Context(), path, sqlite.Options{})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want it to say %q", path, err, want)
		}
		if db != nil {
			t.Errorf("%q: a database beside the error", path)
		}
	}
}

func TestMemoryIsOneDatabaseForAllConnections(t *testing.T) {
	t.Parallel()
	a, err := sqlite.OpenMemory(t.Context(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b, err := sqlite.OpenMemory(t.Context(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	defer b.Close()
	if _, err := a.NewRaw("CREATE TABLE tk_x (id INTEGER)").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		if _, err := a.NewRaw("INSERT INTO tk_x (id) VALUES (?)", i).Exec(t.Context()); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := a.NewRaw("SELECT count(*) FROM tk_x").Scan(t.Context(), &n); err != nil || n != i+1 {
			t.Fatalf("a reader sees %d of %d rows: %v", n, i+1, err)
		}
	}
	if _, err := b.NewRaw("INSERT INTO tk_x (id) VALUES (1)").Exec(t.Context()); err == nil {
		t.Error("two databases in memory are one")
	}
}

// Closing gives the file back and is safe to repeat.
func TestClose(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db := open(t, path)
	if _, err := db.NewRaw("CREATE TABLE tk_x (owner_id TEXT)").Exec(t.Context()); err != nil {
		t.Fatal(err)
	}
	refused, err := db.NewSelect().Model((*row)(nil)).Count(t.Context()) // an error through QueryRow
	if refused != 0 || err == nil {
		t.Errorf("%d, %v", refused, err)
	}
	for range 2 {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := os.Stat(path + "-wal"); !os.IsNotExist(err) {
		t.Errorf("the last one to close merges the log: %v", err)
	}
}

type row struct {
	bun.BaseModel `bun:"table:tk_x"`
	OwnerID       string `bun:"owner_id"`
}
