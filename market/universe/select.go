package universe

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Candidate is an instrument that may be chosen, with what its figures are made of.
type Candidate struct {
	// Series is its candles, which may be none; Series.Instrument is who is chosen.
	Series *market.Series
	// Quotes are for Spread, oldest first.
	Quotes []BookQuote
}

// BookQuote is the best prices at a moment, in stored integers.
type BookQuote struct {
	Time     int64 // nanoseconds UTC
	Bid, Ask int64
}

// Selection is what a universe held at a moment.
type Selection struct {
	At     time.Time
	Chosen []*market.Instrument // in order
	// Verdicts are of every candidate, by venue and symbol.
	Verdicts []Verdict
}

// Verdict says what became of a candidate.
type Verdict struct {
	Instrument *market.Instrument
	Rank       int  // from 1 in Chosen; 0 when it was dropped
	Filter     int  // index of the filter that dropped it, -1 for Listed
	Kind       Kind // of that filter; empty when it was chosen
	Reason     string
}

// String returns "BTC/USDT: chosen as 1" or "DOGE/USDT: dropped by filter 2, volume:
// 812.5 is below 1000".
func (v Verdict) String() string {
	switch {
	case v.Rank > 0:
		return fmt.Sprintf("%s: chosen as %d", v.Instrument, v.Rank)
	case v.Filter < 0:
		return fmt.Sprintf("%s: %s", v.Instrument, v.Reason)
	}
	return fmt.Sprintf("%s: dropped by filter %d, %s: %s", v.Instrument, v.Filter+1, v.Kind, v.Reason)
}

// Select evaluates the filters at a moment. Invalid when a filter or a candidate is
// wrong, or an instrument is there twice.
func (u Universe) Select(candidates []Candidate, at time.Time) (Selection, error) {
	if err := u.Validate(); err != nil {
		return Selection{}, err
	}
	if at.IsZero() {
		return Selection{}, tradekeel.Invalidf("at", "is missing: a universe is of a moment")
	}
	all := make([]*known, len(candidates))
	for i, c := range candidates {
		if err := c.validate(); err != nil {
			return Selection{}, tradekeel.Invalidf(fmt.Sprintf("candidates[%d]", i), "%v", err)
		}
		k := &known{series: c.Series.Between(time.Time{}, at), at: at}
		seen, _ := slices.BinarySearchFunc(c.Quotes, at.UnixNano(), func(q BookQuote, t int64) int {
			if q.Time <= t {
				return -1
			}
			return 1
		})
		if seen > 0 {
			k.quote = &c.Quotes[seen-1]
		}
		all[i] = k
	}
	slices.SortStableFunc(all, byName)
	for i := 1; i < len(all); i++ {
		if byName(all[i-1], all[i]) == 0 {
			return Selection{}, tradekeel.Invalidf("candidates", "%s is there twice", all[i].series.Instrument)
		}
	}
	e := evaluation{verdicts: map[*known]*Verdict{}}
	for _, k := range all {
		e.verdicts[k] = &Verdict{Instrument: k.series.Instrument}
	}
	e.filter, e.kind = -1, Listed
	left := e.keep(all, listed)
	for i, f := range u.Filters {
		e.filter, e.kind = i, f.Kind
		left = e.run(f, left)
	}
	s := Selection{At: at}
	for i, k := range left {
		e.verdicts[k].Rank = i + 1
		s.Chosen = append(s.Chosen, k.series.Instrument)
	}
	for _, k := range all {
		s.Verdicts = append(s.Verdicts, *e.verdicts[k])
	}
	return s, nil
}

func (c Candidate) validate() error {
	if err := c.Series.Validate(); err != nil {
		return err
	}
	for i, q := range c.Quotes {
		if q.Bid <= 0 || q.Ask < q.Bid || i > 0 && q.Time < c.Quotes[i-1].Time {
			return tradekeel.Invalidf(fmt.Sprintf("quotes[%d]", i), "must be sorted by time and have a bid above zero and an ask not below it")
		}
	}
	return nil
}

func byName(a, b *known) int {
	x, y := a.series.Instrument, b.series.Instrument
	return cmp.Or(strings.Compare(x.Venue, y.Venue), strings.Compare(x.Symbol, y.Symbol))
}

