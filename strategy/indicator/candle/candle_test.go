package candle_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
	"github.com/tradekeel/tradekeel/strategy/indicator/indicatortest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	indicatortest.Laws(t, candle.Kinds())
}

func TestNoAllocation(t *testing.T) { indicatortest.NoAllocation(t, candle.Kinds()) }

func TestKinds(t *testing.T) {
	t.Parallel()
	indicatortest.Catalogue(t, candle.Kinds(), candle.Lookup)
	if len(candle.All()) != 61 {
		t.Errorf("there are %d patterns, TA-Lib has 61", len(candle.All()))
	}
}
