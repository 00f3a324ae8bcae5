package bundb

import (
	"context"
	"strings"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
)

// A table of users' rows declares itself by having a column owner_id: nothing
// else has to be registered, so nothing can be forgotten. Every SELECT, UPDATE
// and DELETE that reads or writes such a table must bind it, for each mention of
// the table:
//
//	owner_id = 'somebody'            the usual condition, also owner_id IN (…)
//	fill.owner_id = bot.owner_id     in a join or a subquery, where bot is bound
//
// The condition must stand in WHERE (or in ON of the table that is joined),
// joined by AND: beside an OR it does not count. An INSERT names owner_id among
// its columns with a value that is not empty, and an upsert keeps the owner: it
// has owner_id in its conflict target, or says
// WHERE table.owner_id = EXCLUDED.owner_id. An UPDATE does not change it.
//
// What does not hold to this is refused with ErrOwner before it is sent. So is
// a statement of another kind (TRUNCATE, MERGE, ALTER) that names such a table.
// The check reads the finished SQL, so it holds for raw text and for relations
// of bun as well. A view counts by its own columns; what a function or trigger
// in the database does is not seen. Tables are looked up in the search path.

type systemKey struct{}

// AsSystem returns a context in which queries on users' rows need no owner, for
// acts of the platform itself: settlement over all users, deletion of a user,
// a runner that loads every bot. reason says why, for the reader of the code and
// for logs (SystemReason); an empty one grants nothing.
//
// Derive it for the one query that needs it; do not pass it on.
func AsSystem(ctx context.Context, reason string) context.Context {
	return context.WithValue(ctx, systemKey{}, strings.TrimSpace(reason))
}

// SystemReason returns the reason given to AsSystem, or nothing.
func SystemReason(ctx context.Context) string {
	reason, _ := ctx.Value(systemKey{}).(string)
	return reason
}

// OwnedBy is the condition on a user's rows: q.ApplyQueryBuilder(OwnedBy(owner))
// for a query with a model. An empty owner is refused when the query runs.
func OwnedBy(owner tradekeel.UserID) func(bun.QueryBuilder) bun.QueryBuilder {
	return func(q bun.QueryBuilder) bun.QueryBuilder {
		return q.Where("?TableAlias.owner_id = ?", owner)
	}
}

// checkOwner returns ErrOwner for a statement that must not run.
func (db *DB) checkOwner(ctx context.Context, conn bun.IConn, s statement) error {
	if len(s.tables) == 0 || SystemReason(ctx) != "" {
		return nil
	}
	owned, err := db.ownedTables(ctx, conn, s.tables)
	if err != nil {
		return Translate(err)
	}
	if len(owned) == 0 {
		return nil
	}
	err = checkOwners(s.sql, db.postgres, func(table string) bool { return owned[table] })
	if err != nil {
		return ErrOwner.With("", "a query on users' rows must carry their owner: %v", err)
	}
	return nil
}

// Tables returns the tables of ours in the database, history tables of
// migrations left out: those that hold users' rows and the others. A platform's
// test compares others with the list of what deliberately belongs to nobody.
func (db *DB) Tables(ctx context.Context) (owned, others []string, err error) {
	query := `SELECT m.name, EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE lower(c.name) = 'owner_id')
		FROM sqlite_master m WHERE m.type = 'table' AND m.name LIKE 'tk\_%' ESCAPE '\' ORDER BY m.name`
	if db.postgres {
		query = `SELECT c.relname, EXISTS (SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'owner_id' AND NOT a.attisdropped)
			FROM pg_class c WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
			AND c.relname LIKE 'tk\_%' ORDER BY c.relname`
	}
	rows, err := border{db}.QueryContext(ctx, query)
	if err != nil {
		return nil, nil, Translate(err)
	}
	defer rows.Close()
	for rows.Next() {
		var name string
		var has bool
		if err := rows.Scan(&name, &has); err != nil {
			return nil, nil, Translate(err)
		}
		switch {
		case strings.HasSuffix(name, historySuffix):
		case has:
			owned = append(owned, name)
		default:
			others = append(others, name)
		}
	}
	return owned, others, Translate(rows.Err())
}
