// Package dbtest gives tests real databases: a fresh SQLite file or a fresh
// PostgreSQL schema each, so that tests run in parallel and see nothing of each
// other.
//
// PostgreSQL is expected at TRADEKEEL_TEST_POSTGRES, or else at DefaultURL. When
// it does not answer, its tests are skipped with a banner at the default place,
// and fail where the variable is set, so that a build server cannot be green by
// skipping. TRADEKEEL_TEST_POSTGRES_REQUIRED=1 makes them fail and =0 makes them
// skip in either case.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/postgres"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
)

// DefaultURL is where PostgreSQL is looked for when TRADEKEEL_TEST_POSTGRES is empty.
const DefaultURL = "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable"

// URL returns where PostgreSQL is looked for.
func URL() string {
	if u := os.Getenv("TRADEKEEL_TEST_POSTGRES"); u != "" {
		return u
	}
	return DefaultURL
}

// Each runs test as two subtests, "sqlite" and "postgres", each with a fresh
// empty database.
func Each(t *testing.T, test func(t *testing.T, db *bundb.DB)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, Postgres(t)) })
}

// SQLite returns an empty database in a file that the test's end removes.
func SQLite(t testing.TB) *bundb.DB {
	t.Helper()
	return SQLiteAt(t, filepath.Join(t.TempDir(), "test.db"), sqlite.Options{})
}

// SQLiteAt opens the database at path until the test's end.
func SQLiteAt(t testing.TB, path string, o sqlite.Options) *bundb.DB {
	t.Helper()
	db, err := sqlite.Open(context.Background(), path, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDB(t, db) })
	return db
}

// Memory returns an empty database in memory until the test's end.
func Memory(t testing.TB) *bundb.DB {
	t.Helper()
	db, err := sqlite.OpenMemory(context.Background(), sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDB(t, db) })
	return db
}

// Postgres returns an empty schema that the test's end drops. Its pool has few
// connections, because many tests share the server's.
func Postgres(t testing.TB) *bundb.DB {
	t.Helper()
	return PostgresIn(t, Schema(t), postgres.Options{})
}

// PostgresIn opens the given schema until the test's end.
func PostgresIn(t testing.TB, schema string, o postgres.Options) *bundb.DB {
	t.Helper()
	o.Schema = schema
	if o.MaxConns == 0 {
		o.MaxConns = 6
	}
	db, err := postgres.Open(context.Background(), URL(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeDB(t, db) })
	return db
}

// Schema creates a schema that the test's end drops, and returns its name.
func Schema(t testing.TB) string {
	t.Helper()
	needPostgres(t)
	name := fmt.Sprintf("%s%d_%s", schemaPrefix, time.Now().Unix(), strings.ToLower(rand.Text()[:10]))
	admin(t, "CREATE SCHEMA "+name)
	t.Cleanup(func() { admin(t, "DROP SCHEMA IF EXISTS "+name+" CASCADE") })
	return name
}

const schemaPrefix = "tk_test_"

func closeDB(t testing.TB, db *bundb.DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

// admin runs one statement on a connection of its own.
func admin(t testing.TB, statement string) {
	t.Helper()
	if err := withAdmin(func(ctx context.Context, pool *sql.DB) error {
		_, err := pool.ExecContext(ctx, statement)
		return err
	}); err != nil {
		t.Errorf("%s: %v", statement, err)
	}
}

func withAdmin(do func(ctx context.Context, pool *sql.DB) error) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	db, err := postgres.Open(ctx, URL(), postgres.Options{MaxConns: 1})
	if err != nil {
		return err
	}
	defer db.Close()
	return do(ctx, db.Unscoped().DB)
}

// probe asks once per process whether PostgreSQL answers, and drops the schemas
// that killed tests of hours ago left behind.
var probe = sync.OnceValue(func() error {
	return withAdmin(func(ctx context.Context, pool *sql.DB) error {
		rows, err := pool.QueryContext(ctx, `SELECT nspname FROM pg_namespace WHERE nspname LIKE 'tk\_test\_%'`)
		if err != nil {
			return err
		}
		defer rows.Close()
		var stale []string
		for rows.Next() {
			var name string
			if err := rows.Scan(&name); err != nil {
				return err
			}
			made, _, _ := strings.Cut(strings.TrimPrefix(name, schemaPrefix), "_")
			unix, err := strconv.ParseInt(made, 10, 64)
			if err == nil && time.Since(time.Unix(unix, 0)) > 2*time.Hour {
				stale = append(stale, name)
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		_ = rows.Close()
		for _, name := range stale {
			// Another process may be dropping it too; it is not ours to fail on.
			_, _ = pool.ExecContext(ctx, "DROP SCHEMA IF EXISTS "+name+" CASCADE")
		}
		return nil
	})
})

// needPostgres skips the test, loudly, or fails it when PostgreSQL is required.
func needPostgres(t testing.TB) {
	t.Helper()
	err := probe()
	if err == nil {
		return
	}
	required := os.Getenv("TRADEKEEL_TEST_POSTGRES_REQUIRED")
	if required == "" && os.Getenv("TRADEKEEL_TEST_POSTGRES") != "" || required == "1" {
		t.Fatalf("PostgreSQL is required and cannot be used: %v", err)
	}
	banner()
	t.Skipf("PostgreSQL NOT TESTED: %v; set TRADEKEEL_TEST_POSTGRES to the URL of a server where schemas may be created", err)
}

// banner tells a person, once per test binary, that half of the laws did not
// run. The go command hides what a passing package prints, so the terminal is
// told as well where there is one.
var banner = sync.OnceFunc(func() { shout(os.Stderr) })

func shout(w io.Writer) {
	text := "\n" +
		"!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n" +
		"!!  PostgreSQL did not answer: its tests were SKIPPED in\n" +
		"!!    " + filepath.Base(os.Args[0]) + "\n" +
		"!!  To run them: TRADEKEEL_TEST_POSTGRES=postgres://user@host:5432/database go test ./...\n" +
		"!!  To fail instead of skipping: TRADEKEEL_TEST_POSTGRES_REQUIRED=1\n" +
		"!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!\n"
	fmt.Fprint(w, text)
	if tty, err := os.OpenFile("/dev/tty", os.O_WRONLY, 0); err == nil {
		defer tty.Close()
		fmt.Fprint(tty, text)
	}
}
