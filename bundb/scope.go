package bundb

import (
	"fmt"
	"slices"
)

// The checker below answers one question about a statement: does every mention
// of a table of users' rows stand under a condition that binds its owner? It
// reads SQL the way a careful reviewer would and refuses what it cannot read.

// ownerColumn marks a table of users' rows: a table that has it is one.
const ownerColumn = "owner_id"

// node is a token or, with group set, what stands between two parentheses or
// between CASE and END.
type node struct {
	token
	group  bool
	nodes  []node
	at     int  // position of the token in the statement
	isCase bool // CASE … END rather than ( … )
}

func (n node) is(word string) bool { return !n.group && n.word(word) }

func (n node) sign(p string) bool { return !n.group && n.punct(p) }

func (n node) named() bool { return !n.group && n.name() }

// tree reads all of sql, or reports false where quotes or parentheses do not close.
func tree(sql string, postgres bool) ([]node, bool) {
	l := lexer{sql: sql, postgres: postgres}
	stack := [][]node{nil}
	cases := []bool{false}
	for at := 0; ; at++ {
		t := l.next()
		top := len(stack) - 1
		switch {
		case t.kind == tokenBroken:
			return nil, false
		case t.kind == tokenEnd:
			return stack[0], top == 0
		case t.punct("("), t.word("case"):
			stack = append(stack, nil)
			cases = append(cases, t.word("case"))
		case t.punct(")") || t.word("end") && cases[top]:
			if top == 0 || cases[top] != t.word("end") {
				return nil, false
			}
			group := node{group: true, nodes: stack[top], at: at, isCase: cases[top]}
			stack, cases = stack[:top], cases[:top]
			stack[top-1] = append(stack[top-1], group)
		default:
			stack[top] = append(stack[top], node{token: t, at: at})
		}
	}
}

// ref is one table, subquery or function that a query reads or writes.
type ref struct {
	table   string // empty for a subquery, a function or the name of a WITH query
	alias   string
	owned   bool
	bound   bool // its owner is bound to a value
	matches []column
}

// column is alias.name; alias is empty when it is not qualified.
type column struct{ alias, name string }

// scope is the FROM list of one query and the scopes around it.
type scope struct {
	refs  []*ref
	outer *scope
}

type checker struct {
	owned func(table string) bool
	with  map[string]bool // names of WITH queries
	seen  map[int]bool    // positions where a table's name was understood
}

// checkOwners returns nil when every mention of an owned table in sql is bound
// to an owner, else an error that says which is not.
func checkOwners(sql string, postgres bool, owned func(table string) bool) error {
	nodes, ok := tree(sql, postgres)
	if !ok {
		return fmt.Errorf("the statement cannot be read: a quote, comment or parenthesis does not close")
	}
	for _, part := range split(nodes, func(n node) bool { return n.sign(";") }) {
		if len(part) == 0 {
			continue
		}
		c := &checker{owned: owned, with: map[string]bool{}, seen: map[int]bool{}}
		if err := c.query(part, nil); err != nil {
			return err
		}
		if table := c.unread(part); table != "" {
			return fmt.Errorf("%s holds users' rows and is used in a way that cannot be checked for an owner", table)
		}
	}
	return nil
}

// unread returns an owned table that is mentioned where no FROM, INTO or UPDATE
// was understood.
func (c *checker) unread(nodes []node) string {
	for i, n := range nodes {
		if n.group {
			if table := c.unread(n.nodes); table != "" {
				return table
			}
			continue
		}
		qualifies := i+1 < len(nodes) && nodes[i+1].sign(".")
		if n.named() && !qualifies && !c.seen[n.at] && c.owned(n.text) {
			return n.text
		}
	}
	return ""
}

func split(nodes []node, at func(node) bool) [][]node {
	var parts [][]node
	start := 0
	for i, n := range nodes {
		if at(n) {
			parts = append(parts, nodes[start:i])
			start = i + 1
		}
	}
	return append(parts, nodes[start:])
}

var verbs = []string{"select", "insert", "update", "delete", "values", "replace"}

// isQuery reports whether the content of a group is a query of its own.
func isQuery(nodes []node) bool {
	for len(nodes) == 1 && nodes[0].group && !nodes[0].isCase {
		nodes = nodes[0].nodes
	}
	if len(nodes) == 0 {
		return false
	}
	if nodes[0].group {
		return indexOf(nodes, "union", "intersect", "except") > 0
	}
	if nodes[0].is("with") {
		return true
	}
	return slices.ContainsFunc(verbs, nodes[0].is)
}

