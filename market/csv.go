package market

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
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
}

// Problem is one fault in a file.
//
//nolint:errname // a report lists problems; that one can stand as an error is a convenience
type Problem struct {
	File   string
	Line   int    // from 1, the header included
	Column string // the column's name; empty when the whole row is at fault
	Kind   ProblemKind
	Text   string // what is wrong and what would be right
}

// Error returns "btc.csv:17: high: 99 is below the low 100".
func (p Problem) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:%d: ", p.File, p.Line)
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

// ReadCSV reads candles with a header line, or without one in the order
// time,open,high,low,close,volume; more columns are ignored. Times are the open:
// seconds, milliseconds, microseconds or nanoseconds since 1970 (told apart by
// their size, one unit for the whole file), RFC 3339, "2006-01-02 15:04:05" or
// "2006-01-02" in UTC. Numbers keep every decimal.
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
	if err := options.Instrument.Validate(); err != nil {
		return nil, err
	}
	if options.Timeframe != 0 {
		if err := options.Timeframe.Validate(); err != nil {
			return nil, err
		}
	}
	if options.VolumeScale == 0 {
		options.VolumeScale = 8
	}
	if options.VolumeScale < 0 || options.VolumeScale > MaxScale {
		return nil, tradekeel.Invalidf("volume_scale", "must be between 1 and %d, got %d", MaxScale, options.VolumeScale)
	}
	if options.File == "" {
		options.File = "input"
	}
	c := csvReader{options: options, report: CSVReport{Counts: map[ProblemKind]int{}}}
	if err := c.read(r); err != nil {
		return nil, err
	}
	c.check()
	slices.SortStableFunc(c.report.Problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	if len(c.report.Problems) > MaxProblems {
		c.report.Problems = c.report.Problems[:MaxProblems]
	}
	return &c.report, nil
}

// csvReader reads rows first and judges them together second, since the
// timeframe may only be known from all of them.
type csvReader struct {
	options CSVOptions
	report  CSVReport
	columns [6]int // where time, open, high, low, close, volume stand
	names   [6]string
	width   int
	unit    int64 // nanoseconds per unit of a numeric time; 0 before the first
	rows    []Bar
	lines   []int
}

// maxLine bounds one line, so that a file without line ends is an error and not
// a heap.
const maxLine = 64 << 10

func (c *csvReader) read(r io.Reader) error {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 0, 32<<10), maxLine)
	line, started := 0, false
	var cells [][]byte
	for scanner.Scan() {
		line++
		text := scanner.Bytes()
		if line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		text = bytes.TrimRight(text, "\r")
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		cells = splitCells(text, cells[:0])
		if !started {
			started = true
			header, ok := c.header(cells, line)
			if !ok {
				return nil
			}
			if header {
				continue
			}
		}
		c.report.Rows++
		c.row(cells, line)
	}
	if err := scanner.Err(); err != nil {
		if errors.Is(err, bufio.ErrTooLong) {
			c.problem(line+1, "", Malformed, fmt.Sprintf("the line is longer than %d bytes", maxLine))
			return nil
		}
		return fmt.Errorf("read candles from %s: %w", c.options.File, err)
	}
	if !started {
		c.problem(1, "", Malformed, "the file is empty")
	} else if c.report.Rows == 0 {
		c.problem(line, "", Malformed, "the file has a header and no rows")
	}
	return nil
}

func splitCells(text []byte, cells [][]byte) [][]byte {
	for {
		cell, rest, more := bytes.Cut(text, []byte(","))
		cells = append(cells, bytes.Trim(cell, " \t\""))
		if !more {
			return cells
		}
		text = rest
	}
}

var columnNames = [6][]string{
	{"time", "timestamp", "date", "datetime", "open_time", "open time", "unix"},
	{"open", "o"}, {"high", "h"}, {"low", "l"}, {"close", "c"},
	{"volume", "vol", "v"},
}

// header finds the columns. It reports whether the first line is a header and
// whether reading can go on.
func (c *csvReader) header(cells [][]byte, line int) (isHeader, ok bool) {
	c.width = len(cells)
	if first := cells[0]; len(first) > 0 && first[0] >= '0' && first[0] <= '9' {
		if len(cells) < 6 {
			c.problem(line, "", Malformed, fmt.Sprintf("a file without a header needs time,open,high,low,close,volume, got %d columns", len(cells)))
			return false, false
		}
		for i := range c.columns {
			c.columns[i], c.names[i] = i, columnNames[i][0]
		}
		return false, true
	}
	for want, synonyms := range columnNames {
		c.columns[want] = slices.IndexFunc(cells, func(cell []byte) bool {
			return slices.Contains(synonyms, strings.ToLower(string(cell)))
		})
		if c.columns[want] < 0 {
			c.problem(line, synonyms[0], Malformed, fmt.Sprintf("the header has no column %q; it needs time,open,high,low,close,volume", synonyms[0]))
			return false, false
		}
		c.names[want] = synonyms[0]
	}
	return true, true
}

