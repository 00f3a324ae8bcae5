// Package progress draws how far long work is.
package progress

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// Bar is drawn over itself on a terminal; elsewhere there is one line at the end. It
// is for one goroutine.
type Bar struct {
	out      io.Writer
	label    string
	terminal bool
	shown    int64 // per cent
}

// New begins a bar with a label.
func New(out io.Writer, label string) *Bar {
	return &Bar{out: out, label: label, terminal: isTerminal(out), shown: -1}
}

// Show draws that so much is done of so much in all.
func (b *Bar) Show(done, total int64) {
	if !b.terminal || total <= 0 {
		return
	}
	percent := done * 100 / total
	if percent == b.shown {
		return
	}
	b.shown = percent
	const width = 20
	full := int(percent * width / 100)
	fmt.Fprintf(b.out, "\r%s ▕%s%s▏ %d %%", b.label, strings.Repeat("█", full), strings.Repeat("░", width-full), percent)
}

// End writes the result in the bar's place.
func (b *Bar) End(result string) {
	if b.terminal {
		fmt.Fprintf(b.out, "\r\x1b[K%s: %s\n", b.label, result)
		return
	}
	fmt.Fprintf(b.out, "%s: %s\n", b.label, result)
}

// isTerminal reports whether out is a screen, where a bar can be drawn over.
func isTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
