package market

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/tradekeel/tradekeel"
)

// Store keeps series in a folder, one file each, as columns with a checksum. A
// file is written beside its name and renamed when it is whole and on disk, so
// that a crash leaves the old one or the new one. Safe for concurrent use.
type Store struct {
	folder string
	mu     sync.Mutex // one writer; readers open whole files only
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
	parts := strings.Split(text, ":")
	if len(parts) == 2 {
		parts = append([]string{""}, parts...)
	}
	if len(parts) != 3 {
		return Key{}, tradekeel.Invalidf("key", "must look like binance:BTC/USDT:1h, got %.60q", text)
	}
	tf, err := ParseTimeframe(parts[2])
	if err != nil {
		return Key{}, err
	}
	in, err := NewSpot(parts[1])
	if err != nil {
		return Key{}, err
	}
	in.Venue = parts[0]
	if err := in.Validate(); err != nil {
		return Key{}, err
	}
	return Key{parts[0], parts[1], tf}, nil
}

// ErrNoSeries says that the store holds no such series.
var ErrNoSeries = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "market.no_series", Message: "no such candles"}

// ErrDamaged says that a stored file is not what was written.
var ErrDamaged = &tradekeel.Error{Kind: tradekeel.Internal, Code: "market.damaged", Message: "stored candles are damaged"}

const (
	storeMagic  = "TKSERIE1"
	storeSuffix = ".candles"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

type storeHeader struct {
	Instrument  *Instrument `json:"instrument"`
	Timeframe   Timeframe   `json:"timeframe"`
	VolumeScale int32       `json:"volume_scale"`
	Rows        int         `json:"rows"`
}

// OpenStore opens a folder, making it if it is not there.
func OpenStore(folder string) (*Store, error) {
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return nil, fmt.Errorf("open candle store: %w", err)
	}
	return &Store{folder: folder}, nil
}

func (s *Store) path(k Key) string {
	name := strings.NewReplacer("/", "_").Replace(k.Symbol)
	venue := k.Venue
	if venue == "" {
		venue = "none"
	}
	// Months are written 1mo, since 1m and 1M are one name on some file systems.
	tf := strings.Replace(k.Timeframe.String(), "M", "mo", 1)
	return filepath.Join(s.folder, venue+"__"+name+"__"+tf+storeSuffix)
}

// Put stores a whole series, replacing one of the same key. The series must be valid.
func (s *Store) Put(series *Series) error {
	if err := series.Validate(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	path := s.path(KeyOf(series))
	file, err := os.CreateTemp(s.folder, "writing-*")
	if err != nil {
		return fmt.Errorf("store candles: %w", err)
	}
	defer os.Remove(file.Name()) // gone after the rename
	err = writeSeries(file, series)
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err == nil {
		err = syncFolder(s.folder)
	}
	if err != nil {
		return fmt.Errorf("store candles: %w", err)
	}
	return nil
}

// Get reads a whole series. ErrNoSeries when there is none, ErrDamaged when its
// checksum does not hold.
func (s *Store) Get(k Key) (*Series, error) {
	file, err := os.Open(s.path(k))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNoSeries.With("data", "there are no candles %s", k)
	}
	if err != nil {
		return nil, fmt.Errorf("read candles: %w", err)
	}
	defer file.Close()
	return readSeries(file)
}

// List returns the keys of all stored series, sorted.
func (s *Store) List() ([]Key, error) {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, fmt.Errorf("list candles: %w", err)
	}
	var keys []Key
	for _, entry := range entries {
		if !strings.HasSuffix(entry.Name(), storeSuffix) {
			continue
		}
		file, err := os.Open(filepath.Join(s.folder, entry.Name()))
		if err != nil {
			return nil, fmt.Errorf("list candles: %w", err)
		}
		h, _, err := readHeader(bufio.NewReader(file))
		file.Close()
		if err != nil {
			return nil, err
		}
		keys = append(keys, Key{h.Instrument.Venue, h.Instrument.Symbol, h.Timeframe})
	}
	slices.SortFunc(keys, func(a, b Key) int { return strings.Compare(a.String(), b.String()) })
	return keys, nil
}

