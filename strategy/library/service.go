package library

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// The permissions that a service asks its Authorizer for.
const (
	PermissionCreate tradekeel.Permission = "strategy.create"
	PermissionRead   tradekeel.Permission = "strategy.read"
	PermissionUpdate tradekeel.Permission = "strategy.update"
	PermissionDelete tradekeel.Permission = "strategy.delete"
	PermissionUse    tradekeel.Permission = "strategy.use"
)

// ServiceConfig is what a service may be told. The zero value works.
type ServiceConfig struct {
	// Authorizer decides who may do what; nil lets owners alone.
	Authorizer tradekeel.Authorizer
	// MaxStrategies is the number of strategies that an owner may have, archived ones
	// as well: what was used is kept for its results; 0 is 1000.
	MaxStrategies int
	// MaxVersions is the number of versions that a strategy may have; 0 is 1000.
	MaxVersions int
	// Templates are what users may begin with, in the order of lists.
	Templates []Template
	// Now is the clock of the stored times; nil is time.Now.
	Now func() time.Time
}

// Service keeps the strategies of users and holds the rules about them. It is safe
// for concurrent use.
type Service struct {
	store     Store
	candles   strategy.Candles
	config    ServiceConfig
	templates []template
}

// NewService makes a service over a store. candles are what Explain looks at; nil
// leaves it Unsupported. A template whose document has a fault is an error.
func NewService(store Store, candles strategy.Candles, c ServiceConfig) (*Service, error) {
	if store == nil {
		return nil, tradekeel.Invalidf("library", "a service needs a store")
	}
	if c.MaxStrategies < 0 || c.MaxVersions < 0 {
		return nil, tradekeel.Invalidf("library", "MaxStrategies and MaxVersions must not be negative")
	}
	if c.Authorizer == nil {
		c.Authorizer = tradekeel.OwnersOnly{}
	}
	if c.MaxStrategies == 0 {
		c.MaxStrategies = 1000
	}
	if c.MaxVersions == 0 {
		c.MaxVersions = 1000
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	templates, err := parseTemplates(c.Templates)
	if err != nil {
		return nil, err
	}
	return &Service{store, candles, c, templates}, nil
}

// Creation is what a strategy begins with.
type Creation struct {
	Name        string // empty is the document's name
	Description string // empty is the document's description
	Document    []byte
	Note        string // on the first version
}

// Create checks a document whole and stores it as version 1 of a new strategy. What
// is wrong is Invalid, all faults joined, those of the document with their path
// after "document."; ErrLimit when the owner has as many strategies as allowed.
func (s *Service) Create(ctx context.Context, actor tradekeel.Actor, c Creation) (Strategy, error) {
	if err := s.mayCreate(ctx, actor); err != nil {
		return Strategy{}, err
	}
	d, err := parse(c.Document)
	if err != nil {
		return Strategy{}, errors.Join(checkTexts(nil, &c.Description, &c.Note), named(c.Name), err)
	}
	if c.Name == "" {
		c.Name = d.Name()
	}
	if c.Description == "" {
		c.Description = d.Description()
	}
	return s.create(ctx, actor, c, d)
}

// mayCreate authorises what makes a new strategy.
func (s *Service) mayCreate(ctx context.Context, actor tradekeel.Actor) error {
	return s.authorize(ctx, actor, PermissionCreate, tradekeel.Object{Kind: "strategy", Owner: actor.User})
}

func (s *Service) create(ctx context.Context, actor tradekeel.Actor, c Creation, d *document.Document) (Strategy, error) {
	if err := checkTexts(&c.Name, &c.Description, &c.Note); err != nil {
		return Strategy{}, err
	}
	now := s.now()
	st := Strategy{
		ID: ID(tradekeel.NewID("str", now)), Owner: actor.User, Name: c.Name, Description: c.Description,
		Created: now, Updated: now, Latest: 1, Hash: d.Hash(), Draft: true,
	}
	first := Version{Strategy: st.ID, Number: 1, Document: d.Canonical(), Hash: d.Hash(), Note: c.Note, Created: now}
	if err := s.store.Create(ctx, st, first, s.config.MaxStrategies); err != nil {
		if errors.Is(err, ErrLimit) {
			return Strategy{}, ErrLimit.With("", "there are %d strategies, archived ones included, and no more are allowed", s.config.MaxStrategies)
		}
		return Strategy{}, err
	}
	return st, nil
}

// Get returns a strategy; ErrNotFound.
func (s *Service) Get(ctx context.Context, actor tradekeel.Actor, id ID) (Strategy, error) {
	return s.object(ctx, actor, PermissionRead, id)
}

// List returns the actor's strategies, the last created first.
func (s *Service) List(ctx context.Context, actor tradekeel.Actor, f Filter, page tradekeel.PageRequest) (tradekeel.Page[Strategy], error) {
	if err := s.authorize(ctx, actor, PermissionRead, tradekeel.Object{Kind: "strategy", Owner: actor.User}); err != nil {
		return tradekeel.Page[Strategy]{}, err
	}
	return s.store.List(ctx, actor.User, f, page)
}

// Edit changes what is around the versions; nil leaves a field as it is.
type Edit struct {
	Name        *string
	Description *string
	Archived    *bool
}

// Edit renames, describes, archives or restores a strategy. Its versions, and the
// name in their documents, stay as they are.
func (s *Service) Edit(ctx context.Context, actor tradekeel.Actor, id ID, e Edit) (Strategy, error) {
	if _, err := s.object(ctx, actor, PermissionUpdate, id); err != nil {
		return Strategy{}, err
	}
	if err := checkTexts(e.Name, e.Description, nil); err != nil {
		return Strategy{}, err
	}
	st, _, err := s.store.Change(ctx, actor.User, id, 0, func(st *Strategy, _ *Version) error {
		before := *st
		if e.Name != nil {
			st.Name = *e.Name
		}
		if e.Description != nil {
			st.Description = *e.Description
		}
		if e.Archived != nil {
			st.Archived = *e.Archived
		}
		if *st != before {
			st.Updated = s.now()
		}
		return nil
	})
	return st, err
}

// Save is what a new version is made of.
type Save struct {
	// Base is the latest version as the author knew it: Strategy.Base.
	Base     Base
	Document []byte
	Note     string
}

// Save stores a document as the strategy's latest version:
//
//   - one that equals the latest (the same hash) changes nothing, whatever its base,
//     so that a save that is sent again after a lost answer is no fault;
//   - one that is not based on the latest, by number and hash, is ErrChanged;
//   - when the latest was never used, the document takes its place and its number;
//   - otherwise it gets the next number.
//
// What is wrong with the document is Invalid as in Create. ErrArchived and
// ErrVersionLimit change nothing.
func (s *Service) Save(ctx context.Context, actor tradekeel.Actor, id ID, save Save) (Strategy, Version, error) {
	if _, err := s.object(ctx, actor, PermissionUpdate, id); err != nil {
		return Strategy{}, Version{}, err
	}
	d, err := parse(save.Document)
	if err := errors.Join(checkTexts(nil, nil, &save.Note), err); err != nil {
		return Strategy{}, Version{}, err
	}
	canonical, hash := d.Canonical(), d.Hash()
	return s.store.Change(ctx, actor.User, id, 0, func(st *Strategy, v *Version) error {
		switch {
		case st.Archived:
			return ErrArchived
		case v.Hash == hash:
			return nil
		case save.Base != st.Base():
			return ErrChanged.With("", "version %d was saved meanwhile: read it, and save on top of that", st.Latest)
		case v.Used() && v.Number >= s.config.MaxVersions:
			return ErrVersionLimit.With("", "there are %d versions and no more are allowed: clone the strategy to go on", v.Number)
		}
		number := v.Number
		if v.Used() {
			number++
		}
		now := s.now()
		*v = Version{Strategy: id, Number: number, Document: canonical, Hash: hash, Note: save.Note, Created: now}
		st.Updated = now
		return nil
	})
}

// Version returns a version, the latest for number 0; ErrNotFound, ErrNoVersion.
func (s *Service) Version(ctx context.Context, actor tradekeel.Actor, id ID, number int) (Version, error) {
	if _, err := s.object(ctx, actor, PermissionRead, id); err != nil {
		return Version{}, err
	}
	return s.store.Version(ctx, actor.User, id, number)
}

// Versions returns the versions without their documents, the latest first.
func (s *Service) Versions(ctx context.Context, actor tradekeel.Actor, id ID, page tradekeel.PageRequest) (tradekeel.Page[Version], error) {
	if _, err := s.object(ctx, actor, PermissionRead, id); err != nil {
		return tradekeel.Page[Version]{}, err
	}
	return s.store.Versions(ctx, actor.User, id, page)
}

// Clone makes a new strategy of a version of another, number 0 the latest. An empty
// name is the other's.
func (s *Service) Clone(ctx context.Context, actor tradekeel.Actor, id ID, number int, name string) (Strategy, error) {
	if err := s.mayCreate(ctx, actor); err != nil {
		return Strategy{}, err
	}
	of, err := s.Get(ctx, actor, id)
	if err != nil {
		return Strategy{}, err
	}
	v, err := s.store.Version(ctx, actor.User, id, number)
	if err != nil {
		return Strategy{}, err
	}
	d, err := read(&v)
	if err != nil {
		return Strategy{}, err
	}
	if name == "" {
		name = of.Name
	}
	return s.create(ctx, actor, Creation{Name: name, Description: of.Description}, d)
}

// Delete removes a strategy that was never used. One that was used is archived: its
// results refer to it. archived tells which it was.
func (s *Service) Delete(ctx context.Context, actor tradekeel.Actor, id ID) (archived bool, err error) {
	if _, err := s.object(ctx, actor, PermissionDelete, id); err != nil {
		return false, err
	}
	err = s.store.Delete(ctx, actor.User, id)
	if !errors.Is(err, ErrUsed) {
		return false, err
	}
	_, _, err = s.store.Change(ctx, actor.User, id, 0, func(st *Strategy, _ *Version) error {
		if !st.Archived {
			st.Archived, st.Updated = true, s.now()
		}
		return nil
	})
	return err == nil, err
}

func (s *Service) object(ctx context.Context, actor tradekeel.Actor, p tradekeel.Permission, id ID) (Strategy, error) {
	if actor.User == "" {
		return Strategy{}, tradekeel.ErrUnauthenticated
	}
	st, err := s.store.Get(ctx, actor.User, id)
	if err != nil {
		return Strategy{}, err
	}
	return st, s.authorize(ctx, actor, p, tradekeel.Object{Kind: "strategy", ID: string(id), Owner: st.Owner})
}

func (s *Service) authorize(ctx context.Context, actor tradekeel.Actor, p tradekeel.Permission, o tradekeel.Object) error {
	if actor.User == "" {
		return tradekeel.ErrUnauthenticated
	}
	if err := s.config.Authorizer.Authorize(ctx, actor, p, o); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	return nil
}

func (s *Service) now() time.Time { return s.config.Now().UTC().Truncate(time.Microsecond) }
