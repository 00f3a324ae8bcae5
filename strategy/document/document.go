package document

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// Version is the version of the form that documents are written in.
const Version = 1

// Document is a strategy as data. Make it with Parse; it does not change and is safe
// for concurrent use. It is a strategy.Strategy with its defaults, and a
// strategy.Factory.
type Document struct {
	name, description string
	timeframe         market.Timeframe
	params            []strategy.Parameter
	lets              []*let // in the order of the document
	sides             [2]side
	size              size
	exits             exits
	ladder            *ladder
	reentry           reentry
	protect           protect
	needs             []Need
	signals           []string
	root              *value
	canonical         []byte
}

// The sides, as indices.
const (
	long  = 0
	short = 1
)

var sideNames = [2]string{"long", "short"}

// side is when to enter and leave on one side; nil is never.
type side struct{ enter, exit *expr }

// Parse reads a document. Its error joins every fault, up to MaxFaults, each of them
// Invalid with the path of what is wrong as its Field, for example
// "enter.long.all[1].crosses_above[0]", a code "strategy.document.…" and parameters
// to translate it by.
func Parse(raw []byte) (*Document, error) {
	root, f := read(raw)
	if f != nil {
		return nil, f.err()
	}
	p := newParser()
	d := &Document{root: root}
	p.document(d, root)
	if err := p.err(); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	root.canonical(&b)
	d.canonical = b.Bytes()
	d.needs, d.signals = p.needs, p.signals
	// Parameters that depend on each other must fit by their defaults; other
	// combinations that do not are refused when they are chosen.
	if err := d.check(d.defaults()); err != nil {
		return nil, err
	}
	return d, nil
}

// MustParse is Parse for documents in code; it panics on what Parse refuses.
func MustParse[T string | []byte](raw T) *Document {
	d, err := Parse([]byte(raw))
	if err != nil {
		panic("document: " + err.Error())
	}
	return d
}

// Name implements strategy.Strategy and strategy.Factory: the document's name.
func (d *Document) Name() string { return d.name }

// Description is the author's words on it; may be empty.
func (d *Document) Description() string { return d.description }

// Timeframe is how long the candles are at whose close the document decides.
func (d *Document) Timeframe() market.Timeframe { return d.timeframe }

// Needs are the series that it reads beside the main one.
func (d *Document) Needs() []Need { return slices.Clone(d.needs) }

// Signals are the names of the signals from outside that it listens to.
func (d *Document) Signals() []string { return slices.Clone(d.signals) }

// Parameters implements strategy.Strategy and strategy.Factory.
func (d *Document) Parameters() []strategy.Parameter {
	out := slices.Clone(d.params)
	for i := range out {
		out[i].Value = out[i].Default
	}
	return out
}

// Canonical is the document in one form: members sorted, no spaces. Documents that
// mean the same text for text have the same canonical form.
func (d *Document) Canonical() []byte { return bytes.Clone(d.canonical) }

// Hash is the SHA-256 of the canonical form, in hexadecimal.
func (d *Document) Hash() string {
	sum := sha256.Sum256(d.canonical)
	return hex.EncodeToString(sum[:])
}

// MarshalJSON writes the canonical form.
func (d *Document) MarshalJSON() ([]byte, error) { return d.Canonical(), nil }

// Build implements strategy.Strategy with the defaults.
func (d *Document) Build(s *strategy.Setup) (strategy.Instance, error) {
	return (&configured{d, d.defaults()}).Build(s)
}

// Parse implements strategy.Factory: values of parameters over the defaults.
func (d *Document) Parse(params json.RawMessage) (strategy.Strategy, error) {
	values, err := d.values(params)
	if err != nil {
		return nil, err
	}
	return &configured{d, values}, nil
}

func (d *Document) defaults() map[string]float64 {
	values := map[string]float64{}
	for _, p := range d.params {
		values[p.Name] = floatOf(p.Default)
	}
	return values
}

// values reads {"fast": 10} over the defaults.
func (d *Document) values(params json.RawMessage) (map[string]float64, error) {
	values := d.defaults()
	if len(bytes.TrimSpace(params)) == 0 {
		return values, nil
	}
	root, f := read(params)
	if f != nil {
		f.path = "params"
		return nil, f.err()
	}
	var fs faults
	for i, name := range root.names {
		v := root.items[i]
		path := join("params", name)
		at := slices.IndexFunc(d.params, func(p strategy.Parameter) bool { return p.Name == name })
		if at < 0 {
			known := make([]string, len(d.params))
			for j, p := range d.params {
				known[j] = p.Name
			}
			fs.unknown(path, "unknown_param", `there is no parameter "{name}"`, name, known)
			continue
		}
		p := d.params[at]
		x, ok := v.number()
		switch {
		case !ok || p.Type == "integer" && x != math.Trunc(x):
			fs.add(path, "not_number", "must be "+map[string]string{"integer": "a whole number", "number": "a number"}[p.Type]+", got {got}", "got", v.shown())
		case x < *p.Min || x > *p.Max:
			fs.add(path, "out_of_range", "must be between {min} and {max}, got {got}", "min", plainFloat(*p.Min), "max", plainFloat(*p.Max), "got", v.shown())
		default:
			values[name] = x
		}
	}
	if err := fs.err(); err != nil {
		return nil, err
	}
	return values, d.check(values)
}

// check holds what depends on several parameters to their values.
func (d *Document) check(values map[string]float64) error {
	var wrong []error
	seen := map[*expr]bool{}
	d.walk(func(e *expr) {
		if e.op != opIndicator || seen[e] {
			return
		}
		seen[e] = true
		if _, err := e.indicator.Make(numbers(e.params, values)...); err != nil {
			wrong = append(wrong, newFault(e.path, "indicator_params", "{name}: {reason}", "name", e.indicator.Name, "reason", err.Error()).err())
		}
	})
	return errors.Join(wrong...)
}

func numbers(of []scalar, values map[string]float64) []float64 {
	out := make([]float64, len(of))
	for i, s := range of {
		out[i] = s.in(values)
	}
	return out
}

// walk calls fn with every expression, arguments first.
func (d *Document) walk(fn func(e *expr)) {
	seen := map[*expr]bool{}
	var visit func(e *expr)
	visit = func(e *expr) {
		if e == nil || seen[e] {
			return
		}
		seen[e] = true
		for _, a := range e.args {
			visit(a)
		}
		fn(e)
	}
	for _, e := range d.roots() {
		visit(e)
	}
}

// roots are all expressions that something is decided by.
func (d *Document) roots() []*expr {
	var all []*expr
	for _, s := range d.sides {
		all = append(all, s.enter, s.exit)
	}
	for _, l := range d.exits.levels() {
		all = append(all, l.expr)
	}
	return all
}

// configured is a document with values of its parameters.
type configured struct {
	document *Document
	values   map[string]float64
}

func (c *configured) Name() string { return c.document.name }

func (c *configured) Parameters() []strategy.Parameter {
	out := slices.Clone(c.document.params)
	for i := range out {
		v := c.values[out[i].Name]
		if out[i].Value = v; out[i].Type == "integer" {
			out[i].Value = int(v)
		}
	}
	return out
}

// Timeframe implements strategy.Needer.
func (c *configured) Timeframe() market.Timeframe { return c.document.Timeframe() }

// Needs implements strategy.Needer.
func (c *configured) Needs() []Need { return c.document.Needs() }

// Build implements strategy.Strategy.
func (c *configured) Build(s *strategy.Setup) (strategy.Instance, error) {
	return newInstance(c.document, c.values, s)
}
