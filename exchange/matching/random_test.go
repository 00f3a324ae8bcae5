package matching_test

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/money"
)

// run is a venue with random calls, and what must hold of it.
type run struct {
	t       *rapid.T
	config  matching.Config
	venue   *matching.Engine
	twin    *matching.Engine // is given the same calls, and fills by all steps there are
	books   *reference
	state   map[exchange.IntentID]exchange.OrderState // of orders that were accepted
	intents []exchange.IntentID
	at      int64
	price   int64
}

// TestAnyRun: whatever is sent and whatever the market does, an order that was accepted
// is open or has ended once, the same calls give the same outcomes, and the fills and
// movements alone explain every balance and position to the last unit.
func TestAnyRun(t *testing.T) {
	t.Parallel()
	rapid.Check(t, anyRun)
}

func FuzzAnyRun(f *testing.F) { f.Fuzz(rapid.MakeFuzz(anyRun)) }

func anyRun(t *rapid.T) {
	c := anyConfig(t)
	r := &run{t: t, config: c, state: map[exchange.IntentID]exchange.OrderState{}, price: 10_000, at: int64(time.Hour)}
	var err error
	if r.venue, err = matching.New(c); err != nil {
		t.Fatal(err)
	}
	if c.Fees.Tiers == nil && c.Fees.Maker.LessThanOrEqual(c.Fees.Taker) {
		// A tier of the same rates changes nothing, and no fee is flat for the twin.
		c.Fees.Tiers = []exchange.FeeTier{{Volume: decimal.NewFromInt(500), Maker: c.Fees.Maker, Taker: c.Fees.Taker}}
	}
	if r.twin, err = matching.New(c); err != nil {
		t.Fatal(err)
	}
	r.books = newReference(c)
	for range rapid.IntRange(1, 60).Draw(t, "calls") {
		r.step()
	}
	// An order that waits can be canceled; one that ended cannot.
	for _, intent := range r.intents {
		open := !r.state[intent].Final()
		r.call(fmt.Sprintf("cancel %d", intent), func(e *matching.Engine) []matching.Outcome { return e.Cancel(intent, r.at) })
		if open != (r.state[intent] == exchange.Canceled) && c.Model.Latency == 0 && open {
			t.Fatalf("order %d was lost: it is %s after its cancellation", intent, r.state[intent])
		}
	}
}

