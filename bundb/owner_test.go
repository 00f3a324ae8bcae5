package bundb_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

// Statements on users' rows that carry their owner, and ones that do not.
var (
	scoped = []string{
		`SELECT * FROM tk_zoo_bots WHERE owner_id = 'usr_ann'`,
		`SELECT * FROM TK_ZOO_BOTS WHERE OWNER_ID = 'usr_ann'`,
		`SELECT * FROM "tk_zoo_bots" AS "b" WHERE ("b"."owner_id" = 'usr_ann') AND (id = 'a' OR id = 'b') ORDER BY id LIMIT 5`,
		`SELECT * FROM tk_zoo_bots b WHERE 'usr_ann' = b.owner_id`,
		`SELECT * FROM tk_zoo_bots WHERE ((owner_id = 'usr_ann' AND id = 'a') AND runs > 0)`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id IN ('usr_ann', 'usr_bob')`,
		`SELECT * FROM tk_zoo_bots WHERE runs BETWEEN 1 AND 2 AND owner_id = 'usr_ann'`,
		`SELECT CASE WHEN id = 'a' OR id = 'b' THEN 1 END, runs IS DISTINCT FROM 2 FROM tk_zoo_bots WHERE owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = 'usr_''ann' -- OR 1 = 1`,
		`SELECT * FROM tk_zoo_bots b JOIN tk_zoo_fills f ON f.bot_id = b.id AND f.owner_id = b.owner_id WHERE b.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b LEFT JOIN tk_zoo_fills f ON f.bot_id = b.id AND b.owner_id = f.owner_id WHERE b.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b JOIN tk_zoo_fills f ON f.owner_id = b.owner_id AND b.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b, tk_zoo_fills f WHERE f.owner_id = b.owner_id AND f.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_plans p JOIN tk_zoo_bots b ON b.id = p.id WHERE owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b WHERE owner_id = 'usr_ann' AND EXISTS (SELECT 1 FROM tk_zoo_fills f WHERE f.owner_id = b.owner_id)`,
		`SELECT count(*) FROM (SELECT * FROM tk_zoo_bots WHERE owner_id = 'usr_ann') x`,
		`WITH mine AS (SELECT * FROM tk_zoo_bots WHERE owner_id = 'usr_ann') SELECT * FROM mine m JOIN tk_zoo_fills f ON f.owner_id = m.owner_id`,
		`SELECT id FROM tk_zoo_bots WHERE owner_id = 'usr_ann' UNION ALL SELECT id FROM tk_zoo_fills WHERE owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_plans`,
		`SELECT 'tk_zoo_bots' AS table_name`,
		`UPDATE tk_zoo_bots SET runs = 1 WHERE owner_id = 'usr_ann'`,
		`UPDATE tk_zoo_bots SET runs = 1, owner_id = 'usr_ann' WHERE id = 'a' AND owner_id = 'usr_ann'`,
		`DELETE FROM tk_zoo_bots WHERE owner_id = 'usr_ann' AND id = 'none'`,
		`DELETE FROM tk_zoo_plans`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('i', 'usr_ann', 'i', 1), ('j', 'usr_bob', 'j', 1)`,
		`INSERT INTO tk_zoo_fills (id, owner_id, bot_id) SELECT 'x' || id, owner_id, id FROM tk_zoo_bots WHERE owner_id = 'usr_none'`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('k', 'usr_ann', 'k', 1) ON CONFLICT (id) DO NOTHING`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('k', 'usr_ann', 'k', 1) ON CONFLICT (owner_id, name) DO UPDATE SET runs = 2`,
		`INSERT INTO tk_zoo_bots AS b (id, owner_id, name, created_at) VALUES ('k', 'usr_ann', 'k2', 1) ON CONFLICT (id) DO UPDATE SET runs = EXCLUDED.runs WHERE b.owner_id = EXCLUDED.owner_id RETURNING id`,
	}
	unscoped = []string{
		`SELECT * FROM tk_zoo_bots`,
		`SELECT * FROM "TK_ZOO_BOTS" WHERE id = 'a'`,
		`SELECT owner_id FROM tk_zoo_bots WHERE id = 'owner_id = x'`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = 'usr_ann' OR id = 'a'`,
		`SELECT * FROM tk_zoo_bots WHERE (owner_id = 'usr_ann') OR (id = 'a')`,
		`SELECT * FROM tk_zoo_bots WHERE id = 'a' AND (owner_id = 'usr_ann' OR runs = 0)`,
		`SELECT * FROM tk_zoo_bots WHERE NOT owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots WHERE NOT (owner_id = 'usr_ann')`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id <> 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = ''`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id IN ('usr_ann', '')`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = owner_id`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = name`,
		`SELECT * FROM tk_zoo_bots WHERE CASE WHEN runs = 1 AND owner_id = 'usr_ann' AND runs = 1 THEN true ELSE true END`,
		`SELECT * FROM tk_zoo_bots /* WHERE owner_id = 'usr_ann' */`,
		`SELECT * FROM tk_zoo_bots -- WHERE owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots ORDER BY owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b JOIN tk_zoo_fills f ON f.bot_id = b.id WHERE b.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b LEFT JOIN tk_zoo_fills f ON f.bot_id = b.id AND b.owner_id = 'usr_ann' AND f.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b, tk_zoo_fills f WHERE f.owner_id = b.owner_id`,
		`SELECT * FROM tk_zoo_bots b, tk_zoo_bots c WHERE b.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_plans p WHERE EXISTS (SELECT 1 FROM tk_zoo_bots b WHERE b.id = p.id)`,
		`SELECT (SELECT count(*) FROM tk_zoo_bots) FROM tk_zoo_plans`,
		`SELECT * FROM (SELECT * FROM tk_zoo_bots) x WHERE owner_id = 'usr_ann'`,
		`WITH x AS (SELECT * FROM tk_zoo_bots) SELECT * FROM x WHERE owner_id = 'usr_ann'`,
		`SELECT id FROM tk_zoo_bots WHERE owner_id = 'usr_ann' UNION SELECT id FROM tk_zoo_bots`,
		`EXPLAIN SELECT * FROM tk_zoo_bots`,
		`SELECT 1; SELECT * FROM tk_zoo_bots`,
		`UPDATE tk_zoo_bots SET runs = 1`,
		`UPDATE tk_zoo_bots SET owner_id = 'usr_bob' WHERE id = 'a'`,
		`UPDATE tk_zoo_bots SET owner_id = 'usr_bob' WHERE id = 'a' AND owner_id = 'usr_ann'`,
		`UPDATE tk_zoo_plans SET runs = (SELECT max(runs) FROM tk_zoo_bots)`,
		`DELETE FROM tk_zoo_bots`,
		`DELETE FROM tk_zoo_bots WHERE id = 'a'`,
		`INSERT INTO tk_zoo_bots VALUES ('i', 'usr_ann', 'i', 0, 1)`,
		`INSERT INTO tk_zoo_bots (id, name, created_at) VALUES ('i', 'i', 1)`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('i', '', 'i', 1)`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('i', 'usr_ann', 'i', 1), ('j', NULL, 'j', 1)`,
		`INSERT INTO tk_zoo_fills (id, owner_id, bot_id) SELECT id, owner_id, id FROM tk_zoo_bots`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('k', 'usr_ann', 'k', 1) ON CONFLICT (id) DO UPDATE SET runs = 2`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('k', 'usr_ann', 'k', 1) ON CONFLICT (id) DO UPDATE SET runs = 2 WHERE tk_zoo_bots.owner_id = 'usr_ann' OR true`,
		`INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('k', 'usr_ann', 'k', 1) ON CONFLICT (owner_id, name) DO UPDATE SET owner_id = 'usr_bob'`,
		`SELECT * FROM tk_zoo_bots b LEFT JOIN tk_zoo_fills f ON f.owner_id = b.owner_id AND f.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b LEFT JOIN tk_zoo_fills f JOIN tk_zoo_plans p ON f.owner_id = 'usr_ann' AND p.id = f.id ON b.id = f.id AND b.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots b RIGHT JOIN tk_zoo_fills f ON f.owner_id = 'usr_ann' AND b.owner_id = 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = 'usr_ann' AND offset OR runs = 0`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id >= 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots WHERE 'usr_ann' >= owner_id`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = 'usr_ann' IS NOT TRUE`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id LIKE 'usr_ann'`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id NOT IN ('usr_ann')`,
		`SELECT * FROM tk_zoo_bots WHERE runs BETWEEN 1 AND owner_id = 'usr_ann'`,
		`DROP TABLE tk_zoo_bots`,
		`CREATE VIEW tk_zoo_all AS SELECT * FROM tk_zoo_bots`,
		`SELECT * FROM tk_zoo_bots WHERE owner_id = 'unfinished`,
	}
)

