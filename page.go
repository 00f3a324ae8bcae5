package tradekeel

import (
	"encoding/base64"
	"encoding/json"
)

// Limits of a list request.
const (
	DefaultPageSize = 50
	MaxPageSize     = 500
)

// PageRequest asks for one page of a list, either by cursor or by page number.
// The zero value is the first page of DefaultPageSize items.
type PageRequest struct {
	// Size is the number of items; 0 is DefaultPageSize, above MaxPageSize is an error.
	Size int
	// Cursor is Page.Next of the page before; empty is the first page. Items that
	// are added or removed meanwhile are neither shown twice nor skipped.
	Cursor string
	// Number counts pages from 1 for lists with page numbers; 0 is unused. Not
	// together with Cursor.
	Number int
	// Total asks for the number of items in the whole list, which costs a count.
	Total bool
}

// Normal returns r with its defaults filled in, or an error that names the field.
func (r PageRequest) Normal() (PageRequest, error) {
	switch {
	case r.Size == 0:
		r.Size = DefaultPageSize
	case r.Size < 0 || r.Size > MaxPageSize:
		return r, Invalidf("size", "must be between 1 and %d, got %d", MaxPageSize, r.Size)
	}
	if r.Number < 0 {
		return r, Invalidf("number", "must be 1 or more, got %d", r.Number)
	}
	if r.Number > 0 && r.Cursor != "" {
		return r, Invalidf("number", "use either a cursor or a page number, not both")
	}
	return r, nil
}

// Page is one page of a list.
type Page[T any] struct {
	Items []T
	// Next is the cursor of the page after; empty on the last page.
	Next string
	// Total is the number of items in the whole list; nil unless asked for.
	Total *int64
}

// EncodeCursor packs the position after an item (its sort key and id) into an
// opaque string. The position must marshal to JSON.
func EncodeCursor(position any) string {
	raw, err := json.Marshal(position)
	if err != nil {
		panic("tradekeel: a cursor position must marshal to JSON: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// DecodeCursor unpacks what EncodeCursor made. What it cannot read is Invalid:
// cursors come from outside.
func DecodeCursor(cursor string, position any) error {
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err == nil {
		err = json.Unmarshal(raw, position)
	}
	if err != nil {
		return Invalidf("cursor", "is not one that this list returned; leave it out for the first page").Because(err)
	}
	return nil
}
