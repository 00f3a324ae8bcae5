package backtestsql

import (
	"github.com/google/wire"

	"github.com/tradekeel/tradekeel/backtest"
)

// Set provides the store of backtests over a *bundb.DB.
var Set = wire.NewSet(New, wire.Bind(new(backtest.Store), new(*Store)))
