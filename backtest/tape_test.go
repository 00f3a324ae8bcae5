package backtest_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	orderbook "github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/market/source"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// printed makes trades by chance that candles could be made of: each bar begins with one
// at its open, both extremes are there, and the last is its close.
func printed(s *market.Series, chance *rand.Rand) *market.Ticks {
	t := &market.Ticks{Instrument: s.Instrument}
	for i := range s.Len() {
		prices := []int64{s.High[i], s.Low[i]}
		for range chance.IntN(6) {
			prices = append(prices, s.Low[i]+chance.Int64N(s.High[i]-s.Low[i]+1))
		}
		chance.Shuffle(len(prices), func(a, b int) { prices[a], prices[b] = prices[b], prices[a] })
		prices = append(append([]int64{s.Open[i]}, prices...), s.Close[i])
		for k, price := range prices {
			t.Time = append(t.Time, s.Time[i]+int64(k)*int64(s.Timeframe)/int64(len(prices)))
			t.Price, t.Quantity = append(t.Price, price), append(t.Quantity, 1+chance.Int64N(3_000000))
			t.Side = append(t.Side, int8(chance.IntN(3)-1))
		}
	}
	return t
}

// quoted makes a book a little after each of some trades, around its price.
func quoted(t rapid.TB, ticks *market.Ticks, chance *rand.Rand) *orderbook.Recording {
	r, err := orderbook.NewRecording(ticks.Instrument, 5)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range ticks.Time {
		if chance.IntN(3) == 0 {
			continue
		}
		var d orderbook.Diff
		for k := range int64(7) {
			d.Bids = append(d.Bids, orderbook.Level{Price: max(1, ticks.Price[i]-1-k*1000), Quantity: 1 + chance.Int64N(2_000000)})
			d.Asks = append(d.Asks, orderbook.Level{Price: ticks.Price[i] + 1 + k*1000, Quantity: 1 + chance.Int64N(2_000000)})
		}
		if err := r.Add(at, true, d); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// encoded runs a configuration, and once more with streamed bars, and holds that both
// give the same bytes.
func encoded(t rapid.TB, config backtest.Config) (*backtest.Result, []byte) {
	t.Helper()
	var raw [3][]byte
	var result *backtest.Result
	for i := range raw {
		config.Streamed = i == 2
		got, err := backtest.Run(context.Background(), config)
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			result = got
		}
		if raw[i], err = backtest.Encode(got); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(raw[i], raw[0]) {
			t.Fatalf("run %d (streamed: %v) gave other bytes", i, config.Streamed)
		}
	}
	return result, raw[0]
}

// TestRandomOrdersOnTicks is TestRandomOrders on recorded trades, and on books: money is
// counted anew, no order is filled better than a trade of that moment, and the same run
// gives the same bytes.
func TestRandomOrdersOnTicks(t *testing.T) {
	t.Parallel()
	fills := map[string]int{}
	rapid.Check(t, func(t *rapid.T) {
		config, in := gamble(t)
		chance := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "ticks"), 3))
		ticks := printed(config.Data[0], chance)
		kind := rapid.SampledFrom([]string{"ticks", "books", "both"}).Draw(t, "input")
		if kind != "books" {
			config.Ticks = []*market.Ticks{ticks}
		}
		if kind != "ticks" {
			config.Books = []orderbook.Feed{quoted(t, ticks, chance)}
		}
		result, _ := encoded(t, config)
		checkMoney(t, in, config, result)
		fills[kind] += len(result.Fills)
		if kind != "ticks" {
			return
		}
		best := map[int64][2]int64{} // the lowest and the highest price of a moment
		for i, at := range ticks.Time {
			b, there := best[at]
			if !there {
				b = [2]int64{ticks.Price[i], ticks.Price[i]}
			}
			best[at] = [2]int64{min(b[0], ticks.Price[i]), max(b[1], ticks.Price[i])}
		}
		for i := range result.Fills {
			f := &result.Fills[i]
			if f.Liquidation {
				continue
			}
			if b, there := best[f.Time]; !there || f.Side == exchange.Buy && f.Price < b[0] || f.Side == exchange.Sell && f.Price > b[1] {
				t.Fatalf("fill %d, a %s at %d, is better than the trades at %d: %v", f.ID, f.Side, f.Price, f.Time, b)
			}
		}
	})
	for _, kind := range []string{"ticks", "books", "both"} {
		if fills[kind] < 100 {
			t.Errorf("%s gave %d fills, too few to tell", kind, fills[kind])
		}
	}
}

