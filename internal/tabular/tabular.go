// Package tabular reads text tables line by line: cells between commas,
// semicolons or tabs, and columns by the names in a header. It never guesses
// between two readings of a file; it says that there are two.
package tabular

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// maxLine bounds one line, so that a file without line ends is an error and not
// a heap.
const maxLine = 64 << 10

// Fault is what makes the rest of a table unreadable.
type Fault struct {
	Line int
	Text string
}

// Reader gives the lines of a table as cells. Blank lines are left out, quotes
// and spaces around a cell too, and a byte order mark.
type Reader struct {
	scanner   *bufio.Scanner
	delimiter byte
	least     int
	line      int
	cells     [][]byte
	fault     *Fault
	err       error
}

// NewReader reads a table whose cells stand between delimiters. Without one (0) it
// is taken from the first line: the one of comma, semicolon and tab that parts it
// into at least so many cells. A line that two of them part so is a Fault.
func NewReader(r io.Reader, delimiter byte, least int) *Reader {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 32<<10), maxLine)
	return &Reader{scanner: scanner, delimiter: delimiter, least: least}
}

// Next goes to the next line that is not blank and reports whether there is one.
func (t *Reader) Next() bool {
	for t.fault == nil && t.scanner.Scan() {
		t.line++
		text := t.scanner.Bytes()
		if t.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		text = bytes.TrimRight(text, "\r")
		if blank(text) {
			continue
		}
		if t.delimiter == 0 {
			if t.delimiter, t.fault = t.detect(text); t.fault != nil {
				return false
			}
		}
		t.cells = split(text, t.delimiter, t.cells[:0])
		return true
	}
	if t.err = t.scanner.Err(); errors.Is(t.err, bufio.ErrTooLong) {
		t.fault, t.err = &Fault{t.line + 1, fmt.Sprintf("the line is longer than %d bytes", maxLine)}, nil
	}
	return false
}

// Cells returns the cells of the line; they hold until the next call of Next.
func (t *Reader) Cells() [][]byte { return t.cells }

// Line returns the number of the line, from 1.
func (t *Reader) Line() int { return t.line }

// Fault returns what made the rest unreadable, or nil.
func (t *Reader) Fault() *Fault { return t.fault }

// Err returns the error of the reader underneath, or nil.
func (t *Reader) Err() error { return t.err }

func (t *Reader) detect(text []byte) (byte, *Fault) {
	found, names := byte(0), []string(nil)
	for _, d := range []struct {
		char byte
		name string
	}{{',', "commas"}, {';', "semicolons"}, {'\t', "tabs"}} {
		if bytes.Count(text, []byte{d.char}) >= t.least-1 {
			found, names = d.char, append(names, d.name)
		}
	}
	switch len(names) {
	case 0:
		return ',', nil // too few cells whatever it is: the header says so
	case 1:
		return found, nil
	}
	return 0, &Fault{t.line, "the line can be parted by " + strings.Join(names, " or ") + "; say which"}
}

// blank is bytes.TrimSpace for the common case, a first byte that is no space.
func blank(text []byte) bool {
	return len(text) == 0 || text[0] <= ' ' && len(bytes.TrimSpace(text)) == 0
}

func split(text []byte, delimiter byte, cells [][]byte) [][]byte {
	for {
		at := bytes.IndexByte(text, delimiter)
		if at < 0 {
			return append(cells, trim(text))
		}
		cells = append(cells, trim(text[:at]))
		text = text[at+1:]
	}
}

func trim(cell []byte) []byte {
	for len(cell) > 0 && (cell[0] == ' ' || cell[0] == '\t' || cell[0] == '"') {
		cell = cell[1:]
	}
	for len(cell) > 0 && (cell[len(cell)-1] == ' ' || cell[len(cell)-1] == '\t' || cell[len(cell)-1] == '"') {
		cell = cell[:len(cell)-1]
	}
	return cell
}

// Normal returns a column's name in small letters with single spaces for
// everything that is neither letter nor digit: "Volume (BTC)" and "volume_btc"
// are both "volume btc".
func Normal(name []byte) string {
	words := strings.FieldsFunc(strings.ToLower(string(name)), func(r rune) bool {
		return r < 0x80 && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	return strings.Join(words, " ")
}

// Find returns the places of the columns whose normal name is one of names.
func Find(header []string, names ...string) []int {
	var found []int
	for i, have := range header {
		if slices.Contains(names, have) {
			found = append(found, i)
		}
	}
	return found
}

// HasHeader reports whether a first line names columns: its first cell does not
// begin as a number does.
func HasHeader(cells [][]byte) bool {
	return len(cells[0]) == 0 || cells[0][0] < '0' || cells[0][0] > '9'
}
