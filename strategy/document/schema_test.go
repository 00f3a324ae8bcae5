package document_test

import (
	"encoding/json"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// TestSchemaNamesMembers: the schema knows the members that Parse knows, no more and
// no fewer.
func TestSchemaNamesMembers(t *testing.T) {
	t.Parallel()
	var schema struct {
		Required   []string
		Properties map[string]any
	}
	if err := json.Unmarshal(document.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(schema.Required, "nothing") {
		if _, known := schema.Properties[name]; known == (name == "nothing") {
			t.Errorf("%s: known is %t", name, known)
		}
	}
	for name := range schema.Properties {
		if _, err := document.Parse([]byte(`{"` + name + `": null}`)); err == nil || unknown(err) {
			t.Errorf("Parse does not know %s: %v", name, err)
		}
	}
	if _, err := document.Parse([]byte(`{"nothing": null}`)); !unknown(err) {
		t.Errorf("what is unknown is not told: %v", err)
	}
}

func unknown(err error) bool {
	for _, f := range tradekeel.Violations(err) {
		if f.Code == "strategy.document.unknown_field" {
			return true
		}
	}
	return false
}
