package optimise

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/suggest"
	"github.com/tradekeel/tradekeel/strategy"
)

// Axis is one parameter and the values that are tried. It is a range of numbers, or a
// list of words: OneOf also holds "false" and "true" for a boolean.
type Axis struct {
	Name string  `json:"name"`
	Min  float64 `json:"min,omitempty"`
	Max  float64 `json:"max,omitempty"` // included where a step reaches it
	// Step is the distance of two values. 0 is 1 for an integer; for a number it is
	// a 65,536th of the range, which a grid refuses.
	Step  float64  `json:"step,omitempty"`
	OneOf []string `json:"one_of,omitempty"`
}

// Over makes the axis of a range of numbers, both ends included.
func Over(name string, from, to, step float64) Axis {
	return Axis{Name: name, Min: from, Max: to, Step: step}
}

// OneOf makes the axis of a list of words.
func OneOf(name string, words ...string) Axis { return Axis{Name: name, OneOf: words} }

// SpaceOf returns the axes of the named parameters of a strategy over the ranges that
// its author declared; of all that have a range when no name is given. A named
// parameter without a range is Invalid.
func SpaceOf(parameters []strategy.Parameter, names ...string) ([]Axis, error) {
	var space []Axis
	for _, p := range parameters {
		if len(names) > 0 && !slices.Contains(names, p.Name) {
			continue
		}
		a := Axis{Name: p.Name, OneOf: p.OneOf}
		switch {
		case p.Type == "boolean":
			a.OneOf = []string{"false", "true"}
		case p.OneOf != nil:
		case p.Min != nil && p.Max != nil:
			a.Min, a.Max = *p.Min, *p.Max
			if p.Step != nil {
				a.Step = *p.Step
			}
		case len(names) > 0:
			return nil, tradekeel.Invalidf("space."+p.Name, "the strategy declares no range; give one: Over(%q, from, to, step)", p.Name)
		default:
			continue
		}
		space = append(space, a)
	}
	for _, name := range names {
		if !slices.ContainsFunc(space, func(a Axis) bool { return a.Name == name }) {
			return nil, tradekeel.Invalidf("space."+name, "the strategy has no such parameter; %s", known(name, namesOf(parameters)))
		}
	}
	if len(space) == 0 {
		return nil, tradekeel.Invalidf("space", "no parameter of the strategy has a range")
	}
	return space, nil
}

func namesOf(parameters []strategy.Parameter) []string {
	names := make([]string, len(parameters))
	for i, p := range parameters {
		names[i] = p.Name
	}
	return names
}

// known names the known name nearest to a wrong one, or all of them.
func known(name string, names []string) string {
	if best := suggest.Nearest(name, names); best != "" {
		return "did you mean " + strconv.Quote(best) + "?"
	}
	if len(names) == 0 {
		return "there are none"
	}
	return "there are: " + strings.Join(names, ", ")
}

// Param is the value of one parameter: an int, a float64, a bool or a string.
type Param struct {
	Name  string
	Value any
}

// Params are the values of the parameters of a space, in its order.
type Params []Param

// Value returns the value of a name; nil when there is none.
func (p Params) Value(name string) any {
	for _, v := range p {
		if v.Name == name {
			return v.Value
		}
	}
	return nil
}

