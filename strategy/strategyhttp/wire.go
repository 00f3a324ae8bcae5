package strategyhttp

import "github.com/google/wire"

// Set provides the routes of a *library.Service, from its Config.
var Set = wire.NewSet(New)
