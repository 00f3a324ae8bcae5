package document

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// MaxBars bounds every number of bars to look back, but for those of indicators.
const MaxBars = strategy.Kept - 24

// parser turns a JSON value into expressions. It goes on after a fault, so that all
// are told; what is at fault is nil, and an operator with a nil argument is never
// compiled.
type parser struct {
	faults
	operators map[string]*operator
	params    map[string]*strategy.Parameter
	lets      map[string]*let
	timeframe market.Timeframe
	needs     []Need
	signals   []string
	inOn      bool // within on
	used      map[string]bool
	nodes     int
}

// let is a named value or condition.
type let struct {
	name  string
	raw   *value
	expr  *expr
	state uint8 // 0 not parsed, 1 being parsed, 2 parsed
}

func newParser() *parser {
	p := &parser{
		operators: map[string]*operator{}, params: map[string]*strategy.Parameter{}, lets: map[string]*let{},
		used: map[string]bool{},
	}
	for _, o := range operators() {
		p.operators[o.name] = &o
	}
	return p
}

// truth parses a condition.
func (p *parser) truth(v *value) *expr { return p.expect(v, true) }

// number parses a value.
func (p *parser) number(v *value) *expr { return p.expect(v, false) }

func (p *parser) expect(v *value, truth bool) *expr {
	e := p.parse(v)
	if e != nil && e.truth != truth {
		if truth {
			p.add(v.path, "not_condition", "must be a condition, but {got} is a value", "got", p.describe(v, e))
		} else {
			p.add(v.path, "not_value", "must be a value, but {got} is a condition", "got", p.describe(v, e))
		}
		return nil
	}
	return e
}

func (p *parser) describe(v *value, e *expr) string {
	if e.label != "" {
		return e.label
	}
	return v.shown()
}

// parse parses either.
func (p *parser) parse(v *value) *expr {
	if p.nodes++; p.nodes == MaxNodes+1 {
		p.add(v.path, "too_large", "the document has more than {most} values and conditions", "most", strconv.Itoa(MaxNodes))
	}
	if p.nodes > MaxNodes {
		return nil
	}
	switch v.kind {
	case number:
		f, ok := v.number()
		if !ok {
			p.add(v.path, "out_of_range", "{got} is out of range", "got", v.shown())
			return nil
		}
		return &expr{op: opConst, path: v.path, label: plain(v.text), value: scalar{value: f}}
	case boolean:
		e := &expr{op: opConst, path: v.path, label: v.shown(), truth: true}
		if v.truth {
			e.value.value = 1
		}
		return e
	case text:
		return p.name(v)
	case object:
		return p.operation(v)
	default:
		p.add(v.path, "wrong_type", `must be a number, a name, or an object with one operator such as {"gt": ["close", 100]}, got {got}`, "got", v.kind.String())
		return nil
	}
}

// derived are the prices that are computed from a candle's own.
var derived = []string{"hl2", "hlc3", "ohlc4"}

var columnNames = []string{"open", "high", "low", "close", "volume"}

// name parses a text: a parameter, a column, a fact, a name of let.
func (p *parser) name(v *value) *expr {
	if name, ok := strings.CutPrefix(v.text, "$"); ok {
		if _, there := p.params[name]; !there {
			p.unknown(v.path, "unknown_param", `there is no parameter named "{name}"`, name, keys(p.params))
			return nil
		}
		p.used[name] = true
		return &expr{op: opConst, path: v.path, label: v.text, value: scalar{param: name}}
	}
	if i := slices.Index(columnNames, v.text); i >= 0 {
		return &expr{op: opColumn, path: v.path, label: v.text, field: market.Field(i)}
	}
	if slices.Contains(derived, v.text) {
		if k, ok := lookup(v.text); ok {
			return &expr{op: opIndicator, path: v.path, label: v.text, indicator: k}
		}
	}
	first, rest, dotted := strings.Cut(v.text, ".")
	if first == "position" && dotted {
		return p.fact(v, rest)
	}
	l, ok := p.lets[first]
	if !ok {
		known := append(keys(p.lets), columnNames...)
		p.unknown(v.path, "unknown_name", `no value named "{name}"`, v.text, append(known, derived...))
		return nil
	}
	of := p.resolve(l, v.path)
	if of == nil {
		return nil
	}
	e := &expr{op: opNamed, path: v.path, label: v.text, truth: of.truth, args: []*expr{of}}
	if !dotted {
		return e
	}
	inner := of
	for inner.op == opNamed {
		inner = inner.args[0]
	}
	if inner.op != opIndicator {
		p.add(v.path, "no_outputs", `"{name}" is no indicator, so that it has no output "{output}"`, "name", first, "output", clip(rest))
		return nil
	}
	chosen := *inner
	if chosen.output = p.output(v.path, inner.indicator, rest); chosen.output < 0 {
		return nil
	}
	e.args = []*expr{&chosen}
	return e
}

