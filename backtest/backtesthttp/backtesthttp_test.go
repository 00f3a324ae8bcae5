package backtesthttp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/internal/httpx"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

var update = flag.Bool("update", false, "write testdata anew")

// The OpenAPI document is reviewed as a file: a change of the API shows in it.
func TestDocument(t *testing.T) {
	const path = "testdata/openapi.json"
	got := newFixture(t, backtesthttp.Config{}).as("", http.MethodGet, "/api/v1/openapi.json", "").Body.Bytes()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is not what the code gives: look at it and run go test with -update", path)
	}
}

// Every route says what it may fail with, as problems.
func TestDocumentNamesErrors(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"` //nolint:tagliatelle // OpenAPI's
			Responses   map[string]struct {
				Content map[string]any `json:"content"`
			} `json:"responses"`
		} `json:"paths"`
	}
	raw := newFixture(t, backtesthttp.Config{}).as("", http.MethodGet, "/api/v1/openapi.json", "").Body.Bytes()
	if err := json.Unmarshal(raw, &doc); err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"create-backtest":      {"201", "400", "401", "403", "408", "409", "413", "415", "422", "429", "500", "503"},
		"list-backtests":       {"200", "401", "403", "408", "422", "500", "503"},
		"get-backtest":         {"200", "401", "403", "404", "408", "422", "500", "503"},
		"delete-backtest":      {"204", "401", "403", "404", "408", "422", "500", "503"},
		"cancel-backtest":      {"200", "401", "403", "404", "408", "409", "422", "500", "503"},
		"get-backtest-report":  {"200", "401", "403", "404", "408", "409", "422", "500", "503"},
		"explain-backtest":     {"200", "401", "403", "404", "408", "409", "422", "500", "503"},
		"list-backtest-trades": {"200", "401", "403", "404", "408", "409", "422", "500", "503"},
		"follow-backtest":      {"200", "401", "403", "404", "408", "422", "429", "500", "503"},
		"list-strategies":      {"200", "401", "403", "408", "422", "500", "503"},
		"list-candles":         {"200", "401", "403", "408", "422", "500", "503"},
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			var statuses []string
			for status, r := range op.Responses {
				statuses = append(statuses, status)
				if _, problem := r.Content[httpx.ProblemType]; status >= "400" && !problem {
					t.Errorf("%s %s: %s is no problem", method, path, status)
				}
			}
			slices.Sort(statuses)
			if !slices.Equal(statuses, want[op.OperationID]) {
				t.Errorf("%s answers %v, want %v", op.OperationID, statuses, want[op.OperationID])
			}
			delete(want, op.OperationID)
		}
	}
	for id := range want {
		t.Errorf("%s is not there", id)
	}
}

