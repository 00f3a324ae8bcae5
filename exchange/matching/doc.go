// Package matching simulates a venue for one account: it takes orders of every type,
// holds balances and positions, and fills the orders on bars, trades or books. It does
// no input or output, reads no clock and uses no chance, so that the backtest, paper
// trading and the sandbox fill by the same rules.
//
// # Market orders
//
// On bars a market order trades at the open of the first bar that begins at or after
// its arrival, at that very price, or worse by the model's spread and slippage. Its
// quantity is cut down to the lot of that date (or to the instrument's smallest unit
// where no lot is known); an order below the venue's minimum or above its maximum of
// that date, or above what the account can pay, is rejected with the reason.
//
// # Orders with a price
//
// Limit and trigger must be on the tick when the order is sent. A size that is known
// then, ByQuantity, and ByQuote with a limit, is cut and checked then; others at the
// fill. A limit order that is better than the price when it comes to the market trades
// at that price, as a taker; one that rested trades at its own limit, as a maker, even
// where an open is beyond: in a book it was there before. A trigger is reached by a
// touch. A stop that an open is beyond trades at the open. A stop that is sent on the
// wrong side of the last price is refused, where that price is of that very moment (see
// Engine.Last). IOC and FOK end at the first price that is met. GTD ends before a bar
// in which its time ends.
//
// # Inside a bar
//
// A bar is walked from the open over both extremes to the close, and orders are met on
// the way, the nearest first, in the order of submission where two are at one price.
// The model's Path says which extreme comes first. Orders that become active on the way
// are met on the rest of it. A market order that a trigger made and that found no more
// volume waits for the next open.
//
// # Money
//
// Notionals are exact; those of inverse contracts, and of contract sizes with more
// decimals than the scales hold, are rounded to the nearest unit of 10^-18. Fees and
// initial margins are rounded up, funding and interest against the account, a share of
// a cost or margin to the nearest, each once.
//
// A spot account locks the quote of a resting purchase, with the highest fee there is,
// and the base of a resting sale; a group locks once. Its balances never go below zero.
// A margin account may owe: what it may borrow by currency, and in all its equity ×
// (leverage − 1) at last prices; it is liquidated as a whole. A futures account reserves
// nothing for resting orders; a fill that opens needs initial margin and fee out of what
// is free. Its balance may be below zero only while unrealised profit under cross margin
// covers that. A liquidation closes the position at the first price that is not safe,
// in full; venues that close in steps leave more.
//
// An Engine is for one goroutine.
package matching
