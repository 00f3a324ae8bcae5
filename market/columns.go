package market

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel/internal/tabular"
)

// The usual names of columns, as tabular.Normal writes them.
var (
	columnNames = [6][]string{
		{"time", "timestamp", "date", "datetime", "date time", "open time", "opentime", "unix", "unix timestamp", "ts"},
		{"open", "o", "open price"}, {"high", "h", "high price"}, {"low", "l", "low price"}, {"close", "c", "close price"},
		{"volume", "vol", "v", "base volume", "volume base", "volume from", "volumefrom"},
	}
	closeTimeNames = []string{"close time", "closetime"}
	fieldNames     = [6]string{"time", "open", "high", "low", "close", "volume"}
)

// header finds the columns. It reports whether the first line is a header, or the
// fault that reading cannot go on with.
func (c *csvReader) header(cells [][]byte) (isHeader bool, fault *Problem) {
	c.width, c.clock = len(cells), -1
	if !tabular.HasHeader(cells) {
		if len(cells) < len(c.columns) {
			return false, &Problem{Text: fmt.Sprintf("a file without a header needs time,open,high,low,close,volume, got %d columns", len(cells))}
		}
		for i := range c.columns {
			c.columns[i] = i
		}
		return false, nil
	}
	layout := c.rows.options.Layout
	named := [6]string{layout.Time, layout.Open, layout.High, layout.Low, layout.Close, layout.Volume}
	header := make([]string, len(cells))
	for i, cell := range cells {
		header[i] = tabular.Normal(cell)
	}
	if fault := c.clockColumn(header, &named); fault != nil {
		return true, fault
	}
	for i := range c.columns {
		at, fault := c.column(header, i, named[i])
		if fault != nil {
			return true, fault
		}
		c.columns[i] = at
	}
	return true, nil
}

// clockColumn finds the time of day: the one that the layout names, or "time"
// beside "date".
func (c *csvReader) clockColumn(header []string, named *[6]string) *Problem {
	name := c.rows.options.Layout.Clock
	if name == "" {
		if named[0] != "" || len(tabular.Find(header, "date")) != 1 || len(tabular.Find(header, "time")) != 1 {
			return nil
		}
		named[0], name = "date", "time"
	}
	at := tabular.Find(header, tabular.Normal([]byte(name)))
	if len(at) != 1 {
		return &Problem{Column: name, Text: fmt.Sprintf("the header has %d columns %q, which CSVLayout.Clock names", len(at), name)}
	}
	c.clock = at[0]
	return nil
}

func (c *csvReader) column(header []string, i int, named string) (int, *Problem) {
	names, option := columnNames[i], strings.ToUpper(fieldNames[i][:1])+fieldNames[i][1:]
	switch {
	case named != "":
		names = []string{tabular.Normal([]byte(named))}
	case i == 0 && c.rows.options.Layout.CloseStamps:
		names = slices.Concat(closeTimeNames, names)
	case i == 5:
		base := strings.ToLower(string(c.rows.options.Instrument.Base))
		names = append(slices.Clip(names), "volume "+base, "vol "+base, base+" volume")
	}
	at := tabular.Find(header, names...)
	switch {
	case len(at) == 1:
		return at[0], nil
	case len(at) > 1:
		var list []string
		for _, place := range at {
			list = append(list, fmt.Sprintf("%q (column %d)", header[place], place+1))
		}
		return 0, &Problem{Column: fieldNames[i], Text: fmt.Sprintf("may be %s; CSVLayout.%s names the one to take", strings.Join(list, " or "), option)}
	case named != "":
		return 0, &Problem{Column: fieldNames[i], Text: fmt.Sprintf("the header has no column %q, which CSVLayout.%s names", named, option)}
	}
	text := fmt.Sprintf("the header has no column %q; it needs time,open,high,low,close,volume", fieldNames[i])
	if i == 5 {
		if at := slices.IndexFunc(header, func(have string) bool { return strings.Contains(have, "vol") }); at >= 0 {
			text += fmt.Sprintf("; %q is not known to be in %s, CSVLayout.Volume takes it", header[at], c.rows.options.Instrument.Base)
		}
	}
	return 0, &Problem{Column: fieldNames[i], Text: text}
}
