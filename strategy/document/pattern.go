package document

import (
	"strings"

	"github.com/tradekeel/tradekeel/strategy/indicator"
)

const patternPrefix = "cdl_"

// patternKind finds a candle pattern by its name, or returns the known ones.
func patternKind(name string) (*indicator.Kind, []string) {
	if k, ok := indicator.Lookup(patternPrefix + name); ok {
		return k, nil
	}
	var known []string
	for _, k := range indicator.Kinds() {
		if short, ok := strings.CutPrefix(k.Name, patternPrefix); ok {
			known = append(known, short)
		}
	}
	return nil, known
}