func anyConfig(t *rapid.T) matching.Config {
	kind := exchange.AccountKind(rapid.IntRange(0, 2).Draw(t, "account"))
	c := matching.Config{
		Terms: exchange.Terms{Kind: kind},
		Fees:  exchange.FeeSchedule{Maker: decimal.New(rapid.Int64Range(-2, 10).Draw(t, "maker"), -4), Taker: decimal.New(rapid.Int64Range(2, 20).Draw(t, "taker"), -4)},
		Model: matching.Model{
			Limits: matching.LimitFill(rapid.IntRange(0, 1).Draw(t, "limits")), Path: matching.Path(rapid.IntRange(0, 2).Draw(t, "path")),
		},
		Balances: map[money.Currency]exchange.Units{"USDT": units("1000"), "BTC": units("3")},
	}
	if rapid.IntRange(0, 3).Draw(t, "priced") == 0 {
		c.Model.Slippage = matching.Slippage{Rate: decimal.New(1, -3), Range: decimal.New(1, -1), Impact: decimal.New(1, -1)}
		c.Model.Spread = matching.Spread{Rate: decimal.New(2, -3), EntriesOnly: rapid.Bool().Draw(t, "entries")}
	}
	if rapid.IntRange(0, 3).Draw(t, "shared") == 0 {
		c.Model.VolumeShare = decimal.New(1, -1)
	}
	if rapid.IntRange(0, 5).Draw(t, "late") == 0 {
		c.Model.Latency = 30 * time.Second
	}
	in := &market.Instrument{Symbol: "BTC/USDT", Kind: market.Spot, Base: "BTC", Quote: "USDT", PriceScale: 2, QuantityScale: 3}
	if kind == exchange.FuturesAccount {
		in.Symbol, in.Kind = "BTC/USDT:USDT", market.Linear
		if rapid.Bool().Draw(t, "inverse") {
			in = &market.Instrument{Symbol: "BTC/USD:BTC", Kind: market.Inverse, Base: "BTC", Quote: "USD", PriceScale: 2, ContractSize: decimal.NewFromInt(10)}
		}
		c.Terms.Mode = exchange.MarginMode(rapid.IntRange(0, 1).Draw(t, "mode"))
		c.Terms.Positions = exchange.PositionMode(rapid.IntRange(0, 1).Draw(t, "positions"))
		c.Terms.LiquidationFee = decimal.New(5, -3)
		c.Terms.Tiers = map[string][]exchange.MarginTier{in.Symbol: {
			{UpTo: decimal.NewFromInt(1000), Maintenance: decimal.New(1, -2)},
			{Maintenance: decimal.New(2, -2), Deduction: decimal.NewFromInt(10), MaxLeverage: decimal.NewFromInt(10)},
		}}
	}
	if kind != exchange.SpotAccount {
		c.Terms.Leverage = decimal.NewFromInt(rapid.Int64Range(1, 20).Draw(t, "leverage"))
		c.Terms.Borrow = map[money.Currency]exchange.BorrowTerms{"USDT": {HourlyRate: decimal.New(1, -4)}, "BTC": {HourlyRate: decimal.New(1, -4), Limit: decimal.NewFromInt(5)}}
	}
	if kind != exchange.FuturesAccount && rapid.Bool().Draw(t, "received") {
		c.Fees.In = exchange.FeeInReceived
	}
	if rapid.IntRange(0, 3).Draw(t, "tiers") == 0 {
		c.Fees.Tiers = []exchange.FeeTier{{Volume: decimal.NewFromInt(500), Taker: decimal.New(1, -4)}}
	}
	if rapid.Bool().Draw(t, "rules") {
		in.Rules = []market.Rules{{Tick: decimal.New(5, -2), MinNotional: decimal.NewFromInt(5), MaxQuantity: decimal.NewFromInt(500)}}
	}
	c.Instruments = []*market.Instrument{in}
	return c
}

// call makes a call to both venues and takes in what came of it.
func (r *run) call(what string, do func(*matching.Engine) []matching.Outcome) {
	got := do(r.venue)
	told, again := tell(got), tell(do(r.twin))
	if told != again {
		r.t.Fatalf("%s gave\n%s\nand again\n%s", what, told, again)
	}
	for _, o := range got {
		if o.Movement != nil {
			r.books.move(o.Movement)
			continue
		}
		r.report(what, o.Report)
	}
	r.check(what)
}

// report follows the life of an order.
func (r *run) report(what string, report *exchange.Report) {
	switch report.State {
	case exchange.PartlyFilled, exchange.Filled:
		r.books.fill(&report.Fill)
		if report.Fill.Liquidation != (report.Intent == 0) {
			r.t.Fatalf("%s gave the fill %+v", what, report.Fill)
		}
	case exchange.AmendRejected, exchange.CancelRejected:
		return
	}
	if report.Intent == 0 {
		return
	}
	was, known := r.state[report.Intent]
	if (report.State == exchange.Accepted) == known && (report.State != exchange.Rejected || known && was.Final()) || was.Final() {
		r.t.Fatalf("%s: order %d is %s after %s", what, report.Intent, report.State, was)
	}
	r.state[report.Intent] = report.State
}

