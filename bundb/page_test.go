package bundb_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/bundb"
)

var newest = bundb.Keyset[botRow, bundb.Nanos]{
	Column: "created_at",
	Of:     func(row *botRow) (bundb.Nanos, string) { return row.CreatedAt, row.ID },
}

func listBots(t testing.TB, db *bundb.DB, owner tradekeel.UserID, request tradekeel.PageRequest, order bundb.Keyset[botRow, bundb.Nanos]) (tradekeel.Page[string], error) {
	t.Helper()
	q := db.NewSelect().Model((*botRow)(nil)).ApplyQueryBuilder(bundb.OwnedBy(owner))
	return bundb.List(t.Context(), q, request, order, func(row *botRow) (string, error) { return row.ID, nil })
}

// Eleven bots, several in the same nanosecond, and one of another user.
func fillZoo(t testing.TB, db *bundb.DB) (newestFirst []string) {
	t.Helper()
	var rows []botRow
	for i := range 11 {
		id := fmt.Sprintf("bot_%02d", i)
		rows = append(rows, botRow{ID: id, OwnerID: ann, Name: id, CreatedAt: bundb.NanosOf(day) + bundb.Nanos(i/3)})
		newestFirst = append(newestFirst, id)
	}
	rows = append(rows, botRow{ID: "bot_05b", OwnerID: bob, Name: "x", CreatedAt: bundb.NanosOf(day) + 1})
	_, err := db.NewInsert().Model(&rows).Exec(t.Context())
	ok(t, err)
	slices.Reverse(newestFirst)
	return newestFirst
}

func TestPagesStayStableWhileRowsComeAndGo(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		wanted := fillZoo(t, db)
		var got []string
		request := tradekeel.PageRequest{Size: 3, Total: true}
		for i := 0; ; i++ {
			page, err := listBots(t, db, ann, request, newest)
			ok(t, err)
			if page.Total == nil || *page.Total < 11 {
				t.Errorf("total %v", page.Total)
			}
			got = append(got, page.Items...)
			// Meanwhile a new one comes in front, and one that was shown goes.
			_, err = db.NewInsert().Model(&botRow{ID: fmt.Sprintf("new_%d", i), OwnerID: ann, Name: fmt.Sprint("new", i), CreatedAt: bundb.NanosOf(day) + 1000}).Exec(t.Context())
			ok(t, err)
			ok(t, bundb.One(db.NewDelete().Model((*botRow)(nil)).Where("id = ?", page.Items[0]).Where("owner_id = ?", ann).Exec(t.Context())))
			if request.Cursor = page.Next; page.Next == "" {
				break
			}
		}
		if !slices.Equal(got, wanted) {
			t.Errorf("got  %v\nwant %v", got, wanted)
		}
	})
}

func TestPagesByNumber(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		wanted := fillZoo(t, db)
		page, err := listBots(t, db, ann, tradekeel.PageRequest{Size: 4, Number: 2}, newest)
		ok(t, err)
		if !slices.Equal(page.Items, wanted[4:8]) || page.Total != nil {
			t.Errorf("got %v", page)
		}
		page, err = listBots(t, db, ann, tradekeel.PageRequest{Size: 4, Cursor: page.Next}, newest)
		ok(t, err)
		if !slices.Equal(page.Items, wanted[8:]) || page.Next != "" {
			t.Errorf("on from page 2: %v", page)
		}
		page, err = listBots(t, db, ann, tradekeel.PageRequest{Size: 4, Number: 9}, newest)
		ok(t, err)
		if page.Items == nil || len(page.Items) != 0 || page.Next != "" {
			t.Errorf("past the end: %+v", page)
		}
		oldest := newest
		oldest.Ascending = true
		page, err = listBots(t, db, ann, tradekeel.PageRequest{Size: 2}, oldest)
		ok(t, err)
		second, err := listBots(t, db, ann, tradekeel.PageRequest{Size: 2, Cursor: page.Next}, oldest)
		ok(t, err)
		if got := slices.Concat(page.Items, second.Items); !slices.Equal(got, []string{"bot_00", "bot_01", "bot_02", "bot_03"}) {
			t.Errorf("ascending: %v", got)
		}
	})
}

func TestBadPageRequests(t *testing.T) {
	each(t, func(t *testing.T, db *bundb.DB) {
		for _, request := range []tradekeel.PageRequest{
			{Size: -1}, {Size: tradekeel.MaxPageSize + 1}, {Cursor: "!"}, {Cursor: tradekeel.EncodeCursor("x")},
			{Cursor: tradekeel.EncodeCursor(1), Number: 1},
		} {
			_, err := listBots(t, db, ann, request, newest)
			want(t, err, tradekeel.ErrInvalid)
		}
		_, err := listBots(t, db, "", tradekeel.PageRequest{}, newest)
		want(t, err, bundb.ErrOwner)
	})
}
