package honest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel/exchange"
)

// Kind says what was looked for.
type Kind string

// The kinds of finding.
const (
	Repeatable   Kind = "repeatable"   // the same run twice gives other orders
	LookAhead    Kind = "look_ahead"   // a decision knew later bars
	Foresight    Kind = "foresight"    // positions go with prices that the strategy was not given
	WarmUp       Kind = "warm_up"      // decisions hang on where the bars begin
	Survivorship Kind = "survivorship" // instruments as they are known today
	Listing      Kind = "listing"      // bars from before the listing or after the delisting
	Price        Kind = "price"        // a fill outside of its bar
	Gap          Kind = "gap"          // a fill where bars are missing
	Volume       Kind = "volume"       // a fill of more than the bar traded
	Rules        Kind = "rules"        // rules of another time
)

// Severity says how bad a finding is.
type Severity string

// The severities.
const (
	Fault   Severity = "fault"   // the result is wrong
	Warning Severity = "warning" // the result may be wrong
	Note    Severity = "note"    // worth knowing, or what could not be looked at
)

var rank = map[Severity]int{Fault: 0, Warning: 1, Note: 2}

// Finding is one thing that was found.
type Finding struct {
	Kind     Kind     `json:"kind"`
	Severity Severity `json:"severity"`
	// Instrument is "binance BTC/USDT", or empty where it is of no single one.
	Instrument string `json:"instrument,omitempty"`
	// Time is where it was found first; zero where it is of the whole run.
	Time time.Time `json:"time,omitzero"`
	// Intent and Fill name the order and the fill at fault; 0 where there is none.
	Intent exchange.IntentID `json:"intent,omitzero"`
	Fill   exchange.FillID   `json:"fill,omitzero"`
	// Count is how often it was found, this one among them.
	Count int `json:"count"`
	// Words say what is wrong, in a sentence.
	Words string `json:"words"`
}

// String returns "fault, look_ahead, 2021-01-02T03:00:00Z: …".
func (f Finding) String() string {
	parts := []string{string(f.Severity), string(f.Kind)}
	if f.Instrument != "" {
		parts = append(parts, f.Instrument)
	}
	if !f.Time.IsZero() {
		parts = append(parts, f.Time.Format(time.RFC3339))
	}
	return strings.Join(parts, ", ") + ": " + f.Words
}

// Start is what a run from a later start gave.
type Start struct {
	From time.Time `json:"from"`
	// Decisions are those of the whole run from there on, Differ how many moments
	// have other ones in the later run.
	Decisions int `json:"decisions"`
	Differ    int `json:"differ"`
	// Bars is how many bars of the main series passed until all later decisions agree;
	// 0 when they always do.
	Bars int `json:"bars"`
}

// History is how much of the past the decisions need.
type History struct {
	// Declared is the warm-up that the strategy's indicators declare, in bars of the
	// main series.
	Declared int `json:"declared"`
	// Needed is the most bars that it took until decisions agree.
	Needed int     `json:"needed"`
	Starts []Start `json:"starts"`
}

// Report is what was found, faults first, then by time.
type Report struct {
	Strategy string    `json:"strategy"`
	Findings []Finding `json:"findings"`
	Fills    int       `json:"fills"`  // that were looked at
	Reruns   int       `json:"reruns"` // of the strategy
	// Cuts are the closes at which look-ahead was looked for.
	Cuts []time.Time `json:"cuts,omitempty"`
	// History is nil where no run from a later start could be compared.
	History *History `json:"history,omitempty"`
}

// Faults returns the findings that make the result wrong.
func (r *Report) Faults() []Finding {
	var out []Finding
	for _, f := range r.Findings {
		if f.Severity == Fault {
			out = append(out, f)
		}
	}
	return out
}

// String returns a line for each finding, or that there is none.
func (r *Report) String() string {
	if len(r.Findings) == 0 {
		return fmt.Sprintf("%s: nothing found in %d fills and %d reruns", r.Strategy, r.Fills, r.Reruns)
	}
	lines := make([]string, len(r.Findings))
	for i, f := range r.Findings {
		lines[i] = f.String()
	}
	return strings.Join(lines, "\n")
}

// mostAlike is how many findings of one kind about one instrument are told each.
const mostAlike = 5

// arrange puts findings in order and counts those of a kind that are too many.
func arrange(all []Finding) []Finding {
	slices.SortStableFunc(all, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(rank[a.Severity], rank[b.Severity]), a.Time.Compare(b.Time), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Instrument, b.Instrument))
	})
	type alike struct {
		Kind
		Severity

		instrument string
	}
	told, last := map[alike]int{}, map[alike]int{}
	var out []Finding
	for _, f := range all {
		key := alike{f.Kind, f.Severity, f.Instrument}
		if f.Count == 0 {
			f.Count = 1
		}
		if told[key] == mostAlike {
			rest := &out[last[key]]
			rest.Count += f.Count
			continue
		}
		told[key]++
		last[key] = len(out)
		out = append(out, f)
	}
	for i := range out {
		if f := &out[i]; f.Count > 1 && told[alike{f.Kind, f.Severity, f.Instrument}] == mostAlike && last[alike{f.Kind, f.Severity, f.Instrument}] == i {
			f.Words += fmt.Sprintf(" The same holds %d more times.", f.Count-1)
		}
	}
	return out
}
