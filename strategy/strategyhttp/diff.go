package strategyhttp

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy/library"
)

// Difference is what changed from one version to another.
type Difference struct {
	Changes []Change `json:"changes" nullable:"false" doc:"None for equal documents."`
}

// Change is one difference between two documents.
type Change struct {
	Path   string `json:"path" doc:"Where it is." example:"exit.long.gt[1]"`
	Kind   string `json:"kind" enum:"added,removed,changed"`
	Before Value  `json:"before,omitempty" doc:"What was there; left out where something was added."`
	After  Value  `json:"after,omitempty" doc:"What is there; left out where something was removed."`
}

type diffInput struct {
	ID   string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	From int    `query:"from" required:"true" minimum:"1" doc:"The number of the version before." example:"1"`
	To   int    `query:"to" required:"true" minimum:"1" doc:"The number of the version after." example:"2"`
}

type diffOutput struct {
	Body Difference
}

func (rt *Routes) diff(ctx context.Context, in *diffInput) (*diffOutput, error) {
	changes, err := rt.service.Diff(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID), in.From, in.To)
	if err != nil {
		return nil, err
	}
	out := &diffOutput{Difference{Changes: []Change{}}}
	for _, c := range changes {
		out.Body.Changes = append(out.Body.Changes, Change{c.Path, string(c.Kind), Value(c.Before), Value(c.After)})
	}
	return out, nil
}

func (rt *Routes) registerDiff(api huma.API) {
	register(rt, api, operation{
		Operation: huma.Operation{
			OperationID: "diff-strategy-versions", Method: http.MethodGet, Path: "/library/strategies/{id}/diff", Tags: []string{tagLibrary},
			Summary: "Compare two versions", Description: "What was added, removed and changed in the document, by path.",
		}, answer: Difference{[]Change{{"exit.long.gt[1]", "changed", Value("70"), Value("65")}}},
		fails: []*tradekeel.Error{library.ErrNotFound, library.ErrNoVersion, library.ErrUnreadable},
	}, rt.diff)
}
