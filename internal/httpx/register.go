package httpx

import (
	"context"
	"log/slog"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel"
)

// Route is one route of an API.
type Route struct {
	huma.Operation

	// Fails are the errors that the handler may answer, for the document. What
	// every route may answer need not be named: faults of the input, of the
	// transport, and our own.
	Fails []*tradekeel.Error
	// Logger gets what is our fault; nil is silent.
	Logger *slog.Logger
}

// Register adds a route. An error of the handler becomes a Problem by its kind.
// I and O are as huma.Register wants them.
func Register[I, O any](api huma.API, route Route, handler func(context.Context, *I) (*O, error)) {
	locate := locator(reflect.TypeFor[I]())
	op := route.Operation
	op.Responses = responses(api, route, reflect.TypeFor[I]())
	huma.Register(api, op, func(ctx context.Context, input *I) (*O, error) {
		output, err := handler(ctx, input)
		if err != nil {
			return nil, fail(ctx, route.Logger, err, locate)
		}
		return output, nil
	})
}

// locator says in which part of a request a field of the input is, by the tags
// of the input's type. What has no tag is in the body, if there is one.
func locator(input reflect.Type) func(string) string {
	places := map[string]string{}
	fallback := ""
	for f := range input.Fields() {
		for _, place := range []string{"path", "query", "header"} {
			if name := f.Tag.Get(place); name != "" {
				name, _, _ = strings.Cut(name, ",")
				places[name] = place
			}
		}
		if f.Name == "Body" {
			fallback = "body"
		}
	}
	return func(field string) string {
		if place, ok := places[field]; ok {
			return place + "." + field
		}
		return join(fallback, field)
	}
}

// The problems that a route may answer whatever it does.
var (
	errTooLargeBody = &tradekeel.Error{Code: CodeTooLarge, Message: tooLarge}
	errMalformed    = &tradekeel.Error{Code: CodeMalformed, Message: "the body is missing or is not JSON"}
	errMediaType    = &tradekeel.Error{Code: CodeMediaType, Message: "the body is not JSON by its Content-Type"}
	errCrossOrigin  = &tradekeel.Error{Code: CodeCrossOrigin, Message: "a browser sent it on behalf of another site"}
	errCanceled     = &tradekeel.Error{Code: CodeCanceled, Message: "the request was canceled"}
	errInternal     = &tradekeel.Error{Code: CodeInternal, Message: "something went wrong on our side"}
	errSlow         = &tradekeel.Error{Code: CodeTimeout, Message: "it took too long; try again later"}
	errInvalid      = &tradekeel.Error{Code: CodeInvalid, Message: "the input is wrong; `errors` lists every fault"}
)

// responses documents the errors of a route.
func responses(api huma.API, route Route, input reflect.Type) map[string]*huma.Response {
	byStatus := map[int][]string{}
	examples := map[int]*Problem{}
	add := func(status int, e *tradekeel.Error) {
		if text := describe(e); !slices.Contains(byStatus[status], text) {
			byStatus[status] = append(byStatus[status], text)
		}
		if examples[status] == nil {
			examples[status] = NewProblem(status, e.Code, e.Message)
		}
	}
	for _, e := range route.Fails {
		add(Status(e.Kind), e)
	}
	add(http.StatusUnprocessableEntity, errInvalid) // an unknown parameter, if nothing else
	if _, has := input.FieldByName("Body"); has {
		add(http.StatusBadRequest, errMalformed)
		add(http.StatusRequestEntityTooLarge, errTooLargeBody)
		add(http.StatusUnsupportedMediaType, errMediaType)
	}
	if route.Method != http.MethodGet {
		add(http.StatusForbidden, errCrossOrigin)
	}
	add(http.StatusRequestTimeout, errCanceled)
	add(http.StatusInternalServerError, errInternal)
	add(http.StatusServiceUnavailable, errSlow)

	out := map[string]*huma.Response{}
	maps.Copy(out, route.Responses)
	schema := api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Problem](), true, "Problem")
	for status, texts := range byStatus {
		out[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status) + ": " + strings.Join(texts, "; "),
			Content:     map[string]*huma.MediaType{ProblemType: {Schema: schema, Example: examples[status]}},
		}
	}
	return out
}
