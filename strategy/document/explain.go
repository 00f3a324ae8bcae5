package document

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// Explain implements strategy.Explainer: the rules of the document with every
// condition and value of the last close.
func (i *instance) Explain() strategy.Explanation {
	out := strategy.Explanation{
		Time: time.Unix(0, i.decision.at).UTC(), Action: i.decision.action, Reason: i.decision.reason,
	}
	for side, name := range sideNames {
		s := &i.document.sides[side]
		for _, rule := range []struct {
			name string
			e    *expr
		}{{"enter." + name, s.enter}, {"exit." + name, s.exit}} {
			if rule.e == nil {
				continue
			}
			x := i.bound.explain(nil, rule.e)
			x.Text = rule.name + "  " + x.Text
			out.Rules = append(out.Rules, x)
		}
	}
	return out
}

// explain tells what an expression came to, on a series or in the dynamic program.
func (b *bound) explain(a *axis, e *expr) strategy.Explained {
	if a == nil && !dynamic(e) {
		a = b.axes[0]
	}
	x := strategy.Explained{Path: e.path, Text: e.label, Condition: e.truth}
	now, before := b.valueOf(a, e)
	if e.truth {
		if !math.IsNaN(now) {
			truth := now == 1
			x.Truth = &truth
		}
	} else {
		x.Value, x.Before = known(now), known(before)
	}
	switch e.op {
	case opNamed:
		// A name stands for what it is made of: that follows for conditions, while a
		// value is told by its name.
		if e.truth {
			x.Of = append(x.Of, b.explain(a, e.args[0]))
		}
		return x
	case opOn:
		i := slices.IndexFunc(b.axes[1:], func(o *axis) bool { return o.need == e.series })
		x.Of = append(x.Of, b.explain(b.axes[1+i], e.args[0]))
		return x
	case opIndicator:
		return x
	case opConst:
		if e.value.param != "" && !e.truth {
			x.Text = e.label
		}
		return x
	default: // its arguments follow
	}
	args := e.args
	if len(args) == 1 && args[0].path == e.path && args[0].label == "step" { // rising, falling
		args = args[0].args[:1]
	}
	for _, arg := range args {
		if arg.path == e.path && !arg.truth && arg.op != opIndicator && arg.op != opFact { // made up by the parser
			continue
		}
		x.Of = append(x.Of, b.explain(a, arg))
	}
	x.Note = b.note(a, e, now)
	return x
}

// note says why a cross is none.
func (b *bound) note(a *axis, e *expr, now float64) string {
	if e.op != opCrossAbove && e.op != opCrossBelow || now != 0 {
		return ""
	}
	x, xBefore := b.valueOf(a, e.args[0])
	y, yBefore := b.valueOf(a, e.args[1])
	side, was, is := "above", order(xBefore, yBefore), order(x, y)
	if e.op == opCrossBelow {
		side, was, is = "below", -was, -is
	}
	switch {
	case is > 0 && was > 0:
		return "was " + side + " already"
	case is <= 0:
		return "is not " + side
	}
	return ""
}

// valueOf returns what an expression came to at this close and at the one before.
func (b *bound) valueOf(a *axis, e *expr) (now, before float64) {
	for e.op == opNamed {
		e = e.args[0]
	}
	if e.op == opConst {
		v := e.value.in(b.values)
		return v, v
	}
	if a == nil {
		r, ok := b.refs[place{e, nil}]
		if !ok || b.run == nil {
			return unknown, unknown
		}
		return b.run.at(r.node, b.run.seen-1), b.run.at(r.node, b.run.seen-2)
	}
	r, ok := b.refs[place{e, a}]
	if !ok {
		return unknown, unknown
	}
	if r.line != nil {
		return r.line.Value(), r.line.Back(1)
	}
	run := a.whole.run
	if run == nil || len(a.roots) == 0 {
		return unknown, unknown
	}
	// The program begins where all its inputs are defined.
	start := a.roots[0].Warmup() - a.whole.nodes[a.whole.outputs[0]].warmup
	bar := a.feed.Len() - 1 - start
	return run.at(r.node, bar), run.at(r.node, bar-1)
}

func known(v float64) *float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return nil
	}
	return &v
}

// Explain tells why a strategy would or would not trade at the last close at or
// before a time, over candles, without a position: it runs the strategy over the
// candles and lets every order go. The first series is the main one; the strategy's
// instance must be a strategy.Explainer, as those of documents are.
func Explain(ctx context.Context, s strategy.Strategy, series []*market.Series, at time.Time) (strategy.Explanation, error) {
	var none strategy.Explanation
	if s == nil || len(series) == 0 {
		return none, tradekeel.Invalidf("data", "needs a strategy and candles")
	}
	var now int64
	feeds := make([]*strategy.Feed, len(series))
	for i, data := range series {
		if err := data.Validate(); err != nil {
			return none, err
		}
		feeds[i] = strategy.NewPreloadedFeed(int32(i), data)
		feeds[i].Clock(&now)
	}
	setup := strategy.NewSetup(feeds)
	instance, err := s.Build(setup)
	if err != nil {
		return none, err
	}
	explainer, ok := instance.(strategy.Explainer)
	if !ok {
		return none, tradekeel.ErrUnsupported.With("strategy", "%s does not explain its decisions; documents do", s.Name())
	}
	flat := &flatAccount{reporting: series[0].Instrument.Settle()}
	bar := strategy.NewBar(setup.Used()[0], flat)
	var orders strategy.Orders
	places := make([]int, len(series))
	asked := false
	for bars := 0; ; bars++ {
		if bars%4096 == 0 && ctx.Err() != nil {
			return none, tradekeel.ErrCanceled.Because(context.Cause(ctx))
		}
		next := int64(math.MaxInt64)
		for i, data := range series {
			if closes := data.Closes(); places[i] < len(closes) {
				next = min(next, closes[places[i]])
			}
		}
		if next == math.MaxInt64 || next > at.UnixNano() {
			break
		}
		for i, data := range series {
			if closes := data.Closes(); places[i] < len(closes) && closes[places[i]] == next {
				feeds[i].Advance(next)
				places[i]++
			}
		}
		now = next
		if slices.ContainsFunc(setup.Used(), func(f *strategy.Feed) bool { return !f.Warm() }) {
			continue
		}
		orders.Begin(bar.Feed())
		instance.OnBar(bar, &orders)
		asked = true
	}
	if !asked {
		return none, tradekeel.Invalidf("at", "no close by %s has enough candles before it", at.UTC().Format(time.RFC3339))
	}
	return explainer.Explain(), nil
}

// flatAccount holds a little money and nothing else.
type flatAccount struct{ reporting money.Currency }

func (a *flatAccount) Holding(int32) int64                          { return 0 }
func (a *flatAccount) HoldingOf(int32, exchange.PositionSide) int64 { return 0 }
func (a *flatAccount) Entry(int32) strategy.Entry                   { return strategy.Entry{} }
func (a *flatAccount) Cash(money.Currency) exchange.Units           { return exchange.Units{Lo: 1e18} }
func (a *flatAccount) Equity() exchange.Units                       { return exchange.Units{Lo: 1e18} }
func (a *flatAccount) Reporting() money.Currency                    { return a.reporting }
