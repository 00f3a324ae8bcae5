package bundb

import (
	"fmt"
	"slices"
	"strings"
)

// from reads a FROM list into the scope.
func (c *checker) from(nodes []node, s *scope) error {
	kind := "" // the words before JOIN
	for len(nodes) > 0 {
		n := nodes[0]
		switch {
		case n.sign(","), n.is("join"), n.is("lateral"), n.is("only"), n.is("cross"), n.is("outer"), n.is("natural"), n.is("inner"):
			if n.sign(",") {
				kind = ""
			}
			nodes = nodes[1:]
			continue
		case n.is("left"), n.is("right"), n.is("full"):
			kind = n.text
			nodes = nodes[1:]
			continue
		}
		r := &ref{}
		switch {
		case n.group && !isQuery(n.nodes):
			if err := c.from(n.nodes, s); err != nil {
				return err
			}
			nodes = nodes[1:]
			r = nil
		case n.group:
			nodes = nodes[1:]
		case n.named():
			for len(nodes) > 2 && nodes[1].sign(".") {
				nodes = nodes[2:]
			}
			name := nodes[0]
			nodes = nodes[1:]
			c.seen[name.at] = true
			r.alias = name.text
			if len(nodes) > 0 && nodes[0].group { // a function
				nodes = nodes[1:]
			} else if !c.with[name.text] {
				r.table = name.text
				r.owned = c.owned(name.text)
			}
		default:
			return fmt.Errorf("the list of tables cannot be read at %q", n.text)
		}
		nodes = c.alias(nodes, r)
		if r != nil {
			s.refs = append(s.refs, r)
		}
		on, next := clause(nodes, 0, "join", "left", "right", "full", "inner", "cross", "natural")
		if comma := indexSign(on, ","); comma >= 0 {
			on, next = on[:comma], comma
		}
		if len(on) > 0 && on[0].is("on") {
			if indexOf(on[1:], "on") >= 0 {
				return fmt.Errorf("joins nested without parentheses cannot be read")
			}
			switch kind {
			case "", "left": // in a left join the condition binds the joined table alone
				only := r
				if kind == "" {
					only = nil
				}
				c.bind(on[1:], s, only)
			}
		}
		nodes = nodes[next:]
		kind = ""
	}
	return nil
}

func indexSign(nodes []node, p string) int {
	for i, n := range nodes {
		if n.sign(p) {
			return i
		}
	}
	return -1
}

var notAlias = []string{"on", "using", "join", "left", "right", "full", "inner", "cross", "natural", "set", "indexed", "not", "tablesample"}

// alias reads [AS] name [(columns)] after a table.
func (c *checker) alias(nodes []node, r *ref) []node {
	as := len(nodes) > 0 && nodes[0].is("as")
	if as {
		nodes = nodes[1:]
	}
	if len(nodes) == 0 || !nodes[0].named() {
		return nodes
	}
	if !as && nodes[0].kind == tokenWord && slices.Contains(notAlias, nodes[0].text) {
		return nodes
	}
	c.seen[nodes[0].at] = true
	if r != nil {
		r.alias = nodes[0].text
	}
	nodes = nodes[1:]
	if len(nodes) > 0 && nodes[0].group {
		nodes = nodes[1:]
	}
	return nodes
}

// conjuncts splits a condition at AND; with an OR beside them there are none.
func conjuncts(nodes []node) [][]node {
	if indexOf(nodes, "or") >= 0 {
		return nil
	}
	var parts [][]node
	start, between := 0, false
	for i, n := range nodes {
		switch {
		case n.is("between"):
			between = true
		case n.is("and") && between:
			between = false
		case n.is("and"):
			parts = append(parts, nodes[start:i])
			start = i + 1
		}
	}
	return append(parts, nodes[start:])
}

// bind notes every owner_id that the condition ties to a value or to another
// owner_id; only, when set, is the one reference that the condition restricts.
func (c *checker) bind(condition []node, s *scope, only *ref) {
	for _, part := range conjuncts(condition) {
		if len(part) == 1 && part[0].group && !part[0].isCase {
			c.bind(part[0].nodes, s, only)
			continue
		}
		col, value, ok := equality(part)
		if !ok {
			continue
		}
		if right, rest := readColumn(value); len(rest) == 0 && right.name == ownerColumn {
			c.tie(col, right, s, only)
			c.tie(right, col, s, only)
			continue
		}
		if r, here := s.find(col); r != nil && here && isValue(value) && (only == nil || only == r) {
			r.bound = true
		}
	}
}

func (c *checker) tie(a, b column, s *scope, only *ref) {
	if r, here := s.find(a); r != nil && here && (only == nil || only == r) {
		r.matches = append(r.matches, b)
	}
}

// equality reads owner_id = value, value = owner_id or owner_id IN (values).
func equality(part []node) (column, []node, bool) {
	if col, rest := readColumn(part); col.name == ownerColumn {
		switch {
		case len(rest) > 1 && rest[0].sign("="):
			return col, rest[1:], true
		case len(rest) == 2 && rest[0].is("in") && rest[1].group:
			return col, rest[1:], true
		}
	}
	if eq := indexSign(part, "="); eq > 0 {
		if col, rest := readColumn(part[eq+1:]); col.name == ownerColumn && len(rest) == 0 {
			return col, part[:eq], true
		}
	}
	return column{}, nil, false
}

// readColumn reads name, alias.name or schema.alias.name.
func readColumn(nodes []node) (column, []node) {
	var parts []string
	for len(nodes) > 0 && nodes[0].named() {
		parts = append(parts, nodes[0].text)
		nodes = nodes[1:]
		if len(nodes) < 2 || !nodes[0].sign(".") {
			break
		}
		nodes = nodes[1:]
	}
	switch len(parts) {
	case 0:
		return column{}, nodes
	case 1:
		return column{name: parts[0]}, nodes
	}
	return column{parts[len(parts)-2], parts[len(parts)-1]}, nodes
}

// isValue reports whether nodes are a literal that names somebody, a parameter,
// or a list of such.
func isValue(nodes []node) bool {
	for len(nodes) > 2 && nodes[1].sign("::") {
		nodes = append(nodes[:1:1], nodes[3:]...)
	}
	if len(nodes) != 1 {
		return false
	}
	n := nodes[0]
	if n.group {
		if n.isCase {
			return false
		}
		for _, item := range split(n.nodes, func(n node) bool { return n.sign(",") }) {
			if !isValue(item) {
				return false
			}
		}
		return true
	}
	return n.kind == tokenParam || n.kind == tokenString && strings.TrimSpace(n.text) != ""
}