// TestTicksGiveTheOpens: where the first trade of each bar is its open, market orders
// are filled on trades as on the bars made of them, slippage included, to the last byte.
func TestTicksGiveTheOpens(t *testing.T) {
	t.Parallel()
	fills := 0
	rapid.Check(t, func(t *rapid.T) {
		config, _ := gamble(t)
		seed := rapid.Uint64().Draw(t, "ticks")
		ticks := printed(config.Data[0], rand.New(rand.NewPCG(seed, 3)))
		made, err := source.AggregateTicks(ticks, market.H1)
		if err != nil {
			t.Fatal(err)
		}
		model := matching.Model{Slippage: config.Model.Slippage, Spread: config.Model.Spread}
		config = backtest.Config{Data: []*market.Series{made}, Cash: config.Cash, Fees: config.Fees, Model: model, Account: config.Account}
		config.Account.Leverage = decimal.Zero // nothing is liquidated inside of a bar
		config.Account.Kind, config.Account.Borrow, config.Account.Positions, config.Account.Tiers = exchange.SpotAccount, nil, 0, nil
		config.Account.Mode, config.Account.LiquidationFee = 0, decimal.Zero
		if made.Instrument.Kind != market.Spot {
			return
		}
		config.Strategy = gambling(seed)
		onBars, want := encoded(t, config)
		fills += len(onBars.Fills)
		config.Ticks = []*market.Ticks{ticks}
		if onTicks, got := encoded(t, config); !bytes.Equal(got, want) {
			t.Fatalf("trades gave other bytes than bars: %d and %d fills, %v", len(onTicks.Fills), len(onBars.Fills), onTicks.Warnings)
		}
	})
	if fills < 300 {
		t.Errorf("there were %d fills, too few to tell", fills)
	}
}

// gambling buys and sells at the market by chance.
func gambling(seed uint64) strategy.Strategy {
	return strategy.Define("chance", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		r := rand.New(rand.NewPCG(seed, 4))
		return scripted{onBar: func(_ strategy.Bar, o *strategy.Orders) {
			switch r.IntN(4) {
			case 0:
				o.BuyMarket(strategy.CashPercent(1 + 50*r.Float64()))
			case 1:
				o.SellMarket(strategy.HoldingPercent(1 + 99*r.Float64()))
			default:
			}
		}}, nil
	})
}

// told runs three hours of candles at 10, 11, 12, in which the strategy asks for
// something at the first close, on trades or books, and tells its fills.
func told(t *testing.T, config backtest.Config, ask func(b strategy.Bar, o *strategy.Orders)) (fills, warnings []string) {
	t.Helper()
	config.Data, config.Cash = []*market.Series{bars("BTC/USDT", market.H1, 0, 10, 11, 12)}, money.MustParse("1000 USDT")
	bar := 0
	config.Strategy = strategy.Define("script", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		bar = 0
		return scripted{onBar: func(b strategy.Bar, o *strategy.Orders) {
			if bar++; bar == 1 {
				ask(b, o)
			}
		}}, nil
	})
	result, _ := encoded(t, config)
	for _, f := range result.Fills {
		in := config.Data[0].Instrument
		fills = append(fills, time.Unix(0, f.Time).UTC().Format("15:04:05.000000000")+" "+in.Quantity(f.Quantity).String()+" at "+in.Price(f.Price).String())
	}
	return fills, result.Warnings
}

// trades makes recorded trades of [seconds, price, quantity], by a seller.
func trades(rows ...[3]float64) *market.Ticks {
	t := &market.Ticks{Instrument: market.MustSpot("BTC/USDT")}
	for _, r := range rows {
		t.Time = append(t.Time, int64(r[0]*1e9))
		t.Price, t.Quantity, t.Side = append(t.Price, int64(r[1]*1e8)), append(t.Quantity, int64(r[2]*1e8)), append(t.Side, -1)
	}
	return t
}

