// Package backtestsql keeps backtests in SQLite or PostgreSQL.
//
// Migrate makes the tables tk_backtest_backtests and tk_backtest_outcomes; New
// makes the backtest.Store over them, which passes the laws of backtesttest.
package backtestsql

import (
	"context"
	"embed"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/bundb"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations is the schema of the domain, for hosts that migrate several domains
// in one call of bundb.DB.Migrate.
func Migrations() bundb.Migrations { return bundb.Migrations{Domain: "backtest", Files: files} }

// Migrate brings the schema up to date. It may be called by any number of
// processes at the same time.
func Migrate(ctx context.Context, db *bundb.DB) error {
	_, err := db.Migrate(ctx, Migrations())
	return err
}

// Store is a backtest.Store. It is safe for concurrent use.
type Store struct{ db *bundb.DB }

var _ backtest.Store = (*Store)(nil)

// New makes a store over a migrated database.
func New(db *bundb.DB) *Store { return &Store{db} }

type backtestRow struct {
	bun.BaseModel `bun:"table:tk_backtest_backtests,alias:b"`

	ID              string                        `bun:"id,pk"`
	OwnerID         tradekeel.UserID              `bun:"owner_id"`
	Strategy        string                        `bun:"strategy"`
	Spec            bundb.JSON[backtest.Spec]     `bun:"spec"`
	State           backtest.State                `bun:"state"`
	Done            int64                         `bun:"bars_done"`
	Total           int64                         `bun:"bars_total"`
	CancelRequested bool                          `bun:"cancel_requested"`
	Fault           bundb.JSON[*backtest.Fault]   `bun:"fault"`
	Summary         bundb.JSON[*backtest.Summary] `bun:"summary"`
	CreatedAt       bundb.Nanos                   `bun:"created_at"`
	StartedAt       bundb.Nanos                   `bun:"started_at"`
	Attempts        int64                         `bun:"attempts"`
	FinishedAt      bundb.Nanos                   `bun:"finished_at"`
	Runner          string                        `bun:"runner"`
	HeartbeatAt     bundb.Nanos                   `bun:"heartbeat_at"`
}

type outcomeRow struct {
	bun.BaseModel `bun:"table:tk_backtest_outcomes,alias:o"`

	BacktestID string           `bun:"backtest_id,pk"`
	OwnerID    tradekeel.UserID `bun:"owner_id"`
	Body       []byte           `bun:"body"`
}

// Create implements backtest.Store.
func (s *Store) Create(ctx context.Context, b backtest.Backtest, limit int) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		// Rows that are not there cannot be locked: creations of one owner take turns.
		// On SQLite every transaction that writes does.
		if s.db.Postgres() {
			if _, err := s.db.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "tk_backtest:"+string(b.Owner)).Exec(ctx); err != nil {
				return bundb.Translate(err)
			}
		}
		unfinished, err := s.db.NewSelect().Model((*backtestRow)(nil)).ApplyQueryBuilder(bundb.OwnedBy(b.Owner)).
			Where("b.state IN (?, ?)", backtest.Queued, backtest.Running).Count(ctx)
		if err != nil {
			return bundb.Translate(err)
		}
		if unfinished >= int64(limit) {
			return backtest.ErrLimit
		}
		_, err = s.db.NewInsert().Model(rowOf(&b)).Exec(ctx)
		return bundb.Translate(err)
	})
	if errors.Is(err, bundb.ErrDuplicate) {
		return backtest.ErrExists.Because(err)
	}
	return err
}

// Get implements backtest.Store.
func (s *Store) Get(ctx context.Context, owner tradekeel.UserID, id backtest.ID) (backtest.Backtest, error) {
	var row backtestRow
	if err := s.db.NewSelect().Model(&row).Apply(one(owner, id)).Scan(ctx); err != nil {
		return backtest.Backtest{}, translate(err)
	}
	return row.backtest(), nil
}

// List implements backtest.Store.
func (s *Store) List(ctx context.Context, owner tradekeel.UserID, f backtest.Filter, page tradekeel.PageRequest) (tradekeel.Page[backtest.Backtest], error) {
	q := s.db.NewSelect().Model((*backtestRow)(nil)).ApplyQueryBuilder(bundb.OwnedBy(owner))
	if f.State != "" {
		q = q.Where("b.state = ?", f.State)
	}
	if f.Strategy != "" {
		q = q.Where("b.strategy = ?", f.Strategy)
	}
	newest := bundb.Keyset[backtestRow, bundb.Nanos]{
		Column: "created_at",
		Of:     func(row *backtestRow) (bundb.Nanos, string) { return row.CreatedAt, row.ID },
	}
	return bundb.List(ctx, q, page, newest, func(row *backtestRow) (backtest.Backtest, error) { return row.backtest(), nil })
}

// Update implements backtest.Store.
func (s *Store) Update(ctx context.Context, owner tradekeel.UserID, id backtest.ID, fn func(*backtest.Backtest) error) (backtest.Backtest, error) {
	var changed backtest.Backtest
	err := bundb.UpdateRow(ctx, s.db, one(owner, id), func(row *backtestRow) error {
		changed = row.backtest()
		if err := fn(&changed); err != nil {
			return err
		}
		*row = *rowOf(&changed)
		changed = row.backtest()
		return nil
	})
	if err != nil {
		return backtest.Backtest{}, translate(err)
	}
	return changed, nil
}

