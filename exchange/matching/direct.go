package matching

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// CheckSize returns why Submit would reject the size of an order at once, at whatever
// time; nil when it would not.
func (e *Engine) CheckSize(o *exchange.Order) *tradekeel.Error { return e.checkSize(o) }

// Fill trades a market order that Submit would accept, at once, at a price and time:
// what Submit and, for an order that is the only one, Open do one after the other,
// without the reports. It returns the refusal, and changes nothing then, or fills in f,
// which means nothing after a refusal.
func (e *Engine) Fill(o *exchange.Order, price, at int64, f *exchange.Fill) *tradekeel.Error {
	in := &e.instruments[o.Instrument]
	if e.flat && !e.model.priced && !in.limited && !o.ReduceOnly {
		if at >= in.delisted || at < in.listed {
			return in.tradesAt(at)
		}
		return e.whole(in, o, price, at, in.market.At(at), f)
	}
	e.direct.Order, e.direct.progress = *o, progress{arrives: at}
	if e.model.priced {
		price = e.worse(in, &e.direct, price, at)
	}
	return e.fill(in, &e.direct, price, at, false, f)
}

// whole fills a market order of a spot account whose fee is one rate in quote: all of it
// at once, with nothing locked for it. It is fill for the order that most are, by the
// same steps less those that can have no part in it.
func (e *Engine) whole(in *listing, o *exchange.Order, price, at int64, limits *market.Limits, f *exchange.Fill) *tradekeel.Error {
	var quantity int64
	var refusal *tradekeel.Error
	switch o.Size.Kind {
	case exchange.ByCash:
		units, fits := in.bought(e.free(in.quote, nil), o.Size.Fraction, e.fees.taker, price)
		quantity, refusal = in.tradable(units, fits, price)
	case exchange.ByHolding:
		units, fits := part(e.balances[in.base], o.Size.Fraction, in.baseUnit)
		quantity, refusal = in.tradable(units, fits, price)
	case exchange.ByQuote:
		units, fits := in.worthOf(o.Size.Quote, price)
		quantity, refusal = in.tradable(units, fits, price)
	default:
		quantity = o.Size.Quantity
	}
	if refusal != nil {
		return refusal
	}
	if quantity, refusal = in.cut(quantity, limits, o.Size.Whole); refusal != nil {
		return refusal
	}
	notional, fits := in.notional(price, quantity)
	if !fits {
		return errNotional
	}
	if refusal := in.bounds(quantity, notional, limits); refusal != nil {
		return refusal
	}
	fee, fits := e.fees.taker.Fee(notional)
	if !fits {
		return errFee
	}
	if o.Side == exchange.Buy {
		cost, fits := notional.Add(fee)
		if !fits {
			return errBalance
		}
		refusal = e.swap(in, o.Side, in.quote, in.base, cost, wide.Mul(quantity, in.baseUnit), e.free(in.quote, nil), fee)
	} else {
		net, fits := notional.Sub(fee)
		if !fits {
			return errBalance
		}
		refusal = e.swap(in, o.Side, in.base, in.quote, wide.Mul(quantity, in.baseUnit), net, e.free(in.base, nil), fee)
	}
	if refusal != nil {
		return refusal
	}
	e.fills++
	f.ID, f.Intent, f.Instrument, f.Side, f.Position = e.fills, o.Intent, o.Instrument, o.Side, o.Position
	f.Maker, f.Liquidation, f.FeeCurrency = false, false, ""
	f.Price, f.Quantity, f.Notional, f.Fee, f.Time = price, quantity, notional, fee, at
	return nil
}

// Free returns the balances of an instrument's base and quote.
func (e *Engine) Free(instrument int32) (base, quote exchange.Units) {
	in := &e.instruments[instrument]
	return e.balances[in.base], e.balances[in.quote]
}
