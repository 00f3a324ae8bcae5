package market

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/tradekeel/tradekeel"
)

// Store keeps series in a folder, in columns, compressed without loss and with a
// checksum on every block. The record docs/decisions/0009 says why.
//
// # Files
//
// A series is a folder of its own, named after its key. It holds one file of
// blocks for each period and a head, which names those files, says how far each
// is valid, and carries the instrument with its rules and the newest candles
// that do not fill a block yet. A period is chosen so that a file has at most
// 90,000 candles: a day of candles below a minute, a calendar month
// below an hour, a calendar year below a day, and everything from a day on. A
// request for a stretch then opens few files, and a repair rewrites little.
//
// # Crashes
//
// What the head counts as valid is never overwritten. A write puts its blocks
// behind the valid part of a file or into a new file, syncs them, syncs the
// folder when files were added, writes a new head beside the old one, syncs it,
// renames it over the old one and syncs the folder. The rename is the moment
// that a write happens: a crash before it leaves the series as it was, and bytes
// that nobody counts, which a later write removes.
//
// # Concurrency
//
// Safe for concurrent use, and by several processes: a writer holds an exclusive
// lock (flock) on the file "lock" of the folder, so that there is one at a time
// and the others wait. Where the operating system has no flock, on Windows, only
// the writers within one Store exclude each other. Readers take no lock; a read
// sees the series as it was before or after a write, never in between.
//
// Series.Parts is not stored.
type Store struct {
	folder string
	mu     sync.Mutex // one writer in this process; lock excludes the others
}

// Key names a stored series.
type Key struct {
	Venue     string    `json:"venue,omitempty"`
	Symbol    string    `json:"symbol"`
	Timeframe Timeframe `json:"timeframe"`
}

// KeyOf returns the key that a series is stored under.
func KeyOf(s *Series) Key { return Key{s.Instrument.Venue, s.Instrument.Symbol, s.Timeframe} }

// String returns "binance:BTC/USDT:1h", or "BTC/USDT:1h" without a venue.
func (k Key) String() string {
	text := k.Symbol + ":" + k.Timeframe.String()
	if k.Venue != "" {
		text = k.Venue + ":" + text
	}
	return text
}

// ParseKey reads the form of Key.String.
func ParseKey(text string) (Key, error) {
	venue, rest := "", text
	if before, after, found := strings.Cut(text, ":"); found && !strings.Contains(before, "/") {
		venue, rest = before, after
	}
	end := strings.LastIndexByte(rest, ':')
	if end < 0 {
		return Key{}, tradekeel.Invalidf("key", "must look like binance:BTC/USDT:1h, or binance:BTC/USDT:USDT:1h for a perpetual, got %.60q", text)
	}
	symbol := rest[:end]
	tf, err := ParseTimeframe(rest[end+1:])
	if err != nil {
		return Key{}, err
	}
	of := NewSpot
	if strings.Contains(symbol, ":") {
		of = NewPerpetual
	}
	in, err := of(symbol)
	if err != nil {
		return Key{}, err
	}
	in.Venue = venue
	if err := in.Validate(); err != nil {
		return Key{}, err
	}
	return Key{venue, symbol, tf}, nil
}

// ErrNoSeries says that the store holds no such series.
var ErrNoSeries = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "market.no_series", Message: "no such candles"}

// ErrDamaged says that a stored file is not what was written.
var ErrDamaged = &tradekeel.Error{Kind: tradekeel.Internal, Code: "market.damaged", Message: "stored candles are damaged"}

// ErrDiffers says that a candle or a rule is stored already with other values.
// Its Field names the candle, for example "series[12].close".
var ErrDiffers = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "market.differs", Message: "stored candles have other values"}

const (
	headName      = "head"
	lockName      = "lock"
	seriesSuffix  = ".series"
	segmentSuffix = ".blocks"
)

// OpenStore opens a folder, making it if it is not there.
func OpenStore(folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("open candle store: %w", err)
	}
	return &Store{folder: folder}, nil
}

