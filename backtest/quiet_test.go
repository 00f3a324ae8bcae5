package backtest_test

import (
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// fullDocument writes a document by chance that has what ends positions, keeps entries
// apart and stops them, beside its rules.
func fullDocument(r *rand.Rand) string {
	var d map[string]any
	if err := json.Unmarshal([]byte(ruledDocument(r)), &d); err != nil {
		panic(err)
	}
	delete(d, "stop")
	type object = map[string]any
	one := func(of ...any) any { return of[r.IntN(len(of))] }
	some := func(n int, name string, of ...any) {
		if r.IntN(n) == 0 {
			d[name] = one(of...)
		}
	}
	d["params"] = object{"p": object{"default": 2.5, "min": 0.1, "max": 20}, "n": object{"default": 7, "min": 1, "max": 50}}
	atr := []any{3 + r.IntN(10), 0.5 + r.Float64()*3}
	some(2, "stop", object{"percent": 0.5 + r.Float64()*9}, object{"atr": atr}, object{"percent": "$p"},
		object{"price": object{"sub": []any{"low", r.IntN(4)}}}, object{"price": object{"sma": []any{20}}})
	targets := []any{object{"percent": 0.5 + r.Float64()*9}, object{"atr": atr}, object{"price": object{"add": []any{"high", r.IntN(5)}}}}
	if d["stop"] != nil {
		targets = append(targets, object{"risk": 0.5 + r.Float64()*3}, object{"risk": 2})
	}
	some(2, "target", targets...)
	some(3, "trail", object{"percent": 0.5 + r.Float64()*9}, object{"atr": atr}, object{"percent": 3, "after_percent": 2}, object{"atr": atr, "after_percent": 1.5}, object{"percent": "$p"})
	some(4, "time_exit", object{"bars": 1 + r.IntN(30)}, object{"hours": 0.5 + r.Float64()*40}, object{"bars": "$n"}, object{"hours": 12})
	some(3, "reentry", object{"wait_bars": 1 + r.IntN(20)}, object{"after_loss_bars": "$n"}, object{"per_day": 1 + r.IntN(3)}, object{"reset": true},
		object{"per_day": 1, "reset": true, "wait_bars": 3})
	some(3, "protect", object{"drawdown_percent": 1 + r.IntN(20), "pause_bars": 1 + r.IntN(60)}, object{"daily_loss_percent": 0.5 + r.Float64()*4},
		object{"daily_loss_percent": 2, "pause_bars": 30}, object{"loss_streak": 1 + r.IntN(3), "pause_bars": 20},
		object{"loss_streak": 2, "drawdown_percent": 10, "daily_loss_percent": 3, "pause_bars": 40})
	if r.IntN(8) == 0 {
		d["ladder"] = object{"entries": 1 + r.IntN(3), "every_percent": 1 + r.IntN(3), "size_scale": 1.5}
	} else if d["stop"] != nil {
		some(4, "size", object{"risk_percent": 2}, object{"risk_percent": "$p"})
	}
	if r.IntN(6) == 0 { // rules that every close must be looked at for
		d["exit"] = object{"long": one(object{"in_profit_by": 2}, object{"open_for": 9}, object{"on": []any{"4h", object{"gt": []any{"close", "open"}}}},
			object{"gte": []any{"position.drawdown_percent", 3}})}
	}
	raw, err := json.Marshal(d)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// TestQuietBars: documents of chance come to the same over known candles, where bars at
// which nothing can happen are passed in one go, and over the same candles one at a
// time, each an event: the same orders at the same times for the same reasons, the same
// refusals, round trips, equity and figures.
func TestQuietBars(t *testing.T) {
	t.Parallel()
	trades, runs := 0, 0
	reasons := map[string]int{}
	for seed := range uint64(4 * sweeps()) {
		r := rand.New(rand.NewPCG(seed, 11))
		raw := fullDocument(r)
		d, err := document.Parse([]byte(raw))
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		c := backtest.Config{
			Strategy: d, Data: []*market.Series{jagged(r, 40+r.IntN(2600))}, Cash: money.MustParse("10000 USDT"),
			Fees: exchange.FlatFee(decimal.New(int64(r.IntN(30)), -4)), Gaps: backtest.AcceptGaps,
		}
		got, gotErr := backtest.Run(t.Context(), c)
		c.Streamed = true
		want, err := backtest.Run(t.Context(), c)
		if err != nil || gotErr != nil {
			if err == nil || gotErr == nil || err.Error() != gotErr.Error() {
				t.Fatalf("seed %d: %s\nover known candles %v, one at a time %v", seed, raw, gotErr, err)
			}
			continue
		}
		sameBytes(t, seed, raw, got, want)
		runs++
		trades += len(got.Trades)
		for i := range got.Trades {
			reasons[got.Trades[i].ExitReason]++
		}
	}
	for _, reason := range []string{"stop", "target", "trail", "time_exit", "exit.long"} {
		if reasons[reason] < trades/100 {
			t.Errorf("of %d trades %d ended by %s: that says little", trades, reasons[reason], reason)
		}
	}
	if trades < 10*runs || runs < 3*sweeps() {
		t.Errorf("only %d trades in %d runs", trades, runs)
	}
}

func sameBytes(t *testing.T, seed uint64, raw string, got, want *backtest.Result) {
	t.Helper()
	for _, part := range []struct {
		name      string
		got, want any
	}{
		{"fills", got.Fills, want.Fills},
		{"trades", got.Trades, want.Trades},
		{"open", got.Open, want.Open},
		{"refusals", refusals(got), refusals(want)},
		{"equity", got.Equity, want.Equity},
		{"figures", got.Stats.String(), want.Stats.String()},
		{"drawdown", got.Stats.MaxDrawdown, want.Stats.MaxDrawdown},
		{"warnings", got.Warnings, want.Warnings},
	} {
		if !reflect.DeepEqual(part.got, part.want) {
			t.Fatalf("seed %d: %s\nthe %s are\n%.2000v\none at a time\n%.2000v", seed, raw, part.name, part.got, part.want)
		}
	}
	a, errA := backtest.Encode(got)
	b, errB := backtest.Encode(want)
	if errA != nil || errB != nil || string(a) != string(b) {
		t.Fatalf("seed %d: %s\nthe results have other bytes (%v, %v)", seed, raw, errA, errB)
	}
}

// refusals are the orders that were refused, with what was said.
func refusals(r *backtest.Result) []string {
	var all []string
	for i := range r.Refused {
		raw, _ := json.Marshal(r.Refused[i].Order)
		said := r.Refused[i].Err.Error()
		if e, ok := errors.AsType[*tradekeel.Error](r.Refused[i].Err); ok {
			said += e.Code
		}
		all = append(all, string(raw)+said)
	}
	return all
}
