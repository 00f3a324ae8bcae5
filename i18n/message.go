package i18n

import (
	"errors"
	"maps"
	"strings"

	"github.com/tradekeel/tradekeel"
)

// Message is a sentence of the program: a catalogue makes words of it.
type Message struct {
	// Key names the sentence for ever, for example "backtest.not_found".
	Key string `json:"key"`
	// Params are the values in the sentence, by name. They are data: whoever shows
	// them escapes them.
	Params map[string]string `json:"params,omitempty"`
	// Field is the path of the input that it is about; empty for none.
	Field string `json:"field,omitempty"`
	// Default is the sentence in English, for a catalogue without the key. It may
	// be shown to users.
	Default string `json:"default,omitempty"`
}

// MessageOf returns what may be told a user about an error: every fault of an
// input, in order, else the first classified error of its tree. What nobody
// classified, and what is our own fault, is "internal" and nothing of its text;
// a context that is over is "canceled". An error by kind alone has the name of the
// kind as its key, for example "not_found". Nil gives none.
func MessageOf(err error) []Message {
	if err == nil {
		return nil
	}
	if faults := tradekeel.Violations(err); len(faults) > 0 {
		out := make([]Message, len(faults))
		for i, f := range faults {
			out[i] = messageOf(f)
		}
		return out
	}
	kind := tradekeel.KindOf(err)
	if e, ok := errors.AsType[*tradekeel.Error](err); ok && kind != tradekeel.Internal {
		return []Message{messageOf(e)}
	}
	return []Message{{Key: keyOf(kind), Default: tradekeel.UserMessage(err)}}
}

func messageOf(e *tradekeel.Error) Message {
	m := Message{Key: e.Code, Field: e.Field, Default: e.Message, Params: maps.Clone(e.Params)}
	if m.Key == "" {
		m.Key = keyOf(e.Kind)
	}
	if m.Default == "" {
		m.Default = e.Kind.String()
	}
	return m
}

func keyOf(kind tradekeel.Kind) string { return strings.ReplaceAll(kind.String(), " ", "_") }
