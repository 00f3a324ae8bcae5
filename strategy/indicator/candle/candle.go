// Package candle recognises candle patterns: the 61 of TA-Lib, judged as TA-Lib
// judges them with its standard settings.
//
// A Pattern is a name. Its definition reads open, high, low and close like any other
// indicator, and its output is a number a bar:
//
//	0       no pattern ends at this bar
//	 100    a bullish one does, or one without a direction
//	-100    a bearish one does
//	±80     engulfing, harami and harami_cross that meet at one end of the bodies
//	±200    hikkake and modified_hikkake, confirmed by this bar's close
//
//	d := candle.Engulfing.Definition()
//	found := indicator.Of(d, series)[0]
//
// A pattern is known at the close of its last bar and depends on no later one.
// Documents name a pattern by its kind, "cdl_engulfing": see Kinds and Lookup.
//
// # What long, short and near mean
//
// Sizes are judged by what was usual just before the candle in question:
//
//	long, short body      more, less than the mean body of the 10 candles before
//	doji                  a body of at most a tenth of their mean range
//	very short shadow     less than a tenth of their mean range
//	short shadow          less than half of the mean of both their shadows together
//	long shadow           longer than the candle's own body; very long: than twice it
//	near, far, equal      within 0.2, 0.6, 0.05 of the mean range of the 5 before
//
// A candle whose close equals its open counts as white. One that holds a NaN meets no
// condition. A mean is added up anew from its own window at each bar, so that no
// rounding of what has left the window remains; after equal prices it is 0 exactly. Where two sides of a comparison are
// equal as decimals, the last bit of float64 decides, here as in TA-Lib.
//
// Sources: Steve Nison, Japanese Candlestick Charting Techniques, 1991; Gregory L.
// Morris, Candlestick Charting Explained, 1995; Daniel L. Chesler, The Hikkake
// Pattern, 2003. The thresholds and the exact conditions are TA-Lib's.
package candle

import (
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// Pattern is a candle pattern by name, for example "three_white_soldiers".
type Pattern string

// Direction is what a pattern says of the prices to come.
type Direction string

// The directions.
const (
	Bullish Direction = "bullish" // only positive values
	Bearish Direction = "bearish" // only negative values
	Both    Direction = "both"    // the sign tells
	Neutral Direction = "neutral" // 100 says that it is there, not where prices go
)

// prefix tells kinds of this package from those of indicator.
const prefix = "cdl_"

// All returns every pattern, sorted by name.
func All() []Pattern {
	all := make([]Pattern, len(rules))
	for i := range rules {
		all[i] = rules[i].name
	}
	slices.Sort(all)
	return all
}

// Definition returns the definition with the standard parameters. That of a name
// that is no pattern is not valid.
func (p Pattern) Definition() indicator.Definition {
	k, ok := p.Kind()
	if !ok {
		return unknown(p)
	}
	d, _ := k.Make() // the defaults are valid
	return d
}

// Penetration returns the definition of a pattern of which one candle must reach
// into another by this part of its body, for example 0.3. The definition of a
// pattern without such a part, or of a part below 0 or above 1, is not valid.
func (p Pattern) Penetration(part float64) indicator.Definition {
	k, ok := p.Kind()
	if !ok {
		return unknown(p)
	}
	d, err := k.Make(part)
	if err != nil {
		return refused{p, err}
	}
	return d
}

// Kind returns the kind, named "cdl_" and the pattern, and whether there is one.
func (p Pattern) Kind() (*indicator.Kind, bool) { return Lookup(prefix + string(p)) }

// TALib returns TA-Lib's name, for example "CDL3WHITESOLDIERS"; empty for a name
// that is no pattern.
func (p Pattern) TALib() string { return p.rule().talib }

// Text says in one line what the pattern is.
func (p Pattern) Text() string { return p.rule().text }

// Direction returns what the pattern says of the prices to come.
func (p Pattern) Direction() Direction { return p.rule().direction }

func (p Pattern) rule() rule {
	for i := range rules {
		if rules[i].name == p {
			return rules[i]
		}
	}
	return rule{}
}

// Kinds returns the kind of every pattern, sorted by name.
func Kinds() []*indicator.Kind { return slices.Clone(kinds) }

// Lookup returns the kind of a name like "cdl_engulfing", and whether there is one.
func Lookup(name string) (*indicator.Kind, bool) {
	i, found := slices.BinarySearchFunc(kinds, name, func(k *indicator.Kind, name string) int { return strings.Compare(k.Name, name) })
	if !found {
		return nil, false
	}
	return kinds[i], true
}

var kinds = kindsOf(rules)

func kindsOf(rules []rule) []*indicator.Kind {
	all := make([]*indicator.Kind, len(rules))
	for i := range rules {
		r := &rules[i]
		k := indicator.Kind{
			Name: prefix + string(r.name), Version: 1, Text: "candle pattern: " + r.text,
			Inputs: columns(), Outputs: []string{"value"},
		}
		if r.penetration > 0 {
			k.Params = []indicator.Param{{Name: "penetration", Default: r.penetration, Min: 0, Max: 1}}
		}
		all[i] = indicator.NewKind(k,
			func([]float64) []int { return []int{r.warmup} },
			func(p []float64) indicator.Computation { return start(r, p) })
	}
	slices.SortFunc(all, func(a, b *indicator.Kind) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// columns are what every pattern reads.
func columns() []market.Field {
	return []market.Field{market.Open, market.High, market.Low, market.Close}
}

// refused is a definition that is not valid, and says why.
type refused struct {
	pattern Pattern
	why     error
}

func unknown(p Pattern) refused {
	return refused{p, tradekeel.Invalidf("pattern", "there is no candle pattern %q; All lists them", string(p))}
}

func (r refused) Key() string                 { return prefix + string(r.pattern) + "(invalid)" }
func (r refused) Validate() error             { return r.why }
func (r refused) Inputs() []market.Field      { return columns() }
func (r refused) Outputs() []indicator.Output { return []indicator.Output{{Name: "value"}} }
func (r refused) New() indicator.Computation  { return refused{} }
func (refused) Next(_, out [][]float64) {
	for i := range out[0] {
		out[0][i] = nan
	}
}
