package market

import (
	"encoding/binary"
	"encoding/json"
	"hash/crc32"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// headMagic names the format. Fields may be added to headFields, which older
// releases pass over when they read and drop when they write; what they would
// misread takes another magic.
const headMagic = "TKSERIE2"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// head is what makes files a series. Layout, little endian: magic, length of
// the body uint32, checksum (CRC-32C) of the body; the body is headFields as
// JSON, the segments of segmentSize bytes each, and a block of the newest
// candles, each after its length in bytes as uint32.
type head struct {
	headFields
	folder   string
	segments []segment // by period
	// tail is the newest candles, fewer than a block, all of one period that the
	// last segment may have begun. A candle a minute then costs one small file,
	// and blocks are full.
	tail  *Series
	bytes int64 // on disk
}

type headFields struct {
	Instrument  *Instrument `json:"instrument"`
	Timeframe   Timeframe   `json:"timeframe"`
	VolumeScale int32       `json:"volume_scale"`
	// Writes counts the writes of the series. It names new files, so that none is
	// written that an older head refers to.
	Writes uint64 `json:"writes"`
}

// segment is the part of a file of blocks that is valid.
type segment struct {
	period      int64  // start, nanoseconds
	write       uint64 // headFields.Writes of the write that made the file
	index       uint32 // where the index of blocks begins, which ends the valid part
	blocks      uint32 // entries of the index
	check       uint32 // CRC-32C of the index, which holds those of the blocks
	rows, gaps  uint32
	first, last int64 // opens
}

const segmentSize = 8 + 8 + 5*4 + 2*8

func (h *head) key() Key { return Key{h.Instrument.Venue, h.Instrument.Symbol, h.Timeframe} }

// lastOpen returns the open of the newest candle.
func (h *head) lastOpen() (int64, bool) {
	if n := h.tail.Len(); n > 0 {
		return h.tail.Time[n-1], true
	}
	if n := len(h.segments); n > 0 {
		return h.segments[n-1].last, true
	}
	return 0, false
}

// segmentName returns "2024-05.7.blocks": the period and the write.
func (h *head) segmentName(ref segment) string {
	label := "all"
	switch start := time.Unix(0, ref.period).UTC(); h.Timeframe.period() {
	case D1:
		label = start.Format("2006-01-02")
	case MN1:
		label = start.Format("2006-01")
	case 12 * MN1:
		label = start.Format("2006")
	default:
	}
	return label + "." + strconv.FormatUint(ref.write, 10) + segmentSuffix
}

func (h *head) segmentPath(ref segment) string {
	return filepath.Join(h.folder, h.segmentName(ref))
}

func (h *head) encode() ([]byte, error) {
	fields, err := json.Marshal(h.headFields)
	if err != nil {
		return nil, err
	}
	out := append([]byte(headMagic), make([]byte, 8)...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(fields)))
	out = append(out, fields...)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(h.segments)*segmentSize))
	for _, ref := range h.segments {
		out = binary.LittleEndian.AppendUint64(out, uint64(ref.period))
		out = binary.LittleEndian.AppendUint64(out, ref.write)
		for _, v := range [...]uint32{ref.index, ref.blocks, ref.check, ref.rows, ref.gaps} {
			out = binary.LittleEndian.AppendUint32(out, v)
		}
		out = binary.LittleEndian.AppendUint64(out, uint64(ref.first))
		out = binary.LittleEndian.AppendUint64(out, uint64(ref.last))
	}
	var block []byte
	if n := h.tail.Len(); n > 0 {
		block = appendBlock(nil, columnsOf(h.tail, 0, n))
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(len(block)))
	out = append(out, block...)
	body := out[len(headMagic)+8:]
	binary.LittleEndian.PutUint32(out[len(headMagic):], uint32(len(body)))
	binary.LittleEndian.PutUint32(out[len(headMagic)+4:], crc32.Checksum(body, castagnoli))
	return out, nil
}

