package backtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// bundled are the hours of the examples, under two symbols.
type bundled struct{ hours, other *market.Series }

func (b bundled) Series(_ context.Context, key market.Key) (*market.Series, error) {
	for _, s := range []*market.Series{b.hours, b.other} {
		if market.KeyOf(s) == key {
			return s, nil
		}
	}
	return nil, market.ErrNoSeries.With("data", "there are no candles %s", key)
}

func (b bundled) Keys(context.Context) ([]market.Key, error) { return nil, nil }

// crossing is a document that trades the cross of two averages, while the longer
// candles of its own and the other instrument are above theirs.
func crossing(slow int) []byte {
	return fmt.Appendf(nil, `{"name": "Crossing", "version": 1, "timeframe": "1h", "params": {"fast": {"default": 20, "min": 2, "max": 50}},
		"let": {"fast": {"sma": ["close", "$fast"]}, "slow": {"sma": ["close", %d]}, "day": {"on": ["4h", {"sma": ["close", 3]}]},
			"other": {"on": ["ETH/USDT 1h", {"sma": ["close", 5]}]}},
		"enter": {"long": {"all": [{"crosses_above": ["fast", "slow"]}, {"gt": ["other", 0]}]}}, "exit": {"long": {"crosses_below": ["fast", "slow"]}},
		"size": {"percent_of_cash": 100}}`, slow)
}

type libraryFixture struct {
	library *library.Service
	service *backtest.Service
	store   *backtest.MemoryStore
}

