package bundb_test

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/postgres"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

// files makes the migrations of a domain from names and texts in turn.
func files(domain string, pairs ...string) bundb.Migrations {
	fs := fstest.MapFS{}
	for i := 0; i < len(pairs); i += 2 {
		fs[pairs[i]] = &fstest.MapFile{Data: []byte(pairs[i+1])}
	}
	return bundb.Migrations{Domain: domain, Files: fs}
}

const (
	makeA = `CREATE TABLE tk_m_a (id TEXT PRIMARY KEY); INSERT INTO tk_m_a (id) VALUES ('one; two');`
	makeB = `CREATE TABLE tk_m_b (id TEXT PRIMARY KEY REFERENCES tk_m_a (id))`
)

// migrate runs the migrations and returns their names.
func migrate(ctx context.Context, db *bundb.DB, sets ...bundb.Migrations) (string, error) {
	applied, err := db.Migrate(ctx, sets...)
	var names []string
	for _, m := range applied {
		names = append(names, m.String())
	}
	return strings.Join(names, " "), err
}

func exists(t testing.TB, db *bundb.DB, table string) bool {
	t.Helper()
	owned, others, err := db.Tables(t.Context())
	ok(t, err)
	return slices.Contains(owned, table) || slices.Contains(others, table)
}

func TestMigrationsRunOnceInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		set := files("m", "deep/20260102_b.sql", makeB, "20260101_a.sql", makeA)
		other := files("n", "1_x.sqlite.sql", `CREATE TABLE tk_n_x (id BLOB)`, "1_x.postgres.sql", `CREATE TABLE tk_n_x (id BYTEA); CREATE FUNCTION tk_n_f() RETURNS int AS $$ BEGIN RETURN 1; END $$ LANGUAGE plpgsql;`)
		got, err := migrate(t.Context(), db, set, other)
		ok(t, err)
		if got != "m/20260101_a m/20260102_b n/1_x" {
			t.Errorf("applied %q", got)
		}
		for range 2 {
			if got, err := migrate(t.Context(), db, set, other); got != "" || err != nil {
				t.Errorf("again: %q, %v", got, err)
			}
		}
		if !exists(t, db, "tk_m_b") || !exists(t, db, "tk_n_x") {
			t.Error("a table is missing")
		}
	})
}

func TestS33_FailedMigrationLeavesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		got, err := migrate(t.Context(), db, files("m", "1_a.sql", makeA, "2_b.sql", makeB+`; INSERT INTO tk_m_a (id) VALUES ('one; two')`))
		want(t, err, bundb.ErrMigration)
		if got != "m/1_a" || err == nil || !strings.Contains(err.Error(), "m/2_b") || !strings.Contains(strings.ToLower(err.Error()), "unique") {
			t.Errorf("applied %q: %v", got, err)
		}
		if exists(t, db, "tk_m_b") || !exists(t, db, "tk_m_a") {
			t.Error("what came before stays, what failed leaves nothing")
		}
		got, err = migrate(t.Context(), db, files("m", "1_a.sql", makeA, "2_b.sql", makeB)) // mended
		if got != "m/2_b" || err != nil || !exists(t, db, "tk_m_b") {
			t.Errorf("after it was mended: %q, %v", got, err)
		}
	})
}

func TestEditedMigrationIsReported(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		_, err := migrate(t.Context(), db, files("m", "1_a.sql", makeA))
		ok(t, err)
		if got, err := migrate(t.Context(), db, files("m", "1_a.sql", makeA)); got != "" || err != nil {
			t.Errorf("the same text: %q, %v", got, err)
		}
		got, err := migrate(t.Context(), db, files("m", "1_a.sql", makeA+" -- edited", "2_b.sql", makeB))
		want(t, err, bundb.ErrMigrationEdited)
		if got != "" || exists(t, db, "tk_m_b") {
			t.Error("nothing may be applied beside an edited one")
		}
		_, err = db.MigrationPlan(t.Context(), files("m", "1_a.sql", makeA+" -- edited"))
		want(t, err, bundb.ErrMigrationEdited)
	})
}

func TestLineEndsAreNoEdit(t *testing.T) {
	t.Parallel()
	unix, err := files("m", "1_a.sql", "SELECT 1;\nSELECT 2;\n").Read(false)
	ok(t, err)
	dos, err := files("m", "1_a.sql", "SELECT 1;\r\nSELECT 2;\r\n").Read(true)
	ok(t, err)
	if unix[0].Checksum != dos[0].Checksum {
		t.Error("a checkout with other line ends is not an edit")
	}
}

// Release N-1 starts on the schema of release N.
func TestNewerHistoryIsLeftAlone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		_, err := migrate(t.Context(), db, files("m", "1_a.sql", makeA, "2_b.sql", makeB))
		ok(t, err)
		old := files("m", "1_a.sql", makeA)
		if got, err := migrate(t.Context(), db, old); got != "" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
		states, err := db.MigrationStatus(t.Context(), old)
		ok(t, err)
		if len(states) != 2 || states[0].Unknown || !states[1].Unknown || states[1].Name != "b" || states[1].Applied == 0 {
			t.Errorf("%+v", states)
		}
	})
}

