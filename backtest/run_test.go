package backtest_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// bars makes candles whose open is the close before, from a list of closes.
func bars(symbol string, tf market.Timeframe, first int64, closes ...int64) *market.Series {
	s := market.NewSeries(market.MustSpot(symbol), tf, 8, len(closes))
	open := closes[0] * 1e8
	for i, c := range closes {
		c *= 1e8
		s.Append(market.Bar{Time: first + int64(i)*int64(tf), Open: open, High: max(open, c), Low: min(open, c), Close: c, Volume: 1e8})
		open = c
	}
	return s
}

// scripted asks what a function says, so that a test can state its orders.
type scripted struct {
	onBar   func(b strategy.Bar, o *strategy.Orders)
	onFill  func(f strategy.Fill, o *strategy.Orders)
	onOrder func(u strategy.OrderUpdate, o *strategy.Orders)
	updates *[]strategy.OrderUpdate
}

func (s scripted) OnBar(b strategy.Bar, o *strategy.Orders) { s.onBar(b, o) }
func (s scripted) OnFill(f strategy.Fill, o *strategy.Orders) {
	if s.onFill != nil {
		s.onFill(f, o)
	}
}
func (s scripted) OnOrder(u strategy.OrderUpdate, o *strategy.Orders) {
	if s.onOrder != nil {
		s.onOrder(u, o)
	}
	if s.updates != nil {
		*s.updates = append(*s.updates, u)
	}
}

func script(s scripted, declare func(*strategy.Setup)) strategy.Strategy {
	return strategy.Define("script", func(_ struct{}, setup *strategy.Setup) (strategy.Instance, error) {
		if declare == nil {
			setup.Main()
		} else {
			declare(setup)
		}
		return s, nil
	})
}

func good() backtest.Config {
	return backtest.Config{
		Strategy: smacross.Strategy, Cash: money.MustParse("1000 USDT"),
		Data: []*market.Series{bars("BTC/USDT", market.H1, 0, 10, 11, 12)},
	}
}

func TestBadInputIsNamed(t *testing.T) {
	t.Parallel()
	withGap := bars("BTC/USDT", market.H1, 0, 10, 11)
	withGap.Append(market.Bar{Time: 5 * int64(market.H1), Open: 1, High: 1, Low: 1, Close: 1})
	broken := bars("BTC/USDT", market.H1, 0, 10, 11)
	broken.High[1] = 1
	for _, c := range []struct {
		name   string
		change func(*backtest.Config)
		want   []string
	}{
		{"no strategy", func(c *backtest.Config) { c.Strategy = nil }, []string{"strategy: is missing"}},
		{"wrong parameter", func(c *backtest.Config) {
			c.Strategy = smacross.Strategy.With(func(p *smacross.Params) { p.Fast = 50 })
		}, []string{"params.fast: must be below slow, got 50 and 30"}},
		{"negative cash", func(c *backtest.Config) { c.Cash = money.MustParse("-5 USDT") }, []string{"cash: must be above zero"}},
		{"no cash", func(c *backtest.Config) { c.Cash = money.Amount{} }, []string{"cash: must be above zero"}},
		{"too fine cash", func(c *backtest.Config) { c.Cash = money.MustParse("1.0000000000000000001 USDT") }, []string{"cash: must be above zero and have at most 18 decimals"}},
		{"other currency", func(c *backtest.Config) { c.Cash = money.MustParse("5 EUR") }, []string{"cash: is in EUR, but BTC/USDT settles in USDT"}},
		{"negative fee", func(c *backtest.Config) { c.Fees.Taker = decimal.New(-1, -3) }, []string{"fees.taker: must not be negative"}},
		{"fee of all", func(c *backtest.Config) { c.Fees.Taker = decimal.New(1, 0) }, []string{"fees.taker: must be a fraction below 1"}},
		{"no data", func(c *backtest.Config) { c.Data = nil }, []string{"data: there are no bars"}},
		{"empty range", func(c *backtest.Config) { c.From = time.Unix(1e9, 0) }, []string{"data: BTC/USDT 1h has no bars in the range; it goes from 1970-01-01T00:00:00Z to 1970-01-01T03:00:00Z"}},
		{"range upside down", func(c *backtest.Config) { c.From, c.To = time.Unix(20, 0).UTC(), time.Unix(10, 0).UTC() }, []string{"to: must be after from"}},
		{"gap", func(c *backtest.Config) { c.Data = []*market.Series{withGap} }, []string{"data: BTC/USDT 1h lacks bars: 3 are missing in 1 gaps, the first: 3 missing between 1970-01-01T01:00:00Z and 1970-01-01T05:00:00Z"}},
		{"broken bar", func(c *backtest.Config) { c.Data = []*market.Series{broken} }, []string{"series[1].high: 0.00000001 is below the low"}},
		{"twice", func(c *backtest.Config) { c.Data = append(c.Data, c.Data[0]) }, []string{"data: BTC/USDT 1h is there twice"}},
		{"several", func(c *backtest.Config) { c.Strategy, c.Data, c.Cash = nil, nil, money.Amount{} }, []string{"strategy: is missing", "cash: must be", "data: there are"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := good()
			c.change(&config)
			result, err := backtest.Run(context.Background(), config)
			faults := tradekeel.Violations(err)
			if result != nil || len(faults) != len(c.want) {
				t.Fatalf("got %v, %v", result, err)
			}
			for i, want := range c.want {
				if !strings.HasPrefix(faults[i].Error(), want) {
					t.Errorf("fault %d is %q, want %q", i, faults[i].Error(), want)
				}
			}
		})
	}
}

