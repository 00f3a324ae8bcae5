package document

import "slices"

// Schema is the JSON Schema (2020-12) of the members of a document. Operators,
// indicators and what follows from several members at once are not in it: Parse
// tells of those.
func Schema() []byte { return slices.Clone([]byte(schema)) }

const schema = `{
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "title": "Strategy",
  "description": "A trading strategy as data. Operators and indicators are not described here.",
  "type": "object",
  "required": ["name", "version", "timeframe"],
  "additionalProperties": false,
  "properties": {
    "name": {"type": "string", "minLength": 1, "maxLength": 100},
    "description": {"type": "string", "maxLength": 2000},
    "version": {"const": 1},
    "timeframe": {"type": "string", "examples": ["1h"]},
    "params": {"type": "object", "maxProperties": 50},
    "let": {"type": "object", "maxProperties": 200},
    "enter": {"$ref": "#/$defs/sides"},
    "exit": {"$ref": "#/$defs/sides"},
    "size": {"type": "object"},
    "stop": {"type": "object"},
    "target": {"type": "object"},
    "trail": {"type": "object"},
    "time_exit": {"type": "object"},
    "ladder": {"type": "object"},
    "reentry": {"type": "object"},
    "protect": {"type": "object"}
  },
  "$defs": {
    "sides": {
      "type": "object",
      "additionalProperties": false,
      "properties": {"long": {"type": ["object", "boolean"]}, "short": {"type": ["object", "boolean"]}}
    }
  }
}
`
