// Package tradekeel is the keel under a trading-bot platform.
//
// This package holds what every domain speaks and nothing else: the kinds of
// error, the ids of users, paging, the acting person and the transaction. It
// imports the standard library only.
//
// # Map of packages
//
//   - money: exact amounts in a currency
//   - i18n: texts with translations, messages for a catalogue
//   - market: instruments and the history of their rules, candles, series, import, resampling
//   - exchange: orders, fills, fees; exchange/matching simulates a venue
//   - strategy: what a strategy is; strategy/indicator; strategy/templates
//   - trading: the core; events in, commands out; positions and the ledger
//   - backtest: feeds the core from stored candles; stores and serves runs
//   - stats: figures of merit under named conventions
//   - report: the result as a page that opens without a network
//   - bundb: transactions, owner scoping and migrations over bun, for SQLite and PostgreSQL
//   - platform: the assembly
//
// How to find a thing: a noun is a folder; its rules are in service.go; its SQL
// in <noun>sql; its URLs in <noun>http; its promises in <noun>test; how to use
// it in example_test.go.
package tradekeel
