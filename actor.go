package tradekeel

import "context"

// Actor is who makes a call. Services take it as an argument and authorise by
// it; they never read it from the context. Only HTTP adapters do that.
type Actor struct {
	// User is the person or, for acts of the platform itself, empty.
	User UserID
	// System marks the platform's own acts: jobs, start-up, migration.
	System bool
}

// Signed reports whether there is anybody: a user or the platform itself.
func (a Actor) Signed() bool { return a.User != "" || a.System }

// SystemActor is the platform acting by itself.
var SystemActor = Actor{System: true}

// Permission names one act on one kind of thing, for example "backtest.create".
type Permission string

// Object is what an act is on.
type Object struct {
	Kind  string // the domain's noun, for example "backtest"
	ID    string // empty for acts on no single thing, such as create
	Owner UserID // who owns it
}

// Authorizer decides whether an actor may act on an object.
type Authorizer interface {
	// Authorize returns nil, ErrForbidden, ErrUnauthenticated, or ErrNotFound
	// where even the existence of the object is not the actor's business.
	Authorize(ctx context.Context, actor Actor, permission Permission, object Object) error
}

// OwnersOnly is the Authorizer of services that were given none: the system may
// do everything, a user may act on what is theirs, and everybody else's things
// do not exist.
type OwnersOnly struct{}

// Authorize implements Authorizer.
func (OwnersOnly) Authorize(_ context.Context, actor Actor, _ Permission, object Object) error {
	switch {
	case actor.System:
		return nil
	case actor.User == "":
		return ErrUnauthenticated
	case object.Owner != actor.User:
		return ErrNotFound
	}
	return nil
}

type actorKey struct{}

// WithActor returns a context that carries the actor; authentication middleware
// calls it.
func WithActor(ctx context.Context, actor Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// ActorFrom returns the actor that WithActor stored, or the zero Actor, who is
// not signed in.
func ActorFrom(ctx context.Context) Actor {
	actor, _ := ctx.Value(actorKey{}).(Actor)
	return actor
}
