package optimise

import (
	"math"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel"
)

// condition is a comparison of two sums over names, as in "fast + 5 <= slow" or
// "trades >= 30".
//
//	condition = sum compare sum, where compare is one of < <= > >= == !=
//	a sum     = product {("+" | "-") product}
//	product   = factor {("*" | "/") factor}
//	factor    = number | name | "-" factor | "(" sum ")"
type condition struct {
	text        string
	left, right *term
	compare     string
}

// term is a node of a sum: a number, the name with an index, or an operation.
type term struct {
	op   byte // '#' a number, '$' a name, '-' with one side, or + - * / with two
	num  float64
	name int
	a, b *term
}

// holds evaluates the condition; what is undefined does not hold.
func (c *condition) holds(value func(name int) float64) bool {
	a, b := c.left.eval(value), c.right.eval(value)
	switch c.compare {
	case "<":
		return a < b
	case "<=":
		return a <= b
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "==":
		return a == b
	}
	return a != b && !math.IsNaN(a) && !math.IsNaN(b)
}

func (t *term) eval(value func(int) float64) float64 {
	switch t.op {
	case '#':
		return t.num
	case '$':
		return value(t.name)
	}
	a := t.a.eval(value)
	if t.b == nil {
		return -a
	}
	b := t.b.eval(value)
	switch t.op {
	case '+':
		return a + b
	case '-':
		return a - b
	case '*':
		return float64(a * b)
	}
	return a / b
}

const (
	mostConditions     = 64
	mostConditionBytes = 500
	mostDepth          = 32
)

// parseCondition reads a condition over names. Its errors carry the field.
func parseCondition(field, source string, names []string) (*condition, error) {
	if len(source) > mostConditionBytes {
		return nil, tradekeel.Invalidf(field, "must be at most %d bytes, got %d", mostConditionBytes, len(source))
	}
	p := &conditionParser{field: field, source: source, rest: source, names: names}
	c := &condition{text: source, left: p.sum(0)}
	p.space()
	for _, compare := range []string{"<=", ">=", "==", "!=", "<", ">"} {
		if rest, ok := strings.CutPrefix(p.rest, compare); ok {
			c.compare, p.rest = compare, rest
			break
		}
	}
	if c.compare == "" {
		p.fail(`a comparison was expected, as in "fast < slow"`)
	}
	c.right = p.sum(0)
	if p.space(); p.rest != "" {
		p.fail("nothing more was expected")
	}
	if p.err != nil {
		return nil, p.err
	}
	return c, nil
}

type conditionParser struct {
	field, source, rest string
	names               []string
	err                 error
}

// fail keeps the first fault with its place; what is read after it does not count.
func (p *conditionParser) fail(what string) *term {
	if p.err == nil {
		p.err = tradekeel.Invalidf(p.field, "%q at byte %d: %s", p.source, len(p.source)-len(p.rest)+1, what)
	}
	return &term{op: '#'}
}

func (p *conditionParser) space() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *conditionParser) sum(depth int) *term {
	return p.chain(depth, "+-", func() *term { return p.chain(depth, "*/", func() *term { return p.factor(depth) }) })
}

func (p *conditionParser) chain(depth int, operators string, next func() *term) *term {
	if depth > mostDepth {
		return p.fail("is nested too deep")
	}
	t := next()
	for p.err == nil {
		p.space()
		if p.rest == "" || !strings.Contains(operators, p.rest[:1]) {
			break
		}
		op := p.rest[0]
		p.rest = p.rest[1:]
		t = &term{op: op, a: t, b: next()}
	}
	return t
}

func (p *conditionParser) factor(depth int) *term {
	p.space()
	switch {
	case p.rest == "":
		return p.fail("a number or a name was expected")
	case depth > mostDepth:
		return p.fail("is nested too deep")
	case p.rest[0] == '-':
		p.rest = p.rest[1:]
		return &term{op: '-', a: p.factor(depth + 1)}
	case p.rest[0] == '(':
		p.rest = p.rest[1:]
		t := p.sum(depth + 1)
		if p.space(); !strings.HasPrefix(p.rest, ")") {
			return p.fail(`")" was expected`)
		}
		p.rest = p.rest[1:]
		return t
	}
	n := 0
	for n < len(p.rest) && inWord(p.rest[n]) {
		n++
	}
	word := p.rest[:n]
	if n == 0 {
		return p.fail("a number or a name was expected")
	}
	if word[0] >= '0' && word[0] <= '9' || word[0] == '.' {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil || math.IsInf(v, 0) {
			return p.fail("is no number: " + word)
		}
		p.rest = p.rest[n:]
		return &term{op: '#', num: v}
	}
	for i, name := range p.names {
		if name == word {
			p.rest = p.rest[n:]
			return &term{op: '$', name: i}
		}
	}
	return p.fail("there is no " + strconv.Quote(word) + "; " + known(word, p.names))
}

func inWord(c byte) bool {
	return c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}
