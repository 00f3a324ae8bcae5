package strategysql_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/bundb/sqlite"
	"github.com/tradekeel/tradekeel/internal/dbtest"
	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/strategysql"
)

// This test runs the test binary again as a process of its own: with childEnv set it
// saves versions into the database that the variable names until it is killed.
const childEnv = "TRADEKEEL_TEST_CHILD"

const (
	owner   = "usr_crash"
	writers = 4
)

func TestMain(m *testing.M) {
	if path := os.Getenv(childEnv); path != "" {
		fmt.Println("error:", saveForEver(path))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// document is a text from which its number can be told, long enough to lie on many
// pages of the database.
func document(writer, n int) json.RawMessage {
	return json.RawMessage(fmt.Sprintf(`{"number":"%d of %d","text":%q}`, n, writer, strings.Repeat(fmt.Sprint(n%10), 40_000)))
}

// saveForEver tells what was saved after it was: what it told must be there.
func saveForEver(path string) error {
	ctx := context.Background()
	db, err := sqlite.Open(ctx, path, sqlite.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	if err := strategysql.Migrate(ctx, db); err != nil {
		return err
	}
	store := strategysql.New(db)
	failed := make(chan error, writers)
	var mu sync.Mutex
	for writer := range writers {
		go func() {
			id := library.ID(fmt.Sprint("str_", writer))
			failed <- store.Create(ctx, library.Strategy{ID: id, Owner: owner, Name: "x", Latest: 1, Hash: "1"},
				library.Version{Strategy: id, Number: 1, Document: document(writer, 1), Hash: "1", UsedAt: time.Unix(1, 0)}, 100)
			for n := 2; ; n++ {
				_, _, err := store.Change(ctx, owner, id, 0, func(_ *library.Strategy, v *library.Version) error {
					*v = library.Version{Strategy: id, Number: v.Number + 1, Document: document(writer, n), Hash: fmt.Sprint(n), UsedAt: time.Unix(1, 0)}
					return nil
				})
				if err != nil {
					failed <- err
					return
				}
				mu.Lock()
				fmt.Println(writer, n)
				mu.Unlock()
			}
		}()
	}
	for err := range failed {
		if err != nil {
			return err
		}
	}
	return nil
}

// A process that is killed amid saves leaves whole versions: every one that it had
// told of is there, numbers have no holes, and the strategy says what its latest is.
func TestKilledAmidSaves(t *testing.T) {
	t.Parallel()
	for _, after := range []int{1, 17, 40} {
		t.Run(fmt.Sprint(after), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "x.db")
			whole(t, path, killed(t, path, after))
		})
	}
}

// killed runs a child until it has told of so many saves, kills it as kill -9 does,
// and returns the last that it told of, by writer.
func killed(t *testing.T, path string, after int) [writers]int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+path)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var told [writers]int
	lines := bufio.NewScanner(out)
	for saves := 0; lines.Scan(); { // to what it told at the very last
		var writer, n int
		if _, err := fmt.Sscan(lines.Text(), &writer, &n); err != nil {
			t.Errorf("the child says %q", lines.Text())
		}
		told[writer] = n
		if saves++; saves == after {
			if err := cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
		}
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the child ended by itself")
	}
	return told
}

// whole checks what a killed process left.
func whole(t *testing.T, path string, told [writers]int) {
	t.Helper()
	db := dbtest.SQLiteAt(t, path, sqlite.Options{})
	store := strategysql.New(db)
	for writer := range writers {
		id := library.ID(fmt.Sprint("str_", writer))
		st, err := store.Get(t.Context(), owner, id)
		if errors.Is(err, library.ErrNotFound) && told[writer] == 0 {
			continue // killed before it had begun
		}
		if err != nil {
			t.Fatal(err)
		}
		if st.Latest < told[writer] || st.Hash != fmt.Sprint(st.Latest) || st.Draft {
			t.Errorf("the strategy is %+v, and version %d was told of", st, told[writer])
		}
		for n := 1; n <= st.Latest; n++ {
			v, err := store.Version(t.Context(), owner, id, n)
			if err != nil || string(v.Document) != string(document(writer, n)) || v.Hash != fmt.Sprint(n) {
				t.Errorf("version %d of %d: %d bytes, %v", n, st.Latest, len(v.Document), err)
			}
		}
		if _, err := store.Version(t.Context(), owner, id, st.Latest+1); err == nil {
			t.Errorf("there is a version after the latest, %d", st.Latest)
		}
	}
	var sound string
	if err := db.Unscoped().QueryRowContext(t.Context(), "PRAGMA integrity_check").Scan(&sound); err != nil || sound != "ok" {
		t.Errorf("the database: %s, %v", sound, err)
	}
}
