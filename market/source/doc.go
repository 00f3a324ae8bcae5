// Package source says where candles come from: files of several kinds, trades,
// and venues. What it reads it checks, and what it finds it reports; it never
// guesses between two readings of a file, and it never changes a candle that is
// stored.
//
// # Files
//
// Import reads any number of files of one series into a Store, oldest first:
//
//   - CSV of candles in the layouts of market.CheckCSV, also packed with gzip;
//   - JSON arrays as freqtrade and Binance have them, see CheckArrays;
//   - the archives of Binance Vision, of candles, aggTrades and trades, of a month or
//     a day, of spot, USD-M and COIN-M: BTCUSDT-1m-2024-01.zip;
//   - CSV of trades, see CheckTrades.
//
// The name of an archive of Vision says symbol, timeframe and period, and each is
// held against the contents. Spot archives have milliseconds up to 2024 and
// microseconds from 2025 on: the unit follows from the size of the numbers, is one
// for a file, and stands in the report. A .CHECKSUM file beside an archive is
// verified. Packed files may not unpack to more than Options.MaxUnpacked or to more
// than 200 times their size.
//
// # Going on
//
// There is no file of progress: the state of an import or a download is what the
// store holds. An import that was cancelled or killed is begun again with the same
// call. A file is then passed by when the store holds as many candles between the
// file's first and last one as the file has rows, and those two agree in every
// value; to see this a packed file is unpacked and its lines are counted, but they
// are not read. For a file of trades the store must hold its first and last bucket
// with the same first and last price and no gap between. Any other file is read in
// full and compared: equal candles are counted, missing ones are added, and one
// that differs makes the file a problem that names both sides. Options.Recheck
// reads everything in full.
//
// # Venues
//
// Download brings a Store up to date with a venue that implements Candles. For a
// venue this means one HTTP request for one call:
//
//   - ask for the timeframe from Request.From up to but without Request.To, at most
//     Limit candles, and return them oldest first; a venue that sends the newest
//     first turns them round;
//   - parse prices and volumes as decimals, never as floats;
//   - set Page.Until where the venue answers for a span of time instead of a number
//     of candles;
//   - make errors with tradekeel.Unavailable for no answer, a time-out, a 5xx and a
//     cut body, with tradekeel.Exhausted inside LimitError for 429 and 418 with the time
//     of Retry-After, and with tradekeel.Invalid for what the venue will always refuse;
//   - give each request a time-out of its own.
//
// Paging, the rate, waiting, asking again and gaps are Download's. A candle is
// stored once it has been closed for DownloadOptions.Settle.
//
// # Concurrency
//
// One series has one writer: two imports or downloads of the same key at once are
// the caller's to prevent. Of different keys any number may run.
package source
