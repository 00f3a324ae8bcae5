package document_test

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/strategy/document"
)

// validator compiles the schema, which holds it to the metaschema of 2020-12, too.
func validator(t testing.TB) *jsonschema.Schema {
	t.Helper()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(document.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.DefaultDraft(jsonschema.Draft2020)
	if err := c.AddResource(document.SchemaID, raw); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(document.SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func fits(t testing.TB, s *jsonschema.Schema, raw string) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(raw))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

func TestSchemaIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	first := document.Schema()
	for range 5 {
		if !bytes.Equal(first, document.Schema()) {
			t.Fatal("the schema differs from call to call")
		}
	}
	if !json.Valid(first) {
		t.Error("the schema is not JSON")
	}
}

// entry puts a condition or value into a small document.
func entry(condition string) string {
	return `{"name": "a", "version": 1, "timeframe": "1h", "params": {"n": {"default": 5, "min": 2, "max": 20}},
		"let": {"x": {"sma": ["close", 5]}, "m": "macd_line", "macd_line": {"macd": []}, "up": {"gt": ["close", "x"]}},
		"enter": {"long": ` + condition + `}, "size": {"percent_of_cash": 100}}`
}

// plus adds members to a small document.
func plus(members string) string {
	return strings.TrimSuffix(entry("true"), "}") + ", " + members + "}"
}

// swap replaces a part of a small document.
func swap(from, to string) string { return strings.Replace(entry("true"), from, to, 1) }

// right are documents that Parse accepts, one of every operator and section.
var right = []string{
	dip,
	entry(`true`), entry(`"up"`), entry(`{"not": "up"}`),
	entry(`{"all": [true, {"any": ["up", {"not": false}]}]}`),
	entry(`{"gt": ["close", "$n"]}`), entry(`{"gte": ["volume", 1e3]}`), entry(`{"lt": [{"macd.signal": ["close", 12, 26]}, "m.histogram"]}`),
	entry(`{"lte": ["position.profit_percent", -1]}`), entry(`{"eq": [1, 1]}`), entry(`{"ne": ["volume", 0]}`),
	entry(`{"between": ["close", {"mul": ["x", 0.9]}, {"add": ["x", 1, 2]}]}`),
	entry(`{"crosses_above": [{"ema": 20}, {"ema": "$n"}]}`), entry(`{"crosses_below": [{"ema": "open"}, {"sma": [{"rsi": 14}, 5]}]}`),
	entry(`{"crosses": [{"rsi": []}, {"ago": [{"rsi": 14}, "$n"]}]}`),
	entry(`{"rising": ["close", 3]}`), entry(`{"falling": ["x", "$n"]}`),
	entry(`{"for_bars": ["up", 3]}`), entry(`{"within_bars": [{"gt": ["close", 1]}, 1000]}`),
	entry(`{"hours": {"from": "9:30", "to": "24:00", "zone": "Europe/Berlin"}}`), entry(`{"hours": {"from": "22:00", "to": "06:00"}}`),
	entry(`{"weekdays": ["mon", "sun"]}`), entry(`{"weekdays": {"days": ["mon"], "zone": "America/New_York"}}`), entry(`{"weekdays": {"days": ["tue"]}}`),
	entry(`{"session": "london"}`),
	entry(`{"in_position": true}`), entry(`{"in_position": "long"}`), entry(`{"in_profit_by": 3}`), entry(`{"in_profit_by": "$n"}`),
	entry(`{"open_for": 10}`), entry(`{"open_for": "3d"}`), entry(`{"open_for": "$n"}`),
	entry(`{"signal": "tv-buy"}`), entry(`{"signal": ["buy", 3]}`),
	entry(`{"on": ["4h", {"gt": ["close", "x"]}]}`), entry(`{"gt": [{"on": ["ETH/USDT 1d", {"rsi": 14}]}, 50]}`), entry(`{"on": [" ETH/USDT  4h ", "up"]}`),
	entry(`{"gt": [{"sub": ["close", "open"]}, {"div": [{"abs": "close"}, 2]}]}`),
	entry(`{"gt": [{"max_of": ["close", "open"]}, {"min_of": [1, 2, 3]}]}`),
	entry(`{"gt": [{"change": ["close", 3]}, {"change_percent": ["close", 3]}]}`),
	entry(`{"gt": [{"bbands.upper": ["close", 20, 2]}, {"atr": 14.0}]}`),
	plus(`"exit": {}`), plus(`"exit": {"long": false, "short": "up"}`), plus(`"description": ""`), plus(`"let": {}`), plus(`"params": {}`),
	plus(`"stop": {"percent": "$n"}, "target": {"risk": 2}`), plus(`"stop": {"price": "x"}, "target": {"price": {"mul": ["close", 1.1]}}`),
	plus(`"stop": {"atr": ["$n", 2]}, "trail": {"atr": [14, 3], "after_percent": 2}`), plus(`"trail": {"percent": 3}`),
	plus(`"time_exit": {"bars": 10}`), plus(`"time_exit": {"hours": 0.5}`),
	plus(`"ladder": {"entries": 3, "every_percent": 2, "step_scale": 1.5, "size_scale": 2}`),
	plus(`"reentry": {"wait_bars": 3, "after_loss_bars": 2, "per_day": 1, "reset": true}`), plus(`"reentry": {}`),
	plus(`"protect": {"drawdown_percent": 10, "daily_loss_percent": 5, "loss_streak": 3, "pause_bars": 24}`),
	swap(`{"percent_of_cash": 100}`, `{"quote": "100.50"}`), swap(`{"percent_of_cash": 100}`, `{"quote": 100, "whole": true}`),
	swap(`{"percent_of_cash": 100}`, `{"quantity": "$n", "whole": false}`), swap(`{"percent_of_cash": 100}`, `{"quantity": "1e-3"}`),
	strings.TrimSuffix(swap(`{"percent_of_cash": 100}`, `{"risk_percent": 1}`), "}") + `, "stop": {"percent": 2}}`,
	swap(`"max": 20`, `"max": 20, "step": 0.5, "text": "bars"`), swap(`"1h"`, `"1000M"`),
}

func TestSchemaAccepts(t *testing.T) {
	t.Parallel()
	s := validator(t)
	for _, raw := range right {
		// A member that is there twice is a fault: the later of two takes its place here.
		raw := once(t, raw)
		if _, err := document.Parse(raw); err != nil {
			t.Errorf("Parse refuses %s: %v", raw, err)
		}
		if err := fits(t, s, string(raw)); err != nil {
			t.Errorf("the schema refuses %s: %v", raw, err)
		}
	}
}

func once(t testing.TB, raw string) []byte {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &members); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	out, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestSchemaRefuses: each has one fault that a schema can tell; Parse tells it, too.
func TestSchemaRefuses(t *testing.T) {
	t.Parallel()
	s := validator(t)
	for _, raw := range []string{
		`[]`, `{}`, `null`,
		plus(`"colour": "red"`), plus(`"stop": {"percent": 2, "atr": [14, 2]}`), plus(`"stop": {}`), plus(`"stop": {"percent": 100}`),
		plus(`"stop": {"risk": 2}`), plus(`"target": {"risk": 2}`), plus(`"target": null`), plus(`"trail": {"after_percent": 2}`),
		plus(`"time_exit": {"bars": 1.5}`), plus(`"ladder": {"entries": 3}`), plus(`"ladder": {"entries": 0, "every_percent": 2}`),
		plus(`"reentry": {"reset": 1}`), plus(`"protect": {"loss_streak": "many"}`), plus(`"exit": {"sideways": true}`),
		plus(`"description": 5`), plus(`"let": {"close": 5}`), plus(`"let": {"A": 5}`), plus(`"params": {"n": {"default": 5}}`),
		plus(`"params": {"n": {"default": 5, "min": 1, "max": 9, "step": 0}}`),
		swap(`"name": "a"`, `"name": " "`), swap(`"name": "a", `, ``), swap(`"version": 1`, `"version": 2`), swap(`"1h"`, `"1 hour"`), swap(`"1h"`, `"0h"`),
		swap(`{"percent_of_cash": 100}`, `{"percent_of_cash": 101}`), swap(`{"percent_of_cash": 100}`, `{}`), swap(`{"percent_of_cash": 100}`, `{"quote": "-5"}`),
		swap(`{"percent_of_cash": 100}`, `{"quote": 0}`), swap(`{"percent_of_cash": 100}`, `{"risk_percent": 1}`), swap(`{"percent_of_cash": 100}`, `{"quote": 1, "quantity": 1}`),
		swap(`"enter": {"long": true}`, `"enter": {}`),
		entry(`5`), entry(`null`), entry(`{}`), entry(`"close"`), entry(`"$n"`), entry(`{"gt": ["close", 1], "lt": ["close", 2]}`),
		entry(`{"above": ["close", 1]}`), entry(`{"gt": ["close"]}`), entry(`{"gt": ["close", 1, 2]}`), entry(`{"gt": ["close", true]}`), entry(`{"gt": ["close", {"gt": [1, 2]}]}`),
		entry(`{"sma": ["close", 5]}`), entry(`{"all": []}`), entry(`{"all": true}`), entry(`{"any": [1]}`), entry(`{"not": [true]}`), entry(`{"for_bars": ["close", 0]}`),
		entry(`{"gt": [{"sma": ["close", 0]}, 1]}`), entry(`{"gt": [{"sma": ["close", 5, 5]}, 1]}`), entry(`{"gt": [{"sma": [5, "close"]}, 1]}`), entry(`{"gt": [{"sma": ["close", 2.5]}, 1]}`),
		entry(`{"gt": [{"smaa": ["close", 5]}, 1]}`), entry(`{"gt": [{"macd.line2": []}, 1]}`), entry(`{"gt": ["position.mood", 1]}`), entry(`{"gt": ["position", 1]}`),
		entry(`{"hours": {"from": "25:00", "to": "26:00"}}`), entry(`{"hours": {"from": "09:00"}}`), entry(`{"weekdays": ["monday"]}`), entry(`{"weekdays": []}`),
		entry(`{"session": "paris"}`), entry(`{"in_position": "flat"}`), entry(`{"open_for": "soon"}`), entry(`{"open_for": "1M"}`), entry(`{"signal": "Buy"}`), entry(`{"signal": ["buy", 0]}`),
		entry(`{"on": ["4h"]}`), entry(`{"on": [4, true]}`), entry(`{"on": ["4h", 5]}`), entry(`{"gt": [{"on": ["4h", true]}, 1]}`), entry(`{"pattern": "no_such_pattern"}`),
		entry(`{"gt": [{"add": [1]}, 1]}`), entry(`{"gt": [{"abs": ["close"]}, 1]}`), entry(`{"gt": [{"ago": ["close", 1.5]}, 1]}`), entry(`{"gt": [{"ago": ["close", 1001]}, 1]}`),
	} {
		if raw[0] == '{' && len(raw) > 2 {
			raw = string(once(t, raw))
		}
		if err := fits(t, s, raw); err == nil {
			t.Errorf("the schema accepts %s", raw)
		}
		if _, err := document.Parse([]byte(raw)); err == nil {
			t.Errorf("Parse accepts %s", raw)
		}
	}
}

// TestSchemaHoldsEveryOperator: what Parse knows by name stands in the schema, with
// a description, and nothing else does.
func TestSchemaHoldsEveryOperator(t *testing.T) {
	t.Parallel()
	var s struct {
		Defs map[string]struct {
			Properties map[string]map[string]any `json:"properties"`
		} `json:"$defs"`
	}
	if err := json.Unmarshal(document.Schema(), &s); err != nil {
		t.Fatal(err)
	}
	names := []string{"on", "on"}
	names = append(names, document.Operators()...)
	var written []string
	for _, def := range []string{"calculation", "test"} {
		for name, o := range s.Defs[def].Properties {
			written = append(written, name)
			if text, _ := o["description"].(string); text == "" || len(o) < 2 {
				t.Errorf("%s says %v", name, o)
			}
		}
	}
	slices.Sort(names)
	slices.Sort(written)
	if !slices.Equal(names, written) {
		t.Errorf("the schema has the operators %v, Parse has %v", written, names)
	}
	outputs := 0
	for _, k := range document.Kinds() {
		outputs += 1 + len(k.Outputs)
		if _, ok := s.Defs["indicator"].Properties[k.Name]; !ok {
			t.Errorf("the schema lacks the indicator %s", k.Name)
		}
	}
	if got := len(s.Defs["indicator"].Properties); got != outputs {
		t.Errorf("the schema has %d indicators and outputs, Parse has %d", got, outputs)
	}
}

// TestSchemaAcceptsWhatParseAccepts: documents whose parts changed places.
func TestSchemaAcceptsWhatParseAccepts(t *testing.T) {
	t.Parallel()
	s := validator(t)
	accepted := 0
	rapid.Check(t, func(t *rapid.T) {
		raw := mutated(t)
		if _, err := document.Parse(raw); err != nil {
			return
		}
		accepted++
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Fatalf("Parse accepts what the schema refuses: %s\n%v", raw, err)
		}
	})
	if accepted < 5 {
		t.Errorf("only %d documents were accepted: nothing was compared", accepted)
	}
}

