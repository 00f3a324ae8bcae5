// Package bundb stores things in SQLite or PostgreSQL through bun, the same way
// on both: transactions, the guard on users' rows, pages, exact columns and
// migrations. The packages bundb/sqlite and bundb/postgres open databases; Wrap
// takes a host's own.
//
// # Stores
//
// A store starts its queries at a DB and gives every error to Translate:
//
//	var row botRow
//	err := db.NewSelect().Model(&row).Where("id = ?", id).ApplyQueryBuilder(bundb.OwnedBy(owner)).Scan(ctx)
//	if err != nil {
//		return bot.Bot{}, bundb.Translate(err)
//	}
//
// Where a statement runs is decided when it is executed, by its context: in the
// transaction that the context carries; else a write on the writer pool and a
// read on the reader pool. UpdateRow is read-modify-write, One checks that one
// row was changed, List is a page.
//
// # Transactions
//
// InTx, AfterCommit and WithTx say what holds. In short: nested ones join; an
// error anywhere inside undoes all of it, swallowed or not; the function may be
// run again; inside it only its own context may be used.
//
// # Users' rows
//
// A table is one of users' rows when it has a column owner_id, which every such
// table declares so:
//
//	owner_id TEXT NOT NULL CHECK (owner_id <> '')
//
// A statement that names it without binding the owner is refused with ErrOwner
// before it runs, on both databases, inside and outside transactions; AsSystem is
// the stated exception.
//
// # Columns
//
//	meaning    Go                column type in migrations
//	moment     Nanos             {{time}}
//	decimal    Decimal           {{decimal}}
//	document   JSON[T]           {{json}}
//	bytes      []byte            {{bytes}}
//	number     int64             BIGINT (INTEGER is 32 bits on PostgreSQL)
//	flag       bool              BOOLEAN
//	text, id   string            TEXT
//
// # What differs between the two
//
// SQLite runs one transaction that writes at a time; PostgreSQL runs many, by
// default READ COMMITTED, so read-modify-write goes through UpdateRow or
// ForUpdate. Decimals do not sort on SQLite. Text compares by bytes on SQLite
// and by the collation of the database on PostgreSQL.
package bundb
