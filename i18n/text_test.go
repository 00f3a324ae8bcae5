package i18n_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/i18n"
)

func TestParseLang(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]i18n.Lang{
		"en": "en", "EN": "en", "pt-br": "pt-BR", "ZH-hant-tw": "zh-Hant-TW", "es-419": "es-419", "sl-ROZAJ-biske": "sl-rozaj-biske",
		"de-CH-1996": "de-CH-1996", "zh-cmn-Hans-CN": "zh-cmn-Hans-CN", "en-u-co-phonebk": "en-u-co-phonebk", "en-x-Ours": "en-x-ours",
		"en-a-bb-x-a-a": "en-a-bb-x-a-a", "qaaa": "qaaa", "und": "und",
	} {
		if got, err := i18n.ParseLang(text); err != nil || got != want {
			t.Errorf("%s is %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", "e", "x-ours", "i-klingon", "en_US", "en-", "-en", "en--US", "1n", "en-US-US-US", "de-1996-1996", "en-a-bb-a-cc", "en-u", "en-x",
		"en-toolongpart", "ünï", "en\x00", "en US", "a-DE", strings.Repeat("en-", 12) + "x", "abcdefghi", "<script>", "de\n",
	} {
		if got, err := i18n.ParseLang(text); !errors.Is(err, i18n.ErrLang) || got != "" {
			t.Errorf("%q is %q, %v; want ErrLang", text, got, err)
		}
	}
}

func must[T any](t interface {
	Helper()
	Fatal(args ...any)
}, v T, err error,
) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestIn(t *testing.T) {
	t.Parallel()
	text := i18n.MustText("en-GB", "Colour")
	for lang, s := range map[string]string{"de": "Farbe", "pt-BR": "Cor", "zh-Hant": "顏色", "zh": "颜色"} {
		var err error
		if text, err = text.WithTranslation(lang, s, i18n.Human); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		wanted []i18n.Lang
		want   string
		lang   i18n.Lang
	}{
		{nil, "Colour", "en-GB"},
		{[]i18n.Lang{"de"}, "Farbe", "de"},
		{[]i18n.Lang{"de-AT"}, "Farbe", "de"},
		{[]i18n.Lang{"DE-at"}, "Farbe", "de"},
		{[]i18n.Lang{"zh-Hant-TW"}, "顏色", "zh-Hant"},
		{[]i18n.Lang{"zh-Hans"}, "颜色", "zh"},
		{[]i18n.Lang{"pt"}, "Colour", "en-GB"}, // what is narrower than asked for is not looked for
		{[]i18n.Lang{"fr", "pt-BR", "de"}, "Cor", "pt-BR"},
		{[]i18n.Lang{"en-GB", "de"}, "Colour", "en-GB"},
		{[]i18n.Lang{"en", "de"}, "Farbe", "de"},
		{[]i18n.Lang{"", "%%%", "x", "de-u-co-phonebk"}, "Farbe", "de"},
	} {
		if s, lang := text.In(c.wanted...); s != c.want || lang != c.lang {
			t.Errorf("%v gives %q in %s, want %q in %s", c.wanted, s, lang, c.want, c.lang)
		}
	}
	if s, lang := (i18n.Text{}).In("de"); s != "" || lang != "" {
		t.Errorf("the zero text is %q in %q", s, lang)
	}
}

// A change of the source makes what was translated of it stale, and loses nothing.
func TestSourceChanges(t *testing.T) {
	t.Parallel()
	text := i18n.MustText("en", "Buy low")
	a, err := text.WithTranslation("de", "Günstig kaufen", i18n.Human)
	a = must(t, a, err)
	a, err = a.WithTranslation("fr", "Acheter bas", i18n.Machine)
	a = must(t, a, err)
	same, err := a.WithSource("EN", "Buy low")
	if !must(t, same, err).Equal(a) || len(same.StaleIn()) != 0 {
		t.Errorf("the same source made %v stale", same.StaleIn())
	}
	b, err := a.WithSource("en", "Buy lower")
	b = must(t, b, err)
	if !slices.Equal(b.StaleIn(), []i18n.Lang{"de", "fr"}) || b.String() != "Buy lower" {
		t.Errorf("stale are %v", b.StaleIn())
	}
	if len(a.StaleIn()) != 0 || a.String() != "Buy low" {
		t.Error("the text before was changed")
	}
	if s, lang := b.In("de"); s != "Günstig kaufen" || lang != "de" {
		t.Errorf("a stale translation is not found: %q in %s", s, lang)
	}
	c, err := b.WithSource("de", "Billiger kaufen")
	c = must(t, c, err)
	if tr, ok := c.Translation("en"); !ok || tr != (i18n.Translation{Text: "Buy lower", State: i18n.Stale}) {
		t.Errorf("the source before is %+v", tr)
	}
	if _, ok := c.Translation("de"); ok || !slices.Equal(c.Languages(), []i18n.Lang{"de", "en", "fr"}) {
		t.Errorf("the languages are %v", c.Languages())
	}
	if d := c.Without("en"); len(d.Languages()) != 2 || len(c.Languages()) != 3 || !d.Without("xx").Equal(d) || d.Without("de").Source() != "de" {
		t.Errorf("without en: %v", d.Languages())
	}
}

// A program replaces its own translations and stale ones, never a person's.
func TestMachineNeverReplacesHuman(t *testing.T) {
	t.Parallel()
	text, err := i18n.MustText("en", "Hello").WithTranslation("de", "Hallo", i18n.Machine)
	text = must(t, text, err)
	text, err = text.WithTranslation("de", "Guten Tag", i18n.Machine)
	text = must(t, text, err)
	text, err = text.WithTranslation("de", "Servus", i18n.Human)
	text = must(t, text, err)
	kept, err := text.WithTranslation("de", "Hallo", i18n.Machine)
	if !errors.Is(err, i18n.ErrHuman) || !kept.Equal(text) {
		t.Errorf("a program replaced a person's: %v", err)
	}
	text, err = text.WithSource("en", "Hello!")
	text = must(t, text, err)
	if _, err = text.WithTranslation("de", "Hallo!", i18n.Machine); err != nil {
		t.Errorf("a stale one is replaced: %v", err)
	}
}

func TestRefuses(t *testing.T) {
	t.Parallel()
	text := i18n.MustText("en", "Hello")
	edit := func(lang, s string, state i18n.State) error {
		got, err := text.WithTranslation(lang, s, state)
		if err != nil && !got.Equal(text) {
			t.Error("a refused edit changed the text")
		}
		return err
	}
	source := func(lang, s string) error {
		got, err := text.WithSource(lang, s)
		if err != nil && !got.Equal(text) {
			t.Error("a refused edit changed the text")
		}
		return err
	}
	_, early := (i18n.Text{}).WithTranslation("de", "Hallo", i18n.Human)
	for name, c := range map[string]struct{ got, want error }{
		"no source yet":     {early, i18n.ErrText},
		"the source's":      {edit("EN", "Hi", i18n.Human), i18n.ErrLang},
		"no language":       {edit("", "Hi", i18n.Human), i18n.ErrLang},
		"made stale":        {edit("de", "Hallo", i18n.Stale), i18n.ErrState},
		"state of nobody":   {edit("de", "Hallo", "approved"), i18n.ErrState},
		"blank":             {edit("de", " \u2003\n", i18n.Human), i18n.ErrText},
		"not UTF-8":         {edit("de", "a\xff", i18n.Human), i18n.ErrText},
		"a NUL":             {edit("de", "a\x00b", i18n.Human), i18n.ErrText},
		"an escape":         {edit("de", "\x1b[31mred", i18n.Human), i18n.ErrText},
		"too long":          {edit("de", strings.Repeat("a", i18n.MaxText+1), i18n.Human), i18n.ErrText},
		"source blank":      {source("en", ""), i18n.ErrText},
		"source's language": {source("e", "x"), i18n.ErrLang},
		"longest":           {edit("de", strings.Repeat("a", i18n.MaxText), i18n.Human), nil},
		"lines":             {edit("de", "a\r\n\tb", i18n.Human), nil},
	} {
		if !errors.Is(c.got, c.want) {
			t.Errorf("%s: %v, want %v", name, c.got, c.want)
		}
	}
	for n := range i18n.MaxTranslations + 1 {
		lang := "q" + string(rune('a'+n/26)) + string(rune('a'+n%26))
		more, err := text.WithTranslation(lang, "x", i18n.Human)
		if full := n == i18n.MaxTranslations; full != errors.Is(err, i18n.ErrText) {
			t.Errorf("translation %d: %v", n+1, err)
		}
		text = more
	}
	if got, err := text.WithSource("zz", "y"); !errors.Is(err, i18n.ErrText) || !got.Equal(text) {
		t.Errorf("one language too many: %v", err)
	}
}

func TestMustTextPanics(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("a text of the program that is none passed")
		}
	}()
	i18n.MustText("", "x")
}

