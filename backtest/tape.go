package backtest

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/trading"
)

// tape is the recorded trades and books of a run.
type tape struct {
	ticks []tickTape
	books []bookTape
	of    []bool // by instrument: its orders are filled by these alone
	// What the strategy wants to be told of, so that it is not passed.
	tellTrades, tellBooks bool
}

// tickTape is the trades of one instrument.
type tickTape struct {
	*market.Ticks
	instrument int32
	at         int // the next one
}

// next is when the next trade was; the largest time at the end.
func (t *tickTape) next() int64 {
	if t.at < len(t.Time) {
		return t.Time[t.at]
	}
	return math.MaxInt64
}

// skip passes the trades before a time.
func (t *tickTape) skip(before int64) {
	if t.next() < before {
		t.at += sort.Search(len(t.Time)-t.at, func(i int) bool { return t.Time[t.at+i] >= before })
	}
}

// bookTape is the books of one instrument.
type bookTape struct {
	feed       book.Feed
	player     book.Player
	shown      *book.Shown // the next one; nil at the end
	instrument int32
	index      int // in Config.Books
	first      int64
	last       int64 // of those that the venue was shown; 0 before
}

func (b *bookTape) next() int64 {
	if b.shown != nil {
		return b.shown.Time
	}
	return math.MaxInt64
}

// advance plays the next book.
func (b *bookTape) advance() error {
	before := int64(math.MinInt64)
	if b.shown != nil {
		before = b.shown.Time
	}
	if b.shown = b.player.Next(); b.shown == nil {
		if err := b.player.Err(); err != nil {
			return tradekeel.Invalidf(b.field(), "of %s ended: %v", b.feed.Instrument(), err)
		}
		return nil
	}
	if b.shown.Time < before {
		return tradekeel.Invalidf(b.field(), "of %s go back in time, to %s", b.feed.Instrument(), stamp(b.shown.Time))
	}
	return nil
}

func (b *bookTape) field() string { return fmt.Sprintf("books[%d]", b.index) }

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

// record readies the recorded trades and books, and takes the bars of their instruments
// from the venue.
func (r *run) record(instruments []*market.Instrument) error {
	c := &r.config
	if len(c.Ticks) == 0 && len(c.Books) == 0 {
		return nil
	}
	t := &tape{of: make([]bool, len(instruments))}
	find := func(field string, in *market.Instrument) (int32, error) {
		i := slices.IndexFunc(instruments, func(of *market.Instrument) bool { return of.Venue == in.Venue && of.Symbol == in.Symbol })
		if i < 0 {
			return 0, tradekeel.Invalidf(field, "are of %s, which the run has no candles of", in)
		}
		if of := instruments[i]; of.PriceScale != in.PriceScale || of.QuantityScale != in.QuantityScale {
			return 0, tradekeel.Invalidf(field, "of %s have %d and %d decimals in prices and quantities, its candles have %d and %d",
				in, in.PriceScale, in.QuantityScale, of.PriceScale, of.QuantityScale)
		}
		t.of[i] = true
		return int32(i), nil
	}
	for i, ticks := range c.Ticks {
		field := fmt.Sprintf("ticks[%d]", i)
		if err := ticks.Validate(); err != nil {
			return tradekeel.Invalidf(field, "%v", err)
		}
		index, err := find(field, ticks.Instrument)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(t.ticks, func(have tickTape) bool { return have.instrument == index }) {
			return tradekeel.Invalidf(field, "are of %s, as others before", ticks.Instrument)
		}
		t.ticks = append(t.ticks, tickTape{Ticks: ticks, instrument: index})
	}
	for i, feed := range c.Books {
		field := fmt.Sprintf("books[%d]", i)
		if feed == nil {
			return tradekeel.Invalidf(field, "is missing")
		}
		in := feed.Instrument()
		if err := in.Validate(); err != nil {
			return tradekeel.Invalidf(field, "%v", err)
		}
		index, err := find(field, in)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(t.books, func(have bookTape) bool { return have.instrument == index }) {
			return tradekeel.Invalidf(field, "are of %s, as others before", in)
		}
		b := bookTape{feed: feed, player: feed.Play(), instrument: index, index: i}
		if err := b.advance(); err != nil {
			return err
		}
		t.books = append(t.books, b)
	}
	from := r.data[0].Time[0]
	for _, s := range r.data {
		from = min(from, s.Time[0])
	}
	for i := range t.ticks {
		t.ticks[i].skip(from)
	}
	for i := range r.feeds {
		if f := &r.feeds[i]; t.of[f.instrument] {
			f.fills = false
		}
	}
	r.tape = t
	return nil
}

// play lets the venue see what comes before a moment: bars that open, what comes at
// times of its own, recorded trades and books, each at its time. At one time they come
// in this order: what comes at times of its own, bars, trades, books.
func (r *run) play(before int64) error {
	for r.tape != nil {
		at, showing := r.tape.first(before, r.venue.Waiting())
		if !showing {
			break
		}
		if err := r.opens(at + 1); err != nil {
			return err
		}
		if len(r.happenings) > 0 {
			if err := r.happen(at); err != nil {
				return err
			}
		}
		if err := r.show(at); err != nil {
			return err
		}
	}
	return r.opens(before)
}

