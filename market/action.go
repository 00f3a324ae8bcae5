package market

import (
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/money"
)

// ActionKind says what happened to an instrument.
type ActionKind string

// The kinds of corporate action.
const (
	Dividend  ActionKind = "dividend"  // cash is paid on each unit
	Split     ActionKind = "split"     // New units for Old ones; fewer is a reverse split
	Rename    ActionKind = "rename"    // it trades under another symbol
	Delisting ActionKind = "delisting" // it trades no more
)

// Action is a dated event in the life of an instrument that its prices do not tell.
type Action struct {
	Kind ActionKind `json:"kind"`
	// Date is the first moment that trades are without it: the ex-date of a dividend
	// or a split, the first moment of the new symbol, the first without trading.
	Date time.Time `json:"date"`
	// Known is when it became known, where that was after Date; zero is by Date.
	Known time.Time `json:"known,omitzero"`
	// New and Old are the units of a split: 7 for 1.
	New int64 `json:"new,omitzero"`
	Old int64 `json:"old,omitzero"`
	// Amount is what a dividend pays on each unit as it traded before Date, in quote.
	Amount decimal.Decimal `json:"amount,omitzero"`
	// Symbol is the symbol from Date on.
	Symbol string `json:"symbol,omitempty"`
}

// Validate returns an Invalid error that names the first field at fault.
func (a Action) Validate() error {
	if a.Date.IsZero() {
		return tradekeel.Invalidf("date", "is missing")
	}
	split, dividend, rename := a.New != 0 || a.Old != 0, !a.Amount.IsZero(), a.Symbol != ""
	switch a.Kind {
	case Dividend:
		if a.Amount.Sign() <= 0 || money.CheckDecimal(a.Amount) != nil {
			return tradekeel.Invalidf("amount", "must be above zero, got %s", a.Amount)
		}
		dividend = false
	case Split:
		if a.New <= 0 || a.Old <= 0 || a.New == a.Old {
			return tradekeel.Invalidf("new", "must be the units after for the units before such as 7 for 1, got %d for %d", a.New, a.Old)
		}
		split = false
	case Rename:
		if _, err := NewSpot(a.Symbol); err != nil {
			return err
		}
		rename = false
	case Delisting:
	default:
		return tradekeel.Invalidf("kind", "must be dividend, split, rename or delisting, got %.40q", string(a.Kind))
	}
	if split || dividend || rename {
		return tradekeel.Invalidf("kind", "is %s, but the fields of another kind are set", a.Kind)
	}
	return nil
}

// knownBy reports whether the action had come into force, and was known, by t.
func (a Action) knownBy(t time.Time) bool { return !a.Date.After(t) && !a.Known.After(t) }

// validActions returns the actions sorted by date, those of one date as they were
// given, or an Invalid error that names the first at fault.
func validActions(actions []Action) ([]Action, error) {
	for i, a := range actions {
		if err := a.Validate(); err != nil {
			return nil, tradekeel.Invalidf(fmt.Sprintf("actions[%d]", i), "%v", err)
		}
	}
	sorted := slices.Clone(actions)
	slices.SortStableFunc(sorted, func(a, b Action) int { return a.Date.Compare(b.Date) })
	return sorted, nil
}

// History is the life of one instrument: the symbol that it began with and what
// happened to it since.
type History struct {
	Symbol  string   `json:"symbol"`
	Actions []Action `json:"actions,omitempty"`
}

// Validate returns an Invalid error that names the first fault: a symbol that is
// none, a wrong action, or something that happens after a delisting.
func (h History) Validate() error {
	if _, err := NewSpot(h.Symbol); err != nil {
		return err
	}
	actions, err := validActions(h.Actions)
	if err != nil {
		return err
	}
	for i, a := range actions {
		if i > 0 && actions[i-1].Kind == Delisting {
			return tradekeel.Invalidf("actions", "a %s on %s comes after the delisting of %s", a.Kind, a.Date.UTC().Format(time.DateOnly), actions[i-1].Date.UTC().Format(time.DateOnly))
		}
	}
	return nil
}

// SymbolAt returns the symbol that the instrument had at a moment.
func (h History) SymbolAt(t time.Time) string {
	symbol, since := h.Symbol, time.Time{}
	for _, a := range h.Actions {
		if a.Kind == Rename && !a.Date.After(t) && !a.Date.Before(since) {
			symbol, since = a.Symbol, a.Date
		}
	}
	return symbol
}

// DelistedAt returns the first moment without trading; false when it still trades.
func (h History) DelistedAt() (time.Time, bool) {
	for _, a := range h.Actions {
		if a.Kind == Delisting {
			return a.Date, true
		}
	}
	return time.Time{}, false
}
