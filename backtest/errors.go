package backtest

import "github.com/tradekeel/tradekeel"

// The errors of stored backtests.
var (
	ErrNotFound = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "backtest.not_found", Message: "there is no such backtest"}
	ErrExists   = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "backtest.exists", Message: "there is a backtest of that id"}
	ErrNotDone  = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "backtest.not_done", Message: "the backtest is not done"}
	ErrFinished = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "backtest.finished", Message: "the backtest has ended already"}
	// ErrLimit says that an owner has as many unfinished backtests as allowed.
	ErrLimit = &tradekeel.Error{Kind: tradekeel.Exhausted, Code: "backtest.limit", Message: "too many backtests wait"}
	// ErrDataChanged says that the candles are not those of the run any more.
	ErrDataChanged = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "backtest.data_changed", Message: "the candles have changed since the run"}

	// ErrGaveUp says that processes died with the run, again and again.
	ErrGaveUp = &tradekeel.Error{Kind: tradekeel.Unavailable, Code: "backtest.gave_up", Message: "the run was given up"}

	// errLost is the cause of a run's cancellation when its row is not this
	// process' any more.
	errLost = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "backtest.lost", Message: "the run was taken over or deleted"}
)
