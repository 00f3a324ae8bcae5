package httpx_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/token"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"text/scanner"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/goleak"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/httpx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type thing struct {
	Name  string `json:"name" minLength:"2"`
	Count int    `json:"count,omitempty" maximum:"9"`
}

type thingInput struct {
	Size int `query:"size" default:"5" maximum:"10"`
	Body thing
}

type thingOutput struct{ Body thing }

// newHandler serves POST /things, whose handler answers what fail returns, and
// pages that misbehave.
func newHandler(t *testing.T, o httpx.Options, fail func(context.Context) error) http.Handler {
	t.Helper()
	mux := http.NewServeMux()
	api := httpx.NewAPI(mux, httpx.APIConfig{Title: "test", Version: "1", Document: "/openapi.json"})
	httpx.Register(api, httpx.Route{
		Operation: huma.Operation{OperationID: "make-thing", Method: http.MethodPost, Path: "/things", DefaultStatus: http.StatusCreated},
		Fails:     []*tradekeel.Error{{Kind: tradekeel.Conflict, Code: "thing.exists", Message: "there is one"}},
		Logger:    o.Logger,
	}, func(ctx context.Context, in *thingInput) (*thingOutput, error) {
		if err := fail(ctx); err != nil {
			return nil, err
		}
		return &thingOutput{in.Body}, nil
	})
	mux.HandleFunc("GET /panic", func(http.ResponseWriter, *http.Request) { panic("the secret of the handler") })
	mux.HandleFunc("GET /late", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("half"))
		panic("too late")
	})
	mux.HandleFunc("POST /raw", func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.ReadAll(r.Body); err != nil {
			httpx.NewProblem(http.StatusRequestEntityTooLarge, httpx.CodeTooLarge, err.Error()).Write(w, r)
		}
	})
	return httpx.Handler(mux, o)
}

func works(context.Context) error { return nil }

// ask sends a request and returns the answer and, if it is one, its problem.
func ask(t *testing.T, h http.Handler, r *http.Request) (*httptest.ResponseRecorder, httpx.Problem) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p httpx.Problem
	if w.Header().Get("Content-Type") == httpx.ProblemType && r.Method != http.MethodHead {
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("the problem is not JSON: %v: %s", err, w.Body)
		}
		if p.Status != w.Code || p.Type != "about:blank" || p.Title != http.StatusText(w.Code) || p.Code == "" {
			t.Errorf("the problem does not fit its status %d: %+v", w.Code, p)
		}
		if p.RequestID == "" || p.RequestID != w.Header().Get("X-Request-ID") {
			t.Errorf("the request id is %q in the body and %q in the header", p.RequestID, w.Header().Get("X-Request-ID"))
		}
	} else if w.Code >= http.StatusBadRequest && r.Method != http.MethodHead {
		t.Errorf("%d is not a problem but %q: %s", w.Code, w.Header().Get("Content-Type"), w.Body)
	}
	return w, p
}

func post(path, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// Each kind of error has its status, and an internal one shows nothing.
func TestKinds(t *testing.T) {
	t.Parallel()
	const secret = "password=hunter2"
	for _, c := range []struct {
		err    error
		status int
		code   string
	}{
		{tradekeel.ErrInvalid, 422, "invalid"},
		{&tradekeel.Error{Kind: tradekeel.NotFound, Code: "thing.none", Message: "none", Cause: errors.New(secret)}, 404, "thing.none"},
		{tradekeel.ErrConflict, 409, "conflict"},
		{tradekeel.ErrForbidden, 403, "forbidden"},
		{tradekeel.ErrUnauthenticated, 401, "unauthenticated"},
		{tradekeel.ErrExhausted, 429, "exhausted"},
		{tradekeel.ErrUnavailable, 503, "unavailable"},
		{tradekeel.ErrCanceled, 408, "canceled"},
		{context.Canceled, 408, "http.canceled"},
		{context.DeadlineExceeded, 503, "http.timeout"},
		{tradekeel.ErrUnsupported, 422, "unsupported"},
		{errors.New(secret), 500, "internal"},
		{fmt.Errorf("wrapped: %w", &tradekeel.Error{Message: secret}), 500, "internal"},
	} {
		t.Run(c.code, func(t *testing.T) {
			t.Parallel()
			var log bytes.Buffer
			h := newHandler(t, httpx.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))}, func(context.Context) error { return c.err })
			w, p := ask(t, h, post("/things", `{"name":"abc"}`))
			if w.Code != c.status || p.Code != c.code {
				t.Errorf("got %d %s, want %d %s", w.Code, p.Code, c.status, c.code)
			}
			if strings.Contains(w.Body.String(), "hunter2") {
				t.Errorf("the answer shows what is inside: %s", w.Body)
			}
			if logged := strings.Contains(log.String(), "hunter2"); logged != (c.status == 500) {
				t.Errorf("logged: %v: %s", logged, &log)
			}
		})
	}
}

