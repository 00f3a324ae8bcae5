package universe

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// Kind says what a filter looks at.
type Kind string

// The kinds of filter. Figures with a window are of the candles that opened and
// closed within it.
const (
	// Volume is the turnover in quote: the sum of volume × close of the candles.
	Volume Kind = "volume"
	// Range is the highest high less the lowest low, as a fraction of the low.
	Range Kind = "range"
	// Volatility is the standard deviation (n-1) of the logarithmic returns from
	// candle to candle; not annualised, so it depends on the timeframe.
	Volatility Kind = "volatility"
	// Performance is the last close against the last one at least a window ago, as a
	// fraction: 0.1 is 10 % more.
	Performance Kind = "performance"
	// Price is the last close.
	Price Kind = "price"
	// Spread is ask less bid as a fraction of their middle, of the last quote; one
	// older than the window is none.
	Spread Kind = "spread"
	// Age keeps what has traded for the window at least: since its listing, or since
	// its first candle where that date is not known.
	Age Kind = "age"
	// Fresh keeps what has a candle that closed within the window.
	Fresh Kind = "fresh"
	// Quote keeps what is quoted in one of the currencies of Names.
	Quote Kind = "quote"
	// Only keeps the symbols of Names, Exclude drops them. "BTC/USDT" is of every
	// venue, "binance BTC/USDT" of one.
	Only    Kind = "only"
	Exclude Kind = "exclude"
	// Correlation drops what moves with one that stands before it in the order: its
	// returns, of the candles that both have, correlate (Pearson) by more than Max or
	// less than -Max. Below ten common returns nothing is known.
	Correlation Kind = "correlation"
	// Top keeps the Count largest by the figure of By, and puts them in its order.
	Top Kind = "top"

	// Listed is no filter to be stated: it goes before all of them, and drops what is
	// not yet listed or no more.
	Listed Kind = "listed"
)

// Filter is one step of a universe. Which fields a kind has stands in the table of
// the package's tests and in the errors of Validate.
type Filter struct {
	Kind   Kind             `json:"kind"`
	Window market.Timeframe `json:"window,omitzero"`
	Min    *decimal.Decimal `json:"min,omitempty"` // the least that passes
	Max    *decimal.Decimal `json:"max,omitempty"` // the most that passes
	Names  []string         `json:"names,omitempty"`
	By     Kind             `json:"by,omitempty"`
	Count  int              `json:"count,omitzero"`
	// Ascending makes Top keep the smallest, the smallest first.
	Ascending bool `json:"ascending,omitzero"`
}

// Universe is filters in order. Without any it is everything that is listed.
type Universe struct {
	Filters []Filter `json:"filters"`
}

// shape says which fields a kind has.
type shape struct {
	window, bounds, max, names, top bool
}

var shapes = map[Kind]shape{
	Volume:      {window: true, bounds: true},
	Range:       {window: true, bounds: true},
	Volatility:  {window: true, bounds: true},
	Performance: {window: true, bounds: true},
	Spread:      {window: true, bounds: true},
	Price:       {bounds: true},
	Age:         {window: true},
	Fresh:       {window: true},
	Quote:       {names: true},
	Only:        {names: true},
	Exclude:     {names: true},
	Correlation: {window: true, max: true},
	Top:         {top: true},
}

const (
	maxFilters = 100
	maxNames   = 10_000
	maxCount   = 1_000_000
)

// Validate returns every fault of the filters, joined, each Invalid with a path such
// as "filters[2].window".
func (u Universe) Validate() error {
	var wrong []error
	if len(u.Filters) > maxFilters {
		return tradekeel.Invalidf("filters", "must be at most %d, got %d", maxFilters, len(u.Filters))
	}
	for i, f := range u.Filters {
		for _, fault := range f.faults() {
			fault.Field = fmt.Sprintf("filters[%d].%s", i, fault.Field)
			wrong = append(wrong, fault)
		}
	}
	return errors.Join(wrong...)
}

func (f Filter) faults() []*tradekeel.Error {
	s, known := shapes[f.Kind]
	if !known {
		return []*tradekeel.Error{tradekeel.Invalidf("kind", "must be one of %s, got %.40q", kinds(), string(f.Kind))}
	}
	var wrong []*tradekeel.Error
	say := func(field, format string, args ...any) {
		wrong = append(wrong, tradekeel.Invalidf(field, format, args...))
	}
	if s.top {
		if by := shapes[f.By]; !by.bounds {
			say("by", "must be one of %s, got %.40q", figureKinds(), string(f.By))
		} else {
			s.window = by.window
		}
		if f.Count < 1 || f.Count > maxCount {
			say("count", "must be from 1 to %d, got %d", maxCount, f.Count)
		}
	} else {
		for _, other := range []struct {
			name string
			set  bool
		}{{"by", f.By != ""}, {"count", f.Count != 0}, {"ascending", f.Ascending}} {
			if other.set {
				say(other.name, "is not of %s", f.Kind)
			}
		}
	}
	switch {
	case !s.window && f.Window != 0:
		say("window", "is not of %s", f.Kind)
	case s.window && (f.Window == 0 || f.Window.Validate() != nil):
		say("window", "must be a length such as 30d")
	}
	f.boundFaults(s, say)
	f.nameFaults(s, say)
	return wrong
}

func (f Filter) boundFaults(s shape, say func(field, format string, args ...any)) {
	for _, b := range []struct {
		name  string
		value *decimal.Decimal
		of    bool
	}{{"min", f.Min, s.bounds}, {"max", f.Max, s.bounds || s.max}} {
		if b.value == nil {
			continue
		}
		if !b.of {
			say(b.name, "is not of %s", f.Kind)
		} else if money.CheckDecimal(*b.value) != nil {
			say(b.name, "is out of range")
		}
	}
	switch {
	case s.bounds && f.Min == nil && f.Max == nil:
		say("min", "needs min, max or both")
	case s.bounds && f.Min != nil && f.Max != nil && f.Min.GreaterThan(*f.Max):
		say("max", "must not be below min, got %s and %s", f.Max, f.Min)
	case s.max && (f.Max == nil || f.Max.Sign() < 0 || f.Max.GreaterThan(decimal.NewFromInt(1))):
		say("max", "must be from 0 to 1")
	}
}

func (f Filter) nameFaults(s shape, say func(field, format string, args ...any)) {
	switch {
	case !s.names:
		if len(f.Names) > 0 {
			say("names", "is not of %s", f.Kind)
		}
	case len(f.Names) == 0 || len(f.Names) > maxNames:
		say("names", "must be from 1 to %d, got %d", maxNames, len(f.Names))
	default:
		for i, name := range f.Names {
			if f.Kind == Quote {
				if err := money.Currency(name).Validate(); err != nil {
					say(fmt.Sprintf("names[%d]", i), "must be a currency such as USDT, got %.40q", name)
				}
				continue
			}
			symbol := name[strings.IndexByte(name, ' ')+1:]
			if _, err := market.NewSpot(symbol); err != nil {
				say(fmt.Sprintf("names[%d]", i), "must be a symbol such as BTC/USDT, with a venue or without, got %.40q", name)
			}
		}
	}
}

func kinds() string { return sorted(func(shape) bool { return true }) }

func figureKinds() string { return sorted(func(s shape) bool { return s.bounds }) }

func sorted(keep func(shape) bool) string {
	var names []string
	for kind, s := range shapes {
		if keep(s) {
			names = append(names, string(kind))
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
