package strategysql_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/dbtest"
	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/strategysql"
	"github.com/tradekeel/tradekeel/strategy/strategytest"
)

func TestLaws(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		if err := strategysql.Migrate(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		strategytest.Store(t, func(*testing.T) library.Store { return strategysql.New(db) })
	})
}
