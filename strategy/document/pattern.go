package document

import (
	"slices"

	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
)

// kinds are all indicators that a document may name, those of candle patterns last.
func kinds() []*indicator.Kind { return slices.Concat(indicator.Kinds(), candle.Kinds()) }

// lookup finds an indicator by its name.
func lookup(name string) (*indicator.Kind, bool) {
	if k, ok := indicator.Lookup(name); ok {
		return k, true
	}
	return candle.Lookup(name)
}

// patternKind finds a candle pattern by its name, or returns the known ones.
func patternKind(name string) (*indicator.Kind, []string) {
	if k, ok := candle.Pattern(name).Kind(); ok {
		return k, nil
	}
	var known []string
	for _, p := range candle.All() {
		known = append(known, string(p))
	}
	return nil, known
}
