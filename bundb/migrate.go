package bundb

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
)

// The runner is our own and not bun/migrate: that one records a migration before
// it ran and outside its transaction, keeps one history for everything, and its
// lock is a row that a crashed holder leaves behind for ever. What is needed
// here is small: each migration and its record in one transaction, under a lock
// that the database gives back by itself when its holder dies.

// Migrations are the schema of one domain: SQL files that are applied in the
// order of their numbers, once each, and never undone.
//
//	20260101000000_create_bots.sql             for both databases
//	20260102000000_add_ladder.sqlite.sql       for one of them; then the other
//	20260102000000_add_ladder.postgres.sql     has its own under the same number
//
// A file for both may use {{decimal}}, {{json}}, {{bytes}} and {{time}} as column
// types; they become NUMERIC, JSONB, BYTEA, BIGINT on PostgreSQL, and on SQLite
// TEXT (the first two), BLOB, BIGINT. A file holds any number of statements and no
// transaction control: it runs in one transaction together with its record.
// Hence nothing that PostgreSQL refuses there, such as CREATE INDEX CONCURRENTLY.
//
// A release must run on the schema of the next one, so a change expands first
// (add a column that may be missing), and contracts a release later.
type Migrations struct {
	// Domain is the package's name; the history is the table tk_<domain>_migrations.
	Domain string
	// Files holds the .sql files in any of its folders, usually an embed.FS.
	Files fs.FS
}

// Migration is one file, as text for one database.
type Migration struct {
	Domain   string
	ID       int64  // the number that its name begins with
	Name     string // the rest of its name
	SQL      string // with the types of the database filled in
	Checksum string // SHA-256 of the file, in hex; line ends do not count
}

// String returns domain/number_name.
func (m Migration) String() string { return fmt.Sprintf("%s/%d_%s", m.Domain, m.ID, m.Name) }

// MigrationState is where one migration stands in one database.
type MigrationState struct {
	Migration
	// Applied is when it was applied; 0 while it is pending.
	Applied Nanos
	// Edited says that the file is not the one that was applied.
	Edited bool
	// Unknown says that the history has it and this release does not: a newer
	// release has been here. It has no SQL.
	Unknown bool
}

// Errors of migrations.
var (
	// ErrMigration is a migration that failed; it left nothing behind.
	ErrMigration = &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.migration", Message: "a migration failed"}
	// ErrMigrationEdited is an applied migration whose file has changed since.
	ErrMigrationEdited = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "storage.migration_edited", Message: "an applied migration was edited"}
	// ErrMigrationFiles is a set of files that cannot be read as migrations.
	ErrMigrationFiles = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "storage.migration_files", Message: "the migration files are wrong"}
)

const historySuffix = "_migrations"

func historyTable(domain string) string { return tablePrefix + domain + historySuffix }

// Migrate applies what is pending, set after set in the given order, and returns
// what it applied. Processes may call it at the same time: each migration runs
// once, the others wait for it until their ctx is over. When one fails, those
// before it stay applied, it leaves nothing, and a later call goes on with it.
// A history that is newer than this release is left alone.
//
// Before it applies anything it compares the applied ones with the files, and
// fails with ErrMigrationEdited on a difference.
//
// On PostgreSQL the lock belongs to the transaction, so that it ends with its
// holder and works behind a pooler; a server from version 14 on Linux is told to
// notice within a second that a holder was killed amid a long statement.
func (db *DB) Migrate(ctx context.Context, sets ...Migrations) ([]Migration, error) {
	if db.current(ctx) != nil || db.inside.here() {
		return nil, ErrMigration.With("", "Migrate must not be called inside a transaction: each migration has its own")
	}
	states, err := db.MigrationStatus(ctx, sets...)
	if err != nil {
		return nil, err
	}
	for _, s := range states {
		if s.Edited {
			return nil, edited(s.Migration)
		}
	}
	defer db.tables.forget()
	var applied []Migration
	for _, s := range states {
		if s.Applied != 0 {
			continue
		}
		ran, err := db.apply(ctx, s.Migration)
		if err != nil {
			return applied, err
		}
		if ran {
			applied = append(applied, s.Migration)
		}
	}
	return applied, nil
}

func edited(m Migration) error {
	return ErrMigrationEdited.With("", "migration %s was edited after it had been applied: restore the file and put the change into a new one", m)
}

// apply runs one migration unless another process did meanwhile.
func (db *DB) apply(ctx context.Context, m Migration) (ran bool, err error) {
	ctx = AsSystem(ctx, "migration "+m.String())
	for {
		// Read committed, so that the history is read after the wait for the lock.
		err = db.inTx(ctx, sql.LevelReadCommitted, func(ctx context.Context) error {
			ran, err = db.applyLocked(ctx, m)
			return err
		})
		switch {
		case err == nil:
			return ran, nil
		case ctx.Err() != nil:
			return false, ErrCanceled.Because(context.Cause(ctx))
		case errors.Is(err, ErrBusy) && (isConflict(err) || errors.Is(err, context.DeadlineExceeded)):
			continue // another process is migrating: wait on
		case errors.Is(err, ErrMigrationEdited), tradekeel.SafeToRetry(err) && !errors.Is(err, ErrDuplicate):
			return false, err
		}
		if e, ok := errors.AsType[*tradekeel.Error](err); ok && e.Cause != nil {
			err = e.Cause // an operator needs the database's own words
		}
		return false, ErrMigration.With("", "migration %s failed and left nothing", m).Because(err)
	}
}