// check compares the venue with the reference.
func (r *run) check(what string) {
	balances := r.venue.Balances()
	for _, currency := range slices.Sorted(maps.Keys(balances)) {
		if have, want := balances[currency].Big(), r.books.balance(currency); have.Cmp(want) != 0 {
			r.t.Fatalf("after %s there are %s %s, the fills make %s", what, have, currency, want)
		}
		if r.config.Terms.Kind == exchange.SpotAccount && balances[currency].Sign() < 0 {
			r.t.Fatalf("after %s there are %s %s", what, exchange.FromUnits(balances[currency]), currency)
		}
	}
	if r.config.Terms.Kind != exchange.FuturesAccount {
		return
	}
	settle := r.config.Instruments[0].Settle()
	if len(r.venue.Positions()) == 0 && balances[settle].Sign() < 0 {
		r.t.Fatalf("after %s there are %s %s and no position", what, exchange.FromUnits(balances[settle]), settle)
	}
	if r.config.Terms.Mode == exchange.Isolated {
		// Margins are the balance's: entries never go beyond the leverage.
		backed := new(big.Int)
		for _, p := range r.venue.Positions() {
			backed.Add(backed, p.Margin.Big())
		}
		if balances[settle].Big().Cmp(backed) < 0 {
			r.t.Fatalf("after %s margins of %s are backed by %s", what, backed, balances[settle].Big())
		}
	}
	var sides [3]matching.Position
	for _, p := range r.venue.Positions() {
		sides[p.Side] = p
	}
	for s, p := range sides {
		quantity, cost, margin := r.books.position(exchange.PositionSide(s))
		if p.Quantity != quantity || p.Cost.Big().Cmp(cost) != 0 || p.Margin.Big().Cmp(margin) != 0 {
			r.t.Fatalf("after %s the position is %+v, the fills make %d for %s with %s", what, p, quantity, cost, margin)
		}
	}
}

// step makes one random call.
func (r *run) step() {
	t := r.t
	r.at += rapid.Int64Range(1, int64(10*time.Minute)).Draw(t, "later")
	switch rapid.IntRange(0, 13).Draw(t, "call") {
	case 0, 1, 2, 3, 4:
		o := r.anyOrder()
		r.call(fmt.Sprintf("order %+v", o), func(e *matching.Engine) []matching.Outcome { return e.Submit(o) })
	case 5:
		a := &exchange.Amendment{Intent: exchange.IntentID(rapid.IntRange(1, len(r.intents)+1).Draw(t, "which")), Decided: r.at}
		a.Price, a.Trigger = r.near("price")*rapid.Int64Range(0, 1).Draw(t, "amends price"), r.near("trigger")*rapid.Int64Range(0, 1).Draw(t, "amends trigger")
		a.Quantity = rapid.Int64Range(0, 3000).Draw(t, "quantity")
		r.call(fmt.Sprintf("amendment %+v", a), func(e *matching.Engine) []matching.Outcome { return e.Amend(a) })
	case 6:
		intent := exchange.IntentID(rapid.IntRange(1, len(r.intents)+1).Draw(t, "which"))
		r.call(fmt.Sprintf("cancel %d", intent), func(e *matching.Engine) []matching.Outcome { return e.Cancel(intent, r.at) })
	case 7:
		rate := exchange.Rate(rapid.Int64Range(-1e10, 1e10).Draw(t, "funding"))
		r.call("funding", func(e *matching.Engine) []matching.Outcome {
			if r.config.Terms.Kind != exchange.FuturesAccount {
				return e.Accrue(r.at)
			}
			return e.Funding(0, rate, r.at)
		})
	case 8:
		m := exchange.Movement{Kind: exchange.Deposit, Time: r.at, Currency: "USDT", Amount: wide.Mul(rapid.Int64Range(-500, 500).Draw(t, "amount"), 1e18)}
		if m.Amount.Sign() < 0 {
			m.Kind = exchange.Withdrawal
		}
		r.call("transfer", func(e *matching.Engine) []matching.Outcome { return e.Transfer(m) })
	case 9:
		price, quantity, side := r.near("trade"), rapid.Int64Range(1, 2000).Draw(t, "traded"), exchange.Side(rapid.IntRange(-1, 1).Draw(t, "aggressor"))
		r.price = price
		r.call("trade", func(e *matching.Engine) []matching.Outcome { return e.Trade(0, price, quantity, r.at, side) })
	case 10:
		if rapid.IntRange(0, 2).Draw(t, "book") == 0 {
			r.book()
		}
	default:
		r.bar()
	}
}

// near draws a price near the last one, on the tick.
func (r *run) near(label string) int64 {
	return max(5, (r.price+rapid.Int64Range(-r.price/20, r.price/20).Draw(r.t, label))/5*5)
}