// texts makes any text by edits, so that whatever edits allow is there.
func texts() *rapid.Generator[i18n.Text] {
	langs := rapid.SampledFrom([]string{"en", "de", "de-AT", "zh-Hant-TW", "pt-BR", "fr"})
	words := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"Hello", "<b>&\u2028", `"\`, "你好", "\U0001f680"}))
	return rapid.Custom(func(t *rapid.T) i18n.Text {
		var text i18n.Text
		for range rapid.IntRange(0, 8).Draw(t, "edits") {
			lang, word := langs.Draw(t, "lang"), words.Draw(t, "word")
			switch rapid.IntRange(0, 3).Draw(t, "edit") {
			case 0:
				text, _ = text.WithSource(lang, word)
			case 1:
				text, _ = text.WithTranslation(lang, word, i18n.Human)
			case 2:
				text, _ = text.WithTranslation(lang, word, i18n.Machine)
			default:
				text = text.Without(i18n.Lang(lang))
			}
		}
		return text
	})
}

// What is written comes back, and is written again with the same bytes.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		raw, err := json.Marshal(text)
		must(t, 0, err)
		var back i18n.Text
		must(t, 0, json.Unmarshal(raw, &back))
		again, err := json.Marshal(back)
		must(t, 0, err)
		if !back.Equal(text) || !bytes.Equal(again, raw) {
			t.Fatalf("%s came back as %s", raw, again)
		}
	})
}

// Whatever edits came before: no translation is in the source's language, a change
// of the source leaves none that claims to be of the text, and what In returns is there.
func TestEdits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		if _, ok := text.Translation(text.Source()); ok && !text.IsZero() {
			t.Fatal("the source is translated into its own language")
		}
		wanted := i18n.Lang(rapid.SampledFrom([]string{"en", "de-AT-x-y", "zh-Hant-TW", "xx", "%"}).Draw(t, "wanted"))
		s, lang := text.In(wanted)
		if tr, ok := text.Translation(lang); lang != text.Source() && (!ok || tr.Text != s) || lang == text.Source() && s != text.String() {
			t.Fatalf("In(%s) gave %q in %s", wanted, s, lang)
		}
		changed, err := text.WithSource("en", text.String()+".")
		if err != nil {
			return
		}
		for _, lang := range changed.Languages()[1:] {
			if tr, _ := changed.Translation(lang); tr.State != i18n.Stale {
				t.Fatalf("%s is %s after a change of the source", lang, tr.State)
			}
		}
	})
}

func TestJSONRefuses(t *testing.T) {
	t.Parallel()
	kept := i18n.MustText("en", "kept")
	for raw, field := range map[string]string{
		`1`:                                     "",
		`[]`:                                    "",
		`"text"`:                                "",
		`{}`:                                    "source",
		`{"source":"en"}`:                       "text",
		`{"source":"en","text":""}`:             "text",
		`{"source":"EN-","text":"x"}`:           "source",
		`{"source":1,"text":"x"}`:               "source",
		`{"source":"en","text":null}`:           "text",
		`{"source":"en","text":"x","more":1}`:   "more",
		`{"source":"en","text":"x","text":"y"}`: "text",
		`{"source":"en","text":"x","translations":[]}`:                                                                      "",
		`{"source":"en","text":"x","translations":{"de":{"text":"x"}}}`:                                                     "translations.de.state",
		`{"source":"en","text":"x","translations":{"de":{"state":"human"}}}`:                                                "translations.de.text",
		`{"source":"en","text":"x","translations":{"de":{"text":"x","state":"human","by":"me"}}}`:                           "translations.de.by",
		`{"source":"en","text":"x","translations":{"en":{"text":"x","state":"human"}}}`:                                     "translations.en",
		`{"source":"en","text":"x","translations":{"de":{"text":"x","state":"human"},"DE":{"text":"y","state":"human"}}}`:   "translations.DE",
		`{"source":"en","text":"x","translations":{"de":{"text":"x","state":"human"},"de":{"text":"y","state":"machine"}}}`: "de",
		`{"source":"en","text":"x\u0000"}`:                                                                                  "text",
		`{"source":"en","text":"x"} {}`:                                                                                     "",
		`{"source":"en","text":"x"`:                                                                                         "",
		``:                                                                                                                  "",
		`{"source":"en","text":"x","translations":{"d` + strings.Repeat("e", 1000) + `":{"text":"x","state":"human"}}}`: "translations.d" + strings.Repeat("e", 39) + "…",
	} {
		got := kept
		err := got.UnmarshalJSON([]byte(raw))
		faults := tradekeel.Violations(err)
		if len(faults) == 0 || tradekeel.KindOf(err) != tradekeel.Invalid || !strings.HasSuffix(faults[0].Field, field) {
			t.Errorf("%.80s: %v, want a fault at %q", raw, err, field)
		}
		if !got.Equal(kept) {
			t.Errorf("%.80s changed the text", raw)
		}
	}
	var both i18n.Text
	err := both.UnmarshalJSON([]byte(`{"source":"","text":"x","translations":{"d":{"text":"x","state":"human"},"fr":{"text":"x","state":"?"}}}`))
	if n := len(tradekeel.Violations(err)); n != 3 {
		t.Errorf("%d faults, want 3: %v", n, err)
	}
}

func FuzzText(f *testing.F) {
	f.Add([]byte(`{"source":"en","text":"Hello","translations":{"de-at":{"text":"Hallo","state":"human"},"fr":{"text":"Allô","state":"stale"}}}`))
	f.Add([]byte(`null`))
	f.Add([]byte(`{"source":"en","text":"\ud800","translations":{}}`))
	f.Add([]byte(`{"translations":{"":{"":[[[[`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var text i18n.Text
		if err := text.UnmarshalJSON(raw); err != nil {
			if tradekeel.KindOf(err) != tradekeel.Invalid || !text.IsZero() {
				t.Fatalf("%v left %v", err, text)
			}
			return
		}
		out, err := text.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var back i18n.Text
		if err := back.UnmarshalJSON(out); err != nil || !back.Equal(text) {
			t.Fatalf("%s: %v", out, err)
		}
		if !text.IsZero() {
			if s, _ := text.In("de", i18n.Lang(raw)); s == "" {
				t.Fatal("a text says nothing")
			}
		}
	})
}

func FuzzParseLang(f *testing.F) {
	for _, seed := range []string{"en", "zh-hant-TW", "de-1996-x-a", "en-a-bb-a-cc", "x", "--"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lang, err := i18n.ParseLang(text)
		if err != nil {
			return
		}
		if again, err := i18n.ParseLang(string(lang)); err != nil || again != lang || !strings.EqualFold(text, string(lang)) {
			t.Fatalf("%q is %s, and that is %s, %v", text, lang, again, err)
		}
	})
}
