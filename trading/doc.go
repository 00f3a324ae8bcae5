// Package trading is the core: events in, commands out.
//
// A Core holds one strategy instance with its bars, its orders, its positions
// and its ledger. It is told what happened by Apply, one event at a time, and
// answers with what is to be done. It has no clock, no network and no chance:
// the same events give the same commands, so that a backtest, a paper bot and a
// live bot run the same code and a recorded run can be replayed.
//
// # Numbers
//
// Everything is in whole numbers: prices and quantities at the instrument's
// scales, money in ledger units of 10^-18, 128 bits wide. A fill is posted to
// the ledger as entries that add up to zero in every asset. An average price is
// never stored, only quantity and cost.
//
// A fill of a spot instrument moves base and quote; one of a perpetual moves the profit
// of what it closed, in the currency that it settles in. Fees in another currency are
// posted in that, and told in the settlement currency at the price of their time. What is
// left of a position by a fee in base, and is too small to be traded, ends the round trip.
//
// # Order of events
//
// A bar arrives at its close. The event that completes a moment carries Decide;
// then, and only then, the instance is asked, once. Reports of a venue are
// applied as they come.
//
// A Core is for one goroutine.
package trading
