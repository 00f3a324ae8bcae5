package strategysql

import (
	"github.com/google/wire"

	"github.com/tradekeel/tradekeel/strategy/library"
)

// Set provides the store of strategies over a *bundb.DB.
var Set = wire.NewSet(New, wire.Bind(new(library.Store), new(*Store)))
