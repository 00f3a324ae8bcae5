package document

import (
	"bytes"
	"encoding/json"
)

// ChangeKind says what became of a part of a document.
type ChangeKind string

// The kinds of change.
const (
	Added   ChangeKind = "added"
	Removed ChangeKind = "removed"
	Changed ChangeKind = "changed"
)

// Change is one difference between two documents.
type Change struct {
	// Path is where the part stands, written as in the faults of Parse: where it stood
	// before if it was removed, else where it stands after.
	Path string     `json:"path"`
	Kind ChangeKind `json:"kind"`
	// Before and After are the part in canonical form; nil where there is none.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// String is the change for people: "changed stop.percent: 2 → 3".
func (c Change) String() string {
	text := string(c.Kind) + " " + c.Path + ": "
	switch c.Kind {
	case Added:
		return text + string(c.After)
	case Removed:
		return text + string(c.Before)
	default:
		return text + string(c.Before) + " → " + string(c.After)
	}
}

// Diff returns what changed from a to b, in the order in which the parts stand, the
// members of an object by name. There is none if, and only if, both have one Hash.
// Items of lists are aligned, so that a condition put between others is one change. An
// operator in the place of another changed as a whole, its arguments with it.
//
// The changes explain all of the difference: what is removed from a by the paths in it,
// last first, what is then added in order, and what is then put in the place of what
// changed give b. Diff(b, a) is the same in reverse, each change by its other end.
func Diff(a, b *Document) []Change {
	d := differ{texts: map[*value]string{}}
	// Of several alignments that are as short the same one is found both ways.
	if bytes.Compare(a.canonical, b.canonical) > 0 {
		d.values(b.root, a.root)
		for i := range d.found {
			d.found[i].before, d.found[i].after = d.found[i].after, d.found[i].before
		}
	} else {
		d.values(a.root, b.root)
	}
	changes := make([]Change, len(d.found))
	for i, f := range d.found {
		changes[i] = d.change(f)
	}
	return changes
}

// difference is two parts of which one took the place of the other; nil is nothing.
type difference struct{ before, after *value }

type differ struct {
	found []difference
	texts map[*value]string // in canonical form
}

func (d *differ) change(f difference) Change {
	switch {
	case f.before == nil:
		return Change{Path: f.after.path, Kind: Added, After: json.RawMessage(d.text(f.after))}
	case f.after == nil:
		return Change{Path: f.before.path, Kind: Removed, Before: json.RawMessage(d.text(f.before))}
	default:
		return Change{f.after.path, Changed, json.RawMessage(d.text(f.before)), json.RawMessage(d.text(f.after))}
	}
}

func (d *differ) text(v *value) string {
	text, ok := d.texts[v]
	if !ok {
		var b bytes.Buffer
		v.canonical(&b)
		text = b.String()
		d.texts[v] = text
	}
	return text
}

func (d *differ) add(before, after *value) { d.found = append(d.found, difference{before, after}) }

// values compares two that stand in the same place.
func (d *differ) values(a, b *value) {
	switch {
	case d.text(a) == d.text(b):
	case a.kind == object && b.kind == object && !replaced(a, b):
		d.members(a, b)
	case a.kind == list && b.kind == list && len(a.items) > 0 && len(b.items) > 0:
		d.items(a.items, b.items)
	default:
		d.add(a, b)
	}
}

// replaced reports whether one operator stands in the place of another: objects of one
// member that differs, where members are not names of the author's own.
func replaced(a, b *value) bool {
	return len(a.names) == 1 && len(b.names) == 1 && a.names[0] != b.names[0] &&
		a.path != "params" && a.path != "let" && a.path != ""
}

func (d *differ) members(a, b *value) {
	inA, inB := a.sorted(), b.sorted()
	for len(inA) > 0 || len(inB) > 0 {
		switch {
		case len(inB) == 0 || len(inA) > 0 && a.names[inA[0]] < b.names[inB[0]]:
			d.add(a.items[inA[0]], nil)
			inA = inA[1:]
		case len(inA) == 0 || a.names[inA[0]] > b.names[inB[0]]:
			d.add(nil, b.items[inB[0]])
			inB = inB[1:]
		default:
			d.values(a.items[inA[0]], b.items[inB[0]])
			inA, inB = inA[1:], inB[1:]
		}
	}
}

// items aligns two lists with the least effort, by the method of Wagner and Fischer
// ("The String-to-String Correction Problem", 1974), where a pair costs the less the
// more alike it is.
func (d *differ) items(a, b []*value) {
	for len(a) > 0 && len(b) > 0 && d.text(a[0]) == d.text(b[0]) {
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && d.text(a[len(a)-1]) == d.text(b[len(b)-1]) {
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	width := len(b) + 1
	cost := make([]int32, (len(a)+1)*width) // from a[i:], b[j:] to the end
	for i := len(a); i >= 0; i-- {
		for j := len(b); j >= 0; j-- {
			at := i*width + j
			switch {
			case i == len(a):
				cost[at] = int32(len(b)-j) * alone
			case j == len(b):
				cost[at] = int32(len(a)-i) * alone
			default:
				cost[at] = min(cost[at+width+1]+d.unlike(a[i], b[j]), cost[at+width]+alone, cost[at+1]+alone)
			}
		}
	}
	for i, j := 0, 0; i < len(a) || j < len(b); {
		at := i*width + j
		switch {
		case i < len(a) && j < len(b) && cost[at] == cost[at+width+1]+d.unlike(a[i], b[j]):
			d.values(a[i], b[j])
			i, j = i+1, j+1
		case i < len(a) && cost[at] == cost[at+width]+alone:
			d.add(a[i], nil)
			i++
		default:
			d.add(nil, b[j])
			j++
		}
	}
}

// What it costs that two items are a pair, or that an item has none. Two that are
// nothing alike still are a pair: that is one change, not two.
const (
	alone        = 4
	sameOperator = 4
	sameKind     = 6
	otherKind    = 7
)

func (d *differ) unlike(a, b *value) int32 {
	switch {
	case d.text(a) == d.text(b):
		return 0
	case a.kind != b.kind:
		return otherKind
	case a.kind != object || len(a.names) != 1 || len(b.names) != 1 || a.names[0] != b.names[0]:
		return sameKind
	}
	// The more arguments are the same, the more alike.
	x, y := a.items[0], b.items[0]
	if x.kind != list || y.kind != list {
		return sameOperator
	}
	same := int32(0)
	for i := range min(len(x.items), len(y.items), sameOperator-1) {
		if d.text(x.items[i]) == d.text(y.items[i]) {
			same++
		}
	}
	return sameOperator - same
}
