package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The limits of a document.
const (
	MaxBytes  = 256 << 10
	MaxDepth  = 32   // of objects and lists in each other
	MaxNodes  = 2000 // values and conditions
	MaxFaults = 50   // that are told at once
)

// kind is the kind of a JSON value.
type kind uint8

const (
	null kind = iota
	boolean
	number
	text
	list
	object
)

var kindNames = [...]string{"null", "true or false", "a number", "a text", "a list", "an object"}

func (k kind) String() string { return kindNames[k] }

// value is a JSON value with where it stands. Members of an object keep their order.
type value struct {
	path  string
	kind  kind
	truth bool
	text  string // a text, or the digits of a number
	items []*value
	names []string // of the items of an object
}

// member returns an item of an object, nil when it is not there.
func (v *value) member(name string) *value {
	for i, n := range v.names {
		if n == name {
			return v.items[i]
		}
	}
	return nil
}

// number returns a number as a float; false when v is none or too large for one.
func (v *value) number() (float64, bool) {
	if v.kind != number {
		return 0, false
	}
	f, err := strconv.ParseFloat(v.text, 64)
	return f, err == nil
}

// shown is a short form of a value for messages.
func (v *value) shown() string {
	switch v.kind {
	case text:
		return strconv.Quote(clip(v.text))
	case number:
		return clip(v.text)
	case boolean:
		return strconv.FormatBool(v.truth)
	default:
		return v.kind.String()
	}
}

func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return strings.ToValidUTF8(s, "?")
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}

// read reads a JSON document strictly: nothing twice in an object, nothing after the
// end, bounded depth and size. Its error is a fault.
func read(raw []byte) (*value, *fault) {
	if len(raw) > MaxBytes {
		return nil, newFault("", "too_large", "must be at most {most} bytes, got {got}", "most", strconv.Itoa(MaxBytes), "got", strconv.Itoa(len(raw)))
	}
	if !utf8.Valid(raw) {
		return nil, newFault("", "not_json", "is not JSON: it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	r := decoder{d: d}
	v, f := r.value("", 0)
	if f != nil {
		return nil, f
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, newFault("", "not_json", "is not JSON: there is something after its end")
	}
	if v.kind != object {
		return nil, newFault("", "wrong_type", `must be an object such as {"name": …, "timeframe": "1h", …}, got {got}`, "got", v.shown())
	}
	return v, nil
}

type decoder struct {
	d     *json.Decoder
	nodes int
}

func (r *decoder) value(path string, depth int) (*value, *fault) {
	if depth > MaxDepth {
		return nil, newFault(path, "too_deep", "is nested more than {most} deep", "most", strconv.Itoa(MaxDepth))
	}
	// Names and numbers count, too: four times the nodes of the strategy are plenty.
	if r.nodes++; r.nodes > 4*MaxNodes {
		return nil, newFault(path, "too_large", "the document has more than {most} values", "most", strconv.Itoa(4*MaxNodes))
	}
	token, err := r.d.Token()
	if err != nil {
		return nil, r.broken(err)
	}
	v := &value{path: path}
	switch t := token.(type) {
	case nil:
	case bool:
		v.kind, v.truth = boolean, t
	case json.Number:
		v.kind, v.text = number, t.String()
	case string:
		v.kind, v.text = text, t
	case json.Delim:
		if t == '[' {
			v.kind = list
			return v, r.items(v, depth)
		}
		v.kind = object
		return v, r.members(v, depth)
	}
	return v, nil
}

func (r *decoder) items(v *value, depth int) *fault {
	for r.d.More() {
		item, f := r.value(v.path+"["+strconv.Itoa(len(v.items))+"]", depth+1)
		if f != nil {
			return f
		}
		v.items = append(v.items, item)
	}
	if _, err := r.d.Token(); err != nil {
		return r.broken(err)
	}
	return nil
}

func (r *decoder) members(v *value, depth int) *fault {
	for r.d.More() {
		token, err := r.d.Token()
		if err != nil {
			return r.broken(err)
		}
		name, _ := token.(string) // the decoder lets only texts be names
		path := join(v.path, name)
		if v.member(name) != nil {
			return newFault(path, "twice", "is there twice")
		}
		item, f := r.value(path, depth+1)
		if f != nil {
			return f
		}
		v.names, v.items = append(v.names, name), append(v.items, item)
	}
	if _, err := r.d.Token(); err != nil {
		return r.broken(err)
	}
	return nil
}

func (r *decoder) broken(err error) *fault {
	return newFault("", "not_json", "is not JSON: {reason} near byte {at}", "reason", clip(reason(err)), "at", strconv.FormatInt(r.d.InputOffset(), 10))
}

func reason(err error) string {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it ends too early"
	}
	return err.Error()
}

func join(path, name string) string {
	if path == "" {
		return clip(name)
	}
	return path + "." + clip(name)
}

// canonical writes a value in one form: members of objects by name, numbers as they
// were written but for needless zeros, no spaces.
func (v *value) canonical(b *bytes.Buffer) {
	switch v.kind {
	case null:
		b.WriteString("null")
	case boolean:
		b.WriteString(strconv.FormatBool(v.truth))
	case number:
		b.WriteString(plain(v.text))
	case text:
		quote(b, v.text)
	case list:
		b.WriteByte('[')
		for i, item := range v.items {
			if i > 0 {
				b.WriteByte(',')
			}
			item.canonical(b)
		}
		b.WriteByte(']')
	case object:
		b.WriteByte('{')
		for i, at := range v.sorted() {
			if i > 0 {
				b.WriteByte(',')
			}
			quote(b, v.names[at])
			b.WriteByte(':')
			v.items[at].canonical(b)
		}
		b.WriteByte('}')
	}
}

// sorted returns the places of an object's items in the order of their names.
func (v *value) sorted() []int {
	at := make([]int, len(v.names))
	for i := range at {
		at[i] = i
	}
	slices.SortFunc(at, func(a, b int) int { return strings.Compare(v.names[a], v.names[b]) })
	return at
}

func quote(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil { // a text in a buffer cannot fail
		return
	}
	b.Truncate(b.Len() - 1)
}

// plain writes a number in its shortest form that keeps every digit.
func plain(digits string) string {
	if f, err := strconv.ParseFloat(digits, 64); err == nil {
		if s := strconv.FormatFloat(f, 'f', -1, 64); len(s) <= len(digits) || len(s) <= 24 {
			if back, err := strconv.ParseFloat(s, 64); err == nil && back == f && significant(s) == significant(digits) {
				return s
			}
		}
	}
	return digits
}

// significant is the digits of a number that count, to tell whether two texts are the
// same number in every digit.
func significant(s string) string {
	mantissa, _, _ := strings.Cut(strings.ToLower(s), "e")
	mantissa = strings.TrimPrefix(mantissa, "-")
	if strings.Contains(mantissa, ".") {
		mantissa = strings.TrimRight(mantissa, "0")
	}
	return strings.Trim(strings.Replace(mantissa, ".", "", 1), "0")
}