func (p *parser) output(path string, k *indicator.Kind, name string) int {
	i := slices.Index(k.Outputs, name)
	if i < 0 {
		p.unknown(path, "unknown_output", k.Name+` has no output "{name}"`, name, k.Outputs)
	}
	return i
}

func (p *parser) fact(v *value, name string) *expr {
	i := slices.Index(factNames[1:], name)
	if i < 0 {
		p.unknown(v.path, "unknown_fact", `nothing is known of a position by the name "{name}"`, name, factNames[1:])
		return nil
	}
	return p.factOf(v, fact(i+1))
}

func (p *parser) factOf(v *value, f fact) *expr {
	if p.inOn {
		p.add(v.path, "position_in_on", "a position belongs to no other series: move it out of on")
		return nil
	}
	return &expr{op: opFact, path: v.path, label: "position." + factNames[f], fact: f}
}

// resolve parses a let when it is first needed.
func (p *parser) resolve(l *let, from string) *expr {
	switch l.state {
	case 1:
		p.add(from, "cycle", `"{name}" is made of itself`, "name", l.name)
		return nil
	case 0:
		l.state = 1
		inOn := p.inOn
		p.inOn = false
		l.expr = p.parse(l.raw)
		p.inOn = inOn
		l.state = 2
	}
	if l.expr != nil && p.inOn && dynamic(l.expr) {
		p.add(from, "position_in_on", `"{name}" speaks of the position, a signal or another series, which cannot be told on another series`, "name", l.name)
		return nil
	}
	return l.expr
}

// operation parses an object with one operator.
func (p *parser) operation(v *value) *expr {
	if len(v.items) != 1 {
		p.add(v.path, "one_operator", `must have one operator, such as {"gt": ["close", 100]}; it has {count}; put several into {"all": […]} or {"any": […]}`,
			"count", strconv.Itoa(len(v.items)))
		return nil
	}
	name, arg := v.names[0], v.items[0]
	faults := len(p.faults.all)
	var e *expr
	if o, ok := p.operators[name]; ok {
		e = o.parse(p, arg)
	} else if name == "on" {
		e = p.on(arg)
	} else {
		e = p.indicator(v, name, arg)
	}
	if e == nil || len(p.faults.all) > faults {
		return nil
	}
	if e.path = arg.path; e.label == "" {
		e.label = name
	}
	if e.op != opNamed && e.op != opIndicator && e.op != opOn && e.label != name {
		e.label = name
	}
	return e
}

// list returns the items of a list of least to most; nil and a fault for anything else.
func (p *parser) list(v *value, least, most int, what string) []*value {
	if v.kind == list && len(v.items) >= least && len(v.items) <= most {
		return v.items
	}
	count := strconv.Itoa(least)
	if most > least {
		count += " to " + strconv.Itoa(most)
	}
	got := v.shown()
	if v.kind == list {
		got = strconv.Itoa(len(v.items))
	}
	p.add(v.path, "arguments", "must be a list of {count} ({what}), got {got}", "count", count, "what", what, "got", got)
	return nil
}

func (p *parser) truths(o op, v *value) *expr {
	e := &expr{op: o, truth: true}
	for _, item := range p.list(v, 1, MaxNodes, "conditions") {
		e.args = append(e.args, p.truth(item))
	}
	return e
}

// bars parses a number of bars to look back.
func (p *parser) bars(v *value) scalar {
	return p.scalar(v, &indicator.Param{Name: "bars", Min: 1, Max: MaxBars, Integer: true})
}