// All faults of an input are told at once, each in its part of the request.
func TestViolations(t *testing.T) {
	t.Parallel()
	err := errors.Join(tradekeel.Invalidf("size", "is odd"), (&tradekeel.Error{Kind: tradekeel.Invalid, Code: "thing.name"}).With("name", "is taken"))
	_, p := ask(t, newHandler(t, httpx.Options{}, func(context.Context) error { return err }), post("/things", `{"name":"abc"}`))
	want := []httpx.Fault{{Location: "query.size", Message: "is odd", Code: "invalid"}, {Location: "body.name", Message: "is taken", Code: "thing.name"}}
	if p.Code != "invalid" || !reflect.DeepEqual(p.Errors, want) || p.Detail != "query.size: is odd\nbody.name: is taken" {
		t.Errorf("got %+v", p)
	}
}

// What is wrong with the request itself is a problem with a code, too.
func TestS34_Requests(t *testing.T) {
	t.Parallel()
	const limit = 1000
	h := newHandler(t, httpx.Options{MaxBody: limit}, works)
	chunked := func(path string, n int) *http.Request {
		r := post(path, "")
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(strings.Repeat(" ", n))), -1
		return r
	}
	typed := func(kind string) *http.Request {
		r := post("/things", `{"name":"abc"}`)
		r.Header.Set("Content-Type", kind)
		return r
	}
	from := func(site string) *http.Request {
		r := post("/things", `{"name":"abc"}`)
		r.Header.Set("Sec-Fetch-Site", site)
		return r
	}
	broken := post("/things", "")
	broken.Body, broken.ContentLength = io.NopCloser(io.MultiReader(strings.NewReader("{"), failing{})), -1
	for _, c := range []struct {
		name     string
		request  *http.Request
		status   int
		code     string
		location string
	}{
		{"good", post("/things?size=3", `{"name":"abc","count":9}`), 201, "", ""},
		{"no route", httptest.NewRequest(http.MethodGet, "/nothing", http.NoBody), 404, "http.not_found", ""},
		{"method", httptest.NewRequest(http.MethodPut, "/things", http.NoBody), 405, "http.method_not_allowed", ""},
		{"not JSON", post("/things", `{"name":`), 400, "http.malformed", "body"},
		{"no body", post("/things", ``), 400, "http.malformed", ""},
		{"two documents", post("/things", `{"name":"abc"} {}`), 400, "http.malformed", "body"},
		{"unknown field", post("/things", `{"name":"abc","nome":1}`), 422, "http.unknown_field", "body.nome"},
		{"field twice", post("/things", `{"name":"abc","count":1,"count":2}`), 400, "http.malformed", "body"},
		{"field twice but for capitals", post("/things", `{"name":"abc","count":1,"Count":99}`), 400, "http.malformed", "body"},
		{"missing field", post("/things", `{}`), 422, "http.missing_field", "body.name"},
		{"type of a field", post("/things", `{"name":1}`), 422, "http.wrong_type", "body.name"},
		{"range of a field", post("/things", `{"name":"abc","count":10}`), 422, "http.out_of_range", "body.count"},
		{"unknown parameter", post("/things?sice=1", `{"name":"abc"}`), 422, "http.unknown_field", "query.sice"},
		{"type of a parameter", post("/things?size=x", `{"name":"abc"}`), 422, "http.wrong_type", "query.size"},
		{"media type", typed("text/plain"), 415, "http.media_type", ""},
		{"declared too large", post("/things", strings.Repeat(" ", limit+1)), 413, "http.body_too_large", ""},
		{"found too large", chunked("/things", limit+1), 413, "http.body_too_large", ""},
		{"found too large without the API", chunked("/raw", limit+1), 413, "http.body_too_large", ""},
		{"broken off", broken, 400, "http.malformed", ""},
		{"from another site", from("cross-site"), 403, "http.cross_origin", ""},
		{"from this site", from("same-origin"), 201, "", ""},
		{"panic", httptest.NewRequest(http.MethodGet, "/panic", http.NoBody), 500, "internal", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w, p := ask(t, h, c.request)
			if w.Code != c.status || p.Code != c.code {
				t.Fatalf("got %d %q, want %d %q: %s", w.Code, p.Code, c.status, c.code, w.Body)
			}
			if c.location != "" && (len(p.Errors) != 1 || p.Errors[0].Location != c.location || p.Errors[0].Code != c.code) {
				t.Errorf("got %+v, want %s at %s", p.Errors, c.code, c.location)
			}
			if c.status == 405 && w.Header().Get("Allow") != "POST" {
				t.Errorf("Allow is %q", w.Header().Get("Allow"))
			}
			if strings.Contains(w.Body.String(), "secret") {
				t.Errorf("the answer shows what is inside: %s", w.Body)
			}
			for name, want := range map[string]string{"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"} {
				if got := w.Header().Get(name); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if !strings.Contains(w.Header().Get("Content-Security-Policy"), "default-src 'none'") {
				t.Error("there is no policy for content")
			}
		})
	}
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// A panic after the answer has begun breaks the connection: half an answer must
// not look whole.
func TestLatePanic(t *testing.T) {
	t.Parallel()
	h := newHandler(t, httpx.Options{}, works)
	defer func() {
		if err, ok := recover().(error); !ok || !errors.Is(err, http.ErrAbortHandler) {
			t.Errorf("got %v, want http.ErrAbortHandler", err)
		}
	}()
	h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/late", http.NoBody))
}

