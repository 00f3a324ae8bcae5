// Package backtest runs a strategy over stored candles and keeps the results.
//
// Run feeds the trading core with the bars of one series or several, lets its
// orders meet the simulated venue of exchange/matching, and returns the round
// trips, the equity at every bar and the figures of package stats:
//
//	result, err := backtest.Run(ctx, backtest.Config{
//		Strategy: smacross.Strategy,
//		Data:     []*market.Series{candles},
//		Cash:     money.MustParse("10000 USDT"),
//		Fees:     exchange.FlatFee(decimal.RequireFromString("0.001")),
//	})
//
// # The clock
//
// A bar arrives at its close, and there the strategy decides. A market order
// decided at a close fills at the open of the next bar of its instrument; one
// decided at the last close never fills. With several series, bars that close at
// the same time arrive shorter timeframe first, then in the order of Data, and
// the strategy is asked once, after the last of them. Orders are filled on the
// shortest series of their instrument. A position that is open at the end stays
// open: it is marked in the equity, is in Result.Open and in no round trip.
//
// Between two closes come, in this order: bars that open, by their time; the rest of the
// bars that close at the moment, by Config.Model, stamped with their last nanosecond;
// transfers, actions, mark prices, funding and interest that are due by then.
//
// # Accounts
//
// Config.Account is spot, margin or futures; see exchange.Terms. The core keeps books of
// its own, and a run whose books differ from the venue's, in a balance or a position, is
// an error and no result. What moved balances beside fills is in Result.Movements; where
// money came or went, the figures are of the growth weighted by time.
//
// # Trades and books
//
// Orders may be filled on recorded trades and order books in place of bars, with their
// place in the queue. Whoever has trades alone makes the candles of them:
//
//	ticks, err := source.ReadTicksFile("trades.csv.gz", market.CSVOptions{Instrument: btc})
//	candles, err := source.AggregateTicks(ticks, market.S1)
//	config.Data, config.Ticks = []*market.Series{candles}, []*market.Ticks{ticks}
//
// Books are a book.Recording, or any other book.Feed. One of the files of Tardis:
//
//	books, err := book.NewRecording(btc, 20)
//	err = book.ReadTardis(file, btc, func(m *book.TardisMessage) error {
//		return books.Add(m.Time, m.Snapshot, m.Diff)
//	})
//	config.Books = []book.Feed{books}
//
// Config.Ticks says in what order they come.
//
// # Stored runs
//
// Service starts, follows, cancels and keeps runs for their owners, over a Store
// (memory here, SQLite and PostgreSQL in backtestsql; the laws are in
// backtesttest).
package backtest
