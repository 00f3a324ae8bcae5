package source

import (
	"fmt"
	"io"
	"strings"

	"github.com/tradekeel/tradekeel/internal/tabular"
	"github.com/tradekeel/tradekeel/market"
)

// TradeReport is everything that was found in a file of trades. Rows counts its
// rows, Gaps are the buckets without a trade.
type TradeReport struct {
	market.CSVReport
	// Trades is the number of trades that the candles are made of.
	Trades int
	// Filled is the number of flat candles that FillEmpty made.
	Filled int
}

// CheckTrades makes candles of trades in CSV with a header line: a time, a price,
// a quantity, and an id if there is one, in any order and with more columns beside
// them. Two columns that could both be one of them are refused until Layout names
// one. Times are read as those of candles. Ids that are numbers must rise;
// DropRepeats leaves out a trade whose id is that of the row above.
//
// It reads to the end and reports every fault; a faulty trade is in no candle. The
// error is about the options, or the reader's own.
func CheckTrades(r io.Reader, options TradeOptions) (*TradeReport, error) {
	return checkTrades(r, options, "")
}

// The columns of a trade.
const (
	timeColumn = iota
	priceColumn
	quantityColumn
	idColumn
	sideColumn // of ticks only
	tradeColumns
)

var (
	tradeFields = [tradeColumns]string{"time", "price", "quantity", "id", "side"}
	tradeNames  = [tradeColumns][]string{
		{"time", "timestamp", "transact time", "trade time", "date", "datetime", "t"},
		{"price", "p"},
		{"quantity", "qty", "q", "size", "amount", "volume"},
		{"id", "trade id", "agg trade id", "aggregate trade id", "a", "tid"},
		{"side", "taker side", "aggressor side", "aggressor", "is buyer maker", "isbuyermaker", "buyer is maker", "m"},
	}
	makerNames = tradeNames[sideColumn][4:]
)

// tradeReader reads trades from a table.
type tradeReader struct {
	options TradeOptions
	kind    string // of an archive whose files may come without a header
	report  TradeReport
	made    *aggregator
	ticks   *market.Ticks // where trades are kept as they are, not made candles of
	maker   bool          // the side's column says whether the buyer is the maker
	stamps  market.Stamps
	columns [tradeColumns]int // -1 for an id or a side that is not there, or not wanted
	width   int
	before  int64 // the id above
	numbers bool  // whether ids are numbers
}

func checkTrades(r io.Reader, o TradeOptions, kind string) (*TradeReport, error) {
	if o.File == "" {
		o.File = "input"
	}
	if o.VolumeScale == 0 {
		o.VolumeScale = 8
	}
	made, err := newAggregator(o)
	if err != nil {
		return nil, err
	}
	t := &tradeReader{options: o, kind: kind, made: made}
	t.report.Counts = map[market.ProblemKind]int{}
	if err := t.read(r); err != nil {
		return nil, err
	}
	t.report.Series = made.out.Series
	t.report.Gaps = made.out.Series.Gaps()
	t.report.Filled = made.out.Filled
	t.report.Unit = t.stamps.Unit()
	t.report.Problems = sortProblems(t.report.Problems)
	return &t.report, nil
}

func (t *tradeReader) read(r io.Reader) error {
	const least = 3
	table := tabular.NewReader(r, t.options.Layout.Delimiter, least)
	started := false
	for table.Next() {
		cells, line := table.Cells(), table.Line()
		if !started {
			started = true
			header, fault := t.header(cells)
			if fault != nil {
				t.fault(line, fault.Column, market.Malformed, fault.Text)
				return nil //nolint:nilerr // the fault is a problem of the report
			}
			if header {
				continue
			}
		}
		t.report.Rows++
		t.row(cells, line)
	}
	if fault := table.Fault(); fault != nil {
		t.fault(fault.Line, "", market.Malformed, fault.Text)
		return nil
	}
	if err := table.Err(); err != nil {
		return fmt.Errorf("read trades from %s: %w", t.options.File, err)
	}
	if t.report.Rows == 0 {
		t.fault(max(table.Line(), 1), "", market.Malformed, "the file has no trades")
	}
	return nil
}