// The id of a proxy is kept when it is a plain word, so that it cannot forge
// lines of the log.
func TestRequestID(t *testing.T) {
	t.Parallel()
	h := newHandler(t, httpx.Options{}, works)
	for given, kept := range map[string]bool{"abc-123_X": true, "": false, "a b": false, "a\nb": false, strings.Repeat("a", 65): false} {
		r := httptest.NewRequest(http.MethodGet, "/nothing", http.NoBody)
		r.Header.Set("X-Request-ID", given)
		w, _ := ask(t, h, r)
		if got := w.Header().Get("X-Request-ID"); got == "" || (got == given) != kept {
			t.Errorf("%q became %q", given, got)
		}
	}
}

// A server that names its hosts refuses others: the defence of one without
// sign-in against a foreign name that was pointed at it.
func TestS34_Hosts(t *testing.T) {
	t.Parallel()
	h := newHandler(t, httpx.Options{Hosts: []string{"localhost", "::1"}}, works)
	for host, want := range map[string]int{"localhost": 201, "localhost:80": 201, "LOCALHOST:1": 201, "[::1]:80": 201, "[::1]": 201, "evil.example": 421, "": 421} {
		r := post("/things", `{"name":"abc"}`)
		r.Host = host
		if w, _ := ask(t, h, r); w.Code != want {
			t.Errorf("%q: got %d, want %d", host, w.Code, want)
		}
	}
}

