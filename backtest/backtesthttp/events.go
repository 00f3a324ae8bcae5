package backtesthttp

import (
	"context"
	"iter"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/httpx"
)

// The events of a stream; the body of each is the Backtest.
const (
	eventProgress = "progress"
	eventEnd      = "end"
)

func (rt *Routes) registerEvents(api huma.API, tags []string) {
	httpx.Register(api, rt.route(huma.Operation{
		OperationID: "follow-backtest", Method: http.MethodGet, Path: "/backtests/{id}/events", Tags: tags,
		Summary: "Follow a backtest",
		Description: "Server-sent events: `progress` at once and each time that the backtest changed, and `end` with its final state, after which the stream ends. " +
			"The data of each is the backtest as JSON. Close the stream on `end`: a browser's EventSource would connect again.",
		Responses: map[string]*huma.Response{"200": {
			Description: "Events until the backtest has ended.",
			Content: map[string]*huma.MediaType{"text/event-stream": {
				Schema:  &huma.Schema{Type: huma.TypeString},
				Example: "event: progress\ndata: {\"id\": \"bt_…\", \"state\": \"running\", …}\n\nevent: end\ndata: {\"id\": \"bt_…\", \"state\": \"done\", …}\n\n",
			}},
		}},
	}, backtest.ErrNotFound, ErrStreams), rt.events)
}

func (rt *Routes) events(ctx context.Context, in *idInput) (*huma.StreamResponse, error) {
	actor, id := tradekeel.ActorFrom(ctx), backtest.ID(in.ID)
	// What is wrong is a problem, not an event: so ask before the answer begins.
	if _, err := rt.service.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	select {
	case rt.streams <- struct{}{}:
	default:
		return nil, ErrStreams
	}
	return &huma.StreamResponse{Body: func(hc huma.Context) { //nolint:contextcheck // hc carries it
		defer func() { <-rt.streams }()
		httpx.Stream(hc, func(ctx context.Context, out *httpx.Events) {
			follow(rt.service.Watch(ctx, actor, id), out)
		})
	}}, nil
}

// follow sends what a watch yields until its end, or until the client is gone.
func follow(watch iter.Seq2[backtest.Backtest, error], out *httpx.Events) {
	for b, err := range watch {
		if err != nil {
			return // deleted meanwhile; the client asks again and learns that
		}
		name := eventProgress
		if b.State.Final() {
			name = eventEnd
		}
		if out.Send(name, backtestOf(&b)) != nil {
			return
		}
	}
}