// What is wrong is told with its place, and nothing of it is stored.
func TestCreateRefuses(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	with := func(pairs ...string) string {
		body := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(good), &body); err != nil {
			t.Fatal(err)
		}
		for i := 0; i < len(pairs); i += 2 {
			body[pairs[i]] = json.RawMessage(pairs[i+1])
		}
		raw, err := json.Marshal(body)
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	cash := func(value string) string { return `{"value":"` + value + `","currency":"USDT"}` }
	for _, c := range []struct {
		name, body string
		status     int
		places     []string // where the faults are
		codes      []string
		says       string
	}{
		{"unknown strategy", with("strategy", `"smacros"`), 422, []string{"body.strategy"}, []string{"strategy.unknown"}, `there is no strategy \"smacros\"`},
		{"unknown parameter", with("params", `{"fst":5}`), 422, []string{"body.params.fst"}, []string{"invalid"}, `did you mean \"fast\"?`},
		{"parameter out of range", with("params", `{"fast":0}`), 422, []string{"body.params.fast"}, []string{"invalid"}, "between 1 and 10000"},
		{"parameters against each other", with("params", `{"fast":30,"slow":20}`), 422, []string{"body.params.fast"}, []string{"invalid"}, "must be below slow"},
		{"parameters no object", with("params", `[1]`), 422, []string{"body.params"}, []string{"http.wrong_type"}, "expected object"},
		{"cash below zero", with("cash", cash("-1")), 422, []string{"body.cash"}, []string{"invalid"}, "must be above zero"},
		{"cash zero", with("cash", cash("0")), 422, []string{"body.cash"}, []string{"invalid"}, "must be above zero"},
		{"cash no number", with("cash", cash("ten")), 422, []string{"body.cash.value"}, []string{"invalid"}, "must be a decimal number"},
		{"cash as a number", with("cash", `{"value":1,"currency":"USDT"}`), 422, []string{"body.cash.value"}, []string{"http.wrong_type"}, "expected string"},
		{"cash with a hostile exponent", with("cash", cash("1e999999999")), 422, []string{"body.cash.value"}, []string{"invalid"}, "must"},
		{"cash too long", with("cash", cash(strings.Repeat("9", 101))), 422, []string{"body.cash.value"}, []string{"http.out_of_range"}, "expected length"},
		{"cash in another currency", with("cash", `{"value":"1","currency":"EUR"}`), 422, []string{"body.cash"}, []string{"invalid"}, "is in EUR"},
		{"fee of all", with("fee_rate", `"1"`), 422, []string{"body.fee_rate"}, []string{"invalid"}, "fraction below 1"},
		{"fee below zero", with("fee_rate", `"-0.001"`), 422, []string{"body.fee_rate"}, []string{"invalid"}, "must not be negative"},
		{"no such candles", with("data", `"kraken:BTC/USDT:1h"`), 422, []string{"body.data"}, []string{"invalid"}, "there are no candles kraken:BTC/USDT:1h"},
		{"data no key", with("data", `"BTCUSDT"`), 422, []string{"body.data"}, []string{"invalid"}, "must look like binance:BTC/USDT:1h"},
		{"data out of the folder", with("data", `"../../etc:BTC/USDT:1h"`), 422, []string{"body.data"}, []string{"invalid"}, "two different currencies"},
		{"range the wrong way", with("from", `"2024-01-05T00:00:00Z"`, "to", `"2024-01-02T00:00:00Z"`), 422, []string{"body.to"}, []string{"invalid"}, "must be after from"},
		{"range without bars", with("from", `"2030-01-01T00:00:00Z"`), 422, []string{"body.data"}, []string{"backtest.no_data"}, "has no bars in the range"},
		{"time no time", with("from", `"yesterday"`), 422, []string{"body.from"}, []string{"http.wrong_type"}, "RFC 3339"},
		{"gaps", with("data", `"gappy:BTC/USDT:1h"`), 422, []string{"body.data"}, []string{"backtest.gaps"}, "1 are missing in 1 gaps"},
		{"unknown field", with("accept_gap", `true`), 422, []string{"body.accept_gap"}, []string{"http.unknown_field"}, "there is no such field"},
		{"unknown field inside", with("cash", `{"value":"1","currency":"USDT","x":1}`), 422, []string{"body.cash.x"}, []string{"http.unknown_field"}, "there is no such field"},
		{"nothing", `{}`, 422, []string{"body.strategy", "body.data", "body.cash"}, []string{"http.missing_field", "http.missing_field", "http.missing_field"}, "is missing"},
		{"several at once", with("strategy", `"x"`, "cash", cash("-1"), "fee_rate", `"2"`), 422, []string{"body.strategy", "body.cash", "body.fee_rate"}, []string{"strategy.unknown", "invalid", "invalid"}, "fraction below 1"},
		{"not JSON", `{"strategy":`, 400, []string{"body"}, []string{"http.malformed"}, "is not JSON"},
		{"too large", strings.Repeat(" ", httpx.DefaultMaxBody) + good, 413, nil, nil, "larger than this server takes"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := f.as(anna, http.MethodPost, "/api/v1/backtests", c.body)
			p := get[httpx.Problem](t, w, c.status)
			if w.Header().Get("Content-Type") != httpx.ProblemType {
				t.Errorf("the type is %s", w.Header().Get("Content-Type"))
			}
			var places, codes []string
			for _, fault := range p.Errors {
				places, codes = append(places, fault.Location), append(codes, fault.Code)
			}
			slices.Sort(places)
			slices.Sort(c.places)
			slices.Sort(codes)
			slices.Sort(c.codes)
			if !slices.Equal(places, c.places) || !slices.Equal(codes, c.codes) {
				t.Errorf("got %v at %v, want %v at %v: %s", codes, places, c.codes, c.places, w.Body)
			}
			if len(c.codes) == 1 && p.Code != c.codes[0] {
				t.Errorf("the code is %s, want %s", p.Code, c.codes[0])
			}
			if !strings.Contains(w.Body.String(), c.says) {
				t.Errorf("it does not say %q: %s", c.says, w.Body)
			}
		})
	}
	if n := f.stored(t); n != 0 {
		t.Errorf("%d were stored", n)
	}
}

