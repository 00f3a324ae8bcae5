package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest/backtestsql"
	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/bundb/postgres"
	"github.com/tradekeel/tradekeel/bundb/sqlite"
	"github.com/tradekeel/tradekeel/strategy/strategysql"
)

// migrations are the schemas of all domains, in the order in which they are applied.
func migrations() []bundb.Migrations {
	return []bundb.Migrations{strategysql.Migrations(), backtestsql.Migrations()}
}

func newMigrate(a *app) *cobra.Command {
	var db string
	c := group(&cobra.Command{
		Use: "migrate", Short: "Bring a database up to date",
		Long: `Bring the schema of a database up to date. Migrations go forward only; each is applied
in one transaction together with its record, and any number of processes may try at once.`,
		Example: "  tradekeel migrate up --db sqlite:tradekeel.db",
	})
	c.PersistentFlags().StringVar(&db, "db", "", "the `database`: sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/NAME (default $TRADEKEEL_DB)")
	c.AddCommand(newMigrateUp(a, &db), newMigrateStatus(a, &db))
	return c
}

// openDB opens a database. create lets a missing file of SQLite be made; otherwise it
// is not found, or, for a plan, an empty one in memory.
func (a *app) openDB(ctx context.Context, name string, create, plan bool) (*bundb.DB, error) {
	if name == "" {
		name = a.env(envDB)
	}
	if name == "" {
		return nil, tradekeel.Invalidf("--db", "is missing: name one such as sqlite:tradekeel.db, or set %s", envDB)
	}
	if strings.HasPrefix(name, "postgres://") || strings.HasPrefix(name, "postgresql://") {
		return postgres.Open(ctx, name, postgres.Options{})
	}
	file, ok := strings.CutPrefix(name, "sqlite:")
	if !ok || file == "" {
		// What was given may hold a password.
		return nil, tradekeel.Invalidf("--db", "must be sqlite:FILE or postgres://USER:PASSWORD@HOST:PORT/NAME")
	}
	if _, err := os.Stat(file); errors.Is(err, os.ErrNotExist) && !create {
		if plan {
			return sqlite.OpenMemory(ctx, sqlite.Options{})
		}
		return nil, tradekeel.ErrNotFound.With("--db", "there is no file %s; %q makes it", file, programName+" migrate up")
	}
	return sqlite.Open(ctx, file, sqlite.Options{})
}

func newMigrateUp(a *app, db *string) *cobra.Command {
	var dry bool
	c := &cobra.Command{
		Use: "up", Short: "Apply what is pending",
		Long: `Apply what is pending. With --dry-run nothing is changed: the answer is the SQL that
would run, as a script for sqlite3 or psql.`,
		Example: "  tradekeel migrate up --db sqlite:tradekeel.db --dry-run\n  tradekeel migrate up --db sqlite:tradekeel.db",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			open, err := a.openDB(ctx, *db, !dry, dry)
			if err != nil {
				return err
			}
			if dry {
				return errors.Join(a.plan(ctx, open), open.Close())
			}
			applied, err := open.Migrate(ctx, migrations()...)
			names := make([]string, len(applied))
			for i, m := range applied {
				names[i] = m.String()
			}
			printErr := a.print(map[string]any{"applied": names}, func(w io.Writer) {
				for _, name := range names {
					fmt.Fprintln(w, "applied", name)
				}
				if len(names) == 0 && err == nil {
					fmt.Fprintln(w, "nothing is pending")
				}
			})
			return errors.Join(err, printErr, open.Close())
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "change nothing and write the SQL")
	return c
}

func (a *app) plan(ctx context.Context, db *bundb.DB) error {
	sql, err := db.MigrationPlan(ctx, migrations()...)
	if err != nil {
		return err
	}
	return a.print(map[string]string{"sql": sql}, func(w io.Writer) { fmt.Fprint(w, sql) })
}

// migration is the state of one in the answer.
type migration struct {
	Domain  string     `json:"domain"`
	ID      int64      `json:"id"`
	Name    string     `json:"name"`
	State   string     `json:"state"` // "applied", "pending", "edited" or "unknown"
	Applied *time.Time `json:"applied"`
}

func newMigrateStatus(a *app, db *string) *cobra.Command {
	return &cobra.Command{
		Use: "status", Short: "Tell what is applied and what is pending",
		Long: `Tell what is applied and what is pending. An applied migration whose file was edited
since ends it with exit code 4; "unknown" is one of a newer version.`,
		Example: "  tradekeel migrate status --db sqlite:tradekeel.db",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			open, err := a.openDB(c.Context(), *db, false, false)
			if err != nil {
				return err
			}
			states, err := open.MigrationStatus(c.Context(), migrations()...)
			if err := errors.Join(err, open.Close()); err != nil {
				return err
			}
			return a.status(states)
		},
	}
}

func (a *app) status(states []bundb.MigrationState) error {
	all := make([]migration, len(states))
	edited := 0
	for i, s := range states {
		m := migration{Domain: s.Domain, ID: s.ID, Name: s.Name, State: "pending"}
		if s.Applied != 0 {
			at := time.Unix(0, int64(s.Applied)).UTC()
			m.State, m.Applied = "applied", &at
		}
		switch {
		case s.Edited:
			m.State = "edited"
			edited++
		case s.Unknown:
			m.State = "unknown"
		}
		all[i] = m
	}
	err := a.print(map[string]any{"migrations": all}, func(w io.Writer) {
		var t table
		t.add("migration", "state", "applied")
		for i := range all {
			m := &all[i]
			applied := ""
			if m.Applied != nil {
				applied = moment(m.Applied.Truncate(time.Second))
			}
			t.add(fmt.Sprintf("%s/%d_%s", m.Domain, m.ID, m.Name), m.State, applied)
		}
		t.draw(w)
	})
	if err == nil && edited > 0 {
		err = &foundError{counted(edited, "applied migration") + " were edited"}
	}
	return err
}
