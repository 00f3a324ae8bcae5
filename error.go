package tradekeel

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Kind says what a caller can do about an error. It is a closed set; HTTP
// status codes and retry rules follow from it.
type Kind uint8

// The kinds of error. Internal is the zero value: what nobody classified is our
// fault, and its text is not shown to users.
const (
	Internal        Kind = iota // a defect or a broken environment
	Invalid                     // the input is wrong; the message says what would be right
	NotFound                    // no such thing, or it belongs to somebody else
	Conflict                    // it changed meanwhile, or exists already
	Forbidden                   // the actor may not do this
	Unauthenticated             // nobody is signed in
	Exhausted                   // a limit or quota is used up
	Unavailable                 // a dependency does not answer; the same call may succeed later
	Canceled                    // the caller gave up
	Unsupported                 // a named combination that is not offered
)

var kindNames = [...]string{
	"internal", "invalid", "not found", "conflict", "forbidden",
	"unauthenticated", "exhausted", "unavailable", "canceled", "unsupported",
}

// String returns the kind in words, for example "not found".
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind(%d)", uint8(k))
}

// Sentinels by kind: errors.Is(err, tradekeel.ErrNotFound) holds for every
// error of that kind, whichever domain it comes from.
var (
	ErrInvalid         = &Error{Kind: Invalid, Message: "invalid"}
	ErrNotFound        = &Error{Kind: NotFound, Message: "not found"}
	ErrConflict        = &Error{Kind: Conflict, Message: "conflict"}
	ErrForbidden       = &Error{Kind: Forbidden, Message: "forbidden"}
	ErrUnauthenticated = &Error{Kind: Unauthenticated, Message: "not signed in"}
	ErrExhausted       = &Error{Kind: Exhausted, Message: "limit reached"}
	ErrUnavailable     = &Error{Kind: Unavailable, Message: "unavailable"}
	ErrCanceled        = &Error{Kind: Canceled, Message: "canceled"}
	ErrUnsupported     = &Error{Kind: Unsupported, Message: "unsupported"}
)

// Error is an error that a caller can branch on, compare and read.
type Error struct {
	// Kind is what to branch on.
	Kind Kind
	// Code names the error for ever, as "<domain>.<name>"; programs and
	// translations key on it. Empty in the sentinels by kind.
	Code string
	// Field is the path of the input at fault, for example "cash" or
	// "params.fast"; empty when no single field is at fault.
	Field string
	// Message is for the person who made the call: what was wrong and what
	// would be right. It holds no secret.
	Message string
	// Params are the values that the message mentions, for translations.
	Params map[string]string
	// Cause is the error underneath. It is for logs, not for users, and is not
	// part of Error's text when Kind is not Internal and a message is set.
	Cause error
}

// Error returns the message with its field, for example
// "cash: must be above zero, got -5 USDT".
func (e *Error) Error() string {
	message := e.Message
	if message == "" {
		message = e.Kind.String()
	}
	if e.Field != "" {
		message = e.Field + ": " + message
	}
	if e.Cause != nil && (e.Kind == Internal || e.Message == "") {
		message += ": " + e.Cause.Error()
	}
	return message
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is reports a match by code, or by kind when the target carries no code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	if !ok {
		return false
	}
	if t.Code == "" {
		return t.Kind == e.Kind
	}
	return t.Code == e.Code
}

// With returns a copy of e that names the field at fault and says more.
func (e *Error) With(field, format string, args ...any) *Error {
	c := *e
	c.Field = field
	c.Message = fmt.Sprintf(format, args...)
	return &c
}

// Because returns a copy of e with a cause.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.Cause = cause
	return &c
}

// Invalidf makes an error of kind Invalid about a field of the input.
func Invalidf(field, format string, args ...any) *Error {
	return &Error{Kind: Invalid, Code: "invalid", Field: field, Message: fmt.Sprintf(format, args...)}
}

// KindOf returns the kind of the first classified error in err's tree. A
// cancelled or expired context is Canceled. Anything else is Internal, as is nil.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return Canceled
	}
	return Internal
}

// SafeToRetry reports whether the same call may be made again without a risk of
// doing the thing twice. A timeout is not safe: its outcome is unknown.
func SafeToRetry(err error) bool {
	k := KindOf(err)
	return err != nil && (k == Unavailable || k == Conflict)
}

// Violations returns every *Error of kind Invalid inside err, in order, so that
// a caller can show all faults of an input at once. Join them with errors.Join.
func Violations(err error) []*Error {
	var found []*Error
	var walk func(error)
	walk = func(err error) {
		if err == nil {
			return
		}
		if e, ok := err.(*Error); ok && e.Kind == Invalid && e.Message != "" {
			found = append(found, e)
			return
		}
		switch x := err.(type) {
		case interface{ Unwrap() []error }:
			for _, inner := range x.Unwrap() {
				walk(inner)
			}
		case interface{ Unwrap() error }:
			walk(x.Unwrap())
		}
	}
	walk(err)
	return found
}

// UserMessage returns what may be shown to a user: the messages of classified
// errors, and a fixed sentence for internal ones.
func UserMessage(err error) string {
	if all := Violations(err); len(all) > 0 {
		lines := make([]string, len(all))
		for i, v := range all {
			lines[i] = v.Error()
		}
		return strings.Join(lines, "\n")
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Kind != Internal {
		return e.Error()
	}
	if KindOf(err) == Canceled {
		return "canceled"
	}
	return "something went wrong on our side"
}
