package report

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/trading"
)

const (
	// plainRows is how many trades stand in the page as plain HTML.
	plainRows = 100
	// mostTrades bounds the table; beyond it the page says that it is cut.
	mostTrades = 250_000
)

// row is one trade as plain HTML; trades.js makes the same of the same numbers.
type row struct {
	Number                      int
	Instrument                  string
	IsLong, IsOpen              bool
	Entry, Exit                 string
	EntryPrice, ExitPrice, Size text
	Gross, Fees, Net, Return    text
	EntryReason, ExitReason     string
}

// trade returns trade i of the page: those that ended, then the open ones.
func (p *page) trade(i int) (t *trading.Trade, isOpen bool) {
	if i < p.closed {
		return &p.result.Trades[i], false
	}
	return &p.result.Open[i-p.closed], true
}

// row makes trade i readable.
func (p *page) row(i int) row {
	t, isOpen := p.trade(i)
	in := &p.instruments[p.instrument(t.Instrument)]
	r := row{
		Number: i + 1, Instrument: t.Instrument.String(), IsLong: t.Side == exchange.Buy, IsOpen: isOpen,
		Entry: clock(t.EntryTime, p.layout), EntryPrice: number(t.EntryPrice(), in.places),
		Size: number(t.Size(), in.sizePlaces), Fees: number(t.Paid().Value, p.places),
		EntryReason: clean(t.EntryReason), ExitReason: clean(t.ExitReason),
		Exit: "open", ExitPrice: undefined, Gross: undefined, Net: undefined, Return: undefined,
	}
	if isOpen {
		return r
	}
	r.Exit, r.ExitPrice = clock(t.ExitTime, p.layout), number(t.ExitPrice(), in.places)
	r.Gross, r.Net = profit(t.Gross().Value, p.places), profit(t.Net().Value, p.places)
	r.Return = tradeReturn(t.Net().Value, exchange.FromUnits(t.EntryNotional))
	return r
}

// priceUnits returns the price that a notional of a quantity stands for, when it
// is a whole number at the instrument's scale. Of an inverse contract it never is.
func priceUnits(contract *market.Contract, notional exchange.Units, quantity int64) (int64, bool) {
	if quantity <= 0 || contract.Inverse() {
		return 0, false
	}
	unit, fits := contract.Notional(1, quantity)
	if !fits || unit.Sign() == 0 {
		return 0, false
	}
	q, fits := notional.Quo(unit, wide.Down)
	price, small := q.Int64()
	if !fits || !small || !isSafe(price) {
		return 0, false
	}
	back, fits := contract.Notional(price, quantity)
	return price, fits && back == notional
}

// notePlaces widens the decimals of prices and sizes to what the trades use.
func (p *page) notePlaces() {
	for i := range p.shown {
		t, _ := p.trade(i)
		in := &p.instruments[p.instrument(t.Instrument)]
		in.sizePlaces = usedPlaces(t.Instrument.QuantityScale, in.sizePlaces, []int64{t.Quantity})
		for _, notional := range [...]exchange.Units{t.EntryNotional, t.ExitNotional} {
			if price, ok := priceUnits(&in.contract, notional, t.Quantity); ok {
				in.places = usedPlaces(t.Instrument.PriceScale, in.places, []int64{price})
			}
		}
	}
	for i := range p.instruments {
		p.instruments[i].sizePlaces = min(p.instruments[i].sizePlaces, 8)
	}
}

