package document

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchemaAcceptsChance: the schema accepts documents that were written by chance.
func TestSchemaAcceptsChance(t *testing.T) {
	t.Parallel()
	raw, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(SchemaID, raw); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	accepted := 0
	for seed := range uint64(300) {
		raw, _, err := (&author{Rand: rand.New(rand.NewPCG(seed, 7))}).document()
		if err != nil {
			continue
		}
		accepted++
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(v); err != nil {
			t.Fatalf("Parse accepts what the schema refuses: %s\n%v", raw, err)
		}
	}
	if accepted < 200 {
		t.Errorf("only %d documents were accepted", accepted)
	}
}
