package document

import (
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// op says what an expression does with its arguments.
type op uint8

// The operators. Those up to opOn are told apart from arithmetic and logic by where
// their value comes from.
const (
	opConst     op = iota
	opColumn       // a column of the bars
	opIndicator    // an output of an indicator
	opFact         // a fact of the position
	opSignal       // whether a signal came within so many bars
	opOn           // a value or condition of another series
	opNamed        // a name of let, or an operator that stands for others: the only argument

	opAdd
	opSub
	opMul
	opDiv
	opAbs
	opMaxOf
	opMinOf
	opAgo

	opGt
	opGte
	opLt
	opLte
	opEq
	opNe
	opBetween
	opCrossAbove
	opCrossBelow
	opCross

	opAll
	opAny
	opNot
	opForBars
	opWithinBars
	opClock // a window of time, by the close of the bar
)

// expr is a value or a condition. It is not changed after it was parsed; the same
// expr may be an argument of several, so that they form a graph without cycles.
type expr struct {
	op    op
	path  string // where it was written
	label string // as people read it, the arguments left out: "crosses_above"
	truth bool   // a condition, not a value
	args  []*expr

	value     scalar          // opConst
	bars      scalar          // opAgo, opForBars, opWithinBars, opSignal
	field     market.Field    // opColumn
	indicator *indicator.Kind // opIndicator
	params    []scalar        // of the indicator
	output    int             // of the indicator
	fact      fact            // opFact
	signal    string          // opSignal
	series    Need            // opOn
	clock     *clock          // opClock
}

// scalar is a number of the document, or a parameter that will be one.
type scalar struct {
	value float64
	param string // empty for a number
}

func (s scalar) in(params map[string]float64) float64 {
	if s.param != "" {
		return params[s.param]
	}
	return s.value
}

// fact is something that is known of the position.
type fact uint8

// The facts. All but the first are unknown without a position.
const (
	factSide     fact = iota // 1 long, -1 short, 0 flat
	factProfit               // percent of the cost, before the fee of the exit
	factBars                 // closes of the main timeframe that saw the position
	factHours                // since the first fill
	factPrice                // average price in
	factDrawdown             // percent from the best close since the entry
	factEntries              // fills that added, the first included
	facts
)

var factNames = [facts]string{"side", "profit_percent", "bars", "hours", "entry_price", "drawdown_percent", "entries"}

// Need is a series that a document reads beside its main one.
type Need = strategy.Need

// operator describes how an operator is written.
type operator struct {
	name  string
	text  string
	truth bool // makes a condition
	parse func(p *parser, v *value) *expr
}

// numbersOp parses [value, value …], least to most of them.
func numbersOp(o op, truth bool, least, most int) func(p *parser, v *value) *expr {
	return func(p *parser, v *value) *expr {
		args := p.list(v, least, most, "values")
		e := &expr{op: o, truth: truth}
		for _, a := range args {
			e.args = append(e.args, p.number(a))
		}
		return e
	}
}

// barsOp parses [value or condition, bars].
func barsOp(o op, truth bool, of func(p *parser, v *value) *expr) func(p *parser, v *value) *expr {
	return func(p *parser, v *value) *expr {
		args := p.list(v, 2, 2, "what and a number of bars")
		if args == nil {
			return nil
		}
		return &expr{op: o, truth: truth, args: []*expr{of(p, args[0])}, bars: p.bars(args[1])}
	}
}

// operators are all operators but the indicators.
func operators() []operator {
	number := (*parser).number
	truth := (*parser).truth
	return []operator{
		{"all", "all of a list of conditions", true, func(p *parser, v *value) *expr { return p.truths(opAll, v) }},
		{"any", "at least one of a list of conditions", true, func(p *parser, v *value) *expr { return p.truths(opAny, v) }},
		{"not", "the opposite of a condition", true, func(p *parser, v *value) *expr {
			return &expr{op: opNot, truth: true, args: []*expr{p.truth(v)}}
		}},
		{"gt", "the first is above the second", true, numbersOp(opGt, true, 2, 2)},
		{"gte", "the first is above the second or equal", true, numbersOp(opGte, true, 2, 2)},
		{"lt", "the first is below the second", true, numbersOp(opLt, true, 2, 2)},
		{"lte", "the first is below the second or equal", true, numbersOp(opLte, true, 2, 2)},
		{"eq", "both are equal, within rounding", true, numbersOp(opEq, true, 2, 2)},
		{"ne", "they are not equal", true, numbersOp(opNe, true, 2, 2)},
		{"between", "the first is within the second and the third, both included", true, numbersOp(opBetween, true, 3, 3)},
		{"crosses_above", "the first went above the second at this close", true, numbersOp(opCrossAbove, true, 2, 2)},
		{"crosses_below", "the first went below the second at this close", true, numbersOp(opCrossBelow, true, 2, 2)},
		{"crosses", "the first went above or below the second at this close", true, numbersOp(opCross, true, 2, 2)},
		{"rising", "higher at each of the last bars than at the one before", true, monotone(opGt)},
		{"falling", "lower at each of the last bars than at the one before", true, monotone(opLt)},
		{"for_bars", "the condition held at each of the last bars, this one included", true, barsOp(opForBars, true, truth)},
		{"within_bars", "the condition held at one of the last bars, this one included", true, barsOp(opWithinBars, true, truth)},
		{"pattern", `a candle pattern ended here: "hammer", or ["engulfing", "bullish"]`, true, (*parser).pattern},
		{"hours", `the close is within hours of the day: {"from": "09:00", "to": "17:30", "zone": "Europe/Berlin"}`, true, (*parser).hours},
		{"weekdays", `the close is on one of the days: ["mon", "tue"], or {"days": […], "zone": …}`, true, (*parser).weekdays},
		{"session", "the close is within the trading hours of sydney, tokyo, london or new_york", true, (*parser).session},
		{"in_position", `whether there is a position: true, false, "long" or "short"`, true, (*parser).inPosition},
		{"in_profit_by", "the position's profit in percent is at least this", true, (*parser).inProfitBy},
		{"open_for", `the position has been open for so many bars, or so long: "3d"`, true, (*parser).openFor},
		{"signal", `a signal from outside came: "name", or ["name", bars] within so many bars`, true, (*parser).signalOp},

		{"add", "the sum", false, numbersOp(opAdd, false, 2, 10)},
		{"sub", "the first less the second", false, numbersOp(opSub, false, 2, 2)},
		{"mul", "the product", false, numbersOp(opMul, false, 2, 10)},
		{"div", "the first by the second; unknown by zero", false, numbersOp(opDiv, false, 2, 2)},
		{"abs", "without its sign", false, func(p *parser, v *value) *expr {
			return &expr{op: opAbs, args: []*expr{p.number(v)}}
		}},
		{"max_of", "the largest", false, numbersOp(opMaxOf, false, 2, 10)},
		{"min_of", "the smallest", false, numbersOp(opMinOf, false, 2, 10)},
		{"ago", "the value of so many bars before", false, barsOp(opAgo, false, number)},
		{"change", "the value less that of so many bars before", false, change(false)},
		{"change_percent", "the same in percent of the earlier one", false, change(true)},
	}
}

// monotone makes rising and falling: at each of the last bars the comparison with
// the bar before holds.
func monotone(o op) func(p *parser, v *value) *expr {
	return func(p *parser, v *value) *expr {
		args := p.list(v, 2, 2, "a value and a number of bars")
		if args == nil {
			return nil
		}
		x, n := p.number(args[0]), p.bars(args[1])
		before := &expr{op: opAgo, path: v.path, label: "ago", args: []*expr{x}, bars: scalar{value: 1}}
		step := &expr{op: o, path: v.path, label: "step", truth: true, args: []*expr{x, before}}
		return &expr{op: opForBars, truth: true, args: []*expr{step}, bars: n}
	}
}

func change(percent bool) func(p *parser, v *value) *expr {
	return func(p *parser, v *value) *expr {
		args := p.list(v, 2, 2, "a value and a number of bars")
		if args == nil {
			return nil
		}
		x, n := p.number(args[0]), p.bars(args[1])
		before := &expr{op: opAgo, path: v.path, label: "ago", args: []*expr{x}, bars: n}
		difference := &expr{op: opSub, path: v.path, label: "sub", args: []*expr{x, before}}
		if !percent {
			return difference
		}
		hundred := &expr{op: opConst, path: v.path, value: scalar{value: 100}}
		share := &expr{op: opDiv, path: v.path, label: "div", args: []*expr{difference, {op: opAbs, path: v.path, label: "abs", args: []*expr{before}}}}
		return &expr{op: opMul, path: v.path, label: "mul", args: []*expr{share, hundred}}
	}
}
