package document_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/strategy/document"
)

func TestDiff(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, from, to string // replaced in dip
		want           []string
	}{
		{"nothing", ``, ``, nil},
		{"spaces and order", `{"percent": 1.5, "after_percent": 3}`, ` { "after_percent" : 3.0,"percent":1.50 }`, nil},
		{"a number", `"target": {"percent": 6}`, `"target": {"percent": 7}`, []string{"changed target.percent: 6 → 7"}},
		{"a deep number", `{"gt": ["rsi", 70]}`, `{"gt": ["rsi", 75]}`, []string{"changed exit.long.any[0].gt[1]: 70 → 75"}},
		{
			"a condition put before others", `{"all": [`, `{"all": [{"session": "london"}, `,
			[]string{`added enter.long.all[0]: {"session":"london"}`},
		},
		{
			"a condition put between", `{"gt": ["close", "trend"]}, `, `{"gt": ["close", "trend"]}, {"rising": ["trend", 3]}, `,
			[]string{`added enter.long.all[1]: {"rising":["trend",3]}`},
		},
		{
			"a condition taken out", `{"gt": ["close", "trend"]}, `, ``,
			[]string{`removed enter.long.all[0]: {"gt":["close","trend"]}`},
		},
		{
			"put before and changed behind", `{"all": [{"gt": ["close", "trend"]}, {"crosses_above": ["rsi", "$oversold"]}`,
			`{"all": [{"session": "london"}, {"gt": ["close", "trend"]}, {"crosses_above": ["rsi", 30]}`,
			[]string{`added enter.long.all[0]: {"session":"london"}`, `changed enter.long.all[2].crosses_above[1]: "$oversold" → 30`},
		},
		{
			"one taken out in front, one put behind", `{"all": [{"gt": ["close", "trend"]}, {"crosses_above": ["rsi", "$oversold"]}, {"not": {"in_position": true}}]`,
			`{"all": [{"crosses_above": ["rsi", "$oversold"]}, {"not": {"in_position": true}}, {"session": "london"}]`,
			[]string{`removed enter.long.all[0]: {"gt":["close","trend"]}`, `added enter.long.all[2]: {"session":"london"}`},
		},
		{"another operator", `{"gt": ["close", "trend"]}`, `{"lt": ["close", "trend"]}`, []string{`changed enter.long.all[0]: {"gt":["close","trend"]} → {"lt":["close","trend"]}`}},
		{"another stop", `{"atr": [14, 2.5]}`, `{"percent": 2}`, []string{`changed stop: {"atr":[14,2.5]} → {"percent":2}`}},
		{"a section", `"target": {"percent": 6}, `, ``, []string{`removed target: {"percent":6}`}},
		{
			"a parameter by another name", `"params":  {"fast": {"default": 50, "min": 10, "max": 100, "step": 5}, `, `"params":  {"fast": {"default": 50, "min": 10, "max": 100}, "slow": {"default": 200, "min": 100, "max": 300}, `,
			[]string{`removed params.fast.step: 5`, `added params.slow: {"default":200,"max":300,"min":100}`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if !strings.Contains(dip, c.from) {
				t.Fatalf("%s does not stand in the document", c.from)
			}
			a, b := document.MustParse(dip), document.MustParse(with(c.from, c.to))
			var got []string
			for _, change := range document.Diff(a, b) {
				got = append(got, change.String())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			checkDiff(t, a, b)
		})
	}
}

// TestDiffLaws holds documents by chance to the laws.
func TestDiffLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := chance(t)
		b := chance(t)
		switch rapid.IntRange(0, 3).Draw(t, "b") {
		case 0:
			b = near(t, a)
		case 1: // several alignments are as short
			b = a
			b.enter = rapid.Permutation(a.enter).Draw(t, "order")
		}
		checkDiff(t, a.parsed(t), b.parsed(t))
	})
}

func TestDiffIsSmall(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := chance(t)
		b := near(t, a)
		if got := document.Diff(a.parsed(t), b.parsed(t)); len(got) > 1 {
			t.Errorf("one condition more is %d changes: %v", len(got), got)
		}
	})
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
}

func checkDiff(t failer, a, b *document.Document) {
	t.Helper()
	changes, back := document.Diff(a, b), document.Diff(b, a)
	if (len(changes) == 0) != (a.Hash() == b.Hash()) {
		t.Errorf("%d changes between\n%s\n%s", len(changes), a.Canonical(), b.Canonical())
	}
	if len(changes) != len(back) {
		t.Fatalf("%d changes one way, %d the other", len(changes), len(back))
	}
	opposite := map[document.ChangeKind]document.ChangeKind{document.Added: document.Removed, document.Removed: document.Added, document.Changed: document.Changed}
	for i, c := range changes {
		o := back[i]
		if o.Kind != opposite[c.Kind] || !bytes.Equal(o.Before, c.After) || !bytes.Equal(o.After, c.Before) || c.Kind != document.Changed && o.Path != c.Path {
			t.Errorf("%s is in reverse %s", c, o)
		}
	}
	if got := applied(t, a, changes); got != string(b.Canonical()) {
		t.Errorf("%s\nwith %v gives\n%s\nwant\n%s", a.Canonical(), changes, got, b.Canonical())
	}
}

