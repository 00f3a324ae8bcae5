// Package progress tells how far long work is: a bar that is drawn over itself on a
// terminal, plain lines elsewhere.
package progress

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

// How often a bar is drawn and a plain line is written, and how long work goes on
// before it has a rate.
const (
	drawEvery  = 100 * time.Millisecond
	plainEvery = 10 * time.Second
	rateAfter  = 500 * time.Millisecond
)

// Bar is drawn over itself on a terminal; elsewhere there is a line every ten seconds
// and one at the end. Its fields are set before the first Show. It is for one goroutine.
type Bar struct {
	// Plain writes lines on a terminal too.
	Plain bool
	// Unit is what is counted, for the rate: "bars", or Bytes. Empty shows no rate.
	Unit string
	// Delay is how long the work goes on before anything is shown; short work shows
	// nothing.
	Delay time.Duration

	out      io.Writer
	label    string
	terminal bool
	now      func() time.Time

	began     time.Time // of the first Show
	first     int64     // what was done by then, in an earlier run perhaps
	shownAt   time.Time
	shownText string
	drawn     bool
}

// Bytes is the unit of files: its rate is shown in kB and MB.
const Bytes = "bytes"

// New begins a bar with a label.
func New(out io.Writer, label string) *Bar {
	return &Bar{out: out, label: label, terminal: IsTerminal(out), now: time.Now}
}

// Show tells that so much is done of so much in all. It may be called as often as is
// convenient.
func (b *Bar) Show(done, total int64) {
	if total <= 0 {
		return
	}
	now := b.now()
	if b.began.IsZero() {
		b.began, b.first = now, done
		if !b.drawsOver() {
			b.shownAt = now
		}
	}
	every := plainEvery
	if b.drawsOver() {
		every = drawEvery
	}
	if now.Sub(b.began) < b.Delay || !b.shownAt.IsZero() && now.Sub(b.shownAt) < every {
		return
	}
	b.shownAt = now
	done = min(done, total)
	percent := done * 100 / total
	pace := b.pace(now.Sub(b.began), done, total)
	if !b.drawsOver() {
		fmt.Fprintf(b.out, "%s: %d %%%s\n", b.label, percent, strings.ReplaceAll(pace, "  ", ", "))
		return
	}
	const width = 20
	full := int(percent * width / 100)
	text := fmt.Sprintf("%s ▕%s%s▏ %d %%%s", b.label, strings.Repeat("█", full), strings.Repeat("░", width-full), percent, pace)
	if text == b.shownText {
		return
	}
	b.shownText, b.drawn = text, true
	fmt.Fprintf(b.out, "\r%s\x1b[K", text)
}

// pace is the rate of this run and the time that is left at it: "  3.1 MB/s  12 s left".
func (b *Bar) pace(elapsed time.Duration, done, total int64) string {
	if elapsed < rateAfter || done <= b.first {
		return ""
	}
	rate := float64(done-b.first) / elapsed.Seconds()
	text := ""
	switch b.Unit {
	case "":
	case Bytes:
		text = "  " + size(rate) + "/s"
	default:
		text = "  " + count(rate) + " " + b.Unit + "/s"
	}
	if done < total {
		text += "  " + Duration(time.Duration(float64(total-done)/rate*float64(time.Second))) + " left"
	}
	return text
}

// Clear takes the bar off the screen without a word.
func (b *Bar) Clear() {
	if b.drawn {
		fmt.Fprint(b.out, "\r\x1b[K")
		b.drawn = false
	}
}

// End writes the result in the bar's place.
func (b *Bar) End(result string) {
	b.Clear()
	fmt.Fprintf(b.out, "%s: %s\n", b.label, result)
}

func (b *Bar) drawsOver() bool { return b.terminal && !b.Plain }

// IsTerminal reports whether out is a screen, where a bar can be drawn over.
func IsTerminal(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Duration is a time for people: "0.4 s", "12 s", "3 min 5 s", "2 h 10 min".
func Duration(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 10*time.Second:
		return strconv.FormatFloat(d.Seconds(), 'f', 1, 64) + " s"
	case d < time.Minute:
		return fmt.Sprintf("%d s", d/time.Second)
	case d < time.Hour:
		return fmt.Sprintf("%d min %d s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d h %d min", d/time.Hour, d%time.Hour/time.Minute)
}

func size(bytes float64) string {
	switch {
	case bytes >= 1e9:
		return strconv.FormatFloat(bytes/1e9, 'f', 1, 64) + " GB"
	case bytes >= 1e6:
		return strconv.FormatFloat(bytes/1e6, 'f', 1, 64) + " MB"
	}
	return strconv.FormatFloat(bytes/1e3, 'f', 1, 64) + " kB"
}

func count(n float64) string {
	switch {
	case n >= 1e6:
		return strconv.FormatFloat(n/1e6, 'f', 1, 64) + " M"
	case n >= 1e4:
		return strconv.FormatFloat(n/1e3, 'f', 0, 64) + " k"
	}
	return strconv.FormatFloat(n, 'f', 0, 64)
}
