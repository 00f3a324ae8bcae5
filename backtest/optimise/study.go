package optimise

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy"
)

// Method is how points are chosen.
type Method string

// The methods; the zero value is Grid.
const (
	Grid   Method = "grid"
	Random Method = "random"
	TPE    Method = "tpe"
	CMAES  Method = "cma_es"
)

// Objective is a figure that shall be as large as possible, or as small.
type Objective struct {
	Figure   string `json:"figure"` // of FigureNames
	Minimise bool   `json:"minimise,omitempty"`
}

// Study is a search, as data. Space and Objectives are required.
type Study struct {
	Strategy string `json:"strategy,omitempty"` // for the reader; checked against the factory's name
	// Params are values of parameters that are not searched, over the defaults.
	Params json.RawMessage `json:"params,omitempty"`
	Space  []Axis          `json:"space"`
	// Where are conditions on parameters, as in "fast < slow" or "slow - fast >= 5".
	// All must hold; a point where one does not is never run.
	Where []string `json:"where,omitempty"`
	// Objectives are what is wanted. With several, the summary has a Pareto front, and
	// the first decides what is best.
	Objectives []Objective `json:"objectives"`
	// Require are conditions on figures, as in "trades >= 30" or "max_drawdown >= -0.3".
	// A run that fails one ranks below all that meet them.
	Require []string `json:"require,omitempty"`
	Method  Method   `json:"method,omitempty"`
	// Runs is the number of runs; required but for a grid, where it must be 0.
	Runs int `json:"runs,omitempty"`
	// Seed decides every draw.
	Seed uint64 `json:"seed,omitempty"`
	// Parts is how many parts the study splits into; 0 is 1.
	Parts int `json:"parts,omitempty"`
	// Generation is how many runs TPE and CMA-ES choose at once, before they learn from
	// them; 0 is 4 for TPE and 4+⌊3·ln axes⌋ for CMA-ES. Larger keeps more workers
	// busy, smaller learns faster. It does not follow the number of workers, which
	// must not change results.
	Generation int `json:"generation,omitempty"`
	// Patience ends a part after so many runs in a row without improvement; 0 never.
	// An improvement is a better first objective among runs that meet Require, and
	// with several objectives a new point of the Pareto front.
	Patience int `json:"patience,omitempty"`
	// PruneAfter is the fraction of the bars after which a run is given up when its
	// first objective there is below the median of the finished runs before it; 0
	// gives up none. It pays when most runs are bad: each other run costs that much more.
	PruneAfter float64 `json:"prune_after,omitempty"`
}

// Part is a piece of a study that runs by itself: the numbers From to To-1 of a grid's
// combinations, of draws, or of the runs of a search of its own.
type Part struct {
	Number   int // from 0
	From, To int64
}

const (
	mostRuns       = 1_000_000_000
	mostParts      = 100_000
	mostGeneration = 10_000
	mostObjectives = 8
)

// plan is a study made ready.
type plan struct {
	Study
	space      space
	where      []*condition
	require    []*condition
	objectives []int  // indexes of figures
	runs       int64  // combinations of the grid, or Study.Runs
	fixed      Params // of Study.Params, by name
	allow      func(Params) bool
}

// Validate returns what is wrong with a study, all faults joined, each naming its field.
// Parameters are those of the strategy; nil checks the study by itself.
func (s Study) Validate(parameters []strategy.Parameter) error {
	_, err := s.plan(parameters)
	return err
}

// Split returns the parts of a study. Parameters as in Validate.
func (s Study) Split(parameters []strategy.Parameter) ([]Part, error) {
	p, err := s.plan(parameters)
	if err != nil {
		return nil, err
	}
	return p.split(), nil
}

func (p *plan) split() []Part {
	n := int64(max(1, p.Parts))
	n = min(n, p.runs)
	parts := make([]Part, n)
	for i := range n {
		each, more := p.runs/n, p.runs%n
		from := each*i + min(i, more)
		parts[i] = Part{Number: int(i), From: from, To: each*(i+1) + min(i+1, more)}
	}
	return parts
}

// Values returns the parameters of a row of the study. Parameters as in Validate, and
// the same as when it ran.
func (s Study) Values(row Row, parameters []strategy.Parameter) (Params, error) {
	p, err := s.plan(parameters)
	if err != nil {
		return nil, err
	}
	if !p.fits(row.Levels) {
		return nil, ErrChanged.With("space", "run %d is of another space", row.Number)
	}
	return p.space.params(row.Levels), nil
}