// A client that gives up before the answer leaves nothing behind.
func TestCreateCanceled(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	ctx, cancel := context.WithCancel(tradekeel.WithActor(t.Context(), tradekeel.Actor{User: anna}))
	cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/api/v1/backtests", strings.NewReader(good))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	f.ServeHTTP(w, r)
	if p := get[httpx.Problem](t, w, http.StatusRequestTimeout); p.Code != httpx.CodeCanceled {
		t.Errorf("the code is %s", p.Code)
	}
	if n := f.stored(t); n != 0 {
		t.Errorf("%d were stored", n)
	}
}

// The life of a backtest: created, read, listed, reported, deleted.
func TestLife(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	w := f.as(anna, http.MethodPost, "/api/v1/backtests", good)
	b := get[backtesthttp.Backtest](t, w, http.StatusCreated)
	place := w.Header().Get("Location")
	if place != "/api/v1/backtests/"+b.ID || b.State != "queued" || b.Cash != (backtesthttp.Amount{Value: "10000", Currency: "USDT"}) ||
		b.FeeRate != "0.001" || b.Data != "binance:BTC/USDT:1h" || string(b.Params) != `{"fast":5,"slow":20}` {
		t.Errorf("created %+v at %s", b, place)
	}
	f.finish(t, b.ID)
	b = get[backtesthttp.Backtest](t, f.as(anna, http.MethodGet, place, ""), http.StatusOK)
	if b.State != "done" || b.Summary == nil || b.Summary.Stats.Trades == 0 || b.Progress != (backtesthttp.Progress{Done: 500, Total: 500}) {
		t.Fatalf("done: %+v", b)
	}
	report := f.as(anna, http.MethodGet, place+"/report", "")
	if report.Code != http.StatusOK || report.Header().Get("Content-Type") != "text/html; charset=utf-8" ||
		!strings.Contains(report.Header().Get("Content-Security-Policy"), "sandbox") || !strings.HasPrefix(strings.ToLower(report.Body.String()), "<!doctype html>") {
		t.Errorf("the report: %d %v", report.Code, report.Header())
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodGet, place+"/explanation?at=2024-01-10T12:00:00Z", ""), http.StatusUnprocessableEntity); !strings.Contains(p.Detail, "does not explain") {
		t.Errorf("a strategy in Go is explained: %+v", p)
	}
	page := get[backtesthttp.BacktestPage](t, f.as(anna, http.MethodGet, "/api/v1/backtests?state=done&strategy=sma_cross&total=true", ""), http.StatusOK)
	if len(page.Items) != 1 || page.Items[0].ID != b.ID || *page.Total != 1 || page.Next != "" {
		t.Errorf("the list: %+v", page)
	}
	for _, none := range []string{"?state=queued", "?strategy=gate"} {
		if page := get[backtesthttp.BacktestPage](t, f.as(anna, http.MethodGet, "/api/v1/backtests"+none, ""), http.StatusOK); len(page.Items) != 0 || page.Total != nil {
			t.Errorf("%s: %+v", none, page)
		}
	}
	if w := f.as(anna, http.MethodDelete, place, ""); w.Code != http.StatusNoContent || w.Body.Len() != 0 {
		t.Errorf("delete: %d %s", w.Code, w.Body)
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodGet, place, ""), http.StatusNotFound); p.Code != "backtest.not_found" {
		t.Errorf("after: %+v", p)
	}
}