func newLibraryFixture(t *testing.T) *libraryFixture {
	t.Helper()
	hours := bundledHours(t)
	hours.Instrument.Venue = "binance"
	eth := market.MustSpot("ETH/USDT")
	eth.Venue = "binance"
	other := market.NewSeries(eth, hours.Timeframe, hours.VolumeScale, hours.Len())
	for i := range hours.Len() {
		other.Append(hours.Bar(i))
	}
	kept, err := library.NewService(&library.MemoryStore{}, nil, library.ServiceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	registry, err := strategy.NewRegistry(smacross.Strategy)
	if err != nil {
		t.Fatal(err)
	}
	f := &libraryFixture{library: kept, store: &backtest.MemoryStore{}}
	f.service, err = backtest.NewService(f.store, bundled{hours, other}, registry, backtest.ServiceConfig{
		Heartbeat: 20 * time.Millisecond, Library: library.Runs{Service: kept},
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func spec(name string) backtest.Spec {
	return backtest.Spec{
		Strategy: name, Data: market.Key{Venue: "binance", Symbol: "BTC/USDT", Timeframe: market.H1},
		Cash: money.MustParse("10000 USDT"), AcceptGaps: true,
	}
}

// TestLibraryStrategyRuns: a version of a user's strategy runs over all that it
// reads; the result names it with its version, and the version is used from then on.
func TestLibraryStrategyRuns(t *testing.T) {
	t.Parallel()
	f := newLibraryFixture(t)
	owner := tradekeel.Actor{User: "usr_1"}
	st, err := f.library.Create(t.Context(), owner, library.Creation{Document: crossing(50)})
	if err != nil {
		t.Fatal(err)
	}
	reference := backtest.Reference{ID: string(st.ID), Version: 1}.String()

	// What is wrong with the rest does not use it.
	poor := spec(reference)
	poor.Cash = money.MustParse("-1 USDT")
	if _, err := f.service.Create(t.Context(), owner, poor); tradekeel.KindOf(err) != tradekeel.Invalid {
		t.Errorf("without cash: %v", err)
	}
	if st, err := f.library.Get(t.Context(), owner, st.ID); err != nil || !st.Draft {
		t.Errorf("a refused backtest used it: %+v, %v", st, err)
	}

	asked := spec(reference)
	asked.Params = []byte(`{"fast": 10}`)
	asked.Others = []market.Key{{Venue: "binance", Symbol: "XXX/USDT", Timeframe: market.H1}} // not the user's to say
	b, err := f.service.Create(t.Context(), owner, asked)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.Spec.Others) != 1 || b.Spec.Others[0].Symbol != "ETH/USDT" {
		t.Errorf("the other series are %v", b.Spec.Others)
	}
	if v, err := f.library.Version(t.Context(), owner, st.ID, 1); err != nil || !v.Used() {
		t.Errorf("the version is not used: %+v, %v", v, err)
	}
	// Archived and saved on, it runs all the same as it was.
	if _, err := f.library.Delete(t.Context(), owner, st.ID); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- f.service.Run(ctx) }()
	for got, err := range f.service.Watch(t.Context(), owner, b.ID) {
		if err != nil {
			t.Fatal(err)
		}
		b = got
	}
	stop()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if b.State != backtest.Done || b.Spec.Strategy != reference || b.Summary.Strategy != "Crossing, version 1" || b.Summary.Stats.Trades == 0 {
		t.Fatalf("it ended as %+v, %+v", b, b.Fault)
	}
	result, err := f.service.Result(t.Context(), owner, b.ID)
	if err != nil {
		t.Fatal(err)
	}
	if result.Strategy != "Crossing, version 1" || result.Parameters[0].Value != 10.0 && result.Parameters[0].Value != 10 || len(result.Data) != 2 || len(result.Trades) != b.Summary.Stats.Trades {
		t.Errorf("the result is of %s with %v over %d series", result.Strategy, result.Parameters, len(result.Data))
	}
	last := result.Trades[len(result.Trades)-1]
	if e, err := f.service.Explain(t.Context(), owner, b.ID, last.Exit()); err != nil || e.Action != "close" || e.Reason != last.ExitReason {
		t.Errorf("the last exit is explained as %v, %v", e, err)
	}
	if _, err := f.service.Explain(t.Context(), tradekeel.Actor{User: "another"}, b.ID, last.Exit()); !errors.Is(err, backtest.ErrNotFound) {
		t.Errorf("another user's backtest is explained: %v", err)
	}
	if _, err := f.service.Create(t.Context(), owner, spec(reference)); !errors.Is(err, library.ErrArchived) {
		t.Errorf("a backtest of what is archived: %v", err)
	}
}

// TestLibraryStrategyRefused: what an owner cannot reach is an unknown strategy, and
// every fault is told at its field.
func TestLibraryStrategyRefused(t *testing.T) {
	t.Parallel()
	f := newLibraryFixture(t)
	owner := tradekeel.Actor{User: "usr_1"}
	st, err := f.library.Create(t.Context(), owner, library.Creation{Document: crossing(50)})
	if err != nil {
		t.Fatal(err)
	}
	id := string(st.ID)
	for _, c := range []struct {
		actor    tradekeel.Actor
		strategy string
		params   string
		field    string
		says     string
	}{
		{tradekeel.Actor{User: "usr_2"}, "library:" + id + "@1", "", "strategy", "there is no strategy"},
		{owner, "library:str_none@1", "", "strategy", "there is no strategy"},
		{owner, "library:" + id + "@2", "", "strategy", "there is no strategy"},
		{owner, "library:" + id, "", "strategy", "must look like"},
		{owner, "library:" + id + "@0", "", "strategy", "must look like"},
		{owner, "library:" + id + "@-1", "", "strategy", "must look like"},
		{owner, "library:" + id + "@01", "", "strategy", "must look like"},
		{owner, "library:" + id + "@99999999999999999999", "", "strategy", "must look like"},
		{owner, "library:@1", "", "strategy", "must look like"},
		{owner, "library:" + strings.Repeat("x", 10_000) + "@1", "", "strategy", "there is no strategy"},
		{owner, "library:" + id + "@1", `{"fast": 1}`, "params.fast", "between 2 and 50"},
		{owner, "library:" + id + "@1", `{"fats": 20}`, "params.fats", "did you mean"},
	} {
		s := spec(c.strategy)
		s.Params = []byte(c.params)
		_, err := f.service.Create(t.Context(), c.actor, s)
		faults := tradekeel.Violations(err)
		if len(faults) != 1 || faults[0].Field != c.field || !strings.Contains(faults[0].Message, c.says) || len(err.Error()) > 500 {
			t.Errorf("%.60s: %v", c.strategy, err)
		}
	}
	noEther := spec("library:" + id + "@1")
	noEther.Data.Venue = "kraken"
	if _, err := f.service.Create(t.Context(), owner, noEther); len(tradekeel.Violations(err)) != 2 {
		t.Errorf("without any candles: %v", err)
	}
	if st, err := f.library.Get(t.Context(), owner, st.ID); err != nil || !st.Draft {
		t.Errorf("a refused backtest used it: %+v, %v", st, err)
	}
}

// TestLibraryChanged: a save between the check and the use is a conflict, and the
// backtest of it is not stored.
func TestLibraryChanged(t *testing.T) {
	t.Parallel()
	f := newLibraryFixture(t)
	owner := tradekeel.Actor{User: "usr_1"}
	st, err := f.library.Create(t.Context(), owner, library.Creation{Document: crossing(50)})
	if err != nil {
		t.Fatal(err)
	}
	runs := library.Runs{Service: f.library}
	_, hash, err := runs.Strategy(t.Context(), owner.User, string(st.ID), 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.library.Save(t.Context(), owner, st.ID, library.Save{Base: st.Base(), Document: crossing(60)}); err != nil {
		t.Fatal(err)
	}
	if err := runs.Use(t.Context(), owner, string(st.ID), 1, hash); !errors.Is(err, library.ErrChanged) {
		t.Errorf("the use of what is not there any more: %v", err)
	}
	if st, err := f.library.Get(t.Context(), owner, st.ID); err != nil || !st.Draft {
		t.Errorf("it was used all the same: %+v, %v", st, err)
	}
}
