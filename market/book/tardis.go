package book

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"strconv"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// TardisMessage is the rows of a recorded book that arrived together.
type TardisMessage struct {
	Time     int64 // nanoseconds UTC, the venue's
	Received int64 // nanoseconds UTC, the recorder's
	// Snapshot says that a snapshot begins: what was there before is gone.
	Snapshot bool
	Diff
}

// Apply brings a book up to the message, with the errors of Reset and Apply.
func (m *TardisMessage) Apply(b *Book) error {
	if m.Snapshot {
		return b.Reset(m.Diff)
	}
	return b.Apply(m.Diff)
}

// tardisColumns are the columns that are read; others may be there.
var tardisColumns = [...]string{"timestamp", "local_timestamp", "is_snapshot", "side", "price", "amount", "symbol"}

const (
	colTime = iota
	colReceived
	colSnapshot
	colSide
	colPrice
	colAmount
	colSymbol
)

// ReadTardis reads a CSV file of Tardis' type incremental_book_L2 and gives each
// message to fn, whose error ends the reading. The message is valid until fn
// returns. Rows of one local_timestamp are one message; a snapshot begins where
// is_snapshot becomes true. Prices and amounts must fit the instrument's scales.
//
// What is wrong with the file is Invalid and names the line and the column; the
// messages before it have been given by then.
//
// Source: "Downloadable CSV files", Tardis documentation.
func ReadTardis(r io.Reader, in *market.Instrument, fn func(*TardisMessage) error) error {
	if err := in.Validate(); err != nil {
		return err
	}
	t := tardis{in: in, fn: fn, lines: bufio.NewScanner(r)}
	if err := t.header(); err != nil {
		return err
	}
	for t.lines.Scan() {
		t.line++
		row := bytes.TrimSuffix(t.lines.Bytes(), []byte("\r"))
		if len(row) == 0 {
			continue
		}
		if err := t.row(row); err != nil {
			return err
		}
	}
	if err := t.failure(); err != nil {
		return err
	}
	return t.flush()
}

type tardis struct {
	in       *market.Instrument
	fn       func(*TardisMessage) error
	lines    *bufio.Scanner
	line     int
	columns  [len(tardisColumns)]int
	cells    [][]byte
	count    int // columns of the header
	symbol   []byte
	message  TardisMessage
	rows     int  // of the message
	snapshot bool // of the last row
}

func (t *tardis) failure() error {
	err := t.lines.Err()
	if errors.Is(err, bufio.ErrTooLong) {
		t.line++
		return t.wrong("", "is longer than %d bytes", bufio.MaxScanTokenSize)
	}
	if err != nil {
		return fmt.Errorf("read a recorded book: %w", err)
	}
	return nil
}

func (t *tardis) wrong(column, format string, args ...any) error {
	field := fmt.Sprintf("line[%d]", t.line)
	if column != "" {
		field += "." + column
	}
	return tradekeel.Invalidf(field, format, args...)
}

func (t *tardis) header() error {
	t.line = 1
	if !t.lines.Scan() {
		if err := t.failure(); err != nil {
			return err
		}
		return t.wrong("", "is missing: the file is empty")
	}
	names := bytes.Split(bytes.TrimSuffix(t.lines.Bytes(), []byte("\r")), []byte(","))
	t.count = len(names)
	for i, want := range tardisColumns {
		t.columns[i] = -1
		for j, name := range names {
			if string(name) == want {
				t.columns[i] = j
			}
		}
		if t.columns[i] < 0 {
			return t.wrong(want, "is missing: the first line names no column %q", want)
		}
	}
	return nil
}

func (t *tardis) row(row []byte) error {
	t.cells = t.cells[:0]
	for {
		cell, rest, more := bytes.Cut(row, []byte(","))
		t.cells = append(t.cells, cell)
		if !more {
			break
		}
		row = rest
	}
	if len(t.cells) != t.count {
		return t.wrong("", "has %d columns, the first line has %d", len(t.cells), t.count)
	}
	cell := func(column int) []byte { return t.cells[t.columns[column]] }
	at, received := int64(0), int64(0)
	for _, stamp := range []struct {
		column int
		to     *int64
	}{{colTime, &at}, {colReceived, &received}} {
		us, err := strconv.ParseInt(string(cell(stamp.column)), 10, 64)
		if err != nil || us < 0 || us > math.MaxInt64/1000 {
			return t.wrong(tardisColumns[stamp.column], "must be microseconds since 1970, got %.40q", cell(stamp.column))
		}
		*stamp.to = us * 1000
	}
	var snapshot bool
	switch word := cell(colSnapshot); string(word) {
	case "true":
		snapshot = true
	case "false":
	default:
		return t.wrong("is_snapshot", "must be true or false, got %.40q", word)
	}
	if t.symbol == nil {
		t.symbol = append([]byte{}, cell(colSymbol)...)
	} else if !bytes.Equal(t.symbol, cell(colSymbol)) {
		return t.wrong("symbol", "is %.40q after %.40q: a book is of one instrument", cell(colSymbol), t.symbol)
	}
	var l Level
	var err error
	if l.Price, err = t.in.ParsePrice(cell(colPrice)); err != nil || l.Price <= 0 {
		return t.wrong("price", "must be above zero and fit %d decimals, got %.40q", t.in.PriceScale, cell(colPrice))
	}
	if l.Quantity, err = t.in.ParseQuantity(cell(colAmount)); err != nil || l.Quantity < 0 {
		return t.wrong("amount", "must not be below zero and fit %d decimals, got %.40q", t.in.QuantityScale, cell(colAmount))
	}
	if t.rows > 0 {
		switch {
		case received < t.message.Received:
			return t.wrong("local_timestamp", "is before that of the line above; rows must be sorted by it")
		case received > t.message.Received || snapshot != t.snapshot:
			if err := t.flush(); err != nil {
				return err
			}
		}
	}
	if t.rows == 0 {
		t.message.Received, t.message.Snapshot = received, snapshot && !t.snapshot
	}
	t.message.Time, t.snapshot = at, snapshot
	t.rows++
	switch word := cell(colSide); string(word) {
	case "bid":
		t.message.Bids = append(t.message.Bids, l)
	case "ask":
		t.message.Asks = append(t.message.Asks, l)
	default:
		return t.wrong("side", "must be bid or ask, got %.40q", word)
	}
	return nil
}

func (t *tardis) flush() error {
	if t.rows == 0 {
		return nil
	}
	if err := t.fn(&t.message); err != nil {
		return err
	}
	t.rows, t.message.Bids, t.message.Asks = 0, t.message.Bids[:0], t.message.Asks[:0]
	return nil
}
