package backtest_test

import (
	"bytes"
	"context"
	"errors"
	"math/big"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

// gambler asks for orders of every kind by chance. Equal seeds give equal orders.
type gambler struct {
	chance *rand.Rand
	hedge  bool
	fills  int
}

func (g *gambler) OnFill(_ strategy.Fill, o *strategy.Orders) {
	if g.fills++; g.fills%5 == 0 { // an order in answer to a fill
		o.Sell(strategy.HoldingPercent(50), strategy.Because("part"), g.side(exchange.Sell))
	}
}

// side names a position in hedge mode: mostly the one that the order opens.
func (g *gambler) side(s exchange.Side) strategy.OrderOption {
	if !g.hedge {
		return strategy.For(exchange.NetPosition)
	}
	if (s == exchange.Buy) == (g.chance.IntN(3) > 0) {
		return strategy.For(exchange.LongPosition)
	}
	return strategy.For(exchange.ShortPosition)
}

func (g *gambler) OnBar(b strategy.Bar, o *strategy.Orders) {
	r := g.chance
	if waits := o.Waiting(); len(waits) > 0 {
		switch one := waits[r.IntN(len(waits))]; r.IntN(6) {
		case 0:
			o.Cancel(one.Intent)
		case 1:
			o.Amend(one.Intent, strategy.At(b.Level(b.Close()*(0.95+r.Float64()/10))))
		case 2:
			if len(waits) > 10 {
				o.CancelAll()
			}
		default: // they wait on
		}
	}
	if r.IntN(3) > 0 {
		return
	}
	level := func() decimal.Decimal { return b.Level(b.Close() * (0.96 + r.Float64()*0.08)) }
	sizes := []strategy.Size{
		strategy.CashPercent(1 + 50*r.Float64()), strategy.EquityPercent(1 + 50*r.Float64()), strategy.HoldingPercent(1 + 99*r.Float64()),
		strategy.OfQuantity(decimal.New(1+r.Int64N(500), -2)), strategy.OfQuote(decimal.New(1+r.Int64N(5000), 0)), strategy.CashPercent(100),
	}
	side := exchange.Side(1 - 2*r.IntN(2))
	options := []strategy.OrderOption{g.side(side)}
	options = append(options, [][]strategy.OrderOption{
		nil, {strategy.At(level())}, {strategy.StopAt(level())}, {strategy.StopAt(level()), strategy.At(level())},
		{strategy.TakeProfitAt(level())}, {strategy.TakeProfitAt(level()), strategy.At(level())},
		{strategy.TrailPercent(0.5 + r.Float64())}, {strategy.TrailBy(b.Level(b.Close() * 0.01)), strategy.ActiveAt(level())},
		{strategy.WithStop(level()), strategy.WithTarget(level())}, {strategy.At(level()), strategy.WithStop(level())},
	}[r.IntN(10)]...)
	switch r.IntN(8) {
	case 0:
		options = append(options, strategy.IOC())
	case 1:
		options = append(options, strategy.FOK())
	case 2:
		options = append(options, strategy.Until(b.Time().Add(time.Duration(1+r.IntN(9))*time.Hour)))
	case 3:
		options = append(options, strategy.PostOnly())
	case 4:
		options = append(options, strategy.ReduceOnly())
	default: // good till cancel
	}
	size := sizes[r.IntN(len(sizes))]
	switch {
	case r.IntN(8) == 0:
		o.Close("enough")
	case side == exchange.Buy:
		o.Buy(size, options...)
	default:
		o.Sell(size, options...)
	}
	if r.IntN(6) == 0 {
		g := o.Group()
		o.Sell(strategy.HoldingPercent(100), strategy.StopAt(level()), strategy.InGroup(g))
		o.Sell(strategy.HoldingPercent(100), strategy.At(level()), strategy.InGroup(g))
	}
}

// gamble is a run by chance.
func gamble(t *rapid.T) (config backtest.Config, in *market.Instrument) {
	kind := rapid.SampledFrom([]string{"spot", "margin", "linear", "inverse"}).Draw(t, "kind")
	symbol := map[string]string{"spot": "BTC/USDT", "margin": "BTC/USDT", "linear": "BTC/USDT:USDT", "inverse": "BTC/USDT:BTC"}[kind]
	var err error
	if kind == "spot" || kind == "margin" {
		in = market.MustSpot(symbol)
	} else if in, err = market.NewPerpetual(symbol); err != nil {
		t.Fatal(err)
	}
	in.PriceScale = 4
	if kind == "inverse" {
		in.ContractSize = decimal.NewFromInt(10)
	} else {
		in.QuantityScale = 6
	}
	seed := rapid.Uint64().Draw(t, "seed")
	chance := rand.New(rand.NewPCG(seed, 1))
	series := market.NewSeries(in, market.H1, 6, 0)
	last, at := int64(100_0000), time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano()
	for range 150 {
		open := last + chance.Int64N(2_0000) - 1_0000
		closing := max(open+chance.Int64N(6_0000)-3_0000, 1_0000)
		high, low := max(open, closing)+chance.Int64N(1_5000), max(min(open, closing)-chance.Int64N(1_5000), 1)
		series.Append(market.Bar{Time: at, Open: open, High: high, Low: low, Close: closing, Volume: 1 + chance.Int64N(400_000000)})
		last, at = closing, at+int64(market.H1)
	}
	rate := func(name string, most int64) decimal.Decimal {
		return decimal.New(rapid.Int64Range(0, most).Draw(t, name), -4)
	}
	config = backtest.Config{
		Data: []*market.Series{series}, Cash: money.New(decimal.NewFromInt(10_000), in.Settle()),
		Fees: exchange.FeeSchedule{Maker: rate("maker", 20), Taker: rate("taker", 40)},
		Model: matching.Model{
			Limits:      matching.LimitFill(rapid.IntRange(0, 1).Draw(t, "limits")),
			Path:        matching.Path(rapid.IntRange(0, 2).Draw(t, "path")),
			Slippage:    matching.Slippage{Rate: rate("slippage", 20), Range: rate("range", 1000), Impact: rate("impact", 1000)},
			Spread:      matching.Spread{Rate: rate("spread", 20), EntriesOnly: rapid.Bool().Draw(t, "entries")},
			VolumeShare: rate("share", 5000),
			Latency:     time.Duration(rapid.IntRange(0, 2).Draw(t, "latency")) * time.Minute,
		},
	}
	hedge := false
	switch kind {
	case "spot":
		if rapid.Bool().Draw(t, "received") {
			config.Fees.In = exchange.FeeInReceived
		}
	case "margin":
		config.Account = exchange.Terms{Kind: exchange.MarginAccount, Leverage: decimal.NewFromInt(3), Borrow: map[money.Currency]exchange.BorrowTerms{
			"BTC": {HourlyRate: rate("rate", 3)}, "USDT": {HourlyRate: rate("rate", 3)},
		}}
	default:
		if kind == "inverse" {
			config.Cash.Value = decimal.NewFromInt(100)
		}
		hedge = rapid.Bool().Draw(t, "hedge")
		config.Account = exchange.Terms{
			Kind: exchange.FuturesAccount, Leverage: decimal.NewFromInt(rapid.Int64Range(1, 20).Draw(t, "leverage")),
			Mode: exchange.MarginMode(rapid.IntRange(0, 1).Draw(t, "isolated")), LiquidationFee: rate("penalty", 50),
			Tiers: map[string][]exchange.MarginTier{symbol: {{Maintenance: decimal.New(5, -3)}}},
		}
		if hedge {
			config.Account.Positions = exchange.Hedge
		}
		f := &market.FundingRates{Symbol: symbol}
		for i := range int64(18) {
			f.Time, f.Rate = append(f.Time, series.Time[0]+(i+1)*8*int64(market.H1)), append(f.Rate, chance.Int64N(2e9)-1e9)
		}
		config.Funding = []*market.FundingRates{f}
	}
	config.Strategy = strategy.Define("gambler", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &gambler{chance: rand.New(rand.NewPCG(seed, 2)), hedge: hedge}, nil
	})
	if rapid.Bool().Draw(t, "transfers") {
		for _, part := range []int64{3, -2, 1} {
			config.Transfers = append(config.Transfers, backtest.Transfer{
				Time: time.Unix(0, series.Time[0]).Add(time.Duration(10+20*len(config.Transfers)) * time.Hour), Amount: money.New(decimal.NewFromInt(part), in.Settle()),
			})
		}
	}
	return config, in
}