// scalar parses a number or a parameter, and holds it to what takes it. A parameter is
// held to it over its whole range.
func (p *parser) scalar(v *value, to *indicator.Param) scalar {
	if v.kind == text {
		if i := slices.Index(to.OneOf, v.text); i >= 0 {
			return scalar{value: float64(i)}
		}
		name, ok := strings.CutPrefix(v.text, "$")
		if !ok {
			if to.OneOf != nil {
				p.unknown(v.path, "unknown_choice", `there is no {param} "{name}"`, v.text, to.OneOf)
				p.faults.all[len(p.faults.all)-1].params = append(p.faults.all[len(p.faults.all)-1].params, "param", to.Name)
				return scalar{}
			}
			p.add(v.path, "not_number", `must be a number or a parameter such as "$length" ({param}), got {got}`, "param", to.Name, "got", v.shown())
			return scalar{}
		}
		param, there := p.params[name]
		if !there {
			p.unknown(v.path, "unknown_param", `there is no parameter named "{name}"`, name, keys(p.params))
			return scalar{}
		}
		p.used[name] = true
		if to.Integer && param.Type != "integer" {
			p.add(v.path, "not_whole", `must be a whole number, and "$`+name+`" may be others: give it a whole default, min, max and step`)
			return scalar{}
		}
		for _, end := range []float64{*param.Min, *param.Max} {
			if err := to.Check(end); err != nil {
				p.add(v.path, "param_range", `"${name}" may be {value}, but {param} {bound}`, "name", name, "value", plainFloat(end), "param", to.Name, "bound", limits(to))
				return scalar{}
			}
		}
		return scalar{param: name}
	}
	f, ok := v.number()
	if !ok {
		p.add(v.path, "not_number", `must be a number or a parameter such as "$length" ({param}), got {got}`, "param", to.Name, "got", v.shown())
		return scalar{}
	}
	if err := to.Check(f); err != nil {
		p.add(v.path, "out_of_range", "{param} {bound}, got {got}", "param", to.Name, "bound", limits(to), "got", v.shown())
		return scalar{}
	}
	return scalar{value: f}
}

func limits(p *indicator.Param) string {
	switch {
	case p.OneOf != nil:
		return "must be one of " + strings.Join(p.OneOf, ", ")
	case p.Integer:
		return "must be a whole number between " + plainFloat(p.Min) + " and " + plainFloat(p.Max)
	}
	return "must be between " + plainFloat(p.Min) + " and " + plainFloat(p.Max)
}

