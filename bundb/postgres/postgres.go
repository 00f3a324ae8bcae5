// Package postgres opens PostgreSQL databases through pgx.
//
// Cancelling a context stops the statement on the server, not only the wait for
// it. Statements use no session state, so the URL may lead through PgBouncer in
// transaction mode. Commits are durable: Open refuses a database on which
// synchronous_commit is off.
package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgconn/ctxwatch"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"github.com/tradekeel/tradekeel/bundb"
)

// Options of Open. The zero value is right for most.
type Options struct {
	// MaxConns is the size of the pool; 0 is 16. All processes together must stay
	// below the server's max_connections.
	MaxConns int
	// Schema is where the tables live, as the search path of every connection;
	// empty leaves the server's own. PgBouncer refuses it: there, set the search
	// path of the role instead. It must exist.
	Schema string
	// Isolation of transactions; the zero value is the server's default.
	Isolation sql.IsolationLevel
	// ConnWait bounds how long a write or a transaction waits for a connection;
	// 0 is bundb's default of 30 seconds.
	ConnWait time.Duration
}

var schemaPattern = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

// Open connects to the database at a URL such as
// postgres://user:password@host:5432/database?sslmode=verify-full and proves
// that it answers. Close the result. Errors say what is wrong and never hold the
// password.
func Open(ctx context.Context, databaseURL string, o Options) (*bundb.DB, error) {
	config, err := parse(databaseURL)
	if err != nil {
		return nil, err
	}
	if o.Schema != "" {
		if !schemaPattern.MatchString(o.Schema) {
			return nil, fmt.Errorf("postgres: Schema must be lower-case letters, digits and underscores, got %q", o.Schema)
		}
		config.RuntimeParams["search_path"] = o.Schema
	}
	if o.MaxConns <= 0 {
		o.MaxConns = 16
	}
	// bun puts values into the text of a statement, so a cache of prepared
	// statements would fill with ones that never come again.
	config.DefaultQueryExecMode = pgx.QueryExecModeExec
	config.BuildContextWatcherHandler = func(conn *pgconn.PgConn) ctxwatch.Handler {
		return &pgconn.CancelRequestContextWatcherHandler{
			Conn: conn,
			// Should the server not answer the request to cancel, the connection is
			// given up after this time.
			DeadlineDelay: 5 * time.Second,
		}
	}
	pool := stdlib.OpenDB(*config)
	pool.SetMaxOpenConns(o.MaxConns)
	pool.SetMaxIdleConns(o.MaxConns)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	pool.SetConnMaxLifetime(time.Hour)
	if err := check(ctx, pool, config, o.Schema); err != nil {
		_ = pool.Close()
		return nil, err
	}
	db, err := bundb.Wrap(bun.NewDB(pool, pgdialect.New()), bundb.Options{
		Isolation: o.Isolation,
		ConnWait:  o.ConnWait,
		Close:     pool.Close,
	})
	if err != nil {
		_ = pool.Close()
	}
	return db, err
}

// parse reads the URL. Of the parser's own errors only the innermost is passed
// on, and only when it quotes nothing: a quote could be a part of the password.
func parse(databaseURL string) (*pgx.ConnConfig, error) {
	//nolint:gosec // the form of a URL, nobody's password
	const want = "postgres://user:password@host:5432/database?sslmode=verify-full, with special characters of the password percent-encoded"
	if databaseURL == "" {
		return nil, errors.New("postgres: the URL is empty: it looks like " + want)
	}
	config, err := pgx.ParseConfig(databaseURL)
	if err == nil {
		return config, nil
	}
	cause := err
	for inner := errors.Unwrap(cause); inner != nil; inner = errors.Unwrap(cause) {
		cause = inner
	}
	if errors.Unwrap(err) == nil || strings.ContainsAny(cause.Error(), "\"'`") {
		return nil, errors.New("postgres: the URL is wrong: it looks like " + want)
	}
	//nolint:errorlint // only the text was looked at; what else the error holds could be a part of the password
	return nil, fmt.Errorf("postgres: the URL is wrong: %v: it looks like %s", cause, want)
}

func check(ctx context.Context, pool *sql.DB, config *pgx.ConnConfig, schema string) error {
	where := fmt.Sprintf("%s:%d/%s as %s", config.Host, config.Port, config.Database, config.User)
	var commit, current string
	err := pool.QueryRowContext(ctx, "SELECT current_setting('synchronous_commit'), coalesce(current_schema(), '')").Scan(&commit, &current)
	if err != nil {
		return fmt.Errorf("postgres: %s does not answer: %w", where, bundb.Translate(err))
	}
	if schema != "" && current != schema {
		return fmt.Errorf("postgres: %s has no schema %q: create it first", where, schema)
	}
	if commit != "on" && commit != "remote_apply" {
		return fmt.Errorf("postgres: %s has synchronous_commit=%s: commits of money must be durable; "+
			"use ALTER ROLE … SET synchronous_commit = on, or add synchronous_commit=on to the URL", where, commit)
	}
	return nil
}