// first returns the time of the first trade or book before a moment. Where nothing may
// come of trades they are passed; books are not, since orders come to the last one.
func (t *tape) first(before int64, waiting bool) (at int64, showing bool) {
	at = before
	for i := range t.ticks {
		if !waiting && !t.tellTrades {
			t.ticks[i].skip(before)
		}
		at = min(at, t.ticks[i].next())
	}
	for i := range t.books {
		at = min(at, t.books[i].next())
	}
	return at, at < before
}

// show lets the venue see the next trade or book, which is of a time.
func (r *run) show(at int64) error {
	for i := range r.tape.ticks {
		t := &r.tape.ticks[i]
		if t.next() != at {
			continue
		}
		k := t.at
		t.at++
		side := exchange.Side(0)
		if t.Side != nil {
			side = exchange.Side(t.Side[k])
		}
		if err := r.metAt(t.instrument, at, r.venue.Trade(t.instrument, t.Price[k], t.Quantity[k], at, side)); err != nil || !r.tape.tellTrades {
			return err
		}
		ev := &r.event
		ev.Kind, ev.Price, ev.Quantity, ev.Side = trading.TradePrinted, t.Price[k], t.Quantity[k], side
		return r.hear(t.instrument, at)
	}
	for i := range r.tape.books {
		b := &r.tape.books[i]
		if b.next() != at {
			continue
		}
		if b.first == 0 {
			b.first = at
		}
		b.last = at
		// The venue copies the levels.
		if err := r.metAt(b.instrument, at, r.venue.Book(b.instrument, b.shown.Bids, b.shown.Asks, at)); err != nil {
			return err
		}
		if r.tape.tellBooks {
			r.event.Kind, r.event.Book = trading.BookShown, b.shown
			if err := r.hear(b.instrument, at); err != nil {
				return err
			}
		}
		return b.advance()
	}
	return nil
}

// hear tells the strategy of a trade or book, and sends what it wants then.
func (r *run) hear(instrument int32, at int64) error {
	ev := &r.event
	ev.Decide, ev.Instrument, ev.VenueTime, ev.ReceiveTime = false, instrument, at, at
	commands, err := r.core.Apply(ev)
	if err != nil {
		return err
	}
	return r.submit(commands)
}

// listens reports whether the strategy is told of trades or books, so that no bar is
// passed without them.
func (r *run) listens() bool { return r.tape != nil && (r.tape.tellTrades || r.tape.tellBooks) }

// catchUp brings the books up to a moment at which the strategy decided, where the bars
// before it were passed: its orders come to the last of them.
func (r *run) catchUp(to int64) error {
	for {
		at, showing := r.tape.first(to, false)
		if !showing {
			return nil
		}
		if err := r.show(at); err != nil {
			return err
		}
	}
}

// playOut plays the books to the last close: what is wrong with them is told whether
// orders met them or not.
func (r *run) playOut() error {
	if r.tape == nil || len(r.equity.Times) == 0 {
		return nil
	}
	return r.catchUp(r.equity.Times[len(r.equity.Times)-1])
}

// measure tells the venue the volumes and ranges of bars that close at a moment and that
// it is not shown: slippage is told of them.
func (r *run) measure(at int64) {
	for i := range r.tape.of {
		if f := r.lasting[i]; r.tape.of[i] && f.close == at {
			bar := f.Bar(f.at)
			r.venue.Measure(f.instrument, &bar)
		}
	}
}

// metAt takes in what came of a trade or a book.
func (r *run) metAt(instrument int32, at int64, outcomes []matching.Outcome) error {
	if u := &r.unruled[instrument]; len(outcomes) > 0 && at < u.until {
		u.used = true
	}
	return r.take(outcomes)
}

// coverage says where recorded trades or books do not reach over the run.
func (t *tape) coverage(lasting []*feed) []string {
	var out []string
	say := func(what string, instrument int32, first, last int64) {
		f := lasting[instrument]
		switch n := f.Len(); {
		case first == 0:
			out = append(out, fmt.Sprintf("There are no %s of %s in the time of the run: its orders met none.", what, f.Instrument))
		case first > f.closes[0] || last < f.Time[n-1]:
			out = append(out, fmt.Sprintf("The %s of %s go from %s to %s, its candles from %s to %s: orders outside met none.", what, f.Instrument,
				stamp(first), stamp(last), stamp(f.Time[0]), stamp(f.closes[n-1])))
		}
	}
	for i := range t.ticks {
		k := &t.ticks[i]
		f := lasting[k.instrument]
		n := f.Len()
		first, _ := slices.BinarySearch(k.Time, f.Time[0])
		end, _ := slices.BinarySearch(k.Time, f.closes[n-1])
		if first >= end {
			say("trades", k.instrument, 0, 0)
			continue
		}
		say("trades", k.instrument, k.Time[first], k.Time[end-1])
	}
	for i := range t.books {
		b := &t.books[i]
		say("books", b.instrument, b.first, b.last)
	}
	return out
}