func parseHead(folder string, raw []byte) (*head, error) {
	damaged := func(what string) error {
		return ErrDamaged.With("", "%s: %s", filepath.Base(folder), what)
	}
	const start = len(headMagic) + 8
	if len(raw) < start || string(raw[:len(headMagic)]) != headMagic {
		if len(raw) >= start && strings.HasPrefix(string(raw), headMagic[:len(headMagic)-1]) && raw[len(headMagic)-1] > '2' {
			return nil, damaged("the head is damaged or of a newer release")
		}
		return nil, damaged("the head is none")
	}
	body := raw[start:]
	if uint64(len(body)) != uint64(binary.LittleEndian.Uint32(raw[len(headMagic):])) {
		return nil, damaged("the head is cut short")
	}
	if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(raw[len(headMagic)+4:]) {
		return nil, damaged("the checksum of the head does not hold")
	}
	part := func() ([]byte, bool) {
		if len(body) < 4 {
			return nil, false
		}
		n := uint64(binary.LittleEndian.Uint32(body))
		if body = body[4:]; n > uint64(len(body)) {
			return nil, false
		}
		out := body[:n]
		body = body[n:]
		return out, true
	}
	fields, ok1 := part()
	refs, ok2 := part()
	block, ok3 := part()
	if !ok1 || !ok2 || !ok3 || len(body) != 0 || len(refs)%segmentSize != 0 {
		return nil, damaged("the head is cut short")
	}
	h := &head{folder: folder, bytes: int64(len(raw))}
	if json.Unmarshal(fields, &h.headFields) != nil || h.Instrument.Validate() != nil || h.Timeframe.Validate() != nil || h.Timeframe == 0 ||
		h.VolumeScale < 0 || h.VolumeScale > MaxScale {
		return nil, damaged("the head cannot be read")
	}
	h.segments = make([]segment, 0, len(refs)/segmentSize)
	for ; len(refs) > 0; refs = refs[segmentSize:] {
		word := func(at int) uint64 { return binary.LittleEndian.Uint64(refs[at:]) }
		half := func(i int) uint32 { return binary.LittleEndian.Uint32(refs[16+4*i:]) }
		ref := segment{
			period: int64(word(0)), write: word(8), index: half(0), blocks: half(1), check: half(2), rows: half(3), gaps: half(4),
			first: int64(word(36)), last: int64(word(44)),
		}
		if n := len(h.segments); n > 0 && (h.segments[n-1].period >= ref.period || h.segments[n-1].last >= ref.first) ||
			ref.first > ref.last || ref.rows == 0 || ref.blocks == 0 || uint64(ref.rows) > uint64(ref.blocks)*blockRows {
			return nil, damaged("the head is out of order")
		}
		h.segments = append(h.segments, ref)
	}
	rows := blockRowsOf(block)
	if len(block) > 0 && rows == 0 {
		return nil, damaged("the newest candles cannot be read")
	}
	h.tail = NewSeries(h.Instrument, h.Timeframe, h.VolumeScale, rows)
	if rows > 0 && !h.tail.appendDecoded(block, rows) {
		return nil, damaged("the newest candles cannot be read")
	}
	if n := len(h.segments); n > 0 && rows > 0 && h.segments[n-1].last >= h.tail.Time[0] {
		return nil, damaged("the head is out of order")
	}
	return h, nil
}

// appendDecoded adds the candles of a block and reports whether it is a good one
// that follows what is there.
func (s *Series) appendDecoded(block []byte, rows int) bool {
	n := s.Len()
	end := n + rows
	for _, c := range []*[]int64{&s.Time, &s.Open, &s.High, &s.Low, &s.Close, &s.Volume} {
		if end > cap(*c) {
			*c = append(make([]int64, 0, end+end/2), *c...)
		}
		*c = (*c)[:end]
	}
	return decodeBlock(block, s.Timeframe, columnsOf(s, n, end)) && (n == 0 || s.Time[n] > s.Time[n-1])
}