// mutated is one of the right documents in which some parts took each other's place.
func mutated(t *rapid.T) []byte {
	var parts []any
	var gather func(v any)
	gather = func(v any) {
		parts = append(parts, v)
		switch x := v.(type) {
		case map[string]any:
			for _, k := range sortedKeys(x) {
				gather(x[k])
			}
		case []any:
			for _, item := range x {
				gather(item)
			}
		}
	}
	of := func(label string) any {
		var v any
		raw := right[rapid.IntRange(0, len(right)-1).Draw(t, label)]
		if err := json.Unmarshal([]byte(raw), &v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	whole := of("document")
	gather(of("donor"))
	donor := parts
	for range rapid.IntRange(1, 2).Draw(t, "changes") {
		parts = nil
		gather(whole)
		at := rapid.IntRange(0, len(parts)-1).Draw(t, "at")
		from := donor[rapid.IntRange(0, len(donor)-1).Draw(t, "from")]
		switch x := parts[at].(type) {
		case map[string]any:
			if names := sortedKeys(x); len(names) > 0 {
				x[names[rapid.IntRange(0, len(names)-1).Draw(t, "member")]] = from
			}
		case []any:
			if len(x) > 0 {
				x[rapid.IntRange(0, len(x)-1).Draw(t, "item")] = from
			}
		}
	}
	raw, err := json.Marshal(whole)
	if err != nil {
		t.Skip("a part holds itself")
	}
	return raw
}

func sortedKeys(m map[string]any) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// FuzzSchema: what Parse accepts, the schema accepts.
func FuzzSchema(f *testing.F) {
	s := validator(f)
	for _, raw := range right {
		f.Add([]byte(raw))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if _, err := document.Parse(raw); err != nil {
			return
		}
		if err := fits(t, s, string(raw)); err != nil {
			t.Errorf("Parse accepts what the schema refuses: %q\n%v", raw, err)
		}
	})
}