// Delete implements backtest.Store.
func (s *Store) Delete(ctx context.Context, owner tradekeel.UserID, id backtest.ID) error {
	q := s.db.NewDelete().Model((*backtestRow)(nil)).Where("b.id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner))
	return translate(bundb.One(q.Exec(ctx)))
}

// Claim implements backtest.Store.
func (s *Store) Claim(ctx context.Context, runner string, now, stale time.Time) (backtest.Backtest, error) {
	ctx = bundb.AsSystem(ctx, "the queue of backtests is one for all owners")
	free := func() *bun.SelectQuery {
		return s.db.NewSelect().Model((*backtestRow)(nil)).
			Where("b.state = ? OR (b.state = ? AND b.heartbeat_at < ?)", backtest.Queued, backtest.Running, bundb.NanosOf(stale))
	}
	// Most looks find nothing: those take no lock.
	if some, err := free().Exists(ctx); err != nil || !some {
		return backtest.Backtest{}, errors.Join(bundb.Translate(err), notFound(err == nil))
	}
	var claimed backtest.Backtest
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		var row backtestRow
		q := free().Order("b.created_at", "b.id").Limit(1)
		if s.db.Postgres() {
			q = q.For("UPDATE SKIP LOCKED")
		}
		if err := q.Scan(ctx, &row); err != nil {
			return bundb.Translate(err)
		}
		claimed = row.backtest()
		claimed.Claim(runner, now)
		return bundb.One(s.db.NewUpdate().Model(rowOf(&claimed)).WherePK().Exec(ctx))
	})
	if err != nil {
		return backtest.Backtest{}, translate(err)
	}
	return claimed, nil
}

// Finish implements backtest.Store.
func (s *Store) Finish(ctx context.Context, owner tradekeel.UserID, id backtest.ID, outcome []byte, fn func(*backtest.Backtest) error) (backtest.Backtest, error) {
	var finished backtest.Backtest
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		var err error
		if finished, err = s.Update(ctx, owner, id, fn); err != nil {
			return err
		}
		row := &outcomeRow{BacktestID: string(id), OwnerID: owner, Body: outcome}
		_, err = s.db.NewInsert().Model(row).On("CONFLICT (backtest_id) DO UPDATE").
			Set("body = EXCLUDED.body").Where("o.owner_id = EXCLUDED.owner_id").Exec(ctx)
		return bundb.Translate(err)
	})
	return finished, err
}

// Outcome implements backtest.Store.
func (s *Store) Outcome(ctx context.Context, owner tradekeel.UserID, id backtest.ID) ([]byte, error) {
	var row outcomeRow
	err := s.db.NewSelect().Model(&row).Where("o.backtest_id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner)).Scan(ctx)
	if err != nil {
		return nil, translate(err)
	}
	return row.Body, nil
}

func one(owner tradekeel.UserID, id backtest.ID) func(*bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("b.id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner))
	}
}

func translate(err error) error {
	if err = bundb.Translate(err); errors.Is(err, tradekeel.ErrNotFound) {
		return backtest.ErrNotFound
	}
	return err
}

func notFound(is bool) error {
	if is {
		return backtest.ErrNotFound
	}
	return nil
}

func rowOf(b *backtest.Backtest) *backtestRow {
	return &backtestRow{
		ID: string(b.ID), OwnerID: b.Owner, Strategy: b.Spec.Strategy, Spec: bundb.JSONOf(b.Spec), State: b.State,
		Done: int64(b.Done), Total: int64(b.Total), CancelRequested: b.CancelRequested,
		Fault: bundb.JSONOf(b.Fault), Summary: bundb.JSONOf(b.Summary),
		CreatedAt: nanos(b.Created), StartedAt: nanos(b.Started), Attempts: int64(b.Attempts), FinishedAt: nanos(b.Finished),
		Runner: b.Runner, HeartbeatAt: nanos(b.Heartbeat),
	}
}

// nanos cuts a time to the microsecond that every store keeps.
func nanos(t time.Time) bundb.Nanos {
	if t.IsZero() {
		return 0
	}
	return bundb.NanosOf(t.Truncate(time.Microsecond))
}

func (row *backtestRow) backtest() backtest.Backtest {
	return backtest.Backtest{
		ID: backtest.ID(row.ID), Owner: row.OwnerID, Spec: row.Spec.V, State: row.State,
		Done: int(row.Done), Total: int(row.Total), CancelRequested: row.CancelRequested,
		Fault: row.Fault.V, Summary: row.Summary.V,
		Created: moment(row.CreatedAt), Started: moment(row.StartedAt), Attempts: int(row.Attempts), Finished: moment(row.FinishedAt),
		Runner: row.Runner, Heartbeat: moment(row.HeartbeatAt),
	}
}

func moment(n bundb.Nanos) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return n.Time()
}