func listed(k *known) string {
	in := k.series.Instrument
	switch {
	case in.TradesAt(k.at):
		return ""
	case k.at.Before(in.Listed):
		return "is listed on " + in.Listed.UTC().Format(time.DateOnly) + " only"
	}
	return "was delisted on " + in.Delisted.UTC().Format(time.DateOnly)
}

// evaluation is one run through the filters.
type evaluation struct {
	verdicts map[*known]*Verdict
	filter   int
	kind     Kind
}

// keep returns those that a test has nothing against, and notes what it has.
func (e *evaluation) keep(all []*known, against func(*known) string) []*known {
	var left []*known
	for _, k := range all {
		if why := against(k); why != "" {
			e.drop(k, why)
			continue
		}
		left = append(left, k)
	}
	return left
}

func (e *evaluation) drop(k *known, why string) {
	v := e.verdicts[k]
	v.Filter, v.Kind, v.Reason = e.filter, e.kind, why
}

func (e *evaluation) run(f Filter, all []*known) []*known {
	switch f.Kind {
	case Top:
		return e.top(f, all)
	case Correlation:
		return e.uncorrelated(f, all)
	case Age:
		return e.keep(all, func(k *known) string {
			since, is := k.since()
			if !is {
				return "it is not known since when it trades"
			}
			if since.After(before(k.at, f.Window)) {
				return fmt.Sprintf("has traded since %s, which is less than %s", since.UTC().Format(time.DateOnly), f.Window)
			}
			return ""
		})
	case Fresh:
		return e.keep(all, func(k *known) string {
			n := k.series.Len()
			if n == 0 {
				return "no candle has closed"
			}
			if last := k.series.Closes()[n-1]; last <= before(k.at, f.Window).UnixNano() {
				return fmt.Sprintf("the last candle closed %s, more than %s ago", time.Unix(0, last).UTC().Format(time.RFC3339), f.Window)
			}
			return ""
		})
	case Quote:
		return e.keep(all, func(k *known) string {
			if quote := string(k.series.Instrument.Quote); !slices.Contains(f.Names, quote) {
				return "is quoted in " + quote
			}
			return ""
		})
	case Only, Exclude:
		return e.keep(all, func(k *known) string {
			in := k.series.Instrument
			named := slices.Contains(f.Names, in.Symbol) || slices.Contains(f.Names, in.String())
			switch {
			case named && f.Kind == Exclude:
				return "is excluded"
			case !named && f.Kind == Only:
				return "is not among the names"
			}
			return ""
		})
	default:
		return e.keep(all, f.against)
	}
}

// against says what the bounds have against a figure.
func (f Filter) against(k *known) string {
	value, missing := k.figure(f.Kind, f.Window)
	switch {
	case missing != "":
		return missing
	case f.Min != nil && value.LessThan(*f.Min):
		return fmt.Sprintf("%s is below %s", value, f.Min)
	case f.Max != nil && value.GreaterThan(*f.Max):
		return fmt.Sprintf("%s is above %s", value, f.Max)
	}
	return ""
}

func (e *evaluation) top(f Filter, all []*known) []*known {
	values := map[*known]decimal.Decimal{}
	ranked := e.keep(all, func(k *known) string {
		value, missing := k.figure(f.By, f.Window)
		values[k] = value
		return missing
	})
	slices.SortStableFunc(ranked, func(a, b *known) int {
		if f.Ascending {
			a, b = b, a
		}
		return values[b].Cmp(values[a])
	})
	for i := f.Count; i < len(ranked); i++ {
		e.drop(ranked[i], fmt.Sprintf("is number %d by %s with %s, of %d that are kept", i+1, f.By, values[ranked[i]], f.Count))
	}
	return ranked[:min(f.Count, len(ranked))]
}

func (e *evaluation) uncorrelated(f Filter, all []*known) []*known {
	var left []*known
	for _, k := range all {
		why := ""
		for _, other := range left {
			value, missing := correlation(other, k, f.Window)
			if missing != "" {
				why = fmt.Sprintf("nothing is known of its correlation with %s: %s", other.series.Instrument, missing)
			} else if value.Abs().GreaterThan(*f.Max) {
				why = fmt.Sprintf("correlates with %s by %s, above %s", other.series.Instrument, value, f.Max)
			}
			if why != "" {
				break
			}
		}
		if why != "" {
			e.drop(k, why)
			continue
		}
		left = append(left, k)
	}
	return left
}
