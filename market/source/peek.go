package source

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel/internal/tabular"
	"github.com/tradekeel/tradekeel/market"
)

// edges are the first and the last candle of a file, read without the rest.
type edges struct {
	first, last market.Bar
	rows        int // rows of the file; of trades 0
}

// window is how much of a file's beginning and end is looked at.
const window = 64 << 10

// begins returns the time of the first row, or 0 when it cannot be read; a file
// that is newest first begins with its last candle, which does for an order.
func (f *input) begins(ctx context.Context) (int64, error) {
	if from := f.archive.period.From; !from.IsZero() {
		return from.UnixNano(), nil
	}
	r, err := f.open(ctx)
	if err != nil {
		return 0, notFault(err)
	}
	defer r.Close()
	head := make([]byte, window)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return 0, notFault(err)
	}
	first, ok := f.sample(head[:n], nil)
	if !ok {
		return 0, nil
	}
	return first.first.Time, nil
}

// edges goes through the file for its first and last row and the number of rows,
// which costs a tenth of reading it. It reports whether they can be told.
func (f *input) edges(ctx context.Context) (edges, bool, error) {
	r, err := f.open(ctx)
	if err != nil {
		return edges{}, false, notFault(err)
	}
	defer r.Close()
	mark := byte('\n')
	if f.format == Arrays {
		mark = '['
	}
	var head, before, block []byte
	buffers := [2][]byte{make([]byte, window), make([]byte, window)}
	marks := 0
	for i := 0; ; i++ {
		buffer := buffers[i%2]
		n, err := io.ReadFull(r, buffer)
		before, block = block, buffer[:n]
		marks += bytes.Count(block, []byte{mark})
		if i == 0 {
			head = slices.Clone(block)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			break
		}
		if err != nil {
			return edges{}, false, notFault(err)
		}
	}
	tail := slices.Concat(before, block)
	e, ok := f.sample(head, tail)
	switch f.format {
	case Arrays:
		e.rows = marks - 1
	case Trades:
		e.rows = 0
	default:
		e.rows = marks
		if len(tail) > 0 && tail[len(tail)-1] != '\n' {
			e.rows++
		}
		if line := nextLine(&head); line != nil && tabular.HasHeader([][]byte{bytes.TrimPrefix(line, []byte("\xef\xbb\xbf"))}) {
			e.rows--
		}
	}
	return e, ok, nil
}

// notFault keeps the errors of the disk and the context: a damaged file is told
// of when it is read.
func notFault(err error) error {
	if _, ok := errors.AsType[*fileError](err); ok {
		return nil
	}
	return err
}

// sample reads the first row of a file's beginning and the last of its end as a
// small file of the same kind. Without an end it is the first row alone.
func (f *input) sample(head, tail []byte) (edges, bool) {
	options := f.options
	options.DropRepeats = true // the first row may be the last too
	options.RoundVolumes = true
	if f.format == Arrays {
		report, err := CheckArrays(strings.NewReader(sampleArrays(head, tail)), options)
		return edgesOf(report, err)
	}
	var text []byte
	header := false
	if line := nextLine(&head); line != nil {
		header = tabular.HasHeader([][]byte{bytes.TrimLeft(bytes.TrimPrefix(line, []byte("\xef\xbb\xbf")), " \t\"")})
		text = append(append(text, line...), '\n')
	}
	if header {
		text = append(append(text, nextLine(&head)...), '\n')
	}
	if tail = bytes.TrimRight(tail, " \t\r\n"); len(tail) > 0 {
		text = append(text, tail[bytes.LastIndexByte(tail, '\n')+1:]...)
	}
	if f.format == Trades {
		o := f.tradeOptions()
		o.DropRepeats = true
		o.FillEmpty = false
		report, err := checkTrades(bytes.NewReader(text), o, f.archive.kind)
		if err != nil {
			return edges{}, false
		}
		return edgesOf(&report.CSVReport, nil)
	}
	return edgesOf(market.CheckCSV(bytes.NewReader(text), options))
}

func edgesOf(report *market.CSVReport, err error) (edges, bool) {
	if err != nil || report.Err() != nil || report.Series.Len() == 0 {
		return edges{}, false
	}
	return edges{first: report.Series.Bar(0), last: report.Series.Bar(report.Series.Len() - 1)}, true
}

func nextLine(text *[]byte) []byte {
	for len(*text) > 0 {
		line, rest, _ := bytes.Cut(*text, []byte("\n"))
		*text = rest
		if line = bytes.TrimRight(line, "\r"); len(bytes.TrimSpace(line)) > 0 {
			return line
		}
	}
	return nil
}

func sampleArrays(head, tail []byte) string {
	rows := []string{}
	if _, after, ok := bytes.Cut(head, []byte("[")); ok {
		if start, end := bytes.IndexByte(after, '['), bytes.IndexByte(after, ']'); start >= 0 && end > start {
			rows = append(rows, string(after[start:end+1]))
		}
	}
	if end := bytes.LastIndexByte(tail, ']'); end > 0 {
		inner := tail[:end]
		if start, end := bytes.LastIndexByte(inner, '['), bytes.LastIndexByte(inner, ']'); start >= 0 && end > start {
			rows = append(rows, string(inner[start:end+1]))
		}
	}
	return "[" + strings.Join(rows, ",") + "]"
}