// Another user's backtest is not there, by any route; nobody signed in is told so.
func TestS15_Owners(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	b := f.create(t, good)
	f.finish(t, b.ID)
	place := "/api/v1/backtests/" + b.ID
	for _, c := range []struct{ method, path string }{
		{http.MethodGet, place},
		{http.MethodGet, place + "/report"},
		{http.MethodGet, place + "/trades"},
		{http.MethodGet, place + "/explanation?at=2024-01-10T12:00:00Z"},
		{http.MethodGet, place + "/events"},
		{http.MethodPost, place + "/cancel"},
		{http.MethodDelete, place},
	} {
		if p := get[httpx.Problem](t, f.as(berg, c.method, c.path, ""), http.StatusNotFound); p.Code != "backtest.not_found" {
			t.Errorf("%s %s: %+v", c.method, c.path, p)
		}
		if p := get[httpx.Problem](t, f.as("", c.method, c.path, ""), http.StatusUnauthorized); p.Code != "unauthenticated" {
			t.Errorf("%s %s: %+v", c.method, c.path, p)
		}
	}
	for _, path := range []string{"/backtests", "/strategies", "/candles"} {
		get[httpx.Problem](t, f.as("", http.MethodGet, "/api/v1"+path, ""), http.StatusUnauthorized)
	}
	get[httpx.Problem](t, f.as("", http.MethodPost, "/api/v1/backtests", good), http.StatusUnauthorized)
	if page := get[backtesthttp.BacktestPage](t, f.as(berg, http.MethodGet, "/api/v1/backtests", ""), http.StatusOK); len(page.Items) != 0 {
		t.Errorf("berg sees %+v", page.Items)
	}
	if n := f.stored(t); n != 1 {
		t.Errorf("%d are stored", n)
	}
}

// Pages neither skip nor repeat.
func TestPages(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	var want []string
	for range 5 {
		b := f.create(t, good)
		f.finish(t, b.ID)
		want = append([]string{b.ID}, want...)
	}
	var got []string
	for cursor := ""; ; {
		page := get[backtesthttp.BacktestPage](t, f.as(anna, http.MethodGet, "/api/v1/backtests?size=2&cursor="+cursor, ""), http.StatusOK)
		for _, b := range page.Items {
			got = append(got, b.ID)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	var trades []backtesthttp.Trade
	place := "/api/v1/backtests/" + want[0] + "/trades"
	all := get[backtesthttp.TradePage](t, f.as(anna, http.MethodGet, place, ""), http.StatusOK)
	for cursor := ""; ; {
		page := get[backtesthttp.TradePage](t, f.as(anna, http.MethodGet, place+"?size=1&cursor="+cursor, ""), http.StatusOK)
		trades = append(trades, page.Items...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	if len(trades) == 0 || !slices.Equal(trades, all.Items) || all.Total != int64(len(trades)) {
		t.Errorf("got %d trades page by page, %d at once", len(trades), len(all.Items))
	}
	for _, trade := range trades {
		if trade.Side != "long" || trade.Net.Currency != "USDT" || !trade.Exit.After(trade.Entry) {
			t.Errorf("a trade: %+v", trade)
		}
	}
}

// A list refuses what it did not give out, and what it does not know.
func TestListRefuses(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	b := f.create(t, good)
	f.finish(t, b.ID)
	for path, place := range map[string]string{
		"/backtests?cursor=%21%21":                         "query.cursor",
		"/backtests?cursor=" + tradekeel.EncodeCursor("x"): "query.cursor",
		"/backtests?size=0":                                "query.size",
		"/backtests?size=501":                              "query.size",
		"/backtests?size=x":                                "query.size",
		"/backtests?state=asleep":                          "query.state",
		"/backtests?page=2":                                "query.page",
		"/backtests/" + b.ID + "/trades?cursor=x":          "query.cursor",
		"/backtests/" + b.ID + "/trades?cursor=" + tradekeel.EncodeCursor(map[string]int{"i": -1}):      "query.cursor",
		"/backtests/" + b.ID + "/trades?cursor=" + tradekeel.EncodeCursor(map[string]int{"i": 1 << 40}): "query.cursor",
		"/backtests/" + strings.Repeat("a", 101):                                                        "path.id",
	} {
		p := get[httpx.Problem](t, f.as(anna, http.MethodGet, "/api/v1"+path, ""), http.StatusUnprocessableEntity)
		if len(p.Errors) != 1 || p.Errors[0].Location != place {
			t.Errorf("%s: %+v", path, p.Errors)
		}
	}
}

// What runs can be canceled, and has no result; what has ended cannot.
func TestCancel(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	b := f.create(t, strings.Replace(good, `"sma_cross","params":{"fast":5,"slow":20}`, `"gate"`, 1))
	place := "/api/v1/backtests/" + b.ID
	if p := get[httpx.Problem](t, f.as(anna, http.MethodGet, place+"/report", ""), http.StatusConflict); p.Code != "backtest.not_done" {
		t.Errorf("the report: %+v", p)
	}
	got := get[backtesthttp.Backtest](t, f.as(anna, http.MethodPost, place+"/cancel", ""), http.StatusOK)
	if !got.CancelRequested {
		t.Errorf("canceled: %+v", got)
	}
	f.open()
	if b := f.finish(t, b.ID); b.State != backtest.Canceled {
		t.Errorf("it is %s", b.State)
	}
	if p := get[httpx.Problem](t, f.as(anna, http.MethodPost, place+"/cancel", ""), http.StatusConflict); p.Code != "backtest.finished" {
		t.Errorf("again: %+v", p)
	}
}

// One user has so many under way and no more.
func TestLimit(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	gated := strings.Replace(good, `"sma_cross","params":{"fast":5,"slow":20}`, `"gate"`, 1)
	for {
		w := f.as(anna, http.MethodPost, "/api/v1/backtests", gated)
		if w.Code == http.StatusCreated && f.stored(t) < 10 {
			continue
		}
		if p := get[httpx.Problem](t, w, http.StatusTooManyRequests); p.Code != "backtest.limit" {
			t.Errorf("got %+v", p)
		}
		return
	}
}

// events reads a stream to its end.
func events(t *testing.T, resp *http.Response) (names []string, last backtesthttp.Backtest) {
	t.Helper()
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		if name, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
			names = append(names, name)
		}
		if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
			last = backtesthttp.Backtest{}
			if err := json.Unmarshal([]byte(data), &last); err != nil {
				t.Errorf("%v: %s", err, data)
			}
		}
	}
	return names, last
}

// server serves the fixture as anna, over TCP.
func (f *fixture) server(t *testing.T) (url string, client *http.Client) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.ServeHTTP(w, r.WithContext(tradekeel.WithActor(r.Context(), tradekeel.Actor{User: anna})))
	}))
	t.Cleanup(s.Close)
	return s.URL + "/api/v1/backtests/", s.Client()
}

