package market

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/tabular"
)

// CSVOptions say how to read candles from CSV. Only Instrument is required.
type CSVOptions struct {
	// Instrument of the candles; its scales and dated ticks apply.
	Instrument *Instrument
	// Timeframe of the candles; 0 takes the most common step between rows. Every
	// row must lie on its grid either way.
	Timeframe Timeframe
	// VolumeScale is the decimals kept of volumes; 0 is 8.
	VolumeScale int32
	// RoundVolumes rounds volumes with more decimals than VolumeScale to the nearest,
	// ties to even, and counts them; otherwise they are a problem. Some exporters
	// write sums of float64, whose last decimals mean nothing.
	RoundVolumes bool
	// Whole makes a missing candle a problem. Otherwise gaps are only reported.
	Whole bool
	// DropRepeats leaves out a row that repeats an earlier one in every value, and
	// reports it as repaired. A row with the same time and other values stays a problem.
	DropRepeats bool
	// File is the name used in errors; ReadCSVFile sets it.
	File string
	// Within is the period that every row must open in; a row outside is a problem.
	Within Period
	// Layout says what cannot be seen from the file itself.
	Layout CSVLayout
}

// Period is the time from From up to but without To. A zero time is no bound.
type Period struct{ From, To time.Time }

// CSVLayout says how a file is laid out where that does not show, or shows in two
// ways. The zero layout takes what is plain and refuses the rest.
type CSVLayout struct {
	// Delimiter parts the cells: ',', ';' or '\t'. 0 takes the one that fits the
	// first line.
	Delimiter byte
	// The names of the header's columns, in any case; an empty one is looked for
	// under its usual names. Clock is the time of day where Time holds the date only.
	Time, Clock, Open, High, Low, Close, Volume string
	// CloseStamps says that times are the closes of candles: each is moved to the open.
	CloseStamps bool
}

// Problem is one fault in a file.
//
//nolint:errname // a report lists problems; that one can stand as an error is a convenience
type Problem struct {
	File   string
	Line   int    // from 1, the header included; 0 is the file as a whole
	Column string // the column's name; empty when the whole row is at fault
	Kind   ProblemKind
	Text   string // what is wrong and what would be right
}

// Error returns "btc.csv:17: high: 99 is below the low 100".
func (p Problem) Error() string {
	var b strings.Builder
	b.WriteString(p.File)
	if p.Line > 0 {
		fmt.Fprintf(&b, ":%d", p.Line)
	}
	b.WriteString(": ")
	if p.Column != "" {
		b.WriteString(p.Column + ": ")
	}
	b.WriteString(p.Text)
	return b.String()
}

// MaxProblems bounds the problems that a report lists; Counts goes on counting.
const MaxProblems = 1000

// ErrBadRow is the error of a file with a fault; its message names file, line
// and column.
var ErrBadRow = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "market.bad_row", Message: "the file has a bad row"}

// CSVReport is everything that was found in a file.
type CSVReport struct {
	// Series holds the good rows.
	Series *Series
	// Rows is the number of rows read, without the header.
	Rows int
	// Problems lists faults in the order of the file, the first MaxProblems of them.
	Problems []Problem
	// Counts is the number of faults of each kind, all of them.
	Counts map[ProblemKind]int
	// Repaired lists the rows that DropRepeats left out.
	Repaired []Problem
	// Rounded is the number of volumes that RoundVolumes changed.
	Rounded int
	// Gaps lists every run of missing candles.
	Gaps []Gap
	// Unit is what one unit of a numeric time is: a second, a millisecond, a
	// microsecond or a nanosecond. 0 for times in words.
	Unit time.Duration
	// NewestFirst says that the rows came newest first and were turned round.
	NewestFirst bool
}

// Err returns nil for a file without a fault, and otherwise an ErrBadRow with
// the first one.
func (r *CSVReport) Err() error {
	if len(r.Problems) == 0 {
		return nil
	}
	first := r.Problems[0]
	e := ErrBadRow.With("", "%s", first.Error())
	total := 0
	for _, n := range r.Counts {
		total += n
	}
	if total > 1 {
		e.Message += fmt.Sprintf(" (and %d more)", total-1)
	}
	return e.Because(first)
}

