package library

import (
	"context"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// Diff tells what changed from one version of a strategy to another; number 0 is the
// latest. Nothing for equal documents.
func (s *Service) Diff(ctx context.Context, actor tradekeel.Actor, id ID, from, to int) ([]document.Change, error) {
	if _, err := s.object(ctx, actor, PermissionRead, id); err != nil {
		return nil, err
	}
	var documents [2]*document.Document
	for i, number := range []int{from, to} {
		v, err := s.store.Version(ctx, actor.User, id, number)
		if err != nil {
			return nil, err
		}
		if documents[i], err = read(&v); err != nil {
			return nil, err
		}
	}
	return document.Diff(documents[0], documents[1]), nil
}
