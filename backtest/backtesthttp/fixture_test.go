package backtesthttp_test

import (
	"context"
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// candles are series in memory.
type candles []*market.Series

func (c candles) Series(ctx context.Context, key market.Key) (*market.Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for _, s := range c {
		if market.KeyOf(s) == key {
			return s, nil
		}
	}
	return nil, market.ErrNoSeries.With("data", "there are no candles %s", key)
}

func (c candles) Keys(context.Context) ([]market.Key, error) {
	var keys []market.Key
	for _, s := range c {
		keys = append(keys, market.KeyOf(s))
	}
	return keys, nil
}

var begin = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// waves makes n bars that go up and down; the one at missing, if above zero, is
// not there.
func waves(venue string, n, missing int) *market.Series {
	in := market.MustSpot("BTC/USDT")
	in.Venue = venue
	s := market.NewSeries(in, market.H1, 8, n)
	const unit = 100_000_000
	price := func(i int) int64 { return int64(100*unit + 20*unit*math.Sin(float64(i)/15)) }
	for i := range n {
		if i == missing && i > 0 {
			continue
		}
		open, last := price(i), price(i+1)
		s.Append(market.Bar{
			Time: begin.Add(time.Duration(i) * time.Hour).UnixNano(),
			Open: open, High: max(open, last), Low: min(open, last), Close: last, Volume: unit,
		})
	}
	return s
}

type gateParams struct {
	Unused int `param:"1"`
}

// gate is a strategy that waits at its tenth bar until it is let through.
type gate struct {
	open <-chan struct{}
	bars int
}

func (g *gate) OnBar(strategy.Bar, *strategy.Orders) {
	g.bars++
	if g.bars == 10 {
		<-g.open
	}
}

// fixture is a service behind its routes.
type fixture struct {
	http.Handler

	store   *backtest.MemoryStore
	service *backtest.Service
	open    func() // lets the gates through
}

// newFixture makes a service and runs its workers until the test's end.
func newFixture(t *testing.T, c backtesthttp.Config) *fixture {
	t.Helper()
	open := make(chan struct{})
	isOpen := false
	f := &fixture{store: &backtest.MemoryStore{}, open: func() {
		if !isOpen {
			close(open)
		}
		isOpen = true
	}}
	gated := strategy.Define("gate", func(_ gateParams, s *strategy.Setup) (strategy.Instance, error) {
		s.Main()
		return &gate{open: open}, nil
	})
	registry, err := strategy.NewRegistry(smacross.Strategy, gated)
	if err != nil {
		t.Fatal(err)
	}
	data := candles{waves("binance", 500, 0), waves("gappy", 500, 250)}
	f.service, err = backtest.NewService(f.store, data, registry, backtest.ServiceConfig{MaxWaiting: 3, Heartbeat: 20 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	f.Handler = backtesthttp.Handler(f.service, c)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- f.service.Run(ctx) }()
	t.Cleanup(func() {
		f.open()
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return f
}

const (
	anna tradekeel.UserID = "usr_anna"
	berg tradekeel.UserID = "usr_berg"
)

const good = `{"strategy":"sma_cross","params":{"fast":5,"slow":20},"data":"binance:BTC/USDT:1h",` +
	`"cash":{"value":"10000","currency":"USDT"},"fee_rate":"0.001"}`

// as sends a request for a user; nobody is signed in as "".
func (f *fixture) as(user tradekeel.UserID, method, path, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if user != "" {
		r = r.WithContext(tradekeel.WithActor(r.Context(), tradekeel.Actor{User: user}))
	}
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	return w
}

// get reads a JSON answer with the wanted status.
func get[T any](t *testing.T, w *httptest.ResponseRecorder, status int) T {
	t.Helper()
	var out T
	if w.Code != status {
		t.Fatalf("got %d, want %d: %s", w.Code, status, w.Body)
	}
	if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
		t.Fatalf("%v: %s", err, w.Body)
	}
	return out
}

// create starts a backtest of anna's.
func (f *fixture) create(t *testing.T, body string) backtesthttp.Backtest {
	t.Helper()
	return get[backtesthttp.Backtest](t, f.as(anna, http.MethodPost, "/api/v1/backtests", body), http.StatusCreated)
}

// finish waits for the end of a backtest.
func (f *fixture) finish(t *testing.T, id string) backtest.Backtest {
	t.Helper()
	var last backtest.Backtest
	for b, err := range f.service.Watch(t.Context(), tradekeel.Actor{User: anna}, backtest.ID(id)) {
		if err != nil {
			t.Fatal(err)
		}
		last = b
	}
	return last
}

// stored counts the backtests of both users.
func (f *fixture) stored(t *testing.T) int64 {
	t.Helper()
	n := int64(0)
	for _, owner := range []tradekeel.UserID{anna, berg} {
		page, err := f.store.List(t.Context(), owner, backtest.Filter{}, tradekeel.PageRequest{Total: true})
		if err != nil {
			t.Fatal(err)
		}
		n += *page.Total
	}
	return n
}
