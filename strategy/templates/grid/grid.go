// Package grid buys at falling prices and sells what it bought one step higher, level
// by level, within a range.
//
// Lines divide the range from the lowest to the highest price into levels. When a close
// falls to the lower line of a level or through it, the level buys for its amount; when
// a close is at its upper line or above, it sells what it bought. A level that holds
// something buys nothing more.
//
// # Market orders
//
// Crossings are told at closes and traded by market orders, which fill at the next
// price there is: on candles, the next open. A grid of limit orders that rest in the
// book trades at its lines and catches moves within a candle; this one does neither, so
// short candles fit it better than long ones. Levels that are crossed at one close are
// traded by one order.
package grid

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/strategy"
)

// Params are the parameters of the strategy.
type Params struct {
	Range    string  `param:"percent" oneof:"percent price" text:"what lower and upper are: percent below and above the first close, or prices"`
	Lower    float64 `param:"10" min:"0" max:"1000000000" text:"the lowest line"`
	Upper    float64 `param:"10" min:"0" max:"1000000000" text:"the highest line"`
	Levels   int     `param:"10" min:"1" max:"500" text:"levels between the lines"`
	Spacing  string  `param:"geometric" oneof:"arithmetic geometric" text:"levels of the same width in price, or in percent"`
	Amount   float64 `param:"100" min:"0.000001" max:"1000000000000" text:"what a level buys for, in quote; the fee comes on top"`
	Stop     float64 `param:"0" min:"0" max:"99.99" text:"percent below the lowest line at which all is sold and the grid ends; 0 is none"`
	Trailing bool    `param:"false" text:"move the grid up when a close is above its highest line"`
}

// Strategy is the definition. It trades the first series of the run, long only.
var Strategy = strategy.Define("grid", build)

// withFee is what an order may cost with its fee, in parts of its amount: a fee above
// 1 % may leave too little cash for the last level.
const withFee = 1.01

func build(p Params, s *strategy.Setup) (strategy.Instance, error) {
	switch {
	case p.Range == "percent" && p.Lower >= 100:
		return nil, tradekeel.Invalidf("params.lower", "must be below 100 percent, got %v", p.Lower)
	case p.Range == "percent" && p.Lower+p.Upper <= 0:
		return nil, tradekeel.Invalidf("params.upper", "must be above 0 percent where lower is 0, got %v", p.Upper)
	case p.Range == "price" && !(p.Lower > 0):
		return nil, tradekeel.Invalidf("params.lower", "must be a price above 0, got %v", p.Lower)
	case p.Range == "price" && p.Upper <= p.Lower:
		return nil, tradekeel.Invalidf("params.upper", "must be above lower, got %v and %v", p.Upper, p.Lower)
	}
	s.Main()
	return &instance{
		params: p, levels: make([]level, p.Levels),
		amount: decimal.NewFromFloat(p.Amount).Truncate(exchange.LedgerScale),
	}, nil
}

// level is what lies between two lines.
type level struct {
	bought decimal.Decimal // and not yet sold
	buying bool            // an order is under way
}

func (l *level) empty() bool { return !l.buying && l.bought.IsZero() }

type instance struct {
	params Params
	amount decimal.Decimal
	lines  []float64 // one more than levels, from the lowest
	levels []level
	last   float64 // the last close that was acted on

	waiting bool            // an order is under way
	got     decimal.Decimal // by an order to buy so far
	rest    decimal.Decimal // of what is to be sold, not yet sold
	stops   int             // orders of the stop; the grid has ended when there is one
}

// mostStops bounds the orders of the stop: what a lot leaves over is refused each time.
const mostStops = 100

// OnBar implements strategy.Instance.
func (i *instance) OnBar(b strategy.Bar, o *strategy.Orders) {
	closing := b.Close()
	switch {
	case i.lines == nil:
		i.start(closing)
		return
	case i.waiting:
		return // crossings are told from the last close that was acted on
	case i.stops > 0 || i.params.Stop > 0 && atLeast(i.lines[0]*(1-i.params.Stop/100), closing):
		if i.stops++; i.stops <= mostStops && b.Position().Long() {
			i.waiting = true
			o.Close("stop")
		}
		return
	}
	// A close that sells does not buy: what it reaches is above what it can fall to.
	if !i.sell(closing, o) {
		i.buy(closing, i.last, b.Cash().Value, o)
	}
	i.last = closing
	if i.params.Trailing && !atLeast(i.lines[len(i.lines)-1], closing) {
		i.trail(closing)
	}
}