func (db *DB) applyLocked(ctx context.Context, m Migration) (bool, error) {
	tx := db.current(ctx).tx.Tx
	history := historyTable(m.Domain)
	if db.postgres {
		if err := db.lockMigrations(ctx, tx, history); err != nil {
			return false, err
		}
	}
	if _, err := tx.ExecContext(ctx, historyDDL(history)); err != nil {
		return false, err
	}
	rows, err := readHistory(ctx, tx, history)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		switch {
		case row.ID != m.ID:
		case row.Checksum != m.Checksum:
			return false, edited(m)
		default:
			return false, nil
		}
	}
	if _, err := tx.ExecContext(ctx, m.SQL); err != nil {
		return false, err
	}
	record := db.writer.QueryGen().FormatQuery(`INSERT INTO ? (id, name, checksum, applied_at) VALUES (?, ?, ?, ?)`,
		bun.Ident(history), m.ID, m.Name, m.Checksum, NanosOf(time.Now()))
	_, err = tx.ExecContext(ctx, record)
	return err == nil, err
}

func historyDDL(table string) string {
	return `CREATE TABLE IF NOT EXISTS ` + table +
		` (id BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL)`
}

// lockMigrations waits for its turn among processes.
func (db *DB) lockMigrations(ctx context.Context, tx *sql.Tx, history string) error {
	// A server does not look at its client's connection during a statement unless
	// told so; not every platform can, hence the savepoint.
	if _, err := tx.ExecContext(ctx, `SAVEPOINT tk_watch`); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `SELECT set_config('client_connection_check_interval', '1000', true)
		WHERE current_setting('server_version_num')::int >= 140000`)
	if err != nil {
		if _, err := tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT tk_watch`); err != nil {
			return err
		}
	}
	lock := db.writer.QueryGen().FormatQuery(`SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || ?, 0))`, "."+history)
	_, err = tx.ExecContext(ctx, lock)
	return err
}

func readHistory(ctx context.Context, conn bun.IConn, table string) ([]MigrationState, error) {
	rows, err := conn.QueryContext(ctx, `SELECT id, name, checksum, applied_at FROM `+table+` ORDER BY id`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var states []MigrationState
	for rows.Next() {
		var s MigrationState
		if err := rows.Scan(&s.ID, &s.Name, &s.Checksum, &s.Applied); err != nil {
			return nil, err
		}
		states = append(states, s)
	}
	return states, rows.Err()
}

// MigrationStatus returns every migration of the sets and of their histories,
// set after set, by number. It changes nothing.
func (db *DB) MigrationStatus(ctx context.Context, sets ...Migrations) ([]MigrationState, error) {
	var all []MigrationState
	domains := map[string]bool{}
	for _, set := range sets {
		if domains[set.Domain] {
			return nil, ErrMigrationFiles.With("domain", "%q is given twice", set.Domain)
		}
		domains[set.Domain] = true
		files, err := set.Read(db.postgres)
		if err != nil {
			return nil, err
		}
		history, err := db.history(ctx, set.Domain)
		if err != nil {
			return nil, err
		}
		var states []MigrationState
		for _, m := range files {
			s := MigrationState{Migration: m}
			if row, ok := history[m.ID]; ok {
				s.Applied = row.Applied
				s.Edited = row.Checksum != m.Checksum
				delete(history, m.ID)
			}
			states = append(states, s)
		}
		for _, row := range history {
			row.Domain, row.Unknown = set.Domain, true
			states = append(states, row)
		}
		slices.SortFunc(states, func(a, b MigrationState) int { return cmp.Compare(a.ID, b.ID) })
		all = append(all, states...)
	}
	return all, nil
}

// history returns the records of a domain by number; none before the first.
func (db *DB) history(ctx context.Context, domain string) (map[int64]MigrationState, error) {
	table := historyTable(domain)
	exists, _, err := db.describe(ctx, db.reader.DB, table)
	if err != nil || !exists {
		return nil, Translate(err)
	}
	rows, err := readHistory(ctx, db.reader.DB, table)
	if err != nil {
		return nil, Translate(err)
	}
	byID := make(map[int64]MigrationState, len(rows))
	for _, row := range rows {
		byID[row.ID] = row
	}
	return byID, nil
}

// MigrationPlan returns the SQL that Migrate would run now, records included, as
// a script for psql or sqlite3. It changes nothing and is empty when nothing is
// pending.
func (db *DB) MigrationPlan(ctx context.Context, sets ...Migrations) (string, error) {
	states, err := db.MigrationStatus(ctx, sets...)
	if err != nil {
		return "", err
	}
	begin, now := "BEGIN IMMEDIATE", "CAST(strftime('%s', 'now') AS INTEGER) * 1000000000"
	if db.postgres {
		begin, now = "BEGIN", "(extract(epoch FROM now()) * 1000000000)::bigint"
	}
	var b strings.Builder
	for _, s := range states {
		if s.Edited {
			return "", edited(s.Migration)
		}
		if s.Applied != 0 {
			continue
		}
		history := historyTable(s.Domain)
		fmt.Fprintf(&b, "-- %s\n%s;\n%s;\n%s\n;\n", s.Migration, begin, historyDDL(history), strings.TrimSpace(s.SQL))
		fmt.Fprintf(&b, "INSERT INTO %s (id, name, checksum, applied_at) VALUES (%d, '%s', '%s', %s);\nCOMMIT;\n\n",
			history, s.ID, s.Name, s.Checksum, now)
	}
	return b.String(), nil
}
