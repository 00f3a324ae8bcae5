package backtest_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesttest"
)

func TestMemoryStoreLaws(t *testing.T) {
	t.Parallel()
	backtesttest.Store(t, func(*testing.T) backtest.Store { return &backtest.MemoryStore{} })
}