// shown makes a recording of books of one level a side: [seconds, bid, size, ask, size].
func shown(t *testing.T, rows ...[5]float64) *orderbook.Recording {
	t.Helper()
	r, err := orderbook.NewRecording(market.MustSpot("BTC/USDT"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		level := func(i int) []orderbook.Level {
			return []orderbook.Level{{Price: int64(row[i] * 1e8), Quantity: int64(row[i+1] * 1e8)}}
		}
		if err := r.Add(int64(row[0]*1e9), true, orderbook.Diff{Bids: level(1), Asks: level(3)}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// TestTicksAndBooksInTime states when orders meet trades and books, and where they stand
// in the queue. The first close is at 3600 s.
func TestTicksAndBooksInTime(t *testing.T) {
	t.Parallel()
	one := strategy.OfQuantity(decimal.NewFromInt(1))
	buy := func(_ strategy.Bar, o *strategy.Orders) { o.BuyMarket(one) }
	limit := func(_ strategy.Bar, o *strategy.Orders) { o.Buy(one, strategy.At(decimal.NewFromInt(9))) }
	stop := func(_ strategy.Bar, o *strategy.Orders) { o.Buy(one, strategy.StopAt(decimal.NewFromInt(14))) }
	for _, c := range []struct {
		name   string
		ticks  *market.Ticks
		books  *orderbook.Recording
		model  matching.Model
		ask    func(strategy.Bar, *strategy.Orders)
		fills  []string
		warned string
	}{
		{"the bars fill nothing", trades([3]float64{5, 10, 1}), nil, matching.Model{}, buy, nil, "orders outside met none"},
		{"there are none", trades([3]float64{50_000, 10, 1}), nil, matching.Model{}, buy, nil, "There are no trades"},
		{"at the close", trades([3]float64{3599, 7, 1}, [3]float64{3600, 10.5, 1}, [3]float64{3601, 11, 1}), nil, matching.Model{}, buy, []string{"01:00:00.000000000 1 at 10.5"}, ""},
		{
			"with a latency", trades([3]float64{3600, 10.5, 1}, [3]float64{3601.999999999, 11, 1}, [3]float64{3602, 12, 1}), nil,
			matching.Model{Latency: 2 * time.Second}, buy, []string{"01:00:02.000000000 1 at 12"}, "",
		},
		{"a limit needs a trade beyond", trades([3]float64{3600, 10, 1}, [3]float64{3700, 9, 5}, [3]float64{3800, 8.9, 0.1}), nil, matching.Model{}, limit, []string{"01:03:20.000000000 1 at 9"}, ""},
		{
			"a limit touched", trades([3]float64{3600, 10, 1}, [3]float64{3700, 9, 0.25}, [3]float64{3800, 9, 5}), nil, matching.Model{Limits: matching.Touch}, limit,
			[]string{"01:01:40.000000000 0.25 at 9", "01:03:20.000000000 0.75 at 9"}, "",
		},
		{
			"a limit behind others", trades([3]float64{3650, 9, 2}, [3]float64{3700, 9, 2.5}, [3]float64{3800, 9, 5}), shown(t, [5]float64{3600, 9, 4, 10, 1}), matching.Model{}, limit,
			[]string{"01:01:40.000000000 0.5 at 9", "01:03:20.000000000 0.5 at 9"}, "",
		},
		{
			"the queue shrinks by cancellations", trades([3]float64{3650, 9, 1}, [3]float64{3700, 9, 2}), shown(t, [5]float64{3600, 9, 4, 10, 1}, [5]float64{3660, 9, 1, 10, 1}), matching.Model{}, limit,
			[]string{"01:01:40.000000000 1 at 9"}, "",
		},
		{"the book from before", nil, shown(t, [5]float64{100, 9, 4, 10, 1}, [5]float64{3605, 9, 4, 10.25, 0.4}, [5]float64{3606, 9, 4, 10.5, 1}), matching.Model{}, buy, []string{"01:00:05.000000000 0.4 at 10.25", "01:00:06.000000000 0.6 at 10.5"}, ""},
		{"trades do not fill what waits for a book", trades([3]float64{3604, 7, 1}), shown(t, [5]float64{100, 9, 4, 10, 1}, [5]float64{3605, 9, 4, 10.25, 2}), matching.Model{}, buy, []string{"01:00:05.000000000 1 at 10.25"}, ""},
		{"books alone reach a stop", nil, shown(t, [5]float64{3600, 9, 4, 10, 9}, [5]float64{3700, 13.5, 4, 14.5, 9}, [5]float64{3800, 15, 4, 16, 9}), matching.Model{}, stop, []string{"01:03:20.000000000 1 at 16"}, ""},
		{"a date that has passed", trades([3]float64{3600, 10, 1}, [3]float64{3700, 9, 5}), nil, matching.Model{Limits: matching.Touch}, func(_ strategy.Bar, o *strategy.Orders) {
			o.Buy(one, strategy.At(decimal.NewFromInt(9)), strategy.Until(time.Unix(3650, 0)))
		}, nil, ""},
		{"a trade comes before the book of its time", trades([3]float64{3600, 9, 2}, [3]float64{3700, 9, 5}), shown(t, [5]float64{3600, 9, 4, 10, 1}), matching.Model{}, limit, []string{"01:01:40.000000000 1 at 9"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := backtest.Config{Model: c.model}
			if c.ticks != nil {
				config.Ticks = []*market.Ticks{c.ticks}
			}
			if c.books != nil {
				config.Books = []orderbook.Feed{c.books}
			}
			fills, warnings := told(t, config, c.ask)
			if !reflect.DeepEqual(fills, c.fills) {
				t.Errorf("filled %q, want %q", fills, c.fills)
			}
			if c.warned != "" && !strings.Contains(strings.Join(warnings, " "), c.warned) {
				t.Errorf("warned %q, want %q", warnings, c.warned)
			}
		})
	}
}

// fallen is a feed whose times fall.
type fallen struct {
	orderbook.Feed

	at int64
}

func (f *fallen) Play() orderbook.Player         { return &fallen{f.Feed, 3_000e9} }
func (f *fallen) Err() error                     { return nil }
func (f *fallen) Next() *orderbook.Shown         { f.at -= 1e9; return &orderbook.Shown{Time: f.at} }
func (f *fallen) Instrument() *market.Instrument { return f.Feed.Instrument() }

// TestBadTicksAreNamed: what cannot be played is refused before the run, or where it is
// found, with its field.
func TestBadTicksAreNamed(t *testing.T) {
	t.Parallel()
	right := trades([3]float64{5, 10, 1}, [3]float64{6, 10, 1})
	other, scaled, falls := *right, *right, *right
	other.Instrument = market.MustSpot("ETH/USDT")
	in := *right.Instrument
	in.PriceScale = 2
	scaled.Instrument = &in
	falls.Time = []int64{6, 5}
	otherBooks, err := orderbook.NewRecording(other.Instrument, 0)
	if err != nil {
		t.Fatal(err)
	}
	books := shown(t, [5]float64{5, 9, 1, 10, 1})
	for _, c := range []struct {
		field, text string
		ticks       []*market.Ticks
		books       []orderbook.Feed
	}{
		{"ticks[0]", "which the run has no candles of", []*market.Ticks{&other}, nil},
		{"ticks[0]", "2 and 8 decimals", []*market.Ticks{&scaled}, nil},
		{"ticks[0]", "before the one before", []*market.Ticks{&falls}, nil},
		{"ticks[0]", "are missing", []*market.Ticks{nil}, nil},
		{"ticks[1]", "as others before", []*market.Ticks{right, right}, nil},
		{"books[0]", "is missing", nil, []orderbook.Feed{nil}},
		{"books[0]", "which the run has no candles of", nil, []orderbook.Feed{otherBooks}},
		{"books[1]", "as others before", nil, []orderbook.Feed{books, books}},
		{"books[0]", "go back in time, to 1970-01-01T00:49:58Z", nil, []orderbook.Feed{&fallen{books, 0}}},
	} {
		config := good()
		config.Ticks, config.Books = c.ticks, c.books
		_, err := backtest.Run(context.Background(), config)
		found := false
		for _, v := range tradekeel.Violations(err) {
			found = found || v.Field == c.field && strings.Contains(v.Message, c.text)
		}
		if !found {
			t.Errorf("%s: got %v, want %q", c.field, err, c.text)
		}
	}
}

// hearing is a script that is told of trades and books, too.
type hearing struct {
	scripted

	onTrade func(strategy.Tick, *strategy.Orders)
	onBook  func(strategy.Depth, *strategy.Orders)
}

func (h hearing) OnTrade(t strategy.Tick, o *strategy.Orders) { h.onTrade(t, o) }
func (h hearing) OnBook(d strategy.Depth, o *strategy.Orders) { h.onBook(d, o) }

// TestListenersHearEach: a strategy hears of each trade and book from its first decision
// to the last close, in their order, and what it asks for then meets what comes next.
func TestListenersHearEach(t *testing.T) {
	t.Parallel()
	ticks := trades([3]float64{3599, 8, 1}, [3]float64{3600, 9, 2}, [3]float64{3600, 9.25, 2}, [3]float64{7300, 9.5, 3}, [3]float64{10_800, 7, 1})
	books := shown(t, [5]float64{5, 6, 1, 10, 1}, [5]float64{3600, 8, 1, 10, 5}, [5]float64{3700, 8.5, 1, 10.5, 5}, [5]float64{7301, 8.75, 1, 11, 5})
	one := strategy.OfQuantity(decimal.NewFromInt(1))
	for _, c := range []struct {
		buyOn        string
		ticks        []*market.Ticks
		books        []orderbook.Feed
		heard, fills string
	}{
		{"9", []*market.Ticks{ticks}, nil, "9 9.25 9.5", "3600 at 9.25"},
		{"9.25", []*market.Ticks{ticks}, nil, "9 9.25 9.5", "7300 at 9.5"},
		{"8/10", nil, []orderbook.Feed{books}, "8/10 8.5/10.5 8.75/11", "3700 at 10.5"},
		{"9.25", []*market.Ticks{ticks}, []orderbook.Feed{books}, "9 9.25 8/10 8.5/10.5 9.5 8.75/11", "3600 at 10"},
		{"never", []*market.Ticks{ticks}, []orderbook.Feed{books}, "9 9.25 8/10 8.5/10.5 9.5 8.75/11", ""},
	} {
		var heard []string
		hear := func(what string, o *strategy.Orders) {
			heard = append(heard, what)
			if what == c.buyOn {
				o.BuyMarket(one)
			}
		}
		config := backtest.Config{
			Data: []*market.Series{bars("BTC/USDT", market.H1, 0, 10, 11, 12)}, Cash: money.MustParse("1000 USDT"), Ticks: c.ticks, Books: c.books,
			Strategy: strategy.Define("hearing", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
				s.Main()
				heard = nil
				return hearing{
					scripted{onBar: func(strategy.Bar, *strategy.Orders) {}},
					func(t strategy.Tick, o *strategy.Orders) { hear(t.Price().String(), o) },
					func(d strategy.Depth, o *strategy.Orders) { hear(d.Bid().String()+"/"+d.Ask().String(), o) },
				}, nil
			}),
		}
		result, _ := encoded(t, config)
		var fills []string
		for _, f := range result.Fills {
			fills = append(fills, strconv.FormatInt(f.Time/1e9, 10)+" at "+result.Data[0].Instrument.Price(f.Price).String())
		}
		if got := strings.Join(heard, " "); got != c.heard || strings.Join(fills, ", ") != c.fills {
			t.Errorf("buying on %s: heard %s, want %s; filled %q, want %q", c.buyOn, got, c.heard, fills, c.fills)
		}
	}
}

// TestTicksOfOneOfTwo: an instrument without ticks fills on its bars as it would alone,
// and both are in the order of time.
func TestTicksOfOneOfTwo(t *testing.T) {
	t.Parallel()
	config := backtest.Config{
		Data: []*market.Series{bars("BTC/USDT", market.H1, 0, 10, 11, 12, 13), bars("ETH/USDT", market.H1, 0, 20, 21, 22, 23)}, Cash: money.MustParse("1000 USDT"),
		Strategy: strategy.Define("two", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
			s.Main()
			other := s.Bars("ETH/USDT", market.H1)
			n := 0
			return scripted{onBar: func(_ strategy.Bar, o *strategy.Orders) {
				if n++; n == 1 {
					o.BuyMarket(strategy.OfQuantity(decimal.NewFromInt(1)))
					o.On(other).Buy(strategy.OfQuantity(decimal.NewFromInt(1)))
					o.On(other).Buy(strategy.OfQuantity(decimal.NewFromInt(1)), strategy.StopAt(decimal.NewFromInt(22)))
				}
			}}, nil
		}),
	}
	told := func() (of [2][]string) {
		result, _ := encoded(t, config)
		last := int64(0)
		for _, f := range result.Fills {
			of[f.Instrument] = append(of[f.Instrument], strconv.FormatInt(f.Time, 10)+" at "+result.Data[f.Instrument].Instrument.Price(f.Price).String())
			if f.Time < last {
				t.Errorf("fill %d goes back in time", f.ID)
			}
			last = f.Time
		}
		return of
	}
	onBars := told()
	config.Ticks = []*market.Ticks{trades([3]float64{3700, 10.5, 1}, [3]float64{9000, 12, 1})}
	onTicks := told()
	if !reflect.DeepEqual(onTicks[1], onBars[1]) || len(onBars[1]) != 2 || !reflect.DeepEqual(onTicks[0], []string{"3700000000000 at 10.5"}) {
		t.Errorf("on bars %v, with ticks of the first %v", onBars, onTicks)
	}
}
