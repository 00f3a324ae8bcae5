package source_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

// With childEnv set this test binary only imports the folder that it names.
const childEnv = "TRADEKEEL_TEST_IMPORT"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childEnv); folder != "" {
		if err := importChild(folder); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func importChild(folder string) error {
	disk, err := market.OpenStore(filepath.Join(folder, "store"))
	if err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil {
		return err
	}
	o := hourly
	pace := bufio.NewReader(os.Stdin)
	o.Progress = func(p source.Progress) { // goes on when it is told to
		fmt.Println("done:", p.Done, p.Bars)
		_, _ = pace.ReadByte()
	}
	report, err := source.Import(context.Background(), disk, files, o)
	if err != nil {
		return err
	}
	fmt.Println("report:", report.Added, report.Equal, report.Skipped, report.Err())
	return nil
}

// TestKilledImport kills an import as kill -9 does, again and again, amid its
// files; each next process goes on, and in the end every candle is there once.
func TestKilledImport(t *testing.T) {
	t.Parallel()
	all := bundled(t).Slice(0, 2000)
	folder := t.TempDir()
	files := 0
	for at := all.Candle(0).Time; !at.After(all.Candle(all.Len() - 1).Time); at = at.AddDate(0, 0, 1) {
		write(t, folder, "day-"+at.Format(time.DateOnly)+".csv", asCSV(all.Between(at, at.AddDate(0, 0, 1))))
		files++
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for kills := 0; ; kills++ {
		child := exec.CommandContext(t.Context(), self)
		child.Env = append(os.Environ(), childEnv+"="+folder)
		out, err := child.StdoutPipe()
		pace, failed := child.StdinPipe()
		if err = errors.Join(err, failed); err == nil {
			err = child.Start()
		}
		if err != nil {
			t.Fatal(err)
		}
		added, last := 0, ""
		for lines := bufio.NewScanner(out); lines.Scan(); {
			last = lines.Text()
			if !strings.HasPrefix(last, "done:") {
				continue
			}
			added++
			if _, err := pace.Write([]byte{'\n'}); err != nil {
				t.Fatal(err)
			}
			if kills < 4 && added == 8*(kills+1) { // it passes by what is stored and is amid one more
				_ = child.Process.Kill()
				break
			}
		}
		if err := child.Wait(); err != nil && kills >= 4 {
			t.Fatalf("the last process: %v: %s", err, last)
		}
		store, err := market.OpenStore(filepath.Join(folder, "store"))
		if err != nil {
			t.Fatal(err)
		}
		have, err := store.Get(market.KeyOf(all))
		if err != nil {
			t.Fatal(err)
		}
		sameSeries(t, have, all.Slice(0, have.Len()))
		if kills < 4 {
			if have.Len() == all.Len() {
				t.Fatal("the import was done before it was killed")
			}
			continue
		}
		sameSeries(t, have, all)
		var done, equal, skipped int
		if _, err := fmt.Sscanf(last, "report: %d %d %d <nil>", &done, &equal, &skipped); err != nil || done+equal != all.Len() || skipped < 32 || skipped >= files {
			t.Errorf("the last process says %q of %d files", last, files)
		}
		return
	}
}
