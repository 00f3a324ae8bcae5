package library

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// Runs hands versions to what runs them, in the form that backtest.Library asks for.
type Runs struct{ Service *Service }

// Strategy returns a version with parameters over its defaults, for its owner, and
// its hash, without marking it as used. Its name is that of the document and the
// number of the version. Errors as of Service.Load.
func (r Runs) Strategy(ctx context.Context, owner tradekeel.UserID, id string, version int, params json.RawMessage) (strategy.Strategy, string, error) {
	v, chosen, err := r.Service.Load(ctx, tradekeel.Actor{User: owner}, ID(id), version, params)
	if err != nil {
		return nil, "", err
	}
	needer, _ := chosen.(strategy.Needer) // of a document it is one
	return &numbered{chosen, needer, v.Number}, v.Hash, nil
}

// Use marks a version as used, if it still has the hash that Strategy returned;
// ErrChanged. Else errors as of Service.Use.
func (r Runs) Use(ctx context.Context, actor tradekeel.Actor, id string, version int, hash string) error {
	_, _, err := r.Service.use(ctx, actor, ID(id), version, hash)
	return err
}

// numbered is a version as it runs.
type numbered struct {
	strategy.Strategy
	strategy.Needer

	number int
}

// Name implements strategy.Strategy.
func (n *numbered) Name() string { return fmt.Sprintf("%s, version %d", n.Strategy.Name(), n.number) }

var _ interface {
	strategy.Strategy
	strategy.Needer
} = (*numbered)(nil)

// Use returns a version for something that refers to it from now on, and marks it
// as used in the same transaction, so that it stays as it is for ever. Number 0 is
// the latest; the Version tells which that was. ErrArchived, ErrNotFound,
// ErrNoVersion, ErrUnreadable.
func (s *Service) Use(ctx context.Context, actor tradekeel.Actor, id ID, number int) (Version, *document.Document, error) {
	return s.use(ctx, actor, id, number, "")
}

// use marks a version that has a hash; an empty one is any.
func (s *Service) use(ctx context.Context, actor tradekeel.Actor, id ID, number int, hash string) (Version, *document.Document, error) {
	if _, err := s.object(ctx, actor, PermissionUse, id); err != nil {
		return Version{}, nil, err
	}
	var d *document.Document
	_, v, err := s.store.Change(ctx, actor.User, id, number, func(st *Strategy, v *Version) error {
		switch {
		case st.Archived:
			return ErrArchived
		case hash != "" && v.Hash != hash:
			return ErrChanged.With("", "version %d was saved meanwhile; try again", v.Number)
		}
		var err error
		if d, err = read(v); err != nil {
			return err
		}
		if !v.Used() {
			v.UsedAt = s.now()
		}
		return nil
	})
	return v, d, err
}

// Load returns a version with parameters over its defaults, without marking it: for
// what was promised by Use before, and to look at. An archived one is found, too.
// Faults of the parameters are Invalid with paths such as "params.fast".
func (s *Service) Load(ctx context.Context, actor tradekeel.Actor, id ID, number int, params json.RawMessage) (Version, strategy.Strategy, error) {
	v, err := s.Version(ctx, actor, id, number)
	if err != nil {
		return Version{}, nil, err
	}
	d, err := read(&v)
	if err != nil {
		return Version{}, nil, err
	}
	chosen, err := d.Parse(params)
	return v, chosen, err
}
