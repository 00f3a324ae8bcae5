// Package book keeps order books: what is bid and asked for an instrument at each
// price, brought up to date by the messages of a venue.
//
// # The book
//
// A Book is two sorted sides of levels in the stored integers of its instrument.
// Apply changes levels by a Diff: a quantity replaces the one that was there, and
// zero removes the level. An update allocates nothing once the sides have grown.
// An update that is refused changes nothing.
//
// # Following a venue
//
// A stream of diffs means something only without a hole. Binance, Kraken and Bybit
// follow their venues' rules: which diffs belong to a snapshot, which number must
// come next, which checksum must hold. A hole, a wrong checksum or a crossed book
// is an error of its own name, and NeedsSnapshot is true of it: the book is then
// empty, since a book that is behind the market must not be traded on, and stays
// empty until a snapshot is given.
//
// Venues decode their messages and fill Level and Diff; market.Instrument has
// ParsePrice and ParseQuantity for it. ReadTardis decodes recorded books.
//
// A Book and its follower are for one goroutine.
package book