// fits reports whether levels are of a point of the space.
func (p *plan) fits(levels []int) bool {
	if len(levels) != len(p.space) {
		return false
	}
	for i, level := range levels {
		if level < 0 || level >= p.space[i].levels {
			return false
		}
	}
	return true
}

func (s Study) plan(parameters []strategy.Parameter) (*plan, error) {
	p := &plan{Study: s}
	if p.Method == "" {
		p.Method = Grid
	}
	wrong := p.readSpace(parameters)
	for i, source := range s.Where {
		c, err := parseCondition(fmt.Sprintf("where.%d", i), source, axisNames(s.Space))
		wrong, p.where = append(wrong, err), append(p.where, c)
	}
	for i, source := range s.Require {
		c, err := parseCondition(fmt.Sprintf("require.%d", i), source, FigureNames())
		wrong, p.require = append(wrong, err), append(p.require, c)
	}
	if len(s.Where) > mostConditions || len(s.Require) > mostConditions {
		wrong = append(wrong, tradekeel.Invalidf("where", "at most %d conditions are possible", mostConditions))
	}
	wrong = append(wrong, p.readObjectives()...)
	wrong = append(wrong, p.readFixed(parameters)...)
	if errors.Join(wrong...) == nil {
		wrong = append(wrong, p.readMethod()...)
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, err
	}
	return p, nil
}

func axisNames(axes []Axis) []string {
	names := make([]string, len(axes))
	for i, a := range axes {
		names[i] = a.Name
	}
	return names
}

func (p *plan) readSpace(parameters []strategy.Parameter) []error {
	var wrong []error
	switch {
	case len(p.Study.Space) == 0:
		return []error{tradekeel.Invalidf("space", "is empty; give a parameter to search, as in Over(\"fast\", 5, 50, 5)")}
	case len(p.Study.Space) > mostAxes:
		return []error{tradekeel.Invalidf("space", "has %d parameters, at most %d are possible", len(p.Study.Space), mostAxes)}
	}
	for i, a := range p.Study.Space {
		if a.Name == "" {
			wrong = append(wrong, tradekeel.Invalidf(fmt.Sprintf("space.%d", i), "has no name"))
			continue
		}
		if slices.Contains(axisNames(p.Study.Space[:i]), a.Name) {
			wrong = append(wrong, tradekeel.Invalidf("space."+a.Name, "is there twice"))
			continue
		}
		var declared *strategy.Parameter
		if parameters != nil {
			at := slices.Index(namesOf(parameters), a.Name)
			if at < 0 {
				wrong = append(wrong, tradekeel.Invalidf("space."+a.Name, "the strategy has no such parameter; %s", known(a.Name, namesOf(parameters))))
				continue
			}
			declared = &parameters[at]
		}
		x, err := axisOf(a, declared)
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		p.space = append(p.space, x)
	}
	return wrong
}

func (p *plan) readObjectives() []error {
	var wrong []error
	switch {
	case len(p.Objectives) == 0:
		wrong = append(wrong, tradekeel.Invalidf("objectives", "is empty; give a figure such as sharpe"))
	case len(p.Objectives) > mostObjectives:
		wrong = append(wrong, tradekeel.Invalidf("objectives", "has %d figures, at most %d are possible", len(p.Objectives), mostObjectives))
	}
	for i, o := range p.Objectives {
		at := slices.Index(FigureNames(), o.Figure)
		switch {
		case at < 0:
			wrong = append(wrong, tradekeel.Invalidf(fmt.Sprintf("objectives.%d", i), "there is no figure %.40q; %s", o.Figure, known(o.Figure, FigureNames())))
		case slices.Contains(p.objectives, at):
			wrong = append(wrong, tradekeel.Invalidf(fmt.Sprintf("objectives.%d", i), "%s is there twice", o.Figure))
		}
		p.objectives = append(p.objectives, at)
	}
	return wrong
}

// readFixed checks that no parameter is both fixed and searched.
func (p *plan) readFixed(parameters []strategy.Parameter) []error {
	if len(p.Params) == 0 {
		return nil
	}
	var fixed map[string]json.RawMessage
	if err := json.Unmarshal(p.Params, &fixed); err != nil {
		return []error{tradekeel.Invalidf("params", `must be an object such as {"fast": 10}: %v`, err).Because(err)}
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(fixed)) {
		p.fixed = append(p.fixed, Param{Name: name, Value: typed(fixed[name])})
		switch {
		case slices.Contains(axisNames(p.Study.Space), name):
			wrong = append(wrong, tradekeel.Invalidf("params."+name, "is searched, it cannot have a value too"))
		case parameters != nil && !slices.Contains(namesOf(parameters), name):
			wrong = append(wrong, tradekeel.Invalidf("params."+name, "the strategy has no such parameter; %s", known(name, namesOf(parameters))))
		}
	}
	return wrong
}