// seriesFolder returns where a series lies: "binance__BTC_USDT__1h.series".
// Capital letters, digits and dashes stay, the slash becomes one underscore and
// everything else is %xx, so that no key leads out of the folder, and no two
// keys have names that differ in the case of letters only. A venue is in small
// letters, which stay.
func (s *Store) seriesFolder(k Key) string {
	var name strings.Builder
	escape := func(text string, keep func(byte) bool) {
		for i := range len(text) {
			switch ch := text[i]; {
			case keep(ch), ch >= '0' && ch <= '9', ch == '-':
				name.WriteByte(ch)
			default:
				fmt.Fprintf(&name, "%%%02x", ch)
			}
		}
	}
	base, quote, _ := strings.Cut(k.Symbol, "/")
	capital := func(ch byte) bool { return ch >= 'A' && ch <= 'Z' }
	escape(k.Venue, func(ch byte) bool { return ch >= 'a' && ch <= 'z' })
	name.WriteString("__")
	escape(base, capital)
	name.WriteByte('_')
	escape(quote, capital)
	// Months are written 1mo, since 1m and 1M are one name on some file systems.
	name.WriteString("__" + strings.Replace(k.Timeframe.String(), "M", "mo", 1) + seriesSuffix)
	return filepath.Join(s.folder, name.String())
}

// period returns the length of time that one file of blocks holds; 0 is all.
func (tf Timeframe) period() Timeframe {
	switch {
	case tf < 0 || tf >= D1:
		return 0
	case tf >= H1:
		return 12 * MN1
	case tf >= M1:
		return MN1
	}
	return D1
}

// periodOf returns where the period that t falls into begins and ends.
func (tf Timeframe) periodOf(t int64) (start, end int64) {
	p := tf.period()
	if p == 0 {
		return 0, math.MaxInt64
	}
	start = p.Open(t)
	return start, p.Close(start)
}

// Get reads a whole series. ErrNoSeries when there is none, ErrDamaged when a
// checksum does not hold.
func (s *Store) Get(k Key) (*Series, error) { return s.Range(k, time.Time{}, time.Time{}) }

// Range reads the candles that open at or after from and close at or before to,
// and only the blocks that they are in. A zero time is no bound; a stretch
// without candles is an empty series. ErrNoSeries when the series is not there,
// ErrDamaged when a checksum on the way does not hold.
func (s *Store) Range(k Key, from, to time.Time) (*Series, error) {
	var out *Series
	err := s.snapshot(k, func(h *head) (err error) {
		first, last := int64(math.MinInt64), int64(math.MaxInt64)
		if !from.IsZero() {
			first = clampNanos(from)
		}
		if !to.IsZero() {
			last = clampNanos(to)
		}
		if out, err = h.collect(first, last); err != nil {
			return err
		}
		// The blocks at both ends hold more than was asked for.
		start, _ := slices.BinarySearch(out.Time, first)
		end := out.Len()
		if !to.IsZero() {
			end, _ = slices.BinarySearchFunc(out.Time, last, func(open, last int64) int {
				if out.Timeframe.Close(open) <= last {
					return -1
				}
				return 1
			})
		}
		out = out.Slice(start, max(start, end))
		return nil
	})
	return out, err
}

// clampNanos is UnixNano for any time: years that nanoseconds do not reach are
// as far as they go.
func clampNanos(t time.Time) int64 {
	switch {
	case t.Before(time.Unix(0, math.MinInt64)):
		return math.MinInt64
	case t.After(time.Unix(0, math.MaxInt64)):
		return math.MaxInt64
	}
	return t.UnixNano()
}

// SeriesInfo describes a stored series.
type SeriesInfo struct {
	Key         Key
	Instrument  *Instrument
	VolumeScale int32
	Rows        int
	First, Last time.Time // opens of the oldest and the newest candle; zero without rows
	Gaps        int       // runs of missing candles between them, as Series.Gaps counts them
	Files       int       // files of blocks
	Bytes       int64     // on disk
}