// ReadCSV reads candles whose cells stand between commas, semicolons or tabs, with
// a header line in any order, or without one in the order
// time,open,high,low,close,volume; more columns are ignored. Two columns that
// could both be the time or the volume are refused until Layout names one; a
// volume in the quote currency is not taken for one in the base.
//
// Times are the open: seconds, milliseconds, microseconds or nanoseconds since
// 1970 (told apart by their size, one unit for the whole file), RFC 3339,
// "2006-01-02 15:04:05" or "2006-01-02" in UTC, or a column of dates and one of
// times of day. Rows are oldest first; a file that is newest first throughout is
// turned round and reported so. Numbers keep every decimal.
//
// The first bad row is an error that wraps its Problem and names file and line;
// CheckCSV finds all of them.
func ReadCSV(r io.Reader, options CSVOptions) (*Series, error) {
	report, err := CheckCSV(r, options)
	if err != nil {
		return nil, err
	}
	if err := report.Err(); err != nil {
		return nil, err
	}
	return report.Series, nil
}

// ReadCSVFile is ReadCSV on a file; a name that ends in .gz is unpacked.
func ReadCSVFile(path string, options CSVOptions) (*Series, error) {
	report, err := CheckCSVFile(path, options)
	if err != nil {
		return nil, err
	}
	if err := report.Err(); err != nil {
		return nil, err
	}
	return report.Series, nil
}

// CheckCSVFile is CheckCSV on a file; a name that ends in .gz is unpacked.
func CheckCSVFile(path string, options CSVOptions) (*CSVReport, error) {
	file, err := os.Open(path)
	if err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, &tradekeel.Error{Kind: tradekeel.NotFound, Code: "market.no_file", Field: "file", Message: "there is no file " + path, Cause: err}
		}
		return nil, fmt.Errorf("open candles: %w", err)
	}
	defer file.Close()
	if options.File == "" {
		options.File = filepath.Base(path)
	}
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		unzipped, err := gzip.NewReader(bufio.NewReader(file))
		if err != nil {
			return nil, ErrBadRow.With("", "%s is not a gzip file", options.File).Because(err)
		}
		defer unzipped.Close()
		r = unzipped
	}
	return CheckCSV(r, options)
}

// CheckCSV reads a file to its end and reports every fault, every gap and the
// series of its good rows. The error is about the options, or the reader's own.
func CheckCSV(r io.Reader, options CSVOptions) (*CSVReport, error) {
	rows, err := NewRows(options)
	if err != nil {
		return nil, err
	}
	if err := (&csvReader{rows: rows}).read(r); err != nil {
		return nil, err
	}
	return rows.Report(), nil
}

// csvReader finds the columns of a table and hands its cells to rows.
type csvReader struct {
	rows    *Rows
	columns [6]int // where time, open, high, low, close, volume stand
	clock   int    // where the time of day stands; -1 without one
	width   int
}

func (c *csvReader) read(r io.Reader) error {
	const least = 6
	o := &c.rows.options
	table := tabular.NewReader(r, o.Layout.Delimiter, least)
	started, clock := false, []byte(nil)
	for table.Next() {
		cells, line := table.Cells(), table.Line()
		if !started {
			started = true
			header, fault := c.header(cells)
			if fault != nil {
				c.rows.Fault(line, fault.Column, Malformed, fault.Text)
				return nil //nolint:nilerr // the fault is a problem of the report
			}
			if header {
				continue
			}
		}
		if len(cells) != c.width {
			c.rows.report.Rows++
			c.rows.Fault(line, "", Malformed, fmt.Sprintf("has %d columns, the first line has %d", len(cells), c.width))
			continue
		}
		row := [6][]byte{}
		for i, column := range c.columns {
			row[i] = cells[column]
		}
		if c.clock >= 0 {
			clock = cells[c.clock]
		}
		c.rows.add(line, row, clock)
	}
	if fault := table.Fault(); fault != nil {
		c.rows.Fault(fault.Line, "", Malformed, fault.Text)
		return nil
	}
	if err := table.Err(); err != nil {
		return fmt.Errorf("read candles from %s: %w", o.File, err)
	}
	if !started {
		c.rows.Fault(1, "", Malformed, "the file is empty")
	} else if c.rows.report.Rows == 0 {
		c.rows.Fault(table.Line(), "", Malformed, "the file has a header and no rows")
	}
	return nil
}
