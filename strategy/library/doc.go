// Package library keeps the strategies of users: documents of package
// strategy/document with a name, an owner and the history of their versions.
//
// # Versions
//
// Versions of a strategy are numbered 1, 2, 3, … without holes. A version that was
// used, by a backtest or a bot, stays as it is for ever, so that a result can
// always be told from its strategy and its number. One that was never used is a
// draft: saving replaces it. Service.Save says the rule whole.
//
// Every save names what it was based on. When somebody else saved meanwhile, in
// another window or on another machine, it is a Conflict and nothing is lost.
//
// # Life
//
// Create or clone → save → use → save the next → delete. What was used is archived by a
// delete and can be restored; what was never used is removed.
//
// # What plugs in
//
// A Store keeps the rows: MemoryStore here, SQLite and PostgreSQL in strategysql;
// the laws are in strategytest. Candles are needed by Explain alone. strategyhttp
// serves all of it.
package library