// The events of a backtest end with its final state.
func TestEvents(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	url, client := f.server(t)
	b := f.create(t, strings.Replace(good, `"sma_cross","params":{"fast":5,"slow":20}`, `"gate"`, 1))
	resp, err := client.Get(url + b.ID + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.Header.Get("Content-Type") != "text/event-stream" || resp.Header.Get("X-Accel-Buffering") != "no" {
		t.Errorf("the headers: %v", resp.Header)
	}
	f.open()
	names, last := events(t, resp)
	if n := len(names); n == 0 || names[n-1] != "end" || slices.Contains(names[:n-1], "end") || last.State != "done" || last.ID != b.ID {
		t.Errorf("the events %v end with %+v", names, last)
	}
	again, err := client.Get(url + b.ID + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Body.Close()
	if names, last := events(t, again); !slices.Equal(names, []string{"end"}) || last.State != "done" {
		t.Errorf("of what has ended: %v %+v", names, last)
	}
}

// When the client is gone, its place is free at once.
func TestEventsClientGone(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{MaxStreams: 1})
	url, client := f.server(t)
	b := f.create(t, strings.Replace(good, `"sma_cross","params":{"fast":5,"slow":20}`, `"gate"`, 1))
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+b.ID+"/events", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	follow := func() (status int) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+b.ID+"/events", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		second, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		second.Body.Close()
		return second.StatusCode
	}
	if got := follow(); got != http.StatusTooManyRequests {
		t.Errorf("a second stream: %d, want 429", got)
	}
	leave()
	for deadline := time.Now().Add(5 * time.Second); follow() != http.StatusOK; {
		if time.Now().After(deadline) {
			t.Fatal("the place is not free")
		}
	}
}

