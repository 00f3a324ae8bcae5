package report

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// maxSafe is the largest whole number that a JavaScript number tells from its
// neighbours. Larger ones travel as strings.
const maxSafe = 1<<53 - 1

func isSafe(v int64) bool { return v >= -maxSafe && v <= maxSafe }

// object writes one JSON object, member by member, into a buffer.
type object struct{ raw []byte }

func (o *object) key(name string) {
	if len(o.raw) == 0 {
		o.raw = append(o.raw, '{')
	} else {
		o.raw = append(o.raw, ',')
	}
	o.raw = append(o.raw, '"')
	o.raw = append(o.raw, name...)
	o.raw = append(o.raw, '"', ':')
}

func (o *object) end() []byte {
	if len(o.raw) == 0 {
		return []byte("{}")
	}
	return append(o.raw, '}')
}

func (o *object) int(name string, v int64) {
	o.key(name)
	o.raw = appendInt(o.raw, v)
}

func (o *object) bool(name string, v bool) {
	o.key(name)
	o.raw = strconv.AppendBool(o.raw, v)
}

// value writes what encoding/json makes of v, with <, > and & escaped, so that
// no text can end the script element that it stands in.
func (o *object) value(name string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	o.key(name)
	o.raw = append(o.raw, raw...)
	return nil
}

// column writes an array of n whole numbers.
func (o *object) column(name string, n int, at func(i int) int64) {
	o.key(name)
	o.raw = append(o.raw, '[')
	for i := range n {
		if i > 0 {
			o.raw = append(o.raw, ',')
		}
		o.raw = appendInt(o.raw, at(i))
	}
	o.raw = append(o.raw, ']')
}

// differences writes a column as its first number and the steps to the next.
func (o *object) differences(name string, n int, at func(i int) int64) {
	last := int64(0)
	o.column(name, n, func(i int) int64 {
		v := at(i)
		step := v - last
		last = v
		return step
	})
}

// strings writes whole numbers of any size: those that are not safe as strings.
func (o *object) strings(name string, values []string) {
	o.key(name)
	o.raw = append(o.raw, '[')
	for i, v := range values {
		if i > 0 {
			o.raw = append(o.raw, ',')
		}
		if len(v) <= 15 {
			o.raw = append(o.raw, v...)
			continue
		}
		o.raw = append(o.raw, '"')
		o.raw = append(o.raw, v...)
		o.raw = append(o.raw, '"')
	}
	o.raw = append(o.raw, ']')
}

func appendInt(raw []byte, v int64) []byte {
	if isSafe(v) {
		return strconv.AppendInt(raw, v, 10)
	}
	raw = append(raw, '"')
	raw = strconv.AppendInt(raw, v, 10)
	return append(raw, '"')
}

// ledgerTexts returns amounts as whole numbers at the smallest scale that holds
// all of them.
func ledgerTexts(n int, at func(i int) exchange.Units) (texts []string, scale int32) {
	texts = make([]string, n)
	zeros := exchange.LedgerScale
	for i := range n {
		u := at(i)
		if v, ok := u.Int64(); ok {
			texts[i] = strconv.FormatInt(v, 10)
		} else {
			texts[i] = u.Big().String()
		}
		if texts[i] != "0" {
			zeros = min(zeros, len(texts[i])-len(strings.TrimRight(texts[i], "0")))
		}
	}
	for i, t := range texts {
		if t != "0" {
			texts[i] = t[:len(t)-zeros]
		}
	}
	return texts, int32(exchange.LedgerScale - zeros)
}

// usedPlaces returns how many of scale decimals the columns use, at least floor.
func usedPlaces(scale, floor int32, columns ...[]int64) int32 {
	places := floor
	for _, column := range columns {
		for _, v := range column {
			for places < scale && v%wide.Pow10(scale-places) != 0 {
				places++
			}
		}
	}
	return min(places, scale)
}

// seconds returns a time for a chart, which knows whole seconds.
func seconds(ns int64) int64 {
	const second = 1e9
	s := ns / second
	if ns%second < 0 {
		s--
	}
	return s
}
