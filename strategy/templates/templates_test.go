package templates_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/templates"
)

var update = flag.Bool("update", false, "write testdata/results.txt anew")

// TestTemplatesAreComplete: each has a document that parses and fits the schema, ranges
// around its defaults, and a name and a text in every language.
func TestTemplatesAreComplete(t *testing.T) {
	t.Parallel()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(document.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(document.SchemaID, raw); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile(document.SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	all := templates.All()
	if len(all) < 16 {
		t.Errorf("there are %d templates", len(all))
	}
	names := map[string]string{}
	for _, tmpl := range all {
		d, err := document.Parse(tmpl.Document)
		if err != nil {
			t.Errorf("%s: %v", tmpl.ID, err)
			continue
		}
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(tmpl.Document))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); err != nil {
			t.Errorf("%s: %v", tmpl.ID, err)
		}
		if d.Name() != tmpl.Name.String() || d.Description() != tmpl.Text.String() || tmpl.Name.Source() != "en" {
			t.Errorf("%s is named %q in the document and %q beside it", tmpl.ID, d.Name(), tmpl.Name)
		}
		for _, p := range d.Parameters() {
			if p.Step == nil || p.Text == "" || !(*p.Min < *p.Max) || *p.Step > *p.Max-*p.Min {
				t.Errorf("%s: parameter %s has no step, no text or no range", tmpl.ID, p.Name)
			}
		}
		for _, lang := range []i18n.Lang{"de", "es", "ru", "zh"} {
			name, ok := tmpl.Name.Translation(lang)
			text, also := tmpl.Text.Translation(lang)
			if !ok || !also || text.Text == tmpl.Text.String() {
				t.Errorf("%s lacks %s", tmpl.ID, lang)
			}
			if other := names[string(lang)+name.Text]; other != "" {
				t.Errorf("%s and %s have the same name in %s", tmpl.ID, other, lang)
			}
			names[string(lang)+name.Text] = tmpl.ID
		}
	}
}

// candles returns the bundled series of a timeframe.
func candles(t testing.TB, tf market.Timeframe) *market.Series {
	t.Helper()
	file, symbol := "btcusdt_binance_1h.csv", "BTC/USDT"
	if tf == market.D1 {
		file, symbol = "btcusd_coinbase_1d.csv", "BTC/USD"
	}
	s, err := market.ReadCSVFile("../../examples/data/"+file, market.CSVOptions{Instrument: market.MustSpot(symbol)})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// signals are some from outside: a purchase every fifty candles, a sale thirty later.
func signals(s *market.Series) []backtest.Signal {
	var all []backtest.Signal
	for i := range s.Len() {
		switch at := time.Unix(0, s.Time[i]).UTC(); i % 50 {
		case 10:
			all = append(all, backtest.Signal{Name: "buy", Time: at})
		case 40:
			all = append(all, backtest.Signal{Name: "sell", Time: at})
		}
	}
	return all
}

const results = "testdata/results.txt"

// TestTemplatesTrade runs each template over the bundled candles: it trades, as the
// golden says, and bar by bar as with known columns.
func TestTemplatesTrade(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, tmpl := range templates.All() {
		d := document.MustParse(tmpl.Document)
		s := candles(t, d.Timeframe())
		config := backtest.Config{
			Strategy: d, Data: []*market.Series{s}, Cash: money.New(decimal.NewFromInt(10_000), s.Instrument.Quote),
			Fees: exchange.FlatFee(decimal.New(1, -3)), Gaps: backtest.AcceptGaps, Signals: signals(s),
		}
		r, err := backtest.Run(t.Context(), config)
		if err != nil {
			t.Errorf("%s: %v", tmpl.ID, err)
			continue
		}
		config.Streamed = true
		streamed, err := backtest.Run(t.Context(), config)
		if err != nil {
			t.Errorf("%s: %v", tmpl.ID, err)
			continue
		}
		if !reflect.DeepEqual(r.Fills, streamed.Fills) || !reflect.DeepEqual(r.Equity, streamed.Equity) || !reflect.DeepEqual(r.Trades, streamed.Trades) {
			t.Errorf("%s: %d fills with known columns, %d bar by bar", tmpl.ID, len(r.Fills), len(streamed.Fills))
		}
		if len(r.Trades) < 5 {
			t.Errorf("%s made %d trades", tmpl.ID, len(r.Trades))
		}
		for _, refused := range r.Refused {
			t.Errorf("%s: refused at %s: %v", tmpl.ID, time.Unix(0, refused.Time).UTC(), refused.Err)
			break
		}
		fmt.Fprintf(&got, "%-22s %s %4d trades %4d fills, final equity %s\n", tmpl.ID, d.Timeframe(), len(r.Trades), len(r.Fills), r.Final().Value.StringFixed(2))
	}
	if *update {
		if err := os.WriteFile(results, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(results)
	if err != nil || string(want) != got.String() {
		t.Errorf("got\n%s\nwant\n%s%v; -update writes it anew", got.String(), want, err)
	}
}
