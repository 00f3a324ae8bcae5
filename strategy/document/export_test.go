package document

import "github.com/tradekeel/tradekeel/strategy/indicator"

// Operators are the names of all operators but on.
func Operators() []string {
	var out []string
	for _, o := range operators() {
		out = append(out, o.name)
	}
	return out
}

// Kinds are all indicators that a document may name.
func Kinds() []*indicator.Kind { return kinds() }
