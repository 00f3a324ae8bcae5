package trading

import (
	"slices"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// plain reports whether the core is fed one feed whose bars are known, of an instrument
// that is worth its units times the price: between two fills its equity follows from the
// closes alone.
func plain(c *Core, config *Config) bool {
	return len(c.feeds) == 1 && len(c.used) == 1 && config.Feeds[0].Series != nil &&
		config.Instruments[config.Feeds[0].Instrument].Kind == market.Spot
}

// quieter returns the instance where bars may be passed without asking it; else nil.
func quieter(c *Core, config *Config) strategy.Quieter {
	if q, ok := c.instance.(strategy.Quieter); ok && c.plain && !config.EveryBar {
		return q
	}
	return nil
}

// expected is about how many moments there will be: the bars of the longest series that
// is known; 0 when none is.
func expected(feeds []FeedConfig) int {
	most := 0
	for i := range feeds {
		if s := feeds[i].Series; s != nil {
			most = max(most, s.Len())
		}
	}
	return most
}

// Walk applies a BarReached event with Decide for each of the times, one after the
// other, and appends the equity after each. It stops after the first that gave
// commands, since what comes of them is an event of its own. It returns the
// lengthened equity and the commands. The events are never made: a backtest of one
// series spends its time here.
//
// Where the instance tells ahead that it would do nothing at the next bars
// (strategy.Quieter) it is not asked: their equity is reckoned in one loop.
func (c *Core) Walk(feed int32, times []int64, equity []exchange.Units) ([]exchange.Units, []Command, error) {
	c.commands = c.commands[:0]
	for len(times) > 0 && len(c.commands) == 0 {
		n := 0
		var err error
		if c.plain && c.warm {
			if c.quiet != nil && len(c.open) == 0 {
				equity, n = c.pass(feed, times, equity)
			}
			if n == 0 {
				equity, n, err = c.ask(feed, times, equity)
			}
			if err != nil {
				return equity, nil, err
			}
		}
		if n == 0 {
			if err := c.reach(feed, times[0]); err != nil {
				return equity, nil, err
			}
			c.moments++
			c.decide(times[0])
			equity, n = append(equity, c.Equity()), 1
		}
		times = times[n:]
	}
	return equity, c.commands, c.fault
}

// ask goes over the next bars and asks the instance at each, until one gives commands;
// an instance that tells ahead where it would do nothing is asked once. It returns how
// many bars it went over. What Apply does for each of them is done for all.
func (c *Core) ask(feed int32, times []int64, equity []exchange.Units) ([]exchange.Units, int, error) {
	f := c.feeds[feed]
	n := min(f.Ahead(), len(times))
	if c.quiet != nil {
		n = min(n, 1)
	}
	if !f.Follows(times[:n]) {
		return equity, 0, nil
	}
	in := &c.instruments[f.InstrumentIndex()]
	if in.fine {
		return equity, 0, nil
	}
	marked, closes := in.marked(), f.ColumnAhead(market.Close, n)
	rest, ok := c.Equity().Sub(in.mark)
	if !ok {
		return equity, 0, ErrLedger
	}
	for i, at := range times[:n] {
		f.Step()
		in.last = closes[i]
		if marked {
			mark, fits := in.value(in, closes[i])
			if !fits || !summable(mark) {
				return equity, i, ErrLedger
			}
			in.mark = mark
			c.equity, _ = rest.Add(mark) // every term is summable
		}
		c.moments++
		c.now = at
		c.orders.Begin(f)
		c.instance.OnBar(c.bar, &c.orders)
		equity = append(equity, c.equity)
		if len(c.orders.Changes()) == 0 {
			continue
		}
		if c.submit(at); len(c.commands) > 0 {
			return equity, i + 1, nil
		}
	}
	return equity, n, nil
}

// pass goes over the next bars of which the instance tells that it would do nothing,
// and returns how many. A bar at which a number would leave its range is not passed:
// the walk comes upon it and says so.
func (c *Core) pass(feed int32, times []int64, equity []exchange.Units) ([]exchange.Units, int) {
	f := c.feeds[feed]
	n := min(c.quiet.Quiet(c.bar, len(times)), f.Ahead(), len(times))
	if n <= 0 {
		return equity, 0
	}
	first := len(equity)
	equity = slices.Grow(equity, n)[:first+n]
	passed := equity[first:]
	in, closes := &c.instruments[f.InstrumentIndex()], f.ColumnAhead(market.Close, n)
	if !in.marked() {
		worth := c.Equity()
		for i := range passed {
			passed[i] = worth
		}
	} else if !c.marks(in, closes, passed) {
		return equity[:first], 0
	} else if err := c.price(in, closes[n-1]); err != nil {
		return equity[:first], 0
	}
	if !f.Skip(times[:n]) {
		return equity[:first], 0
	}
	in.last = closes[n-1]
	c.moments += n
	c.now = times[n-1]
	c.quiet.Pass(c.bar, passed)
	return equity, n
}

// marks fills in the equity at each of some closes, with what is held of one instrument
// and all else as it is. It is false where a number leaves its range.
func (c *Core) marks(in *instrument, closes []int64, equity []exchange.Units) bool {
	rest, ok := c.Equity().Sub(in.mark)
	if !ok || !in.isSmall || in.fine {
		return false
	}
	scaled, fits := in.scaled, true
	equity = equity[:len(closes)]
	for i, price := range closes {
		mark := wide.Mul(scaled, price)
		fits = fits && summable(mark)
		equity[i], _ = rest.Add(mark) // every term is summable
	}
	return fits
}

// roomy gives a full slice more room: as much as it comes to at the end of known bars, if
// it goes on as so far, and at most sixteen times what it has. Long
// runs append for long, and would copy often.
func roomy[T any](c *Core, s []T) []T {
	if len(s) < cap(s) {
		return s
	}
	const least, most = 1024, 16
	room := max(least, len(s))
	if done, total := c.moments, c.expected; done > 0 && total > done && len(s) > 0 {
		atEnd := float64(len(s)) * float64(total) / float64(done)
		room = max(least, int(min(atEnd*1.05-float64(len(s)), most*float64(len(s)))))
	}
	return slices.Grow(s, room)
}
