package honest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// decision is one thing that an instance asked for.
type decision struct {
	at         int64 // the close, or the fill that it was told of
	instrument string
	change     strategy.Change
}

// same reports whether two decisions ask for the same, to the last unit.
func (d decision) same(other decision) bool {
	return reflect.DeepEqual(d, other) //nolint:govet // faults are part of what was asked for: all that they hold is compared
}

// alike reports whether two decisions go the same way, whatever their size and names:
// runs from other starts have other equity.
func (d decision) alike(other decision) bool {
	a, b := &d.change, &other.change
	return d.at == other.at && d.instrument == other.instrument && a.Kind == b.Kind &&
		a.Intent.Side == b.Intent.Side && a.Intent.Type == b.Intent.Type && a.Intent.Closing == b.Intent.Closing
}

// String returns "buy market BTC/USDT".
func (d decision) String() string {
	switch d.change.Kind {
	case strategy.CancelOrder:
		return "cancel an order of " + d.instrument
	case strategy.AmendOrder:
		return "amend an order of " + d.instrument
	default:
	}
	i := &d.change.Intent
	if i.Closing {
		return "close " + d.instrument
	}
	return fmt.Sprintf("%s %s by a %s order", i.Side, d.instrument, i.Type)
}

// recording is what an instance did in one run.
type recording struct {
	moments   []int64 // the closes that it was asked at
	decisions []decision
	warmup    int              // bars of the main feed that its indicators take
	main      market.Timeframe // of the feed that it declared first
}

// recorded is a strategy whose instance is listened to. Each is for one run.
type recorded struct {
	strategy.Strategy

	to *recording
}

// recordedNeeder is one that tells which series it reads.
type recordedNeeder struct {
	*recorded
	strategy.Needer
}

func record(s strategy.Strategy, to *recording) strategy.Strategy {
	r := &recorded{s, to}
	if needer, ok := s.(strategy.Needer); ok {
		return recordedNeeder{r, needer}
	}
	return r
}

// Build implements strategy.Strategy.
func (r *recorded) Build(s *strategy.Setup) (strategy.Instance, error) {
	inner, err := r.Strategy.Build(s)
	if err != nil {
		return nil, err
	}
	if used := s.Used(); len(used) > 0 {
		r.to.warmup, r.to.main = used[0].Warmup(), used[0].Timeframe()
	}
	i := &instance{inner: inner, to: r.to}
	i.fill, _ = inner.(strategy.FillListener)
	i.order, _ = inner.(strategy.OrderListener)
	i.trade, _ = inner.(strategy.TradeListener)
	i.book, _ = inner.(strategy.BookListener)
	return i, nil
}

// instance passes every call on. It does not tell quiet bars: it is asked at all.
type instance struct {
	inner strategy.Instance
	fill  strategy.FillListener
	order strategy.OrderListener
	trade strategy.TradeListener
	book  strategy.BookListener
	to    *recording
	now   int64
}

// OnBar implements strategy.Instance.
func (i *instance) OnBar(b strategy.Bar, o *strategy.Orders) {
	i.now = b.Feed().Timeframe().Close(b.Time().UnixNano())
	i.to.moments = append(i.to.moments, i.now)
	i.inner.OnBar(b, o)
	i.keep(b.Instrument(), o)
}

// OnFill implements strategy.FillListener.
func (i *instance) OnFill(f strategy.Fill, o *strategy.Orders) {
	i.now = max(i.now, f.Raw.Time)
	if i.fill != nil {
		i.fill.OnFill(f, o)
		i.keep(f.Instrument, o)
	}
}

// OnOrder implements strategy.OrderListener.
func (i *instance) OnOrder(u strategy.OrderUpdate, o *strategy.Orders) {
	if i.order != nil {
		i.order.OnOrder(u, o)
		i.keep(u.Instrument, o)
	}
}

// OnTrade implements strategy.TradeListener.
func (i *instance) OnTrade(t strategy.Tick, o *strategy.Orders) {
	if i.trade != nil {
		i.now = max(i.now, t.At)
		i.trade.OnTrade(t, o)
		i.keep(t.Instrument, o)
	}
}

// OnBook implements strategy.BookListener.
func (i *instance) OnBook(d strategy.Depth, o *strategy.Orders) {
	if i.book != nil {
		i.now = max(i.now, d.Time)
		i.book.OnBook(d, o)
		i.keep(d.Instrument, o)
	}
}

// keep takes in what the call asked for. The feed of an order belongs to its run.
func (i *instance) keep(in *market.Instrument, o *strategy.Orders) {
	for _, c := range o.Changes() {
		d := decision{at: i.now, instrument: in.Symbol, change: c}
		if f := c.Intent.Feed; f != nil {
			d.instrument = f.Instrument().Symbol
		}
		d.change.Intent.Feed = nil
		i.to.decisions = append(i.to.decisions, d)
	}
}

// trace is a run with what its instance did.
type trace struct {
	recording
	result *backtest.Result
}

// until returns the decisions up to a time.
func (t *trace) until(at int64) []decision {
	n := len(t.decisions)
	for n > 0 && t.decisions[n-1].at > at {
		n--
	}
	return t.decisions[:n]
}

// fillsBefore returns the fills before a time.
func fillsBefore(r *backtest.Result, at int64) []exchange.Fill {
	n := slices.IndexFunc(r.Fills, func(f exchange.Fill) bool { return f.Time >= at })
	if n < 0 {
		n = len(r.Fills)
	}
	return r.Fills[:n]
}

// difference describes the first decision or fill by which two runs differ up to a
// close; false when they do not. Fills at the very close are those of the next bar.
func difference(before, after *trace, at int64) (Finding, bool) {
	a, b := before.until(at), after.until(at)
	for i := range max(len(a), len(b)) {
		switch {
		case i < len(a) && i < len(b) && a[i].same(b[i]):
			continue
		case i == len(a):
			return found(b[i].at, b[i].instrument, "it decides to %s, which it had not", b[i]), true
		case i == len(b):
			return found(a[i].at, a[i].instrument, "it does not decide to %s, as it had", a[i]), true
		}
		first := a[i]
		if b[i].at < first.at {
			first = b[i]
		}
		words := fmt.Sprintf("it decides to %s where it had decided to %s", b[i], a[i])
		if a[i].String() == b[i].String() {
			words = fmt.Sprintf("it decides to %s otherwise than it had", a[i])
			if a[i].at == b[i].at {
				words = fmt.Sprintf("it decides to %s with another size or price", a[i])
			}
		}
		return found(first.at, first.instrument, "%s", words), true
	}
	x, y := fillsBefore(before.result, at), fillsBefore(after.result, at)
	for i := range max(len(x), len(y)) {
		switch {
		case i < len(x) && i < len(y) && x[i] == y[i]:
			continue
		case i < len(x):
			f := found(x[i].Time, "", "order %d is filled otherwise", x[i].Intent)
			f.Intent, f.Fill = x[i].Intent, x[i].ID
			return f, true
		default:
			f := found(y[i].Time, "", "order %d is filled, which it had not been", y[i].Intent)
			f.Intent, f.Fill = y[i].Intent, y[i].ID
			return f, true
		}
	}
	return Finding{}, false
}

func found(at int64, instrument, format string, args ...any) Finding {
	return Finding{Time: moment(at), Instrument: instrument, Words: strings.TrimSpace(fmt.Sprintf(format, args...))}
}
