package progress

import (
	"strings"
	"testing"
)

// On a screen the work is a bar that is drawn over; elsewhere a line.
func TestBar(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	bar := New(&out, "import")
	bar.Show(50, 100)
	bar.End("done")
	if out.String() != "import: done\n" {
		t.Errorf("without a screen it is %q", out.String())
	}
	out.Reset()
	bar = New(&out, "import")
	bar.terminal = true
	for _, done := range []int64{0, 50, 50, 100} {
		bar.Show(done, 100)
	}
	bar.End("done")
	want := "\rimport ▕" + strings.Repeat("░", 20) + "▏ 0 %\rimport ▕" + strings.Repeat("█", 10) + strings.Repeat("░", 10) + "▏ 50 %" +
		"\rimport ▕" + strings.Repeat("█", 20) + "▏ 100 %\r\x1b[Kimport: done\n"
	if out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}
