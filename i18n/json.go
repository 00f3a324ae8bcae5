package i18n

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"

	"github.com/tradekeel/tradekeel"
)

// A Text as JSON, the same in an answer and in a column (bundb.JSON[i18n.Text]); the
// zero value is null:
//
//	{"source": "en", "text": "Hello", "translations": {"de": {"text": "Hallo", "state": "human"}}}

type textJSON struct {
	Source       Lang                     `json:"source"`
	Text         string                   `json:"text"`
	Translations map[Lang]translationJSON `json:"translations,omitempty"`
}

type translationJSON struct {
	Text  string `json:"text"`
	State State  `json:"state"`
}

var (
	_ json.Marshaler   = Text{}
	_ json.Unmarshaler = (*Text)(nil)
)

// MarshalJSON implements json.Marshaler. The same Text gives the same bytes.
func (t Text) MarshalJSON() ([]byte, error) {
	if t.IsZero() {
		return []byte("null"), nil
	}
	out := textJSON{Source: t.source, Text: t.text}
	if len(t.translations) > 0 {
		out.Translations = map[Lang]translationJSON{}
		for lang, tr := range t.translations {
			out.Translations[lang] = translationJSON(tr)
		}
	}
	return json.Marshal(out)
}

// maxJSON bounds a document before it is read: every character may be six bytes.
const maxJSON = 6 * (MaxText + 1024) * (MaxTranslations + 1)

// UnmarshalJSON implements json.Unmarshaler. It takes what MarshalJSON makes and
// refuses the rest, all faults joined: unknown and repeated fields, tags and
// states that are none, a translation into the language of the source. Then t is
// as it was.
func (t *Text) UnmarshalJSON(raw []byte) error {
	if len(raw) > maxJSON {
		return ErrFormat.With("text", "must be at most %d bytes, got %d", maxJSON, len(raw))
	}
	raw = bytes.TrimSpace(raw)
	if bytes.Equal(raw, []byte("null")) {
		*t = Text{}
		return nil
	}
	var source, text string
	var translations []entry
	err := object(raw, func(name string, value json.RawMessage) error {
		switch name {
		case "source":
			return scalar(name, value, &source)
		case "text":
			return scalar(name, value, &text)
		case "translations":
			return object(value, func(lang string, value json.RawMessage) error {
				e := entry{lang: lang}
				if len(translations) == MaxTranslations {
					return ErrText.With("translations", "must be at most %d languages besides the source", MaxTranslations)
				}
				err := object(value, e.field)
				translations = append(translations, e)
				return at("translations."+short(lang), err)
			})
		}
		return ErrFormat.With(short(name), "there is no such field; there are source, text and translations")
	})
	if err != nil {
		return err
	}
	made, err := NewText(source, text)
	if errors.Is(err, ErrLang) {
		err = at("source", unnamed(err))
	}
	wrong := []error{err}
	made.translations = map[Lang]Translation{}
	for _, e := range translations {
		lang, err := e.check(made)
		if err != nil {
			wrong = append(wrong, at("translations."+short(e.lang), err))
			continue
		}
		made.translations[lang] = Translation{e.text, State(e.state)}
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	*t = made
	return nil
}

// entry is one translation as it was sent.
type entry struct{ lang, text, state string }

func (e *entry) field(name string, value json.RawMessage) error {
	switch name {
	case "text":
		return scalar(name, value, &e.text)
	case "state":
		return scalar(name, value, &e.state)
	}
	return ErrFormat.With(short(name), "there is no such field; there are text and state")
}

func (e *entry) check(of Text) (Lang, error) {
	lang, err := ParseLang(e.lang)
	_, twice := of.translations[lang]
	switch {
	case err != nil:
		return "", unnamed(err)
	case lang == of.source:
		return "", ErrLang.With("", "%s is the language of the source", lang)
	case twice:
		return "", ErrLang.With("", "%s is there twice", lang)
	}
	switch State(e.state) {
	case Human, Machine, Stale:
	default:
		return "", ErrState.With("state", "must be %s, %s or %s, got %.20q", Human, Machine, Stale, e.state)
	}
	return lang, checkText(e.text)
}

// object reads the fields of a JSON object in order, and refuses one of them twice.
func object(raw json.RawMessage, field func(name string, value json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return ErrFormat.With("", "must be a JSON object")
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		name, ok := token.(string)
		if err != nil || !ok {
			return ErrFormat.With("", "is not JSON").Because(err)
		}
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			return ErrFormat.With(short(name), "is not JSON").Because(err)
		}
		if seen[name] {
			return ErrFormat.With(short(name), "is given twice")
		}
		seen[name] = true
		if err := field(name, value); err != nil {
			return err
		}
	}
	if _, err := d.Token(); err != nil {
		return ErrFormat.With("", "is not JSON").Because(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrFormat.With("", "has something after its end")
	}
	return nil
}

func scalar(name string, value json.RawMessage, into *string) error {
	if len(value) == 0 || value[0] != '"' || json.Unmarshal(value, into) != nil {
		return ErrFormat.With(name, "must be a text")
	}
	return nil
}

// at puts a path in front of the field of a fault.
func at(path string, err error) error {
	e, ok := errors.AsType[*tradekeel.Error](err)
	if !ok {
		return err
	}
	c := *e
	if c.Field != "" {
		path += "." + c.Field
	}
	c.Field = path
	return &c
}

// unnamed takes the field from a fault, where the path names it already.
func unnamed(err error) error {
	if e, ok := errors.AsType[*tradekeel.Error](err); ok {
		c := *e
		c.Field = ""
		return &c
	}
	return err
}

func short(name string) string {
	const most = 40
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}
