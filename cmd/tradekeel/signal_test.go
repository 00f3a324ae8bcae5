//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/market"
)

// program is the program under way in a folder of its own.
type program struct {
	*exec.Cmd

	stdout, stderr bytes.Buffer
}

func start(t *testing.T, folder string, env []string, args ...string) *program {
	t.Helper()
	p := &program{Cmd: exec.CommandContext(t.Context(), binary, args...)}
	p.Dir = folder
	p.Stdout, p.Stderr = &p.stdout, &p.stderr
	p.Env = append([]string{"HOME=" + folder, envStore + "=" + filepath.Join(folder, "store")}, env...)
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// ends waits for the program and checks how it ended.
func (p *program) ends(t *testing.T, code int) {
	t.Helper()
	err := p.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	if got := p.ProcessState.ExitCode(); got != code {
		t.Fatalf("exit code %d, want %d\n%s%s", got, code, &p.stdout, &p.stderr)
	}
}

func (p *program) interrupt(t *testing.T) {
	t.Helper()
	if err := p.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
}

// An import that is interrupted stores whole files, says so, and goes on from there.
func TestInterruptImport(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	const days = 150
	names := writeDays(t, folder, days)
	args := append([]string{"data", "import", "x:ABC/USD:1m", "--json"}, names...)
	p := start(t, folder, nil, args...)
	key := market.Key{Venue: "x", Symbol: "ABC/USD", Timeframe: market.M1}
	store, err := market.OpenStore(filepath.Join(folder, "store"))
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, func() bool {
		info, err := store.Info(key)
		return err == nil && info.Rows > 0
	})
	p.interrupt(t)
	p.ends(t, exitInterrupted)
	if !strings.Contains(p.stderr.String(), "interrupted; what was stored stays, and the same command goes on from there") {
		t.Errorf("it says %q", &p.stderr)
	}
	info, err := store.Info(key)
	if err != nil || info.Rows == 0 || info.Rows == days*minutes {
		t.Fatalf("%d candles are stored, %v: it was not interrupted in the middle", info.Rows, err)
	}
	p = start(t, folder, nil, args...)
	p.ends(t, exitOK)
	var answer struct{ Added, Equal, Skipped int }
	if err := json.Unmarshal(p.stdout.Bytes(), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Added != days*minutes-info.Rows || answer.Equal != info.Rows || answer.Skipped == 0 {
		t.Errorf("after %d candles: %+v", info.Rows, answer)
	}
	if err := store.Verify(t.Context(), nil); err != nil {
		t.Error(err)
	}
}

// minutes is the number of candles in a file of a day.
const minutes = 1440

func writeDays(t *testing.T, folder string, days int) []string {
	t.Helper()
	names := make([]string, days)
	for day := range days {
		var b strings.Builder
		b.WriteString("time,open,high,low,close,volume\n")
		begin := time.Date(2020, 1, 1+day, 0, 0, 0, 0, time.UTC)
		for i := range minutes {
			fmt.Fprintf(&b, "%d,%d,%d,%d,%d,1\n", begin.Add(time.Duration(i)*time.Minute).Unix(), 100+i%7, 120, 90, 101+i%5)
		}
		names[day] = begin.Format(time.DateOnly) + ".csv"
		if err := os.WriteFile(filepath.Join(folder, names[day]), []byte(b.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return names
}

func waitFor(t *testing.T, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("it did not come about")
		}
	}
}

// A download that is interrupted while the venue is silent ends at once, keeps its
// pages, and goes on after the last of them.
func TestInterruptDownload(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	asked := make(chan struct{})
	answers := &venue{}
	var mu sync.Mutex
	requests, silent := 0, true
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		requests++
		wait := silent && requests == 3
		mu.Unlock()
		if wait {
			close(asked)
			<-r.Context().Done()
			return
		}
		answers.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	args := []string{"data", "download", "binance:BTC/USDT:1h", "--from", "2024-01-01", "--to", "2025-01-01", "--json"}
	p := start(t, folder, []string{envBinance + "=" + server.URL}, args...)
	<-asked
	p.interrupt(t)
	p.ends(t, exitInterrupted)
	var answer downloaded
	if err := json.Unmarshal(p.stdout.Bytes(), &answer); err != nil || answer.Added != 2000 {
		t.Fatalf("%d candles were stored, want 2000: %v", answer.Added, err)
	}
	mu.Lock()
	silent = false
	mu.Unlock()
	p = start(t, folder, []string{envBinance + "=" + server.URL}, args...)
	p.ends(t, exitOK)
	if err := json.Unmarshal(p.stdout.Bytes(), &answer); err != nil || answer.Added != 366*24-2000 || len(answer.Gaps) != 0 {
		t.Errorf("%d candles were added, want %d: %v", answer.Added, 366*24-2000, err)
	}
}

// A second interrupt ends a program at once that the first one could not stop.
func TestSecondInterrupt(t *testing.T) {
	t.Parallel()
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	defer write.Close()
	p := &program{Cmd: exec.CommandContext(t.Context(), binary, "strategies", "check", "-")}
	p.Stdin, p.Stdout, p.Stderr = read, &p.stdout, &p.stderr
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	// It has taken the pipe's contents when there is room for as much again.
	if _, err := write.Write(bytes.Repeat([]byte(" "), 128<<10)); err != nil {
		t.Fatal(err)
	}
	p.interrupt(t)
	waitFor(t, func() bool {
		_ = p.Process.Signal(os.Interrupt)
		var status syscall.WaitStatus
		pid, err := syscall.Wait4(p.Process.Pid, &status, syscall.WNOHANG, nil)
		return err == nil && pid != 0 && status.Signaled() && status.Signal() == syscall.SIGINT
	})
}

// A search that is interrupted keeps its runs, and goes on without repeating them.
func TestInterruptOptimise(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := environmentIn(folder, func(string, string) {}); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"optimise", "sma_cross", "--over", "fast=2:20:1", "--over", "slow=41:200:1", "--study", "studies/sma", "--json",
		"--accept-gaps", "--data", "binance:BTC/USDT:1h=examples/data/btcusdt_binance_1h.csv",
	}
	const runs = 19 * 160
	p := start(t, folder, nil, args...)
	waitFor(t, func() bool {
		var size int64
		files, _ := filepath.Glob(filepath.Join(folder, "studies", "sma", "*"))
		for _, name := range files {
			if info, err := os.Stat(name); err == nil {
				size += info.Size()
			}
		}
		return size > 16<<10 // more than the study itself
	})
	p.interrupt(t)
	p.ends(t, exitInterrupted)
	var before, after struct{ Runs, Reused int }
	if err := json.Unmarshal(p.stdout.Bytes(), &before); err != nil || before.Runs == 0 || before.Runs == runs {
		t.Fatalf("%d runs are kept, %v: it was not interrupted in the middle", before.Runs, err)
	}
	p = start(t, folder, nil, args...)
	p.ends(t, exitOK)
	if err := json.Unmarshal(p.stdout.Bytes(), &after); err != nil || after.Runs != runs || after.Reused < before.Runs {
		t.Errorf("%d runs, %d of them kept from before, after %d: %v", after.Runs, after.Reused, before.Runs, err)
	}
	// Of other settings the runs are not mixed with these.
	p = start(t, folder, nil, append(args, "--fee", "0.002")...)
	p.ends(t, exitFound)
	if !strings.Contains(p.stderr.String(), "--study: studies/sma holds the runs of other settings or other candles; name another folder, or delete it") {
		t.Errorf("it says %q", &p.stderr)
	}
}
