package backtestsql_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtestsql"
	"github.com/tradekeel/tradekeel/backtest/backtesttest"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		if err := backtestsql.Migrate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		backtesttest.Store(t, func(*testing.T) backtest.Store { return backtestsql.New(db) })
	})
}
