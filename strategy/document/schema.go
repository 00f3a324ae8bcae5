package document

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// SchemaID is the $id of Schema. It is a name, not an address to fetch.
const SchemaID = "https://tradekeel.dev/schemas/strategy-1.json"

// Schema is the JSON Schema (2020-12) of the form of documents, with every operator
// and indicator, for editors and for programs in other languages. It is made of the
// same tables that Parse reads by, and its bytes are the same each time.
//
// It accepts what Parse accepts. Parse refuses more, which a schema cannot say: a name
// that is not in let or params, a condition by the name of a value, the range of a
// parameter against what takes it, parameters of an indicator that do not go together,
// an output that an indicator does not have, a position, signal or other series within
// on or under an indicator, a member that is there twice, a time zone that is not known.
func Schema() []byte {
	out, err := json.MarshalIndent(documentSchema(), "", " ")
	if err != nil { // it is made of texts, numbers and lists
		panic("document: " + err.Error())
	}
	return append(out, '\n')
}

// schema is a JSON Schema, or a part of one.
type schema map[string]any

func refer(def string) schema { return schema{"$ref": "#/$defs/" + def} }

func anyOf(of ...schema) schema { return schema{"anyOf": of} }

func enum(of ...string) schema { return schema{"enum": append([]string{}, of...)} }

// tuple is a list of exactly these.
func tuple(of ...schema) schema {
	return schema{"type": "array", "prefixItems": of, "items": false, "minItems": len(of)}
}

// listOf is a list of least to most of a kind.
func listOf(of schema, least, most int) schema {
	return schema{"type": "array", "items": of, "minItems": least, "maxItems": most}
}

