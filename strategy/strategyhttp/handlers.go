package strategyhttp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/library"
)

type validateInput struct {
	Body Validating
}

type validateOutput struct {
	Body Validation
}

func (rt *Routes) validate(ctx context.Context, in *validateInput) (*validateOutput, error) {
	d, err := rt.service.Validate(ctx, tradekeel.ActorFrom(ctx), in.Body.Document)
	if err != nil {
		return nil, err
	}
	parameters, err := parametersOf(d.Parameters())
	if err != nil {
		return nil, err
	}
	out := &validateOutput{Validation{
		Name: d.Name(), Description: d.Description(), Timeframe: d.Timeframe().String(), Warmup: d.Warmup(),
		Needs: needsOf(d.Needs()), Signals: append([]string{}, d.Signals()...), Parameters: parameters, Hash: d.Hash(),
	}}
	return out, nil
}

type createInput struct {
	Body Creation
}

type createOutput struct {
	Location string `header:"Location" doc:"Where the strategy is."`
	Body     Strategy
}

func (rt *Routes) created(s library.Strategy, err error) (*createOutput, error) {
	if err != nil {
		return nil, err
	}
	return &createOutput{rt.place(s.ID), strategyOf(&s)}, nil
}

func (rt *Routes) place(id library.ID) string {
	return rt.config.BasePath + "/library/strategies/" + string(id)
}

func (rt *Routes) create(ctx context.Context, in *createInput) (*createOutput, error) {
	b := &in.Body
	return rt.created(rt.service.Create(ctx, tradekeel.ActorFrom(ctx), library.Creation{
		Name: b.Name, Description: b.Description, Document: b.Document, Note: b.Note,
	}))
}

type listInput struct {
	Size     int    `query:"size" minimum:"1" maximum:"500" default:"50" doc:"The most items of the page."`
	Cursor   string `query:"cursor" maxLength:"1000" doc:"next of the page before; left out, the first page."`
	Total    bool   `query:"total" doc:"Count the whole list, too."`
	Name     string `query:"name" maxLength:"100" doc:"Only those with this in their name, in capitals or small."`
	Archived bool   `query:"archived" doc:"Those that are archived, instead of those that are not."`
}

type listOutput struct {
	Body Page[Strategy]
}

func (rt *Routes) list(ctx context.Context, in *listInput) (*listOutput, error) {
	page, err := rt.service.List(ctx, tradekeel.ActorFrom(ctx), library.Filter{Name: in.Name, Archived: in.Archived},
		tradekeel.PageRequest{Size: in.Size, Cursor: in.Cursor, Total: in.Total})
	if err != nil {
		return nil, err
	}
	return &listOutput{pageOf(page, strategyOf)}, nil
}

func pageOf[T, D any](page tradekeel.Page[T], dto func(*T) D) Page[D] {
	out := Page[D]{Items: []D{}, Next: page.Next, Total: page.Total}
	for i := range page.Items {
		out.Items = append(out.Items, dto(&page.Items[i]))
	}
	return out
}

type idInput struct {
	ID string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
}

type strategyOutput struct {
	Body Strategy
}

func (rt *Routes) get(ctx context.Context, in *idInput) (*strategyOutput, error) {
	s, err := rt.service.Get(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return &strategyOutput{strategyOf(&s)}, nil
}

type editInput struct {
	ID   string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Body Edit
}

func (rt *Routes) edit(ctx context.Context, in *editInput) (*strategyOutput, error) {
	s, err := rt.service.Edit(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID), library.Edit(in.Body))
	if err != nil {
		return nil, err
	}
	return &strategyOutput{strategyOf(&s)}, nil
}

type deleteOutput struct {
	Body Deletion
}

func (rt *Routes) remove(ctx context.Context, in *idInput) (*deleteOutput, error) {
	archived, err := rt.service.Delete(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID))
	if err != nil {
		return nil, err
	}
	return &deleteOutput{Deletion{archived}}, nil
}

type cloneInput struct {
	ID   string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Body Cloning
}

func (rt *Routes) clone(ctx context.Context, in *cloneInput) (*createOutput, error) {
	return rt.created(rt.service.Clone(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID), in.Body.Version, in.Body.Name))
}

type saveInput struct {
	ID   string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Body Saving
}

type saveOutput struct {
	Location string `header:"Location" doc:"Where the version is."`
	Body     Version
}

func (rt *Routes) save(ctx context.Context, in *saveInput) (*saveOutput, error) {
	b := &in.Body
	s, v, err := rt.service.Save(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID), library.Save{
		Base: library.Base(b.Base), Document: b.Document, Note: b.Note,
	})
	if err != nil {
		return nil, err
	}
	return &saveOutput{fmt.Sprintf("%s/versions/%d", rt.place(s.ID), v.Number), versionOf(&v)}, nil
}

type versionsInput struct {
	ID     string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Size   int    `query:"size" minimum:"1" maximum:"500" default:"50" doc:"The most items of the page."`
	Cursor string `query:"cursor" maxLength:"1000" doc:"next of the page before; left out, the first page."`
	Total  bool   `query:"total" doc:"Count the whole list, too."`
}