// Two servers in one process count apart, by route and not by path.
func TestMetrics(t *testing.T) {
	t.Parallel()
	one, other := httpx.NewMetrics(), httpx.NewMetrics()
	h := newHandler(t, httpx.Options{Metrics: one}, works)
	newHandler(t, httpx.Options{Metrics: other}, works)
	ask(t, h, post("/things?size=1", `{"name":"abc"}`))
	ask(t, h, httptest.NewRequest("BREW", "/some/path", http.NoBody))
	w := httptest.NewRecorder()
	one.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for _, line := range []string{
		`tradekeel_http_requests_total{method="POST",route="POST /things",status="201"} 1`,
		`tradekeel_http_requests_total{method="other",route="none",status="404"} 1`,
		`tradekeel_http_requests_in_flight 0`,
	} {
		if !strings.Contains(w.Body.String(), line) {
			t.Errorf("there is no line %s", line)
		}
	}
	w = httptest.NewRecorder()
	other.Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	if strings.Contains(w.Body.String(), "requests_total{") {
		t.Error("the other server counted them, too")
	}
}

// Two packages may have a type of one name, and the document names both.
func TestSchemaNames(t *testing.T) {
	t.Parallel()
	for name, typ := range map[string]reflect.Type{
		"TokenPosition":   reflect.TypeFor[token.Position](),
		"ScannerPosition": reflect.TypeFor[*scanner.Position](),
		"Problem":         reflect.TypeFor[httpx.Problem](),
		"HttpxThing":      reflect.TypeFor[thing](),
	} {
		if got := httpx.SchemaName(typ, ""); got != name {
			t.Errorf("%v is %s, want %s", typ, got, name)
		}
	}
	mux := http.NewServeMux()
	api := httpx.NewAPI(mux, httpx.APIConfig{Title: "test", Version: "1"})
	httpx.Register(api, httpx.Route{Operation: huma.Operation{OperationID: "a", Method: http.MethodGet, Path: "/a"}},
		func(context.Context, *struct{}) (*struct{ Body token.Position }, error) {
			return nil, tradekeel.ErrNotFound
		})
	httpx.Register(api, httpx.Route{Operation: huma.Operation{OperationID: "b", Method: http.MethodGet, Path: "/b"}},
		func(context.Context, *struct{}) (*struct{ Body scanner.Position }, error) {
			return nil, tradekeel.ErrNotFound
		})
	first, err := httpx.Document(api)
	if err != nil {
		t.Fatal(err)
	}
	if again, _ := httpx.Document(api); !bytes.Equal(first, again) {
		t.Error("the document is not the same twice")
	}
	for _, want := range []string{`"TokenPosition"`, `"ScannerPosition"`, `"openapi": "3.1.0"`} {
		if !bytes.Contains(first, []byte(want)) {
			t.Errorf("there is no %s", want)
		}
	}
	if bytes.Contains(first, []byte("ErrorModel")) {
		t.Error("the library's own model of errors is in the document")
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	var broken error
	mux := http.NewServeMux()
	httpx.Health(mux, nil, httpx.Check{Name: "database", Ready: func(context.Context) error { return broken }})
	h := httpx.Handler(mux, httpx.Options{})
	for _, path := range []string{"/healthz", "/readyz"} {
		if w, _ := ask(t, h, httptest.NewRequest(http.MethodGet, path, http.NoBody)); w.Code != http.StatusOK {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
	broken = errors.New("password=hunter2")
	w, p := ask(t, h, httptest.NewRequest(http.MethodGet, "/readyz", http.NoBody))
	if w.Code != http.StatusServiceUnavailable || p.Code != "http.not_ready" || strings.Contains(w.Body.String(), "hunter2") ||
		len(p.Errors) != 1 || p.Errors[0].Location != "database" {
		t.Errorf("got %d %s", w.Code, w.Body)
	}
}

// serve runs a handler until the returned function is called, which returns what
// Serve returned.
func serve(t *testing.T, h http.Handler, o httpx.ServeOptions) (base string, stop func() error) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- httpx.Serve(ctx, l, h, o) }()
	return "http://" + l.Addr().String(), func() error {
		cancel()
		return <-done
	}
}

// streaming counts up every so often until its context ends.
func streaming(every time.Duration, ended chan<- struct{}) http.Handler {
	mux := http.NewServeMux()
	api := httpx.NewAPI(mux, httpx.APIConfig{Title: "test", Version: "1"})
	httpx.Register(api, httpx.Route{Operation: huma.Operation{OperationID: "count", Method: http.MethodGet, Path: "/count"}},
		func(context.Context, *struct{}) (*huma.StreamResponse, error) {
			return &huma.StreamResponse{Body: func(hc huma.Context) {
				httpx.Stream(hc, func(ctx context.Context, out *httpx.Events) {
					defer func() { ended <- struct{}{} }()
					for i := 0; ctx.Err() == nil; i++ {
						if out.Send("count", i) != nil {
							return
						}
						select {
						case <-ctx.Done():
						case <-time.After(every):
						}
					}
				})
			}}, nil
		})
	return httpx.Handler(mux, httpx.Options{Metrics: httpx.NewMetrics()})
}

// A stream outlives the server's time limits, ends when the server stops, and the
// server stops because it ends.
func TestStreamDrains(t *testing.T) {
	ended := make(chan struct{}, 1)
	base, stop := serve(t, streaming(100*time.Millisecond, ended), httpx.ServeOptions{Timeout: 200 * time.Millisecond})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	resp, err := client.Get(base + "/count")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
		t.Errorf("the type is %q", got)
	}
	lines := bufio.NewScanner(resp.Body)
	last := ""
	for lines.Scan() && last != "data: 8" { // four times the limit of writing
		if strings.HasPrefix(lines.Text(), "data: ") {
			last = lines.Text()
		}
	}
	if last != "data: 8" {
		t.Fatalf("the stream ended at %q: %v", last, lines.Err())
	}
	if err := stop(); err != nil {
		t.Errorf("the server did not drain: %v", err)
	}
	<-ended
}

