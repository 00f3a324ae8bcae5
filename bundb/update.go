package bundb

import (
	"context"
	"fmt"
	"reflect"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
)

// UpdateRow reads the one row that find selects, locked until the transaction
// ends, hands it to change and writes back every column but the primary key and
// the owner, in one transaction (the one in ctx, or its own). Concurrent updates
// of one row come one after the other and lose nothing. change may be run again,
// like every function of InTx.
//
// find adds the conditions to a query that has R as its model. No row is
// NotFound; more than one, and a change of the primary key or the owner, are
// Internal: they are defects of the caller. An error of change is returned as it
// is and nothing is written.
func UpdateRow[R any](ctx context.Context, db *DB, find func(q *bun.SelectQuery) *bun.SelectQuery, change func(row *R) error) error {
	return db.InTx(ctx, func(ctx context.Context) error {
		var rows []R
		err := db.NewSelect().Model(&rows).Apply(find, db.ForUpdate).Limit(2).Scan(ctx)
		switch {
		case err != nil:
			return Translate(err)
		case len(rows) == 0:
			return ErrNotFound
		case len(rows) > 1:
			return internalf("UpdateRow: the conditions select more than one row of %T", rows[0])
		}
		row := &rows[0]
		before := db.identity(row)
		if err := change(row); err != nil {
			return err
		}
		if !reflect.DeepEqual(before, db.identity(row)) {
			return internalf("UpdateRow: the primary key or the owner of a %T was changed", *row)
		}
		q := db.NewUpdate().Model(row).WherePK()
		if owner, ok := db.ownerOf(row); ok {
			q = q.ExcludeColumn(ownerColumn).Where("?TableAlias.owner_id = ?", owner)
		}
		result, err := q.Exec(ctx)
		if err != nil {
			return Translate(err)
		}
		if n, err := result.RowsAffected(); err != nil || n != 1 {
			return internalf("UpdateRow: %d rows of %T were written instead of one", n, *row)
		}
		return nil
	})
}

// One checks that a statement changed exactly one row: none is NotFound. Use it
// around the result of an UPDATE or DELETE:
//
//	err := bundb.One(db.NewDelete().Model(&row).WherePK().ApplyQueryBuilder(bundb.OwnedBy(owner)).Exec(ctx))
func One(result interface{ RowsAffected() (int64, error) }, err error) error {
	if err != nil {
		return Translate(err)
	}
	n, err := result.RowsAffected()
	switch {
	case err != nil:
		return Translate(err)
	case n == 0:
		return ErrNotFound
	case n > 1:
		return internalf("%d rows were changed instead of one", n)
	}
	return nil
}

func internalf(format string, args ...any) error {
	return &tradekeel.Error{Kind: tradekeel.Internal, Code: "storage.internal", Message: fmt.Sprintf(format, args...)}
}

// identity returns the values of a row that an update may not change.
func (db *DB) identity(row any) []any {
	v := reflect.ValueOf(row).Elem()
	var values []any
	for _, f := range db.writer.Table(v.Type()).PKs {
		values = append(values, f.Value(v).Interface())
	}
	if owner, ok := db.ownerOf(row); ok {
		values = append(values, owner)
	}
	return values
}

func (db *DB) ownerOf(row any) (any, bool) {
	v := reflect.ValueOf(row).Elem()
	f, ok := db.writer.Table(v.Type()).FieldMap[ownerColumn]
	if !ok {
		return nil, false
	}
	return f.Value(v).Interface(), true
}
