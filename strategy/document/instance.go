package document

import (
	"math"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// The rules, as places in bound.rules: those of roots.
const (
	ruleEnterLong = iota
	ruleExitLong
	ruleEnterShort
	ruleExitShort
	ruleStop
	ruleTarget
	ruleTrail
)

// instance is one run of a document.
type instance struct {
	document *Document
	values   map[string]float64
	bound    *bound
	feed     *strategy.Feed

	bar      strategy.Bar // at hand
	bars     int          // closes so far
	position position
	guard    guard
	decision decision
}

// position is what the document remembers of a position beside what the account does.
type position struct {
	open    bool
	bars    int     // closes that saw it
	first   float64 // price of the first fill in
	best    float64 // the best close since
	entries int
	last    exchange.IntentID // of the last fill in
	stop    float64           // ATR or price at the decision to enter
	target  float64
	equity  float64 // at the decision to enter
}

// decision is what was done at the last close, for explanations.
type decision struct {
	at     int64 // nanoseconds
	action string
	reason string
}

func newInstance(d *Document, values map[string]float64, s *strategy.Setup) (strategy.Instance, error) {
	bound := bind(d, values, s)
	if err := s.Err(); err != nil {
		return nil, err
	}
	i := &instance{document: d, values: values, bound: bound, feed: bound.axes[0].feed}
	in := i.feed.Instrument()
	if d.sides[short].enter != nil && in.Kind == market.Spot && s.Account() != exchange.MarginAccount {
		return nil, tradekeel.ErrUnsupported.With("enter.short", "%s is spot, where nothing can be sold that is not held; leave enter.short out, or choose a perpetual or a margin account", in)
	}
	i.guard = newGuard(&d.reentry, &d.protect, values)
	return i, nil
}

// OnBar implements strategy.Instance.
func (i *instance) OnBar(b strategy.Bar, o *strategy.Orders) {
	if !i.feed.Fresh() {
		return // another series closed
	}
	i.bar = b
	i.bars++
	held := b.PositionOf(i.feed)
	closing := i.feed.Value(market.Close, 0)
	i.decision = decision{at: i.feed.Closed()}
	equity := b.EquityValue()
	if i.position.open && held.Flat() {
		i.guard.ended(i.bars, equity < i.position.equity)
		i.position = position{}
	}
	if p := &i.position; p.open {
		p.bars++
		p.best = bestOf(sideOf(held), p.best, closing)
	}
	i.guard.close(i.bars, i.decision.at, equity)
	i.bound.step(func(f fact) float64 { return i.fact(f, held, closing) })
	to := o.On(i.feed)
	if held.Flat() {
		i.enter(to, closing, equity)
		return
	}
	i.manage(to, held, closing)
}

func sideOf(p strategy.Position) int {
	if p.Short() {
		return short
	}
	return long
}

// The reasons of orders by their rules, by side: made once, not at each order.
var (
	enterReasons = [...]string{long: "enter.long", short: "enter.short"}
	exitReasons  = [...]string{long: "exit.long", short: "exit.short"}
)

// bestOf is the better of two prices for a side.
func bestOf(side int, a, b float64) float64 {
	if side == short {
		return math.Min(a, b)
	}
	return math.Max(a, b)
}

func (i *instance) rule(k int) float64 { return i.bound.rule(k) }

func (i *instance) fact(f fact, held strategy.Position, closing float64) float64 {
	if f == factSide {
		switch {
		case held.Long():
			return 1
		case held.Short():
			return -1
		}
		return 0
	}
	if held.Flat() {
		return unknown
	}
	p := &i.position
	sign := 1.0
	if held.Short() {
		sign = -1
	}
	switch f {
	case factProfit:
		price := held.EntryPrice()
		return sign * (closing - price) / price * 100
	case factBars:
		return float64(p.bars)
	case factHours:
		return hoursSince(held.EntryTime(), i.decision.at)
	case factPrice:
		return held.EntryPrice()
	case factDrawdown:
		return sign * (p.best - closing) / p.best * 100
	default:
		return float64(p.entries)
	}
}

// enter opens a position where a rule says so and nothing stands in its way.
func (i *instance) enter(o *strategy.OrdersOn, closing, equity float64) {
	i.decision.action = "no entry"
	for side := range sideNames {
		enter := i.rule(ruleEnterLong + 2*side)
		i.guard.seen(side, enter)
		if enter != 1 {
			continue
		}
		if i.rule(ruleExitLong+2*side) == 1 {
			i.decision.reason = exitReasons[side] + " holds at the same close"
			continue
		}
		if why := i.guard.blocked(side, i.bars); why != "" {
			i.decision.reason = why
			continue
		}
		p := position{stop: i.rule(ruleStop), target: i.rule(ruleTarget), equity: equity}
		x := &i.document.exits
		if x.stop.expr != nil && math.IsNaN(p.stop) || x.target.expr != nil && math.IsNaN(p.target) {
			i.decision.reason = "the stop or the target is unknown"
			continue
		}
		i.position = p
		size, why := i.sized(0, closing, side)
		if why != "" {
			i.decision.reason = why
			continue
		}
		i.guard.entered()
		reason := enterReasons[side]
		if i.decision.reason = reason; side == long {
			i.decision.action = "buy"
			o.BuyMarket(size, reason)
		} else {
			i.decision.action = "sell"
			o.SellMarket(size, reason)
		}
		return
	}
}

// manage looks after an open position.
func (i *instance) manage(o *strategy.OrdersOn, held strategy.Position, closing float64) {
	i.decision.action = "hold"
	side := sideOf(held)
	if reason := i.leave(side, held, closing); reason != "" {
		i.decision.action, i.decision.reason = "close", reason
		o.Close(reason)
		return
	}
	l := i.document.ladder
	if l == nil || i.position.entries == 0 || i.position.entries > int(l.entries.in(i.values)) {
		return
	}
	way, step := 0.0, l.every.in(i.values)
	for range i.position.entries {
		way += step
		step *= l.stepScale.in(i.values)
	}
	if away := i.signed(side, closing-i.position.first) / i.position.first * -100; !(away >= way) {
		return
	}
	size, why := i.sized(i.position.entries, closing, side)
	if why != "" {
		i.decision.reason = why
		return
	}
	i.decision.action, i.decision.reason = "add", "ladder"
	if side == long {
		o.BuyMarket(size, "ladder")
	} else {
		o.SellMarket(size, "ladder")
	}
}

// signed turns a move into a profit on a side.
func (i *instance) signed(side int, move float64) float64 {
	if side == short {
		return -move
	}
	return move
}

// leave returns the reason to close the position, or "". The stop comes before the
// target: which of the two a candle touched first is not known.
func (i *instance) leave(side int, held strategy.Position, closing float64) string {
	x := &i.document.exits
	if x.priced() {
		worst, best, price := i.feed.Value(market.Low, 0), i.feed.Value(market.High, 0), held.EntryPrice()
		if side == short {
			worst, best = best, worst
		}
		if stop := i.stopAt(side, price); i.signed(side, worst-stop) <= 0 {
			return "stop"
		}
		if trail := i.trailAt(side, price); i.signed(side, closing-trail) <= 0 {
			return "trail"
		}
		if target := i.targetAt(side, price); i.signed(side, best-target) >= 0 {
			return "target"
		}
	}
	if n := x.bars.in(i.values); n > 0 && float64(i.position.bars) >= n {
		return "time_exit"
	}
	if h := x.hours.in(i.values); h > 0 && i.fact(factHours, held, closing) >= h {
		return "time_exit"
	}
	if i.rule(ruleExitLong+2*side) == 1 {
		return exitReasons[side]
	}
	return ""
}

// stopAt returns the price of the stop; NaN without one.
func (i *instance) stopAt(side int, price float64) float64 {
	l := &i.document.exits.stop
	amount := l.amount.in(i.values)
	switch l.kind {
	case levelPercent:
		return price - i.signed(side, price*amount/100)
	case levelATR:
		return price - i.signed(side, amount*i.position.stop)
	case levelPrice:
		return i.position.stop
	default:
		return unknown
	}
}

func (i *instance) targetAt(side int, price float64) float64 {
	l := &i.document.exits.target
	amount := l.amount.in(i.values)
	switch l.kind {
	case levelPercent:
		return price + i.signed(side, price*amount/100)
	case levelATR:
		return price + i.signed(side, amount*i.position.target)
	case levelRisk:
		return price + float64(amount*(price-i.stopAt(side, price)))
	case levelPrice:
		return i.position.target
	default:
		return unknown
	}
}

func (i *instance) trailAt(side int, price float64) float64 {
	return i.trailFrom(side, price, i.position.best, i.rule(ruleTrail))
}

// trailFrom is the trail after a best close, with the ATR of a bar.
func (i *instance) trailFrom(side int, price, best, atr float64) float64 {
	x := &i.document.exits
	if x.trail.kind == levelNone || i.signed(side, best-price) < price*x.trailAfter.in(i.values)/100 {
		return unknown
	}
	amount := x.trail.amount.in(i.values)
	if x.trail.kind == levelPercent {
		return best - i.signed(side, best*amount/100)
	}
	return best - i.signed(side, float64(amount*atr))
}

// sized returns how much the entry after so many trades, or why none can be made.
func (i *instance) sized(entries int, closing float64, side int) (strategy.Size, string) {
	s := &i.document.size
	scale := 1.0
	if l := i.document.ladder; l != nil {
		scale = math.Pow(l.sizeScale.in(i.values), float64(entries))
	}
	var size strategy.Size
	switch s.kind {
	case sizeEquity:
		size = strategy.EquityPercent(min(s.percent.in(i.values)*scale, 100))
	case sizeCash:
		size = strategy.CashPercent(min(s.percent.in(i.values)*scale, 100))
	case sizeQuote, sizeQuantity:
		amount := s.amount
		if s.percent.param != "" {
			amount = decimal.NewFromFloat(s.percent.in(i.values))
		}
		if scale != 1 {
			amount = amount.Mul(decimal.NewFromFloat(scale))
		}
		if size = strategy.OfQuantity(amount.Truncate(i.feed.Instrument().QuantityScale)); s.kind == sizeQuote {
			size = strategy.OfQuote(amount.Truncate(exchange.LedgerScale))
		}
	default:
		// What is lost on the way to the stop is the part of the equity that is risked,
		// but no more is bought than there is cash for.
		way := i.signed(side, closing-i.stopAt(side, closing))
		if !(way > 0) {
			return size, "the stop is not below the price, so that nothing can be sized by the way to it"
		}
		part := i.bar.Equity().Value.Mul(decimal.NewFromFloat(s.percent.in(i.values))).Shift(-2)
		quantity := part.DivRound(decimal.NewFromFloat(way), i.feed.Instrument().QuantityScale+2).Truncate(i.feed.Instrument().QuantityScale)
		if side == long && quantity.Mul(decimal.NewFromFloat(closing)).GreaterThanOrEqual(i.bar.Cash().Value) {
			size = strategy.CashPercent(100)
		} else {
			size = strategy.OfQuantity(quantity)
		}
	}
	if s.whole {
		size = size.Whole()
	}
	return size, ""
}

// OnFill implements strategy.FillListener.
func (i *instance) OnFill(f strategy.Fill, _ *strategy.Orders) {
	p := &i.position
	price := float64(f.Raw.Price) / float64(wide.Pow10(f.Instrument.PriceScale))
	switch {
	case f.Instrument != i.feed.Instrument():
	case !p.open:
		p.open, p.first, p.best, p.entries, p.last = true, price, price, 1, f.Raw.Intent
	case i.decision.action == "add" && f.Raw.Intent != p.last:
		p.entries++
		p.last = f.Raw.Intent
	}
}