func indexOf(nodes []node, words ...string) int {
	for i, n := range nodes {
		if slices.ContainsFunc(words, n.is) {
			return i
		}
	}
	return -1
}

// inside checks every query that stands in a group of an expression.
func (c *checker) inside(nodes []node, around *scope) error {
	for _, n := range nodes {
		if !n.group {
			continue
		}
		check := c.inside
		if !n.isCase && isQuery(n.nodes) {
			check = c.query
		}
		if err := check(n.nodes, around); err != nil {
			return err
		}
	}
	return nil
}

// query checks one query: WITH …, set operations, and the verb.
func (c *checker) query(nodes []node, outer *scope) error {
	if len(nodes) > 0 && nodes[0].is("explain") {
		if verb := indexOf(nodes, append(verbs, "with")...); verb > 0 {
			nodes = nodes[verb:]
		}
	}
	if len(nodes) > 0 && nodes[0].is("with") {
		rest, err := c.withQueries(nodes[1:], outer)
		if err != nil {
			return err
		}
		nodes = rest
	}
	if len(nodes) == 0 {
		return nil
	}
	switch {
	case nodes[0].is("insert"), nodes[0].is("replace"):
		return c.insert(nodes, outer)
	case nodes[0].is("update"):
		return c.update(nodes, outer)
	case nodes[0].is("delete"):
		return c.delete(nodes, outer)
	}
	for _, part := range split(nodes, func(n node) bool { return n.is("union") || n.is("intersect") || n.is("except") }) {
		if len(part) > 0 && (part[0].is("all") || part[0].is("distinct")) {
			part = part[1:]
		}
		if len(part) > 0 && part[0].group && !part[0].isCase {
			if err := c.inside(part, outer); err != nil {
				return err
			}
			continue
		}
		if err := c.selects(part, outer); err != nil {
			return err
		}
	}
	return nil
}

// withQueries reads name [(columns)] AS [[NOT] MATERIALIZED] (query), … and
// returns what follows.
func (c *checker) withQueries(nodes []node, outer *scope) ([]node, error) {
	if len(nodes) > 0 && nodes[0].is("recursive") {
		nodes = nodes[1:]
	}
	end := indexOf(nodes, verbs...)
	if end < 0 {
		end = len(nodes)
	}
	for i, n := range nodes[:end] {
		if n.named() && (i == 0 || nodes[i-1].sign(",")) {
			c.with[n.text] = true
			c.seen[n.at] = true
		}
	}
	return nodes[end:], c.inside(nodes[:end], outer)
}

// clause returns the nodes from after the word at start up to the next of the
// given words, and the position of that word.
func clause(nodes []node, start int, until ...string) ([]node, int) {
	start = min(start, len(nodes))
	for i := start; i < len(nodes); i++ {
		for _, w := range until {
			if !nodes[i].is(w) {
				continue
			}
			if w == "from" && i > 0 && nodes[i-1].is("distinct") && i > 1 && (nodes[i-2].is("is") || nodes[i-2].is("not")) {
				continue // IS [NOT] DISTINCT FROM
			}
			return nodes[start:i], i
		}
	}
	return nodes[start:], len(nodes)
}

var afterWhere = []string{"group", "having", "window", "order", "limit", "offset", "fetch", "for", "returning"}

func (c *checker) selects(nodes []node, outer *scope) error {
	s := &scope{outer: outer}
	_, at := clause(nodes, 0, "from")
	if at < len(nodes) {
		from, next := clause(nodes, at+1, append([]string{"where"}, afterWhere...)...)
		if err := c.from(from, s); err != nil {
			return err
		}
		c.where(nodes, next, s)
	}
	return c.finish(nodes, s, "select")
}

// where binds what the WHERE at the given position binds, and returns it. With
// an OR anywhere behind it, it binds nothing.
func (c *checker) where(nodes []node, at int, s *scope) []node {
	if at >= len(nodes) || !nodes[at].is("where") || indexOf(nodes[at:], "or") >= 0 {
		return nil
	}
	where, _ := clause(nodes, at+1, afterWhere...)
	c.bind(where, s, nil)
	return where
}

