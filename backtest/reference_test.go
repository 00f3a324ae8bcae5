package backtest_test

import (
	"context"
	"math/big"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// reference is the SMA cross in exact rational numbers, written from the words of
// the conventions alone: it shares no code with the core, the venue or the
// indicators.
type reference struct {
	fast, slow int
	size       string // "cash" or "equity"
	percent    *big.Rat
	whole      bool
	fee        *big.Rat
}

type referenceTrade struct {
	entry, exit         int // rows
	quantity, net, fees *big.Rat
}

type referenceResult struct {
	trades []referenceTrade
	equity []*big.Rat
	cash   *big.Rat
}

func rat(d decimal.Decimal) *big.Rat { return d.Rat() }

func (r reference) run(s *market.Series, cash *big.Rat) referenceResult {
	var out referenceResult
	price := func(units int64) *big.Rat { return rat(s.Instrument.Price(units)) }
	one := big.NewRat(1, 1)
	held, spent, paid := new(big.Rat), new(big.Rat), new(big.Rat)
	cash = new(big.Rat).Set(cash)
	buy, sell, entry := false, false, 0
	var fixed *big.Rat // a quantity decided at the signal
	for i := range s.Len() {
		open := price(s.Open[i])
		if buy {
			q := fixed
			if q == nil {
				// floor(cash × percent ÷ (open × (1 + fee))) in steps
				q = new(big.Rat).Mul(cash, r.percent)
				q.Quo(q, new(big.Rat).Mul(open, new(big.Rat).Add(one, r.fee)))
			}
			q = r.steps(q, s.Instrument)
			notional := new(big.Rat).Mul(q, open)
			fee := up(new(big.Rat).Mul(notional, r.fee))
			cost := new(big.Rat).Add(notional, fee)
			// An order that does not fit into the integers of the core is refused there.
			limit := new(big.Rat).Mul(q, pow10(s.Instrument.QuantityScale))
			if q.Sign() > 0 && cost.Cmp(cash) <= 0 && limit.Num().IsInt64() {
				cash.Sub(cash, cost)
				held, spent, paid, entry = q, notional, fee, i
			}
		}
		if sell {
			notional := new(big.Rat).Mul(held, open)
			fee := up(new(big.Rat).Mul(notional, r.fee))
			cash.Add(cash, new(big.Rat).Sub(notional, fee))
			fees := new(big.Rat).Add(paid, fee)
			net := new(big.Rat).Sub(new(big.Rat).Sub(notional, spent), fees)
			out.trades = append(out.trades, referenceTrade{entry, i, held, net, fees})
			held = new(big.Rat)
		}
		buy, sell, fixed = false, false, nil
		equity := new(big.Rat).Add(cash, new(big.Rat).Mul(held, price(s.Close[i])))
		out.equity = append(out.equity, equity)
		if i < r.slow {
			continue
		}
		now, before := r.difference(s, i), r.difference(s, i-1)
		if now > 0 && before <= 0 && held.Sign() == 0 {
			buy = true
			if r.size == "equity" {
				fixed = new(big.Rat).Mul(equity, r.percent)
				fixed.Quo(fixed, price(s.Close[i]))
				fixed = floor(fixed, s.Instrument.QuantityScale)
			}
		}
		sell = now < 0 && before >= 0 && held.Sign() > 0
	}
	out.cash = cash
	return out
}

// difference is the sign of fast average - slow average, exactly.
func (r reference) difference(s *market.Series, i int) int {
	mean := func(n int) *big.Rat {
		sum := new(big.Int)
		for _, c := range s.Close[i+1-n : i+1] {
			sum.Add(sum, big.NewInt(c))
		}
		return new(big.Rat).SetFrac(sum, big.NewInt(int64(n)))
	}
	return mean(r.fast).Cmp(mean(r.slow))
}

func (r reference) steps(q *big.Rat, in *market.Instrument) *big.Rat {
	if r.whole {
		return floor(q, 0)
	}
	return floor(q, in.QuantityScale)
}

func pow10(n int32) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil))
}

func floor(q *big.Rat, decimals int32) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(decimals)), nil)
	n := new(big.Int).Mul(q.Num(), scale)
	return new(big.Rat).SetFrac(n.Div(n, q.Denom()), scale)
}

// up rounds to the 18th decimal, upwards.
func up(q *big.Rat) *big.Rat {
	f := floor(new(big.Rat).Neg(q), 18)
	return f.Neg(f)
}

func (r reference) strategy() strategy.Strategy {
	return smacross.Strategy.With(func(p *smacross.Params) {
		p.Fast, p.Slow, p.Of, p.Whole = r.fast, r.slow, r.size, r.whole
		p.Percent, _ = new(big.Rat).Mul(r.percent, big.NewRat(100, 1)).Float64()
	})
}

