// Package universe chooses instruments: an ordered list of filters, evaluated as of
// a moment over what was known by then.
//
// # What was known
//
// Select uses only candles that closed by its moment and quotes that were there by
// then, so that later ones never change an earlier selection. An instrument is in
// the universe from its listing to its delisting: one that is gone today is chosen
// in the past as it would have been, which keeps survivors from looking good.
//
// # Filters
//
// Filters run in order, and each sees what those before it left. A figure that
// cannot be computed passes no filter. Candidates begin in the order of venue and
// symbol, whatever order they were given in; Top puts them in the order of its
// figure, where equals stay as they were.
//
// A universe is data: Parse reads its JSON form strictly, and a Selection says of
// each instrument which filter dropped it and by which figure.
//
// Values are not changed once made; any number of goroutines may share them.
package universe