func TestS15_StatementsCarryTheirOwner(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		addBot(t, db, "a", ann)
		onlyOne := map[bool][]string{
			false: {`INSERT OR REPLACE INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('k', 'usr_ann', 'k', 1)`,
				"SELECT * FROM [tk_zoo_bots]", "SELECT * FROM `tk_zoo_bots`"},
			true: {`TRUNCATE tk_zoo_fills`, `TABLE tk_zoo_bots`,
				`SELECT * FROM ONLY tk_zoo_bots`, `SELECT * FROM public.tk_zoo_bots`,
				`SELECT * FROM tk_zoo_bots WHERE name = E'\' OR owner_id = \'x' AND true`,
				`SELECT $$ $$ FROM tk_zoo_bots WHERE name = $$ x AND owner_id = 'usr_ann'$$`,
				`MERGE INTO tk_zoo_bots b USING tk_zoo_plans p ON b.id = p.id WHEN MATCHED THEN DELETE`},
		}
		for _, statement := range append(onlyOne[db.Postgres()], unscoped...) {
			err := db.InTx(t.Context(), func(ctx context.Context) error {
				_, err := db.NewRaw(statement).Exec(ctx)
				return err
			})
			if !errors.Is(err, bundb.ErrOwner) {
				t.Errorf("not refused: %s: %v", statement, err)
			}
			if _, err := db.NewRaw(statement).Exec(t.Context()); !errors.Is(err, bundb.ErrOwner) {
				t.Errorf("not refused outside a transaction: %s: %v", statement, err)
			}
		}
		for _, statement := range scoped {
			err := db.InTx(t.Context(), func(ctx context.Context) error {
				if _, err := db.NewRaw(statement).Exec(ctx); err != nil {
					t.Errorf("refused: %s: %v", statement, err)
				}
				return errStop
			})
			want(t, err, errStop)
		}
	})
}

