package honest

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel/market"
)

// several is how many instruments a run has for its choice to matter.
const several = 2

// survivors looks whether the instruments of a run were chosen with knowledge of who
// would survive.
func survivors(all []*listing, candidates []*market.Instrument) []Finding {
	if len(all) == 0 {
		return nil
	}
	from, to := all[0].bars.Time[0], int64(math.MinInt64)
	for _, l := range all {
		for _, s := range l.all {
			from, to = min(from, s.Time[0]), max(to, s.Timeframe.Close(s.Time[s.Len()-1]))
		}
	}
	start, end := moment(from), moment(to)
	if len(candidates) > 0 {
		return append(chosen(all, candidates, start, end), latecomers(all, start)...)
	}
	if len(all) < several {
		return nil
	}
	out := latecomers(all, start)
	gone, unknown := 0, 0
	for _, l := range all {
		switch {
		case !l.Delisted.IsZero() && !l.Delisted.After(end):
			gone++
		case l.Listed.IsZero() && l.Delisted.IsZero():
			unknown++
		}
	}
	switch {
	case unknown == len(all):
		out = append(out, Finding{
			Kind: Survivorship, Severity: Note, Count: unknown,
			Words: fmt.Sprintf("When the %d instruments were listed and delisted is not known: whether they were chosen because they survived cannot be told.", unknown),
		})
	case gone == 0:
		out = append(out, Finding{
			Kind: Survivorship, Severity: Warning, Time: end,
			Words: fmt.Sprintf("All %d instruments still traded at the end, on %s: "+
				"if they come from a list of that day or later, those that failed are missing. State Candidates to tell.", len(all), date(end)),
		})
	}
	return out
}

// latecomers are instruments of a list that were not there at its start.
func latecomers(all []*listing, start time.Time) []Finding {
	if len(all) < several {
		return nil
	}
	var out []Finding
	for _, l := range all {
		if !l.Listed.IsZero() && l.Listed.After(start) {
			f := l.about(Survivorship, Note, l.Listed.UnixNano(), "It was listed on %s, after the run begins: at the start nobody could choose it.", date(l.Listed))
			out = append(out, f)
		}
	}
	return out
}

// unlikely is the chance below which a choice without any that failed is no chance.
const unlikely = 0.01

// chosen compares the instruments of a run with those that could have been chosen when
// it starts.
func chosen(all []*listing, candidates []*market.Instrument, start, end time.Time) []Finding {
	has := func(in *market.Instrument) bool {
		return slices.ContainsFunc(all, func(l *listing) bool { return l.Venue == in.Venue && l.Symbol == in.Symbol })
	}
	there, gone, taken, takenGone := 0, 0, 0, 0
	var missing []string
	for _, in := range candidates {
		if !in.TradesAt(start) {
			continue
		}
		there++
		fails := !in.Delisted.IsZero() && !in.Delisted.After(end)
		if fails {
			gone++
		}
		switch {
		case has(in):
			taken++
			if fails {
				takenGone++
			}
		case fails:
			missing = append(missing, in.Symbol)
		}
	}
	if gone == 0 || takenGone > 0 || taken == 0 {
		return nil
	}
	// The chance that a choice of so many by lot has none of those that fail.
	chance := 1.0
	for i := range taken {
		chance *= float64(there-gone-i) / float64(there-i)
	}
	severity := Warning
	if chance < unlikely {
		severity = Fault
	}
	const most = 5
	names := strings.Join(missing[:min(most, len(missing))], ", ")
	if len(missing) > most {
		names += fmt.Sprintf(" and %d more", len(missing)-most)
	}
	return []Finding{{
		Kind: Survivorship, Severity: severity, Time: start, Count: len(missing),
		Words: fmt.Sprintf("Of %d instruments that traded on %s, %d were delisted by %s (%s); not one of them is among the %d of the run. Drawn by lot that has a chance of %.2g.",
			there, date(start), gone, date(end), names, taken, max(0, chance)),
	}}
}