func TestCanceled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	config := good()
	config.Data = []*market.Series{minuteYear(200_000)}
	config.Progress = func(done, _ int) {
		if done > 0 {
			cancel()
		}
	}
	if _, err := backtest.Run(ctx, config); !errors.Is(err, tradekeel.ErrCanceled) || !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled run gave %v", err)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	var seen []int
	config := good()
	config.Data = []*market.Series{minuteYear(100_000)}
	config.Progress = func(done, total int) {
		if total != 100_000 || len(seen) > 0 && done < seen[len(seen)-1] {
			t.Errorf("progress went from %v to %d of %d", seen, done, total)
		}
		seen = append(seen, done)
	}
	if _, err := backtest.Run(context.Background(), config); err != nil {
		t.Fatal(err)
	}
	if len(seen) < 5 || seen[len(seen)-1] != 100_000 {
		t.Errorf("progress was %v", seen)
	}
}

// TestS32_PanicStaysInTheRun: a strategy's panic is an error of its run, with the
// place, and hurts nobody else.
func TestS32_PanicStaysInTheRun(t *testing.T) {
	t.Parallel()
	config := good()
	config.Strategy = script(scripted{onBar: func(b strategy.Bar, _ *strategy.Orders) {
		if b.Close() > 11 {
			panic("divided by the moon")
		}
	}}, nil)
	_, err := backtest.Run(context.Background(), config)
	if !errors.Is(err, backtest.ErrStrategy) || !strings.Contains(err.Error(), "script panicked at 1970-01-01T03:00:00Z: divided by the moon") {
		t.Errorf("a panic gave %v", err)
	}
}

// TestS32_PanicWhileBuilding: so is a panic of the code that builds the instance,
// for who runs and for who only checks.
func TestS32_PanicWhileBuilding(t *testing.T) {
	t.Parallel()
	config := good()
	config.Strategy = script(scripted{}, func(*strategy.Setup) { panic("no moon") })
	_, err := backtest.Run(context.Background(), config)
	for _, err := range []error{err, backtest.Check(config)} {
		if !errors.Is(err, backtest.ErrStrategy) || !strings.Contains(err.Error(), "script panicked before the first bar: no moon") {
			t.Errorf("a panic while building gave %v", err)
		}
	}
}

