package document

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// Change is one difference between two documents.
type Change struct {
	Path   string          `json:"path"`
	Kind   string          `json:"kind"` // "added", "removed" or "changed"
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
}

// Diff tells what changed from one document to another, in the order of paths of the
// canonical form; nothing for equal ones. Lists of one length are compared item by
// item, others are changed as a whole.
func Diff(a, b *Document) []Change { return diff(nil, "", a.canonical, b.canonical) }

func diff(out []Change, path string, a, b json.RawMessage) []Change {
	if bytes.Equal(a, b) {
		return out
	}
	var fieldsA, fieldsB map[string]json.RawMessage
	if objects(a, b) && json.Unmarshal(a, &fieldsA) == nil && json.Unmarshal(b, &fieldsB) == nil {
		names := slices.Collect(maps.Keys(fieldsA))
		for name := range fieldsB {
			if _, both := fieldsA[name]; !both {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			before, inA := fieldsA[name]
			after, inB := fieldsB[name]
			at := join(path, name)
			switch {
			case !inA:
				out = append(out, Change{Path: at, Kind: "added", After: after})
			case !inB:
				out = append(out, Change{Path: at, Kind: "removed", Before: before})
			default:
				out = diff(out, at, before, after)
			}
		}
		return out
	}
	var listA, listB []json.RawMessage
	if json.Unmarshal(a, &listA) == nil && json.Unmarshal(b, &listB) == nil && len(listA) == len(listB) {
		for i := range listA {
			out = diff(out, fmt.Sprintf("%s[%d]", path, i), listA[i], listB[i])
		}
		return out
	}
	return append(out, Change{Path: path, Kind: "changed", Before: a, After: b})
}

func objects(a, b json.RawMessage) bool {
	return len(a) > 0 && len(b) > 0 && a[0] == '{' && b[0] == '{'
}
