package library

import "github.com/tradekeel/tradekeel"

// The errors of stored strategies.
var (
	ErrNotFound   = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "strategy.not_found", Message: "there is no such strategy"}
	ErrNoVersion  = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "strategy.no_version", Message: "the strategy has no such version"}
	ErrNoTemplate = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "strategy.no_template", Message: "there is no such template"}
	ErrExists     = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "strategy.exists", Message: "there is a strategy of that id"}
	// ErrChanged says that a save was not based on the latest version.
	ErrChanged = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "strategy.changed", Message: "the strategy was saved meanwhile: read its latest version, and save on top of that"}
	// ErrUsed says that a version must stay as it is, because something ran it.
	ErrUsed = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "strategy.used", Message: "a version that was used stays as it is"}
	// ErrArchived says that a strategy must be restored first.
	ErrArchived = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "strategy.archived", Message: "the strategy is archived: restore it first"}
	// ErrUnreadable says that this release does not understand a stored document.
	ErrUnreadable = &tradekeel.Error{Kind: tradekeel.Unsupported, Code: "strategy.unreadable", Message: "this release cannot read the version"}
	// ErrLimit says that an owner has as many strategies as allowed.
	ErrLimit = &tradekeel.Error{Kind: tradekeel.Exhausted, Code: "strategy.limit", Message: "there are as many strategies as allowed"}
	// ErrVersionLimit says that a strategy has as many versions as allowed.
	ErrVersionLimit = &tradekeel.Error{Kind: tradekeel.Exhausted, Code: "strategy.version_limit", Message: "there are as many versions as allowed: clone the strategy to go on"}
)
