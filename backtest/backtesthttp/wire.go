package backtesthttp

import "github.com/google/wire"

// Set provides the routes of a *backtest.Service, from its Config.
var Set = wire.NewSet(New)
