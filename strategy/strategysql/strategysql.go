// Package strategysql keeps users' strategies in SQLite or PostgreSQL.
//
// Migrate makes the tables tk_strategy_strategies and tk_strategy_versions; New
// makes the library.Store over them, which passes the laws of strategytest.
package strategysql

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/strategy/library"
)

//go:embed migrations/*.sql
var files embed.FS

// Migrations is the schema of the domain, for hosts that migrate several domains
// in one call of bundb.DB.Migrate.
func Migrations() bundb.Migrations { return bundb.Migrations{Domain: "strategy", Files: files} }

// Migrate brings the schema up to date. It may be called by any number of
// processes at the same time.
func Migrate(ctx context.Context, db *bundb.DB) error {
	_, err := db.Migrate(ctx, Migrations())
	return err
}

// Store is a library.Store. It is safe for concurrent use.
type Store struct{ db *bundb.DB }

var _ library.Store = (*Store)(nil)

// New makes a store over a migrated database.
func New(db *bundb.DB) *Store { return &Store{db} }

type strategyRow struct {
	bun.BaseModel `bun:"table:tk_strategy_strategies,alias:s"`

	ID          string           `bun:"id,pk"`
	OwnerID     tradekeel.UserID `bun:"owner_id"`
	Name        string           `bun:"name"`
	NameFolded  string           `bun:"name_folded"`
	Description string           `bun:"description"`
	CreatedAt   bundb.Nanos      `bun:"created_at"`
	UpdatedAt   bundb.Nanos      `bun:"updated_at"`
	Archived    bool             `bun:"archived"`
	Latest      int64            `bun:"latest"`
	Hash        string           `bun:"hash"`
	Draft       bool             `bun:"draft"`
}

type versionRow struct {
	bun.BaseModel `bun:"table:tk_strategy_versions,alias:v"`

	StrategyID string           `bun:"strategy_id,pk"`
	Number     int64            `bun:"number,pk"`
	OwnerID    tradekeel.UserID `bun:"owner_id"`
	// Document is text on both databases: it comes back byte by byte.
	Document  string      `bun:"document"`
	Hash      string      `bun:"hash"`
	Note      string      `bun:"note"`
	CreatedAt bundb.Nanos `bun:"created_at"`
	UsedAt    bundb.Nanos `bun:"used_at"`
}

// Create implements library.Store.
func (s *Store) Create(ctx context.Context, st library.Strategy, first library.Version, limit int) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		// Rows that are not there cannot be locked: creations of one owner take turns.
		// On SQLite every transaction that writes does.
		if s.db.Postgres() {
			if _, err := s.db.NewRaw("SELECT pg_advisory_xact_lock(hashtextextended(?, 0))", "tk_strategy:"+string(st.Owner)).Exec(ctx); err != nil {
				return bundb.Translate(err)
			}
		}
		owned, err := s.db.NewSelect().Model((*strategyRow)(nil)).ApplyQueryBuilder(bundb.OwnedBy(st.Owner)).Count(ctx)
		if err != nil {
			return bundb.Translate(err)
		}
		if owned >= int64(limit) {
			return library.ErrLimit
		}
		if _, err := s.db.NewInsert().Model(rowOf(&st)).Exec(ctx); err != nil {
			return bundb.Translate(err)
		}
		_, err = s.db.NewInsert().Model(versionRowOf(st.Owner, &first)).Exec(ctx)
		return bundb.Translate(err)
	})
	if errors.Is(err, bundb.ErrDuplicate) {
		return library.ErrExists.Because(err)
	}
	return err
}

// Get implements library.Store.
func (s *Store) Get(ctx context.Context, owner tradekeel.UserID, id library.ID) (library.Strategy, error) {
	var row strategyRow
	if err := s.db.NewSelect().Model(&row).Apply(one(owner, id)).Scan(ctx); err != nil {
		return library.Strategy{}, translate(err, library.ErrNotFound)
	}
	return row.strategy(), nil
}

// likeEscape makes a text one that LIKE … ESCAPE '!' finds as it stands.
var likeEscape = strings.NewReplacer("!", "!!", "%", "!%", "_", "!_")

// List implements library.Store.
func (s *Store) List(ctx context.Context, owner tradekeel.UserID, f library.Filter, page tradekeel.PageRequest) (tradekeel.Page[library.Strategy], error) {
	q := s.db.NewSelect().Model((*strategyRow)(nil)).ApplyQueryBuilder(bundb.OwnedBy(owner)).Where("s.archived = ?", f.Archived)
	if f.Name != "" {
		q = q.Where("s.name_folded LIKE ? ESCAPE '!'", "%"+likeEscape.Replace(library.Folded(f.Name))+"%")
	}
	newest := bundb.Keyset[strategyRow, bundb.Nanos]{
		Column: "created_at",
		Of:     func(row *strategyRow) (bundb.Nanos, string) { return row.CreatedAt, row.ID },
	}
	return bundb.List(ctx, q, page, newest, func(row *strategyRow) (library.Strategy, error) { return row.strategy(), nil })
}

// Version implements library.Store.
func (s *Store) Version(ctx context.Context, owner tradekeel.UserID, id library.ID, number int) (library.Version, error) {
	v, err := s.version(ctx, owner, id, number)
	if errors.Is(err, library.ErrNoVersion) {
		if _, gone := s.Get(ctx, owner, id); gone != nil {
			return v, gone
		}
	}
	return v, err
}

