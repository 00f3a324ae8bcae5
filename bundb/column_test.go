package bundb_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/uptrace/bun"

	"github.com/tradekeel/tradekeel/bundb"
	"github.com/tradekeel/tradekeel/internal/dbtest"
)

type note struct {
	Name string   `json:"name"`
	Tags []string `json:"tags,omitempty"`
}

type typesRow struct {
	bun.BaseModel `bun:"table:tk_types_rows,alias:r"`

	ID      int64             `bun:"id,pk"`
	Amount  bundb.Decimal     `bun:"amount"`
	Maybe   *bundb.Decimal    `bun:"maybe"`
	At      bundb.Nanos       `bun:"at"`
	Ended   *bundb.Nanos      `bun:"ended"`
	Expires bundb.Nanos       `bun:"expires,nullzero"`
	Note    bundb.JSON[note]  `bun:"note"`
	Other   bundb.JSON[*note] `bun:"other"`
	Blob    []byte            `bun:"blob"`
	On      bool              `bun:"is_on"`
}

func typesDB(t *testing.T, db *bundb.DB) {
	t.Helper()
	_, err := db.Migrate(t.Context(), files("types", "1_rows.sql", `
CREATE TABLE tk_types_rows (
	id BIGINT PRIMARY KEY,
	amount {{decimal}} NOT NULL,
	maybe {{decimal}},
	at {{time}} NOT NULL,
	ended {{time}},
	expires {{time}},
	note {{json}} NOT NULL,
	other {{json}},
	blob {{bytes}},
	is_on BOOLEAN NOT NULL
)`))
	ok(t, err)
}

func roundTrip(t *testing.T, db *bundb.DB, row *typesRow) typesRow {
	t.Helper()
	_, err := db.NewInsert().Model(row).Exec(t.Context())
	ok(t, err)
	got := typesRow{ID: row.ID}
	ok(t, db.NewSelect().Model(&got).WherePK().Scan(t.Context()))
	return got
}

func TestEveryDecimalOf38DigitsComesBackWhole(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		typesDB(t, db)
		texts := []string{"0", "-0", "1", "-1", "0.1", "1.50", "1e5", "9007199254740993", "123456789012345678.123456789012345678",
			strings.Repeat("9", 38), "-" + strings.Repeat("9", 38), "0." + strings.Repeat("0", 37) + "1",
			strings.Repeat("9", 19) + "." + strings.Repeat("9", 19)}
		digits := func(n int) string {
			b := make([]byte, n)
			for i := range b {
				b[i] = '0' + byte(rand.IntN(10))
			}
			return string(b)
		}
		for range 200 {
			point := rand.IntN(39)
			texts = append(texts, "-"+digits(max(point, 1))+"."+digits(max(38-point, 1)))
		}
		for i, text := range texts {
			d := decimal.RequireFromString(text)
			maybe := bundb.DecimalOf(d)
			got := roundTrip(t, db, &typesRow{ID: int64(i), Amount: bundb.DecimalOf(d), Maybe: &maybe})
			if !got.Amount.Equal(d) || got.Amount.String() != d.String() || !got.Maybe.Equal(d) {
				t.Errorf("%s came back as %s and %s", text, got.Amount, got.Maybe)
			}
			n, err := db.NewSelect().Model((*typesRow)(nil)).Where("amount = ?", bundb.DecimalOf(d)).Where("id = ?", i).Count(t.Context())
			if n != 1 || err != nil {
				t.Errorf("%s is not found by its value: %v", text, err)
			}
		}
	})
}

func TestColumnsComeBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *bundb.DB) {
		typesDB(t, db)
		ended := bundb.NanosOf(day.Add(time.Nanosecond))
		full := typesRow{ID: 1, At: bundb.NanosOf(day), Ended: &ended, Expires: math.MaxInt64,
			Note:  bundb.JSONOf(note{Name: `it's "quoted" <&> \ ü 😀`, Tags: []string{"a", "?"}}),
			Other: bundb.JSONOf(&note{Name: "b"}), Blob: []byte{0, 1, 255, '\''}, On: true}
		empty := typesRow{ID: 2, At: math.MinInt64}
		for _, row := range []typesRow{full, empty} {
			got := roundTrip(t, db, &row)
			got.Amount = row.Amount // zero has more than one form inside; the law of decimals compares values
			if !reflect.DeepEqual(got, row) {
				t.Errorf("got  %+v\nwant %+v", got, row)
			}
		}
		var kinds []string
		query := "SELECT data_type FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = 'tk_types_rows' AND column_name IN ('amount', 'at', 'note') ORDER BY column_name"
		wanted := []string{"numeric", "bigint", "jsonb"}
		if !db.Postgres() {
			query = "SELECT typeof(amount) FROM tk_types_rows WHERE id = 1 UNION ALL SELECT typeof(at) FROM tk_types_rows WHERE id = 1 UNION ALL SELECT typeof(note) FROM tk_types_rows WHERE id = 1"
			wanted = []string{"text", "integer", "text"}
		}
		ok(t, db.NewRaw(query).Scan(t.Context(), &kinds))
		if !reflect.DeepEqual(kinds, wanted) {
			t.Errorf("the columns are %v, want %v", kinds, wanted)
		}
	})
}

func TestNanos(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{{}, day, time.Unix(0, 1), time.Unix(0, -1), time.Unix(0, math.MaxInt64), time.Unix(0, math.MinInt64)} {
		if got := bundb.NanosOf(at).Time(); !got.Equal(at) {
			t.Errorf("%v came back as %v", at, got)
		}
	}
	if bundb.NanosOf(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)) != math.MaxInt64 || bundb.NanosOf(time.Date(1000, 1, 1, 0, 0, 0, 0, time.UTC)) != math.MinInt64 {
		t.Error("what is out of range becomes the nearest")
	}
	if got := bundb.NanosOf(day).String(); got != "2026-01-02T03:04:05.678901234Z" {
		t.Error(got)
	}
	if got := bundb.Nanos(0).String(); got != "never" {
		t.Error(got)
	}
}

func TestDecimalRefusesWhatHasLostDigits(t *testing.T) {
	t.Parallel()
	var d bundb.Decimal
	for _, src := range []any{1.5, nil, "x", true} {
		if err := d.Scan(src); err == nil {
			t.Errorf("%v became %s", src, d)
		}
	}
	if err := d.Scan(int64(7)); err != nil || !d.Equal(decimal.NewFromInt(7)) {
		t.Errorf("%s, %v", d, err)
	}
}
