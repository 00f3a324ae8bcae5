package strategyhttp

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/library"
)

// Object is a JSON object that is passed on as it is.
type Object json.RawMessage

// MarshalJSON implements json.Marshaler.
func (o Object) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(raw []byte) error {
	*o = append((*o)[:0], raw...)
	return nil
}

// Schema implements huma.SchemaProvider.
func (Object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// Value is any JSON value.
type Value json.RawMessage

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) { return json.RawMessage(v).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (v *Value) UnmarshalJSON(raw []byte) error {
	*v = append((*v)[:0], raw...)
	return nil
}

// Schema implements huma.SchemaProvider.
func (Value) Schema(huma.Registry) *huma.Schema { return &huma.Schema{} }

var (
	_ huma.SchemaProvider = Object(nil)
	_ huma.SchemaProvider = Value(nil)
)

// Validating is a document to check.
type Validating struct {
	Document Object `json:"document" doc:"By the schema at /schemas/strategy.json."`
}

// Validation is what follows from a document without faults.
type Validation struct {
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Timeframe   string      `json:"timeframe" doc:"It decides at the close of these candles." example:"1h"`
	Warmup      int         `json:"warmup" doc:"Candles before the first decision, with the defaults."`
	Needs       []Need      `json:"needs" nullable:"false" doc:"Candles that it reads besides."`
	Signals     []string    `json:"signals" nullable:"false" doc:"Signals from outside that it listens to."`
	Parameters  []Parameter `json:"parameters" nullable:"false"`
	Hash        string      `json:"hash" doc:"Of the document in canonical form."`
}

// Need is a series that a strategy reads.
type Need struct {
	Symbol    string `json:"symbol,omitempty" doc:"Left out, that of the run." example:"ETH/USDT"`
	Timeframe string `json:"timeframe" example:"4h"`
}

// Parameter is one parameter of a document.
type Parameter struct {
	Name        string   `json:"name" example:"fast"`
	Type        string   `json:"type" enum:"integer,number,boolean,string"`
	Default     Value    `json:"default" doc:"By the type."`
	Min         *float64 `json:"min,omitempty" doc:"The smallest, included."`
	Max         *float64 `json:"max,omitempty" doc:"The largest, included."`
	Step        *float64 `json:"step,omitempty" doc:"For a search through the range."`
	OneOf       []string `json:"one_of,omitempty" doc:"The texts that are possible."`
	Description string   `json:"description,omitempty"`
}

func parametersOf(all []strategy.Parameter) ([]Parameter, error) {
	out := []Parameter{}
	for i := range all {
		p := &all[i]
		value, err := json.Marshal(p.Default)
		if err != nil {
			return nil, err
		}
		out = append(out, Parameter{p.Name, p.Type, value, p.Min, p.Max, p.Step, p.OneOf, p.Text})
	}
	return out, nil
}

func needsOf(all []strategy.Need) []Need {
	out := []Need{}
	for _, n := range all {
		out = append(out, Need{n.Symbol, n.Timeframe.String()})
	}
	return out
}

// Creation is what a strategy begins with.
type Creation struct {
	Name        string `json:"name,omitempty" maxLength:"100" doc:"Left out, the document's."`
	Description string `json:"description,omitempty" maxLength:"2000" doc:"Left out, the document's."`
	Document    Object `json:"document" doc:"By the schema at /schemas/strategy.json."`
	Note        string `json:"note,omitempty" maxLength:"500" doc:"On the version, for yourself."`
}

// Strategy is one of your strategies; what it does is in its versions.
type Strategy struct {
	ID          string    `json:"id" example:"str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	Name        string    `json:"name"`
	Description string    `json:"description,omitempty"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
	Archived    bool      `json:"archived" doc:"Out of the way; it can be restored."`
	Latest      Latest    `json:"latest" doc:"What a save is based on."`
	Draft       bool      `json:"draft" doc:"The latest version was never used: a save takes its place."`
}

// Latest names the latest version of a strategy.
type Latest struct {
	Version int    `json:"version" minimum:"1"`
	Hash    string `json:"hash" maxLength:"100" doc:"Of its document."`
}

func strategyOf(s *library.Strategy) Strategy {
	return Strategy{
		ID: string(s.ID), Name: s.Name, Description: s.Description, Created: s.Created, Updated: s.Updated,
		Archived: s.Archived, Latest: Latest{s.Latest, s.Hash}, Draft: s.Draft,
	}
}

// Edit changes what is around the versions.
type Edit struct {
	Name        *string `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Description *string `json:"description,omitempty" maxLength:"2000"`
	Archived    *bool   `json:"archived,omitempty" doc:"true archives, false restores."`
}

// Deletion tells what became of a deleted strategy.
type Deletion struct {
	Archived bool `json:"archived" doc:"It was used, and is archived instead of removed."`
}

// Cloning is how to clone a strategy.
type Cloning struct {
	Version int    `json:"version,omitempty" minimum:"1" doc:"Left out, the latest."`
	Name    string `json:"name,omitempty" maxLength:"100" doc:"Left out, that of the other."`
}

// Saving is a document to save.
type Saving struct {
	Base     Latest `json:"base" doc:"The latest version, as you read it."`
	Document Object `json:"document" doc:"By the schema at /schemas/strategy.json."`
	Note     string `json:"note,omitempty" maxLength:"500" doc:"On the version, for yourself."`
}

// Version is one version of a strategy.
type Version struct {
	Version  int        `json:"version" doc:"1, 2, 3, …"`
	Hash     string     `json:"hash" doc:"Of the document."`
	Note     string     `json:"note,omitempty"`
	Created  time.Time  `json:"created" doc:"When this document was saved."`
	Used     bool       `json:"used" doc:"Something ran it: it stays as it is for ever."`
	UsedAt   *time.Time `json:"used_at,omitempty" doc:"The first time."`
	Document Object     `json:"document,omitempty" doc:"In canonical form; left out of lists."`
}

func versionOf(v *library.Version) Version {
	out := Version{Version: v.Number, Hash: v.Hash, Note: v.Note, Created: v.Created, Used: v.Used(), Document: Object(v.Document)}
	if v.Used() {
		out.UsedAt = new(v.UsedAt)
	}
	return out
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T    `json:"items" nullable:"false"`
	Next  string `json:"next,omitempty" doc:"The cursor of the page after; left out on the last."`
	Total *int64 `json:"total,omitempty" doc:"The length of the whole list, if asked for."`
}

// Question is what to explain.
type Question struct {
	Data   string     `json:"data" minLength:"1" maxLength:"100" doc:"A key of GET /candles, of the strategy's timeframe or shorter." example:"binance:BTC/USDT:1h"`
	At     *time.Time `json:"at,omitempty" doc:"The last close at or before this time; left out, the last there is."`
	Params Object     `json:"params,omitempty" doc:"Values of parameters; what is left out has its default."`
}

// Explanation is why a strategy decides as it does at one close.
type Explanation struct {
	Time   time.Time   `json:"time" doc:"The close."`
	Action string      `json:"action" example:"no entry"`
	Reason string      `json:"reason,omitempty" doc:"The rule that decided, or what stood in its way."`
	Rules  []Explained `json:"rules" nullable:"false"`
	Text   string      `json:"text" doc:"All of it as a tree, for a screen of fixed width."`
}

// Explained is one condition or value of a rule, with what it was.
type Explained struct {
	Path      string      `json:"path,omitempty" doc:"Where it stands in the document."`
	Text      string      `json:"text" doc:"How it reads."`
	Condition bool        `json:"condition" doc:"Tells a condition from a value."`
	Truth     *bool       `json:"truth,omitempty" doc:"Whether a condition held; left out when that is unknown."`
	Value     *float64    `json:"value,omitempty" doc:"At this close; left out when it is unknown."`
	Before    *float64    `json:"before,omitempty" doc:"At the close before."`
	Note      string      `json:"note,omitempty" doc:"What is not plain from the values."`
	Of        []Explained `json:"of,omitempty" nullable:"false" doc:"What it is made of."`
}

func explanationOf(e *strategy.Explanation) Explanation {
	return Explanation{e.Time, e.Action, e.Reason, explainedOf(e.Rules), e.String()}
}

func explainedOf(all []strategy.Explained) []Explained {
	out := make([]Explained, len(all))
	for i := range all {
		x := &all[i]
		out[i] = Explained{x.Path, x.Text, x.Condition, x.Truth, x.Value, x.Before, x.Note, explainedOf(x.Of)}
	}
	return out
}

// Template is a strategy to begin with.
type Template struct {
	ID        string   `json:"id" example:"dip_in_uptrend"`
	Name      string   `json:"name"`
	Text      string   `json:"text,omitempty" doc:"What it does, and for whom."`
	Lang      string   `json:"lang" doc:"The language of the name: the first asked for that there is, else the source's." example:"en"`
	Languages []string `json:"languages" nullable:"false" doc:"In which the name is there; the source first."`
	Timeframe string   `json:"timeframe" example:"1h"`
}

// TemplateDocument is a template with its document.
type TemplateDocument struct {
	Template

	Document   Object      `json:"document"`
	Parameters []Parameter `json:"parameters" nullable:"false"`
}

// TemplateList is all templates.
type TemplateList struct {
	Items []Template `json:"items" nullable:"false"`
}

// TemplateCloning is how to begin with a template.
type TemplateCloning struct {
	Name string   `json:"name,omitempty" maxLength:"100" doc:"Left out, the template's."`
	Lang []string `json:"lang,omitempty" maxItems:"10" nullable:"false" doc:"Of the name and the description, the one liked best first." example:"[\"de\", \"en\"]"`
}

func templateOf(t *library.Template, d *document.Document, langs []i18n.Lang) Template {
	name, lang := t.Name.In(langs...)
	text, _ := t.Text.In(langs...)
	out := Template{ID: t.ID, Name: name, Text: text, Lang: string(lang), Languages: []string{}, Timeframe: d.Timeframe().String()}
	for _, l := range t.Name.Languages() {
		out.Languages = append(out.Languages, string(l))
	}
	return out
}
