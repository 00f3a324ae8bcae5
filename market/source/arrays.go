package source

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/tradekeel/tradekeel/market"
)

// CheckArrays reads candles from JSON, an array of arrays of numbers or strings:
// six values [time, open, high, low, close, volume] with times in milliseconds, as
// freqtrade stores them, or twelve as Binance's klines have, whose first six are
// the same. Other widths are refused: venues put other things in the sixth place.
// A row's place, from 1, stands for the line in problems.
//
// It reads to the end and reports every fault; one of the JSON itself ends the
// reading. The error is about the options, or the reader's own.
func CheckArrays(r io.Reader, options market.CSVOptions) (*market.CSVReport, error) {
	rows, err := market.NewRows(options)
	if err != nil {
		return nil, err
	}
	a := arrays{in: bufio.NewReaderSize(r, 64<<10), rows: rows}
	if err := a.read(); err != nil {
		fault, ok := errors.AsType[*fileError](err)
		if !ok || a.broken {
			return nil, fmt.Errorf("read candles from %s: %w", options.File, err)
		}
		rows.Fault(a.row, "", market.Malformed, fault.text)
	}
	return rows.Report(), nil
}

// arrays reads the one shape of JSON that candles come in, without building it.
type arrays struct {
	in     *bufio.Reader
	rows   *market.Rows
	row    int // from 1
	width  int
	text   []byte // the cells of a row, one behind the other
	ends   []int
	broken bool // the reader itself failed
}

const (
	maxRow   = 4 << 10 // bytes of one row
	maxCells = 12
)

func (a *arrays) read() error {
	c, err := a.next()
	if err != nil {
		return err
	}
	if c != '[' {
		return faultf("the file does not begin with an array of candles but with %q", c)
	}
	for {
		if c, err = a.next(); err != nil {
			return err
		}
		switch {
		case c == ']' && a.row == 0:
			return faultf("the file has no candles")
		case c != '[':
			return faultf("expected an array of numbers after row %d, got %q", a.row, c)
		}
		a.row++
		if err := a.readRow(); err != nil {
			return err
		}
		if c, err = a.next(); err != nil {
			return err
		}
		if c == ']' {
			return a.rest()
		}
		if c != ',' {
			return faultf("expected a comma after row %d, got %q", a.row, c)
		}
	}
}

// rest holds that nothing follows.
func (a *arrays) rest() error {
	switch c, err := a.skip(); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		a.broken = true
		return err
	default:
		return faultf("something follows the array: %q", c)
	}
}

func (a *arrays) readRow() error {
	a.text, a.ends = a.text[:0], a.ends[:0]
	for {
		c, err := a.next()
		if err != nil {
			return err
		}
		if c == '"' {
			err = a.readString()
		} else {
			err = a.readBare(c)
		}
		if err != nil {
			return err
		}
		if a.ends = append(a.ends, len(a.text)); len(a.ends) > maxCells {
			return faultf("row %d has more than %d values", a.row, maxCells)
		}
		if c, err = a.next(); err != nil {
			return err
		}
		if c == ']' {
			return a.take()
		}
		if c != ',' {
			return faultf("expected a comma between the values of row %d, got %q", a.row, c)
		}
	}
}

func (a *arrays) readString() error {
	for {
		c, err := a.byte()
		switch {
		case err != nil:
			return err
		case c == '"':
			return nil
		case c == '\\' || c < ' ':
			return faultf("row %d has %q in a string; numbers were expected", a.row, c)
		}
		if err := a.keep(c); err != nil {
			return err
		}
	}
}

func (a *arrays) readBare(c byte) error {
	for {
		switch {
		case c == ',' || c == ']' || c == ' ' || c == '\n' || c == '\r' || c == '\t':
			return a.in.UnreadByte()
		case c == '[' || c == '{' || c == '}' || c == '"' || c == ':' || c < ' ':
			return faultf("row %d has %q among its values; numbers were expected", a.row, c)
		}
		if err := a.keep(c); err != nil {
			return err
		}
		var err error
		if c, err = a.byte(); err != nil {
			return err
		}
	}
}

func (a *arrays) keep(c byte) error {
	if a.text = append(a.text, c); len(a.text) > maxRow {
		return faultf("row %d is longer than %d bytes", a.row, maxRow)
	}
	return nil
}

// take hands the row on.
func (a *arrays) take() error {
	if len(a.ends) != 6 && len(a.ends) != 12 {
		return faultf("row %d has %d values; candles have 6, or 12 as klines of Binance", a.row, len(a.ends))
	}
	if a.width == 0 {
		a.width = len(a.ends)
		var stamps market.Stamps
		if _, kind, _ := stamps.Parse(a.text[:a.ends[0]]); kind == "" && a.width == 6 && stamps.Unit() != time.Millisecond {
			return faultf("times of rows of 6 values must be in milliseconds, got %s; other venues order such rows in other ways", a.text[:a.ends[0]])
		}
	}
	if len(a.ends) != a.width {
		return faultf("row %d has %d values, the first has %d", a.row, len(a.ends), a.width)
	}
	var cells [6][]byte
	start := 0
	for i := range cells {
		cells[i] = a.text[start:a.ends[i]]
		start = a.ends[i]
	}
	a.rows.Add(a.row, cells)
	return nil
}

// next returns the next byte that is no space.
func (a *arrays) next() (byte, error) {
	c, err := a.skip()
	return c, a.cut(err)
}

func (a *arrays) skip() (byte, error) {
	for {
		c, err := a.in.ReadByte()
		if err != nil || c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, err
		}
	}
}

func (a *arrays) byte() (byte, error) {
	c, err := a.in.ReadByte()
	return c, a.cut(err)
}

func (a *arrays) cut(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return faultf("the file ends in the middle, after %d rows", a.row)
	}
	a.broken = true
	return err
}
