package market

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel"
)

// Rows turns rows of text into candles: the part that importers of every format
// share. Rows are read first and judged together by Report, since the timeframe
// and the order may only be known from all of them. Not safe for concurrent use.
type Rows struct {
	options CSVOptions
	report  CSVReport
	stamps  Stamps
	rows    []Bar
	lines   []int
}

// NewRows starts a file. An Invalid error is about the options.
func NewRows(options CSVOptions) (*Rows, error) {
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
	switch options.Layout.Delimiter {
	case 0, ',', ';', '\t':
	default:
		return nil, tradekeel.Invalidf("layout.delimiter", "must be a comma, a semicolon or a tab, got %q", options.Layout.Delimiter)
	}
	if options.File == "" {
		options.File = "input"
	}
	return &Rows{options: options, report: CSVReport{Counts: map[ProblemKind]int{}}}, nil
}

// Add reads one row: time, open, high, low, close and volume. Line is the row's
// place in the file; the cells are not kept. What is wrong becomes a problem.
func (r *Rows) Add(line int, cells [6][]byte) { r.add(line, cells, nil) }

func (r *Rows) add(line int, cells [6][]byte, clock []byte) {
	r.report.Rows++
	var values [6]int64
	for i, cell := range cells {
		var kind ProblemKind
		var text string
		switch {
		case i == 0 && clock != nil:
			values[i], kind, text = r.stamps.parseParts(cell, clock)
		case i == 0:
			values[i], kind, text = r.stamps.Parse(cell)
		case i == 5:
			values[i], kind, text = r.volume(cell)
		default:
			values[i], kind, text = parseUnits(cell, r.options.Instrument.PriceScale)
		}
		if kind != "" {
			r.Fault(line, fieldNames[i], kind, text)
			return
		}
	}
	r.rows = append(r.rows, Bar{values[0], values[1], values[2], values[3], values[4], values[5]})
	r.lines = append(r.lines, line)
}

func (r *Rows) volume(cell []byte) (int64, ProblemKind, string) {
	units, kind, text := parseUnits(cell, r.options.VolumeScale)
	if kind == OutOfRange && r.options.RoundVolumes {
		if rounded, ok := roundUnits(cell, r.options.VolumeScale); ok {
			r.report.Rounded++
			return rounded, "", ""
		}
	}
	return units, kind, text
}

// Fault adds a problem that the format itself has found. Line 0 is the file as a
// whole.
func (r *Rows) Fault(line int, column string, kind ProblemKind, text string) {
	r.report.Counts[kind]++
	if n := len(r.report.Problems); n < 2*MaxProblems {
		r.report.Problems = append(r.report.Problems, Problem{r.options.File, line, column, kind, text})
	}
}

// Report judges the rows and returns everything that was found. It is called
// once, after the last row.
func (r *Rows) Report() *CSVReport {
	r.check()
	r.report.Unit = r.stamps.Unit()
	r.rows, r.lines = nil, nil
	slices.SortStableFunc(r.report.Problems, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
	if len(r.report.Problems) > MaxProblems {
		r.report.Problems = r.report.Problems[:MaxProblems]
	}
	return &r.report
}

func (r *Rows) check() {
	r.turn()
	o := r.options
	if o.Timeframe == 0 {
		o.Timeframe = commonStep(r.rows)
	}
	r.report.Series = NewSeries(o.Instrument, o.Timeframe, o.VolumeScale, len(r.rows))
	if len(r.rows) == 0 {
		return
	}
	if o.Timeframe == 0 {
		r.Fault(r.lines[0], fieldNames[0], Malformed, "the timeframe does not show from the rows; set CSVOptions.Timeframe")
		return
	}
	series, ticks, last := r.report.Series, newTickChecker(o.Instrument), int64(0)
	for i, b := range r.rows {
		var kind ProblemKind
		var field, text string
		if o.Layout.CloseStamps {
			b.Time, kind, text = openOf(b.Time, o.Timeframe)
			field = fieldNames[0]
		}
		if kind == "" {
			kind, field, text = checkBar(b, o.Timeframe, last, o.VolumeScale, o.Instrument)
		}
		if kind == "" {
			kind, field, text = o.Within.check(b.Time)
		}
		if kind == "" {
			kind, field, text = ticks.check(b)
		}
		if kind == Unsorted || kind == Duplicate {
			if at, found := slices.BinarySearch(series.Time, b.Time); found {
				kind, text = Duplicate, stamp(b.Time)+" is there twice with other values"
				if series.Bar(at) == b {
					text = stamp(b.Time) + " is there twice with the same values; CSVOptions.DropRepeats leaves it out"
					if o.DropRepeats {
						r.report.Repaired = append(r.report.Repaired, Problem{o.File, r.lines[i], fieldNames[0], Duplicate, "repeated row left out"})
						continue
					}
				}
			}
		}
		if kind != "" {
			r.Fault(r.lines[i], field, kind, text)
			continue
		}
		if o.Whole && last != 0 && o.Timeframe.Close(last) != b.Time {
			gap := Gap{time.Unix(0, last).UTC(), time.Unix(0, b.Time).UTC(), o.Timeframe.missing(last, b.Time)}
			r.Fault(r.lines[i], fieldNames[0], GapKind, gap.String())
		}
		series.Append(b)
		last = b.Time
	}
	r.report.Gaps = series.Gaps()
}

// turn puts rows that are newest first throughout into order.
func (r *Rows) turn() {
	n := len(r.rows)
	if n < 2 || r.rows[0].Time <= r.rows[n-1].Time ||
		!slices.IsSortedFunc(r.rows, func(a, b Bar) int { return cmp.Compare(b.Time, a.Time) }) {
		return
	}
	slices.Reverse(r.rows)
	slices.Reverse(r.lines)
	r.report.NewestFirst = true
}

// openOf returns the open of the candle that closes at t.
func openOf(t int64, tf Timeframe) (int64, ProblemKind, string) {
	open := tf.Open(t - 1)
	if tf.Close(open) != t {
		return 0, Misaligned, fmt.Sprintf("%s is not the close of a %s candle, which CSVLayout.CloseStamps says; the next close is %s", stamp(t), tf, stamp(tf.Close(open)))
	}
	return open, "", ""
}

func (p Period) check(t int64) (ProblemKind, string, string) {
	if !p.From.IsZero() && t < p.From.UnixNano() {
		return Outside, fieldNames[0], stamp(t) + " is before the period, which begins at " + stamp(p.From.UnixNano())
	}
	if !p.To.IsZero() && t >= p.To.UnixNano() {
		return Outside, fieldNames[0], stamp(t) + " is after the period, which ends before " + stamp(p.To.UnixNano())
	}
	return "", "", ""
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