// When the client is gone, the stream stops.
func TestStreamClientGone(t *testing.T) {
	ended := make(chan struct{}, 1)
	base, stop := serve(t, streaming(time.Hour, ended), httpx.ServeOptions{})
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithCancel(t.Context())
	r, _ := http.NewRequestWithContext(ctx, http.MethodGet, base+"/count", http.NoBody)
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	resp.Body.Close()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		t.Error("the stream goes on without its client")
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// Requests under way finish; what takes longer than the drain is cut off, and
// Serve says so.
func TestS32_Drain(t *testing.T) {
	for _, c := range []struct {
		name  string
		takes time.Duration
		drain time.Duration
		cut   bool
	}{{"finishes", 200 * time.Millisecond, 10 * time.Second, false}, {"cut off", time.Minute, 50 * time.Millisecond, true}} {
		t.Run(c.name, func(t *testing.T) {
			begun := make(chan struct{})
			mux := http.NewServeMux()
			mux.HandleFunc("GET /slow", func(w http.ResponseWriter, r *http.Request) {
				close(begun)
				select {
				case <-time.After(c.takes):
					w.WriteHeader(http.StatusNoContent)
				case <-r.Context().Done():
				}
			})
			base, stop := serve(t, httpx.Handler(mux, httpx.Options{}), httpx.ServeOptions{Drain: c.drain})
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			answered := make(chan error, 1)
			go func() {
				resp, err := client.Get(base + "/slow")
				if err == nil {
					resp.Body.Close()
				}
				answered <- err
			}()
			<-begun
			if err := stop(); (err != nil) != c.cut {
				t.Errorf("Serve returned %v", err)
			}
			if err := <-answered; (err != nil) != c.cut {
				t.Errorf("the client got %v", err)
			}
		})
	}
}

// A listener that breaks ends Serve with its error.
func TestServeFails(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	if err := httpx.Serve(t.Context(), l, http.NewServeMux(), httpx.ServeOptions{}); err == nil {
		t.Error("a closed listener is no error")
	}
}
