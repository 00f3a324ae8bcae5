package strategyhttp

import (
	"context"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/httpx"
	"github.com/tradekeel/tradekeel/strategy/library"
)

// DefaultBasePath is where the routes are unless Config says otherwise.
const DefaultBasePath = "/api/v1"

// Config is what the routes may be told. The zero value works.
type Config struct {
	// BasePath begins every path; empty is DefaultBasePath, "/" is none. A prefix
	// is not stripped: requests keep the path that the client sent.
	BasePath string
	// MaxBody is the most bytes of a body that Handler takes; 0 is 1 MiB. Register
	// leaves it to the host.
	MaxBody int64
	// Logger gets what is our fault; nil is silent.
	Logger *slog.Logger
}

// Routes are the routes of one service. Make them with New; they are safe for
// concurrent use.
type Routes struct {
	service *library.Service
	config  Config
	schema  schema
}

// New makes the routes of a service.
func New(service *library.Service, c Config) *Routes {
	switch c.BasePath {
	case "":
		c.BasePath = DefaultBasePath
	default:
		c.BasePath = strings.TrimRight(c.BasePath, "/")
	}
	return &Routes{service: service, config: c, schema: newSchema()}
}

// Register adds the routes of a service to an API.
func Register(api huma.API, service *library.Service, c Config) { New(service, c).Register(api) }

// Handler serves the routes of a service and, beside them, their OpenAPI document
// at openapi.json. The host's authentication comes before it.
func Handler(service *library.Service, c Config) http.Handler {
	routes := New(service, c)
	mux := http.NewServeMux()
	routes.Register(httpx.NewAPI(mux, httpx.APIConfig{
		Title: "Tradekeel strategies", Version: "1", Document: routes.config.BasePath + "/openapi.json",
	}))
	return httpx.Handler(mux, httpx.Options{Logger: c.Logger, MaxBody: c.MaxBody})
}

const (
	tagLibrary   = "Library"
	tagTemplates = "Templates"
)

// Register adds the routes to an API.
func (rt *Routes) Register(api huma.API) {
	api.OpenAPI().Tags = append(api.OpenAPI().Tags,
		&huma.Tag{Name: tagLibrary, Description: "Your own strategies, as documents in versions."},
		&huma.Tag{Name: tagTemplates, Description: "Strategies to begin with."})
	rt.registerStrategies(api)
	rt.registerVersions(api)
	rt.registerDiff(api)
	rt.registerTemplates(api)
	rt.registerSchema(api)
}

func (rt *Routes) registerStrategies(api huma.API) {
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "validate-strategy", Method: http.MethodPost, Path: "/library/validate", Tags: []string{tagLibrary},
			Summary: "Check a document", Description: "Reads it as a save would and stores nothing. Every fault is answered with its path.",
		}, request: Validating{exampleDocument()}, answer: exampleValidation(),
		fails: []*tradekeel.Error{errDocument},
	}, rt.validate)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "create-strategy", Method: http.MethodPost, Path: "/library/strategies", Tags: []string{tagLibrary},
			Summary: "Create a strategy", DefaultStatus: http.StatusCreated, Description: "The document is its version 1.",
		}, request: Creation{Document: exampleDocument(), Note: "the first idea"}, answer: exampleStrategy(),
		fails: []*tradekeel.Error{errDocument, library.ErrLimit},
	}, rt.create)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "list-library-strategies", Method: http.MethodGet, Path: "/library/strategies", Tags: []string{tagLibrary},
			Summary: "List your strategies", Description: "The last created first. Archived ones are a list of their own.",
		}, answer: Page[Strategy]{Items: []Strategy{exampleStrategy()}},
	}, rt.list)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "get-strategy", Method: http.MethodGet, Path: "/library/strategies/{id}", Tags: []string{tagLibrary},
			Summary: "Get a strategy", Description: "Its latest version tells what a save is based on.",
		}, answer: exampleStrategy(), fails: []*tradekeel.Error{library.ErrNotFound},
	}, rt.get)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "edit-strategy", Method: http.MethodPatch, Path: "/library/strategies/{id}", Tags: []string{tagLibrary},
			Summary: "Rename, describe, archive or restore a strategy", Description: "What is left out stays as it is; so do its versions, and the name in their documents.",
		}, request: Edit{Name: new("Dips, bought")}, answer: exampleStrategy(), fails: []*tradekeel.Error{library.ErrNotFound},
	}, rt.edit)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "delete-strategy", Method: http.MethodDelete, Path: "/library/strategies/{id}", Tags: []string{tagLibrary},
			Summary: "Delete a strategy", Description: "One that was never used is removed. One that was used is archived, since results refer to it.",
		}, answer: Deletion{Archived: true}, fails: []*tradekeel.Error{library.ErrNotFound},
	}, rt.remove)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "clone-strategy", Method: http.MethodPost, Path: "/library/strategies/{id}/clone", Tags: []string{tagLibrary},
			Summary: "Clone a strategy", DefaultStatus: http.StatusCreated, Description: "A version of it becomes version 1 of a new strategy.",
		}, request: Cloning{Name: "Dips, on the hour"}, answer: exampleStrategy(),
		fails: []*tradekeel.Error{library.ErrNotFound, library.ErrNoVersion, library.ErrLimit, library.ErrUnreadable},
	}, rt.clone)
}

