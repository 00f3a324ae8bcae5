// Package exchange holds what every venue speaks: orders, how their size is
// stated, reports of what became of them, fills and fees.
//
// The types here are those of the trading core: whole numbers at the scales of
// the instrument (see package market), amounts of money at LedgerScale, times in
// nanoseconds UTC, and an instrument by its index in the table of the run.
// Nothing here does input or output.
package exchange
