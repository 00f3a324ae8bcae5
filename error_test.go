package tradekeel_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
)

func TestKinds(t *testing.T) {
	t.Parallel()
	domain := &tradekeel.Error{Kind: tradekeel.NotFound, Code: "bot.not_found", Message: "no such bot"}
	other := &tradekeel.Error{Kind: tradekeel.NotFound, Code: "user.not_found", Message: "no such user"}
	err := fmt.Errorf("load: %w", domain.With("id", "there is no bot %d", 7).Because(errors.New("SELECT failed")))
	if !errors.Is(err, tradekeel.ErrNotFound) || !errors.Is(err, domain) || errors.Is(err, other) || errors.Is(err, tradekeel.ErrInvalid) {
		t.Errorf("%v compares wrongly", err)
	}
	if got := err.Error(); got != "load: id: there is no bot 7" {
		t.Errorf("the text is %q: a cause is not for users", got)
	}
	for _, c := range []struct {
		err  error
		kind tradekeel.Kind
	}{
		{err, tradekeel.NotFound}, {nil, tradekeel.Internal}, {errors.New("x"), tradekeel.Internal},
		{context.Canceled, tradekeel.Canceled}, {fmt.Errorf("x: %w", context.DeadlineExceeded), tradekeel.Canceled},
		{errors.Join(errors.New("x"), tradekeel.ErrConflict), tradekeel.Conflict},
	} {
		if got := tradekeel.KindOf(c.err); got != c.kind {
			t.Errorf("the kind of %v is %s, want %s", c.err, got, c.kind)
		}
	}
	if tradekeel.Kind(200).String() != "kind(200)" || tradekeel.Exhausted.String() != "exhausted" {
		t.Error("kinds have wrong names")
	}
	if tradekeel.SafeToRetry(context.DeadlineExceeded) || tradekeel.SafeToRetry(nil) || !tradekeel.SafeToRetry(tradekeel.ErrUnavailable) {
		t.Error("a timeout may not be retried, what is unavailable may")
	}
}

func TestViolations(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("create: %w", errors.Join(
		tradekeel.Invalidf("cash", "must be above zero"),
		fmt.Errorf("inner: %w", errors.Join(tradekeel.Invalidf("fast", "must be below slow"), tradekeel.ErrConflict)),
	))
	all := tradekeel.Violations(err)
	if len(all) != 2 || all[0].Field != "cash" || all[1].Field != "fast" {
		t.Errorf("the violations are %v", all)
	}
	if got := tradekeel.UserMessage(err); got != "cash: must be above zero\nfast: must be below slow" {
		t.Errorf("a user reads %q", got)
	}
	for _, secret := range []error{errors.New("password=hunter2"), &tradekeel.Error{Kind: tradekeel.Internal, Message: "dsn postgres://u:hunter2@h"}} {
		if got := tradekeel.UserMessage(secret); strings.Contains(got, "hunter2") {
			t.Errorf("a user reads %q", got)
		}
	}
}

func TestIDs(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 23, 6, 0, 0, 0, time.UTC)
	seen := map[string]bool{}
	last := ""
	for i := range 1000 {
		id := tradekeel.NewID("bt", at.Add(time.Duration(i)*time.Millisecond))
		if len(id) != 29 || seen[id] || id <= last {
			t.Fatalf("%s comes after %s", id, last)
		}
		seen[id], last = true, id
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	type position struct {
		At int64
		ID string
	}
	var back position
	if err := tradekeel.DecodeCursor(tradekeel.EncodeCursor(position{1 << 60, "x/ü"}), &back); err != nil || back != (position{1 << 60, "x/ü"}) {
		t.Errorf("a cursor came back as %v, %v", back, err)
	}
	for _, cursor := range []string{"%", "e30x", "bnVsbA", "W10"} {
		if err := tradekeel.DecodeCursor(cursor, &back); cursor != "bnVsbA" && !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%q was taken as a cursor: %v", cursor, err)
		}
	}
	for _, c := range []struct {
		request tradekeel.PageRequest
		size    int
		wrong   string
	}{
		{tradekeel.PageRequest{}, tradekeel.DefaultPageSize, ""}, {tradekeel.PageRequest{Size: 500, Number: 3}, 500, ""},
		{tradekeel.PageRequest{Size: 501}, 0, "size"}, {tradekeel.PageRequest{Size: -1}, 0, "size"},
		{tradekeel.PageRequest{Number: -1}, 0, "number"}, {tradekeel.PageRequest{Number: 1, Cursor: "x"}, 0, "number"},
	} {
		got, err := c.request.Normal()
		if c.wrong == "" && (err != nil || got.Size != c.size) || c.wrong != "" && (err == nil || !strings.HasPrefix(err.Error(), c.wrong)) {
			t.Errorf("%+v became %+v, %v", c.request, got, err)
		}
	}
}

func TestOwnersOnly(t *testing.T) {
	t.Parallel()
	thing := tradekeel.Object{Kind: "bot", ID: "1", Owner: "ann"}
	for _, c := range []struct {
		actor tradekeel.Actor
		want  error
	}{
		{tradekeel.Actor{User: "ann"}, nil}, {tradekeel.SystemActor, nil},
		{tradekeel.Actor{User: "bob"}, tradekeel.ErrNotFound}, {tradekeel.Actor{}, tradekeel.ErrUnauthenticated},
	} {
		if err := (tradekeel.OwnersOnly{}).Authorize(t.Context(), c.actor, "bot.read", thing); !errors.Is(err, c.want) {
			t.Errorf("%+v got %v, want %v", c.actor, err, c.want)
		}
	}
	if got := tradekeel.ActorFrom(tradekeel.WithActor(t.Context(), tradekeel.Actor{User: "ann"})); got.User != "ann" {
		t.Errorf("the actor is %+v", got)
	}
	if tradekeel.ActorFrom(t.Context()).Signed() {
		t.Error("an empty context has an actor")
	}
}

func ExampleInvalidf() {
	err := errors.Join(
		tradekeel.Invalidf("cash", "must be above zero, got %d", -5),
		tradekeel.Invalidf("params.fast", "must be below slow, got %d and %d", 50, 30),
	)
	fmt.Println(tradekeel.UserMessage(err))
	fmt.Println(tradekeel.KindOf(err))
	// Output:
	// cash: must be above zero, got -5
	// params.fast: must be below slow, got 50 and 30
	// invalid
}