func (r *run) book() {
	var bids, asks []book.Level
	for i := range rapid.Int64Range(0, 3).Draw(r.t, "levels") {
		q := rapid.Int64Range(1, 1000).Draw(r.t, "held")
		bids = append(bids, book.Level{Price: r.price - 5 - 5*i, Quantity: q})
		asks = append(asks, book.Level{Price: r.price + 5 + 5*i, Quantity: q})
	}
	r.call("book", func(e *matching.Engine) []matching.Outcome { return e.Book(0, bids, asks, r.at) })
}

func (r *run) bar() {
	b := market.Bar{Time: r.at, Open: r.near("open"), Volume: rapid.Int64Range(0, 50_000).Draw(r.t, "volume")}
	if rapid.IntRange(0, 9).Draw(r.t, "crash") == 0 {
		b.Open = max(5, b.Open/5*rapid.Int64Range(2, 8).Draw(r.t, "gap")/5*5)
	}
	r.price = b.Open
	b.Close, b.High, b.Low = r.near("close"), r.near("high"), r.near("low")
	b.High, b.Low = max(b.Open, b.Close, b.High, b.Low), min(b.Open, b.Close, b.High, b.Low)
	r.call("open", func(e *matching.Engine) []matching.Outcome { return e.Open(0, b.Open, r.at) })
	closes := r.at + int64(time.Minute)
	r.call(fmt.Sprintf("bar %+v", b), func(e *matching.Engine) []matching.Outcome { return e.Bar(0, &b, closes) })
	r.at, r.price = closes, b.Close
}

func (r *run) anyOrder() *exchange.Order {
	t := r.t
	o := &exchange.Order{
		Intent: exchange.IntentID(len(r.intents) + 1), Side: exchange.Side(2*rapid.IntRange(0, 1).Draw(t, "side") - 1),
		Type: exchange.OrderType(rapid.IntRange(1, 7).Draw(t, "type")), InForce: exchange.TimeInForce(rapid.IntRange(0, 3).Draw(t, "force")),
		PostOnly: rapid.IntRange(0, 7).Draw(t, "post-only") == 0, ReduceOnly: rapid.IntRange(0, 5).Draw(t, "reduce-only") == 0, Decided: r.at,
	}
	r.intents = append(r.intents, o.Intent)
	o.Size = exchange.Size{
		Kind: exchange.SizeKind(rapid.IntRange(1, 4).Draw(t, "size")), Quantity: rapid.Int64Range(1, 5000).Draw(t, "quantity"),
		Quote: wide.Mul(rapid.Int64Range(1, 900).Draw(t, "quote"), 1e18), Fraction: rapid.Int64Range(1, 10).Draw(t, "fraction") * 1e11,
		Whole: rapid.IntRange(0, 9).Draw(t, "whole") == 0,
	}
	if o.Type.HasLimit() {
		o.Price = r.near("limit")
	}
	if o.Type.HasTrigger() {
		o.Trigger = r.near("trigger")
	}
	if o.Type == exchange.TrailingStop {
		o.Trail = rapid.Int64Range(1, 500).Draw(t, "trail")
		if rapid.Bool().Draw(t, "at once") {
			o.Trigger, o.Trail, o.TrailRate = 0, 0, exchange.Rate(rapid.Int64Range(1, 1e11).Draw(t, "trail rate"))
		}
	}
	if o.InForce == exchange.GoodTillDate {
		o.Expires = r.at + rapid.Int64Range(1, int64(time.Hour)).Draw(t, "expires")
	}
	if r.config.Terms.Positions == exchange.Hedge {
		o.Position = exchange.PositionSide(rapid.IntRange(1, 2).Draw(t, "position"))
	}
	if rapid.IntRange(0, 3).Draw(t, "grouped") == 0 {
		o.Group = exchange.GroupID(rapid.IntRange(1, 4).Draw(t, "group"))
	}
	if rapid.IntRange(0, 3).Draw(t, "child") == 0 {
		o.Parent = exchange.IntentID(rapid.IntRange(1, len(r.intents)).Draw(t, "parent"))
	}
	return o
}

// tell writes outcomes, so that two can be compared.
func tell(outcomes []matching.Outcome) string {
	text := ""
	for _, o := range outcomes {
		if o.Report != nil {
			text += fmt.Sprintf("%+v\n", *o.Report)
		} else {
			text += fmt.Sprintf("%+v\n", *o.Movement)
		}
	}
	return text
}