func plainFloat(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// indicator parses {"ema": ["close", 20]}: the series that it is computed from, which
// may be left out, then its parameters, which may be left out from the end.
func (p *parser) indicator(v *value, name string, arg *value) *expr {
	base, output, dotted := strings.Cut(name, ".")
	k, ok := lookup(base)
	if !ok {
		known := append(keys(p.operators), "on")
		for _, k := range kinds() {
			known = append(known, k.Name)
		}
		path := v.path
		p.unknown(join(path, name), "unknown_operator", `there is no operator or indicator "{name}"`, name, known)
		return nil
	}
	e := &expr{op: opIndicator, label: name, indicator: k}
	if dotted {
		if e.output = p.output(join(v.path, name), k, output); e.output < 0 {
			return nil
		}
	}
	args := arg.items
	if arg.kind != list {
		args = []*value{arg}
	}
	for len(args) > 0 && len(e.args) < k.Series && !isScalar(args[0], k) {
		of := p.number(args[0])
		if of != nil && dynamic(of) {
			p.add(args[0].path, "indicator_of_dynamic", "an indicator is computed from the candles of one series, not from the position, signals or another series; put the whole indicator into on")
		}
		e.args = append(e.args, of)
		args = args[1:]
	}
	if len(args) > len(k.Params) {
		p.add(arg.path, "arguments", "{name} takes {usage}, got {got} arguments", "name", k.Name, "usage", usage(k), "got", strconv.Itoa(len(arg.items)))
		return nil
	}
	for i := range k.Params {
		if i < len(args) {
			e.params = append(e.params, p.scalar(args[i], &k.Params[i]))
		} else {
			e.params = append(e.params, scalar{value: k.Params[i].Default})
		}
	}
	p.together(arg, e)
	return e
}

// together holds the parameters of an indicator to each other, at their defaults.
func (p *parser) together(arg *value, e *expr) {
	values := make([]float64, len(e.params))
	for i, s := range e.params {
		if values[i] = s.value; s.param != "" {
			values[i] = floatOf(p.params[s.param].Default)
		}
	}
	if _, err := e.indicator.Make(values...); err != nil {
		p.add(arg.path, "indicator_params", "{name}: {reason}", "name", e.indicator.Name, "reason", err.Error())
	}
}

func isScalar(v *value, k *indicator.Kind) bool {
	switch v.kind {
	case number:
		return true
	case text:
		return strings.HasPrefix(v.text, "$") || len(k.Params) > 0 && slices.Contains(k.Params[0].OneOf, v.text)
	default:
		return false
	}
}

func usage(k *indicator.Kind) string {
	var parts []string
	for i := range k.Series {
		parts = append(parts, "a series (else "+k.Inputs[i].String()+")")
	}
	for _, p := range k.Params {
		parts = append(parts, p.Name)
	}
	if len(parts) == 0 {
		return "no arguments"
	}
	return strings.Join(parts, ", ")
}

// on parses ["4h", value or condition], ["ETH/USDT", …] or ["ETH/USDT 4h", …].
func (p *parser) on(v *value) *expr {
	args := p.list(v, 2, 2, "a timeframe or instrument, and a value or condition")
	if args == nil {
		return nil
	}
	need, ok := p.need(args[0])
	if p.inOn {
		p.add(v.path, "on_in_on", "another series cannot be told within another one: move it out")
		return nil
	}
	p.inOn = true
	of := p.parse(args[1])
	p.inOn = false
	if !ok || of == nil {
		return nil
	}
	if !slices.Contains(p.needs, need) {
		p.needs = append(p.needs, need)
	}
	return &expr{op: opOn, label: "on " + need.String(), truth: of.truth, series: need, args: []*expr{of}}
}

func (p *parser) need(v *value) (Need, bool) {
	const form = `must be a timeframe, an instrument or both, such as "4h", "ETH/USDT" or "ETH/USDT 4h", got {got}`
	if v.kind != text {
		p.add(v.path, "series", form, "got", v.shown())
		return Need{}, false
	}
	need := Need{Timeframe: p.timeframe}
	parts := strings.Fields(v.text)
	if len(parts) > 0 && strings.Contains(parts[0], "/") {
		if _, err := market.NewSpot(parts[0]); err != nil {
			p.add(v.path, "series", form, "got", v.shown())
			return Need{}, false
		}
		need.Symbol, parts = parts[0], parts[1:]
	}
	if len(parts) == 1 {
		tf, err := market.ParseTimeframe(parts[0])
		if err != nil {
			p.add(v.path, "series", form, "got", v.shown())
			return Need{}, false
		}
		need.Timeframe, parts = tf, nil
	}
	if len(parts) > 0 || strings.TrimSpace(v.text) == "" {
		p.add(v.path, "series", form, "got", v.shown())
		return Need{}, false
	}
	return need, true
}

// pattern parses "hammer" or ["engulfing", "bullish"].
func (p *parser) pattern(v *value) *expr {
	name, side := v, "any"
	if v.kind == list && len(v.items) == 2 {
		name = v.items[0]
		if side = v.items[1].text; !slices.Contains([]string{"bullish", "bearish", "any"}, side) {
			p.add(v.items[1].path, "unknown_choice", "must be bullish, bearish or any, got {got}", "got", v.items[1].shown())
			return nil
		}
	}
	if name.kind != text {
		p.add(v.path, "arguments", `must be a pattern such as "hammer" or ["engulfing", "bullish"], got {got}`, "got", v.shown())
		return nil
	}
	k, known := patternKind(name.text)
	if k == nil {
		p.unknown(name.path, "unknown_pattern", `there is no candle pattern "{name}"`, name.text, known)
		return nil
	}
	value := &expr{op: opIndicator, path: v.path, label: k.Name, indicator: k}
	for _, param := range k.Params {
		value.params = append(value.params, scalar{value: param.Default})
	}
	o := map[string]op{"bullish": opGt, "bearish": opLt, "any": opNe}[side]
	zero := &expr{op: opConst, path: v.path, label: "0"}
	label := "pattern " + name.text
	if side != "any" {
		label += " " + side
	}
	return &expr{op: o, truth: true, label: label, args: []*expr{value, zero}}
}

// inPosition parses true, false, "long" or "short".
func (p *parser) inPosition(v *value) *expr {
	side := p.factOf(v, factSide)
	if side == nil {
		return nil
	}
	flat := &expr{op: opConst, path: v.path, label: "0"}
	against := func(o op, label string) *expr {
		return &expr{op: o, truth: true, label: label, args: []*expr{side, flat}}
	}
	switch {
	case v.kind == boolean && v.truth:
		return against(opNe, "in_position")
	case v.kind == boolean:
		return against(opEq, "in_position false")
	case v.kind == text && v.text == "long":
		return against(opGt, "in_position long")
	case v.kind == text && v.text == "short":
		return against(opLt, "in_position short")
	}
	p.add(v.path, "unknown_choice", `must be true, false, "long" or "short", got {got}`, "got", v.shown())
	return nil
}

func (p *parser) inProfitBy(v *value) *expr {
	profit, by := p.factOf(v, factProfit), p.number(v)
	if profit == nil || by == nil {
		return nil
	}
	return &expr{op: opGte, truth: true, label: "in_profit_by", args: []*expr{profit, by}}
}

func (p *parser) openFor(v *value) *expr {
	if v.kind == text && !strings.HasPrefix(v.text, "$") {
		tf, err := market.ParseTimeframe(v.text)
		if err != nil || tf < 0 {
			p.add(v.path, "duration", `must be a number of bars or a time such as "12h" or "3d", got {got}`, "got", v.shown())
			return nil
		}
		hours := p.factOf(v, factHours)
		if hours == nil {
			return nil
		}
		least := &expr{op: opConst, path: v.path, label: v.text, value: scalar{value: float64(tf) / float64(market.H1)}}
		return &expr{op: opGte, truth: true, args: []*expr{hours, least}}
	}
	n := p.scalar(v, &indicator.Param{Name: "bars", Min: 1, Max: 1e6, Integer: true})
	bars := p.factOf(v, factBars)
	if bars == nil {
		return nil
	}
	return &expr{op: opGte, truth: true, args: []*expr{bars, {op: opConst, path: v.path, label: v.shown(), value: n}}}
}

func (p *parser) signalOp(v *value) *expr {
	name, n := v, scalar{value: 1}
	if v.kind == list && len(v.items) == 2 {
		name, n = v.items[0], p.bars(v.items[1])
	}
	if name.kind != text || !isName(name.text) {
		p.add(v.path, "arguments", `must be a signal such as "buy" or ["buy", 3] (small letters, digits, _ and -), got {got}`, "got", name.shown())
		return nil
	}
	if p.inOn {
		p.add(v.path, "position_in_on", "a signal belongs to no other series: move it out of on")
		return nil
	}
	if !slices.Contains(p.signals, name.text) {
		p.signals = append(p.signals, name.text)
	}
	return &expr{op: opSignal, truth: true, label: "signal " + name.text, signal: name.text, bars: n}
}

// isName reports whether a text can name a parameter, a let or a signal.
func isName(s string) bool {
	for i, r := range s {
		letter := r >= 'a' && r <= 'z' || r == '_'
		if !letter && (i == 0 || (r < '0' || r > '9') && r != '-') {
			return false
		}
	}
	return s != "" && len(s) <= 40
}

// dynamic reports whether an expression depends on more than the candles of one
// series: on the position, on signals, on another series.
func dynamic(e *expr) bool { return dynamicIn(e, map[*expr]bool{}) }

func dynamicIn(e *expr, seen map[*expr]bool) bool {
	if e == nil || seen[e] {
		return false
	}
	seen[e] = true
	if e.op == opFact || e.op == opSignal || e.op == opOn {
		return true
	}
	return slices.ContainsFunc(e.args, func(a *expr) bool { return dynamicIn(a, seen) })
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// floatOf is the default of a parameter as a float.
func floatOf(v any) float64 {
	if n, ok := v.(int); ok {
		return float64(n)
	}
	f, _ := v.(float64)
	return f
}