// Number returns the value of a name as a number, false being 0 and true 1; NaN for
// words and for a name that is not there.
func (p Params) Number(name string) float64 {
	switch v := p.Value(name).(type) {
	case int:
		return float64(v)
	case float64:
		return v
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return math.NaN()
}

// MarshalJSON writes the object that strategy.Factory reads: {"fast": 10, "slow": 30}.
func (p Params) MarshalJSON() ([]byte, error) {
	out := []byte{'{'}
	for i, v := range p {
		if i > 0 {
			out = append(out, ',')
		}
		name, err := json.Marshal(v.Name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(v.Value)
		if err != nil {
			return nil, err
		}
		out = append(append(append(out, name...), ':'), value...)
	}
	return append(out, '}'), nil
}

// String returns "fast=10 slow=30".
func (p Params) String() string {
	var b strings.Builder
	for i, v := range p {
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(v.Name + "=" + text(v.Value))
	}
	return b.String()
}

func text(value any) string {
	switch v := value.(type) {
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case string:
		return v
	}
	return ""
}

const (
	// fineLevels are the values of an axis of numbers without a step.
	fineLevels = 1 << 16
	// mostLevels bounds the values of one axis.
	mostLevels = 1 << 20
	// mostAxes bounds the axes of a space.
	mostAxes = 64
)

// axis is an Axis made ready: its values are numbered from 0, its levels.
type axis struct {
	Axis
	typ    string // as in strategy.Parameter
	levels int
	whole  bool
	scale  float64 // 10 to the decimals of the values; 0 when they have too many
	fine   bool    // made of no step
}

// axisOf checks an axis against the parameter that it varies; nil when the parameters
// are not known.
func axisOf(a Axis, p *strategy.Parameter) (*axis, error) {
	field := "space." + a.Name
	x := &axis{Axis: a, typ: "number"}
	if p != nil {
		x.typ = p.Type
	} else if a.OneOf != nil {
		x.typ = "string"
	}
	words := x.typ == "string" || x.typ == "boolean"
	switch {
	case words && len(a.OneOf) == 0:
		return nil, tradekeel.Invalidf(field, "is a %s, give the values to try: one_of", x.typ)
	case !words && a.OneOf != nil:
		return nil, tradekeel.Invalidf(field, "is a %s, give a range: min, max, step", x.typ)
	case words:
		err := x.words(field, p)
		return x, err
	}
	err := x.numbers(field, p)
	return x, err
}

func (x *axis) words(field string, p *strategy.Parameter) error {
	x.levels = len(x.OneOf)
	if x.levels > mostLevels {
		return tradekeel.Invalidf(field, "has %d values, at most %d are possible", x.levels, mostLevels)
	}
	seen := map[string]bool{}
	for _, word := range x.OneOf {
		switch {
		case seen[word]:
			return tradekeel.Invalidf(field, "%.40q is there twice", word)
		case x.typ == "boolean" && word != "false" && word != "true":
			return tradekeel.Invalidf(field, "must be of false and true, got %.40q", word)
		case p != nil && p.OneOf != nil && !slices.Contains(p.OneOf, word):
			return tradekeel.Invalidf(field, "must be of %s, got %.40q", strings.Join(p.OneOf, ", "), word)
		}
		seen[word] = true
	}
	return nil
}

func (x *axis) numbers(field string, p *strategy.Parameter) error {
	for _, v := range []float64{x.Min, x.Max, x.Step} {
		if math.IsNaN(v) || math.Abs(v) > 1e15 {
			return tradekeel.Invalidf(field, "needs numbers below 1e15, got %v to %v by %v", x.Min, x.Max, x.Step)
		}
	}
	x.whole = x.typ == "integer"
	switch {
	case x.Max < x.Min:
		return tradekeel.Invalidf(field, "max must be at least min, got %v to %v", x.Min, x.Max)
	case x.Step < 0:
		return tradekeel.Invalidf(field, "step must be above zero, got %v", x.Step)
	case x.whole && (x.Min != math.Trunc(x.Min) || x.Max != math.Trunc(x.Max) || x.Step != math.Trunc(x.Step)):
		return tradekeel.Invalidf(field, "is an integer, min, max and step must be whole, got %v to %v by %v", x.Min, x.Max, x.Step)
	case p != nil && p.Min != nil && x.Min < *p.Min || p != nil && p.Max != nil && x.Max > *p.Max:
		return tradekeel.Invalidf(field, "leaves what the strategy allows: %s, got %v to %v", bounds(p), x.Min, x.Max)
	}
	if x.Step == 0 && x.whole {
		x.Step = 1
	}
	if x.Step == 0 && x.Max > x.Min {
		x.Step, x.levels, x.fine = (x.Max-x.Min)/(fineLevels-1), fineLevels, true
		return nil
	}
	x.levels = 1
	if x.Step > 0 {
		steps := math.Floor((x.Max-x.Min)/x.Step + 1e-9)
		if steps >= mostLevels {
			return tradekeel.Invalidf(field, "has %.0f values, at most %d are possible; take a larger step", steps+1, mostLevels)
		}
		x.levels = int(steps) + 1
	}
	if d := max(decimals(x.Min), decimals(x.Step)); d <= 12 {
		x.scale = math.Pow10(d)
	}
	return nil
}

func bounds(p *strategy.Parameter) string {
	low, high := "any", "any"
	if p.Min != nil {
		low = text(*p.Min)
	}
	if p.Max != nil {
		high = text(*p.Max)
	}
	return low + " to " + high
}

func decimals(v float64) int {
	digits := strconv.FormatFloat(v, 'f', -1, 64)
	if at := strings.IndexByte(digits, '.'); at >= 0 {
		return len(digits) - at - 1
	}
	return 0
}

// number returns the value of a level of numbers; 0.1, 0.2, 0.3 and not
// 0.30000000000000004. A boolean is 0 or 1, a word NaN.
func (x *axis) number(level int) float64 {
	switch {
	case x.typ == "boolean":
		if x.OneOf[level] == "true" {
			return 1
		}
		return 0
	case x.OneOf != nil:
		return math.NaN()
	case x.fine && level == x.levels-1:
		return x.Max
	case x.scale > 0:
		return (math.Round(x.Min*x.scale) + math.Round(float64(level)*math.Round(x.Step*x.scale))) / x.scale
	}
	return x.Min + float64(float64(level)*x.Step)
}

func (x *axis) value(level int) any {
	switch {
	case x.typ == "boolean":
		return x.OneOf[level] == "true"
	case x.OneOf != nil:
		return x.OneOf[level]
	case x.whole:
		return int(x.number(level))
	}
	return x.number(level)
}

// space is the axes of a study, made ready.
type space []*axis

// size returns the number of points; false when it is above 2^62.
func (s space) size() (int64, bool) {
	n := int64(1)
	for _, x := range s {
		if n > (1<<62)/int64(x.levels) {
			return 0, false
		}
		n *= int64(x.levels)
	}
	return n, true
}

// at sets the levels of the point with a number; the last axis runs fastest.
func (s space) at(number int64, levels []int) {
	for i := len(s) - 1; i >= 0; i-- {
		n := int64(s[i].levels)
		levels[i] = int(number % n)
		number /= n
	}
}

func (s space) params(levels []int) Params {
	out := make(Params, len(s))
	for i, x := range s {
		out[i] = Param{Name: x.Name, Value: x.value(levels[i])}
	}
	return out
}

func (s space) index(name string) int {
	return slices.IndexFunc(s, func(x *axis) bool { return x.Name == name })
}
