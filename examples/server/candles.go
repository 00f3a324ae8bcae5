package main

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel/examples"
	"github.com/tradekeel/tradekeel/market"
)

// importCandles stores the bundled candles that are not there yet.
func importCandles(store *market.Store, out io.Writer) error {
	have, err := store.List()
	if err != nil {
		return err
	}
	for _, c := range examples.Bundled() {
		if slices.Contains(have, c.Key()) {
			continue
		}
		bar := progressBar{out: out, label: "import " + c.Key().String(), terminal: isTerminal(out)}
		series, err := c.Read(bar.show)
		if err != nil {
			return fmt.Errorf("import %s: %w", c.Key(), err)
		}
		if err := store.Put(series); err != nil {
			return err
		}
		bar.end(fmt.Sprintf("%d bars, %d gaps", series.Len(), len(series.Gaps())))
	}
	return nil
}

// progressBar is drawn over itself on a terminal; elsewhere there is one line at
// the end.
type progressBar struct {
	out      io.Writer
	label    string
	terminal bool
	shown    int64 // per cent
}

func (b *progressBar) show(done, total int64) {
	if !b.terminal || total <= 0 {
		return
	}
	percent := done * 100 / total
	if percent == b.shown && percent > 0 {
		return
	}
	b.shown = percent
	const width = 20
	full := int(percent * width / 100)
	fmt.Fprintf(b.out, "\r%s ▕%s%s▏ %d %%", b.label, strings.Repeat("█", full), strings.Repeat("░", width-full), percent)
}

func (b *progressBar) end(result string) {
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
