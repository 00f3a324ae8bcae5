package backtest

import (
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/trading"
)

// Chained is runs that followed each other, taken as one.
type Chained struct {
	Cash   money.Amount    // of the first run
	Trades []trading.Trade // round trips that ended; moments count from the start of their run
	Equity Equity
	Stats  stats.Stats
}

// Final returns the equity at the end.
func (c *Chained) Final() money.Amount {
	return money.New(exchange.FromUnits(c.Equity.Units[len(c.Equity.Units)-1]), c.Cash.Currency)
}

// Chain takes runs as one: each must begin after the one before has ended, with the
// equity that it ended with. A position that a run left open is counted at its last
// close; no fee for leaving it is taken. The zero convention is stats.Crypto365. Its
// errors are Invalid.
func Chain(convention stats.Convention, results ...*Result) (*Chained, error) {
	if len(results) == 0 {
		return nil, tradekeel.Invalidf("results", "there are none")
	}
	c := &Chained{Cash: results[0].Cash}
	in := stats.Input{From: results[0].Stats.From.UnixNano()}
	for i, r := range results {
		n, units := len(r.Equity.Times), len(c.Equity.Units)
		start, err := exchange.ToUnits("cash", r.Cash.Value)
		switch {
		case err != nil:
			return nil, err
		case n == 0:
			return nil, tradekeel.Invalidf("results", "run %d has no bars", i)
		case i == 0:
			in.Start = start
		case r.Cash.Currency != c.Cash.Currency || start != c.Equity.Units[units-1]:
			return nil, tradekeel.Invalidf("results", "run %d begins with %s, the one before ended with %s", i, r.Cash, c.Final())
		case r.Stats.From.UnixNano() < c.Equity.Times[units-1]:
			return nil, tradekeel.Invalidf("results", "run %d begins at %s, the one before ended at %s", i,
				r.Stats.From.Format(time.RFC3339), time.Unix(0, c.Equity.Times[units-1]).UTC().Format(time.RFC3339))
		}
		c.Equity.Times = append(c.Equity.Times, r.Equity.Times...)
		c.Equity.Units = append(c.Equity.Units, r.Equity.Units...)
		c.Trades = append(c.Trades, r.Trades...)
		for _, open := range r.Open {
			in.OpenBars += n - open.EntryMoment
		}
	}
	in.Times, in.Equity, in.End = c.Equity.Times, c.Equity.Units, c.Equity.Units[len(c.Equity.Units)-1]
	in.Trades = statsTrades(c.Trades)
	var err error
	c.Stats, err = stats.Compute(convention, in)
	return c, err
}
