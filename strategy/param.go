package strategy

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/suggest"
)

// Parameter describes one parameter of a definition and its value.
type Parameter struct {
	Name    string   `json:"name"`
	Type    string   `json:"type"` // "integer", "number", "boolean" or "string"
	Default any      `json:"default"`
	Value   any      `json:"value,omitempty"` // set on the parameters of a Strategy
	Min     *float64 `json:"min,omitempty"`
	Max     *float64 `json:"max,omitempty"`
	Step    *float64 `json:"step,omitempty"`
	OneOf   []string `json:"one_of,omitempty"`
	Text    string   `json:"description,omitempty"`
}

// paramSet is what the tags of a struct of parameters say.
type paramSet struct {
	typ    reflect.Type
	params []Parameter
	fields []int // the struct's field of each parameter
}

// parseTags reads the tags of a struct of parameters:
//
//	param:"20"        the default; a field without it is no parameter
//	name:"lookback"   the name; else the field's in snake case
//	min:"5" max:"200" the range, both ends included
//	oneof:"cash equity"
//	text:"bars to look back"
func parseTags(typ reflect.Type) (*paramSet, error) {
	if typ.Kind() != reflect.Struct {
		return nil, fmt.Errorf("parameters must be a struct, got %s", typ)
	}
	set := &paramSet{typ: typ}
	for i := range typ.NumField() {
		f := typ.Field(i)
		text, ok := f.Tag.Lookup("param")
		if !ok {
			continue
		}
		if !f.IsExported() {
			return nil, fmt.Errorf("parameter %s must be exported", f.Name)
		}
		p := Parameter{Name: f.Tag.Get("name"), Text: f.Tag.Get("text")}
		if p.Name == "" {
			p.Name = snake(f.Name)
		}
		if slices.ContainsFunc(set.params, func(other Parameter) bool { return other.Name == p.Name }) {
			return nil, fmt.Errorf("two parameters are named %s", p.Name)
		}
		var err error
		switch f.Type.Kind() {
		case reflect.Int:
			p.Type = "integer"
			p.Default, err = strconv.Atoi(text)
		case reflect.Float64:
			p.Type = "number"
			p.Default, err = strconv.ParseFloat(text, 64)
		case reflect.Bool:
			p.Type = "boolean"
			p.Default, err = strconv.ParseBool(text)
		case reflect.String:
			p.Type, p.Default = "string", text
			if of := f.Tag.Get("oneof"); of != "" {
				p.OneOf = strings.Fields(of)
			}
		default:
			return nil, fmt.Errorf("parameter %s has type %s; int, float64, bool and string are possible", f.Name, f.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("the default of parameter %s: %w", f.Name, err)
		}
		for tag, bound := range map[string]**float64{"min": &p.Min, "max": &p.Max} {
			if text, ok := f.Tag.Lookup(tag); ok {
				v, err := strconv.ParseFloat(text, 64)
				if err != nil {
					return nil, fmt.Errorf("the %s of parameter %s: %w", tag, f.Name, err)
				}
				*bound = &v
			}
		}
		if err := p.check(p.Default); err != nil {
			return nil, fmt.Errorf("the default of parameter %s is not allowed: %w", f.Name, err)
		}
		set.params = append(set.params, p)
		set.fields = append(set.fields, i)
	}
	return set, nil
}

// check returns an Invalid error when a value is outside of what p allows.
func (p *Parameter) check(value any) error {
	field := "params." + p.Name
	var v float64
	switch x := value.(type) {
	case int:
		v = float64(x)
	case float64:
		v = x
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return tradekeel.Invalidf(field, "must be a finite number, got %v", v)
		}
	case string:
		if p.OneOf != nil && !slices.Contains(p.OneOf, x) {
			return tradekeel.Invalidf(field, "must be one of %s, got %.40q", strings.Join(p.OneOf, ", "), x)
		}
		return nil
	default:
		return nil
	}
	switch {
	case p.Min != nil && p.Max != nil && (v < *p.Min || v > *p.Max):
		return tradekeel.Invalidf(field, "must be between %v and %v, got %v", *p.Min, *p.Max, value)
	case p.Min != nil && v < *p.Min:
		return tradekeel.Invalidf(field, "must be at least %v, got %v", *p.Min, value)
	case p.Max != nil && v > *p.Max:
		return tradekeel.Invalidf(field, "must be at most %v, got %v", *p.Max, value)
	}
	return nil
}