func TestS15_QueriesOfBunCarryTheirOwner(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		addBot(t, db, "a", ann)
		addBot(t, db, "b", bob)
		_, err := db.NewInsert().Model(&[]fillRow{{ID: "f", OwnerID: ann, BotID: "a"}}).Exec(t.Context())
		ok(t, err)

		var rows []botRow
		var row botRow
		ctx := t.Context()
		refused := func(err error) { t.Helper(); want(t, err, bundb.ErrOwner) }
		refused(db.NewSelect().Model(&rows).Scan(ctx))
		refused(db.NewSelect().Model(&row).Where("id = 'a'").Scan(ctx))
		_, err = db.NewSelect().Model(&rows).Count(ctx)
		refused(err)
		_, err = db.NewSelect().Model(&rows).Exists(ctx)
		refused(err)
		_, err = db.NewSelect().Model(&rows).Rows(ctx) //nolint:rowserrcheck,sqlclosecheck // refused, so there are no rows
		refused(err)
		_, err = db.NewUpdate().Model(&botRow{ID: "a", OwnerID: ann}).WherePK().Exec(ctx)
		refused(err)
		_, err = db.NewDelete().Model(&botRow{ID: "a"}).WherePK().Exec(ctx)
		refused(err)
		_, err = db.NewInsert().Model(&botRow{ID: "c", Name: "c"}).Exec(ctx)
		refused(err)
		_, err = db.NewInsert().Model(&botRow{ID: "a", OwnerID: bob, Name: "c"}).On("CONFLICT (id) DO UPDATE").Exec(ctx)
		refused(err)
		refused(db.NewSelect().Model(&rows).ApplyQueryBuilder(bundb.OwnedBy("")).Scan(ctx))
		refused(db.NewSelect().Model(&rows).ApplyQueryBuilder(bundb.OwnedBy(ann)).Relation("Fills").Scan(ctx))

		ok(t, db.NewSelect().Model(&rows).ApplyQueryBuilder(bundb.OwnedBy(ann)).Scan(ctx))
		if len(rows) != 1 || rows[0].ID != "a" {
			t.Errorf("ann has %v", rows)
		}
		rows = nil
		ok(t, db.NewSelect().Model(&rows).ApplyQueryBuilder(bundb.OwnedBy(ann)).
			Relation("Fills", func(q *bun.SelectQuery) *bun.SelectQuery { return q.ApplyQueryBuilder(bundb.OwnedBy(ann)) }).Scan(ctx))
		if len(rows) != 1 || len(rows[0].Fills) != 1 {
			t.Errorf("ann has %v", rows)
		}
		n, err := db.NewSelect().Model(&rows).ApplyQueryBuilder(bundb.OwnedBy(ann)).Count(ctx)
		if n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		row = botRow{ID: "b", OwnerID: ann, Name: "stolen"}
		want(t, bundb.One(db.NewUpdate().Model(&row).WherePK().ApplyQueryBuilder(bundb.OwnedBy(ann)).Exec(ctx)), tradekeel.ErrNotFound)
		want(t, bundb.One(db.NewDelete().Model(&row).WherePK().ApplyQueryBuilder(bundb.OwnedBy(ann)).Exec(ctx)), tradekeel.ErrNotFound)
		row = botRow{ID: "a", OwnerID: ann, Name: "renamed"}
		ok(t, bundb.One(db.NewUpdate().Model(&row).WherePK().ApplyQueryBuilder(bundb.OwnedBy(ann)).Exec(ctx)))
		_, err = db.NewInsert().Model(&botRow{ID: "x", OwnerID: ann, Name: "renamed", Runs: 7}).
			On("CONFLICT (owner_id, name) DO UPDATE").Set("runs = EXCLUDED.runs").Exec(ctx)
		ok(t, err)
	})
}