// TestRandomOrders runs strategies that ask for anything, on accounts of every kind. The
// run itself holds the core's books against the venue's; here the balances are counted
// anew from the fills and movements, in rational numbers, and the equity from them; what
// the trades tell adds up to what the equity gained; streamed bars give the same bytes,
// and so does another run.
func TestRandomOrders(t *testing.T) {
	t.Parallel()
	fills, liquidations := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		config, in := gamble(t)
		result, err := backtest.Run(context.Background(), config)
		if err != nil {
			if errors.Is(err, backtest.ErrStrategy) {
				t.Fatal(err)
			}
			t.Fatalf("%v (%s)", err, tradekeel.KindOf(err))
		}
		fills += len(result.Fills)
		for i := range result.Fills {
			if result.Fills[i].Liquidation {
				liquidations++
			}
		}
		checkMoney(t, in, config, result)
		raw, err := backtest.Encode(result)
		if err != nil {
			t.Fatal(err)
		}
		config.Streamed = true
		again, err := backtest.Run(context.Background(), config)
		if err != nil {
			t.Fatal(err)
		}
		if other, err := backtest.Encode(again); err != nil || !bytes.Equal(raw, other) {
			t.Fatalf("streamed bars gave another result, %v", err)
		}
	})
	if fills < 300 || liquidations == 0 {
		t.Errorf("there were %d fills and %d liquidations, too few to tell", fills, liquidations)
	}
}

