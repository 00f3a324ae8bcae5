package library_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/strategytest"
)

func TestMemoryLaws(t *testing.T) {
	t.Parallel()
	strategytest.Store(t, func(*testing.T) library.Store { return &library.MemoryStore{} })
}
