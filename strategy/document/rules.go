package document

import "github.com/tradekeel/tradekeel/strategy"

// Rules implements strategy.Ruled: a document is nothing but its rules when it goes long
// alone, and no exit, ladder, reentry or protection stands beside them.
func (i *instance) Rules() (strategy.Rules, bool) {
	var none strategy.Rules
	d, x := i.document, &i.document.exits
	enter, exit := i.bound.rules[ruleEnterLong], i.bound.rules[ruleExitLong]
	switch {
	case i.watchful(), enter.line == nil, exit.output >= 0 && exit.line == nil,
		i.bound.rules[ruleEnterShort].output >= 0, x.priced(), i.number(x.bars) > 0, i.number(x.hours) > 0,
		d.reentry != (reentry{}), d.protect != (protect{}), d.size.kind == sizeRisk:
		return none, false
	}
	size, why := i.sized(0, 0, long)
	if why != "" {
		return none, false
	}
	r := strategy.Rules{Size: size, Enter: i.told(d.sides[long].enter, enter.line)}
	if exit.output >= 0 {
		r.Exit = i.told(d.sides[long].exit, exit.line)
	}
	return r, true
}

func (i *instance) number(s scalar) float64 { return s.in(i.values) }

// told returns a rule as the cross of two lines where it is one, else as the line that
// its truth is computed on.
func (i *instance) told(e *expr, truth *strategy.Indicator) strategy.Rule {
	e = unnamed(e)
	if e.op != opCrossAbove && e.op != opCrossBelow {
		return strategy.Rule{A: truth}
	}
	a, b := i.lineOf(e.args[0]), i.lineOf(e.args[1])
	if a == nil || b == nil {
		return strategy.Rule{A: truth}
	}
	if e.op == opCrossBelow {
		return strategy.Rule{Cross: -1, A: a, B: b}
	}
	return strategy.Rule{Cross: 1, A: a, B: b}
}

// lineOf returns the line that an expression is, or nil.
func (i *instance) lineOf(e *expr) *strategy.Indicator {
	return i.bound.refs[place{unnamed(e), i.bound.axes[0]}].line
}

func unnamed(e *expr) *expr {
	for e.op == opNamed {
		e = e.args[0]
	}
	return e
}
