package trading

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy"
)

// Listens reports whether the instance wants to know of trades of others, and of books.
func (c *Core) Listens() (trades, books bool) { return c.onTrade != nil, c.onBook != nil }

// hear tells the instance of a trade of others, or of a book, once it has been asked at
// a close.
func (c *Core) hear(ev *Event) error {
	if ev.Instrument < 0 || int(ev.Instrument) >= len(c.instruments) {
		return tradekeel.Invalidf("event.instrument", "there is no instrument number %d", ev.Instrument)
	}
	in := c.instruments[ev.Instrument].Instrument
	switch {
	case ev.Kind == BookShown && ev.Book == nil:
		return tradekeel.Invalidf("event.book", "is missing")
	case !c.warm:
	case ev.Kind == TradePrinted && c.onTrade != nil:
		t := strategy.Tick{Instrument: in, At: ev.VenueTime, PriceUnits: ev.Price, Units: ev.Quantity, Side: ev.Side}
		c.listen(ev.Instrument, ev.VenueTime, func() { c.onTrade.OnTrade(t, &c.orders) })
	case ev.Kind == BookShown && c.onBook != nil:
		c.listen(ev.Instrument, ev.VenueTime, func() { c.onBook.OnBook(strategy.Depth{Instrument: in, Shown: *ev.Book}, &c.orders) })
	}
	return nil
}
