package progress

import (
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// On a screen the work is a bar that is drawn over, with its rate and the time left.
func TestBar(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		bar := New(&out, "import")
		bar.terminal, bar.Unit = true, Bytes
		for _, done := range []int64{0, 1e6, 2e6, 2e6} {
			bar.Show(done, 4e6)
			time.Sleep(time.Second)
		}
		bar.Show(3e6, 4e6)
		bar.Show(3.5e6, 4e6) // too soon
		bar.End("done")
		block := func(full int) string { return strings.Repeat("█", full) + strings.Repeat("░", 20-full) }
		want := "\rimport ▕" + block(0) + "▏ 0 %\x1b[K" +
			"\rimport ▕" + block(5) + "▏ 25 %  1.0 MB/s  3.0 s left\x1b[K" +
			"\rimport ▕" + block(10) + "▏ 50 %  1.0 MB/s  2.0 s left\x1b[K" +
			"\rimport ▕" + block(10) + "▏ 50 %  666.7 kB/s  3.0 s left\x1b[K" +
			"\rimport ▕" + block(15) + "▏ 75 %  750.0 kB/s  1.3 s left\x1b[K" +
			"\r\x1b[Kimport: done\n"
		if out.String() != want {
			t.Errorf("got\n%q, want\n%q", out.String(), want)
		}
	})
}

// Elsewhere there is a line now and then and one at the end.
func TestPlain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		for _, terminal := range []bool{false, true} {
			var out strings.Builder
			bar := New(&out, "run")
			bar.terminal, bar.Plain, bar.Unit = terminal, terminal, "bars"
			for done := range int64(25) {
				bar.Show(1000+done*100_000, 2_401_000)
				time.Sleep(time.Second)
			}
			bar.End("done")
			const want = "run: 41 %, 100 k bars/s, 14 s left\nrun: 83 %, 100 k bars/s, 4.0 s left\nrun: done\n"
			if out.String() != want {
				t.Errorf("got\n%s, want\n%s", out.String(), want)
			}
		}
	})
}

// Short work shows nothing before its end, and what was never drawn is not cleared.
func TestDelay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var out strings.Builder
		bar := New(&out, "run")
		bar.terminal, bar.Delay = true, time.Second
		bar.Show(1, 2)
		time.Sleep(999 * time.Millisecond)
		bar.Show(2, 2)
		bar.Clear()
		if out.String() != "" {
			t.Errorf("it wrote %q", out.String())
		}
		time.Sleep(time.Millisecond)
		bar.Show(2, 2)
		if out.String() == "" {
			t.Error("it wrote nothing after the delay")
		}
	})
}

func TestIsTerminal(t *testing.T) {
	t.Parallel()
	file, err := os.Create(t.TempDir() + "/f")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if IsTerminal(file) || IsTerminal(&strings.Builder{}) {
		t.Error("a file is taken for a terminal")
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		-1: "0 s", 400 * time.Millisecond: "0.4 s", 59 * time.Second: "59 s", 185 * time.Second: "3 min 5 s", 130 * time.Minute: "2 h 10 min",
	} {
		if got := Duration(d); got != want {
			t.Errorf("%d is %q, want %q", d, got, want)
		}
	}
}