func (t *tradeReader) header(cells [][]byte) (isHeader bool, fault *market.Problem) {
	t.width = len(cells)
	if !tabular.HasHeader(cells) {
		return false, t.bare()
	}
	header := make([]string, len(cells))
	for i, cell := range cells {
		header[i] = tabular.Normal(cell)
	}
	named := [tradeColumns]string{t.options.Layout.Time, t.options.Layout.Close, t.options.Layout.Volume}
	for i := range t.columns {
		if i == sideColumn && t.ticks == nil {
			t.columns[i] = -1
			continue
		}
		names := tradeNames[i]
		if named[i] != "" {
			names = []string{tabular.Normal([]byte(named[i]))}
		}
		at := tabular.Find(header, names...)
		switch {
		case len(at) == 1:
			t.columns[i] = at[0]
		case i == idColumn || i == sideColumn && len(at) == 0:
			t.columns[i] = -1
		case len(at) == 0:
			return true, &market.Problem{Column: tradeFields[i], Text: fmt.Sprintf("the header has no column %q; it needs time,price,quantity", names[0])}
		default:
			if i == sideColumn {
				return true, &market.Problem{Column: tradeFields[i], Text: fmt.Sprintf("may be column %d or %d; leave one out", at[0]+1, at[1]+1)}
			}
			return true, &market.Problem{Column: tradeFields[i], Text: fmt.Sprintf("may be column %d or %d; CSVLayout.%s names the one to take", at[0]+1, at[1]+1, [...]string{"Time", "Close", "Volume"}[i])}
		}
	}
	if side := t.columns[sideColumn]; side >= 0 {
		t.maker = len(tabular.Find(header[side:side+1], makerNames...)) > 0
	}
	return true, nil
}

// bare sets the columns of Binance Vision's files without a header:
// id,price,qty,first,last,time,… of aggTrades and id,price,qty,quote,time,… of trades.
func (t *tradeReader) bare() *market.Problem {
	at := map[string]int{"aggTrades": 5, "trades": 4}[t.kind]
	switch {
	case at == 0:
		return &market.Problem{Text: "the file has no header, and its name does not say which column is which"}
	case t.width <= at:
		return &market.Problem{Text: fmt.Sprintf("a file of %s has the time in column %d, got %d columns", t.kind, at+1, t.width)}
	}
	t.columns = [tradeColumns]int{at, 1, 2, 0, -1}
	if t.ticks != nil && t.width > at+1 {
		t.columns[sideColumn], t.maker = at+1, true
	}
	return nil
}

func (t *tradeReader) row(cells [][]byte, line int) {
	if len(cells) != t.width {
		t.fault(line, "", market.Malformed, fmt.Sprintf("has %d columns, the first line has %d", len(cells), t.width))
		return
	}
	if !t.id(cells, line) {
		return
	}
	var trade Trade
	for i, into := range [...]*int64{&trade.Time, &trade.Price, &trade.Quantity} {
		cell := cells[t.columns[i]]
		var kind market.ProblemKind
		var text string
		switch i {
		case timeColumn:
			*into, kind, text = t.stamps.Parse(cell)
		case priceColumn:
			*into, kind, text = market.ParseUnits(cell, t.options.Instrument.PriceScale)
		default:
			*into, kind, text = market.ParseUnits(cell, t.options.VolumeScale)
		}
		if kind != "" {
			t.fault(line, tradeFields[i], kind, text)
			return
		}
	}
	within := t.options.Within
	if !within.From.IsZero() && trade.Time < within.From.UnixNano() || !within.To.IsZero() && trade.Time >= within.To.UnixNano() {
		t.fault(line, "time", market.Outside, stamp(trade.Time)+" is outside of the period of the file")
		return
	}
	if kind, field, text := t.add(trade, cells); kind != "" {
		t.fault(line, field, kind, text)
		return
	}
	t.report.Trades++
}

// id holds that ids rise, and reports whether the row is to be read on.
func (t *tradeReader) id(cells [][]byte, line int) bool {
	if t.columns[idColumn] < 0 {
		return true
	}
	cell := cells[t.columns[idColumn]]
	id, kind, _ := market.ParseUnits(cell, 0)
	first := t.report.Rows == 1
	if first {
		t.numbers = kind == ""
	}
	switch {
	case !t.numbers:
		return true
	case kind != "":
		t.fault(line, "id", market.NotANumber, fmt.Sprintf("%.40q is no number, the ids above are", strings.ToValidUTF8(string(cell), "?")))
		return false
	case first, id > t.before:
		t.before = id
		return true
	case id == t.before && t.options.DropRepeats:
		t.report.Repaired = append(t.report.Repaired, market.Problem{File: t.options.File, Line: line, Column: "id", Kind: market.Duplicate, Text: "repeated trade left out"})
		return false
	case id == t.before:
		t.fault(line, "id", market.Duplicate, fmt.Sprintf("trade %d is there twice; CSVOptions.DropRepeats leaves it out", id))
		return false
	}
	t.fault(line, "id", market.Unsorted, fmt.Sprintf("trade %d comes after %d; trades must be sorted", id, t.before))
	return false
}

func (t *tradeReader) fault(line int, column string, kind market.ProblemKind, text string) {
	t.report.Counts[kind]++
	if len(t.report.Problems) < 2*market.MaxProblems {
		t.report.Problems = append(t.report.Problems, market.Problem{File: t.options.File, Line: line, Column: column, Kind: kind, Text: text})
	}
}
