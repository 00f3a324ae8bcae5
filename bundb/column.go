package bundb

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"github.com/shopspring/decimal"
)

// Nanos is a moment as it stands in the database: nanoseconds since 1970 in UTC,
// in a column of type {{time}} (BIGINT). It sorts and compares as a number, and
// nothing is cut off, where the time types of the databases keep microseconds.
//
// 0 means no time: it is the zero time.Time. A moment that may be missing is a
// *Nanos, or a Nanos with bun's tag nullzero.
type Nanos int64

// NanosOf returns t as Nanos, and 0 for the zero time. Moments before 1678 or
// after 2261 become the nearest that can be held.
func NanosOf(t time.Time) Nanos {
	switch {
	case t.IsZero():
		return 0
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return Nanos(t.UnixNano())
}

// Time returns the moment in UTC, and the zero time for 0.
func (n Nanos) Time() time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(n)).UTC()
}

// String returns the moment in RFC 3339, or "never" for 0.
func (n Nanos) String() string {
	if n == 0 {
		return "never"
	}
	return n.Time().Format(time.RFC3339Nano)
}

// Decimal is an exact number in a column of type {{decimal}}: NUMERIC on
// PostgreSQL, TEXT on SQLite, where a number of the database's own would be cut
// to 15 digits. It is written without exponent and without trailing zeros, the
// same on both, and every digit comes back.
//
// On SQLite it sorts and compares as text: 10 comes before 9. Do not use ORDER
// BY, SUM or < on it in SQL that runs on both; equality is fine. A decimal that
// may be NULL is a *Decimal.
type Decimal struct{ decimal.Decimal }

// DecimalOf returns d as a column value.
func DecimalOf(d decimal.Decimal) Decimal { return Decimal{d} }

// Value implements driver.Valuer.
func (d Decimal) Value() (driver.Value, error) { return d.Decimal.String(), nil }

// Scan implements sql.Scanner. A float64 is an error: the column has a type that
// has lost digits already.
func (d *Decimal) Scan(src any) error {
	var text string
	switch v := src.(type) {
	case string:
		text = v
	case []byte:
		text = string(v)
	case int64:
		d.Decimal = decimal.NewFromInt(v)
		return nil
	case nil:
		return fmt.Errorf("bundb: NULL in a column of Decimal: use *Decimal")
	default:
		return fmt.Errorf("bundb: a Decimal cannot be read from %T: declare the column {{decimal}}", src)
	}
	value, err := decimal.NewFromString(text)
	if err != nil {
		return fmt.Errorf("bundb: a Decimal cannot be read from %q", text)
	}
	d.Decimal = value
	return nil
}

// JSON is a value as a document in a column of type {{json}}: JSONB on
// PostgreSQL, TEXT on SQLite. PostgreSQL does not keep the order of keys and
// white space; what must come back byte by byte is TEXT on both.
type JSON[T any] struct{ V T }

// JSONOf returns v as a column value.
func JSONOf[T any](v T) JSON[T] { return JSON[T]{v} }

// Value implements driver.Valuer.
func (j JSON[T]) Value() (driver.Value, error) {
	raw, err := json.Marshal(j.V)
	return string(raw), err
}

// Scan implements sql.Scanner. NULL leaves the zero value.
func (j *JSON[T]) Scan(src any) error {
	var zero T
	j.V = zero
	switch v := src.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), &j.V)
	case []byte:
		return json.Unmarshal(v, &j.V)
	}
	return fmt.Errorf("bundb: a document cannot be read from %T", src)
}