// TestSizes states each way of sizing and what it buys at the open of 11.
func TestSizes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		size    strategy.Size
		want    string // quantity; empty when refused
		refusal error
	}{
		{"quantity", strategy.OfQuantity(decimal.RequireFromString("1.5")), "1.5", nil},
		{"whole of a quantity", strategy.OfQuantity(decimal.RequireFromString("1.5")).Whole(), "1", nil},
		{"quote", strategy.OfQuote(decimal.NewFromInt(110)), "10", nil},
		{"quote, cut", strategy.OfQuote(decimal.NewFromInt(100)), "9.09090909", nil},
		{"all cash", strategy.CashPercent(100), "82.64462809", nil}, // 1000 / (11 × 1.1)
		{"half the cash, whole", strategy.CashPercent(50).Whole(), "41", nil},
		{"equity at the close", strategy.EquityPercent(55), "50", nil}, // 550 / 11
		{"nothing", strategy.OfQuantity(decimal.Zero), "", exchange.ErrNoSize},
		{"negative", strategy.OfQuantity(decimal.NewFromInt(-1)), "", exchange.ErrNoSize},
		{"too fine", strategy.OfQuantity(decimal.RequireFromString("0.000000001")), "", tradekeel.ErrInvalid},
		{"too much", strategy.OfQuantity(decimal.NewFromInt(1000)), "", exchange.ErrInsufficient},
		{"all equity has no cash for the fee", strategy.EquityPercent(100), "", exchange.ErrInsufficient},
		{"too much quote", strategy.OfQuote(decimal.NewFromInt(1000)), "", exchange.ErrInsufficient},
		{"zero percent", strategy.CashPercent(0), "", tradekeel.ErrInvalid},
		{"above all", strategy.CashPercent(101), "", tradekeel.ErrInvalid},
		{"not a number", strategy.CashPercent(math.NaN()), "", tradekeel.ErrInvalid},
		{"less than one", strategy.CashPercent(1).Whole(), "", exchange.ErrTooSmall},
		{"no size", strategy.Size{}, "", tradekeel.ErrInvalid},
		{"holding", strategy.HoldingPercent(100), "", tradekeel.ErrUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := good()
			config.Fees = exchange.FlatFee(decimal.New(1, -1))
			config.Strategy = script(scripted{onBar: func(b strategy.Bar, o *strategy.Orders) {
				if b.Close() == 11 {
					o.BuyMarket(c.size, "now")
				}
			}}, nil)
			result, err := backtest.Run(context.Background(), config)
			if err != nil {
				t.Fatal(err)
			}
			if c.want == "" {
				if c.name == "holding" {
					if len(result.Fills)+len(result.Refused) != 0 {
						t.Errorf("closing nothing gave %v, %v", result.Fills, result.Refused)
					}
					return
				}
				if len(result.Fills) != 0 || len(result.Refused) != 1 || !errors.Is(result.Refused[0].Err, c.refusal) {
					t.Fatalf("got fills %v, refused %v; want %v", result.Fills, result.Refused, c.refusal)
				}
				if !result.Final().Equal(config.Cash) {
					t.Errorf("a refused order left %s", result.Final())
				}
				return
			}
			if len(result.Open) != 1 || result.Open[0].Size().String() != c.want || !result.Open[0].EntryPrice().Equal(decimal.NewFromInt(11)) {
				t.Errorf("got %v, refused %v; want %s at 11", result.Open, result.Refused, c.want)
			}
		})
	}
}

// TestRulesOfTheDate: orders meet the lot and the minimum of their day.
func TestRulesOfTheDate(t *testing.T) {
	t.Parallel()
	data := bars("BTC/USDT", market.H1, 0, 10, 10, 10, 10, 10, 10)
	in := *data.Instrument
	in.Rules = []market.Rules{
		{From: time.Unix(2*3600, 0), Lot: decimal.RequireFromString("0.5"), MinNotional: decimal.NewFromInt(20)},
		{From: time.Unix(4*3600, 0), Lot: decimal.RequireFromString("0.01"), MinQuantity: decimal.RequireFromString("1.75")},
	}
	data.Instrument = &in
	config := good()
	config.Data = []*market.Series{data}
	config.Strategy = script(scripted{onBar: func(_ strategy.Bar, o *strategy.Orders) {
		o.BuyMarket(strategy.OfQuantity(decimal.RequireFromString("1.739")))
	}}, nil)
	result, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range result.Fills {
		got = append(got, in.Quantity(f.Quantity).String())
	}
	// Hour 1 knows no rules; hours 2 and 3 cut to 1.5, whose notional of 15 is too
	// small; hours 4 and 5 cut to 1.73, which is too little.
	if strings.Join(got, " ") != "1.739" || len(result.Refused) != 4 {
		t.Errorf("filled %v, refused %v", got, result.Refused)
	}
	for i, want := range []string{"the notional 15 is below the minimum 20 USDT", "the notional 15", "1.73 is below the minimum quantity 1.75", "1.73"} {
		if err := result.Refused[i].Err; !errors.Is(err, exchange.ErrTooSmall) || !strings.Contains(err.Error(), want) {
			t.Errorf("refusal %d is %v, want %s", i, err, want)
		}
	}
}

