package market_test

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/market"
)

// These tests run this test binary again as processes of their own: with
// childEnv set it only writes to the store that the variable names.
const childEnv = "TRADEKEEL_TEST_STORE_CHILD"

func TestMain(m *testing.M) {
	if work := os.Getenv(childEnv); work != "" {
		if err := childWrites(work); err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// childWrites goes on with the series from where the store is and says after
// each write how many candles are in it. Work is the folder, the way and the end.
func childWrites(work string) error {
	parts := strings.Split(work, "|")
	store, err := market.OpenStore(parts[0])
	if err != nil {
		return err
	}
	end, err := strconv.Atoi(parts[2])
	if err != nil {
		return err
	}
	s := candles(market.M15, newYear, end, 1)
	n := 0
	if info, err := store.Info(market.KeyOf(s)); err == nil {
		n = info.Rows
	} else if !errors.Is(err, market.ErrNoSeries) {
		return err
	}
	for step := 0; n < end; step++ {
		next := min(end, n+[...]int{1, 700, 3, 2500}[step%4])
		switch part := s.Slice(max(0, n-2), next); {
		case parts[1] == "append":
			err = store.Append(part)
		case step%3 == 0:
			err = store.Put(s.Slice(0, next))
		case step%3 == 1: // the file of the growing period begins anew
			if err = store.Put(without(s.Slice(0, next), n)); err == nil {
				err = store.Merge(s.Slice(0, next))
			}
		default:
			err = store.Merge(part)
		}
		if err != nil {
			return err
		}
		n = next
		fmt.Println(n)
	}
	return nil
}

// without is the series less one candle, unless there is no such one.
func without(s *market.Series, at int) *market.Series {
	out := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, s.Len())
	for i := range s.Len() {
		if i != at {
			out.Append(s.Bar(i))
		}
	}
	return out
}

func child(t *testing.T, work string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	ok(t, err)
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+work)
	return cmd
}

// TestKilledAmidWrites kills a writing process again and again, as kill -9 does.
// After each kill the store holds what the process said that it wrote, or that
// and the write that it was about, and never another candle.
func TestKilledAmidWrites(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"append", "rewrite"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			store, folder := newStore(t)
			whole := candles(market.M15, newYear, 1<<16, 1)
			key := market.KeyOf(whole)
			said, kills, torn := 0, 0, 0
			for deadline := time.Now().Add(2 * time.Second); kills < 10 || time.Now().Before(deadline); kills++ {
				cmd := child(t, fmt.Sprintf("%s|%s|%d", folder, way, min(whole.Len(), said+10_000)))
				out, err := cmd.StdoutPipe()
				ok(t, err)
				ok(t, cmd.Start())
				lines := bufio.NewScanner(out)
				// The kill falls behind the n-th line by a little more each time, so that
				// it meets every part of a write.
				for i := 0; i <= kills%5 && lines.Scan(); i++ {
					said = lineNumber(t, lines.Text())
				}
				for start := time.Now(); time.Since(start) < time.Duration(kills*37%1500)*time.Microsecond; {
					runtime.Gosched()
				}
				ok(t, cmd.Process.Kill())
				for lines.Scan() {
					if strings.TrimSpace(lines.Text()) != "" {
						said = lineNumber(t, lines.Text())
					}
				}
				_ = cmd.Wait()
				got := get(t, store, key)
				// A rewriting child puts a series with one candle missing and then merges it.
				want := whole.Slice(0, got.Len())
				if way == "rewrite" && got.Time[got.Len()-1] != want.Time[got.Len()-1] {
					want = without(whole.Slice(0, got.Len()+1), len(whole.Between(time.Time{}, time.Unix(0, firstGap(got))).Time))
				}
				sameSeries(t, got, want)
				if got.Len() < said-1 || got.Len() > said+2500 {
					t.Fatalf("there are %d candles, the process said %d", got.Len(), said)
				}
				if len(files(t, folder, "head.next")) > 0 {
					torn++ // a head was written and not renamed
				}
				ok(t, store.Verify(t.Context(), nil))
				if way == "rewrite" {
					ok(t, store.Merge(whole.Slice(0, got.Len())))
				}
				if said > whole.Len()-12_000 {
					break
				}
			}
			t.Logf("%d kills, %d of them between the blocks and the rename, %d candles", kills, torn, said)
		})
	}
}

// firstGap returns the open of the first missing candle.
func firstGap(s *market.Series) int64 {
	gaps := s.Gaps()
	if len(gaps) == 0 {
		return s.Timeframe.Close(s.Time[s.Len()-1])
	}
	return s.Timeframe.Close(gaps[0].After.UnixNano())
}

func lineNumber(t *testing.T, line string) int {
	t.Helper()
	n, err := strconv.Atoi(line)
	if err != nil {
		t.Fatalf("the process said %q", line)
	}
	return n
}

// TestTwoProcessesWrite lets processes append the same candles at once: each
// waits for the other, and all end well.
func TestTwoProcessesWrite(t *testing.T) {
	t.Parallel()
	store, folder := newStore(t)
	var wg sync.WaitGroup
	for range 3 {
		cmd := child(t, folder+"|append|20000")
		wg.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	want := candles(market.M15, newYear, 20_000, 1)
	sameSeries(t, get(t, store, market.KeyOf(want)), want)
}