func TestSystemNeedsAReason(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		addBot(t, db, "a", ann)
		addBot(t, db, "b", bob)
		all := func(ctx context.Context) (n int64, err error) {
			return db.NewSelect().Model((*botRow)(nil)).Count(ctx)
		}
		_, err := all(bundb.AsSystem(t.Context(), " "))
		want(t, err, bundb.ErrOwner)
		ctx := bundb.AsSystem(t.Context(), "settlement")
		if n, err := all(ctx); n != 2 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
		if got := bundb.SystemReason(ctx); got != "settlement" {
			t.Errorf("reason %q", got)
		}
	})
}

func TestTables(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		owned, others, err := db.Tables(t.Context())
		ok(t, err)
		if !slices.Equal(owned, []string{"tk_zoo_bots", "tk_zoo_fills"}) || !slices.Equal(others, []string{"tk_zoo_plans"}) {
			t.Errorf("owned %v, others %v", owned, others)
		}
	})
}

// A table that gains its owner in a migration is guarded from then on.
func TestMigrationsMakeTheCheckLookAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		first := files("zoo", "1_a.sql", `CREATE TABLE tk_zoo_late (id TEXT PRIMARY KEY)`)
		_, err := db.Migrate(t.Context(), first)
		ok(t, err)
		read := func() error {
			_, err := db.NewRaw(`SELECT * FROM tk_zoo_late`).Exec(t.Context())
			return err
		}
		ok(t, read())
		_, err = db.Migrate(t.Context(), files("zoo", "1_a.sql", `CREATE TABLE tk_zoo_late (id TEXT PRIMARY KEY)`,
			"2_b.sql", `ALTER TABLE tk_zoo_late ADD COLUMN owner_id TEXT`))
		ok(t, err)
		want(t, read(), bundb.ErrOwner)
	})
}
