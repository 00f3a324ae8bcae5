// Package portfolio moves what is held of several instruments to target weights: what
// is too much is sold, and with the cash that is then there, at the next close, what is
// too little is bought.
package portfolio

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// Portfolio is the instruments of one run and what is to be held of them. Make it with
// New; it belongs to one instance.
type Portfolio struct {
	feeds    []*strategy.Feed
	minTrade float64
	targets  []float64 // of the move under way; nil without one
	waiting  int       // orders under way
}

// New makes a portfolio of an instrument for each feed, all quoted in the reporting
// currency. Trades for less than minTrade, in quote, are left out, but for those that
// sell all.
func New(feeds []*strategy.Feed, minTrade float64) *Portfolio {
	return &Portfolio{feeds: feeds, minTrade: minTrade}
}

// Feeds returns the feeds, in their order.
func (p *Portfolio) Feeds() []*strategy.Feed { return p.feeds }

// Busy reports whether a move is under way.
func (p *Portfolio) Busy() bool { return p.waiting > 0 || p.targets != nil }

// Weights returns the part of the equity that each instrument is, as fractions.
func (p *Portfolio) Weights(b strategy.Bar) []float64 {
	weights, equity := make([]float64, len(p.feeds)), b.EquityValue()
	for k, f := range p.feeds {
		weights[k] = value(b, f) / equity
	}
	return weights
}

func value(b strategy.Bar, f *strategy.Feed) float64 {
	quantity, _ := b.PositionOf(f).Quantity().Float64()
	return quantity * f.Value(market.Close, 0)
}

// Move begins a move to weights, one for each feed, as fractions of the equity that
// sum to at most 1. It asks for the sales, and when there are none for the purchases.
func (p *Portfolio) Move(targets []float64, b strategy.Bar, o *strategy.Orders) {
	p.targets = targets
	p.sell(b, o)
	if p.waiting == 0 {
		p.buy(b, o)
	}
}

// Continue goes on with a move at a later close: it asks for the purchases once the
// sales are at an end.
func (p *Portfolio) Continue(b strategy.Bar, o *strategy.Orders) {
	if p.waiting == 0 && p.targets != nil {
		p.buy(b, o)
	}
}

func (p *Portfolio) sell(b strategy.Bar, o *strategy.Orders) {
	equity := b.EquityValue()
	for k, f := range p.feeds {
		held := b.PositionOf(f)
		if !held.Long() {
			continue
		}
		if !(p.targets[k] > 0) {
			p.waiting++
			o.On(f).Close("not in the portfolio")
			continue
		}
		over := value(b, f) - p.targets[k]*equity
		quantity := number(over / f.Value(market.Close, 0)).Truncate(f.Instrument().QuantityScale)
		if over <= 0 || over < p.minTrade || quantity.Sign() <= 0 {
			continue
		}
		p.waiting++
		o.On(f).SellMarket(strategy.OfQuantity(decimal.Min(quantity, held.Quantity())), "above its weight")
	}
}

// withFee is what an order may cost with its fee, in parts of its amount.
const withFee = 1.01

// buy ends the move. Where there is not enough cash for all that is missing, each
// purchase is made smaller by the same part.
func (p *Portfolio) buy(b strategy.Bar, o *strategy.Orders) {
	equity := b.EquityValue()
	cash, _ := b.Cash().Value.Float64()
	missing, total := make([]float64, len(p.feeds)), 0.0
	for k, f := range p.feeds {
		missing[k] = p.targets[k]*equity - value(b, f)
		if !(missing[k] > 0) || missing[k] < p.minTrade {
			missing[k] = 0
		}
		total += missing[k]
	}
	p.targets = nil
	part := math.Min(1, cash/withFee/total)
	if !(part > 0) {
		return
	}
	for k, f := range p.feeds {
		amount := number(missing[k] * part).Truncate(exchange.LedgerScale / 2)
		unit := math.Pow10(-int(f.Instrument().QuantityScale)) * f.Value(market.Close, 0)
		if amount.Sign() <= 0 || missing[k]*part < max(p.minTrade, unit) {
			continue
		}
		p.waiting++
		o.On(f).BuyMarket(strategy.OfQuote(amount), "below its weight")
	}
}

// number is a float as a decimal; 0 where it is none.
func number(f float64) decimal.Decimal {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return decimal.Zero
	}
	return decimal.NewFromFloat(f)
}

// OnOrder takes in what became of an order. Instances call it from theirs.
func (p *Portfolio) OnOrder(u strategy.OrderUpdate) {
	if u.State.Final() {
		p.waiting--
	}
}