// atLeast reports whether a is above b or equal to it: rounding decides nothing.
func atLeast(a, b float64) bool {
	order, ok := strategy.Compare(a, b)
	return ok && order >= 0
}

// start draws the lines around the first close.
func (i *instance) start(closing float64) {
	low, high := i.params.Lower, i.params.Upper
	if i.params.Range == "percent" {
		low, high = closing*(1-low/100), closing*(1+high/100)
	}
	n := float64(len(i.levels))
	i.lines = make([]float64, len(i.levels)+1)
	for k := range i.lines {
		if part := float64(k) / n; i.params.Spacing == "geometric" {
			i.lines[k] = low * math.Pow(high/low, part)
		} else {
			i.lines[k] = low + (high-low)*part
		}
	}
	i.last = closing
}

// sell sells what the levels bought whose upper lines the close has reached.
func (i *instance) sell(closing float64, o *strategy.Orders) bool {
	some := false
	for k := range i.levels {
		if l := &i.levels[k]; atLeast(closing, i.lines[k+1]) && !l.bought.IsZero() {
			i.rest, l.bought, some = i.rest.Add(l.bought), decimal.Zero, true
		}
	}
	if some {
		i.waiting = true
		o.SellMarket(strategy.OfQuantity(i.rest), "level reached")
	}
	return some
}

// buy buys for the empty levels that the close fell to or through, as long as there is
// cash, the highest first.
func (i *instance) buy(closing, last float64, cash decimal.Decimal, o *strategy.Orders) {
	total, room := decimal.Zero, decimal.NewFromFloat(withFee)
	for k := len(i.levels) - 1; k >= 0; k-- {
		l := &i.levels[k]
		if !l.empty() || atLeast(i.lines[k], last) || !atLeast(i.lines[k], closing) {
			continue
		}
		if total.Add(i.amount).Mul(room).GreaterThan(cash) {
			break
		}
		total, l.buying = total.Add(i.amount), true
	}
	if total.Sign() > 0 {
		i.waiting = true
		o.BuyMarket(strategy.OfQuote(total), "level crossed")
	}
}

// trail moves the lines up by whole steps until the highest is not below the close. By
// then every level has sold.
func (i *instance) trail(closing float64) {
	n := len(i.lines)
	for !atLeast(i.lines[n-1], closing) {
		next := i.lines[n-1] + (i.lines[1] - i.lines[0])
		if i.params.Spacing == "geometric" {
			next = i.lines[n-1] * (i.lines[n-1] / i.lines[n-2])
		}
		if !(next > i.lines[n-1]) {
			return // the step is lost in rounding
		}
		copy(i.lines, i.lines[1:])
		i.lines[n-1] = next
	}
}

// OnFill implements strategy.FillListener.
func (i *instance) OnFill(f strategy.Fill, _ *strategy.Orders) {
	if f.Raw.Side == exchange.Buy {
		i.got = i.got.Add(f.Quantity())
		return
	}
	// What a lot cut off stays to be sold with the next level.
	i.rest = decimal.Max(i.rest.Sub(f.Quantity()), decimal.Zero)
}

// OnOrder implements strategy.OrderListener. What an order bought is divided among the
// levels that it was for, the lowest taking what is left over.
func (i *instance) OnOrder(u strategy.OrderUpdate, _ *strategy.Orders) {
	if !u.State.Final() {
		return
	}
	i.waiting = false
	var of []*level
	for k := range i.levels {
		if l := &i.levels[k]; l.buying {
			l.buying = false
			of = append(of, l)
		}
	}
	if len(of) == 0 {
		return
	}
	part := i.got.DivRound(decimal.NewFromInt(int64(len(of))), u.Instrument.QuantityScale+1).Truncate(u.Instrument.QuantityScale)
	for _, l := range of[1:] {
		l.bought = part
		i.got = i.got.Sub(part)
	}
	of[0].bought, i.got = i.got, decimal.Zero
}
