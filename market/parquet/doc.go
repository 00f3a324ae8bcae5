// Package parquet exchanges candles with other programs as Parquet files:
// notebooks, query engines, archives. The store of package market stays the
// place where candles live; docs/decisions/0009 compares the two.
//
// # What is written
//
// Six required columns: time as TIMESTAMP in nanoseconds UTC, the open of each
// candle; open, high, low, close as DECIMAL(18, the instrument's PriceScale) and
// volume as DECIMAL(18, VolumeScale), all on INT64, so that every number is
// exact. They are packed as deltas and compressed with Zstandard. The metadata
// holds the instrument with its rules, the timeframe and the scale of volumes as
// JSON under the key "tradekeel.candles". What Write writes, Read gives back
// equal; Series.Parts is left out.
//
// # What is read
//
// Files of other programs too, with columns named time (or timestamp, date,
// open_time, datetime), open, high, low, close and volume in any case and order,
// required or optional. Further columns are passed over. A null is an error.
//
//   - Times: TIMESTAMP of any unit, DATE, or INT64 and INT32 without a type:
//     seconds, milliseconds, microseconds or nanoseconds since 1970, told apart by
//     the size of the first.
//   - Prices and volumes: DECIMAL on INT32 and INT64, whole numbers, and FLOAT and
//     DOUBLE. A decimal must fit the scale without loss. A float is the shortest
//     decimal number that reads back as that float, rounded to the scale, ties to
//     even: 0.1 is 0.1 and not 0.1000000000000000055.
//
// The result is validated as every series is. A file that is damaged, hostile or
// of another shape is an Invalid error. What a file claims of the size of a page
// is memory that the library takes: a process that reads files of strangers
// bounds its memory.
package parquet
