package i18n

import (
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/tradekeel/tradekeel"
)

// The bounds of a Text.
const (
	// MaxText is the most bytes of one language's text.
	MaxText = 64 << 10
	// MaxTranslations is the most languages besides the source.
	MaxTranslations = 100
)

// State says how far a translation can be relied on.
type State string

// The states of a translation.
const (
	// Human is by a person, of the text as it is.
	Human State = "human"
	// Machine is by a program, of the text as it is.
	Machine State = "machine"
	// Stale is of a text that has changed since, whoever made it.
	Stale State = "stale"
)

// Translation is a text in one language other than the source's.
type Translation struct {
	Text  string
	State State
}

var (
	// ErrText says that a text is empty, too long or not text.
	ErrText = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "i18n.text", Field: "text", Message: "is not a text"}
	// ErrState says that a translation cannot have that state.
	ErrState = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "i18n.state", Field: "state", Message: "is not a state of a translation"}
	// ErrHuman says that a program would have replaced a person's translation.
	ErrHuman = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "i18n.human", Field: "lang", Message: "a person translated it already"}
	// ErrFormat says that stored or sent JSON is not a Text.
	ErrFormat = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "i18n.format", Field: "text", Message: "is not a text with translations"}
)

// Text is a text, the language that it was written in, and translations. The
// zero value is no text. A Text does not change: what edits it returns another.
type Text struct {
	source       Lang
	text         string
	translations map[Lang]Translation // never written to once the Text is made
}

// NewText makes a Text without translations. ErrLang, ErrText.
func NewText(source, text string) (Text, error) { return Text{}.WithSource(source, text) }

// MustText is NewText for texts in the program itself; it panics where NewText fails.
func MustText(source, text string) Text {
	t, err := NewText(source, text)
	if err != nil {
		panic("i18n: " + err.Error())
	}
	return t
}

// IsZero reports whether there is no text.
func (t Text) IsZero() bool { return t.source == "" }

// Source returns the language that the text was written in; empty for the zero value.
func (t Text) Source() Lang { return t.source }

// String returns the text as it was written.
func (t Text) String() string { return t.text }

// Languages returns the source, then the languages of the translations, sorted.
func (t Text) Languages() []Lang {
	if t.IsZero() {
		return nil
	}
	return append([]Lang{t.source}, slices.Sorted(maps.Keys(t.translations))...)
}

// Translation returns the translation into exactly that language.
func (t Text) Translation(lang Lang) (Translation, bool) {
	found, ok := t.translations[lang]
	return found, ok
}

// StaleIn returns the languages whose translations are of an earlier text, sorted.
func (t Text) StaleIn() []Lang {
	var out []Lang
	for lang, tr := range t.translations {
		if tr.State == Stale {
			out = append(out, lang)
		}
	}
	slices.Sort(out)
	return out
}

// In returns the text for a reader who prefers languages in that order, and the
// language that it is in. Each is looked up as it is, then shortened part by part
// down to its base (RFC 4647, section 3.4): de-AT finds de. When none is there it
// is the source. A stale translation is found like any other: it says nearly the
// same in a language that the reader knows, and Translation tells its state. A tag
// that is none is passed over.
func (t Text) In(langs ...Lang) (string, Lang) {
	for _, wanted := range langs {
		lang, ok := normalTag(string(wanted))
		for ; ok && lang != ""; lang = lang.shorter() {
			if lang == t.source {
				return t.text, t.source
			}
			if tr, there := t.translations[lang]; there {
				return tr.Text, lang
			}
		}
	}
	return t.text, t.source
}

// Equal reports whether both say the same in the same languages and states.
func (t Text) Equal(u Text) bool {
	return t.source == u.source && t.text == u.text && maps.Equal(t.translations, u.translations)
}

// WithSource returns t with another text as its source. Translations become
// stale, unless language and text are the same as before. When the language is
// another, its translation gives way to the text, and the text before stays as a
// stale translation. ErrLang, ErrText.
func (t Text) WithSource(lang, text string) (Text, error) {
	source, err := ParseLang(lang)
	if err != nil {
		return t, err
	}
	if err := checkText(text); err != nil {
		return t, err
	}
	if source == t.source && text == t.text {
		return t, nil
	}
	translations := map[Lang]Translation{}
	for of, tr := range t.translations {
		translations[of] = Translation{tr.Text, Stale}
	}
	if !t.IsZero() {
		translations[t.source] = Translation{t.text, Stale}
	}
	delete(translations, source)
	return bounded(t, Text{source, text, translations})
}

// WithTranslation returns t with a translation of its text, by a person or by a
// program. A program replaces what a program made and what is stale, but not what
// a person translated: ErrHuman. Besides it fails with ErrLang, ErrText and
// ErrState (a translation is not made stale; its source changes).
func (t Text) WithTranslation(lang, text string, state State) (Text, error) {
	into, err := ParseLang(lang)
	switch {
	case err != nil:
		return t, err
	case t.IsZero():
		return t, ErrText.With("text", "there is nothing to translate yet: set the source first")
	case into == t.source:
		return t, ErrLang.With("lang", "%s is the language of the source: change that", into)
	case state != Human && state != Machine:
		return t, ErrState.With("state", "must be %s or %s, got %.20q", Human, Machine, string(state))
	}
	if err := checkText(text); err != nil {
		return t, err
	}
	if before := t.translations[into]; state == Machine && before.State == Human {
		return t, ErrHuman.With("lang", "a person translated it into %s already", into)
	}
	translations := maps.Clone(t.translations)
	if translations == nil {
		translations = map[Lang]Translation{}
	}
	translations[into] = Translation{text, state}
	return bounded(t, Text{t.source, t.text, translations})
}

// Without returns t without the translation into a language, if there is one. The
// source stays.
func (t Text) Without(lang Lang) Text {
	if _, there := t.translations[lang]; !there {
		return t
	}
	translations := maps.Clone(t.translations)
	delete(translations, lang)
	return Text{t.source, t.text, translations}
}

// bounded returns the text after an edit, or that before it and an error.
func bounded(before, after Text) (Text, error) {
	if len(after.translations) > MaxTranslations {
		return before, ErrText.With("translations", "must be at most %d languages besides the source", MaxTranslations)
	}
	return after, nil
}

// checkText refuses what could not be stored, shown or read.
func checkText(text string) error {
	switch {
	case len(text) > MaxText:
		return ErrText.With("text", "must be at most %d bytes, got %d", MaxText, len(text))
	case !utf8.ValidString(text):
		return ErrText.With("text", "must be UTF-8")
	case strings.TrimSpace(text) == "":
		return ErrText.With("text", "must not be empty")
	}
	if i := strings.IndexFunc(text, func(r rune) bool { return unicode.IsControl(r) && r != '\t' && r != '\n' && r != '\r' }); i >= 0 {
		return ErrText.With("text", "must not hold control characters, there is one at byte %d", i)
	}
	return nil
}