// TestSeveralSeries: one clock, one decision a moment, fills on the shortest
// series of the instrument, an open before the closes after it.
func TestSeveralSeries(t *testing.T) {
	t.Parallel()
	hour, quarter := int64(market.H1), int64(market.M15)
	config := good()
	config.Data = []*market.Series{
		bars("BTC/USDT", market.H1, 0, 10, 20, 30),
		bars("BTC/USDT", market.M15, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12),
		bars("ETH/USDT", market.H1, 0, 100, 200, 300),
	}
	type call struct {
		feed  string
		at    int64
		fresh [3]bool
	}
	var calls []call
	var feeds [3]*strategy.Feed
	var fills []exchange.Fill
	config.Strategy = script(scripted{
		onBar: func(b strategy.Bar, o *strategy.Orders) {
			c := call{b.Feed().Instrument().Symbol + " " + b.Feed().Timeframe().String(), b.Feed().Timeframe().Close(b.Time().UnixNano()), [3]bool{feeds[0].Fresh(), feeds[1].Fresh(), feeds[2].Fresh()}}
			calls = append(calls, c)
			if c.at == hour { // both are decided at the first hour
				o.BuyMarket(strategy.OfQuantity(decimal.NewFromInt(2)))
				o.On(feeds[2]).BuyMarket(strategy.OfQuantity(decimal.NewFromInt(3)))
			}
		},
		onFill: func(f strategy.Fill, _ *strategy.Orders) { fills = append(fills, f.Raw) },
	}, func(s *strategy.Setup) {
		feeds = [3]*strategy.Feed{s.Bars("BTC/USDT", market.H1), s.Bars("BTC/USDT", market.M15), s.Bars("ETH/USDT", market.H1)}
	})
	result, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	// The instance waits until each feed has a bar: the first call is at one hour.
	if len(calls) != 9 || calls[0] != (call{"BTC/USDT 1h", hour, [3]bool{true, true, true}}) || calls[1] != (call{"BTC/USDT 15m", hour + quarter, [3]bool{false, true, false}}) {
		t.Errorf("the calls are %v", calls)
	}
	if len(fills) != 2 || fills[0].Time != hour || fills[0].Price != 4e8 || fills[1].Time != hour || fills[1].Price != 100e8 {
		t.Errorf("the fills are %+v; want 2 BTC at 4 (the 15m open) and 3 ETH at 100, both at one hour", fills)
	}
	// 1000 - 2×4 - 3×100, and at the end 2 at the hour's close of 30, which arrives
	// after the quarter's, and 3 at 300.
	if got := result.Final().String(); got != "1652 USDT" || len(result.Equity.Times) != 12 {
		t.Errorf("the end is %s after %d moments", got, len(result.Equity.Times))
	}
	config.Streamed = true
	calls, fills = nil, nil
	streamed, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	sameResult(t, result, streamed)
}

// TestOrdersOfAFill: what an instance asks for when it learns of a fill is
// decided then, and fills later, never in the past.
func TestOrdersOfAFill(t *testing.T) {
	t.Parallel()
	config := good()
	config.Data = []*market.Series{bars("BTC/USDT", market.H1, 0, 10, 11, 12, 13)}
	var updates []strategy.OrderUpdate
	config.Strategy = script(scripted{
		onBar: func(b strategy.Bar, o *strategy.Orders) {
			if b.Close() == 10 {
				o.BuyMarket(strategy.OfQuantity(decimal.NewFromInt(1)), "in")
			}
		},
		onFill: func(f strategy.Fill, o *strategy.Orders) {
			if f.Raw.Side == exchange.Buy {
				o.Close("out again")
			}
		},
		updates: &updates,
	}, nil)
	result, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	if len(result.Trades) != 1 || result.Trades[0].Entry().Hour() != 1 || result.Trades[0].Exit().Hour() != 2 || result.Trades[0].ExitReason != "out again" {
		t.Errorf("the trades are %+v", result.Trades)
	}
	var got []string
	for _, u := range updates {
		got = append(got, fmt.Sprintf("%d %s", u.Intent, u.State))
	}
	if want := "1 accepted, 1 filled, 2 accepted, 2 filled"; strings.Join(got, ", ") != want {
		t.Errorf("the updates are %v, want %s", got, want)
	}
}