// checkMoney counts anew what a result tells.
func checkMoney(t *rapid.T, in *market.Instrument, config backtest.Config, result *backtest.Result) {
	t.Helper()
	unit := big.NewRat(1, 1e18)
	units := func(u exchange.Units) *big.Rat { return new(big.Rat).Mul(new(big.Rat).SetInt(u.Big()), unit) }
	last := result.Data[0].Len() - 1
	price := in.Price(result.Data[0].Close[last]).Rat()
	balances := map[money.Currency]*big.Rat{in.Base: new(big.Rat), in.Quote: new(big.Rat)}
	balances[in.Settle()].Set(config.Cash.Value.Rat())
	start := new(big.Rat).Set(config.Cash.Value.Rat())
	future, inverse := in.Kind != market.Spot, in.Kind == market.Inverse
	books := map[exchange.PositionSide]*book{}
	for i := range result.Fills {
		f := &result.Fills[i]
		q := new(big.Rat).Mul(in.Quantity(f.Quantity).Rat(), big.NewRat(int64(f.Side), 1))
		worth := new(big.Rat).Mul(in.Price(f.Price).Rat(), q)
		if inverse {
			worth = new(big.Rat).Quo(new(big.Rat).Mul(q, in.ContractSize.Rat()), in.Price(f.Price).Rat())
		}
		if got, want := units(f.Notional), new(big.Rat).Abs(worth); !inverse && got.Cmp(want) != 0 || inverse && new(big.Rat).Sub(got, want).Cmp(unit) > 0 {
			t.Fatalf("fill %d is worth %s, want %s", f.ID, got.FloatString(20), want.FloatString(20))
		}
		fee := f.FeeCurrency
		if fee == "" {
			fee = in.Settle()
		}
		balances[fee].Sub(balances[fee], units(f.Fee))
		if !future {
			balances[in.Base].Add(balances[in.Base], q)
			balances[in.Quote].Sub(balances[in.Quote], worth)
			continue
		}
		if books[f.Position] == nil {
			books[f.Position] = &book{}
		}
		realised := books[f.Position].take(in, f)
		balances[in.Settle()].Add(balances[in.Settle()], new(big.Rat).Mul(new(big.Rat).SetInt(realised), unit))
	}
	for i := range result.Movements {
		m := &result.Movements[i]
		balances[m.Currency].Add(balances[m.Currency], units(m.Amount))
		if m.Kind == exchange.Deposit || m.Kind == exchange.Withdrawal {
			start.Add(start, units(m.Amount))
		}
	}
	if config.Account.Kind == exchange.SpotAccount {
		for currency, b := range balances {
			if b.Sign() < 0 {
				t.Fatalf("a spot account owes %s %s", b.FloatString(20), currency)
			}
		}
	}
	equity := new(big.Rat).Set(balances[in.Settle()])
	if future {
		for _, b := range books {
			equity.Add(equity, b.profit(in, price, inverse))
		}
	} else {
		equity.Add(equity, new(big.Rat).Mul(balances[in.Base], price))
	}
	got := units(result.Equity.Units[last])
	// What is worth a fraction of a unit is told to the unit.
	near := func(what string, got, want *big.Rat, most int64) {
		t.Helper()
		if d := new(big.Rat).Sub(got, want); d.Abs(d).Cmp(new(big.Rat).Mul(unit, big.NewRat(most, 1))) > 0 {
			t.Fatalf("%s is %s, want %s", what, got.FloatString(20), want.FloatString(20))
		}
	}
	near("equity", got, equity, 2)
	if config.Account.Kind == exchange.MarginAccount || config.Fees.In != exchange.FeeInQuote {
		return // interest and fees of the base are told at other prices
	}
	gain := new(big.Rat)
	for i := range result.Trades {
		_, net, _ := result.Trades[i].Profit()
		gain.Add(gain, units(net))
	}
	for i := range result.Open {
		_, net, _ := result.Open[i].Profit()
		gain.Add(gain, units(net))
	}
	switch {
	case !future:
		gain.Add(gain, new(big.Rat).Mul(balances[in.Base], price))
	default:
		for _, b := range books {
			worth := b.worth(in, price, inverse)
			gain.Add(gain, worth)
		}
	}
	near("what the trades gained", gain, new(big.Rat).Sub(got, start), 4)
}

