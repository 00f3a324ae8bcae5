package strategy

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"

	"github.com/tradekeel/tradekeel"
)

// Instance is one run of a strategy. OnBar is the only required call; OnFill
// and others are optional interfaces.
type Instance interface {
	// OnBar is called once a moment with the bar that just closed. It must not
	// keep o, read a clock or use chance: a replay must give the same orders.
	OnBar(b Bar, o *Orders)
}

// Strategy is a definition together with the values of its parameters. It can be
// run any number of times, at the same time.
type Strategy interface {
	// Name is the name of the definition.
	Name() string
	// Parameters are the parameters with their values.
	Parameters() []Parameter
	// Build makes the instance of one run and declares, by s, what it reads. Its
	// errors are Invalid and name the parameter at fault.
	Build(s *Setup) (Instance, error)
}

// Factory makes strategies from data: it is what a Registry holds.
type Factory interface {
	Name() string
	// Parameters are the parameters with their defaults.
	Parameters() []Parameter
	// Parse reads values of parameters as JSON over the defaults. Its error joins
	// every fault, each naming its parameter.
	Parse(params json.RawMessage) (Strategy, error)
}

// Definition is a strategy in Go with parameters of type P. It is itself a
// Strategy with its defaults, and a Factory.
type Definition[P any] struct {
	name  string
	set   *paramSet
	build func(P, *Setup) (Instance, error)
}

// Define makes a definition. P is a struct whose fields carry the tags param
// (the default), min, max, oneof, name and text; the types int, float64, bool
// and string are possible. A mistake in the tags is a defect of the program, and
// Define panics on it when the program starts.
func Define[P any](name string, build func(p P, s *Setup) (Instance, error)) *Definition[P] {
	set, err := parseTags(reflect.TypeFor[P]())
	if err != nil {
		panic(fmt.Sprintf("strategy %s: %v", name, err))
	}
	return &Definition[P]{name: name, set: set, build: build}
}

// Name implements Strategy and Factory.
func (d *Definition[P]) Name() string { return d.name }

// Parameters implements Strategy and Factory.
func (d *Definition[P]) Parameters() []Parameter { return d.With(nil).Parameters() }

// Build implements Strategy with the defaults.
func (d *Definition[P]) Build(s *Setup) (Instance, error) { return d.With(nil).Build(s) }

// With returns the strategy with its defaults changed by set. Values out of
// their range are an error when the strategy is built.
func (d *Definition[P]) With(set func(p *P)) Strategy {
	p, _ := reflect.TypeAssert[P](d.set.defaults())
	if set != nil {
		set(&p)
	}
	return &configured[P]{d, p}
}

// Parse implements Factory.
func (d *Definition[P]) Parse(params json.RawMessage) (Strategy, error) {
	v, wrong := d.set.decode(params)
	_, outside := d.set.values(v)
	if err := errors.Join(append(wrong, outside...)...); err != nil {
		return nil, err
	}
	p, _ := reflect.TypeAssert[P](v)
	return &configured[P]{d, p}, nil
}

type configured[P any] struct {
	definition *Definition[P]
	params     P
}

func (c *configured[P]) Name() string { return c.definition.name }

func (c *configured[P]) Parameters() []Parameter {
	all, _ := c.definition.set.values(reflect.ValueOf(c.params))
	return all
}

func (c *configured[P]) Build(s *Setup) (Instance, error) {
	if _, wrong := c.definition.set.values(reflect.ValueOf(c.params)); len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	instance, err := c.definition.build(c.params, s)
	if err != nil {
		return nil, errors.Join(append([]error{err}, s.faults...)...)
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	if instance == nil {
		return nil, tradekeel.Invalidf("strategy", "%s built no instance", c.definition.name)
	}
	return instance, nil
}

// ErrUnknown says that a registry holds no strategy of that name.
var ErrUnknown = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "strategy.unknown", Field: "strategy", Message: "no such strategy"}

// Registry is the strategies that a host offers by name. Make it with
// NewRegistry; it is safe for concurrent use.
type Registry struct{ factories []Factory }

// NewRegistry makes a registry; two factories of one name are an error.
func NewRegistry(factories ...Factory) (*Registry, error) {
	sorted := slices.Clone(factories)
	slices.SortFunc(sorted, func(a, b Factory) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
	for i := 1; i < len(sorted); i++ {
		if sorted[i].Name() == sorted[i-1].Name() {
			return nil, tradekeel.Invalidf("strategies", "two are named %s", sorted[i].Name())
		}
	}
	return &Registry{sorted}, nil
}

// All returns the factories, sorted by name.
func (r *Registry) All() []Factory { return slices.Clone(r.factories) }

// Parse makes a strategy by its name and parameters as JSON. ErrUnknown when
// there is none of that name.
func (r *Registry) Parse(name string, params json.RawMessage) (Strategy, error) {
	names := make([]string, len(r.factories))
	for i, f := range r.factories {
		if f.Name() == name {
			return f.Parse(params)
		}
		names[i] = f.Name()
	}
	return nil, ErrUnknown.With("strategy", "there is no strategy %q; %s", shortName(name), suggestion(name, names))
}
