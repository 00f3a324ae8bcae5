package library

import (
	"context"
	"fmt"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// Template is a document that users may begin with.
type Template struct {
	ID       string
	Document []byte
	Name     i18n.Text
	Text     i18n.Text // what it does, for whom
}

// template is one whose document was read.
type template struct {
	Template

	document *document.Document
}

func parseTemplates(all []Template) ([]template, error) {
	out := make([]template, len(all))
	seen := map[string]bool{}
	for i, t := range all {
		d, err := document.Parse(t.Document)
		if err != nil {
			return nil, fmt.Errorf("template %s: %w", t.ID, err)
		}
		if t.ID == "" || seen[t.ID] {
			return nil, tradekeel.Invalidf("templates", "each needs an id of its own, got %q", t.ID)
		}
		if t.Name.IsZero() {
			return nil, tradekeel.Invalidf("templates", "template %s needs a name", t.ID)
		}
		seen[t.ID] = true
		t.Document = d.Canonical()
		out[i] = template{t, d}
	}
	return out, nil
}

// Templates returns what users may begin with; their documents are canonical.
func (s *Service) Templates() []Template {
	out := make([]Template, len(s.templates))
	for i := range s.templates {
		out[i] = s.templates[i].copied()
	}
	return out
}

// Template returns one template and its document; ErrNoTemplate.
func (s *Service) Template(id string) (Template, *document.Document, error) {
	for i := range s.templates {
		if t := &s.templates[i]; t.ID == id {
			return t.copied(), t.document, nil
		}
	}
	return Template{}, nil, ErrNoTemplate
}

func (t *template) copied() Template {
	out := t.Template
	out.Document = slices.Clone(out.Document)
	return out
}

// CloneTemplate makes a new strategy of a template. An empty name is the
// template's, in the first of the languages that it has; so is the description.
func (s *Service) CloneTemplate(ctx context.Context, actor tradekeel.Actor, id, name string, langs ...i18n.Lang) (Strategy, error) {
	if err := s.mayCreate(ctx, actor); err != nil {
		return Strategy{}, err
	}
	t, d, err := s.Template(id)
	if err != nil {
		return Strategy{}, err
	}
	if name == "" {
		name, _ = t.Name.In(langs...)
	}
	text, _ := t.Text.In(langs...)
	return s.create(ctx, actor, Creation{Name: name, Description: text}, d)
}
