package bundb_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
)

func TestTranslateRealViolations(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		ctx := bundb.AsSystem(t.Context(), "test of constraints")
		addBot(t, db, "a", ann)
		for _, row := range []struct {
			name, statement string
			want            error
			kind            tradekeel.Kind
		}{
			{"primary key", `INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('a', 'usr_ann', 'secret', 1)`, bundb.ErrDuplicate, tradekeel.Conflict},
			{"unique index", `INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('b', 'usr_ann', 'a', 1)`, bundb.ErrDuplicate, tradekeel.Conflict},
			{"foreign key", `INSERT INTO tk_zoo_fills (id, owner_id, bot_id) VALUES ('f', 'usr_ann', 'secret')`, bundb.ErrReference, tradekeel.Invalid},
			{"not null", `INSERT INTO tk_zoo_bots (id, owner_id, created_at) VALUES ('b', 'usr_ann', 1)`, bundb.ErrRequired, tradekeel.Invalid},
			{"check", `UPDATE tk_zoo_bots SET runs = -1`, bundb.ErrCheck, tradekeel.Invalid},
			{"empty owner", `INSERT INTO tk_zoo_bots (id, owner_id, name, created_at) VALUES ('b', '', 'b', 1)`, bundb.ErrCheck, tradekeel.Invalid},
			{"no such table", `UPDATE tk_zoo_none SET runs = 1`, nil, tradekeel.Internal},
			{"syntax", `UPDATE`, nil, tradekeel.Internal},
		} {
			_, raw := db.NewRaw(row.statement).Exec(ctx)
			err := bundb.Translate(raw)
			if tradekeel.KindOf(err) != row.kind || row.want != nil && !errors.Is(err, row.want) {
				t.Errorf("%s: got %v: %v", row.name, tradekeel.KindOf(err), err)
			}
			if !errors.Is(err, raw) {
				t.Errorf("%s: the cause is lost", row.name)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("%s: the text quotes a value: %v", row.name, err)
			}
			if again := bundb.Translate(err); again != err { //nolint:errorlint // the same error, not one that wraps it
				t.Errorf("%s: translating twice changes it", row.name)
			}
		}
		var row botRow
		err := bundb.Translate(db.NewSelect().Model(&row).Where("id = 'none' AND owner_id = 'usr_ann'").Scan(ctx))
		want(t, err, bundb.ErrNotFound)
		want(t, err, tradekeel.ErrNotFound)
		want(t, err, sql.ErrNoRows)
	})
}

func TestTranslateTheRest(t *testing.T) {
	t.Parallel()
	if bundb.Translate(nil) != nil {
		t.Error("nil is not an error")
	}
	mine := tradekeel.Invalidf("name", "must not be empty")
	if bundb.Translate(mine) != error(mine) { //nolint:errorlint // the same error, not one that wraps it
		t.Error("a classified error passes unchanged")
	}
	for _, row := range []struct {
		err  error
		kind tradekeel.Kind
	}{
		{context.Canceled, tradekeel.Canceled},
		{fmt.Errorf("scan: %w", context.DeadlineExceeded), tradekeel.Canceled},
		{errStop, tradekeel.Internal},
		{sql.ErrTxDone, tradekeel.Internal},
	} {
		if err := bundb.Translate(row.err); tradekeel.KindOf(err) != row.kind || !errors.Is(err, row.err) || tradekeel.SafeToRetry(err) {
			t.Errorf("%v became %v", row.err, err)
		}
	}
}

func TestDeferredForeignKeyFailsAtCommit(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		ctx := bundb.AsSystem(t.Context(), "test of a deferred key")
		_, err := db.NewRaw(`CREATE TABLE tk_zoo_late (id TEXT PRIMARY KEY, plan_id TEXT REFERENCES tk_zoo_plans (id) DEFERRABLE INITIALLY DEFERRED)`).Exec(ctx)
		ok(t, err)
		err = db.InTx(ctx, func(ctx context.Context) error {
			_, err := db.NewRaw(`INSERT INTO tk_zoo_late (id, plan_id) VALUES ('a', 'none')`).Exec(ctx)
			return err
		})
		want(t, err, bundb.ErrReference)
		ok(t, db.InTx(soon(t), func(ctx context.Context) error { return addPlan(ctx, db, "a") }))
	})
}
