package trading_test

import (
	"errors"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/trading"
)

// asker sends one order at each bar, so that the core knows an intent for every
// fill that a test reports.
type asker struct{}

func (asker) OnBar(_ strategy.Bar, o *strategy.Orders) {
	o.BuyMarket(strategy.CashPercent(1), "asked")
}

var ask = strategy.Define("ask", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	return asker{}, nil
})

func newCore(t failer, in *market.Instrument, cash int64) *trading.Core {
	t.Helper()
	core, err := trading.New(trading.Config{
		Strategy: ask, Instruments: []*market.Instrument{in}, Reporting: in.Quote, Account: exchange.MarginAccount,
		Feeds:    []trading.FeedConfig{{Timeframe: market.H1}},
		Balances: map[money.Currency]exchange.Units{in.Quote: wide.Mul(cash, 1e18)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return core
}

type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func closeBar(t failer, core *trading.Core, n int, price int64) []trading.Command {
	t.Helper()
	at := int64(n) * int64(market.H1)
	commands, err := core.Apply(&trading.Event{
		Kind: trading.BarClosed, Decide: true, VenueTime: at + int64(market.H1),
		Bar: market.Bar{Time: at, Open: price, High: price, Low: price, Close: price},
	})
	if err != nil {
		t.Fatal(err)
	}
	return commands
}

// TestPositionsFollowTheFills: over random fills on both sides, through flat and
// back, in parts, the ledger, the position, the equity and the round trips agree
// with exact arithmetic done from the fills alone.
func TestPositionsFollowTheFills(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := market.MustSpot("BTC/USDT")
		in.PriceScale, in.QuantityScale = 2, 4
		core := newCore(t, in, 1_000_000)
		cash, held, fees, realised := big.NewRat(1_000_000, 1), new(big.Rat), new(big.Rat), new(big.Rat)
		n := rapid.IntRange(1, 30).Draw(t, "fills")
		for i := range n {
			if len(closeBar(t, core, i, 100_00)) != 1 {
				t.Fatal("no order was asked for")
			}
			side := exchange.Side(1 - 2*rapid.IntRange(0, 1).Draw(t, "sell"))
			price := rapid.Int64Range(1, 200_00).Draw(t, "price")
			quantity := rapid.Int64Range(1, 50_0000).Draw(t, "quantity")
			notional, _ := wide.Mul(price, quantity).MulDiv(1e12, 1, wide.Down)
			fee := exchange.Units{Lo: uint64(rapid.Int64Range(0, 1e15).Draw(t, "fee"))}
			_, err := core.Apply(&trading.Event{Kind: trading.OrderReported, Report: &exchange.Report{
				Intent: exchange.IntentID(i + 1), State: exchange.Filled,
				Fill: exchange.Fill{ID: exchange.FillID(i + 1), Intent: exchange.IntentID(i + 1), Side: side, Price: price, Quantity: quantity, Notional: notional, Fee: fee, Time: int64(i)},
			}})
			if err != nil {
				t.Fatal(err)
			}
			q := new(big.Rat).Mul(big.NewRat(quantity, 10_000), big.NewRat(int64(side), 1))
			cash.Sub(cash, new(big.Rat).Mul(q, big.NewRat(price, 100)))
			f := exchange.FromUnits(fee).Rat()
			cash.Sub(cash, f)
			fees.Add(fees, f)
			held.Add(held, q)
		}
		closeBar(t, core, n, 150_00)
		if err := core.Ledger().Check(); err != nil {
			t.Fatal(err)
		}
		same := func(what string, got exchange.Units, want *big.Rat) {
			t.Helper()
			if exchange.FromUnits(got).Rat().Cmp(want) != 0 {
				t.Fatalf("%s is %s, want %s", what, exchange.FromUnits(got), want.FloatString(20))
			}
		}
		same("cash", core.Ledger().Balance("USDT", trading.Wallet), cash)
		same("fees", core.Ledger().Balance("USDT", trading.Fees), fees)
		same("the holding", core.Ledger().Balance("BTC", trading.Wallet), held)
		same("equity", core.Equity(), new(big.Rat).Add(cash, new(big.Rat).Mul(held, big.NewRat(150, 1))))
		if in.Quantity(core.Holding(0)).Rat().Cmp(held) != 0 {
			t.Fatalf("the position is %s, want %s", in.Quantity(core.Holding(0)), held)
		}
		// What ended, and what the open trade has paid and taken, is all there is.
		all := append(core.Trades(), core.Open()...)
		for i := range all {
			trade := &all[i]
			flow := new(big.Rat).Sub(exchange.FromUnits(trade.ExitNotional).Rat(), exchange.FromUnits(trade.EntryNotional).Rat())
			realised.Add(realised, flow.Mul(flow, big.NewRat(int64(trade.Side), 1)))
			realised.Sub(realised, trade.Paid().Value.Rat())
		}
		if realised.Cmp(new(big.Rat).Sub(cash, big.NewRat(1_000_000, 1))) != 0 {
			t.Fatalf("the trades moved %s, the cash %s", realised.FloatString(20), new(big.Rat).Sub(cash, big.NewRat(1_000_000, 1)).FloatString(20))
		}
		if (len(core.Open()) == 1) != (held.Sign() != 0) {
			t.Fatalf("%d trades are open with a holding of %s", len(core.Open()), held)
		}
	})
}

func TestEventsThatCannotBe(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	for name, ev := range map[string]*trading.Event{
		"no kind":           {},
		"no report":         {Kind: trading.OrderReported},
		"no such feed":      {Kind: trading.BarClosed, Feed: 1},
		"a negative feed":   {Kind: trading.BarReached, Feed: -1},
		"nothing preloaded": {Kind: trading.BarReached},
		"unknown intent":    {Kind: trading.OrderReported, Report: &exchange.Report{Intent: 7, State: exchange.Filled}},
		"no intent":         {Kind: trading.OrderReported, Report: &exchange.Report{State: exchange.Filled}},
	} {
		if _, err := newCore(t, in, 1000).Apply(ev); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%s gave %v", name, err)
		}
	}
	core := newCore(t, in, 1000)
	closeBar(t, core, 1, 5)
	if _, err := core.Apply(&trading.Event{Kind: trading.BarClosed, Bar: market.Bar{Time: 0, Close: 1}}); !errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("a bar of the past gave %v", err)
	}
}

