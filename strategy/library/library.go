package library

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
)

// ID names a stored strategy.
type ID string

// Strategy is a user's strategy; what it does is in its versions.
type Strategy struct {
	ID          ID
	Owner       tradekeel.UserID
	Name        string // for its owner; the document has a name of its own
	Description string
	Created     time.Time
	Updated     time.Time // of the last change of any kind but use
	Archived    bool      // out of the way, and restored by an Edit
	// Latest and Hash are the number of the latest version and the hash of its
	// document: what a save is based on.
	Latest int
	Hash   string
	// Draft says that the latest version was never used: saving replaces it.
	Draft bool
}

// Base is what a save was based on: the latest version, as it was read.
type Base struct {
	Version int
	Hash    string
}

// Base returns what a save that begins now is based on.
func (s *Strategy) Base() Base { return Base{s.Latest, s.Hash} }

// Version is one version of a strategy.
type Version struct {
	Strategy ID
	Number   int             // 1, 2, 3, …
	Document json.RawMessage // canonical, byte by byte
	Hash     string          // of the document
	Note     string          // by whoever saved it
	Created  time.Time       // when this document was saved
	UsedAt   time.Time       // when it was first used; zero for never
}

// Used reports whether the version stays as it is for ever.
func (v *Version) Used() bool { return !v.UsedAt.IsZero() }

// Filter narrows a list.
type Filter struct {
	// Name is a part of the name, in capitals or small; empty is any.
	Name string
	// Archived lists what is archived, and otherwise what is not.
	Archived bool
}

// Folded returns a name as a filter compares it; stores keep it beside the name.
func Folded(name string) string { return strings.ToLower(name) }

// Store keeps strategies and their versions. Every method sees the rows of the
// owner that it names: another's id is ErrNotFound. Implementations are safe for
// concurrent use, keep whole changes or none when the process is killed, and pass
// the laws of strategytest. Times are kept to the microsecond.
type Store interface {
	// Create adds a strategy and its first version; ErrExists when the id is taken,
	// ErrLimit when its owner has limit strategies or more, archived ones as well.
	// However many are created at the same time, the limit holds.
	Create(ctx context.Context, s Strategy, first Version, limit int) error
	// Get returns a strategy; ErrNotFound.
	Get(ctx context.Context, owner tradekeel.UserID, id ID) (Strategy, error)
	// List returns strategies, the last created first. Invalid for a cursor that is
	// not one.
	List(ctx context.Context, owner tradekeel.UserID, f Filter, page tradekeel.PageRequest) (tradekeel.Page[Strategy], error)
	// Version returns a version, the latest for number 0; ErrNotFound, ErrNoVersion.
	Version(ctx context.Context, owner tradekeel.UserID, id ID, number int) (Version, error)
	// Versions returns versions without their documents, the latest first;
	// ErrNotFound.
	Versions(ctx context.Context, owner tradekeel.UserID, id ID, page tradekeel.PageRequest) (tradekeel.Page[Version], error)
	// Change reads a strategy and one of its versions (0 is the latest), changes them
	// by Apply and writes both, with nobody between. ErrNotFound, ErrNoVersion, and
	// the errors of Apply, after which nothing is changed. fn may be run again.
	Change(ctx context.Context, owner tradekeel.UserID, id ID, number int, fn func(*Strategy, *Version) error) (Strategy, Version, error)
	// Delete removes a strategy with its versions. ErrUsed when one of them was used,
	// and then all stay; ErrNotFound.
	Delete(ctx context.Context, owner tradekeel.UserID, id ID) error
}

// Apply runs the change of Store.Change on a copy and returns what a store writes;
// stores call it. A version whose number fn raised to the next after the latest
// comes in addition, otherwise it takes the place of the one before. Latest, Hash
// and Draft follow the versions by themselves. An error of fn is returned as it is;
// ErrUsed when fn changed a version that was used, beyond all doubt of services. A
// change of ids, owners or other numbers is a defect of the caller.
func Apply(s Strategy, v Version, fn func(*Strategy, *Version) error) (after Strategy, version Version, added bool, err error) {
	after, version = s, v
	version.Document = append(json.RawMessage(nil), v.Document...)
	if err := fn(&after, &version); err != nil {
		return s, v, false, err
	}
	added = version.Number == s.Latest+1
	switch {
	case after.ID != s.ID || after.Owner != s.Owner || version.Strategy != v.Strategy || version.Number != v.Number && !added:
		return s, v, false, fmt.Errorf("library: a change of strategy %s took another id, owner or number", s.ID)
	case !added && v.Used() && (version.Hash != v.Hash || string(version.Document) != string(v.Document) || version.Note != v.Note ||
		!version.Created.Equal(v.Created) || !version.UsedAt.Equal(v.UsedAt)):
		return s, v, false, ErrUsed
	}
	after.Latest, after.Hash, after.Draft = s.Latest, s.Hash, s.Draft
	if version.Number >= s.Latest {
		after.Latest, after.Hash, after.Draft = version.Number, version.Hash, !version.Used()
	}
	return after, version, added, nil
}
