package i18n_test

import (
	"testing"

	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/i18n"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

type lessonRow struct {
	bun.BaseModel `bun:"table:lessons"`

	ID    int64                 `bun:"id,pk"`
	Title bundb.JSON[i18n.Text] `bun:"title"`
}

// A text is one column, and comes back from both databases as it was.
func TestColumn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		t.Parallel()
		kind := "TEXT"
		if db.Postgres() {
			kind = "JSONB"
		}
		_, err := db.NewRaw("CREATE TABLE lessons (id BIGINT PRIMARY KEY, title ? NOT NULL)", bun.Safe(kind)).Exec(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		title, err := i18n.MustText("zh-Hant", "“引號” 'and' \\ \"quotes\"\n\U0001f680 \u2028").WithTranslation("en", "? ?? ?0 %s $1", i18n.Machine)
		title = must(t, title, err)
		for id, want := range []i18n.Text{{}, title} {
			row := lessonRow{ID: int64(id), Title: bundb.JSONOf(want)}
			if _, err := db.NewInsert().Model(&row).Exec(t.Context()); err != nil {
				t.Fatal(err)
			}
			var back lessonRow
			if err := db.NewSelect().Model(&back).Where("id = ?", id).Scan(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !back.Title.V.Equal(want) {
				t.Errorf("it came back as %v, want %v", back.Title.V, want)
			}
		}
	})
}