func (c *checker) update(nodes []node, outer *scope) error {
	s := &scope{outer: outer}
	rest := nodes[1:]
	if len(rest) > 2 && rest[0].is("or") {
		rest = rest[2:]
	}
	target, next := clause(rest, 0, "set")
	if err := c.from(target, s); err != nil {
		return err
	}
	set, next := clause(rest, next+1, "from", "where", "returning")
	if next < len(rest) && rest[next].is("from") {
		var from []node
		from, next = clause(rest, next+1, "where", "returning")
		if err := c.from(from, s); err != nil {
			return err
		}
	}
	where := c.where(rest, next, s)
	if err := c.finish(nodes, s, "update"); err != nil {
		return err
	}
	if len(s.refs) > 0 && s.refs[0].owned {
		return c.keepsOwner(set, where, s.refs[0].table)
	}
	return nil
}

// keepsOwner refuses SET owner_id = x unless the condition says owner_id = x too.
func (c *checker) keepsOwner(set, where []node, table string) error {
	for _, value := range ownerAssignments(set) {
		if len(value) != 1 || value[0].kind != tokenString || !hasLiteral(where, value[0].text) {
			return fmt.Errorf("an update of %s may not give a row to another owner", table)
		}
	}
	return nil
}

// ownerAssignments returns what a SET list assigns to owner_id; nothing stands
// for an assignment to a list of columns with owner_id among them.
func ownerAssignments(set []node) (values [][]node) {
	for _, part := range split(set, func(n node) bool { return n.sign(",") }) {
		eq := indexSign(part, "=")
		if eq < 1 {
			continue
		}
		switch target := part[eq-1]; {
		case target.group && mentions(target.nodes, ownerColumn):
			values = append(values, nil)
		case target.named() && target.text == ownerColumn:
			values = append(values, part[eq+1:])
		}
	}
	return values
}

func mentions(nodes []node, name string) bool {
	for _, n := range nodes {
		if n.group && mentions(n.nodes, name) || n.named() && n.text == name {
			return true
		}
	}
	return false
}

// hasLiteral reports whether owner_id = 'text' stands among the conjuncts.
func hasLiteral(where []node, text string) bool {
	for _, part := range conjuncts(where) {
		if len(part) == 1 && part[0].group {
			if hasLiteral(part[0].nodes, text) {
				return true
			}
			continue
		}
		col, value, ok := equality(part)
		if ok && col.name == ownerColumn && len(value) == 1 && value[0].kind == tokenString && value[0].text == text {
			return true
		}
	}
	return false
}

func (c *checker) delete(nodes []node, outer *scope) error {
	s := &scope{outer: outer}
	rest := nodes[1:]
	if len(rest) > 0 && rest[0].is("from") {
		rest = rest[1:]
	}
	target, next := clause(rest, 0, "using", "where", "returning")
	if err := c.from(target, s); err != nil {
		return err
	}
	if next < len(rest) && rest[next].is("using") {
		var using []node
		using, next = clause(rest, next+1, "where", "returning")
		if err := c.from(using, s); err != nil {
			return err
		}
	}
	c.where(rest, next, s)
	return c.finish(nodes, s, "delete")
}

// finish settles which references are bound and checks the queries inside.
func (c *checker) finish(nodes []node, s *scope, verb string) error {
	s.settle()
	for _, r := range s.refs {
		if r.owned && !r.bound {
			return fmt.Errorf("%s on %s has no owner: add owner_id = ? for %s to its condition", verb, r.table, r.alias)
		}
	}
	return c.inside(nodes, s)
}

// settle spreads being bound along owner_id = owner_id until nothing changes. A
// reference of a scope around counts as bound: else that scope is refused itself.
func (s *scope) settle() {
	for changed := true; changed; {
		changed = false
		for _, r := range s.refs {
			for _, m := range r.matches {
				other, here := s.find(m)
				if !r.bound && other != nil && (other.bound || !other.owned || !here) {
					r.bound, changed = true, true
				}
			}
		}
	}
}

// find returns what a column of owner ids belongs to, and whether that stands in
// this scope rather than around it.
func (s *scope) find(col column) (found *ref, here bool) {
	for at := s; at != nil; at = at.outer {
		var owned, all []*ref
		for _, r := range at.refs {
			if col.alias != "" && r.alias != col.alias {
				continue
			}
			all = append(all, r)
			if r.owned {
				owned = append(owned, r)
			}
		}
		switch {
		case len(all) == 1:
			return all[0], at == s
		case col.alias == "" && len(owned) == 1:
			return owned[0], at == s
		case len(all) > 0:
			return nil, false
		}
	}
	return nil, false
}
