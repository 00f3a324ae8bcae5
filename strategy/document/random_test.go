package document

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// author writes documents by chance.
type author struct {
	*rand.Rand
	lets    []string // values
	checks  []string // conditions
	dynamic map[string]bool
	inOn    bool
	inside  bool // an indicator
	spoke   bool // of the position, a signal or another series
}

type object1 = map[string]any

func (a *author) pick(of ...string) string { return of[a.IntN(len(of))] }

func (a *author) bars() int { return 1 + a.IntN(6) }

func (a *author) document() ([]byte, *Document, error) {
	a.dynamic = map[string]bool{}
	lets := object1{}
	doc := object1{
		"name": "chance", "version": 1, "timeframe": "1h", "size": object1{"percent_of_cash": 50},
		"params": object1{"n": object1{"default": 5, "min": 1, "max": 20}, "x": object1{"default": 1.5, "min": 0.5, "max": 3}},
	}
	for i := range a.IntN(5) {
		name := "v" + strconv.Itoa(i)
		a.spoke = false
		if a.IntN(3) == 0 {
			lets[name] = a.condition(2)
			a.dynamic[name] = a.spoke
			a.checks = append(a.checks, name)
		} else {
			lets[name] = a.value(2)
			a.dynamic[name] = a.spoke
			a.lets = append(a.lets, name)
		}
	}
	doc["let"] = lets
	doc["enter"] = object1{"long": a.condition(4)}
	doc["exit"] = object1{"long": a.condition(4)}
	raw, err := json.Marshal(doc)
	if err != nil {
		return nil, nil, err
	}
	d, err := Parse(raw)
	return raw, d, err
}

// named returns a name of let that may stand here, or "".
func (a *author) named(names []string) string {
	if len(names) == 0 {
		return ""
	}
	name := a.pick(names...)
	if a.dynamic[name] {
		if a.inOn || a.inside {
			return ""
		}
		a.spoke = true
	}
	return name
}

func (a *author) value(depth int) any {
	switch n := a.IntN(14); {
	case depth == 0 || n < 3:
		if name := a.named(a.lets); name != "" && a.IntN(2) == 0 {
			return name
		}
		switch a.IntN(5) {
		case 0:
			return 80 + a.IntN(40)
		case 1:
			return "$x"
		default:
			return a.pick("open", "high", "low", "close", "volume")
		}
	case n < 7:
		return a.indicator(depth)
	case n < 9:
		return object1{a.pick("add", "sub", "mul", "div", "max_of", "min_of"): []any{a.value(depth - 1), a.value(depth - 1)}}
	case n < 11:
		return object1{a.pick("ago", "change", "change_percent"): []any{a.value(depth - 1), a.bars()}}
	case n < 12:
		return object1{"abs": a.value(depth - 1)}
	case a.inOn || a.inside:
		return "close"
	case n == 12:
		a.spoke = true
		return "position." + a.pick(factNames[1:]...)
	default:
		return a.on(func() any { return a.value(depth - 1) })
	}
}

func (a *author) on(what func() any) any {
	a.inOn, a.spoke = true, true
	of := what()
	a.inOn = false
	return object1{"on": []any{a.pick("4h", "ETH/USDT", "ETH/USDT 4h"), of}}
}

func (a *author) indicator(depth int) any {
	before := a.inside
	a.inside = true
	defer func() { a.inside = before }()
	source := any("close")
	if a.IntN(2) == 0 {
		source = a.value(depth - 1)
		if _, number := source.(int); number {
			source = "high"
		}
		if source == "$x" {
			source = "low"
		}
	}
	n := any(1 + a.IntN(12))
	if a.IntN(4) == 0 {
		n = "$n"
	}
	switch a.IntN(6) {
	case 0:
		return object1{"sma": []any{source, n}}
	case 1:
		return object1{"ema": []any{source, n}}
	case 2:
		return object1{"rsi": []any{source, 2 + a.IntN(10)}}
	case 3:
		return object1{a.pick("macd", "macd.signal", "macd.histogram"): []any{source, 3, 7, 4}}
	case 4:
		return object1{"atr": n}
	default:
		return object1{a.pick("bbands", "bbands.upper", "bbands.lower"): []any{source, 2 + a.IntN(10), 2}}
	}
}

func (a *author) condition(depth int) any {
	list := func(of func(int) any, n int) []any {
		out := make([]any, n)
		for i := range out {
			out[i] = of(depth - 1)
		}
		return out
	}
	switch n := a.IntN(20); {
	case depth <= 1 || n < 5:
		if name := a.named(a.checks); name != "" && a.IntN(2) == 0 {
			return name
		}
		if depth == 0 {
			return a.IntN(2) == 0
		}
		return object1{a.pick("gt", "gte", "lt", "lte", "eq", "ne"): list(a.value, 2)}
	case n < 8:
		return object1{a.pick("all", "any"): list(a.condition, 1+a.IntN(3))}
	case n < 9:
		return object1{"not": a.condition(depth - 1)}
	case n < 11:
		return object1{a.pick("crosses_above", "crosses_below", "crosses"): list(a.value, 2)}
	case n < 12:
		return object1{"between": list(a.value, 3)}
	case n < 13:
		return object1{a.pick("rising", "falling"): []any{a.value(depth - 1), a.bars()}}
	case n == 13 && a.IntN(3) == 0:
		return object1{"pattern": []any{a.pick("engulfing", "doji", "hammer", "harami"), a.pick("bullish", "bearish", "any")}}
	case n < 15:
		return object1{a.pick("for_bars", "within_bars"): []any{a.condition(depth - 1), a.bars()}}
	case n < 16:
		switch a.IntN(3) {
		case 0:
			return object1{"hours": object1{"from": fmt.Sprintf("%02d:30", a.IntN(24)), "to": fmt.Sprintf("%02d:00", a.IntN(24)), "zone": a.pick("UTC", "America/New_York", "Asia/Kolkata")}}
		case 1:
			return object1{"weekdays": []any{a.pick("mon", "wed", "sun"), a.pick("tue", "sat")}}
		default:
			return object1{"session": a.pick("london", "tokyo", "sydney", "new_york")}
		}
	case a.inOn || a.inside:
		return object1{"gt": list(a.value, 2)}
	case n < 18:
		a.spoke = true
		switch a.IntN(4) {
		case 0:
			return object1{"in_position": []any{true, false, "long", "short"}[a.IntN(4)]}
		case 1:
			return object1{"in_profit_by": a.value(depth - 1)}
		case 2:
			return object1{"open_for": []any{3, "5h", "$n"}[a.IntN(3)]}
		default:
			return object1{"signal": []any{a.pick("buy", "sell"), a.bars()}}
		}
	default:
		return a.on(func() any { return a.condition(depth - 1) })
	}
}

