package dbtest_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

func TestEachIsFreshAndAlone(t *testing.T) {
	t.Parallel()
	for range 2 {
		dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
			if _, err := db.NewRaw("CREATE TABLE tk_alone (id TEXT)").Exec(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// The subject of the tests below, in a process of its own.
func TestChild(t *testing.T) {
	if os.Getenv("TRADEKEEL_TEST_CHILD") == "" {
		t.Skip("runs as a child of other tests")
	}
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) { t.Log("ran on", db.Postgres()) })
}

// withoutServer runs TestChild where no PostgreSQL answers.
func withoutServer(t *testing.T, required string) (passed bool, out string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$", "-test.v")
	cmd.Env = append(os.Environ(), "TRADEKEEL_TEST_CHILD=1",
		"TRADEKEEL_TEST_POSTGRES=postgres://u:hush@127.0.0.1:1/x?sslmode=disable", "TRADEKEEL_TEST_POSTGRES_REQUIRED="+required)
	raw, err := cmd.CombinedOutput()
	out = string(raw)
	if strings.Contains(out, "hush") {
		t.Errorf("the password is printed:\n%s", out)
	}
	if !strings.Contains(out, "--- PASS: TestChild/sqlite") {
		t.Errorf("SQLite needs no server:\n%s", out)
	}
	return err == nil, out
}

func TestAServerThatIsRequiredMustAnswer(t *testing.T) {
	t.Parallel()
	for _, required := range []string{"", "1"} {
		if passed, out := withoutServer(t, required); passed || !strings.Contains(out, "--- FAIL: TestChild/postgres") {
			t.Errorf("REQUIRED=%q passed:\n%s", required, out)
		}
	}
}

func TestSkippingIsLoud(t *testing.T) {
	t.Parallel()
	passed, out := withoutServer(t, "0")
	if !passed || strings.Count(out, "were SKIPPED in") != 1 || !strings.Contains(out, "PostgreSQL NOT TESTED") {
		t.Errorf("passed %t:\n%s", passed, out)
	}
}