// closed is an object with these members alone.
func closed(members schema, required ...string) schema {
	s := schema{"type": "object", "properties": members, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// described adds a description, beside a reference too.
func described(text string, s schema) schema {
	s["description"] = text
	return s
}

// between is a number, or a parameter in its place.
func between(least, most float64) schema {
	return anyOf(schema{"type": "number", "minimum": least, "maximum": most}, refer("param"))
}

// whole is a whole number, or a parameter in its place.
func whole(least, most float64) schema {
	return anyOf(schema{"type": "integer", "minimum": least, "maximum": most}, refer("param"))
}

// The texts of documents, as regular expressions that every dialect reads alike.
const (
	namePattern      = `^[a-z_][a-z0-9_]{0,39}$`
	signalPattern    = `^[a-z_][a-z0-9_-]{0,39}$`
	outputPattern    = `^[a-z_][a-z0-9_]{0,39}(\.[a-z0-9_]+)?$`
	paramPattern     = `^\$[a-z_][a-z0-9_]{0,39}$`
	timeframePattern = `^0*([1-9][0-9]{0,2}|1000)[smhdwM]$`
	durationPattern  = `^0*([1-9][0-9]{0,2}|1000)[smhdw]$`
	amountPattern    = `^\+?[0-9.]*[1-9][0-9.]*([eE][+-]?[0-9]+)?$`
	timePattern      = `^(([01]?[0-9]|2[0-3]):[0-5][0-9]|24:00)$`
	visiblePattern   = `[^ \t\r\n]`
	zonePattern      = `^[A-Za-z0-9_+/-]+$`
)

// documentSchema is the whole.
func documentSchema() schema {
	value, condition := operatorSchemas()
	reserved := append(slices.Clone(columnNames), derived...)
	facts := make([]string, 0, len(factNames)-1)
	for _, f := range factNames[1:] {
		facts = append(facts, "position."+f)
	}
	defs := schema{
		"param": described("a parameter of params, by its name", schema{"type": "string", "pattern": paramPattern}),
		"value": described("a number, a parameter, a column of the candles, a name of let or an output of it, a fact of the position, or an object with one operator or indicator",
			anyOf(schema{"type": "number"}, refer("param"), refer("series"))),
		"series": described("a value that an indicator can be computed from: one that changes from candle to candle", anyOf(
			enum(reserved...), enum(facts...),
			schema{"type": "string", "pattern": outputPattern, "not": schema{"pattern": `^position(\.|$)`}},
			refer("calculation"), refer("indicator"),
		)),
		"condition": described("true, false, a condition of let by its name, or an object with one operator", anyOf(
			schema{"type": "boolean"},
			schema{"type": "string", "pattern": namePattern, "not": enum(append(reserved, "position")...)},
			refer("test"),
		)),
		"calculation": one(value),
		"test":        one(condition),
		"indicator":   one(indicatorSchemas()),
		"other": described("another timeframe, another instrument, or both",
			schema{"type": "string", "pattern": `\S`, "examples": []string{"4h", "ETH/USDT", "ETH/USDT 4h"}}),
		"zone": described("a time zone of the IANA database; UTC when left out", schema{"type": "string", "pattern": zonePattern}),
		"side": schema{},
	}
	defs["side"] = closed(schema{"long": refer("condition"), "short": refer("condition")})
	root := closed(sectionSchemas(), "name", "version", "timeframe", "enter", "size")
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = SchemaID
	root["title"] = "Strategy document"
	root["description"] = "A trading strategy as data: what to buy and sell and when, told at the close of candles."
	root["$defs"] = defs
	root["examples"] = []json.RawMessage{json.RawMessage(schemaExample)}
	stop := schema{"required": []string{"stop"}}
	root["allOf"] = []schema{
		described("a size by risk needs a stop", implies("size", "risk_percent", stop)),
		described("a size by risk does not go with a ladder", implies("size", "risk_percent", schema{"not": schema{"required": []string{"ladder"}}})),
		described("a target by risk needs a stop", implies("target", "risk", stop)),
	}
	return root
}

// implies is: where section has a member, the document must fit.
func implies(section, member string, fit schema) schema {
	has := schema{"type": "object", "required": []string{member}}
	return schema{
		"if":   schema{"required": []string{section}, "properties": schema{section: has}},
		"then": fit,
	}
}

// one is an object with one of these operators.
func one(operators schema) schema {
	s := closed(operators)
	s["minProperties"], s["maxProperties"] = 1, 1
	return s
}

// schemaExample is the document of the package comment.
const schemaExample = `{
	"name": "Dip in an uptrend", "version": 1, "timeframe": "1h",
	"params": {"fast": {"default": 50, "min": 10, "max": 100, "step": 5}},
	"let": {"trend": {"ema": ["close", "$fast"]}, "rsi": {"rsi": ["close", 14]}},
	"enter": {"long": {"all": [{"gt": ["close", "trend"]}, {"crosses_above": ["rsi", 30]}]}},
	"exit": {"long": {"gt": ["rsi", 70]}},
	"size": {"percent_of_equity": 20},
	"stop": {"atr": [14, 2.5]}, "target": {"percent": 6}
}`

// operatorSchemas are the operators that make values, and those that make conditions.
func operatorSchemas() (value, condition schema) {
	forms := argumentForms()
	on := func(of string) schema {
		return described("told from the candles of another timeframe or instrument that have closed by then", tuple(refer("other"), refer(of)))
	}
	value, condition = schema{"on": on("value")}, schema{"on": on("condition")}
	for _, o := range operators() {
		to := value
		if o.truth {
			to = condition
		}
		to[o.name] = described(o.text, forms[o.name])
	}
	return value, condition
}

// argumentForms says how the arguments of each operator are written, by its name.
func argumentForms() map[string]schema {
	value, condition := refer("value"), refer("condition")
	bars := whole(1, MaxBars)
	two, several := tuple(value, value), listOf(value, 2, 10)
	barsOf := tuple(value, bars)
	_, patterns := patternKind("")
	pattern := enum(patterns...)
	signal := schema{"type": "string", "pattern": signalPattern}
	days := listOf(enum(dayNames...), 1, 7)
	at := schema{"type": "string", "pattern": timePattern}
	forms := map[string]schema{
		"not":         condition,
		"between":     tuple(value, value, value),
		"rising":      barsOf,
		"falling":     barsOf,
		"for_bars":    tuple(condition, bars),
		"within_bars": tuple(condition, bars),
		"pattern":     anyOf(pattern, tuple(pattern, enum("bullish", "bearish", "any"))),
		"hours":       closed(schema{"from": at, "to": at, "zone": refer("zone")}, "from", "to"),
		"weekdays":    anyOf(days, closed(schema{"days": days, "zone": refer("zone")}, "days")),
		"session":     enum(keys(sessions)...),
		"in_position": anyOf(schema{"type": "boolean"}, enum("long", "short")),
		"open_for":    anyOf(whole(1, 1e6), schema{"type": "string", "pattern": durationPattern}),
		"signal":      anyOf(signal, tuple(signal, bars)),

		"in_profit_by": value,
		"abs":          value,
		"ago":          barsOf,
	}
	for _, name := range []string{"all", "any"} {
		forms[name] = listOf(condition, 1, MaxNodes)
	}
	for _, name := range []string{"gt", "gte", "lt", "lte", "eq", "ne", "crosses_above", "crosses_below", "crosses", "sub", "div"} {
		forms[name] = two
	}
	for _, name := range []string{"add", "mul", "max_of", "min_of"} {
		forms[name] = several
	}
	for _, name := range []string{"change", "change_percent"} {
		forms[name] = barsOf
	}
	// Each is described on its own, so none may be shared.
	for name, form := range forms {
		forms[name] = maps.Clone(form)
	}
	return forms
}

// indicatorSchemas are the indicators by name, and their outputs: "macd.signal".
func indicatorSchemas() schema {
	all := schema{}
	for _, k := range kinds() {
		all[k.Name] = kindSchema(k)
		for _, output := range k.Outputs {
			if len(k.Outputs) > 1 {
				all[k.Name+"."+output] = described("the output "+output+" of "+k.Name, refer("indicator/properties/"+k.Name))
			} else {
				all[k.Name+"."+output] = refer("indicator/properties/" + k.Name)
			}
		}
	}
	return all
}

// kindSchema says how an indicator is written: a list of the series that it is
// computed from and its parameters, some of which may be left out, or one of them.
func kindSchema(k *indicator.Kind) schema {
	params := make([]schema, len(k.Params))
	for i := range k.Params {
		params[i] = paramSchema(&k.Params[i])
	}
	var forms []schema
	for series := k.Series; series >= 0; series-- {
		var items []schema
		for range series {
			items = append(items, refer("series"))
		}
		items = append(items, params...)
		form := schema{"type": "array", "maxItems": len(items)}
		if len(items) > 0 {
			form["prefixItems"] = items
		}
		forms = append(forms, form)
	}
	if k.Series > 0 {
		forms = append(forms, refer("series"))
	}
	if len(params) > 0 {
		forms = append(forms, params[0])
	}
	return described(k.Text+" Written as ["+usage(k)+"].", anyOf(forms...))
}

func paramSchema(p *indicator.Param) schema {
	var s schema
	switch {
	case p.OneOf != nil:
		s = anyOf(enum(p.OneOf...), whole(0, float64(len(p.OneOf)-1)))
		s["default"] = p.OneOf[int(p.Default)]
	case p.Integer:
		s = whole(p.Min, p.Max)
		s["default"] = p.Default
	default:
		s = between(p.Min, p.Max)
		s["default"] = p.Default
	}
	s["title"] = p.Name
	return s
}

// sectionSchemas are the members of a document.
func sectionSchemas() schema {
	all := schema{
		"name": described("what people call it", schema{"type": "string", "minLength": 1, "maxLength": maxName, "pattern": visiblePattern}),
		"description": described("the author's words on it",
			schema{"type": "string", "maxLength": maxDescription}),
		"version":   described("the version of this form", schema{"const": Version}),
		"timeframe": described("the length of the candles at whose close the strategy decides", schema{"type": "string", "pattern": timeframePattern, "examples": []string{"15m", "1h", "1d"}}),
		"enter":     described("when to open a position", schema{"$ref": "#/$defs/side", "minProperties": 1}),
		"exit":      described("when to close it, beside stop, target, trail and time_exit", refer("side")),
	}
	number := schema{"type": "number"}
	all["params"] = described("numbers that can be set and optimised; named as $name", schema{
		"type": "object", "maxProperties": maxParams, "propertyNames": schema{"pattern": namePattern},
		"additionalProperties": closed(schema{
			"default": number, "min": number, "max": number,
			"step": schema{"type": "number", "exclusiveMinimum": 0}, "text": schema{"type": "string", "maxLength": maxParamText},
		}, "default", "min", "max"),
	})
	all["let"] = described("values and conditions with names of their own", schema{
		"type": "object", "maxProperties": maxLets,
		"propertyNames":        schema{"pattern": namePattern, "not": enum(append(append([]string{"position"}, columnNames...), derived...)...)},
		"additionalProperties": anyOf(refer("value"), refer("condition")),
	})
	percent := between(leastPercent, 100)
	amount := anyOf(schema{"type": "number", "exclusiveMinimum": 0}, schema{"type": "string", "pattern": amountPattern}, refer("param"))
	all["size"] = described("how much an entry trades", exactlyOne(schema{
		"percent_of_equity": described("percent of cash and positions", percent), "percent_of_cash": described("percent of the free cash", between(leastPercent, 100)),
		"quote": described("an amount of the quote currency", amount), "quantity": described("a quantity of the base", schema{"anyOf": amount["anyOf"]}),
		"risk_percent": described("percent of the equity that is lost at the stop", between(leastPercent, 100)),
	}, schema{"whole": described("whole units of the base only", schema{"type": "boolean"})}))
	addExits(all)
	all["ladder"] = described("adds to a position that moved against it", closed(schema{
		"entries":       described("how many times, at most", whole(1, 100)),
		"every_percent": described("how far the price moves against the position before each, in percent", between(leastPercent, 99)),
		"step_scale":    described("each way is so many times the one before", between(0.1, 10)),
		"size_scale":    described("each entry is so many times the one before", between(0.1, 10)),
	}, "entries", "every_percent"))
	all["reentry"] = described("when a position may be opened again", closed(schema{
		"wait_bars":       described("closes after a position ended", whole(1, 1e6)),
		"after_loss_bars": described("closes after one that lost", whole(1, 1e6)),
		"per_day":         described("entries a UTC day", whole(1, 10_000)),
		"reset":           described("whether the condition must have been untrue since the last entry", schema{"type": "boolean"}),
	}))
	all["protect"] = described("stops entries after losses", closed(schema{
		"drawdown_percent":   described("percent below the highest equity", between(leastPercent, 100)),
		"daily_loss_percent": described("percent of the equity at the start of the UTC day", between(leastPercent, 100)),
		"loss_streak":        described("positions in a row that lost", whole(1, 1000)),
		"pause_bars":         described("closes without entries; for good when left out", whole(1, 1e6)),
	}))
	return all
}

// addExits adds the exits that need no condition.
func addExits(all schema) {
	factor := between(0.01, 1000)
	period := schema{}
	if k, ok := lookup("atr"); ok {
		period = paramSchema(&k.Params[0])
	}
	atr := described("a number of bars and a factor: so many times the average true range", tuple(period, factor))
	price := described("a value at the decision to enter", refer("value"))
	percent := func(most float64) schema {
		return described("percent of the average price in", between(leastPercent, most))
	}
	all["stop"] = described("closes a position that lost", exactlyOne(schema{"percent": percent(mostBelow), "atr": atr, "price": price}, nil))
	all["target"] = described("closes a position that won", exactlyOne(schema{
		"percent": percent(mostAbove), "atr": atr, "price": price,
		"risk": described("so many times the way to the stop", factor),
	}, nil))
	all["trail"] = described("closes a position that fell back from its best close", exactlyOne(
		schema{"percent": described("percent of the best close", between(leastPercent, mostBelow)), "atr": atr},
		schema{"after_percent": described("percent of profit before it begins", between(leastPercent, mostAbove))},
	))
	all["time_exit"] = described("closes a position after a time", exactlyOne(schema{
		"bars": described("closes that saw it", whole(1, 1e6)), "hours": described("hours since the first fill", between(0.01, 1e6)),
	}, nil))
}

// exactlyOne is an object with one of some members, and perhaps others beside it.
func exactlyOne(of, beside schema) schema {
	members := schema{}
	var choices []schema
	for _, name := range keys(of) {
		members[name] = of[name]
		choices = append(choices, schema{"required": []string{name}})
	}
	maps.Copy(members, beside)
	s := closed(members)
	s["oneOf"] = choices
	return s
}

// The bounds of percentages, as the sections hold to them.
const (
	leastPercent = 0.0001
	mostBelow    = 99.99   // of a price: what is left is above zero
	mostAbove    = 100_000 // of a profit
	maxParamText = 200
)
