package backtest

import (
	"context"
	"encoding/json"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
)

// ID names a stored backtest.
type ID string

// State is where a stored backtest is in its life: queued → running → done,
// failed or canceled. A run whose process died, or was stopped, is queued again.
type State string

// The states.
const (
	Queued   State = "queued"
	Running  State = "running"
	Done     State = "done"
	Failed   State = "failed"
	Canceled State = "canceled"
)

// Final reports whether nothing will change any more.
func (s State) Final() bool { return s == Done || s == Failed || s == Canceled }

// Spec is what a user asks for, as data.
type Spec struct {
	Strategy string          `json:"strategy"`         // a name of the registry, or a Reference
	Params   json.RawMessage `json:"params,omitempty"` // values over the defaults
	Data     market.Key      `json:"data"`
	From     time.Time       `json:"from,omitzero"` // zero: from the first bar
	To       time.Time       `json:"to,omitzero"`   // zero: to the last bar
	Cash     money.Amount    `json:"cash"`
	FeeRate  decimal.Decimal `json:"fee_rate"` // fraction: 0.001 is 0.1 %
	// AcceptGaps runs over data with missing bars; otherwise they are an error.
	AcceptGaps bool `json:"accept_gaps"`
	// Others are the series of other instruments that the strategy reads. Create finds
	// them and takes none.
	Others []market.Key `json:"others,omitempty"`
}

// Fault is why a run failed, for its owner to read.
type Fault struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// Summary is what a list shows of a run that is done.
type Summary struct {
	Strategy string       `json:"strategy,omitempty"` // its name; of one of the library, with the version
	Stats    stats.Stats  `json:"stats"`
	Final    money.Amount `json:"final"`
	Warnings []string     `json:"warnings,omitempty"`
}

// Backtest is a stored run.
type Backtest struct {
	ID    ID
	Owner tradekeel.UserID
	Spec  Spec
	State State
	// Done and Total count bars; both are 0 before the run began.
	Done, Total int
	// CancelRequested asks the process that runs it to stop.
	CancelRequested bool
	Fault           *Fault   // when Failed
	Summary         *Summary // when Done
	Created         time.Time
	Started         time.Time // zero before
	// Attempts counts the processes that took the run up and did not put it back.
	Attempts int
	Finished time.Time // zero before
	// Runner is the process that runs it, and Heartbeat when it last said so: a
	// run whose heartbeat is old is taken over.
	Runner    string
	Heartbeat time.Time
}

// Filter narrows a list; zero fields do not.
type Filter struct {
	State    State
	Strategy string
}

// Store keeps backtests and their outcomes. Every method that names an owner
// sees that owner's rows alone: another's id is ErrNotFound. Implementations are
// safe for concurrent use and pass the laws of backtesttest. Times are kept to
// the microsecond.
type Store interface {
	// Create adds a row; ErrExists when the id is taken, ErrLimit when its owner has
	// limit rows or more that are queued or running. However many are created at the
	// same time, the limit holds.
	Create(ctx context.Context, b Backtest, limit int) error
	// Get returns a row; ErrNotFound.
	Get(ctx context.Context, owner tradekeel.UserID, id ID) (Backtest, error)
	// List returns rows, newest first. Invalid for a cursor that is not one.
	List(ctx context.Context, owner tradekeel.UserID, f Filter, page tradekeel.PageRequest) (tradekeel.Page[Backtest], error)
	// Update reads a row, lets fn change it, and writes it, with nobody between. An
	// error of fn changes nothing and is returned. ErrNotFound. fn may be run again.
	Update(ctx context.Context, owner tradekeel.UserID, id ID, fn func(*Backtest) error) (Backtest, error)
	// Delete removes a row and its outcome; ErrNotFound.
	Delete(ctx context.Context, owner tradekeel.UserID, id ID) error
	// Claim takes the oldest row that is queued, or running with a heartbeat before
	// stale, marks it running by runner at now, and returns it. ErrNotFound when
	// there is none. Two callers never get one row. It is for the system: it looks
	// at the rows of all owners.
	Claim(ctx context.Context, runner string, now, stale time.Time) (Backtest, error)
	// Finish stores the outcome and the change of fn together, as Update does.
	Finish(ctx context.Context, owner tradekeel.UserID, id ID, outcome []byte, fn func(*Backtest) error) (Backtest, error)
	// Outcome returns what Finish stored; ErrNotFound when there is none.
	Outcome(ctx context.Context, owner tradekeel.UserID, id ID) ([]byte, error)
}

// Candles is where a service finds the data of a run. market.Store meets it
// through StoredCandles.
type Candles interface {
	// Series returns a whole series; market.ErrNoSeries when there is none.
	Series(ctx context.Context, key market.Key) (*market.Series, error)
	// Keys returns what there is, sorted.
	Keys(ctx context.Context) ([]market.Key, error)
}
