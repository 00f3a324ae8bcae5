package bundb

import (
	"context"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel"
)

// Keyset is the order of a list: by a column, then by id, both descending, so
// that new rows come first and equal keys keep their place. An index on
// (owner_id, column, id) serves it.
type Keyset[R any, K ~int64 | ~string] struct {
	// Column is the sort key, for example "created_at". It must not be NULL, and
	// it must not change while somebody pages.
	Column string
	// ID is the column that breaks ties; empty is "id". It must be unique in the list.
	ID string
	// Of returns the two values of a row.
	Of func(row *R) (key K, id string)
	// Ascending turns both around: oldest first.
	Ascending bool
}

// position is what a cursor holds.
type position[K any] struct {
	Key K      `json:"k"`
	ID  string `json:"i"`
}

// List runs q as one page: by cursor, or by page number when the request has
// one. q has a model of R, its conditions and nothing of order or limit;
// alternatives in it stand in a WhereGroup. item makes the domain's value of a row.
//
// By cursor, rows that are added or removed meanwhile are neither shown twice
// nor skipped. A page by number has a cursor to go on from, too. The total is a
// second query: it agrees with the items for certain only inside one transaction.
//
// Errors are Invalid for a bad request or cursor, else those of Translate.
func List[R, T any, K ~int64 | ~string](ctx context.Context, q *bun.SelectQuery, request tradekeel.PageRequest, order Keyset[R, K], item func(row *R) (T, error)) (tradekeel.Page[T], error) {
	var page tradekeel.Page[T]
	request, err := request.Normal()
	if err != nil {
		return page, err
	}
	if order.ID == "" {
		order.ID = "id"
	}
	if request.Total {
		total, err := q.Clone().Count(ctx)
		if err != nil {
			return page, Translate(err)
		}
		page.Total = &total
	}

	key, id := bun.Ident(order.Column), bun.Ident(order.ID)
	direction, beyond := bun.Safe("DESC"), bun.Safe("<")
	if order.Ascending {
		direction, beyond = "ASC", ">"
	}
	if request.Cursor != "" {
		var after position[K]
		if err := tradekeel.DecodeCursor(request.Cursor, &after); err != nil {
			return page, err
		}
		q = q.Where("(?TableAlias.?, ?TableAlias.?) ? (?, ?)", key, id, beyond, after.Key, after.ID)
	}
	if request.Number > 1 {
		q = q.Offset(int64(request.Number-1) * int64(request.Size))
	}
	var rows []R
	err = q.OrderExpr("?TableAlias.? ?, ?TableAlias.? ?", key, direction, id, direction).
		Limit(int64(request.Size)+1). // one more tells whether there is a next page
		Scan(ctx, &rows)
	if err != nil {
		return page, Translate(err)
	}
	if len(rows) > request.Size {
		rows = rows[:request.Size]
		var last position[K]
		last.Key, last.ID = order.Of(&rows[len(rows)-1])
		page.Next = tradekeel.EncodeCursor(last)
	}
	page.Items = make([]T, 0, len(rows))
	for i := range rows {
		value, err := item(&rows[i])
		if err != nil {
			return tradekeel.Page[T]{}, err
		}
		page.Items = append(page.Items, value)
	}
	return page, nil
}
