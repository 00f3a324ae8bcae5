package document

import (
	"math"
	"time"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// A document whose rules are told by the candles of its own series alone knows ahead
// where they hold. Between two such closes there is nothing to do but to look whether
// a candle touched a stop, a target or a trail, and to keep count.
//
// Everything here comes to the bits of OnBar. A level is turned once into the whole
// units of a price by the comparison that OnBar makes, which is monotone in the price.

// watchful reports whether OnBar must look at each close, since something other than
// the candles of the main series decides.
func (i *instance) watchful() bool {
	return i.bound.run != nil || len(i.bound.axes) > 1 || i.document.ladder != nil
}

// Quiet implements strategy.Quieter.
func (i *instance) Quiet(b strategy.Bar, most int) int {
	if i.bars == 0 || i.watchful() {
		return 0
	}
	most = min(most, i.feed.Ahead())
	held := b.PositionOf(i.feed)
	if held.Flat() {
		for side := range sideNames {
			most = i.until(ruleEnterLong+2*side, 0, most)
		}
		return most
	}
	if !i.position.open {
		return 0
	}
	side := sideOf(held)
	l := i.levelsOf(side, held)
	most = i.inTime(held, most)
	// In steps that grow: where a stop ends a position soon, what lies far ahead is not
	// looked at again and again.
	for from, step := 0, 32; ; step *= 2 {
		end := min(from+step, most)
		quiet := i.until(ruleExitLong+2*side, from, end)
		if quiet = l.untouched(i, from, quiet); quiet < end || end == most {
			return quiet
		}
		from = end
	}
}

// until returns the first of the next bars, from one on, at which a rule holds; end
// where it holds at none before.
func (i *instance) until(rule, from, end int) int {
	line := i.bound.rules[rule].line
	if line == nil { // there is no such rule
		return end
	}
	for k, v := range line.Ahead(end)[from:] {
		if math.Float64bits(v) == yes {
			return from + k
		}
	}
	return end
}

// inTime returns how many of the next bars, most at most, come before time ends a
// position.
func (i *instance) inTime(held strategy.Position, most int) int {
	x := &i.document.exits
	if n := x.bars.in(i.values); n > 0 {
		most = min(most, max(0, int(math.Ceil(n))-i.position.bars-1))
	}
	if h := x.hours.in(i.values); h > 0 {
		entered, low := held.EntryTime(), 0
		closes := i.feed.ClosesAhead(most)
		for low < most { // the hours rise from close to close
			if middle := (low + most) / 2; hoursSince(entered, closes[middle]) >= h {
				most = middle
			} else {
				low = middle + 1
			}
		}
	}
	return most
}

func hoursSince(entered time.Time, at int64) float64 {
	return float64(at-entered.UnixNano()) / float64(time.Hour)
}

// levels are the prices that end a position, in whole units: a bar whose low is at or
// below low, or whose high is at or above high, is looked at by OnBar.
type levels struct {
	low, high int64
	side      int
	price     float64 // of the entry
	trailed   bool
}

// levelsOf returns the levels of the position at hand. Where a level is too large for
// its units to be told apart, every bar is looked at.
func (i *instance) levelsOf(side int, held strategy.Position) levels {
	l := levels{low: math.MinInt64, high: math.MaxInt64, side: side}
	x := &i.document.exits
	if !x.priced() {
		return l
	}
	l.price = held.EntryPrice()
	l.trailed = x.trail.kind != levelNone
	stop, target := i.stopAt(side, l.price), i.targetAt(side, l.price)
	below, above := stop, target
	if side == short {
		below, above = target, stop
	}
	unit := float64(wide.Pow10(i.feed.Instrument().PriceScale))
	l.low, l.high = atOrBelow(below, unit), atOrAbove(above, unit)
	return l
}

// distinct is the size up to which whole units of a price are told apart as floats.
const distinct = 1 << 52

// atOrBelow returns the largest price in whole units that as a float is at or below a
// level: none for no level, and every price where units are not told apart.
func atOrBelow(level, unit float64) int64 {
	switch near := math.Floor(level * unit); {
	case math.IsNaN(level):
		return math.MinInt64
	case !(math.Abs(near) < distinct):
		return math.MaxInt64
	default:
		units := int64(near)
		for float64(units)/unit > level {
			units--
		}
		for float64(units+1)/unit <= level {
			units++
		}
		return units
	}
}

// atOrAbove returns the smallest price in whole units that as a float is at or above a
// level, as atOrBelow.
func atOrAbove(level, unit float64) int64 {
	switch near := math.Ceil(level * unit); {
	case math.IsNaN(level):
		return math.MaxInt64
	case !(math.Abs(near) < distinct):
		return math.MinInt64
	default:
		units := int64(near)
		for float64(units)/unit < level {
			units++
		}
		for float64(units-1)/unit >= level {
			units--
		}
		return units
	}
}

// untouched returns the first of the next bars, from one on, that touches a level; end
// where none before does.
func (l *levels) untouched(i *instance, from, end int) int {
	if l.low != math.MinInt64 || l.high != math.MaxInt64 {
		low, high := i.feed.ColumnAhead(market.Low, end)[from:], i.feed.ColumnAhead(market.High, end)[from:]
		high = high[:len(low)]
		for k, price := range low {
			if price <= l.low || high[k] >= l.high {
				end = from + k
				break
			}
		}
	}
	if l.trailed {
		return l.untrailed(i, end)
	}
	return end
}

// untrailed returns how many of the next bars, end at most, come before the first whose
// close is past the trail.
func (l *levels) untrailed(i *instance, end int) int {
	line := i.bound.rules[ruleTrail].line
	best, unit := i.position.best, float64(wide.Pow10(i.feed.Instrument().PriceScale))
	for k, units := range i.feed.ColumnAhead(market.Close, end) {
		closing, away := float64(units)/unit, unknown
		best = bestOf(l.side, best, closing)
		if line != nil {
			away = line.Ahead(end)[k]
		}
		if trail := i.trailFrom(l.side, l.price, best, away); i.signed(l.side, closing-trail) <= 0 {
			return k
		}
	}
	return end
}

// Pass implements strategy.Quieter.
func (i *instance) Pass(b strategy.Bar, equity []exchange.Units) {
	n := len(equity)
	i.bar = b
	held := b.PositionOf(i.feed)
	closes := i.feed.ClosesOf(n)
	i.decision = decision{at: closes[n-1], action: "hold"}
	if i.position.open && held.Flat() {
		i.guard.ended(i.bars+1, worthOf(equity[0]) < i.position.equity)
		i.position = position{}
	}
	if i.position.open {
		i.position.bars += n
		if i.document.exits.trail.kind != levelNone { // nothing else here asks for it
			side := sideOf(held)
			unit := float64(wide.Pow10(i.feed.Instrument().PriceScale))
			best := i.position.best
			for _, units := range i.feed.Column(market.Close, n) {
				best = bestOf(side, best, float64(units)/unit)
			}
			i.position.best = best
		}
	}
	if g := &i.guard; g.drawdown > 0 || g.dailyLoss > 0 {
		for k, u := range equity {
			g.close(i.bars+1+k, closes[k], worthOf(u))
		}
	} else { // what it remembers of the closes before is the day alone
		g.close(i.bars+n, closes[n-1], worthOf(equity[n-1]))
	}
	i.bars += n
	if !held.Flat() {
		return
	}
	i.decision.action = "no entry"
	for side := range sideNames {
		if line := i.bound.rules[ruleEnterLong+2*side].line; line != nil && i.guard.reset {
			for _, v := range line.Last(n) {
				i.guard.seen(side, v)
			}
		}
	}
}

// worthOf is strategy.Bar.EquityValue of an amount.
func worthOf(u exchange.Units) float64 { return u.Float64() / 1e18 }
