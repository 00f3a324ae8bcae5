package market

import (
	"fmt"
	"strings"
	"time"
)

// Stamps reads the times of one file. A number is in seconds, milliseconds,
// microseconds or nanoseconds since 1970: from 1980 to 2100 the four spans do not
// overlap, so its size tells. The first time fixes the unit, and one in another is
// refused. The zero value is ready.
type Stamps struct {
	unit int64 // nanoseconds; 0 before the first, words for times that are no numbers
}

// words is the unit of times that are no numbers.
const words = -1

// Whole seconds from 1980 to 2100.
const (
	firstSecond = 315_532_800
	lastSecond  = 4_102_444_800
)

var timeLayouts = []string{time.RFC3339Nano, "2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05Z07:00", time.DateOnly}

var (
	dateLayouts  = []string{time.DateOnly, "2006/01/02", "2006.01.02", "20060102"}
	clockLayouts = []string{"15:04:05", "15:04"}
)

// Unit returns what one unit of a numeric time is, or 0 when there was none.
func (s *Stamps) Unit() time.Duration { return time.Duration(max(s.unit, 0)) }

// Parse returns a time in nanoseconds since 1970 UTC. Seconds may have decimals.
// An empty kind is success; otherwise text says what is wrong.
func (s *Stamps) Parse(cell []byte) (ns int64, kind ProblemKind, text string) {
	v, kind, _ := parseUnits(cell, 0)
	if kind == "" {
		for _, unit := range [...]int64{1e6, 1e3, 1e9, 1} {
			perSecond := 1_000_000_000 / unit
			if v < firstSecond*perSecond || v > lastSecond*perSecond {
				continue
			}
			return s.in(unit, v*unit, cell)
		}
		return 0, OutOfRange, fmt.Sprintf("%s is no time between 1980 and 2100 in seconds, milliseconds, microseconds or nanoseconds", shorten(cell))
	}
	if kind == OutOfRange { // seconds with decimals, perhaps
		if v, kind, _ := parseUnits(cell, 9); kind == "" && v >= firstSecond*1e9 && v <= lastSecond*1e9 {
			return s.in(1e9, v, cell)
		}
	}
	if t, ok := parseTime(string(cell), timeLayouts); ok {
		return s.dated(t, cell)
	}
	return 0, NotANumber, fmt.Sprintf("%q is no time; use milliseconds since 1970 or 2006-01-02T15:04:05Z", shorten(cell))
}

// parseParts reads a date and a time of day.
func (s *Stamps) parseParts(date, clock []byte) (int64, ProblemKind, string) {
	day, isDay := parseTime(string(date), dateLayouts)
	if !isDay {
		return 0, NotANumber, fmt.Sprintf("%q is no date such as 2006-01-02 beside a time of day; if it is the whole time, CSVLayout.Time names its column", shorten(date))
	}
	at, isClock := parseTime(string(clock), clockLayouts)
	if !isClock {
		return 0, NotANumber, fmt.Sprintf("%q is no time of day such as 15:04:05; if it is the whole time, CSVLayout.Time names its column", shorten(clock))
	}
	midnight := time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)
	return s.dated(day.Add(at.Sub(midnight)), date)
}

func (s *Stamps) dated(t time.Time, cell []byte) (int64, ProblemKind, string) {
	if sec := t.Unix(); sec < firstSecond || sec > lastSecond {
		return 0, OutOfRange, fmt.Sprintf("%s is not between 1980 and 2100", shorten(cell))
	}
	return s.in(words, t.UnixNano(), cell)
}

// in holds a file to one unit.
func (s *Stamps) in(unit, ns int64, cell []byte) (int64, ProblemKind, string) {
	if s.unit == 0 {
		s.unit = unit
	}
	if s.unit != unit {
		return 0, Malformed, fmt.Sprintf("%s is in another unit than the times above (%s there, %s here)", shorten(cell), unitName(s.unit), unitName(unit))
	}
	return ns, "", ""
}

func unitName(unit int64) string {
	if unit == words {
		return "dates"
	}
	return "1 unit is " + time.Duration(unit).String()
}

func parseTime(text string, layouts []string) (time.Time, bool) {
	if len(text) < 4 || strings.ContainsAny(text, "\n\r") {
		return time.Time{}, false
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, text); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
