package document

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
	"github.com/tradekeel/tradekeel/strategy/indicator/candle"
)

var update = flag.Bool("update", false, "write golden files anew")

// TestGuide: the tables of the guide are those of the parser, and its document is one.
func TestGuide(t *testing.T) {
	t.Parallel()
	const path = "../../docs/guides/strategies.md"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	_, example, _ := strings.Cut(text, "```json\n")
	example, _, _ = strings.Cut(example, "```")
	if _, err := Parse([]byte(example)); err != nil {
		t.Errorf("the guide's document has a fault: %v", err)
	}
	want := text
	for name, table := range map[string]string{"operators": operatorTable(), "indicators": indicatorTable(), "patterns": patternTable()} {
		before, rest, ok := strings.Cut(want, "<!-- "+name+" -->\n")
		_, after, end := strings.Cut(rest, "<!-- /"+name+" -->")
		if !ok || !end {
			t.Fatalf("the guide has no place for %s", name)
		}
		want = before + "<!-- " + name + " -->\n" + table + "<!-- /" + name + " -->" + after
	}
	if want == text {
		return
	}
	if !*update {
		t.Fatal("the tables of the guide are old: go test ./strategy/document -run Guide -update")
	}
	if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestReadme: the README's document explains its decision as the README shows it.
func TestReadme(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, said, _ := strings.Cut(string(raw), "```json\n")
	said, rest, _ := strings.Cut(said, "```")
	candles, err := market.ReadCSVFile("../../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		t.Fatal(err)
	}
	d, err := Parse([]byte(said))
	if err != nil {
		t.Fatal(err)
	}
	e, err := Explain(t.Context(), d, []*market.Series{candles}, time.Date(2021, 3, 4, 9, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(rest, "```\n"+e.String()+"\n```") {
		t.Errorf("the README shows another explanation than\n%s", e)
	}
}

func operatorTable() string {
	var b strings.Builder
	b.WriteString("| operator | makes | what |\n|---|---|---|\n")
	for _, o := range operators() {
		kind := "a value"
		if o.truth {
			kind = "a condition"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", o.name, kind, o.text)
	}
	b.WriteString("| `on` | either | what is told on another series |\n")
	return b.String()
}

func indicatorTable() string {
	var b strings.Builder
	b.WriteString("| indicator | what | from | parameters | outputs |\n|---|---|---|---|---|\n")
	for _, k := range indicator.Kinds() {
		from := "bars"
		if k.Series > 0 {
			names := make([]string, k.Series)
			for i := range names {
				names[i] = k.Inputs[i].String()
			}
			from = strings.Join(names, ", ")
		}
		params := make([]string, len(k.Params))
		for i, p := range k.Params {
			standard := strconv.FormatFloat(p.Default, 'f', -1, 64)
			if p.OneOf != nil {
				standard = p.OneOf[int(p.Default)] + " of " + strings.Join(p.OneOf, "/")
			}
			params[i] = p.Name + " " + standard
		}
		outputs := ""
		if len(k.Outputs) > 1 {
			outputs = strings.Join(k.Outputs, ", ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", k.Name, k.Text, from, strings.Join(params, ", "), outputs)
	}
	return b.String()
}

func patternTable() string {
	var b strings.Builder
	b.WriteString("| pattern | what | says |\n|---|---|---|\n")
	for _, p := range candle.All() {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", p, p.Text(), p.Direction())
	}
	return b.String()
}