type versionsOutput struct {
	Body Page[Version]
}

func (rt *Routes) versions(ctx context.Context, in *versionsInput) (*versionsOutput, error) {
	page, err := rt.service.Versions(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID),
		tradekeel.PageRequest{Size: in.Size, Cursor: in.Cursor, Total: in.Total})
	if err != nil {
		return nil, err
	}
	return &versionsOutput{pageOf(page, versionOf)}, nil
}

type versionInput struct {
	ID      string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Version int    `path:"version" minimum:"1" doc:"The number of a version." example:"1"`
}

type versionOutput struct {
	Body Version
}

func (rt *Routes) version(ctx context.Context, in *versionInput) (*versionOutput, error) {
	v, err := rt.service.Version(ctx, tradekeel.ActorFrom(ctx), library.ID(in.ID), in.Version)
	if err != nil {
		return nil, err
	}
	return &versionOutput{versionOf(&v)}, nil
}

type explainInput struct {
	ID      string `path:"id" maxLength:"100" doc:"The id of a strategy." example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Version int    `path:"version" minimum:"1" doc:"The number of a version." example:"1"`
	Body    Question
}

type explainOutput struct {
	Body Explanation
}

func (rt *Routes) explain(ctx context.Context, in *explainInput) (*explainOutput, error) {
	// Who may not see the strategy learns that first, not what is wrong with the input.
	actor, id := tradekeel.ActorFrom(ctx), library.ID(in.ID)
	if _, err := rt.service.Get(ctx, actor, id); err != nil {
		return nil, err
	}
	question := library.Question{Params: json.RawMessage(in.Body.Params)}
	var err error
	if question.Data, err = market.ParseKey(in.Body.Data); err != nil {
		return nil, at("data", err)
	}
	if in.Body.At != nil {
		question.At = *in.Body.At
		if question.At.IsZero() || question.At.Year() < 1970 || question.At.Year() > 2200 {
			return nil, tradekeel.Invalidf("at", "must be between 1970 and 2200, got %s", question.At.Format(time.RFC3339))
		}
	}
	e, err := rt.service.Explain(ctx, actor, id, in.Version, question)
	if err != nil {
		return nil, err
	}
	return &explainOutput{explanationOf(&e)}, nil
}

// at names the field of the request that a fault is about.
func at(field string, err error) error {
	if e, ok := errors.AsType[*tradekeel.Error](err); ok {
		c := *e
		c.Field = field
		return &c
	}
	return err
}

type templatesInput struct {
	Lang string `query:"lang" maxLength:"100" doc:"Languages of names and texts, the one liked best first, between commas." example:"de,en"`
}

// langs reads languages between commas; what is none is passed over by i18n.
func langs(text string) []i18n.Lang {
	var out []i18n.Lang
	for tag := range strings.SplitSeq(text, ",") {
		out = append(out, i18n.Lang(strings.TrimSpace(tag)))
	}
	return out
}

type templatesOutput struct {
	Body TemplateList
}

func (rt *Routes) templates(ctx context.Context, in *templatesInput) (*templatesOutput, error) {
	if !tradekeel.ActorFrom(ctx).Signed() {
		return nil, tradekeel.ErrUnauthenticated
	}
	out := &templatesOutput{TemplateList{Items: []Template{}}}
	for _, t := range rt.service.Templates() {
		_, d, err := rt.service.Template(t.ID)
		if err != nil {
			return nil, err
		}
		out.Body.Items = append(out.Body.Items, templateOf(&t, d, langs(in.Lang)))
	}
	return out, nil
}

type templateInput struct {
	ID   string `path:"id" maxLength:"100" doc:"The id of a template." example:"dip_in_uptrend"`
	Lang string `query:"lang" maxLength:"100" doc:"Languages of the name and the text, the one liked best first, between commas." example:"de,en"`
}

type templateOutput struct {
	Body TemplateDocument
}

func (rt *Routes) template(ctx context.Context, in *templateInput) (*templateOutput, error) {
	if !tradekeel.ActorFrom(ctx).Signed() {
		return nil, tradekeel.ErrUnauthenticated
	}
	t, d, err := rt.service.Template(in.ID)
	if err != nil {
		return nil, err
	}
	parameters, err := parametersOf(d.Parameters())
	if err != nil {
		return nil, err
	}
	return &templateOutput{TemplateDocument{templateOf(&t, d, langs(in.Lang)), t.Document, parameters}}, nil
}

type cloneTemplateInput struct {
	ID   string `path:"id" maxLength:"100" doc:"The id of a template." example:"dip_in_uptrend"`
	Body TemplateCloning
}

func (rt *Routes) cloneTemplate(ctx context.Context, in *cloneTemplateInput) (*createOutput, error) {
	var languages []i18n.Lang
	for _, tag := range in.Body.Lang {
		languages = append(languages, i18n.Lang(tag))
	}
	return rt.created(rt.service.CloneTemplate(ctx, tradekeel.ActorFrom(ctx), in.ID, in.Body.Name, languages...))
}