// TestHoldingsAtTheStart: what is there beside the cash counts by its price, and is
// refused when no price tells what it is worth.
func TestHoldingsAtTheStart(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	at := func(currency money.Currency) (*trading.Core, error) {
		return trading.New(trading.Config{
			Strategy: ask, Instruments: []*market.Instrument{in}, Reporting: "USDT", Feeds: []trading.FeedConfig{{Timeframe: market.H1}},
			Balances: map[money.Currency]exchange.Units{currency: wide.Of(2e18)},
		})
	}
	if _, err := at("ETH"); !errors.Is(err, tradekeel.ErrUnsupported) {
		t.Errorf("a holding without a price gave %v", err)
	}
	core, err := at("BTC")
	if err != nil {
		t.Fatal(err)
	}
	closeBar(t, core, 0, 3_0000_0000)
	if got := exchange.FromUnits(core.Equity()).String(); got != "6" || core.Holding(0) != 0 {
		t.Errorf("2 BTC at 3 are worth %s, and %d are a position", got, core.Holding(0))
	}
}

// TestOverflowIsAnError: numbers that leave their range stop the core, they never
// wrap around.
func TestOverflowIsAnError(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	in.PriceScale, in.QuantityScale = 0, 0
	core := newCore(t, in, 1000)
	closeBar(t, core, 0, 1)
	huge := int64(9e18)
	_, err := core.Apply(&trading.Event{Kind: trading.OrderReported, Report: &exchange.Report{Intent: 1, State: exchange.Filled, Fill: exchange.Fill{
		Intent: 1, Side: exchange.Buy, Price: huge, Quantity: huge, Notional: exchange.Units{Hi: 1 << 62},
	}}})
	if !errors.Is(err, exchange.ErrOutOfRange) {
		t.Errorf("a position out of range gave %v", err)
	}
}

func TestReversal(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	in.PriceScale, in.QuantityScale = 2, 2
	core := newCore(t, in, 10_000)
	report := func(intent int, side exchange.Side, price, quantity int64, fee uint64) {
		t.Helper()
		closeBar(t, core, intent-1, price)
		notional, _ := wide.Mul(price, quantity).MulDiv(1e14, 1, wide.Down)
		if _, err := core.Apply(&trading.Event{Kind: trading.OrderReported, Report: &exchange.Report{Intent: exchange.IntentID(intent), State: exchange.Filled, Fill: exchange.Fill{
			Intent: exchange.IntentID(intent), Side: side, Price: price, Quantity: quantity, Notional: notional, Fee: exchange.Units{Lo: fee}, Time: int64(intent),
		}}}); err != nil {
			t.Fatal(err)
		}
	}
	report(1, exchange.Buy, 100_00, 2_00, 2e17)  // 2 at 100, fee 0.2
	report(2, exchange.Sell, 110_00, 5_00, 5e17) // 2 of them close; 3 open a short; fee 0.5
	trades, open := core.Trades(), core.Open()
	if len(trades) != 1 || trades[0].Gross().String() != "20 USDT" || trades[0].Paid().String() != "0.4 USDT" || trades[0].Net().String() != "19.6 USDT" {
		t.Fatalf("the round trip is %+v", trades)
	}
	if len(open) != 1 || open[0].Size().String() != "-3" || open[0].Paid().String() != "0.3 USDT" || open[0].EntryPrice().String() != "110" {
		t.Fatalf("what is open is %+v", open)
	}
	report(3, exchange.Buy, 100_00, 1_00, 0)
	report(4, exchange.Buy, 90_00, 2_00, 0)
	trades = core.Trades()
	if len(trades) != 2 || trades[1].Side != exchange.Sell || trades[1].Gross().String() != "50 USDT" || trades[1].ExitTime != 4 {
		t.Fatalf("the short is %+v", trades[1:])
	}
}
