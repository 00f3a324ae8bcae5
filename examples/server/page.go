package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/backtesthttp"
	"github.com/tradekeel/tradekeel/internal/httpx"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
)

//go:embed page
var pageFiles embed.FS

// pagePolicy lets the start page use its own files and call this server.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// latest is the number of backtests that the start page lists.
const latest = 10

// page is the start page.
type page struct {
	service  *backtest.Service
	template *template.Template
	demo     backtest.ID
	curve    curve
}

func newPage(service *backtest.Service, demo backtest.ID) *page {
	functions := template.FuncMap{"api": func() string { return backtesthttp.DefaultBasePath }, "share": share, "short": short}
	return &page{
		service: service, demo: demo,
		template: template.Must(template.New("start.html.tmpl").Funcs(functions).ParseFS(pageFiles, "page/start.html.tmpl")),
	}
}

func (p *page) register(mux *http.ServeMux) {
	mux.HandleFunc("GET /{$}", p.start)
	mux.HandleFunc("POST /{$}", p.create)
	for name, kind := range map[string]string{
		"start.css": "text/css; charset=utf-8", "start.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		mux.HandleFunc("GET /assets/"+name, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.Header().Set("Cache-Control", "no-cache")
			http.ServeFileFS(w, r, pageFiles, "page/"+name)
		})
	}
}

// view is what the template shows.
type view struct {
	Demo       *backtest.Backtest
	Curve      *sparkline
	Backtests  []backtest.Backtest
	More       bool
	Busy       bool // something will change by itself
	Strategies []strategy.Factory
	Strategy   strategy.Factory
	Candles    []market.Key
	Given      map[string]string // the form as it was sent
	Faults     map[string]string // by field of the form
	Fault      string            // of the whole
	Started    string            // the id that was just started
}

func (p *page) start(w http.ResponseWriter, r *http.Request) {
	p.show(w, r, http.StatusOK, view{Given: defaults(), Started: r.URL.Query().Get("started")})
}

