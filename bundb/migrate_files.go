package bundb

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	domainPattern = regexp.MustCompile(`^[a-z][a-z0-9_]{0,40}$`)
	filePattern   = regexp.MustCompile(`^([0-9]{1,18})_([a-z0-9_]+?)(\.sqlite|\.postgres)?\.sql$`)
)

var (
	postgresTypes = strings.NewReplacer("{{decimal}}", "NUMERIC", "{{json}}", "JSONB", "{{bytes}}", "BYTEA", "{{time}}", "BIGINT")
	sqliteTypes   = strings.NewReplacer("{{decimal}}", "TEXT", "{{json}}", "TEXT", "{{bytes}}", "BLOB", "{{time}}", "BIGINT")
)

// Read returns the migrations for PostgreSQL or for SQLite in their order. An
// error is ErrMigrationFiles and names the file: a name of another form, a
// number used twice, a number that only one of the databases has, an unknown
// {{type}}, transaction control.
func (set Migrations) Read(postgres bool) ([]Migration, error) {
	if !domainPattern.MatchString(set.Domain) {
		return nil, ErrMigrationFiles.With("domain", "must be lower-case letters, digits and underscores, got %q", set.Domain)
	}
	if set.Files == nil {
		return nil, ErrMigrationFiles.With("files", "of domain %s are missing", set.Domain)
	}
	type variants struct {
		name                    string
		shared, sqlite, pg      string
		isShared, isSQLite, isP bool
	}
	byID := map[int64]*variants{}
	err := fs.WalkDir(set.Files, ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(file) != ".sql" {
			return err
		}
		parts := filePattern.FindStringSubmatch(path.Base(file))
		if parts == nil {
			return ErrMigrationFiles.With("files", "%s/%s must be named <number>_<name>.sql, <number>_<name>.sqlite.sql or <number>_<name>.postgres.sql", set.Domain, file)
		}
		raw, err := fs.ReadFile(set.Files, file)
		if err != nil {
			return err
		}
		id, err := strconv.ParseInt(parts[1], 10, 64)
		if err != nil {
			return err
		}
		v := byID[id]
		if v == nil {
			v = &variants{name: parts[2]}
			byID[id] = v
		}
		text := strings.ReplaceAll(string(raw), "\r\n", "\n")
		taken := v.name != parts[2] || v.isShared
		switch parts[3] {
		case ".sqlite":
			taken = taken || v.isSQLite
			v.sqlite, v.isSQLite = text, true
		case ".postgres":
			taken = taken || v.isP
			v.pg, v.isP = text, true
		default:
			taken = taken || v.isSQLite || v.isP
			v.shared, v.isShared = text, true
		}
		if taken {
			return ErrMigrationFiles.With("files", "%s/%s: the number %d is used twice", set.Domain, file, id)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	var all []Migration
	for id, v := range byID {
		m := Migration{Domain: set.Domain, ID: id, Name: v.name}
		if !v.isShared && v.isSQLite != v.isP {
			return nil, ErrMigrationFiles.With("files", "%s exists for one database only: the other needs a file, if only with a comment", m)
		}
		text, types := v.shared, sqliteTypes
		if postgres {
			types = postgresTypes
		}
		switch {
		case v.isShared:
		case postgres:
			text = v.pg
		default:
			text = v.sqlite
		}
		sum := sha256.Sum256([]byte(text))
		m.Checksum = hex.EncodeToString(sum[:])
		m.SQL = types.Replace(text)
		if word := transactionControl(m.SQL, postgres); word != "" {
			return nil, ErrMigrationFiles.With("files", "%s holds %s: a migration runs in one transaction with its record", m, strings.ToUpper(word))
		}
		if i := strings.Index(m.SQL, "{{"); i >= 0 {
			return nil, ErrMigrationFiles.With("files", "%s holds an unknown type near %.20q: there are {{decimal}}, {{json}}, {{bytes}} and {{time}}", m, m.SQL[i:])
		}
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b Migration) int { return cmp.Compare(a.ID, b.ID) })
	return all, nil
}

// transactionControl returns the first word of a statement that would end or
// leave the transaction, or nothing.
func transactionControl(sql string, postgres bool) string {
	l := lexer{sql: sql, postgres: postgres}
	first := true
	for {
		t := l.next()
		if t.kind == tokenEnd || t.kind == tokenBroken {
			return ""
		}
		if first && t.kind == tokenWord {
			// END closes the body of a trigger.
			if controls(t.text) && t.text != "end" || t.text == "vacuum" {
				return t.text
			}
		}
		first = t.punct(";")
	}
}
