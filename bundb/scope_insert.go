package bundb

import (
	"fmt"
	"strings"
)

// insert checks INSERT INTO table [AS alias] [(columns)] source
// [ON CONFLICT …] [RETURNING …].
func (c *checker) insert(nodes []node, outer *scope) error {
	into := indexOf(nodes, "into")
	if into < 0 || into+1 >= len(nodes) {
		return fmt.Errorf("an insert cannot be read: it has no INTO")
	}
	replaces := indexOf(nodes[:into], "replace") >= 0
	rest := nodes[into+1:]
	for len(rest) > 2 && rest[1].sign(".") {
		rest = rest[2:]
	}
	if !rest[0].named() {
		return fmt.Errorf("an insert cannot be read: no table after INTO")
	}
	r := &ref{table: rest[0].text, alias: rest[0].text}
	r.owned = c.owned(r.table)
	c.seen[rest[0].at] = true
	rest = rest[1:]
	if len(rest) > 1 && rest[0].is("as") {
		r.alias = rest[1].text
		c.seen[rest[1].at] = true
		rest = rest[2:]
	}
	var columns []node
	if len(rest) > 0 && rest[0].group {
		columns, rest = rest[0].nodes, rest[1:]
	}
	source, conflict, tail := insertParts(rest)

	if r.owned {
		if replaces {
			return fmt.Errorf("REPLACE into %s could overwrite the row of another owner: use ON CONFLICT with owner_id", r.table)
		}
		at := -1
		for i, col := range split(columns, func(n node) bool { return n.sign(",") }) {
			if len(col) == 1 && col[0].named() && col[0].text == ownerColumn {
				at = i
			}
		}
		if at < 0 {
			return fmt.Errorf("insert into %s names no owner_id among its columns", r.table)
		}
		if err := insertsOwner(source, at, r.table); err != nil {
			return err
		}
		if err := c.upsertKeepsOwner(conflict, r); err != nil {
			return err
		}
	}
	if isQuery(source) && !source[0].is("values") {
		if err := c.query(source, outer); err != nil {
			return err
		}
	} else if err := c.inside(source, outer); err != nil {
		return err
	}
	r.bound = true
	around := &scope{refs: []*ref{r}, outer: outer}
	if err := c.inside(conflict, around); err != nil {
		return err
	}
	return c.inside(tail, around)
}

// insertParts cuts what follows the columns at ON CONFLICT and at RETURNING.
func insertParts(nodes []node) (source, conflict, tail []node) {
	source = nodes
	if i := indexOf(source, "returning"); i >= 0 {
		source, tail = source[:i], source[i:]
	}
	for i := range source {
		if source[i].is("on") && i+1 < len(source) && source[i+1].is("conflict") {
			return source[:i], source[i:], tail
		}
	}
	return source, nil, tail
}

// insertsOwner refuses VALUES with an empty owner; an INSERT … SELECT is as good
// as the conditions of its SELECT.
func insertsOwner(source []node, at int, table string) error {
	if len(source) == 0 || !source[0].is("values") {
		if isQuery(source) {
			return nil
		}
		return fmt.Errorf("insert into %s has neither VALUES nor a query", table)
	}
	for _, row := range source[1:] {
		if !row.group {
			continue
		}
		cells := split(row.nodes, func(n node) bool { return n.sign(",") })
		if at >= len(cells) || len(cells[at]) == 0 || !names(cells[at]) {
			return fmt.Errorf("insert into %s has an empty owner_id", table)
		}
	}
	return nil
}

// names reports whether a value can name an owner: not empty, NULL or DEFAULT.
func names(value []node) bool {
	if len(value) != 1 {
		return true // an expression; the column's own check holds it
	}
	n := value[0]
	switch {
	case n.group:
		return true
	case n.kind == tokenString:
		return strings.TrimSpace(n.text) != ""
	}
	return !n.is("null") && !n.is("default")
}

// upsertKeepsOwner accepts ON CONFLICT … DO UPDATE when the conflicting row must
// have the same owner: owner_id is in the conflict target, or the update's own
// condition says table.owner_id = EXCLUDED.owner_id.
func (c *checker) upsertKeepsOwner(conflict []node, r *ref) error {
	do := indexOf(conflict, "do")
	if do < 0 || do+1 >= len(conflict) || !conflict[do+1].is("update") {
		return nil
	}
	if at := indexOf(conflict, "set"); at >= 0 {
		set, _ := clause(conflict, at+1, "where")
		for _, a := range ownerAssignments(set) {
			if value, rest := readColumn(a); value != (column{"excluded", ownerColumn}) || len(rest) > 0 {
				return fmt.Errorf("the upsert into %s may not give a row to another owner", r.table)
			}
		}
	}
	for _, n := range conflict[:do] {
		if n.group && mentions(n.nodes, ownerColumn) {
			return nil
		}
	}
	if where := indexOf(conflict[do:], "where"); where >= 0 && excludedOwner(conflict[do+where+1:], r.alias) {
		return nil
	}
	return fmt.Errorf("the upsert into %s could overwrite the row of another owner: "+
		"put owner_id in the conflict target, or add WHERE %s.owner_id = EXCLUDED.owner_id", r.table, r.alias)
}

func excludedOwner(where []node, alias string) bool {
	for _, part := range conjuncts(where) {
		if len(part) == 1 && part[0].group {
			if excludedOwner(part[0].nodes, alias) {
				return true
			}
			continue
		}
		left, value, ok := equality(part)
		right, rest := readColumn(value)
		if ok && len(rest) == 0 && right.name == ownerColumn &&
			(left.alias == "excluded" && right.alias == alias || right.alias == "excluded" && left.alias == alias) {
			return true
		}
	}
	return false
}