func (c *csvReader) row(cells [][]byte, line int) {
	if len(cells) != c.width {
		c.problem(line, "", Malformed, fmt.Sprintf("has %d columns, the first line has %d", len(cells), c.width))
		return
	}
	var values [6]int64
	for i, column := range c.columns {
		var kind ProblemKind
		var text string
		switch i {
		case 0:
			values[i], kind, text = c.time(cells[column])
		case 5:
			values[i], kind, text = parseUnits(cells[column], c.options.VolumeScale)
			if kind == OutOfRange && c.options.RoundVolumes {
				if units, ok := roundUnits(cells[column], c.options.VolumeScale); ok {
					values[i], kind = units, ""
					c.report.Rounded++
				}
			}
		default:
			values[i], kind, text = parseUnits(cells[column], c.options.Instrument.PriceScale)
		}
		if kind != "" {
			c.problem(line, c.names[i], kind, text)
			return
		}
	}
	c.rows = append(c.rows, Bar{values[0], values[1], values[2], values[3], values[4], values[5]})
	c.lines = append(c.lines, line)
}

// Whole seconds from 1980 to 2100; the same span in the finer units does not
// overlap, so the unit of a number follows from its size.
const (
	firstSecond = 315_532_800
	lastSecond  = 4_102_444_800
)

var timeLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly}

func (c *csvReader) time(cell []byte) (int64, ProblemKind, string) {
	if v, kind, _ := parseUnits(cell, 0); kind == "" {
		for _, unit := range []int64{1e9, 1e6, 1e3, 1} {
			perSecond := 1_000_000_000 / unit
			if v < firstSecond*perSecond || v > lastSecond*perSecond {
				continue
			}
			if c.unit == 0 {
				c.unit = unit
			}
			if c.unit != unit {
				return 0, Malformed, fmt.Sprintf("%s is in another unit than the times above (1 unit is %s there, %s here)", shorten(cell), time.Duration(c.unit), time.Duration(unit))
			}
			return v * unit, "", ""
		}
		return 0, OutOfRange, fmt.Sprintf("%s is no time between 1980 and 2100 in seconds, milliseconds, microseconds or nanoseconds", shorten(cell))
	}
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, string(cell)); err == nil {
			if s := t.Unix(); s < firstSecond || s > lastSecond {
				return 0, OutOfRange, fmt.Sprintf("%s is not between 1980 and 2100", shorten(cell))
			}
			return t.UnixNano(), "", ""
		}
	}
	return 0, NotANumber, fmt.Sprintf("%q is no time; use milliseconds since 1970 or 2006-01-02T15:04:05Z", shorten(cell))
}

func (c *csvReader) check() {
	o := c.options
	if o.Timeframe == 0 {
		o.Timeframe = commonStep(c.rows)
	}
	c.report.Series = NewSeries(o.Instrument, o.Timeframe, o.VolumeScale, len(c.rows))
	if len(c.rows) == 0 {
		return
	}
	if o.Timeframe == 0 {
		c.problem(c.lines[0], c.names[0], Malformed, "the timeframe does not show from the rows; set CSVOptions.Timeframe")
		return
	}
	series, ticks, last := c.report.Series, newTickChecker(o.Instrument), int64(0)
	for i, b := range c.rows {
		kind, field, text := checkBar(b, o.Timeframe, last, o.VolumeScale, o.Instrument)
		if kind == "" {
			kind, field, text = ticks.check(b)
		}
		if kind == Unsorted || kind == Duplicate {
			if at, found := slices.BinarySearch(series.Time, b.Time); found {
				kind, text = Duplicate, stamp(b.Time)+" is there twice with other values"
				if series.Bar(at) == b {
					text = stamp(b.Time) + " is there twice with the same values; CSVOptions.DropRepeats leaves it out"
					if o.DropRepeats {
						c.report.Repaired = append(c.report.Repaired, Problem{o.File, c.lines[i], c.names[0], Duplicate, "repeated row left out"})
						continue
					}
				}
			}
		}
		if kind != "" {
			c.problem(c.lines[i], field, kind, text)
			continue
		}
		if o.Whole && last != 0 && o.Timeframe.Close(last) != b.Time {
			gap := Gap{time.Unix(0, last).UTC(), time.Unix(0, b.Time).UTC(), o.Timeframe.missing(last, b.Time)}
			c.problem(c.lines[i], c.names[0], GapKind, gap.String())
		}
		series.Append(b)
		last = b.Time
	}
	c.report.Gaps = series.Gaps()
}

// commonStep returns the most frequent step between neighbours, the shorter one
// when two are as frequent, or 0 when none is a timeframe.
func commonStep(rows []Bar) Timeframe {
	counts := map[int64]int{}
	for i := 1; i < len(rows); i++ {
		if step := rows[i].Time - rows[i-1].Time; step > 0 {
			counts[step]++
		}
	}
	var best int64
	for step, n := range counts {
		if best == 0 || n > counts[best] || n == counts[best] && step < best {
			best = step
		}
	}
	if tf := Timeframe(best); best > 0 && tf.Validate() == nil {
		return tf
	}
	return 0
}

func (c *csvReader) problem(line int, column string, kind ProblemKind, text string) {
	c.report.Counts[kind]++
	if n := len(c.report.Problems); n < 2*MaxProblems {
		c.report.Problems = append(c.report.Problems, Problem{c.options.File, line, column, kind, text})
	}
}