// failer is a test, plain or of rapid.
type failer interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func compare(t failer, r reference, s *market.Series, cash decimal.Decimal) *backtest.Result {
	t.Helper()
	config := backtest.Config{
		Strategy: r.strategy(), Data: []*market.Series{s}, Gaps: backtest.AcceptGaps,
		Cash: money.New(cash, s.Instrument.Quote),
		Fees: exchange.FlatFee(decimal.RequireFromString(r.fee.FloatString(12))),
	}
	got, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	want := r.run(s, rat(cash))
	if len(got.Trades) != len(want.trades) {
		t.Fatalf("there are %d trades, the reference has %d", len(got.Trades), len(want.trades))
	}
	for i, w := range want.trades {
		g := &got.Trades[i]
		if g.EntryTime != s.Time[w.entry] || g.ExitTime != s.Time[w.exit] {
			t.Fatalf("trade %d goes from %s to %s, the reference from row %d to %d", i, g.Entry(), g.Exit(), w.entry, w.exit)
		}
		for what, pair := range map[string][2]*big.Rat{
			"quantity": {rat(g.Size()), w.quantity}, "net profit": {rat(g.Net().Value), w.net}, "fees": {rat(g.Paid().Value), w.fees},
		} {
			if pair[0].Cmp(pair[1]) != 0 {
				t.Fatalf("the %s of trade %d is %s, the reference has %s", what, i, pair[0].FloatString(20), pair[1].FloatString(20))
			}
		}
	}
	for i, w := range want.equity {
		if g := rat(exchange.FromUnits(got.Equity.Units[i])); g.Cmp(w) != 0 {
			t.Fatalf("the equity of bar %d is %s, the reference has %s", i, g.FloatString(20), w.FloatString(20))
		}
	}
	config.Streamed = true
	streamed, err := backtest.Run(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	sameResult(t, got, streamed)
	return got
}

// sameResult holds two results of one run against each other, to the last unit.
func sameResult(t failer, a, b *backtest.Result) {
	t.Helper()
	if len(a.Fills) != len(b.Fills) || len(a.Equity.Units) != len(b.Equity.Units) {
		t.Fatalf("%d fills and %d, %d points of equity and %d", len(a.Fills), len(b.Fills), len(a.Equity.Units), len(b.Equity.Units))
	}
	for i := range a.Fills {
		if a.Fills[i] != b.Fills[i] {
			t.Fatalf("fill %d is %+v and %+v", i, a.Fills[i], b.Fills[i])
		}
	}
	for i := range a.Equity.Units {
		if a.Equity.Units[i] != b.Equity.Units[i] || a.Equity.Times[i] != b.Equity.Times[i] {
			t.Fatalf("the equity of moment %d differs", i)
		}
	}
	if a.Stats.String() != b.Stats.String() {
		t.Fatalf("%s and %s", a.Stats, b.Stats)
	}
}

// TestMoneyIsExact: over random data and settings the money agrees with exact
// rational arithmetic to the last unit, and a run that is fed bar by bar gives
// what a preloaded one gives.
func TestMoneyIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := market.MustSpot("BASE/QUOTE")
		in.PriceScale = rapid.Int32Range(0, 8).Draw(t, "price scale")
		in.QuantityScale = rapid.Int32Range(0, 10).Draw(t, "quantity scale")
		s := market.NewSeries(in, market.H1, 8, 0)
		price := rapid.Int64Range(1, 1e9).Draw(t, "price")
		step := rapid.Int64Range(1, max(1, price/20)).Draw(t, "step")
		seed := rapid.Uint64().Draw(t, "seed")
		at := int64(0)
		for range rapid.IntRange(1, 400).Draw(t, "bars") {
			seed = seed*6364136223846793005 + 1442695040888963407
			open := price
			price = max(1, price+int64(seed>>33)%(2*step+1)-step)
			if at++; seed>>60 == 0 {
				at += 3 // a gap
			}
			s.Append(market.Bar{Time: at * int64(market.H1), Open: open, High: max(open, price), Low: min(open, price), Close: price})
		}
		r := reference{
			fast: rapid.IntRange(1, 10).Draw(t, "fast"), size: rapid.SampledFrom([]string{"cash", "equity"}).Draw(t, "of"),
			percent: big.NewRat(rapid.Int64Range(1, 100).Draw(t, "percent"), 100), whole: rapid.Bool().Draw(t, "whole"),
			fee: big.NewRat(rapid.Int64Range(0, 50_000).Draw(t, "fee"), 1_000_000),
		}
		r.slow = r.fast + rapid.IntRange(1, 20).Draw(t, "slow")
		cash := decimal.New(rapid.Int64Range(1, 1e15).Draw(t, "cash"), -rapid.Int32Range(0, 6).Draw(t, "cash scale"))
		compare(t, r, s, cash)
	})
}

// TestBundledBacktests runs the conventions of both reference engines on the
// bundled data, beside exact arithmetic.
func TestBundledBacktests(t *testing.T) {
	t.Parallel()
	for _, file := range []struct {
		name   string
		in     *market.Instrument
		trades int
	}{
		{"btcusdt_binance_1h.csv", &market.Instrument{Symbol: "BTC/USDT", Kind: market.Spot, Base: "BTC", Quote: "USDT", PriceScale: 6, QuantityScale: 12}, 91},
		{"btcusd_coinbase_1d.csv", &market.Instrument{Symbol: "BTC/USD", Kind: market.Spot, Base: "BTC", Quote: "USD", PriceScale: 2, QuantityScale: 12}, 20},
	} {
		s, err := market.ReadCSVFile("../examples/data/"+file.name, market.CSVOptions{Instrument: file.in})
		if err != nil {
			t.Fatal(err)
		}
		for name, r := range map[string]reference{
			"whole units": {size: "cash", percent: big.NewRat(1, 1), whole: true},
			"all in":      {size: "cash", percent: big.NewRat(1, 1)},
			"half":        {size: "equity", percent: big.NewRat(1, 2)},
		} {
			t.Run(file.name+" "+name, func(t *testing.T) {
				t.Parallel()
				r.fast, r.slow, r.fee = 10, 30, big.NewRat(1, 1000)
				got := compare(t, r, s, decimal.NewFromInt(1_000_000))
				if len(got.Trades) != file.trades {
					t.Errorf("there are %d trades, want %d", len(got.Trades), file.trades)
				}
			})
		}
	}
}
