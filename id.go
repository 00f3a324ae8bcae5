package tradekeel

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"time"
)

// UserID names a user of the platform. It is the only id that crosses domains;
// every other id stays in the domain that owns it.
type UserID string

// crockford is the alphabet of ULID: no I, L, O or U, and it sorts as bytes do.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// NewID returns prefix, an underscore and 26 characters: 48 bits of the time in
// milliseconds, then 80 random bits. Ids made in later milliseconds sort after
// earlier ones. The trading core does not use it: ids there come from counters
// and hashes, so that a replay gives the same ones.
func NewID(prefix string, at time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(at.UnixMilli())<<16)
	if _, err := rand.Read(b[6:]); err != nil {
		// Documented never to happen since Go 1.24: the process ends instead.
		panic(err)
	}
	return prefix + "_" + crockford.EncodeToString(b[:])
}
