package market

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// The first release kept a series in one file: oldMagic, the length of a JSON
// header, the header, six columns of int64 and a CRC-32C of it all. Such files
// are read whole; the next write of their series puts it in the form of head and
// removes the file.
const (
	oldMagic  = "TKSERIE1"
	oldSuffix = ".candles"
)

type oldHeader struct {
	Instrument  *Instrument `json:"instrument"`
	Timeframe   Timeframe   `json:"timeframe"`
	VolumeScale int32       `json:"volume_scale"`
	Rows        int         `json:"rows"`
}

// oldPath names the file as the first release did. A key that was never stored
// may name another's file, or none.
func (s *Store) oldPath(k Key) string {
	venue := k.Venue
	if venue == "" {
		venue = "none"
	}
	tf := strings.Replace(k.Timeframe.String(), "M", "mo", 1)
	return filepath.Join(s.folder, filepath.Base(venue+"__"+strings.ReplaceAll(k.Symbol, "/", "_")+"__"+tf+oldSuffix))
}

// oldHead returns a series in the old form as a head that holds all its candles.
func (s *Store) oldHead(k Key) (*head, error) {
	none := ErrNoSeries.With("data", "there are no candles %s", k)
	raw, err := os.ReadFile(s.oldPath(k))
	if errors.Is(err, fs.ErrNotExist) || isNameTooLong(err) {
		return nil, none
	}
	if err != nil {
		return nil, fmt.Errorf("read candles: %w", err)
	}
	series, err := parseOld(raw)
	if err != nil {
		return nil, err
	}
	if KeyOf(series) != k {
		return nil, none
	}
	return &head{
		headFields: headFields{Instrument: series.Instrument, Timeframe: series.Timeframe, VolumeScale: series.VolumeScale},
		folder:     s.seriesFolder(k), tail: series, bytes: int64(len(raw)),
	}, nil
}

// removeOld removes the file of the first release, if it is this series': two
// keys may have one name there.
func (s *Store) removeOld(k Key) error {
	path := s.oldPath(k)
	h, err := readOldHead(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) || isNameTooLong(err):
		return nil
	case err == nil && (Key{h.Instrument.Venue, h.Instrument.Symbol, h.Timeframe} != k):
		return nil
	case err != nil && !errors.Is(err, ErrDamaged):
		return err
	}
	if err := os.Remove(path); err != nil {
		return err
	}
	return syncFolder(s.folder)
}

func readOldHead(path string) (oldHeader, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return oldHeader{}, err
	}
	h, _, err := parseOldHeader(raw)
	return h, err
}

func parseOldHeader(raw []byte) (h oldHeader, body []byte, err error) {
	const start = len(oldMagic) + 8
	if len(raw) < start || string(raw[:len(oldMagic)]) != oldMagic {
		return h, nil, ErrDamaged.With("", "not a file of candles")
	}
	n := binary.LittleEndian.Uint64(raw[len(oldMagic):])
	if n > uint64(len(raw)-start) {
		return h, nil, ErrDamaged.With("", "the header is cut short")
	}
	fields, body := raw[start:start+int(n)], raw[start+int(n):]
	if json.Unmarshal(fields, &h) != nil || h.Instrument.Validate() != nil || h.Timeframe.Validate() != nil || h.Rows < 0 {
		return h, nil, ErrDamaged.With("", "the header cannot be read")
	}
	return h, body, nil
}

func parseOld(raw []byte) (*Series, error) {
	h, body, err := parseOldHeader(raw)
	if err != nil {
		return nil, err
	}
	const columns, word, checksum = 6, 8, 4
	// Compared by division: a hostile row count must not overflow or allocate.
	size := len(body) - checksum
	if size < 0 || size%(columns*word) != 0 || size/(columns*word) != h.Rows {
		return nil, ErrDamaged.With("", "the file is cut short")
	}
	if crc32.Checksum(raw[:len(raw)-checksum], castagnoli) != binary.LittleEndian.Uint32(body[size:]) {
		return nil, ErrDamaged.With("", "the checksum does not hold")
	}
	s := NewSeries(h.Instrument, h.Timeframe, h.VolumeScale, h.Rows)
	for _, column := range []*[]int64{&s.Time, &s.Open, &s.High, &s.Low, &s.Close, &s.Volume} {
		for ; len(*column) < h.Rows; body = body[word:] {
			*column = append(*column, int64(binary.LittleEndian.Uint64(body)))
		}
	}
	if err := s.Validate(); err != nil {
		return nil, ErrDamaged.With("", "the candles contradict each other").Because(err)
	}
	return s, nil
}