func TestStatusAndPlan(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		set := files("m", "1_a.sql", makeA, "2_b.sql", makeB+"; CREATE TABLE tk_m_c (d {{decimal}}) -- done")
		plan, err := db.MigrationPlan(t.Context(), set)
		ok(t, err)
		if exists(t, db, "tk_m_a") {
			t.Error("a plan changes nothing")
		}
		decimal := "TEXT"
		if db.Postgres() {
			decimal = "NUMERIC"
		}
		if strings.Count(plan, "COMMIT;") != 2 || !strings.Contains(plan, "(d "+decimal+")") {
			t.Errorf("plan:\n%s", plan)
		}
		// The plan is a script: run by hand it does what Migrate does.
		conn, err := db.Unscoped().DB.Conn(t.Context())
		ok(t, err)
		_, err = conn.ExecContext(t.Context(), plan)
		ok(t, errors.Join(err, conn.Close()))
		if got, err := migrate(t.Context(), db, set); got != "" || err != nil {
			t.Errorf("after the plan: %q, %v", got, err)
		}
		states, err := db.MigrationStatus(t.Context(), set)
		ok(t, err)
		for _, s := range states {
			if s.Edited || s.Unknown || time.Since(s.Applied.Time()).Abs() > time.Hour {
				t.Errorf("%+v", s)
			}
		}
		if plan, err := db.MigrationPlan(t.Context(), set); plan != "" || err != nil {
			t.Errorf("%q, %v", plan, err)
		}
	})
}

func TestWrongFilesAreNamed(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]bundb.Migrations{
		"domain":      files("M-1", "1_a.sql", makeA),
		"form":        files("m", "first.sql", makeA),
		"twice":       files("m", "1_a.sql", makeA, "1_b.sql", makeB),
		"both":        files("m", "1_a.sql", makeA, "1_a.sqlite.sql", makeA),
		"one":         files("m", "1_a.postgres.sql", makeA),
		"type":        files("m", "1_a.sql", "CREATE TABLE tk_m_a (id {{uuid}})"),
		"transaction": files("m", "1_a.sql", makeA+" COMMIT; BEGIN;"),
		"files":       {Domain: "m"},
	} {
		for _, postgres := range []bool{false, true} {
			if _, err := set.Read(postgres); !errors.Is(err, bundb.ErrMigrationFiles) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	db := dbtest.Memory(t)
	_, err := db.Migrate(t.Context(), files("m"), files("m"))
	want(t, err, bundb.ErrMigrationFiles)
	trigger := files("m", "1_a.sqlite.sql", makeA+`CREATE TRIGGER tk_m_t AFTER INSERT ON tk_m_a BEGIN DELETE FROM tk_m_a; END;`, "1_a.postgres.sql", "-- none")
	_, err = db.Migrate(t.Context(), trigger)
	ok(t, err)
}

// Two pools on one database stand for two processes; the real ones are in crash_test.go.
func TestS33_TwoAtOnceMigrateOnce(t *testing.T) {
	t.Parallel()
	race := func(t *testing.T, handles ...*bundb.DB) {
		set := files("m", "1_a.sql", makeA, "2_b.sql", makeB, "3_c.sql", `CREATE TABLE tk_m_c (id TEXT)`)
		start := make(chan struct{})
		applied := make([]string, len(handles))
		var wg sync.WaitGroup
		for i, db := range handles {
			wg.Go(func() {
				<-start
				var err error
				if applied[i], err = migrate(soon(t), db, set); err != nil {
					t.Error(err)
				}
			})
		}
		close(start)
		wg.Wait()
		if got := len(strings.Fields(strings.Join(applied, " "))); got != 3 {
			t.Errorf("applied %q", applied)
		}
	}
	t.Run("sqlite", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.db")
		var handles []*bundb.DB
		for range 6 {
			handles = append(handles, dbtest.SQLiteAt(t, path, sqlite.Options{}))
		}
		race(t, handles...)
	})
	t.Run("postgres", func(t *testing.T) {
		name := dbtest.Schema(t)
		var handles []*bundb.DB
		for range 6 {
			handles = append(handles, dbtest.PostgresIn(t, name, postgres.Options{MaxConns: 2, Isolation: sql.LevelSerializable}))
		}
		race(t, handles...)
	})
}

// Who waits for another one's migration gives up with its context.
func TestWaitingForAMigrationEndsWithTheContext(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	holder := dbtest.SQLiteAt(t, path, sqlite.Options{})
	waiter := dbtest.SQLiteAt(t, path, sqlite.Options{BusyTimeout: time.Millisecond})
	ok(t, holder.InTx(t.Context(), func(context.Context) error {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, err := waiter.Migrate(ctx, files("m", "1_a.sql", makeA))
		want(t, err, tradekeel.ErrCanceled)
		return nil
	}))
	_, err := waiter.Migrate(t.Context(), files("m", "1_a.sql", makeA))
	ok(t, err)
}
