// Package templates is strategies to begin with: documents for every common idea, and
// strategies in Go for what a tree of conditions cannot say.
//
// They are starting points, not advice: each shows one idea with plain settings, and
// none was fitted to a market. All runs with its defaults; backtest it on your own
// candles, with the fees that you pay.
package templates

import (
	"embed"
	"encoding/json"
	"fmt"

	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/library"
	"github.com/tradekeel/tradekeel/strategy/templates/dca"
	"github.com/tradekeel/tradekeel/strategy/templates/grid"
	"github.com/tradekeel/tradekeel/strategy/templates/rebalance"
	"github.com/tradekeel/tradekeel/strategy/templates/rotation"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

//go:embed documents/*.json texts/*.json
var files embed.FS

// languages are those that every name and text is translated into. The translations
// are marked as a program's, so that a person's takes their place.
var languages = []string{"de", "es", "ru", "zh"}

// words are the name and the text of a template in one language.
type words struct {
	Name string `json:"name"`
	Text string `json:"text"`
}

// All returns every document, sorted by id. Its name and text are in English with
// translations.
func All() []library.Template {
	texts := map[string]map[string]words{}
	for _, lang := range languages {
		texts[lang] = map[string]words{}
		read("texts/"+lang+".json", func(raw []byte) error {
			of := texts[lang]
			return json.Unmarshal(raw, &of)
		})
	}
	entries, err := files.ReadDir("documents")
	if err != nil { // what is embedded is there
		panic("templates: " + err.Error())
	}
	all := make([]library.Template, len(entries))
	for i, entry := range entries {
		t := &all[i]
		t.ID = entry.Name()[:len(entry.Name())-len(".json")]
		var source struct{ Name, Description string }
		read("documents/"+entry.Name(), func(raw []byte) error {
			t.Document = raw
			return json.Unmarshal(raw, &source)
		})
		t.Name, t.Text = i18n.MustText("en", source.Name), i18n.MustText("en", source.Description)
		for _, lang := range languages {
			w, ok := texts[lang][t.ID]
			if !ok {
				panic("templates: " + t.ID + " has no text in " + lang)
			}
			t.Name, t.Text = translated(t.Name, lang, w.Name), translated(t.Text, lang, w.Text)
		}
	}
	return all
}

// read reads a file that is embedded. A fault in it is a defect of the program, which
// the tests find.
func read(name string, use func(raw []byte) error) {
	raw, err := files.ReadFile(name)
	if err == nil {
		err = use(raw)
	}
	if err != nil {
		panic(fmt.Sprintf("templates: %s: %v", name, err))
	}
}

func translated(t i18n.Text, lang, text string) i18n.Text {
	t, err := t.WithTranslation(lang, text, i18n.Machine)
	if err != nil {
		panic(fmt.Sprintf("templates: %q in %s: %v", t, lang, err))
	}
	return t
}

// Factories returns the strategies in Go that trade one series.
func Factories() []strategy.Factory {
	return []strategy.Factory{dca.Strategy, grid.Strategy, smacross.Strategy}
}

// PortfolioFactories returns the strategies in Go that trade every instrument of a run.
func PortfolioFactories() []strategy.Factory {
	return []strategy.Factory{rebalance.Strategy, rotation.Strategy}
}