// applied makes b of a by the words of Diff.
func applied(t failer, a *document.Document, changes []document.Change) string {
	t.Helper()
	root := decoded(t, a.Canonical())
	do := func(c document.Change) { root = edit(t, root, c.Path, c) }
	for _, c := range slices.Backward(changes) {
		if c.Kind == document.Removed {
			do(c)
		}
	}
	for _, kind := range []document.ChangeKind{document.Added, document.Changed} {
		for _, c := range changes {
			if c.Kind == kind {
				do(c)
			}
		}
	}
	raw, err := json.Marshal(root)
	if err != nil {
		t.Fatalf("%v", err)
	}
	d, err := document.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return string(d.Canonical())
}

func decoded(t failer, raw []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return v
}

// edit does a change at a path within v and returns v as it is then.
func edit(t failer, v any, path string, c document.Change) any {
	t.Helper()
	if path == "" {
		return decoded(t, c.After)
	}
	switch x := v.(type) {
	case map[string]any:
		path = strings.TrimPrefix(path, ".")
		name := path
		for k := range x {
			if rest, ok := strings.CutPrefix(path, k); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
				name = k
			}
		}
		rest := path[len(name):]
		if rest == "" && c.Kind == document.Removed {
			delete(x, name)
		} else {
			x[name] = edit(t, x[name], rest, c)
		}
		return x
	case []any:
		number, rest, _ := strings.Cut(strings.TrimPrefix(path, "["), "]")
		i, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		switch {
		case rest == "" && c.Kind == document.Removed:
			return slices.Delete(x, i, i+1)
		case rest == "" && c.Kind == document.Added:
			return slices.Insert(x, i, decoded(t, c.After))
		}
		x[i] = edit(t, x[i], rest, c)
		return x
	default:
		t.Fatalf("%s: there is no such place in %v", path, v)
		return nil
	}
}

// draft is a document with lists of conditions.
type draft struct {
	join        string // all or any
	enter, exit []any
	let, stop   map[string]any
}

// chance makes a draft.
func chance(t *rapid.T) draft {
	conditions := func(label string, least, most int) []any {
		list := make([]any, rapid.IntRange(least, most).Draw(t, label))
		for i := range list {
			list[i] = condition(t)
		}
		return list
	}
	d := draft{
		join: rapid.SampledFrom([]string{"all", "any"}).Draw(t, "join"), let: map[string]any{},
		enter: conditions("enter", 1, 7), exit: conditions("exit", 0, 4),
	}
	for i, c := range conditions("let", 0, 3) {
		d.let["v"+strconv.Itoa(i)] = c
	}
	if rapid.Bool().Draw(t, "has stop") {
		d.stop = map[string]any{rapid.SampledFrom([]string{"percent", "price"}).Draw(t, "stop"): rapid.IntRange(1, 3).Draw(t, "at")}
	}
	return d
}

func condition(t *rapid.T) any {
	n := rapid.IntRange(1, 3).Draw(t, "n")
	switch rapid.IntRange(0, 4).Draw(t, "condition") {
	case 0:
		return map[string]any{"gt": []any{"close", n}}
	case 1:
		return map[string]any{"gt": []any{map[string]any{"macd.signal": []any{"close", 12, 25 + n}}, n}}
	case 2:
		return map[string]any{"for_bars": []any{map[string]any{"lt": []any{"close", "open"}}, n}}
	case 3:
		return map[string]any{"weekdays": []any{"mon", "tue", "wed"}[:n]}
	default:
		return map[string]any{"any": []any{n > 1, map[string]any{"in_profit_by": n}}}
	}
}

// near puts one condition more into the list of those to enter.
func near(t *rapid.T, d draft) draft {
	at := rapid.IntRange(0, len(d.enter)).Draw(t, "place")
	d.enter = slices.Insert(slices.Clone(d.enter), at, condition(t))
	return d
}

func (d draft) parsed(t *rapid.T) *document.Document {
	doc := map[string]any{
		"name": "chance", "version": 1, "timeframe": "1h", "size": map[string]any{"quote": 100},
		"enter": map[string]any{"long": map[string]any{d.join: d.enter}}, "let": d.let,
	}
	if len(d.exit) > 0 {
		doc["exit"] = map[string]any{"long": map[string]any{"any": d.exit}}
	}
	if d.stop != nil {
		doc["stop"] = d.stop
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := document.Parse(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return parsed
}

func ExampleDiff() {
	a := document.MustParse(dip)
	b := document.MustParse(with(`"percent": 6`, `"percent": 8`))
	for _, c := range document.Diff(a, b) {
		fmt.Println(c)
	}
	// Output: changed target.percent: 6 → 8
}