func (rt *Routes) registerVersions(api huma.API) {
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "save-strategy-version", Method: http.MethodPost, Path: "/library/strategies/{id}/versions", Tags: []string{tagLibrary},
			Summary: "Save a document",
			Description: "Makes the next version, or takes the place of the latest while that was never used; a document that equals the latest changes nothing. " +
				"`base` is the latest version as you read it: when another save came between, the answer is 409.",
		}, request: Saving{Base: Latest{1, exampleHash}, Document: exampleDocument(), Note: "buys later"}, answer: exampleVersion(),
		fails: []*tradekeel.Error{library.ErrNotFound, errDocument, library.ErrChanged, library.ErrArchived, library.ErrVersionLimit},
	}, rt.save)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "list-strategy-versions", Method: http.MethodGet, Path: "/library/strategies/{id}/versions", Tags: []string{tagLibrary},
			Summary: "List the versions", Description: "The latest first, without their documents.",
		}, answer: Page[Version]{Items: []Version{{Version: 1, Hash: exampleHash, Note: "the first idea", Created: exampleTime}}},
		fails: []*tradekeel.Error{library.ErrNotFound},
	}, rt.versions)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "get-strategy-version", Method: http.MethodGet, Path: "/library/strategies/{id}/versions/{version}", Tags: []string{tagLibrary},
			Summary: "Get a version", Description: "With its document, in canonical form.",
		}, answer: exampleVersion(), fails: []*tradekeel.Error{library.ErrNotFound, library.ErrNoVersion},
	}, rt.version)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "explain-strategy-version", Method: http.MethodPost, Path: "/library/strategies/{id}/versions/{version}/explain", Tags: []string{tagLibrary},
			Summary: "Explain a decision", Description: "What every condition comes to at one close of stored candles, and why the strategy would trade there or not, without a position. Nothing is stored.",
		}, request: Question{Data: "binance:BTC/USDT:1h", At: new(exampleTime)}, answer: exampleExplanation(),
		fails: []*tradekeel.Error{library.ErrNotFound, library.ErrNoVersion, library.ErrUnreadable},
	}, rt.explain)
}

func (rt *Routes) registerTemplates(api huma.API) {
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "list-strategy-templates", Method: http.MethodGet, Path: "/library/templates", Tags: []string{tagTemplates},
			Summary: "List the templates",
		}, answer: TemplateList{Items: []Template{exampleTemplate()}},
	}, rt.templates)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "get-strategy-template", Method: http.MethodGet, Path: "/library/templates/{id}", Tags: []string{tagTemplates},
			Summary: "Get a template", Description: "With its document.",
		}, answer: exampleTemplateDocument(), fails: []*tradekeel.Error{library.ErrNoTemplate},
	}, rt.template)
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "clone-strategy-template", Method: http.MethodPost, Path: "/library/templates/{id}/clone", Tags: []string{tagTemplates},
			Summary: "Begin with a template", DefaultStatus: http.StatusCreated, Description: "Its document becomes version 1 of a new strategy.",
		}, request: TemplateCloning{Lang: []string{"de", "en"}}, answer: exampleStrategy(),
		fails: []*tradekeel.Error{library.ErrNoTemplate, library.ErrLimit},
	}, rt.cloneTemplate)
}

// operation is a route with what it shows in the document.
type operation struct {
	huma.Operation

	request any // an example of the body; nil for none
	answer  any // an example of the answer
	fails   []*tradekeel.Error
	public  bool // needs nobody signed in
}

// register adds a route with its examples: where it is, and what any of them may
// answer.
func register[I, O any](rt *Routes, api huma.API, op operation, handler func(context.Context, *I) (*O, error)) {
	op.Path = rt.config.BasePath + op.Path
	if op.request != nil {
		op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{"application/json": {Example: op.request}}}
	}
	if op.DefaultStatus == 0 {
		op.DefaultStatus = http.StatusOK
	}
	fails := op.fails
	if !op.public {
		fails = append(fails, errSignedOut, errForbidden)
	}
	httpx.Register(api, httpx.Route{Operation: op.Operation, Fails: fails, Logger: rt.config.Logger}, handler)
	for _, item := range []*huma.Operation{
		api.OpenAPI().Paths[op.Path].Get, api.OpenAPI().Paths[op.Path].Post, api.OpenAPI().Paths[op.Path].Patch, api.OpenAPI().Paths[op.Path].Delete,
	} {
		if item == nil || item.OperationID != op.OperationID {
			continue
		}
		for _, content := range item.Responses[strconv.Itoa(op.DefaultStatus)].Content {
			content.Example = op.answer
		}
	}
}

var (
	errSignedOut = &tradekeel.Error{Kind: tradekeel.Unauthenticated, Code: "unauthenticated", Message: "nobody is signed in"}
	errForbidden = &tradekeel.Error{Kind: tradekeel.Forbidden, Code: "forbidden", Message: "you may not do this"}
	errDocument  = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "strategy.document.…", Message: "the document has a fault; the code says which"}
)
