package backtesthttp

import (
	"log/slog"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/httpx"
)

// DefaultBasePath is where the routes are unless Config says otherwise.
const DefaultBasePath = "/api/v1"

// Config is what the routes may be told. The zero value works.
type Config struct {
	// BasePath begins every path; empty is DefaultBasePath, "/" is none. A prefix
	// is not stripped: requests keep the path that the client sent.
	BasePath string
	// MaxStreams is the number of clients that may follow events at a time; 0 is
	// 100. One more is answered 429.
	MaxStreams int
	// MaxBody is the most bytes of a body that Handler takes; 0 is 1 MiB. Register
	// leaves it to the host.
	MaxBody int64
	// Logger gets what is our fault; nil is silent.
	Logger *slog.Logger
}

// ErrStreams says that too many clients follow events.
var ErrStreams = &tradekeel.Error{Kind: tradekeel.Exhausted, Code: "backtest.streams", Message: "too many clients follow events; ask again later"}

// Routes are the routes of one service. Make them with New; they are safe for
// concurrent use.
type Routes struct {
	service *backtest.Service
	config  Config
	streams chan struct{} // a token for each stream under way
}

// New makes the routes of a service.
func New(service *backtest.Service, c Config) *Routes {
	switch c.BasePath {
	case "":
		c.BasePath = DefaultBasePath
	default:
		c.BasePath = strings.TrimRight(c.BasePath, "/")
	}
	if c.MaxStreams <= 0 {
		c.MaxStreams = 100
	}
	return &Routes{service: service, config: c, streams: make(chan struct{}, c.MaxStreams)}
}

// Register adds the routes of a service to an API.
func Register(api huma.API, service *backtest.Service, c Config) { New(service, c).Register(api) }

// Handler serves the routes of a service and, beside them, their OpenAPI document
// at openapi.json. The host's authentication comes before it.
func Handler(service *backtest.Service, c Config) http.Handler {
	routes := New(service, c)
	mux := http.NewServeMux()
	routes.Register(httpx.NewAPI(mux, httpx.APIConfig{
		Title: "Tradekeel backtests", Version: "1", Document: routes.config.BasePath + "/openapi.json",
	}))
	return httpx.Handler(mux, httpx.Options{Logger: c.Logger, MaxBody: c.MaxBody})
}

// Register adds the routes to an API.
func (rt *Routes) Register(api huma.API) {
	api.OpenAPI().Tags = append(api.OpenAPI().Tags,
		&huma.Tag{Name: "Backtests", Description: "Runs of a strategy over stored candles."},
		&huma.Tag{Name: "Catalogue", Description: "What may run, and over what."})
	backtests := []string{"Backtests"}

	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "create-backtest", Method: http.MethodPost, Path: "/backtests", Tags: backtests,
		Summary: "Start a backtest", DefaultStatus: http.StatusCreated,
		Description: "Checks the request whole and queues the run. What is wrong is answered at once, every fault of it, and nothing is stored.",
		RequestBody: &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: exampleCreation()}}},
	}, backtest.ErrLimit, backtest.ErrGaps, backtest.ErrNoData, errUnknownStrategy, errChanged, errArchived), rt.create)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "list-backtests", Method: http.MethodGet, Path: "/backtests", Tags: backtests,
		Summary: "List backtests", Description: "Your own, newest first.",
	}), rt.list)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "get-backtest", Method: http.MethodGet, Path: "/backtests/{id}", Tags: backtests,
		Summary: "Get a backtest",
	}, backtest.ErrNotFound), rt.get)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "delete-backtest", Method: http.MethodDelete, Path: "/backtests/{id}", Tags: backtests,
		Summary: "Delete a backtest", Description: "Removes it and its result; one that runs is stopped.",
		DefaultStatus: http.StatusNoContent,
	}, backtest.ErrNotFound), rt.remove)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "cancel-backtest", Method: http.MethodPost, Path: "/backtests/{id}/cancel", Tags: backtests,
		Summary:     "Cancel a backtest",
		Description: "Stops one that waits or runs. One that runs is canceled within a heartbeat: follow its events, or ask again.",
	}, backtest.ErrNotFound, backtest.ErrFinished), rt.cancel)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "get-backtest-report", Method: http.MethodGet, Path: "/backtests/{id}/report", Tags: backtests,
		Summary: "Get the report", Description: "One HTML page with figures, charts and trades that needs no network.",
		Responses: map[string]*huma.Response{"200": {
			Description: "The report.",
			Content:     map[string]*huma.MediaType{"text/html": {Schema: &huma.Schema{Type: huma.TypeString}}},
		}},
	}, backtest.ErrNotFound, backtest.ErrNotDone, backtest.ErrDataChanged), rt.report)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "list-backtest-trades", Method: http.MethodGet, Path: "/backtests/{id}/trades", Tags: backtests,
		Summary: "List the trades", Description: "The round trips that ended, by their end.",
	}, backtest.ErrNotFound, backtest.ErrNotDone, backtest.ErrDataChanged), rt.trades)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "explain-backtest", Method: http.MethodGet, Path: "/backtests/{id}/explanation", Tags: backtests,
		Summary:     "Explain a decision",
		Description: "Why the backtest traded at a close, or did not, with the position that it had by then. Strategies that are documents explain their decisions.",
	}, backtest.ErrNotFound, backtest.ErrNotDone, backtest.ErrDataChanged), rt.explain)
	rt.registerEvents(api, backtests)

	catalogue := []string{"Catalogue"}
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "list-strategies", Method: http.MethodGet, Path: "/strategies", Tags: catalogue,
		Summary: "List the strategies", Description: "With their parameters, defaults and ranges.",
	}), rt.strategies)
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "list-candles", Method: http.MethodGet, Path: "/candles", Tags: catalogue,
		Summary: "List the candles", Description: "The series that a backtest may run over.",
	}), rt.candles)
}

// route completes an operation: where it is, and what any of them may answer.
func (rt *Routes) route(op huma.Operation, fails ...*tradekeel.Error) httpx.Route {
	op.Path = rt.config.BasePath + op.Path
	fails = append(fails, errSignedOut, errForbidden)
	return httpx.Route{Operation: op, Fails: fails, Logger: rt.config.Logger}
}

var (
	errSignedOut       = &tradekeel.Error{Kind: tradekeel.Unauthenticated, Code: "unauthenticated", Message: "nobody is signed in"}
	errForbidden       = &tradekeel.Error{Kind: tradekeel.Forbidden, Code: "forbidden", Message: "you may not do this"}
	errChanged         = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "strategy.changed", Message: "the strategy was saved meanwhile; send it again"}
	errArchived        = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "strategy.archived", Message: "the strategy is archived: restore it first"}
	errUnknownStrategy = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "strategy.unknown", Message: "there is no such strategy"}
)