// version reads one version in one statement; the latest is that of the highest
// number.
func (s *Store) version(ctx context.Context, owner tradekeel.UserID, id library.ID, number int) (library.Version, error) {
	var row versionRow
	q := s.db.NewSelect().Model(&row).Where("v.strategy_id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner))
	if number == 0 {
		q = q.Order("v.number DESC").Limit(1)
	} else {
		q = q.Where("v.number = ?", number)
	}
	if err := q.Scan(ctx); err != nil {
		return library.Version{}, translate(err, library.ErrNoVersion)
	}
	return row.version(), nil
}

// Versions implements library.Store.
func (s *Store) Versions(ctx context.Context, owner tradekeel.UserID, id library.ID, page tradekeel.PageRequest) (tradekeel.Page[library.Version], error) {
	if _, err := s.Get(ctx, owner, id); err != nil {
		return tradekeel.Page[library.Version]{}, err
	}
	q := s.db.NewSelect().Model((*versionRow)(nil)).ExcludeColumn("document").
		Where("v.strategy_id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner))
	// The numbers of one strategy are unique: the id never decides.
	latest := bundb.Keyset[versionRow, int64]{
		Column: "number", ID: "strategy_id",
		Of: func(row *versionRow) (int64, string) { return row.Number, row.StrategyID },
	}
	return bundb.List(ctx, q, page, latest, func(row *versionRow) (library.Version, error) { return row.version(), nil })
}

// Change implements library.Store.
func (s *Store) Change(ctx context.Context, owner tradekeel.UserID, id library.ID, number int, fn func(*library.Strategy, *library.Version) error) (library.Strategy, library.Version, error) {
	var after library.Strategy
	var version library.Version
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		return bundb.UpdateRow(ctx, s.db, one(owner, id), func(row *strategyRow) error {
			before := row.strategy()
			v, err := s.version(ctx, owner, id, number)
			if err != nil {
				return err
			}
			var added bool
			if after, version, added, err = library.Apply(before, v, fn); err != nil {
				return err
			}
			written := versionRowOf(owner, &version)
			if added {
				_, err = s.db.NewInsert().Model(written).Exec(ctx)
				err = bundb.Translate(err)
			} else {
				q := s.db.NewUpdate().Model(written).WherePK().ExcludeColumn("owner_id").Where("v.owner_id = ?", owner)
				if bytes.Equal(version.Document, v.Document) {
					q = q.ExcludeColumn("document")
				}
				err = bundb.One(q.Exec(ctx))
			}
			*row = *rowOf(&after)
			after, version = row.strategy(), written.version()
			return err
		})
	})
	if err != nil {
		return library.Strategy{}, library.Version{}, translate(err, library.ErrNotFound)
	}
	return after, version, nil
}

// Delete implements library.Store.
func (s *Store) Delete(ctx context.Context, owner tradekeel.UserID, id library.ID) error {
	err := s.db.InTx(ctx, func(ctx context.Context) error {
		// Locked, so that no version is used meanwhile.
		var row strategyRow
		if err := s.db.NewSelect().Model(&row).Apply(one(owner, id), s.db.ForUpdate).Scan(ctx); err != nil {
			return bundb.Translate(err)
		}
		used, err := s.db.NewSelect().Model((*versionRow)(nil)).Where("v.strategy_id = ? AND v.used_at <> 0", id).
			ApplyQueryBuilder(bundb.OwnedBy(owner)).Exists(ctx)
		if err != nil {
			return bundb.Translate(err)
		}
		if used {
			return library.ErrUsed
		}
		return bundb.One(s.db.NewDelete().Model((*strategyRow)(nil)).Where("s.id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner)).Exec(ctx))
	})
	return translate(err, library.ErrNotFound)
}

func one(owner tradekeel.UserID, id library.ID) func(*bun.SelectQuery) *bun.SelectQuery {
	return func(q *bun.SelectQuery) *bun.SelectQuery {
		return q.Where("s.id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner))
	}
}

// translate names what was not found, unless that is said already.
func translate(err error, missing *tradekeel.Error) error {
	err = bundb.Translate(err)
	if errors.Is(err, bundb.ErrNotFound) {
		return missing
	}
	return err
}

func rowOf(s *library.Strategy) *strategyRow {
	return &strategyRow{
		ID: string(s.ID), OwnerID: s.Owner, Name: s.Name, NameFolded: library.Folded(s.Name), Description: s.Description,
		CreatedAt: nanos(s.Created), UpdatedAt: nanos(s.Updated), Archived: s.Archived,
		Latest: int64(s.Latest), Hash: s.Hash, Draft: s.Draft,
	}
}

func (row *strategyRow) strategy() library.Strategy {
	return library.Strategy{
		ID: library.ID(row.ID), Owner: row.OwnerID, Name: row.Name, Description: row.Description,
		Created: row.CreatedAt.Time(), Updated: row.UpdatedAt.Time(), Archived: row.Archived,
		Latest: int(row.Latest), Hash: row.Hash, Draft: row.Draft,
	}
}

func versionRowOf(owner tradekeel.UserID, v *library.Version) *versionRow {
	return &versionRow{
		StrategyID: string(v.Strategy), Number: int64(v.Number), OwnerID: owner, Document: string(v.Document), Hash: v.Hash,
		Note: v.Note, CreatedAt: nanos(v.Created), UsedAt: nanos(v.UsedAt),
	}
}

func (row *versionRow) version() library.Version {
	v := library.Version{
		Strategy: library.ID(row.StrategyID), Number: int(row.Number), Hash: row.Hash, Note: row.Note,
		Created: row.CreatedAt.Time(), UsedAt: row.UsedAt.Time(),
	}
	if row.Document != "" {
		v.Document = []byte(row.Document)
	}
	return v
}

// nanos cuts a time to the microsecond that every store keeps.
func nanos(t time.Time) bundb.Nanos {
	if t.IsZero() {
		return 0
	}
	return bundb.NanosOf(t.Truncate(time.Microsecond))
}