func (s *paramSet) defaults() reflect.Value {
	v := reflect.New(s.typ).Elem()
	for i, p := range s.params {
		v.Field(s.fields[i]).Set(reflect.ValueOf(p.Default).Convert(s.typ.Field(s.fields[i]).Type))
	}
	return v
}

// values returns the parameters with the values of a struct, and every one that
// is out of its range as a joined error.
func (s *paramSet) values(v reflect.Value) ([]Parameter, []error) {
	out := slices.Clone(s.params)
	var wrong []error
	for i := range out {
		switch f := v.Field(s.fields[i]); f.Kind() {
		case reflect.Int:
			out[i].Value = int(f.Int())
		case reflect.Float64:
			out[i].Value = f.Float()
		case reflect.Bool:
			out[i].Value = f.Bool()
		default:
			out[i].Value = f.String()
		}
		if err := out[i].check(out[i].Value); err != nil {
			wrong = append(wrong, err)
		}
	}
	return out, wrong
}

// maxParams bounds a document of parameters in bytes.
const maxParams = 64 << 10

// decode reads {"fast": 10, …} over the defaults. It returns every fault.
func (s *paramSet) decode(raw []byte) (reflect.Value, []error) {
	v := s.defaults()
	if len(bytes.TrimSpace(raw)) == 0 {
		return v, nil
	}
	if len(raw) > maxParams {
		return v, []error{tradekeel.Invalidf("params", "must be at most %d bytes, got %d", maxParams, len(raw))}
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return v, []error{tradekeel.Invalidf("params", `must be an object such as {"fast": 10}`)}
	}
	var wrong []error
	seen := map[string]bool{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return v, append(wrong, malformed(err))
		}
		name, _ := key.(string)
		var value any
		if err := dec.Decode(&value); err != nil {
			return v, append(wrong, malformed(err))
		}
		field := "params." + shortName(name)
		i := slices.IndexFunc(s.params, func(p Parameter) bool { return p.Name == name })
		switch {
		case i < 0:
			wrong = append(wrong, tradekeel.Invalidf(field, "there is no such parameter; %s", s.suggest(name)))
			continue
		case seen[name]:
			wrong = append(wrong, tradekeel.Invalidf(field, "is given twice"))
			continue
		}
		seen[name] = true
		if err := assign(v.Field(s.fields[i]), value); err != "" {
			wrong = append(wrong, tradekeel.Invalidf(field, "%s", err))
		}
	}
	if _, err := dec.Token(); err != nil {
		return v, append(wrong, malformed(err))
	}
	if _, err := dec.Token(); err != io.EOF {
		wrong = append(wrong, tradekeel.Invalidf("params", "has something after its end"))
	}
	return v, wrong
}

func malformed(err error) error {
	return tradekeel.Invalidf("params", "is not JSON: %v", err).Because(err)
}

func assign(f reflect.Value, value any) string {
	switch f.Kind() {
	case reflect.Int:
		if n, ok := value.(json.Number); ok {
			if i, err := strconv.Atoi(n.String()); err == nil {
				f.SetInt(int64(i))
				return ""
			}
		}
		return fmt.Sprintf("must be a whole number, got %s", show(value))
	case reflect.Float64:
		if n, ok := value.(json.Number); ok {
			if x, err := n.Float64(); err == nil {
				f.SetFloat(x)
				return ""
			}
		}
		return fmt.Sprintf("must be a number, got %s", show(value))
	case reflect.Bool:
		if b, ok := value.(bool); ok {
			f.SetBool(b)
			return ""
		}
		return fmt.Sprintf("must be true or false, got %s", show(value))
	default: // parseTags lets only strings be left
	}
	if s, ok := value.(string); ok {
		f.SetString(s)
		return ""
	}
	return fmt.Sprintf("must be a text, got %s", show(value))
}

func show(value any) string {
	text := fmt.Sprintf("%v", value)
	if value == nil {
		text = "null"
	}
	return strconv.Quote(shortName(text))
}

func shortName(text string) string {
	const most = 40
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

func (s *paramSet) suggest(name string) string {
	names := make([]string, len(s.params))
	for i, p := range s.params {
		names[i] = p.Name
	}
	return suggestion(name, names)
}

// suggestion names the known name nearest to a wrong one, or all of them.
func suggestion(name string, known []string) string {
	switch best := suggest.Nearest(name, known); {
	case best != "":
		return fmt.Sprintf("did you mean %q?", best)
	case len(known) == 0:
		return "there are none"
	}
	return "there are: " + strings.Join(known, ", ")
}

func snake(name string) string {
	var b strings.Builder
	for i, r := range name {
		if unicode.IsUpper(r) && i > 0 {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
