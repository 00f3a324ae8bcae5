package strategyhttp_test

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
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/strategyhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// candles are series in memory.
type candles []*market.Series

func (c candles) Series(_ context.Context, key market.Key) (*market.Series, error) {
	for _, s := range c {
		if market.KeyOf(s) == key {
			return s, nil
		}
	}
	return nil, market.ErrNoSeries.With("data", "there are no candles %s", key)
}

var begin = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)

// waves makes hours that go up and down.
func waves(n int) *market.Series {
	in := market.MustSpot("BTC/USDT")
	in.Venue = "binance"
	s := market.NewSeries(in, market.H1, 8, n)
	const unit = 100_000_000
	price := func(i int) int64 { return int64(100*unit + 20*unit*math.Sin(float64(i)/15)) }
	for i := range n {
		open, last := price(i), price(i+1)
		s.Append(market.Bar{
			Time: begin.Add(time.Duration(i) * time.Hour).UnixNano(),
			Open: open, High: max(open, last), Low: min(open, last), Close: last, Volume: unit,
		})
	}
	return s
}

// fixture is a service behind its routes.
type fixture struct {
	http.Handler

	store   *library.MemoryStore
	service *library.Service
}

func newFixture(t *testing.T, c strategyhttp.Config) *fixture {
	t.Helper()
	name := i18n.MustText("en", "Dip buyer")
	name, err := name.WithTranslation("de", "Dip-Käufer", i18n.Human)
	if err != nil {
		t.Fatal(err)
	}
	f := &fixture{store: &library.MemoryStore{}}
	f.service, err = library.NewService(f.store, candles{waves(500)}, library.ServiceConfig{
		MaxStrategies: 5, MaxVersions: 3,
		Templates: []library.Template{{ID: "dip", Document: []byte(dip(30)), Name: name, Text: i18n.MustText("en", "Buys dips.")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.Handler = strategyhttp.Handler(f.service, c)
	return f
}

const (
	anna tradekeel.UserID = "usr_anna"
	berg tradekeel.UserID = "usr_berg"
)

const api = "/api/v1/library/strategies"

// dip is a document that buys where the RSI comes back above a level.
func dip(oversold int) string {
	raw, err := json.Marshal(oversold)
	if err != nil {
		panic(err)
	}
	return `{"name":"Dip","version":1,"timeframe":"1h","params":{"slow":{"default":20,"min":10,"max":100}},` +
		`"let":{"trend":{"ema":["close","$slow"]},"rsi":{"rsi":["close",14]},"day":{"on":["4h",{"ema":["close",3]}]}},` +
		`"enter":{"long":{"all":[{"gt":["close","day"]},{"crosses_above":["rsi",` + string(raw) + `]}]}},` +
		`"exit":{"long":{"gt":["rsi",70]}},"size":{"percent_of_equity":20},"stop":{"percent":5}}`
}

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

// create makes a strategy of anna's.
func (f *fixture) create(t *testing.T, document string) strategyhttp.Strategy {
	t.Helper()
	return get[strategyhttp.Strategy](t, f.as(anna, http.MethodPost, api, `{"document":`+document+`,"note":"first"}`), http.StatusCreated)
}

// use marks a version of anna's as used.
func (f *fixture) use(t *testing.T, id string, version int) {
	t.Helper()
	if _, _, err := f.service.Use(t.Context(), tradekeel.Actor{User: anna}, library.ID(id), version); err != nil {
		t.Fatal(err)
	}
}

// saving is the body of a save.
func saving(base strategyhttp.Latest, document string) string {
	raw, err := json.Marshal(base)
	if err != nil {
		panic(err)
	}
	return `{"base":` + string(raw) + `,"document":` + document + `,"note":"again"}`
}
