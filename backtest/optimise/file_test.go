package optimise_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/backtest/optimise/optimisetest"
)

func TestMemoryLaws(t *testing.T) {
	t.Parallel()
	optimisetest.Store(t, func(*testing.T) optimise.Store { return &optimise.Memory{} })
}

func TestFileLaws(t *testing.T) {
	t.Parallel()
	optimisetest.Store(t, func(t *testing.T) optimise.Store { return openFile(t, t.TempDir()) })
}

func openFile(t *testing.T, folder string) *optimise.File {
	t.Helper()
	store, err := optimise.OpenFile(folder)
	ok(t, err)
	t.Cleanup(func() { ok(t, store.Close()) })
	return store
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func someRows(first, n int) []optimise.Row {
	rows := make([]optimise.Row, n)
	for i := range rows {
		rows[i] = optimise.Row{Number: int64(first + i), Levels: []int{first + i, 2}}
		rows[i].Figures.Sharpe = float64(i)
		if i%3 == 0 {
			rows[i].State, rows[i].Fault = optimise.Failed, "params.fast: must be below slow"
		}
	}
	return rows
}

// written makes a store with rows and returns its folder and the file of the rows.
func written(t *testing.T, rows []optimise.Row) (folder, path string) {
	t.Helper()
	folder = t.TempDir()
	store, err := optimise.OpenFile(folder)
	ok(t, err)
	ok(t, store.Begin(t.Context(), "s", []byte("{}")))
	ok(t, store.Append(t.Context(), "s", 0, rows))
	ok(t, store.Close())
	return folder, filepath.Join(folder, "s", "part-00000.rows")
}

// TestTornEnd cuts a file of rows at every byte, and lets zeros follow: a beginning of the
// rows is there, and writing goes on behind it.
func TestTornEnd(t *testing.T) {
	t.Parallel()
	rows := someRows(0, 6)
	folder, path := written(t, rows)
	whole, err := os.ReadFile(path)
	ok(t, err)
	ends := map[int]int{}
	for n := range len(rows) + 1 {
		_, p := written(t, rows[:n])
		info, err := os.Stat(p)
		ok(t, err)
		ends[int(info.Size())] = n
	}
	want := 0
	for cut := range len(whole) + 1 {
		if n, at := ends[cut]; at {
			want = n
		}
		for _, zeros := range []int{0, 1, 7, 4096} {
			if zeros > 0 && cut < len("tkrows1\n") {
				continue // the magic word is synced before rows are written
			}
			ok(t, os.WriteFile(path, append(whole[:cut:cut], make([]byte, zeros)...), 0o600))
			store := openFile(t, folder)
			if got := len(optimisetest.Rows(t, store, "s", 0)); got != want && !(zeros > 0 && got == want+1 && whole[cut] == 0) {
				t.Fatalf("cut at %d with %d zeros behind there are %d rows, want %d", cut, zeros, got, want)
			}
			got := len(optimisetest.Rows(t, store, "s", 0))
			ok(t, store.Append(t.Context(), "s", 0, rows[got:]))
			if n := len(optimisetest.Rows(t, store, "s", 0)); n != len(rows) {
				t.Fatalf("cut at %d: after writing on there are %d rows", cut, n)
			}
			ok(t, store.Close())
			if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, whole) {
				t.Fatalf("cut at %d: the file is another, %v", cut, err)
			}
		}
	}
}

// TestDamage flips each bit before the last row: reading and writing say so, and no row
// comes back changed.
func TestDamage(t *testing.T) {
	t.Parallel()
	rows := someRows(0, 6)
	folder, path := written(t, rows)
	whole, err := os.ReadFile(path)
	ok(t, err)
	_, shorter := written(t, rows[:5])
	info, err := os.Stat(shorter)
	ok(t, err)
	for at := range int(info.Size()) {
		for bit := range 8 {
			damaged := append([]byte(nil), whole...)
			damaged[at] ^= 1 << bit
			ok(t, os.WriteFile(path, damaged, 0o600))
			store := openFile(t, folder)
			var wrong error
			n := 0
			for r, err := range store.Rows(t.Context(), "s", 0) {
				if wrong = err; err != nil {
					break
				}
				if !bytes.Equal(r.Encode(nil), rows[n].Encode(nil)) {
					t.Fatalf("bit %d of byte %d: row %d came back changed", bit, at, n)
				}
				n++
			}
			// A length that grew to reach past the end looks like one that was not
			// written whole; it loses rows, which are then run again.
			if !errors.Is(wrong, optimise.ErrCorrupt) && n == len(rows) {
				t.Fatalf("bit %d of byte %d is not seen: %d rows, %v", bit, at, n, wrong)
			}
			if wrong != nil {
				if err := store.Append(t.Context(), "s", 0, someRows(6, 1)); !errors.Is(err, optimise.ErrCorrupt) {
					t.Fatalf("writing behind damage gives %v", err)
				}
			}
			ok(t, store.Close())
		}
	}
}

// TestSecondWriter: a part is one process' while it writes.
func TestSecondWriter(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	first, second := openFile(t, folder), openFile(t, folder)
	ok(t, first.Begin(t.Context(), "s", []byte("{}")))
	ok(t, first.Append(t.Context(), "s", 0, someRows(0, 2)))
	if err := second.Append(t.Context(), "s", 0, someRows(2, 2)); !errors.Is(err, optimise.ErrBusy) {
		t.Errorf("got %v, want ErrBusy", err)
	}
	ok(t, second.Append(t.Context(), "s", 1, someRows(2, 2)))
	ok(t, first.Close())
	ok(t, second.Append(t.Context(), "s", 0, someRows(2, 2)))
	if n := len(optimisetest.Rows(t, first, "s", 0)); n != 4 {
		t.Errorf("there are %d rows", n)
	}
}
