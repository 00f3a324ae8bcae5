// Package honest looks for what makes a backtest lie: decisions that know the future,
// that hang on where the candles begin, instruments that were chosen because they
// survived, fills that no market would have given, and rules of today in the past.
//
//	report, err := honest.Check(ctx, config, honest.Options{})
//	...
//	for _, f := range report.Findings {
//		fmt.Println(f)
//	}
//
// Check runs the strategy again on altered candles and compares; Inspect looks at a
// result alone. Neither proves that a strategy is honest: they catch what they look
// for, at the moments that they look at.
//
// # What is altered
//
// Look-ahead: at many closes, those with orders first, the strategy is run on candles
// that end there, and on candles that go on as a random walk. What it had decided and
// traded by then must not change.
//
// A strategy in Go can also know its future from elsewhere than its bars, by a variable
// that holds the whole series. Where it is made of the candles, Options.Remake makes it
// anew of the altered ones. Where it is not, Check runs it on a random walk from the
// first candle on: positions that there still go with the real prices give it away.
//
// Warm-up: the strategy is run from later starts. Where its decisions settle down to
// the same, the report says after how many bars; where they do not, they hang on the
// start.
//
// # Repeatable
//
// The cuts and walks come of a seed: the same input gives the same report whatever the
// number of workers. Strategies are run by several goroutines at a time.
package honest
