package backtest_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// shelf is Candles in memory.
type shelf map[market.Key]*market.Series

func (s shelf) Series(_ context.Context, key market.Key) (*market.Series, error) {
	if series, ok := s[key]; ok {
		return series, nil
	}
	return nil, market.ErrNoSeries
}

func (s shelf) Keys(context.Context) ([]market.Key, error) { return nil, nil }

var (
	ann = tradekeel.Actor{User: "usr_ann"}
	bob = tradekeel.Actor{User: "usr_bob"}
)

// gate is a strategy that stops at its first bar until it is let go on.
type gate struct {
	reached chan struct{}
	open    chan struct{}
}

func newGate() *gate { return &gate{reached: make(chan struct{}, 100), open: make(chan struct{})} }

func (g *gate) definition() strategy.Factory {
	return strategy.Define("gate", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		first := true
		return scripted{onBar: func(strategy.Bar, *strategy.Orders) {
			if first {
				first = false
				g.reached <- struct{}{}
				<-g.open
			}
		}}, nil
	})
}

type fixture struct {
	service *backtest.Service
	store   backtest.Store
	gate    *gate
	spec    backtest.Spec
}

func newFixture(t *testing.T, store backtest.Store, c backtest.ServiceConfig) fixture {
	t.Helper()
	g := newGate()
	r, err := strategy.NewRegistry(smacross.Strategy, g.definition(),
		strategy.Define("panics", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
			s.Main()
			return scripted{onBar: func(strategy.Bar, *strategy.Orders) { panic("no") }}, nil
		}))
	if err != nil {
		t.Fatal(err)
	}
	candles := shelf{}
	for _, s := range []*market.Series{minuteYear(40_000), bars("BTC/USDT", market.H1, 0, 10, 11, 12)} {
		candles[market.KeyOf(s)] = s
	}
	holes := bars("ETH/USDT", market.H1, 0, 10, 11)
	holes.Append(market.Bar{Time: 5 * int64(market.H1), Open: 1, High: 1, Low: 1, Close: 1})
	candles[market.KeyOf(holes)] = holes
	s, err := backtest.NewService(store, candles, r, c)
	if err != nil {
		t.Fatal(err)
	}
	return fixture{s, store, g, backtest.Spec{
		Strategy: "sma_cross", Params: json.RawMessage(`{"fast": 5}`), Data: market.Key{Symbol: "BTC/USDT", Timeframe: market.M1},
		Cash: money.MustParse("1000 USDT"), FeeRate: decimal.New(1, -3),
	}}
}

// work runs the service until the test's end.
func (f fixture) work(t *testing.T) (stop func()) {
	t.Helper()
	tell, wait := f.workUntil(t)
	return func() { tell(); wait() }
}

// workUntil runs the service until it is told to stop; wait returns when it did.
func (f fixture) workUntil(t *testing.T) (tell, wait func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f.service.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	wait = func() { <-done }
	t.Cleanup(func() { cancel(); wait() })
	return cancel, wait
}

// end waits for the final state.
func (f fixture) end(t *testing.T, actor tradekeel.Actor, id backtest.ID) backtest.Backtest {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var last backtest.Backtest
	for b, err := range f.service.Watch(ctx, actor, id) {
		if err != nil {
			t.Fatal(err)
		}
		last = b
	}
	return last
}

func TestServiceRunsToTheEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &backtest.MemoryStore{}, backtest.ServiceConfig{})
	f.work(t)
	ctx := t.Context()
	b, err := f.service.Create(ctx, ann, f.spec)
	if err != nil {
		t.Fatal(err)
	}
	b = f.end(t, ann, b.ID)
	if b.State != backtest.Done || b.Summary == nil || b.Done != 40_000 || b.Finished.IsZero() {
		t.Fatalf("it ended as %+v", b)
	}
	result, err := f.service.Result(ctx, ann, b.ID)
	if err != nil || result.Final().String() != b.Summary.Final.String() || len(result.Trades) != b.Summary.Stats.Trades {
		t.Errorf("the result is %v, %v", result, err)
	}
	if _, err := f.service.Cancel(ctx, ann, b.ID); !errors.Is(err, backtest.ErrFinished) {
		t.Errorf("canceling what is done gave %v", err)
	}
	for name, call := range map[string]func(tradekeel.Actor) error{
		"Get":    func(a tradekeel.Actor) error { _, err := f.service.Get(ctx, a, b.ID); return err },
		"Result": func(a tradekeel.Actor) error { _, err := f.service.Result(ctx, a, b.ID); return err },
		"Cancel": func(a tradekeel.Actor) error { _, err := f.service.Cancel(ctx, a, b.ID); return err },
		"Delete": func(a tradekeel.Actor) error { return f.service.Delete(ctx, a, b.ID) },
	} {
		if err := call(bob); !errors.Is(err, tradekeel.ErrNotFound) {
			t.Errorf("%s of another's gave %v", name, err)
		}
		if err := call(tradekeel.Actor{}); !errors.Is(err, tradekeel.ErrUnauthenticated) {
			t.Errorf("%s by nobody gave %v", name, err)
		}
	}
	if err := f.service.Delete(ctx, ann, b.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := f.service.Get(ctx, ann, b.ID); !errors.Is(err, backtest.ErrNotFound) {
		t.Errorf("after Delete, Get gave %v", err)
	}
}

