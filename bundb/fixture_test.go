package bundb_test

import (
	"context"
	"errors"
	"testing"
	"testing/fstest"
	"time"

	"github.com/uptrace/bun"
	"go.uber.org/goleak"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

func TestMain(m *testing.M) {
	if crashMain() {
		return
	}
	goleak.VerifyTestMain(m)
}

// bots holds users' rows, plans belong to nobody.
var schema = bundb.Migrations{Domain: "zoo", Files: fstest.MapFS{
	"20260101000000_bots.sql": {Data: []byte(`
CREATE TABLE tk_zoo_bots (
	id TEXT PRIMARY KEY,
	owner_id TEXT NOT NULL CHECK (owner_id <> ''),
	name TEXT NOT NULL,
	runs BIGINT NOT NULL DEFAULT 0 CHECK (runs >= 0),
	created_at {{time}} NOT NULL
);
CREATE UNIQUE INDEX tk_zoo_bots_name ON tk_zoo_bots (owner_id, name);
CREATE INDEX tk_zoo_bots_list ON tk_zoo_bots (owner_id, created_at, id);
CREATE TABLE tk_zoo_fills (
	id TEXT PRIMARY KEY,
	owner_id TEXT NOT NULL CHECK (owner_id <> ''),
	bot_id TEXT NOT NULL REFERENCES tk_zoo_bots (id)
);
CREATE TABLE tk_zoo_plans (id TEXT PRIMARY KEY, runs BIGINT NOT NULL);
`)},
}}

type botRow struct {
	bun.BaseModel `bun:"table:tk_zoo_bots,alias:b"`

	ID        string           `bun:"id,pk"`
	OwnerID   tradekeel.UserID `bun:"owner_id"`
	Name      string           `bun:"name"`
	Runs      int64            `bun:"runs"`
	CreatedAt bundb.Nanos      `bun:"created_at"`

	Fills []*fillRow `bun:"rel:has-many,join:id=bot_id"`
}

type fillRow struct {
	bun.BaseModel `bun:"table:tk_zoo_fills,alias:f"`

	ID      string           `bun:"id,pk"`
	OwnerID tradekeel.UserID `bun:"owner_id"`
	BotID   string           `bun:"bot_id"`
}

type planRow struct {
	bun.BaseModel `bun:"table:tk_zoo_plans,alias:p"`

	ID   string `bun:"id,pk"`
	Runs int64  `bun:"runs"`
}

const (
	ann = tradekeel.UserID("usr_ann")
	bob = tradekeel.UserID("usr_bob")
)

// each runs test on both databases, and on SQLite in memory, with the schema of
// the zoo.
func each(t *testing.T, test func(t *testing.T, db *bundb.DB)) {
	t.Parallel()
	prepared := func(t *testing.T, db *bundb.DB) {
		migrated(t, db)
		test(t, db)
	}
	dbtest.Each(t, prepared)
	t.Run("memory", func(t *testing.T) { prepared(t, dbtest.Memory(t)) })
}

func migrated(t testing.TB, db *bundb.DB) {
	t.Helper()
	if _, err := db.Migrate(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
}

func addPlan(ctx context.Context, db *bundb.DB, id string) error {
	_, err := db.NewInsert().Model(&planRow{ID: id}).Exec(ctx)
	return bundb.Translate(err)
}

func addBot(t testing.TB, db *bundb.DB, id string, owner tradekeel.UserID) {
	t.Helper()
	_, err := db.NewInsert().Model(&botRow{ID: id, OwnerID: owner, Name: id, CreatedAt: bundb.NanosOf(day)}).Exec(t.Context())
	if err != nil {
		t.Fatal(err)
	}
}

var day = time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)

// plans returns the ids that a reader outside every transaction sees.
func plans(t testing.TB, db *bundb.DB) []string {
	t.Helper()
	ids := []string{}
	if err := db.NewSelect().Model((*planRow)(nil)).Column("id").Order("id").Scan(t.Context(), &ids); err != nil {
		t.Fatal(err)
	}
	return ids
}

func want(t testing.TB, err, target error) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Errorf("got %v, want %v", err, target)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// soon is a context that ends before a hang could be mistaken for patience.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}
