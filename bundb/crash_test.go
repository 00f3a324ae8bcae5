package bundb_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/postgres"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

// These tests run this test binary again as processes of their own: with
// childEnv set it only migrates the database that the variable names.
const (
	childEnv = "TRADEKEEL_TEST_CHILD"
	slowEnv  = "TRADEKEEL_TEST_CHILD_SLOW"
)

// crashMain is the child. It reports whether this process is one.
func crashMain() bool {
	target := os.Getenv(childEnv)
	if target == "" {
		return false
	}
	db, err := openChild(target)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	defer db.Close()
	set := mended
	if os.Getenv(slowEnv) != "" {
		set = slow
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	names, err := migrate(ctx, db, set)
	if err != nil {
		fmt.Println("error:", err)
		os.Exit(1) //nolint:gocritic // the process ends here, and all it holds with it
	}
	fmt.Println("applied:", names)
	return true
}

func openChild(target string) (*bundb.DB, error) {
	if name, isSchema := strings.CutPrefix(target, "schema:"); isSchema {
		return postgres.Open(context.Background(), dbtest.URL(), postgres.Options{Schema: name, MaxConns: 2})
	}
	return sqlite.Open(context.Background(), target, sqlite.Options{})
}

var (
	mended = files("m", "1_a.sql", makeA, "2_b.sql", makeB, "3_c.sql", `CREATE TABLE tk_m_c (id TEXT)`)

	// The second migration creates its table and then takes for ever. On SQLite
	// it writes so much that pages of the open transaction reach the disk.
	slow = files("m", "1_a.sql", makeA,
		"2_b.sqlite.sql", makeB+`; CREATE TABLE tk_m_big (n BLOB);
			INSERT INTO tk_m_big WITH RECURSIVE endless(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM endless) SELECT zeroblob(1000) FROM endless;`,
		"2_b.postgres.sql", makeB+`; CREATE TABLE tk_m_big (n INTEGER); SELECT pg_sleep(3600) /* tk_m_killed */;`)
)

func child(t *testing.T, target string, env ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	ok(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(append(os.Environ(), childEnv+"="+target), env...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	ok(t, cmd.Start())
	return cmd, &out
}

// killedMidway starts a child that gets stuck in a migration and kills it there
// as kill -9 does; then a new process migrates to the end.
func killedMidway(t *testing.T, target string, stuck func() bool, db func() *bundb.DB) {
	victim, out := child(t, target, slowEnv+"=1")
	until(t, "the child is amid its migration", stuck)
	ok(t, victim.Process.Kill())
	if err := victim.Wait(); err == nil {
		t.Fatalf("the child ended by itself: %s", out)
	}

	after := db()
	if !exists(t, after, "tk_m_a") || exists(t, after, "tk_m_b") || exists(t, after, "tk_m_big") {
		t.Error("the finished migration stays, the killed one leaves nothing")
	}
	heir, out := child(t, target)
	if err := heir.Wait(); err != nil || strings.TrimSpace(out.String()) != "applied: m/2_b m/3_c" {
		t.Errorf("the next process: %v: %s", err, out)
	}
	if !exists(t, after, "tk_m_c") || exists(t, after, "tk_m_big") {
		t.Error("the schema is not the wanted one")
	}
}

func TestS33_KilledAmidAMigrationSQLite(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	stuck := func() bool {
		info, err := os.Stat(path + "-wal")
		return err == nil && info.Size() > 256<<10 // pages of the open transaction are on the disk
	}
	killedMidway(t, path, stuck, func() *bundb.DB { return dbtest.SQLiteAt(t, path, sqlite.Options{}) })
}

func TestS33_KilledAmidAMigrationPostgres(t *testing.T) {
	t.Parallel()
	name := dbtest.Schema(t)
	db := dbtest.PostgresIn(t, name, postgres.Options{MaxConns: 2})
	// The schema has a history table of the child only once it has committed the
	// first migration; PgSleep says that it is inside the second.
	stuck := func() (is bool) {
		ok(t, db.NewRaw(`SELECT EXISTS (SELECT 1 FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
			WHERE a.wait_event = 'PgSleep' AND a.query LIKE '%tk\_m\_killed%'
			AND l.locktype = 'advisory' AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended(?, 0))`,
			name+".tk_m_migrations").Scan(t.Context(), &is))
		return is
	}
	killedMidway(t, "schema:"+name, stuck, func() *bundb.DB { return db })
}

func TestS33_TwoProcessesMigrateOnce(t *testing.T) {
	t.Parallel()
	race := func(t *testing.T, target string) {
		var wg sync.WaitGroup
		outs := make([]*bytes.Buffer, 4)
		for i := range outs {
			var cmd *exec.Cmd
			cmd, outs[i] = child(t, target)
			wg.Go(func() {
				if err := cmd.Wait(); err != nil {
					t.Errorf("%v: %s", err, outs[i])
				}
			})
		}
		wg.Wait()
		var all string
		for _, out := range outs {
			all += out.String()
		}
		for _, name := range []string{"m/1_a", "m/2_b", "m/3_c"} {
			if strings.Count(all, name) != 1 {
				t.Errorf("%s did not run exactly once:\n%s", name, all)
			}
		}
	}
	t.Run("sqlite", func(t *testing.T) { race(t, filepath.Join(t.TempDir(), "x.db")) })
	t.Run("postgres", func(t *testing.T) { race(t, "schema:"+dbtest.Schema(t)) })
}