// book is a position in whole ledger units, kept by average cost.
type book struct {
	held, cost big.Int // quantity units, signed; ledger units, above zero
}

// take returns the profit of what a fill closed. One that goes through flat closes first
// and opens with the rest of its notional.
func (b *book) take(in *market.Instrument, f *exchange.Fill) *big.Int {
	quantity, notional, inverse := big.NewInt(f.Quantity*int64(f.Side)), f.Notional.Big(), in.Kind == market.Inverse
	if b.held.Sign()*quantity.Sign() >= 0 {
		b.held.Add(&b.held, quantity)
		b.cost.Add(&b.cost, notional)
		return new(big.Int)
	}
	held := new(big.Int).Abs(&b.held)
	exit, closing := notional, new(big.Int).Abs(quantity)
	if closing.Cmp(held) > 0 {
		closing = held
		q := new(big.Rat).SetFrac(held, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(in.QuantityScale)), nil))
		price := in.Price(f.Price).Rat()
		worth := new(big.Rat).Mul(q, price)
		if inverse {
			worth.Quo(q.Mul(q, in.ContractSize.Rat()), price)
		}
		worth.Mul(worth, big.NewRat(1e18, 1))
		exit = nearest(worth.Num(), worth.Denom())
	}
	part := nearest(new(big.Int).Mul(&b.cost, closing), held)
	profit := new(big.Int).Sub(exit, part)
	if (b.held.Sign() < 0) != inverse {
		profit.Neg(profit)
	}
	b.cost.Sub(&b.cost, part)
	if b.held.Add(&b.held, quantity); exit != notional {
		b.cost.Sub(notional, exit)
	}
	return profit
}

func nearest(a, by *big.Int) *big.Int {
	q, r := new(big.Int).QuoRem(a, by, new(big.Int))
	switch r.Lsh(r, 1).Cmp(by) {
	case 1:
		q.Add(q, big.NewInt(1))
	case 0:
		if q.Bit(0) == 1 {
			q.Add(q, big.NewInt(1))
		}
	}
	return q
}

// worth is the position at a price as the trades' notionals would have it.
func (b *book) worth(in *market.Instrument, price *big.Rat, inverse bool) *big.Rat {
	q := new(big.Rat).SetFrac(&b.held, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(in.QuantityScale)), nil))
	if !inverse {
		return q.Mul(q, price)
	}
	q.Mul(q, in.ContractSize.Rat()).Quo(q, price)
	return q.Neg(q)
}

// profit is what closing at a price would bring.
func (b *book) profit(in *market.Instrument, price *big.Rat, inverse bool) *big.Rat {
	cost := new(big.Rat).SetFrac(&b.cost, big.NewInt(1e18))
	if (b.held.Sign() > 0) != inverse {
		cost.Neg(cost)
	}
	return cost.Add(cost, b.worth(in, price, inverse))
}