func TestServiceRefusesAndStoresNothing(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &backtest.MemoryStore{}, backtest.ServiceConfig{})
	for name, c := range map[string]struct {
		change func(*backtest.Spec)
		want   string
	}{
		"unknown strategy": {func(s *backtest.Spec) { s.Strategy = "sma_corss" }, `strategy: there is no strategy "sma_corss"; did you mean "sma_cross"?`},
		"parameter":        {func(s *backtest.Spec) { s.Params = json.RawMessage(`{"fast": -1}`) }, "params.fast: must be between"},
		"no candles":       {func(s *backtest.Spec) { s.Data.Symbol = "DOGE/USDT" }, "data: there are no candles DOGE/USDT:1m"},
		"negative cash":    {func(s *backtest.Spec) { s.Cash = money.MustParse("-1 USDT") }, "cash: must be above zero"},
		"empty range":      {func(s *backtest.Spec) { s.From = time.Now() }, "data: BTC/USDT 1m has no bars in the range"},
		"gap":              {func(s *backtest.Spec) { s.Data = market.Key{Symbol: "ETH/USDT", Timeframe: market.H1} }, "data: ETH/USDT 1h lacks bars"},
		"fee":              {func(s *backtest.Spec) { s.FeeRate = decimal.NewFromInt(2) }, "fees.maker: must be a fraction"},
	} {
		spec := f.spec
		c.change(&spec)
		_, err := f.service.Create(t.Context(), ann, spec)
		if faults := tradekeel.Violations(err); len(faults) == 0 || !strings.HasPrefix(faults[0].Error(), c.want) {
			t.Errorf("%s gave %v, want %s", name, err, c.want)
		}
	}
	spec := f.spec
	spec.Strategy, spec.Cash = "x", money.MustParse("0 USDT")
	if _, err := f.service.Create(t.Context(), ann, spec); len(tradekeel.Violations(err)) != 2 {
		t.Errorf("two faults gave %v", err)
	}
	if _, err := f.service.Create(t.Context(), tradekeel.Actor{}, f.spec); !errors.Is(err, tradekeel.ErrUnauthenticated) {
		t.Errorf("nobody's gave %v", err)
	}
	page, err := f.service.List(t.Context(), ann, backtest.Filter{}, tradekeel.PageRequest{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%d were stored, %v", len(page.Items), err)
	}
}

func TestServiceLimit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &backtest.MemoryStore{}, backtest.ServiceConfig{MaxWaiting: 2})
	for range 2 {
		if _, err := f.service.Create(t.Context(), ann, f.spec); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.service.Create(t.Context(), ann, f.spec); !errors.Is(err, backtest.ErrLimit) || tradekeel.KindOf(err) != tradekeel.Exhausted {
		t.Errorf("the third gave %v", err)
	}
	if _, err := f.service.Create(t.Context(), bob, f.spec); err != nil {
		t.Errorf("another owner's first gave %v", err)
	}
}

func TestServiceFault(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &backtest.MemoryStore{}, backtest.ServiceConfig{})
	f.work(t)
	f.spec.Strategy, f.spec.Params = "panics", nil
	b, err := f.service.Create(t.Context(), ann, f.spec)
	if err != nil {
		t.Fatal(err)
	}
	b = f.end(t, ann, b.ID)
	if b.State != backtest.Failed || b.Fault == nil || b.Fault.Code != "backtest.strategy_failed" || !strings.Contains(b.Fault.Message, "panics panicked") {
		t.Errorf("it ended as %+v, %+v", b, b.Fault)
	}
	if _, err := f.service.Result(t.Context(), ann, b.ID); !errors.Is(err, backtest.ErrNotDone) {
		t.Errorf("its result gave %v", err)
	}
}

