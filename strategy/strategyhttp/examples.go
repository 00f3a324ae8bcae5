package strategyhttp

import "time"

// The examples of the OpenAPI document: one strategy, seen from every side.

const (
	exampleID   = "str_06DXWZ0YS0M1VB3Q4N2C7A9K5R"
	exampleHash = "3f0c1f5b7f1d6f4a1f0f2b9c4f7f6f8f0d9b3c2a1e5d4c3b2a19080706050403"
)

var exampleTime = time.Date(2021, 3, 4, 9, 0, 0, 0, time.UTC)

func exampleDocument() Object {
	return Object(`{"name":"Dip in an uptrend","version":1,"timeframe":"1h",` +
		`"params":{"fast":{"default":50,"min":10,"max":100,"step":5}},` +
		`"let":{"trend":{"ema":["close","$fast"]},"rsi":{"rsi":["close",14]}},` +
		`"enter":{"long":{"all":[{"gt":["close","trend"]},{"crosses_above":["rsi",30]}]}},` +
		`"exit":{"long":{"gt":["rsi",70]}},` +
		`"size":{"percent_of_equity":20},` +
		`"stop":{"atr":[14,2.5]},"target":{"percent":6}}`)
}

func exampleParameters() []Parameter {
	return []Parameter{{Name: "fast", Type: "integer", Default: Value("50"), Min: new(10.0), Max: new(100.0), Step: new(5.0)}}
}

func exampleValidation() Validation {
	return Validation{
		Name: "Dip in an uptrend", Timeframe: "1h", Warmup: 50, Needs: []Need{}, Signals: []string{},
		Parameters: exampleParameters(), Hash: exampleHash,
	}
}

func exampleStrategy() Strategy {
	return Strategy{
		ID: exampleID, Name: "Dip in an uptrend", Created: exampleTime, Updated: exampleTime,
		Latest: Latest{1, exampleHash}, Draft: true,
	}
}

func exampleVersion() Version {
	return Version{Version: 2, Hash: exampleHash, Note: "buys later", Created: exampleTime, Document: exampleDocument()}
}

func exampleExplanation() Explanation {
	return Explanation{
		Time: exampleTime, Action: "no entry", Text: "2021-03-04 09:00  no entry\n  enter.long  crosses_above: rsi 34.1 → 36, 30  false   was above already",
		Rules: []Explained{{
			Path: "enter.long", Text: "enter.long  crosses_above", Condition: true, Truth: new(false), Note: "was above already",
			Of: []Explained{
				{Path: "enter.long.crosses_above[0]", Text: "rsi", Value: new(36.0), Before: new(34.1)},
				{Path: "enter.long.crosses_above[1]", Text: "30", Value: new(30.0), Before: new(30.0)},
			},
		}},
	}
}

func exampleTemplate() Template {
	return Template{
		ID: "dip_in_uptrend", Name: "Dip in an uptrend", Text: "Buys a short weakness while the trend is up.",
		Lang: "en", Languages: []string{"en", "de"}, Timeframe: "1h",
	}
}

func exampleTemplateDocument() TemplateDocument {
	return TemplateDocument{exampleTemplate(), exampleDocument(), exampleParameters()}
}
