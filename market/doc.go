// Package market describes what is traded and what happened to its price:
// instruments with the history of their rules, timeframes, candles in columns,
// import from CSV with every fault named, resampling, and a store of series on
// disk. Package source below it reads more kinds of file and asks venues.
//
// # Numbers
//
// Prices and quantities are whole numbers (int64) at a decimal scale that is
// fixed per instrument for all time: with PriceScale 8 the price 48120.5 is
// 4812050000000. Tick, lot and minimum notional are dated rules that orders are
// checked against; they are not the unit of storage, so a venue that changes its
// tick changes no stored number. Conversions to decimal are exact, and a number
// that does not fit is an error where it enters.
//
// # Time
//
// Times are nanoseconds since 1970 in UTC. A candle is named by its open; it is
// known at its close, which is the open of the bucket after it.
//
// # Store
//
// A Store keeps series on disk, compressed without loss. It appends, fills gaps
// and reads stretches; a stored candle is never changed by either, only Put and
// Delete replace. A crash leaves what was there, and a checksum on every block
// tells damage from candles. Files written by the first release are read too.
//
// # Concurrency
//
// An Instrument and a Series are not changed after they are made; any number of
// goroutines may read one.
package market