func writeSeries(w io.Writer, s *Series) error {
	header, err := json.Marshal(storeHeader{s.Instrument, s.Timeframe, s.VolumeScale, s.Len()})
	if err != nil {
		return err
	}
	sum := crc32.New(castagnoli)
	out := io.MultiWriter(w, sum)
	block := append([]byte(storeMagic), binary.LittleEndian.AppendUint64(nil, uint64(len(header)))...)
	block = append(block, header...)
	const full = 64 << 10
	for _, column := range [][]int64{s.Time, s.Open, s.High, s.Low, s.Close, s.Volume} {
		for _, v := range column {
			if block = binary.LittleEndian.AppendUint64(block, uint64(v)); len(block) >= full {
				if _, err := out.Write(block); err != nil {
					return err
				}
				block = block[:0]
			}
		}
	}
	if _, err := out.Write(block); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, sum.Sum32())
}

const maxHeader = 1 << 20

func readHeader(r io.Reader) (storeHeader, []byte, error) {
	var h storeHeader
	start := make([]byte, len(storeMagic)+8)
	if _, err := io.ReadFull(r, start); err != nil || string(start[:len(storeMagic)]) != storeMagic {
		return h, nil, ErrDamaged.With("", "not a file of candles")
	}
	n := binary.LittleEndian.Uint64(start[len(storeMagic):])
	if n > maxHeader {
		return h, nil, ErrDamaged.With("", "the header is too long")
	}
	raw := make([]byte, n)
	if _, err := io.ReadFull(r, raw); err != nil {
		return h, nil, ErrDamaged.With("", "the header is cut short")
	}
	if err := json.Unmarshal(raw, &h); err != nil || h.Instrument.Validate() != nil || h.Timeframe.Validate() != nil || h.Rows < 0 {
		return h, nil, ErrDamaged.With("", "the header cannot be read")
	}
	return h, slices.Concat(start, raw), nil
}

func readSeries(file *os.File) (*Series, error) {
	r := bufio.NewReaderSize(file, 1<<20)
	h, head, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		return nil, fmt.Errorf("read candles: %w", err)
	}
	const columns, word, checksum = 6, 8, 4
	// Compared by division: a hostile row count must not overflow or allocate.
	body := info.Size() - int64(len(head)) - checksum
	if body < 0 || body%(columns*word) != 0 || body/(columns*word) != int64(h.Rows) {
		return nil, ErrDamaged.With("", "the file is cut short")
	}
	sum := crc32.New(castagnoli)
	sum.Write(head)
	in := io.TeeReader(r, sum)
	s := NewSeries(h.Instrument, h.Timeframe, h.VolumeScale, 0)
	block := make([]byte, 64<<10)
	for _, column := range []*[]int64{&s.Time, &s.Open, &s.High, &s.Low, &s.Close, &s.Volume} {
		values := make([]int64, h.Rows)
		for i := 0; i < h.Rows; {
			part := block[:min(len(block), (h.Rows-i)*word)]
			if _, err := io.ReadFull(in, part); err != nil {
				return nil, ErrDamaged.With("", "the file is cut short").Because(err)
			}
			for ; len(part) > 0; part, i = part[word:], i+1 {
				values[i] = int64(binary.LittleEndian.Uint64(part))
			}
		}
		*column = values
	}
	var want uint32
	if err := binary.Read(r, binary.LittleEndian, &want); err != nil || want != sum.Sum32() {
		return nil, ErrDamaged.With("", "the checksum does not hold")
	}
	return s, nil
}

func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	err = d.Sync()
	if closing := d.Close(); err == nil {
		err = closing
	}
	return err
}
