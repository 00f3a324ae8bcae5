package httpx

import (
	"encoding/json"
	"testing"
)

// Whatever comes, reading it ends without a panic; what is accepted is JSON and
// stays accepted when it is written again.
func FuzzUnmarshal(f *testing.F) {
	for _, seed := range []string{
		`{}`, `[]`, `null`, `"a"`, `{"a":1,"b":{"a":[{"a":2},{"a":3}]}}`, `{"a":1,"A":2}`, `{"a":{"b":1,"b":2}}`, `{"a":1} {}`, `{"a":`, `{"\u0061":1,"a":2}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var v any
		if unmarshal(raw, &v) != nil {
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("accepted what is no JSON: %q", raw)
		}
		again, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := unmarshal(again, &v); err != nil {
			t.Fatalf("%q was accepted, %q is not: %v", raw, again, err)
		}
	})
}

func TestFieldTwice(t *testing.T) {
	t.Parallel()
	for text, accepted := range map[string]bool{
		`{"a":1,"b":1}`: true, `{"a":{"a":1},"b":{"a":1}}`: true, `[{"a":1},{"a":1}]`: true, `{"a":["a","a"]}`: true, `{"a":"a","b":"a"}`: true,
		`{"a":1,"a":1}`: false, `{"a":1,"A":1}`: false, `[{"b":1,"a":{"c":1,"c":1}}]`: false, `{"a":[1],"b":{},"a":1}`: false, `{"a":1,"\u0061":1}`: false,
	} {
		var v any
		if err := unmarshal([]byte(text), &v); (err == nil) != accepted {
			t.Errorf("%s: %v", text, err)
		}
	}
}
