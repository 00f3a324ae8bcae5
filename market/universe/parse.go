package universe

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// maxJSON bounds a document.
const maxJSON = 1 << 20

// Parse reads the JSON form of a universe:
//
//	{"filters": [
//	  {"kind": "quote", "names": ["USDT"]},
//	  {"kind": "age", "window": "90d"},
//	  {"kind": "volume", "window": "30d", "min": "1000000"},
//	  {"kind": "top", "by": "volume", "window": "30d", "count": 20}
//	]}
//
// It is strict: a field that is unknown, stated twice or of another type is Invalid
// with its path, as is what Validate refuses. Bounds are numbers or strings and keep
// every digit.
func Parse(raw []byte) (Universe, error) {
	if len(raw) > maxJSON {
		return Universe{}, tradekeel.Invalidf("universe", "must have at most %d bytes, got %d", maxJSON, len(raw))
	}
	if !json.Valid(raw) {
		var v any
		return Universe{}, tradekeel.Invalidf("universe", "is no JSON: %v", json.Unmarshal(raw, &v))
	}
	var u Universe
	if err := object("universe", "", raw, func(name string, value json.RawMessage) error {
		if name != "filters" {
			return unknown(name)
		}
		var list []json.RawMessage
		if !decode(value, &list) {
			return tradekeel.Invalidf("filters", "must be a list of filters")
		}
		var wrong []error
		for i, one := range list {
			f, err := parseFilter(fmt.Sprintf("filters[%d]", i), one)
			wrong = append(wrong, err)
			u.Filters = append(u.Filters, f)
		}
		return errors.Join(wrong...)
	}); err != nil {
		return Universe{}, err
	}
	if err := u.Validate(); err != nil {
		return Universe{}, err
	}
	return u, nil
}

// MarshalJSON writes the form of Parse.
func (u Universe) MarshalJSON() ([]byte, error) {
	if u.Filters == nil {
		u.Filters = []Filter{}
	}
	type plain Universe // without this method
	return json.Marshal(plain(u))
}

// UnmarshalJSON reads the form of Parse.
func (u *Universe) UnmarshalJSON(raw []byte) error {
	parsed, err := Parse(raw)
	if err == nil {
		*u = parsed
	}
	return err
}

func parseFilter(path string, raw json.RawMessage) (Filter, error) {
	var f Filter
	err := object(path, path+".", raw, func(name string, value json.RawMessage) error {
		field := path + "." + name
		switch name {
		case "kind", "by":
			var text string
			if !decode(value, &text) {
				return tradekeel.Invalidf(field, "must be a word")
			}
			if name == "kind" {
				f.Kind = Kind(text)
			} else {
				f.By = Kind(text)
			}
		case "window":
			var text string
			if !decode(value, &text) {
				return tradekeel.Invalidf(field, "must be a length such as \"30d\"")
			}
			tf, err := market.ParseTimeframe(text)
			if err != nil {
				return tradekeel.Invalidf(field, "must be a number and one of s, m, h, d, w, M such as 30d, got %.40q", text)
			}
			f.Window = tf
		case "min", "max":
			d, err := parseBound(value)
			if err != nil {
				return tradekeel.Invalidf(field, "must be a number, got %.40s", value)
			}
			if name == "min" {
				f.Min = &d
			} else {
				f.Max = &d
			}
		case "names":
			if !decode(value, &f.Names) {
				return tradekeel.Invalidf(field, "must be a list of names")
			}
		case "count":
			if !decode(value, &f.Count) {
				return tradekeel.Invalidf(field, "must be a whole number, got %.40s", value)
			}
		case "ascending":
			if !decode(value, &f.Ascending) {
				return tradekeel.Invalidf(field, "must be true or false, got %.40s", value)
			}
		default:
			return unknown(field)
		}
		return nil
	})
	return f, err
}

func unknown(field string) error { return tradekeel.Invalidf(field, "is not known") }

func parseBound(value json.RawMessage) (decimal.Decimal, error) {
	text := string(value)
	if strings.HasPrefix(text, `"`) {
		if !decode(value, &text) {
			return decimal.Decimal{}, errors.New("no text")
		}
	}
	return money.ParseDecimal(text)
}

// decode reads a value into v; null is no value.
func decode(value json.RawMessage, v any) bool {
	return !bytes.Equal(value, []byte("null")) && json.Unmarshal(value, v) == nil
}

// object gives each field of a JSON object to fn, and joins its errors.
func object(path, prefix string, raw json.RawMessage, fn func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return tradekeel.Invalidf(path, "must be an object")
	}
	var wrong []error
	seen := map[string]bool{}
	for d.More() {
		var name string
		if token, err := d.Token(); err == nil {
			name, _ = token.(string)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return tradekeel.Invalidf(path, "is no JSON: %v", err)
		}
		if seen[name] {
			wrong = append(wrong, tradekeel.Invalidf(prefix+name, "is there twice"))
			continue
		}
		seen[name] = true
		wrong = append(wrong, fn(name, value))
	}
	return errors.Join(wrong...)
}