func TestServiceCancel(t *testing.T) {
	t.Parallel()
	f := newFixture(t, &backtest.MemoryStore{}, backtest.ServiceConfig{Workers: 1})
	f.work(t)
	f.spec.Strategy, f.spec.Params = "gate", nil
	running, err := f.service.Create(t.Context(), ann, f.spec)
	if err != nil {
		t.Fatal(err)
	}
	<-f.gate.reached
	waiting, err := f.service.Create(t.Context(), ann, f.spec)
	if err != nil {
		t.Fatal(err)
	}
	for _, id := range []backtest.ID{waiting.ID, running.ID} {
		if _, err := f.service.Cancel(t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
	}
	close(f.gate.open)
	for _, id := range []backtest.ID{waiting.ID, running.ID} {
		if b := f.end(t, ann, id); b.State != backtest.Canceled || b.Finished.IsZero() {
			t.Errorf("it ended as %+v", b)
		}
	}
}

// TestServiceStopQueuesAgain: a process that stops loses no run, and another one
// finishes it.
func TestServiceStopQueuesAgain(t *testing.T) {
	t.Parallel()
	store := &backtest.MemoryStore{}
	f := newFixture(t, store, backtest.ServiceConfig{Workers: 1})
	tell, wait := f.workUntil(t)
	f.spec.Strategy, f.spec.Params = "gate", nil
	b, err := f.service.Create(t.Context(), ann, f.spec)
	if err != nil {
		t.Fatal(err)
	}
	<-f.gate.reached // at the first of 40,000 bars
	tell()
	close(f.gate.open)
	wait()
	b, err = f.service.Get(t.Context(), ann, b.ID)
	if err != nil || b.State != backtest.Queued || b.Attempts != 0 || b.Runner != "" || !b.Started.IsZero() {
		t.Fatalf("after the stop it is %+v, %v", b, err)
	}
	other := newFixture(t, store, backtest.ServiceConfig{})
	close(other.gate.open)
	other.work(t)
	if b = other.end(t, ann, b.ID); b.State != backtest.Done {
		t.Errorf("it ended as %+v", b)
	}
}

// TestServiceTakesOver: a run whose process fell silent is taken over; when the
// silent one wakes, it does not overwrite what the other stored.
func TestServiceTakesOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := &backtest.MemoryStore{}
		silent := newFixture(t, muted{store}, backtest.ServiceConfig{Workers: 1})
		stopSilent := silent.work(t)
		silent.spec.Strategy, silent.spec.Params = "gate", nil
		b, err := silent.service.Create(t.Context(), ann, silent.spec)
		if err != nil {
			t.Fatal(err)
		}
		<-silent.gate.reached
		other := newFixture(t, store, backtest.ServiceConfig{Workers: 1})
		close(other.gate.open)
		stopOther := other.work(t)
		time.Sleep(9 * time.Second) // within the patience: still the first one's
		if got, err := store.Get(t.Context(), ann.User, b.ID); err != nil || got.State != backtest.Running {
			t.Fatalf("it is %+v, %v", got, err)
		}
		b = other.end(t, ann, b.ID)
		if b.State != backtest.Done {
			t.Fatalf("it ended as %+v", b)
		}
		runner := b.Runner
		close(silent.gate.open)
		synctest.Wait()
		if b, err = store.Get(t.Context(), ann.User, b.ID); err != nil || b.State != backtest.Done || b.Runner != runner {
			t.Errorf("the silent process made it %+v, %v", b, err)
		}
		stopSilent()
		stopOther()
	})
}

// muted is a store whose heartbeats get lost, as those of a process that hangs.
type muted struct{ *backtest.MemoryStore }

func (m muted) Update(context.Context, tradekeel.UserID, backtest.ID, func(*backtest.Backtest) error) (backtest.Backtest, error) {
	return backtest.Backtest{}, errors.New("the network is gone")
}

func ExampleService() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	series := minuteYear(50_000)
	strategies, _ := strategy.NewRegistry(smacross.Strategy)
	service, err := backtest.NewService(&backtest.MemoryStore{}, shelf{market.KeyOf(series): series}, strategies, backtest.ServiceConfig{})
	if err != nil {
		fmt.Println(err)
		return
	}
	go func() { _ = service.Run(ctx) }()

	actor := tradekeel.Actor{User: "usr_ann"}
	b, err := service.Create(ctx, actor, backtest.Spec{
		Strategy: "sma_cross", Params: json.RawMessage(`{"fast": 20, "slow": 50}`),
		Data: market.KeyOf(series), Cash: money.MustParse("10000 USDT"),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for b, err = range service.Watch(ctx, actor, b.ID) {
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(b.State, b.Summary.Stats.Trades, "trades")
	// Output: done 553 trades
}

// TestServiceGivesUp: a run that three processes died with is not handed to a
// fourth; one that was put back in good order does not count.
func TestServiceGivesUp(t *testing.T) {
	t.Parallel()
	store := &backtest.MemoryStore{}
	f := newFixture(t, store, backtest.ServiceConfig{})
	for _, c := range []struct {
		attempts int
		want     backtest.State
	}{{2, backtest.Done}, {3, backtest.Failed}} {
		b, err := f.service.Create(t.Context(), ann, f.spec)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := store.Update(t.Context(), ann.User, b.ID, func(row *backtest.Backtest) error {
			row.State, row.Runner, row.Attempts = backtest.Running, "run_dead", c.attempts
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		stop := f.work(t)
		if b = f.end(t, ann, b.ID); b.State != c.want || b.Fault != nil && b.Fault.Code != "backtest.gave_up" {
			t.Errorf("after %d attempts it ended as %s, %+v", c.attempts, b.State, b.Fault)
		}
		stop()
	}
}
