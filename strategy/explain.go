package strategy

import (
	"math"
	"strconv"
	"strings"
	"time"
)

// Explainer is an Instance that can say why it decided as it did, or did nothing.
type Explainer interface {
	// Explain tells of the decision at the last close that it was asked about. It is
	// called between two calls of OnBar.
	Explain() Explanation
}

// Explanation is why an instance decided as it did at one close.
type Explanation struct {
	Time   time.Time   `json:"time"`             // the close
	Action string      `json:"action"`           // "buy", "close", "add", "no entry", "hold"
	Reason string      `json:"reason,omitempty"` // the rule that decided, or what stood in its way
	Rules  []Explained `json:"rules"`
}

// Explained is one condition or value of a rule, with what it was.
type Explained struct {
	// Path is where it stands in the document.
	Path string `json:"path,omitempty"`
	// Text is how it reads, its arguments left out where they follow in Of.
	Text string `json:"text"`
	// Condition tells a condition from a value.
	Condition bool `json:"condition"`
	// Truth is whether a condition held; nil when that is unknown.
	Truth *bool `json:"truth,omitempty"`
	// Value and Before are a value at this bar and at the one before; nil when unknown.
	Value  *float64 `json:"value,omitempty"`
	Before *float64 `json:"before,omitempty"`
	// Note says what is not plain from the values, for example "was above already".
	Note string      `json:"note,omitempty"`
	Of   []Explained `json:"of,omitempty"`
}

// String draws the explanation as a tree:
//
//	2021-03-04 09:00  no entry
//	  enter.long  all                         false
//	  ├─ gt: close 48120.5, trend 47800.2     true
//	  └─ crosses_above: rsi 34.1 → 36, 30     false   was above already
func (e Explanation) String() string {
	var rows [][3]string
	for i := range e.Rules {
		rows = e.Rules[i].draw(rows, "", "")
	}
	width := 0
	for _, r := range rows {
		width = max(width, len([]rune(r[0])))
	}
	var b strings.Builder
	b.WriteString(e.Time.UTC().Format("2006-01-02 15:04") + "  " + e.Action)
	if e.Reason != "" {
		b.WriteString(": " + e.Reason)
	}
	for _, r := range rows {
		b.WriteString("\n  " + r[0] + strings.Repeat(" ", width-len([]rune(r[0]))) + "  " + r[1])
		if r[2] != "" {
			b.WriteString("   " + r[2])
		}
	}
	return b.String()
}

func (x *Explained) draw(rows [][3]string, first, rest string) [][3]string {
	text := first + x.Text
	var below []*Explained
	var values []string
	for i := range x.Of {
		if of := &x.Of[i]; of.Condition || len(of.Of) > 0 && hasConditions(of) {
			below = append(below, of)
		} else {
			values = append(values, of.line())
		}
	}
	if len(values) > 0 {
		text += ": " + strings.Join(values, ", ")
	}
	truth := "unknown"
	switch {
	case !x.Condition:
		truth = shownFloat(x.Value)
	case x.Truth != nil:
		truth = strconv.FormatBool(*x.Truth)
	}
	rows = append(rows, [3]string{text, truth, x.Note})
	for i, of := range below {
		if i == len(below)-1 {
			rows = of.draw(rows, rest+"└─ ", rest+"   ")
		} else {
			rows = of.draw(rows, rest+"├─ ", rest+"│  ")
		}
	}
	return rows
}

func hasConditions(x *Explained) bool {
	for i := range x.Of {
		if x.Of[i].Condition || hasConditions(&x.Of[i]) {
			return true
		}
	}
	return false
}

// line is a value in one line: "rsi 34.1 → 36".
func (x *Explained) line() string {
	value := shownFloat(x.Value)
	if x.Text == value {
		return value
	}
	if x.Before != nil && x.Value != nil && *x.Before != *x.Value {
		value = shownFloat(x.Before) + " → " + value
	}
	return x.Text + " " + value
}

func shownFloat(v *float64) string {
	if v == nil {
		return "unknown"
	}
	if *v != 0 && math.Abs(*v) < 1e-4 {
		return strconv.FormatFloat(*v, 'g', 6, 64)
	}
	text := strconv.FormatFloat(*v, 'f', 4, 64)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".")
}