// market1 is the candles of a run: hours of two instruments, and 4 hours of both.
func market1(t testing.TB, r *rand.Rand, n int) []*market.Series {
	t.Helper()
	var all []*market.Series
	for _, symbol := range []string{"BTC/USDT", "ETH/USDT"} {
		s := market.NewSeries(market.MustSpot(symbol), market.H1, 8, n)
		at := int64(100)
		for i := range n {
			if r.IntN(30) == 0 {
				continue // a gap
			}
			open := max(60, at+int64(r.IntN(3))-1)
			at = max(60, min(140, open+int64(r.IntN(9))-4))
			s.Append(market.Bar{
				Time: int64(i)*int64(market.H1) + 1_600_000_000_000_000_000/int64(market.D1)*int64(market.D1), Open: open * 1e8, Close: at * 1e8,
				High: (max(open, at) + int64(r.IntN(3))) * 1e8, Low: (min(open, at) - int64(r.IntN(3))) * 1e8, Volume: int64(r.IntN(5)) * 1e8,
			})
		}
		fours, err := market.Resample(s, market.H4)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, s, fours)
	}
	return all
}

// script is an account whose position is what chance made of it.
type script struct {
	held  int64
	entry strategy.Entry
}

func (s *script) HoldingOf(int32, exchange.PositionSide) int64 { return 0 }

func (s *script) Holding(i int32) int64 {
	if i != 0 {
		return 0
	}
	return s.held
}

func (s *script) Entry(i int32) strategy.Entry {
	if s.Holding(i) == 0 {
		return strategy.Entry{}
	}
	return s.entry
}
func (s *script) Cash(money.Currency) exchange.Units { return exchange.Units{Lo: 5e18} }
func (s *script) Equity() exchange.Units             { return exchange.Units{Lo: 5e18} }
func (s *script) Reporting() money.Currency          { return "USDT" }

// replay runs a document over candles with positions and signals of chance, and calls
// after each decision.
func replay(t testing.TB, d *Document, data []*market.Series, streamed bool, seed uint64, after func(i *instance, f func(fact) float64)) {
	t.Helper()
	chance := rand.New(rand.NewPCG(seed, 2))
	var now int64
	feeds, places := make([]*strategy.Feed, len(data)), make([]int, len(data))
	instruments := map[string]int32{"BTC/USDT": 0, "ETH/USDT": 1}
	for i, s := range data {
		if streamed {
			feeds[i] = strategy.NewFeed(instruments[s.Instrument.Symbol], s.Instrument, s.Timeframe, s.VolumeScale)
		} else {
			feeds[i] = strategy.NewPreloadedFeed(instruments[s.Instrument.Symbol], s)
		}
		feeds[i].Clock(&now)
	}
	setup := strategy.NewSetup(feeds)
	built, err := d.Build(setup)
	if err != nil {
		t.Fatalf("%s does not build: %v", d.canonical, err)
	}
	in, _ := built.(*instance)
	account := &script{}
	var orders strategy.Orders
	for {
		next := int64(1) << 62
		for i, s := range data {
			if places[i] < s.Len() {
				next = min(next, s.Timeframe.Close(s.Time[places[i]]))
			}
		}
		if next == 1<<62 {
			return
		}
		name := []string{"", "", "", "buy", "sell"}[chance.IntN(5)]
		if name != "" {
			setup.Receive(name)
		}
		for i, s := range data {
			if places[i] < s.Len() && s.Timeframe.Close(s.Time[places[i]]) == next {
				bar := s.Bar(places[i])
				if err := feeds[i].Push(&bar); err != nil {
					t.Fatal(err)
				}
				places[i]++
			}
		}
		now = next
		warm := true
		for _, f := range setup.Used() {
			warm = warm && f.Warm()
		}
		toggles := chance.IntN(4) == 0
		if !warm {
			continue
		}
		if toggles { // what was filled between the closes
			if last, ok := in.feed.At(0); account.held == 0 && ok {
				account.held = 1e8
				account.entry = strategy.Entry{Time: last.Time, Cost: exchange.Units{Lo: 5e18}}
				in.position = position{open: true, first: 100, best: 100, entries: 1}
			} else {
				account.held = 0
			}
		}
		fresh := in.feed.Fresh()
		orders.Begin(in.feed)
		bar := strategy.NewBar(in.feed, account)
		in.OnBar(bar, &orders)
		if fresh {
			held := bar.PositionOf(in.feed)
			closing := in.feed.Value(market.Close, 0)
			after(in, func(f fact) float64 { return in.fact(f, held, closing) })
		}
	}
}