// tradesJSON returns the trades in columns. A price is a whole number at the
// decimals that the instrument's prices use; an average that is none is a string:
// the notional in ledger units, of which the page makes the price.
func (p *page) tradesJSON() ([]byte, error) {
	var o object
	n := p.shown
	reasons, index := []string{}, map[string]int64{}
	reason := func(s string) int64 {
		s = clean(s)
		at, ok := index[s]
		if !ok {
			at = int64(len(reasons))
			index[s], reasons = at, append(reasons, s)
		}
		return at
	}
	each := func(value func(t *trading.Trade) int64) func(int) int64 {
		return func(i int) int64 {
			t, _ := p.trade(i)
			return value(t)
		}
	}
	o.int("closed", int64(min(p.closed, n)))
	o.int("open", int64(max(0, n-p.closed)))
	o.column("side", n, each(func(t *trading.Trade) int64 { return int64(t.Side) }))
	if len(p.instruments) > 1 {
		o.column("instrument", n, each(func(t *trading.Trade) int64 { return int64(p.instrument(t.Instrument)) }))
	}
	o.differences("entry", n, each(func(t *trading.Trade) int64 { return seconds(t.EntryTime) }))
	o.column("held", n, each(func(t *trading.Trade) int64 {
		if t.ExitTime == 0 {
			return 0
		}
		return seconds(t.ExitTime) - seconds(t.EntryTime)
	}))
	o.column("quantity", n, each(func(t *trading.Trade) int64 { return t.Quantity }))
	p.prices(&o, "entry_price", func(t *trading.Trade) exchange.Units { return t.EntryNotional })
	p.prices(&o, "exit_price", func(t *trading.Trade) exchange.Units { return t.ExitNotional })
	fees, scale := ledgerTexts(n, func(i int) exchange.Units {
		t, _ := p.trade(i)
		return t.Fees
	})
	o.int("fees_scale", int64(scale))
	o.strings("fees", fees)
	if p.carries() {
		carry, scale := ledgerTexts(n, func(i int) exchange.Units {
			t, _ := p.trade(i)
			return t.Carry
		})
		o.int("carry_scale", int64(scale))
		o.strings("carry", carry)
	}
	o.column("entry_reason", n, each(func(t *trading.Trade) int64 { return reason(t.EntryReason) }))
	o.column("exit_reason", n, each(func(t *trading.Trade) int64 { return reason(t.ExitReason) }))
	if err := o.value("reasons", reasons); err != nil {
		return nil, err
	}
	return o.end(), nil
}

// carries reports whether a trade received or paid funding or the like.
func (p *page) carries() bool {
	for i := range p.shown {
		if t, _ := p.trade(i); t.Carry.Sign() != 0 {
			return true
		}
	}
	return false
}

func (p *page) prices(o *object, name string, notional func(*trading.Trade) exchange.Units) {
	o.key(name)
	o.raw = append(o.raw, '[')
	for i := range p.shown {
		if i > 0 {
			o.raw = append(o.raw, ',')
		}
		t, _ := p.trade(i)
		in := &p.instruments[p.instrument(t.Instrument)]
		if price, ok := priceUnits(&in.contract, notional(t), t.Quantity); ok {
			o.raw = appendInt(o.raw, price/wide.Pow10(t.Instrument.PriceScale-in.places))
			continue
		}
		o.raw = append(o.raw, '"')
		o.raw = notional(t).Big().Append(o.raw, 10)
		o.raw = append(o.raw, '"')
	}
	o.raw = append(o.raw, ']')
}

// openLine says in words what is still held.
func (p *page) openLine(t *trading.Trade) string {
	in := &p.instruments[p.instrument(t.Instrument)]
	side := "long"
	if t.Side != exchange.Buy {
		side = "short"
	}
	return fmt.Sprintf("%s %s %s since %s UTC at %s %s", side, rounded(t.Size().Abs(), in.sizePlaces), t.Instrument,
		clock(t.EntryTime, p.layout), rounded(t.EntryPrice(), in.places), t.Instrument.Quote)
}

// refusal is an order that was not traded, readable.
type refusal struct{ Time, Instrument, Side, Reason, Why string }

const mostRefusals = 200

func (p *page) refusals() []refusal {
	all := p.result.Refused
	out := make([]refusal, min(len(all), mostRefusals))
	for i := range out {
		r := &all[i]
		out[i] = refusal{Time: clock(r.Time, p.layout), Side: r.Order.Side.String(), Reason: clean(r.Order.Reason)}
		// The orders of a run count its instruments as the series bring them in.
		if at := int(r.Order.Instrument); at >= 0 && at < p.traded {
			out[i].Instrument = p.instruments[at].String()
		}
		if r.Err != nil {
			out[i].Why = clean(r.Err.Error())
		}
	}
	return out
}

func shift(rate decimal.Decimal) string { return exact(rate.Shift(2)) + "\u00a0%" }