// A backtest that is deleted ends its stream.
func TestEventsDeleted(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	url, client := f.server(t)
	b := f.create(t, strings.Replace(good, `"sma_cross","params":{"fast":5,"slow":20}`, `"gate"`, 1))
	resp, err := client.Get(url + b.ID + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if w := f.as(anna, http.MethodDelete, "/api/v1/backtests/"+b.ID, ""); w.Code != http.StatusNoContent {
		t.Fatalf("delete: %d", w.Code)
	}
	if names, _ := events(t, resp); slices.Contains(names, "end") {
		t.Errorf("the events: %v", names)
	}
}

// What may run, and over what.
func TestCatalogue(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	strategies := get[struct {
		Items []struct {
			Name       string
			Parameters []struct {
				Name, Type string
				Default    any
				Min, Max   *float64
				OneOf      []string `json:"one_of"`
			}
		}
	}](t, f.as(anna, http.MethodGet, "/api/v1/strategies", ""), http.StatusOK)
	if len(strategies.Items) != 2 || strategies.Items[1].Name != "sma_cross" {
		t.Fatalf("got %+v", strategies)
	}
	fast := strategies.Items[1].Parameters[0]
	if fast.Name != "fast" || fast.Type != "integer" || fast.Default != 10.0 || *fast.Min != 1 || *fast.Max != 10000 {
		t.Errorf("fast is %+v", fast)
	}
	candles := get[backtesthttp.CandlesList](t, f.as(anna, http.MethodGet, "/api/v1/candles", ""), http.StatusOK)
	if len(candles.Items) != 2 || candles.Items[0] != (backtesthttp.Candles{Key: "binance:BTC/USDT:1h", Venue: "binance", Symbol: "BTC/USDT", Timeframe: "1h"}) {
		t.Errorf("got %+v", candles)
	}
}

// The base path is a setting, and the prefix stays in the request.
func TestBasePath(t *testing.T) {
	for base, path := range map[string]string{"/shop/": "/shop/backtests", "/": "/backtests", "": "/api/v1/backtests"} {
		f := newFixture(t, backtesthttp.Config{BasePath: base})
		w := f.as(anna, http.MethodPost, path, good)
		b := get[backtesthttp.Backtest](t, w, http.StatusCreated)
		if got := w.Header().Get("Location"); got != path+"/"+b.ID {
			t.Errorf("%q: the place is %s", base, got)
		}
		if w := f.as("", http.MethodGet, strings.TrimSuffix(path, "/backtests")+"/openapi.json", ""); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), strconv.Quote(path)) {
			t.Errorf("%q: the document: %d", base, w.Code)
		}
	}
}

// What a run failed of is for its owner to read.
func TestFailed(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	b := f.create(t, good)
	f.finish(t, b.ID)
	_, err := f.store.Update(t.Context(), anna, backtest.ID(b.ID), func(row *backtest.Backtest) error {
		row.State, row.Summary = backtest.Failed, nil
		row.Fault = &backtest.Fault{Code: "backtest.strategy_failed", Field: "strategy", Message: "it panicked"}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	got := get[backtesthttp.Backtest](t, f.as(anna, http.MethodGet, "/api/v1/backtests/"+b.ID, ""), http.StatusOK)
	if got.State != "failed" || got.Fault == nil || *got.Fault != (backtesthttp.Fault{Code: "backtest.strategy_failed", Field: "strategy", Message: "it panicked"}) {
		t.Errorf("got %+v", got)
	}
}

// brokenCandles answer with an error that is not for users.
type brokenCandles struct{ candles }

func (brokenCandles) Keys(context.Context) ([]market.Key, error) {
	return nil, errors.New("open /var/secret: denied")
}

// What is our fault shows nothing of its cause.
func TestInternal(t *testing.T) {
	f := newFixture(t, backtesthttp.Config{})
	service, err := backtest.NewService(f.store, brokenCandles{}, &strategy.Registry{}, backtest.ServiceConfig{})
	if err != nil {
		t.Fatal(err)
	}
	f.Handler = backtesthttp.Handler(service, backtesthttp.Config{})
	w := f.as(anna, http.MethodGet, "/api/v1/candles", "")
	if p := get[httpx.Problem](t, w, http.StatusInternalServerError); p.Code != "internal" || strings.Contains(w.Body.String(), "secret") {
		t.Errorf("got %s", w.Body)
	}
}
