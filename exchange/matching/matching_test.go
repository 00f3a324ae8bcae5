package matching_test

import (
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

func units(text string) exchange.Units {
	u, err := exchange.ToUnits("test", decimal.RequireFromString(text))
	if err != nil {
		panic(err)
	}
	return u
}

func venue(t *testing.T, cash string, symbols ...string) *matching.Engine {
	t.Helper()
	c := matching.Config{Fees: exchange.FlatFee(decimal.New(1, -3)), Balances: map[money.Currency]exchange.Units{"USDT": units(cash)}}
	for _, s := range symbols {
		c.Instruments = append(c.Instruments, market.MustSpot(s))
	}
	e, err := matching.New(c)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func order(intent int, instrument int32, side exchange.Side, size exchange.Size) *exchange.Order {
	return &exchange.Order{Intent: exchange.IntentID(intent), Instrument: instrument, Side: side, Type: exchange.Market, Size: size}
}

// reportsOf returns the reports among outcomes, copied.
func reportsOf(outcomes []matching.Outcome) []exchange.Report {
	var all []exchange.Report
	for _, o := range outcomes {
		if o.Report != nil {
			all = append(all, *o.Report)
		}
	}
	return all
}

func quantity(q int64) exchange.Size { return exchange.Size{Kind: exchange.ByQuantity, Quantity: q} }

// TestOrdersMeetTheirOwnOpen: an order waits for its own instrument, and for an
// open that is not before it; orders of one open fill as they were sent.
func TestOrdersMeetTheirOwnOpen(t *testing.T) {
	t.Parallel()
	e := venue(t, "1000", "BTC/USDT", "ETH/USDT")
	late := order(2, 0, exchange.Buy, quantity(1e8))
	late.Decided = 50
	for _, o := range []*exchange.Order{order(1, 1, exchange.Buy, quantity(1e8)), late, order(3, 0, exchange.Buy, quantity(2e8)), order(4, 0, exchange.Sell, quantity(1e8))} {
		if r := e.Submit(o)[0].Report; r.State != exchange.Accepted {
			t.Fatalf("order %d is %s: %v", o.Intent, r.State, r.Refusal)
		}
	}
	reports := reportsOf(e.Open(0, 10e8, 40))
	if len(reports) != 2 || reports[0].Intent != 3 || reports[1].Intent != 4 || reports[0].Fill.Price != 10e8 || reports[0].Fill.Time != 40 {
		t.Fatalf("the open gave %+v", reports)
	}
	if reports = reportsOf(e.Open(0, 10e8, 50)); len(reports) != 1 || reports[0].Intent != 2 {
		t.Fatalf("the second open gave %+v", reports)
	}
	if !e.Waiting() || len(e.Open(1, 5e8, 60)) != 1 || e.Waiting() {
		t.Error("the order of the other instrument did not wait for its open")
	}
	// 1000 - 20 + 10 - 10 - 5, less 0.1 % of 45
	if b := e.Balances(); b["USDT"] != units("974.955") || b["BTC"] != units("2") || b["ETH"] != units("1") {
		t.Errorf("the balances are %v", b)
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	one := wide.Pow10(exchange.FractionScale)
	for name, c := range map[string]struct {
		order  *exchange.Order
		want   error
		atFill bool
	}{
		"no such instrument": {order(1, 1, exchange.Buy, quantity(1)), tradekeel.ErrInvalid, false},
		"no side":            {order(1, 0, 0, quantity(1)), tradekeel.ErrInvalid, false},
		"no type":            {&exchange.Order{Side: exchange.Buy, Size: quantity(1)}, tradekeel.ErrInvalid, false},
		"no size":            {order(1, 0, exchange.Buy, exchange.Size{}), tradekeel.ErrInvalid, false},
		"nothing":            {order(1, 0, exchange.Buy, quantity(0)), exchange.ErrNoSize, false},
		"more than all":      {order(1, 0, exchange.Buy, exchange.Size{Kind: exchange.ByCash, Fraction: one + 1}), exchange.ErrNoSize, false},
		"cash for a sale":    {order(1, 0, exchange.Sell, exchange.Size{Kind: exchange.ByCash, Fraction: one}), tradekeel.ErrUnsupported, false},
		"holding for buying": {order(1, 0, exchange.Buy, exchange.Size{Kind: exchange.ByHolding, Fraction: one}), tradekeel.ErrUnsupported, false},
		"no quote":           {order(1, 0, exchange.Buy, exchange.Size{Kind: exchange.ByQuote}), exchange.ErrNoSize, false},
		"not paid for":       {order(1, 0, exchange.Buy, quantity(101e8)), exchange.ErrInsufficient, true},
		"the fee is missing": {order(1, 0, exchange.Buy, quantity(100e8)), exchange.ErrInsufficient, true},
		"nothing to sell":    {order(1, 0, exchange.Sell, quantity(1)), exchange.ErrInsufficient, true},
		"out of range":       {order(1, 0, exchange.Buy, exchange.Size{Kind: exchange.ByQuote, Quote: exchange.Units{Hi: 1 << 62}}), exchange.ErrOutOfRange, true},
		"dust":               {order(1, 0, exchange.Buy, exchange.Size{Kind: exchange.ByQuote, Quote: exchange.Units{Lo: 1}}), exchange.ErrNoSize, true},
	} {
		e := venue(t, "1000", "BTC/USDT")
		r := *e.Submit(c.order)[0].Report
		if c.atFill {
			if r.State != exchange.Accepted {
				t.Errorf("%s was %s at once: %v", name, r.State, r.Refusal)
				continue
			}
			r = *e.Open(0, 10e8, 0)[0].Report
		}
		if r.State != exchange.Rejected || !errors.Is(r.Refusal, c.want) {
			t.Errorf("%s is %s: %v, want %v", name, r.State, r.Refusal, c.want)
		}
		if b := e.Balances(); b["USDT"] != units("1000") || b["BTC"] != (exchange.Units{}) || e.Waiting() {
			t.Errorf("%s left %v", name, b)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	perpetual := *market.MustSpot("BTC/USDT")
	perpetual.Kind, perpetual.Symbol = market.Linear, "BTC/USDT:USDT"
	for name, c := range map[string]matching.Config{
		"no instrument":       {},
		"a broken instrument": {Instruments: []*market.Instrument{{Symbol: "BTC"}}},
		"a perpetual":         {Instruments: []*market.Instrument{&perpetual}},
		"a negative balance":  {Instruments: []*market.Instrument{market.MustSpot("BTC/USDT")}, Balances: map[money.Currency]exchange.Units{"USDT": units("-1")}},
		"a negative fee":      {Instruments: []*market.Instrument{market.MustSpot("BTC/USDT")}, Fees: exchange.FlatFee(decimal.New(-1, -3))},
	} {
		if _, err := matching.New(c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
}

// TestNothingGoesBelowZero: whatever is sent, no balance is ever negative, the
// sum of what was bought, sold and paid explains every balance to the last unit,
// and quantities keep to the lot.
func TestNothingGoesBelowZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := market.MustSpot("BTC/USDT")
		in.Rules = []market.Rules{{From: time.Unix(0, 20), Lot: decimal.RequireFromString("0.001"), MinNotional: decimal.NewFromInt(5)}}
		e, err := matching.New(matching.Config{
			Instruments: []*market.Instrument{in}, Fees: exchange.FlatFee(decimal.New(rapid.Int64Range(0, 1e6).Draw(t, "fee"), -7)),
			Balances: map[money.Currency]exchange.Units{"USDT": units("1000")},
		})
		if err != nil {
			t.Fatal(err)
		}
		cash, held := units("1000"), exchange.Units{}
		one := wide.Pow10(exchange.FractionScale)
		for i := range rapid.IntRange(1, 60).Draw(t, "orders") {
			o := order(i+1, 0, exchange.Buy, exchange.Size{Kind: exchange.SizeKind(rapid.IntRange(1, 4).Draw(t, "kind")), Whole: rapid.Bool().Draw(t, "whole")})
			if rapid.Bool().Draw(t, "sell") {
				o.Side = exchange.Sell
			}
			o.Size.Quantity = rapid.Int64Range(1, 200e8).Draw(t, "quantity")
			o.Size.Quote = wide.Mul(rapid.Int64Range(1, 2e9).Draw(t, "quote"), 1e12)
			o.Size.Fraction = rapid.Int64Range(1, one).Draw(t, "fraction")
			e.Submit(o)
			for _, r := range reportsOf(e.Open(0, rapid.Int64Range(1, 100e8).Draw(t, "price"), int64(i))) {
				if r.State != exchange.Filled {
					continue
				}
				f := r.Fill
				if i >= 20 && f.Quantity%1e5 != 0 || o.Size.Whole && f.Quantity%1e8 != 0 {
					t.Fatalf("order %d filled %d", i, f.Quantity)
				}
				base, _ := wide.Of(f.Quantity).Times(1e10)
				change, _ := f.Notional.Add(f.Fee)
				if f.Side == exchange.Sell {
					base, _ = base.Neg()
					change, _ = f.Fee.Sub(f.Notional)
				}
				held, _ = held.Add(base)
				cash, _ = cash.Sub(change)
			}
			b := e.Balances()
			if b["USDT"] != cash || b["BTC"] != held || cash.Sign() < 0 || held.Sign() < 0 {
				t.Fatalf("after order %d there are %v, the fills make %s and %s", i, b, exchange.FromUnits(cash), exchange.FromUnits(held))
			}
		}
	})
}

// TestMaxima: market orders meet the sizes of their own where a venue has them.
func TestMaxima(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	in.Rules = []market.Rules{
		{From: time.Unix(0, 10), MaxQuantity: decimal.NewFromInt(5), MaxNotional: decimal.NewFromInt(40)},
		{From: time.Unix(0, 20), MaxQuantity: decimal.NewFromInt(5), Market: &market.SizeRules{Lot: decimal.NewFromInt(2), MaxQuantity: decimal.NewFromInt(7)}},
	}
	for _, c := range []struct {
		at, quantity, filled int64
		refusal              string
	}{
		{9, 80, 80, ""},
		{10, 4, 4, ""},
		{10, 6, 0, "6 is above the maximum quantity 5"},
		{10, 5, 0, "the notional 50 is above the maximum 40 USDT"},
		{20, 5, 4, ""},
		{20, 7, 6, ""},
		{20, 9, 0, "8 is above the maximum quantity 7"},
	} {
		e, err := matching.New(matching.Config{Instruments: []*market.Instrument{in}, Balances: map[money.Currency]exchange.Units{"USDT": units("1000")}})
		if err != nil {
			t.Fatal(err)
		}
		e.Submit(order(1, 0, exchange.Buy, quantity(c.quantity*1e8)))
		r := *e.Open(0, 10e8, c.at)[0].Report
		if c.refusal == "" {
			if r.State != exchange.Filled || r.Fill.Quantity != c.filled*1e8 {
				t.Errorf("%+v gave %+v", c, r)
			}
			continue
		}
		if r.State != exchange.Rejected || !errors.Is(r.Refusal, exchange.ErrTooLarge) || r.Refusal.Message != c.refusal || e.Balances()["USDT"] != units("1000") {
			t.Errorf("%+v gave %s: %v", c, r.State, r.Refusal)
		}
	}
}

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func spot(t testing.TB) []*market.Instrument {
	t.Helper()
	return []*market.Instrument{market.MustSpot("BTC/USDT")}
}
