package backtest

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// Reference names a version of a strategy that a user keeps. A spec has it as
// "library:str_06DXWZ0YS0M1VB3Q4N2C7A9K5R@3".
type Reference struct {
	ID      string
	Version int
}

const referencePrefix = "library:"

// String returns the reference as a spec has it.
func (r Reference) String() string { return referencePrefix + r.ID + "@" + strconv.Itoa(r.Version) }

// ParseReference reads a reference. ok is false for a name of the registry, and the
// error is Invalid for a reference that is not well formed.
func ParseReference(text string) (r Reference, ok bool, err error) {
	text, ok = strings.CutPrefix(text, referencePrefix)
	if !ok {
		return r, false, nil
	}
	id, version, _ := strings.Cut(text, "@")
	r.ID = id
	r.Version, err = strconv.Atoi(version)
	if err != nil || id == "" || r.Version < 1 || r.String() != referencePrefix+text {
		return Reference{}, true, tradekeel.Invalidf("strategy", "must look like library:<id>@<version> with a version of 1 or more, got %.60q", referencePrefix+text)
	}
	return r, true, nil
}

// Library is where strategies of users are found, for specs that name one by a
// Reference. library.Runs of package strategy/library meets it.
type Library interface {
	// Strategy returns a version of an owner's with parameters over its defaults, and
	// the hash of its definition. It is called again when the run begins. ErrNotFound
	// by kind; Invalid for parameters. Its name tells the version.
	Strategy(ctx context.Context, owner tradekeel.UserID, id string, version int, params json.RawMessage) (s strategy.Strategy, hash string, err error)
	// Use promises that the version stays as it is from now on. The hash is that which
	// Strategy returned: Conflict when it is not that of the version any more.
	Use(ctx context.Context, actor tradekeel.Actor, id string, version int, hash string) error
}

// choose finds the strategy of a spec; hash is set for one of the library.
func (s *Service) choose(ctx context.Context, owner tradekeel.UserID, spec Spec) (chosen strategy.Strategy, hash string, err error) {
	r, stored, err := ParseReference(spec.Strategy)
	switch {
	case err != nil:
		return nil, "", err
	case !stored:
		chosen, err = s.strategies.Parse(spec.Strategy, spec.Params)
		return chosen, "", err
	case s.config.Library == nil:
		return nil, "", strategy.ErrUnknown.With("strategy", "there are no strategies of users here, only those by name")
	}
	chosen, hash, err = s.config.Library.Strategy(ctx, owner, r.ID, r.Version, spec.Params)
	if tradekeel.KindOf(err) == tradekeel.NotFound {
		// It is a field of the input that is wrong, not the address of the call.
		err = strategy.ErrUnknown.With("strategy", "there is no strategy %.60q", r).Because(err)
	}
	return chosen, hash, err
}

// use promises that a spec's strategy stays as it was chosen.
func (s *Service) use(ctx context.Context, actor tradekeel.Actor, spec Spec, hash string) error {
	if hash == "" {
		return nil
	}
	r, _, err := ParseReference(spec.Strategy)
	if err != nil {
		return err
	}
	return s.config.Library.Use(ctx, actor, r.ID, r.Version, hash)
}

// others are the series of other instruments that a strategy reads, on the venue of
// the first. Longer candles of the instrument itself are made by the run.
func others(s strategy.Strategy, of market.Key) []market.Key {
	needer, ok := s.(strategy.Needer)
	if !ok {
		return nil
	}
	var all []market.Key
	seen := map[market.Key]bool{}
	for _, need := range needer.Needs() {
		key := market.Key{Venue: of.Venue, Symbol: need.Symbol, Timeframe: need.Timeframe}
		if need.Symbol != "" && need.Symbol != of.Symbol && !seen[key] {
			seen[key] = true
			all = append(all, key)
		}
	}
	return all
}

// series reads the series of a spec: its data, then the others.
func (s *Service) series(ctx context.Context, spec Spec) ([]*market.Series, error) {
	var all []*market.Series
	var wrong []error
	for _, key := range append([]market.Key{spec.Data}, spec.Others...) {
		series, err := s.candles.Series(ctx, key)
		if errors.Is(err, market.ErrNoSeries) {
			// It is a field of the input that is wrong, not the address of the call.
			err = tradekeel.Invalidf("data", "there are no candles %s", key).Because(err)
		}
		all, wrong = append(all, series), append(wrong, err)
	}
	return all, errors.Join(wrong...)
}