// TestEndlessRetriesEnd: a strategy that sends a rejected order again and again is
// stopped with an error that says so.
func TestEndlessRetriesEnd(t *testing.T) {
	t.Parallel()
	config := good()
	again := func(o *strategy.Orders) { o.BuyMarket(strategy.OfQuantity(decimal.NewFromInt(-1))) }
	config.Strategy = script(scripted{
		onBar:   func(_ strategy.Bar, o *strategy.Orders) { again(o) },
		onOrder: func(_ strategy.OrderUpdate, o *strategy.Orders) { again(o) },
	}, nil)
	if _, err := backtest.Run(context.Background(), config); !errors.Is(err, backtest.ErrStrategy) || !strings.Contains(err.Error(), "sent more than 10000 orders at 1970-01-01T01:00:00Z") {
		t.Errorf("it ended with %v", err)
	}
}

// TestNothingOfTheFutureIsKnown: replacing all bars after a moment changes no
// decision before it.
func TestNothingOfTheFutureIsKnown(t *testing.T) {
	t.Parallel()
	s := minuteYear(3000)
	config := backtest.Config{Strategy: smacross.Strategy, Cash: money.MustParse("100000 USDT"), Data: []*market.Series{s}}
	whole, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, cut := range []int{100, 1024, 1500, 2999} {
		changed := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, s.Len())
		for i := range s.Len() {
			b := s.Bar(i)
			if i >= cut {
				b.Open, b.High, b.Low, b.Close = 7, 7, 7, 7
			}
			changed.Append(b)
		}
		config.Data = []*market.Series{changed}
		part, err := backtest.Run(context.Background(), config)
		if err != nil {
			t.Fatal(err)
		}
		for i := range cut {
			if whole.Equity.Units[i] != part.Equity.Units[i] {
				t.Fatalf("bars from %d on changed the equity of bar %d", cut, i)
			}
		}
	}
}

func TestRunIsRepeatable(t *testing.T) {
	t.Parallel()
	config := backtest.Config{Strategy: smacross.Strategy, Cash: money.MustParse("100000 USDT"), Data: []*market.Series{minuteYear(20_000)}}
	first, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	a, err := backtest.Encode(first)
	if err != nil {
		t.Fatal(err)
	}
	second, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	b, err := backtest.Encode(second)
	if err != nil || !bytes.Equal(a, b) {
		t.Fatalf("two runs of one configuration differ: %v", err)
	}
	decoded, err := backtest.Decode(a, config.Data)
	if err != nil {
		t.Fatal(err)
	}
	sameResult(t, first, decoded)
	if len(decoded.Trades) != len(first.Trades) || decoded.Trades[3].Net().String() != first.Trades[3].Net().String() {
		t.Error("the trades came back changed")
	}
	config.Data[0].Close[7]++
	if _, err := backtest.Decode(a, config.Data); !errors.Is(err, backtest.ErrDataChanged) {
		t.Errorf("other candles gave %v", err)
	}
	for i := range 200 {
		if _, err := backtest.Decode(a[:len(a)*i/200], config.Data); err == nil {
			t.Fatalf("a cut outcome was decoded")
		}
	}
}

func TestWarmupIsDerived(t *testing.T) {
	t.Parallel()
	config := good()
	config.Data = []*market.Series{bars("BTC/USDT", market.H1, 0, 1, 2, 3, 4, 5, 6, 7, 8)}
	calls := 0
	config.Strategy = script(scripted{onBar: func(b strategy.Bar, _ *strategy.Orders) {
		if calls++; calls == 1 && b.Close() != 5 {
			t.Errorf("the first call is at the close of %v, want 5", b.Close())
		}
	}}, func(s *strategy.Setup) {
		s.Indicator(s.Main(), indicator.SMA(5))
		s.Indicator(s.Main(), indicator.SMA(2))
	})
	if _, err := backtest.Run(context.Background(), config); err != nil || calls != 4 {
		t.Errorf("there were %d calls, %v; want 4", calls, err)
	}
}
