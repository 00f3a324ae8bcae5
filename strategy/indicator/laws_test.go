package indicator_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/indicatortest"
)

// What tests of this package try indicators on.
var (
	columns = indicatortest.Columns
	pick    = indicatortest.Pick
	outputs = indicatortest.Outputs
	batch   = indicatortest.Batch
	same    = indicatortest.Same
	cut     = indicatortest.Cut
)

func TestLaws(t *testing.T) {
	t.Parallel()
	indicatortest.Laws(t, indicator.Kinds())
}

func TestNoAllocation(t *testing.T) { indicatortest.NoAllocation(t, indicator.Kinds()) }

func TestKinds(t *testing.T) {
	t.Parallel()
	indicatortest.Catalogue(t, indicator.Kinds(), indicator.Lookup)
}
