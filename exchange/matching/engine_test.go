package matching_test

import (
	"testing"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
)

// TestOrdersAreSentWhileOutcomesAreRead: what a bar gave stays as it was while its
// reader sends orders.
func TestOrdersAreSentWhileOutcomesAreRead(t *testing.T) {
	t.Parallel()
	e := venue(t, "1000", "BTC/USDT")
	e.Submit(order(1, 0, exchange.Buy, quantity(1e8)))
	e.Submit(order(2, 0, exchange.Buy, quantity(2e8)))
	outcomes := e.Open(0, 10e8, 1)
	before := tell(outcomes)
	for i := range 3 {
		e.Submit(order(3+i, 0, exchange.Buy, quantity(1e8)))
		e.Cancel(exchange.IntentID(3+i), 1)
	}
	if after := tell(outcomes); after != before {
		t.Errorf("the outcomes were\n%s\nand are\n%s", before, after)
	}
}

// TestNumbersFarApart: intents need not be close to each other.
func TestNumbersFarApart(t *testing.T) {
	t.Parallel()
	e := venue(t, "1000", "BTC/USDT")
	for _, intent := range []int{1 << 60, 3, 1<<60 + 1, 1 << 20} {
		if r := e.Submit(order(intent, 0, exchange.Buy, quantity(1e8)))[0].Report; r.State != exchange.Accepted {
			t.Errorf("order %d is %s: %v", intent, r.State, r.Refusal)
		}
		if r := e.Submit(order(intent, 0, exchange.Buy, quantity(1e8)))[0].Report; r.State != exchange.Rejected {
			t.Errorf("order %d was taken twice", intent)
		}
	}
}

// TestMarketOrdersAllocateNothing: orders are sent by the million.
func TestMarketOrdersAllocateNothing(t *testing.T) { //nolint:paralleltest // it counts allocations
	e := venue(t, "1000000", "BTC/USDT")
	intent, at := exchange.IntentID(0), int64(0)
	once := func() {
		intent, at = intent+1, at+1
		o := exchange.Order{Intent: intent, Side: exchange.Buy, Type: exchange.Market, Size: quantity(1e4), Decided: at}
		e.Submit(&o)
		if got := e.Open(0, 1e8, at); len(got) != 1 || got[0].Report.State != exchange.Filled {
			t.Fatal(tell(got))
		}
	}
	for range 100 {
		once()
	}
	if n := testing.AllocsPerRun(1000, once); n > 0 {
		t.Errorf("a market order allocates %v times", n)
	}
}

// TestModel: a model that is none is refused.
func TestModel(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]matching.Model{
		"limits":   {Limits: 2},
		"path":     {Path: 3},
		"slippage": {Slippage: matching.Slippage{Rate: number("1.5")}},
		"range":    {Slippage: matching.Slippage{Range: number("-1")}},
		"impact":   {Slippage: matching.Slippage{Impact: number("0.0000000000001")}},
		"spread":   {Spread: matching.Spread{Rate: number("2")}},
		"share":    {VolumeShare: number("-0.1")},
		"latency":  {Latency: -1},
	} {
		if _, err := matching.New(matching.Config{Instruments: spot(t), Model: m}); err == nil {
			t.Errorf("a wrong %s was taken", name)
		}
	}
}

// BenchmarkOpenIdle is the open of a bar with nothing to do.
func BenchmarkOpenIdle(b *testing.B) {
	e, err := matching.New(matching.Config{Instruments: spot(b)})
	if err != nil {
		b.Fatal(err)
	}
	at := int64(0)
	for b.Loop() {
		at++
		if e.Waiting() || len(e.Open(0, 100e8, at)) > 0 {
			b.Fatal("something came of nothing")
		}
	}
}