// typed reads a value as Param has it: a whole number as an int. What is none of its
// types stays as it is, for the strategy to refuse.
func typed(raw json.RawMessage) any {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return raw
	}
	if n, ok := v.(float64); ok && n == math.Trunc(n) && math.Abs(n) < 1<<53 {
		return int(n)
	}
	return v
}

// readMethod checks what depends on the size of the space.
func (p *plan) readMethod() []error {
	var wrong []error
	invalid := func(field, format string, args ...any) {
		wrong = append(wrong, tradekeel.Invalidf(field, format, args...))
	}
	size, countable := p.space.size()
	p.runs = int64(p.Runs)
	switch p.Method {
	case Grid:
		for _, x := range p.space {
			if x.fine {
				invalid("space."+x.Name, "a grid needs a step, from %v to %v there are too many values", x.Min, x.Max)
			}
		}
		if p.Runs != 0 {
			invalid("runs", "a grid runs every combination; leave it out, or choose another method")
		}
		if !countable || size > mostRuns {
			invalid("space", "has more than %d combinations; take larger steps, or another method", mostRuns)
		}
		p.runs = size
	case Random, TPE, CMAES:
		if p.Runs < 1 || p.Runs > mostRuns {
			invalid("runs", "must be between 1 and %d, got %d", mostRuns, p.Runs)
		}
	default:
		invalid("method", "must be one of grid, random, tpe, cma_es, got %.40q", string(p.Method))
	}
	if p.Method == CMAES {
		for _, x := range p.space {
			if x.OneOf != nil {
				invalid("space."+x.Name, "CMA-ES searches numbers; give it a value in params, or choose tpe")
			}
		}
	}
	if p.Parts < 0 || p.Parts > mostParts {
		invalid("parts", "must be between 0 and %d, got %d", mostParts, p.Parts)
	}
	if p.Generation < 0 || p.Generation > mostGeneration || p.Generation > 0 && p.Generation < 4 && p.Method == CMAES {
		invalid("generation", "must be at most %d, and at least 4 for cma_es, got %d", mostGeneration, p.Generation)
	}
	if p.Patience < 0 {
		invalid("patience", "must not be negative, got %d", p.Patience)
	}
	if !(p.PruneAfter == 0 || p.PruneAfter >= 0.01 && p.PruneAfter <= 0.9) {
		invalid("prune_after", "must be 0 or between 0.01 and 0.9, got %v", p.PruneAfter)
	}
	return wrong
}

// feasible reports whether the conditions on parameters hold at a point.
func (p *plan) feasible(levels []int) bool {
	for _, c := range p.where {
		if !c.holds(func(name int) float64 { return p.space[name].number(levels[name]) }) {
			return false
		}
	}
	return p.allow == nil || p.allow(p.space.params(levels))
}

// meets reports whether a run is done and its figures meet what is required.
func (p *plan) meets(r *Row) bool {
	if r.State != Done {
		return false
	}
	for _, c := range p.require {
		if !c.holds(func(name int) float64 { return *figures[name].of(&r.Figures) }) {
			return false
		}
	}
	return true
}

// value returns an objective of a row so that larger is better.
func (p *plan) value(objective int, r *Row) float64 {
	v := *figures[p.objectives[objective]].of(&r.Figures)
	if p.Objectives[objective].Minimise {
		return -v
	}
	return v
}

// class is the first rank of a row: 0 is a run that meets what is required.
func (p *plan) class(r *Row) int {
	switch r.State {
	case Done:
		if math.IsNaN(p.value(0, r)) {
			return 2
		}
		if p.meets(r) {
			return 0
		}
		return 1
	case Pruned:
		return 3
	case Failed:
	}
	return 4
}

// compare orders rows, the better one first: by class, by the objectives in their
// order, by number. Undefined objectives come last.
func (p *plan) compare(a, b *Row) int {
	if x, y := p.class(a), p.class(b); x != y {
		return x - y
	}
	for i := range p.objectives {
		x, y := p.value(i, a), p.value(i, b)
		switch {
		case x > y || math.IsNaN(y) && !math.IsNaN(x):
			return -1
		case x < y || math.IsNaN(x) && !math.IsNaN(y):
			return 1
		}
	}
	switch {
	case a.Number < b.Number:
		return -1
	case a.Number > b.Number:
		return 1
	}
	return 0
}