func (p *page) show(w http.ResponseWriter, r *http.Request, status int, v view) {
	var out bytes.Buffer
	err := p.fill(r.Context(), &v, r.URL.Query().Get("strategy"))
	if err == nil {
		err = p.template.Execute(&out, v)
	}
	if err != nil {
		httpx.FromError(err, nil).Write(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", pagePolicy)
	w.WriteHeader(status)
	_, _ = w.Write(out.Bytes()) // the client may be gone
}

// fill reads what the page shows.
func (p *page) fill(ctx context.Context, v *view, chosen string) error {
	list, err := p.service.List(ctx, user, backtest.Filter{}, tradekeel.PageRequest{Size: latest})
	if err != nil {
		return err
	}
	v.Backtests, v.More = list.Items, list.Next != ""
	for i := range v.Backtests {
		v.Busy = v.Busy || !v.Backtests[i].State.Final()
	}
	if v.Candles, err = p.service.Candles(ctx); err != nil {
		return err
	}
	v.Strategies = p.service.Strategies()
	for i, s := range v.Strategies {
		if i == 0 || s.Name() == chosen {
			v.Strategy = s
		}
	}
	demo, err := p.service.Get(ctx, user, p.demo)
	if tradekeel.KindOf(err) == tradekeel.NotFound {
		return nil // it was deleted
	}
	if err != nil {
		return err
	}
	v.Demo = &demo
	v.Busy = v.Busy || !demo.State.Final()
	if demo.State == backtest.Done {
		// Without its candles there is no curve; the figures are there all the same.
		if v.Curve, err = p.curve.of(ctx, p.service, p.demo); tradekeel.KindOf(err) == tradekeel.Conflict {
			return nil
		}
	}
	return err
}

// defaults are what the form begins with.
func defaults() map[string]string {
	return map[string]string{"cash": "10000", "fee": "0.1", "gaps": "on"}
}

// maxForm bounds the form; its largest parts are the numbers of parameters.
const maxForm = 64 << 10

// create starts what the form asks for.
func (p *page) create(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		httpx.NewProblem(http.StatusBadRequest, httpx.CodeMalformed, "the form cannot be read").Write(w, r)
		return
	}
	v := view{Given: map[string]string{}, Faults: map[string]string{}}
	for name := range r.PostForm {
		v.Given[name] = r.PostForm.Get(name)
	}
	spec := p.spec(&v)
	if len(v.Faults) == 0 {
		b, err := p.service.Create(r.Context(), user, spec)
		if err == nil {
			http.Redirect(w, r, "/?started="+string(b.ID)+"#backtests", http.StatusSeeOther)
			return
		}
		if tradekeel.KindOf(err) == tradekeel.Internal {
			httpx.FromError(err, nil).Write(w, r)
			return
		}
		v.take(err)
	}
	query := r.URL.Query()
	query.Set("strategy", v.Given["strategy"])
	r.URL.RawQuery = query.Encode()
	p.show(w, r, http.StatusUnprocessableEntity, v)
}

// take puts each fault at its field.
func (v *view) take(err error) {
	faults := tradekeel.Violations(err)
	if len(faults) == 0 {
		v.Fault = tradekeel.UserMessage(err)
	}
	for _, f := range faults {
		field := strings.TrimPrefix(f.Field, "params.")
		switch {
		case field != f.Field:
			field = "param_" + field
		case strings.HasPrefix(field, "fees."):
			field = "fee"
		}
		if field == "" {
			v.Fault = f.Message
			continue
		}
		v.Faults[field] = f.Message
	}
}

// spec reads the form. What has no right form is a fault at its field; the rest
// is the service's to judge.
func (p *page) spec(v *view) backtest.Spec {
	spec := backtest.Spec{Strategy: v.Given["strategy"], AcceptGaps: v.Given["gaps"] != ""}
	fault := func(field string, err error) {
		if err != nil {
			v.Faults[field] = tradekeel.UserMessage(&tradekeel.Error{Kind: tradekeel.Invalid, Message: messageOf(err)})
		}
	}
	var err error
	spec.Data, err = market.ParseKey(v.Given["data"])
	fault("data", err)
	_, quote, _ := strings.Cut(spec.Data.Symbol, "/")
	value, err := money.ParseDecimal(strings.TrimSpace(v.Given["cash"]))
	fault("cash", err)
	spec.Cash = money.New(value, money.Currency(quote))
	percent, err := money.ParseDecimal(strings.TrimSpace(v.Given["fee"]))
	fault("fee", err)
	spec.FeeRate = percent.Div(decimal.NewFromInt(100))
	spec.From, err = day(v.Given["from"])
	fault("from", err)
	spec.To, err = day(v.Given["to"])
	fault("to", err)
	spec.Params = p.params(v)
	return spec
}

// params reads the parameters of the chosen strategy, each by its type.
func (p *page) params(v *view) json.RawMessage {
	values := map[string]any{}
	for _, s := range p.service.Strategies() {
		if s.Name() != v.Given["strategy"] {
			continue
		}
		for _, param := range s.Parameters() {
			text, given := v.Given["param_"+param.Name]
			switch {
			case param.Type == "boolean":
				values[param.Name] = given
			case strings.TrimSpace(text) == "":
			case param.Type == "string":
				values[param.Name] = text
			case json.Valid([]byte(text)):
				values[param.Name] = json.RawMessage(text)
			default:
				values[param.Name] = text // not a number: the service says so
			}
		}
	}
	raw, err := json.Marshal(values)
	if err != nil {
		return nil // cannot be: it is texts, numbers, true and false
	}
	return raw
}

func day(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, tradekeel.Invalidf("", "must be a day such as 2021-01-31")
	}
	return t, nil
}

func messageOf(err error) string {
	for _, f := range tradekeel.Violations(err) {
		return f.Message
	}
	return err.Error()
}
