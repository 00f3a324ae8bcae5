package library

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// The bounds of texts, in characters. A document is bounded by document.MaxBytes.
const (
	MaxName        = 100
	MaxDescription = 2000
	MaxNote        = 500
)

// Validate reads a document as Create would, and stores nothing: what is wrong is
// Invalid, all faults joined, each with its path after "document.". The Document
// tells what follows from it: its warm-up, what it reads, its parameters.
func (s *Service) Validate(ctx context.Context, actor tradekeel.Actor, raw []byte) (*document.Document, error) {
	if err := s.authorize(ctx, actor, PermissionRead, tradekeel.Object{Kind: "strategy", Owner: actor.User}); err != nil {
		return nil, err
	}
	return parse(raw)
}

// parse reads a document that a user sent.
func parse(raw []byte) (*document.Document, error) {
	d, err := document.Parse(raw)
	if err == nil {
		return d, nil
	}
	faults := tradekeel.Violations(err)
	if len(faults) == 0 {
		return nil, err
	}
	all := make([]error, len(faults))
	for i, f := range faults {
		c := *f
		c.Field = strings.TrimSuffix("document."+f.Field, ".")
		all[i] = &c
	}
	return nil, errors.Join(all...)
}

// read reads a document that was stored.
func read(v *Version) (*document.Document, error) {
	d, err := document.Parse(v.Document)
	if err != nil {
		return nil, ErrUnreadable.With("", "version %d was saved by another release, and this one cannot read it: save it anew", v.Number).Because(err)
	}
	return d, nil
}

// named checks a name that may be left out.
func named(name string) error {
	if name == "" {
		return nil
	}
	return checkText("name", name, 1, MaxName, false)
}

// checkTexts checks those that are there, and joins their faults.
func checkTexts(name, description, note *string) error {
	var wrong []error
	if name != nil {
		wrong = append(wrong, checkText("name", *name, 1, MaxName, false))
	}
	if description != nil {
		wrong = append(wrong, checkText("description", *description, 0, MaxDescription, true))
	}
	if note != nil {
		wrong = append(wrong, checkText("note", *note, 0, MaxNote, true))
	}
	return errors.Join(wrong...)
}

func checkText(field, text string, least, most int, lines bool) error {
	control := func(r rune) bool { return unicode.IsControl(r) && (!lines || r != '\n' && r != '\t' && r != '\r') }
	switch n := utf8.RuneCountInString(text); {
	case !utf8.ValidString(text):
		return tradekeel.Invalidf(field, "must be UTF-8")
	case n < least || n > most:
		return tradekeel.Invalidf(field, "must be %s characters, got %d", bounds(least, most), n)
	case least > 0 && strings.TrimSpace(text) == "":
		return tradekeel.Invalidf(field, "must not be blank")
	case strings.ContainsFunc(text, control):
		return tradekeel.Invalidf(field, "must not hold control characters")
	}
	return nil
}

func bounds(least, most int) string {
	if least == 0 {
		return fmt.Sprintf("at most %d", most)
	}
	return fmt.Sprintf("%d to %d", least, most)
}
