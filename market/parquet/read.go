package parquet

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Options say what a file does not. Files of Write need none.
type Options struct {
	// Instrument is what the candles are of; nil takes the file's. Prices are
	// brought to its scale.
	Instrument *market.Instrument
	// Timeframe is the length of a candle; zero takes the file's.
	Timeframe market.Timeframe
	// VolumeScale is the decimals of volumes. Zero takes the file's, and 8 for a
	// file that does not say.
	VolumeScale int32
}

// ReadFile reads the file of a name as Read does.
func ReadFile(name string, o Options) (*market.Series, error) {
	file, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("read parquet: %w", err)
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read parquet: %w", err)
	}
	return Read(file, stat.Size(), o)
}

// Read reads candles from a Parquet file of size bytes. The error is Invalid and
// names the column and the row when the file is not one, lacks a column, holds a
// number that does not fit, or candles that contradict each other.
func Read(r io.ReaderAt, size int64, o Options) (s *market.Series, err error) {
	// The library reads what a damaged file claims with panics here and there;
	// what a file holds must not end the process.
	defer func() {
		if p := recover(); p != nil {
			s, err = nil, tradekeel.Invalidf("file", "is damaged: %v", p)
		}
	}()
	if err := checkFooter(r, size); err != nil {
		return nil, err
	}
	file, err := parquet.OpenFile(r, size, parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
	if err != nil {
		return nil, tradekeel.Invalidf("file", "is no Parquet file that can be read: %v", err)
	}
	if o, err = o.completed(file); err != nil {
		return nil, err
	}
	columns, err := findColumns(file, o)
	if err != nil {
		return nil, err
	}
	s = market.NewSeries(o.Instrument, o.Timeframe, o.VolumeScale, 0)
	targets := [...]*[]int64{&s.Time, &s.Open, &s.High, &s.Low, &s.Close, &s.Volume}
	for i, c := range columns {
		// A hostile file may claim any number of rows: a byte for each is the least
		// that makes sense to trust.
		*targets[i] = make([]int64, 0, min(max(file.NumRows(), 0), size))
		if *targets[i], err = c.read(file, r, *targets[i]); err != nil {
			return nil, err
		}
	}
	if err := s.Validate(); err != nil {
		return nil, err
	}
	return s, nil
}

// completed fills what the options leave out from the file's metadata.
func (o Options) completed(file *parquet.File) (Options, error) {
	text, found := file.Lookup(metadataKey)
	var about metadata
	if found {
		if err := json.Unmarshal([]byte(text), &about); err != nil {
			return o, tradekeel.Invalidf("file", "has metadata %s that cannot be read: %v", metadataKey, err)
		}
	} else {
		about.VolumeScale = market.DefaultQuantityScale
	}
	if o.Instrument == nil {
		o.Instrument = about.Instrument
	}
	if o.Timeframe == 0 {
		o.Timeframe = about.Timeframe
	}
	if o.VolumeScale == 0 {
		o.VolumeScale = about.VolumeScale
	}
	if o.Timeframe == 0 {
		return o, tradekeel.Invalidf("timeframe", "is missing, and the file does not say it")
	}
	if o.VolumeScale < 0 || o.VolumeScale > market.MaxScale {
		return o, tradekeel.Invalidf("volume_scale", "must be between 0 and %d, got %d", market.MaxScale, o.VolumeScale)
	}
	if err := o.Timeframe.Validate(); err != nil {
		return o, err
	}
	return o, o.Instrument.Validate()
}

// timeNames are the names of the column of times, the likeliest first.
var timeNames = []string{"time", "timestamp", "open_time", "opentime", "datetime", "date"}

// column is a column of the file and how its values become stored integers.
type column struct {
	name    string
	index   int
	integer func(int64) (int64, string) // nil for floats
	float   func(float64) (int64, string)
}

func findColumns(file *parquet.File, o Options) ([6]column, error) {
	var out [6]column
	for i, names := range [...][]string{timeNames, {"open"}, {"high"}, {"low"}, {"close"}, {"volume"}} {
		leaf := findLeaf(file, names)
		if leaf == nil {
			return out, tradekeel.Invalidf(names[0], "the file has no column %q", names[0])
		}
		if !leaf.Leaf() || leaf.Repeated() {
			return out, tradekeel.Invalidf(names[0], "is not a column of single values")
		}
		scale := o.Instrument.PriceScale
		if i == 5 {
			scale = o.VolumeScale
		}
		c := column{name: names[0], index: leaf.Index()}
		var known bool
		if i == 0 {
			c.integer, known = timeReader(leaf.Type())
		} else {
			known = c.numbers(leaf.Type(), scale)
		}
		if !known {
			return out, tradekeel.Invalidf(c.name, "is of type %s, which is not read; see the doc of the package", leaf.Type())
		}
		out[i] = c
	}
	return out, nil
}

func findLeaf(file *parquet.File, names []string) *parquet.Column {
	for _, name := range names {
		for _, c := range file.Root().Columns() {
			if strings.EqualFold(c.Name(), name) {
				return c
			}
		}
	}
	return nil
}

// logical returns the logical type, or nil for a plain number.
func logical(t parquet.Type) format.LogicalTypeValue {
	if l := t.LogicalType(); l != nil {
		return l.Value
	}
	return nil
}

// Whole seconds from 1980 to 2100, as in the reader of CSV: the same span in
// finer units does not overlap.
const (
	firstSecond = 315_532_800
	lastSecond  = 4_102_444_800
)

// timeReader returns how a column of times becomes nanoseconds.
func timeReader(t parquet.Type) (func(int64) (int64, string), bool) {
	kind := t.Kind()
	times := func(unit int64) func(int64) (int64, string) {
		return func(v int64) (int64, string) {
			if v > math.MaxInt64/unit || v < math.MinInt64/unit {
				return 0, fmt.Sprintf("%d is out of range", v)
			}
			return v * unit, ""
		}
	}
	switch l := logical(t).(type) {
	case *format.TimestampType:
		if l.Unit.Value == nil || kind != parquet.Int64 {
			return nil, false
		}
		return times(int64(l.Unit.Value.Duration())), true
	case *format.DateType:
		return times(int64(market.D1)), kind == parquet.Int32
	case *format.IntType, nil:
		if kind != parquet.Int64 && kind != parquet.Int32 {
			return nil, false
		}
	default:
		return nil, false
	}
	unit := int64(0)
	return func(v int64) (int64, string) {
		for _, u := range [...]int64{1e9, 1e6, 1e3, 1} {
			if perSecond := 1_000_000_000 / u; unit == 0 && v >= firstSecond*perSecond && v <= lastSecond*perSecond {
				unit = u
			}
		}
		if unit == 0 {
			return 0, fmt.Sprintf("%d is no time between 1980 and 2100 in seconds, milliseconds, microseconds or nanoseconds", v)
		}
		return times(unit)(v)
	}, true
}

// numbers sets how a column becomes integers at a scale, and reports whether it
// can.
func (c *column) numbers(t parquet.Type, scale int32) bool {
	from := int32(0)
	switch l := logical(t).(type) {
	case *format.DecimalType:
		if from = l.Scale; from < 0 || from > digits {
			return false
		}
	case *format.IntType, nil:
	default:
		return false
	}
	switch t.Kind() {
	case parquet.Int32, parquet.Int64:
		c.integer = decimals(from, scale)
		return true
	case parquet.Float:
		c.float = floats(scale, 32)
	case parquet.Double:
		c.float = floats(scale, 64)
	default:
	}
	return c.float != nil && from == 0
}

// batch is how many values are taken from a page at once.
const batch = 1024

// read appends the values of the column in all row groups.
func (c *column) read(file *parquet.File, r io.ReaderAt, out []int64) ([]int64, error) {
	for g, group := range file.RowGroups() {
		chunks := file.Metadata().RowGroups[g].Columns
		if c.index >= len(chunks) {
			return nil, tradekeel.Invalidf(c.name, "is missing in row group %d", g)
		}
		if err := c.checkChunk(&chunks[c.index].MetaData, r, file.Size()); err != nil {
			return nil, err
		}
		var err error
		if out, err = c.readChunk(group.ColumnChunks()[c.index], out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (c *column) readChunk(chunk parquet.ColumnChunk, out []int64) ([]int64, error) {
	pages := chunk.Pages()
	defer pages.Close()
	for {
		page, err := pages.ReadPage()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, tradekeel.Invalidf(c.name, "cannot be read: %v", err)
		}
		out, err = c.readPage(page, out)
		parquet.Release(page)
		if err != nil {
			return nil, err
		}
	}
}

func (c *column) readPage(page parquet.Page, out []int64) ([]int64, error) {
	values := page.Values()
	whole, isWhole := values.(parquet.Int64Reader)
	var buffer [batch]parquet.Value
	for {
		first := len(out)
		var n int
		var err error
		if isWhole && c.integer != nil {
			out = slices.Grow(out, batch)
			n, err = whole.ReadInt64s(out[first : first+batch])
			out = out[:first+n]
			for i, v := range out[first:] {
				units, problem := c.integer(v)
				if problem != "" {
					return nil, c.fault(first+i, problem)
				}
				out[first+i] = units
			}
		} else {
			n, err = values.ReadValues(buffer[:])
			for i, v := range buffer[:n] {
				units, problem := c.value(v)
				if problem != "" {
					return nil, c.fault(first+i, problem)
				}
				out = append(out, units)
			}
		}
		switch {
		case errors.Is(err, io.EOF):
			return out, nil
		case err != nil:
			return nil, tradekeel.Invalidf(c.name, "cannot be read: %v", err)
		case n == 0:
			return nil, tradekeel.Invalidf(c.name, "has a page that does not end")
		}
	}
}

func (c *column) value(v parquet.Value) (int64, string) {
	switch {
	case v.IsNull():
		return 0, "is null"
	case v.Kind() == parquet.Int64 && c.integer != nil:
		return c.integer(v.Int64())
	case v.Kind() == parquet.Int32 && c.integer != nil:
		return c.integer(int64(v.Int32()))
	case v.Kind() == parquet.Double && c.float != nil:
		return c.float(v.Double())
	case v.Kind() == parquet.Float && c.float != nil:
		return c.float(float64(v.Float()))
	}
	return 0, "is of another type than its column"
}

func (c *column) fault(row int, problem string) error {
	return tradekeel.Invalidf(fmt.Sprintf("%s[%d]", c.name, row), "%s", problem)
}