// Info describes a series from its head, without reading its candles. ErrNoSeries
// when it is not there, ErrDamaged when the head is.
func (s *Store) Info(k Key) (SeriesInfo, error) {
	var out SeriesInfo
	err := s.snapshot(k, func(h *head) error {
		out = SeriesInfo{Key: k, Instrument: h.Instrument, VolumeScale: h.VolumeScale, Files: len(h.segments), Bytes: h.bytes}
		var last int64
		add := func(rows, gaps int, first, end int64) {
			if out.Rows == 0 {
				out.First = time.Unix(0, first).UTC()
			} else if first > h.Timeframe.Close(last) {
				out.Gaps++
			}
			out.Rows, out.Gaps, last = out.Rows+rows, out.Gaps+gaps, end
			out.Last = time.Unix(0, last).UTC()
		}
		for _, ref := range h.segments {
			file, err := os.Stat(h.segmentPath(ref))
			if err != nil {
				return ErrDamaged.With("", "%s: %s is missing", k, h.segmentName(ref)).Because(err)
			}
			out.Bytes += file.Size()
			add(int(ref.rows), int(ref.gaps), ref.first, ref.last)
		}
		if n := h.tail.Len(); n > 0 {
			add(n, countGaps(h.tail.Time, h.Timeframe), h.tail.Time[0], h.tail.Time[n-1])
		}
		return nil
	})
	return out, err
}

func countGaps(times []int64, tf Timeframe) int {
	n := 0
	for i := 1; i < len(times); i++ {
		if times[i] > tf.Close(times[i-1]) {
			n++
		}
	}
	return n
}

// List returns the keys of all stored series, sorted. A head that cannot be read
// is ErrDamaged and names its folder.
func (s *Store) List() ([]Key, error) {
	keys, damage, err := s.list()
	if err == nil && len(damage) > 0 {
		err = damage[0]
	}
	if err != nil {
		return nil, err
	}
	return keys, nil
}

// list returns the keys that can be read and the damage of the others.
func (s *Store) list() (keys []Key, damage []error, err error) {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, nil, fmt.Errorf("list candles: %w", err)
	}
	for _, entry := range entries {
		k, err := s.keyOf(entry)
		switch {
		case errors.Is(err, fs.ErrNotExist): // deleted meanwhile, or a first write did not finish
		case errors.Is(err, ErrDamaged):
			damage = append(damage, err)
		case err != nil:
			return nil, nil, fmt.Errorf("list candles: %w", err)
		case k != Key{}:
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(a, b Key) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(keys), damage, nil
}

// keyOf returns the key of an entry of the folder; a zero one is no series.
func (s *Store) keyOf(entry fs.DirEntry) (Key, error) {
	path := filepath.Join(s.folder, entry.Name())
	switch {
	case strings.HasSuffix(path, oldSuffix):
		h, err := readOldHead(path)
		if err != nil {
			return Key{}, err
		}
		return Key{h.Instrument.Venue, h.Instrument.Symbol, h.Timeframe}, nil
	case strings.HasSuffix(path, seriesSuffix) && entry.IsDir():
		raw, err := os.ReadFile(filepath.Join(path, headName))
		if err != nil {
			return Key{}, err
		}
		h, err := parseHead(path, raw)
		if err != nil {
			return Key{}, err
		}
		return h.key(), nil
	}
	return Key{}, nil
}

// attempts bounds how often a read begins anew because writes overtook it. One
// is already rare: the files of a head stay until the next head is in place.
const attempts = 100

// snapshot calls use with the head of a series. A file that is gone or other
// than the head says is damage, unless the head itself changed meanwhile; then
// use is called again with the newer one.
func (s *Store) snapshot(k Key, use func(*head) error) error {
	for range attempts {
		raw, h, err := s.readHead(k)
		if err != nil {
			return err
		}
		err = use(h)
		if err == nil || !errors.Is(err, ErrDamaged) || raw == nil {
			return err
		}
		if again, _ := os.ReadFile(filepath.Join(h.folder, headName)); bytes.Equal(raw, again) {
			return err
		}
	}
	return &tradekeel.Error{
		Kind: tradekeel.Unavailable, Code: "market.busy",
		Message: fmt.Sprintf("%s is written faster than it can be read", k),
	}
}

// readHead returns the head of a series and its bytes, which are nil for a
// series in the old form.
func (s *Store) readHead(k Key) ([]byte, *head, error) {
	folder := s.seriesFolder(k)
	raw, err := os.ReadFile(filepath.Join(folder, headName))
	if errors.Is(err, fs.ErrNotExist) || isNameTooLong(err) {
		h, err := s.oldHead(k)
		return nil, h, err
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read candles: %w", err)
	}
	h, err := parseHead(folder, raw)
	if err != nil {
		return nil, nil, err
	}
	if h.key() != k {
		return nil, nil, ErrDamaged.With("", "the folder of %s holds %s", k, h.key())
	}
	return raw, h, nil
}
