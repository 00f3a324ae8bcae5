package market

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// A file of blocks is segmentMagic, blocks, and an index of them; when blocks
// are added later, they and an index of all follow, and the index before is dead
// weight of a few hundred bytes. Only the head says where the valid index is.
const segmentMagic = "TKBLOCK2"

// entry is where a block lies and what it holds. Layout, little endian: offset,
// length, CRC-32C, rows, each uint32; first and last open, int64.
type entry struct {
	offset, length, check, rows uint32
	first, last                 int64
}

const entrySize = 4*4 + 2*8

func appendEntries(out []byte, entries []entry) []byte {
	for _, e := range entries {
		for _, v := range [...]uint32{e.offset, e.length, e.check, e.rows} {
			out = binary.LittleEndian.AppendUint32(out, v)
		}
		out = binary.LittleEndian.AppendUint64(out, uint64(e.first))
		out = binary.LittleEndian.AppendUint64(out, uint64(e.last))
	}
	return out
}

// readEntries reads the index of a file of blocks and checks it against the head.
func (ref segment) readEntries(file io.ReaderAt, size int64) ([]entry, string) {
	if end := uint64(ref.index) + uint64(ref.blocks)*entrySize; uint64(size) < end {
		return nil, "is cut short"
	}
	raw := make([]byte, int(ref.blocks)*entrySize)
	if _, err := file.ReadAt(raw, int64(ref.index)); err != nil {
		return nil, "cannot be read: " + err.Error()
	}
	if crc32.Checksum(raw, castagnoli) != ref.check {
		return nil, "has an index whose checksum does not hold"
	}
	entries := make([]entry, 0, ref.blocks)
	rows, at := uint64(0), uint64(len(segmentMagic))
	for ; len(raw) > 0; raw = raw[entrySize:] {
		half := func(i int) uint32 { return binary.LittleEndian.Uint32(raw[4*i:]) }
		e := entry{
			half(0), half(1), half(2), half(3),
			int64(binary.LittleEndian.Uint64(raw[16:])), int64(binary.LittleEndian.Uint64(raw[24:])),
		}
		if n := len(entries); uint64(e.offset) < at || e.rows == 0 || e.rows > blockRows || e.first > e.last || n > 0 && e.first <= entries[n-1].last {
			return nil, "has an index out of order"
		}
		rows, at = rows+uint64(e.rows), uint64(e.offset)+uint64(e.length)
		entries = append(entries, e)
	}
	if at > uint64(ref.index) || rows != uint64(ref.rows) || entries[0].first != ref.first || entries[len(entries)-1].last != ref.last {
		return nil, "has an index that is not the head's"
	}
	return entries, ""
}

// collect reads the blocks with candles that open from first to last, both
// included. What it returns begins and ends with whole blocks.
//
// Blocks are read into memory and decoded there, not mapped: a series is int64
// columns, which a compressed file does not hold anyway; a mapped file that
// somebody truncates ends the process with SIGBUS, where a read is an error that
// names the file; and a read is the same on every operating system. The page
// cache makes a second read a copy of some hundred kilobytes.
func (h *head) collect(first, last int64) (*Series, error) {
	out := NewSeries(h.Instrument, h.Timeframe, h.VolumeScale, h.capacity(first, last))
	var buffer []byte
	for _, ref := range h.segments {
		if ref.last < first || ref.first > last {
			continue
		}
		problem, err := ref.read(h.segmentPath(ref), first, last, out, &buffer)
		if err != nil {
			return nil, fmt.Errorf("read candles: %w", err)
		}
		if problem != "" {
			return nil, ErrDamaged.With("", "%s: %s %s", h.key(), h.segmentName(ref), problem)
		}
	}
	if n := h.tail.Len(); n > 0 && h.tail.Time[n-1] >= first && h.tail.Time[0] <= last {
		if out.Len() == 0 {
			return h.tail, nil
		}
		out.appendRows(h.tail, 0, n)
	}
	return out, nil
}

// capacity is how many candles collect returns at most.
func (h *head) capacity(first, last int64) int {
	const edges = 3 * blockRows // whole blocks at both ends and the tail
	total := 0
	for _, ref := range h.segments {
		if ref.last < first || ref.first > last {
			continue
		}
		// A hostile head may claim any number; what the file holds bounds it.
		stat, err := os.Stat(h.segmentPath(ref))
		if err != nil {
			return 0
		}
		rows := min(int64(ref.rows), stat.Size()/(blockHeader+blockPad)*blockRows)
		if h.Timeframe > 0 {
			span := uint64(min(last, ref.last)) - uint64(max(first, ref.first))
			rows = min(rows, int64(span/uint64(h.Timeframe))+edges)
		}
		total += int(rows)
	}
	return total + h.tail.Len()
}

func (s *Series) appendRows(from *Series, first, last int) {
	s.Time = append(s.Time, from.Time[first:last]...)
	s.Open = append(s.Open, from.Open[first:last]...)
	s.High = append(s.High, from.High[first:last]...)
	s.Low = append(s.Low, from.Low[first:last]...)
	s.Close = append(s.Close, from.Close[first:last]...)
	s.Volume = append(s.Volume, from.Volume[first:last]...)
}

// read adds the blocks with candles that open from first to last to out, with
// two reads of the file. A problem in words is damage.
func (ref segment) read(path string, first, last int64, out *Series, buffer *[]byte) (problem string, err error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return "is missing", nil
	}
	if err != nil {
		return "", err
	}
	defer file.Close()
	stat, err := file.Stat()
	if err != nil {
		return "", err
	}
	entries, problem := ref.readEntries(file, stat.Size())
	if problem != "" {
		return problem, nil
	}
	for len(entries) > 0 && entries[0].last < first {
		entries = entries[1:]
	}
	for len(entries) > 0 && entries[len(entries)-1].first > last {
		entries = entries[:len(entries)-1]
	}
	if len(entries) == 0 {
		return "", nil
	}
	start, final := entries[0].offset, entries[len(entries)-1]
	size := int(final.offset + final.length - start)
	if cap(*buffer) < size {
		*buffer = make([]byte, size)
	}
	raw := (*buffer)[:size]
	if _, err := file.ReadAt(raw, int64(start)); err != nil {
		return "cannot be read: " + err.Error(), nil
	}
	for _, e := range entries {
		block := raw[e.offset-start:][:e.length]
		n := out.Len()
		if crc32.Checksum(block, castagnoli) != e.check {
			return fmt.Sprintf("has a block at byte %d whose checksum does not hold", e.offset), nil
		}
		if blockRowsOf(block) != int(e.rows) || !out.appendDecoded(block, int(e.rows)) || out.Time[n] != e.first || out.Time[out.Len()-1] != e.last {
			return fmt.Sprintf("has a block at byte %d that cannot be read", e.offset), nil
		}
	}
	return "", nil
}

// extend adds candles to the file of a segment, or begins one when ref has no
// blocks, and returns the segment with them. It syncs the file. Until a head
// refers to what it returns, nothing has happened.
func (ref segment) extend(path string, rows *Series) (segment, error) {
	flags := os.O_RDWR
	if ref.blocks == 0 {
		flags |= os.O_CREATE | os.O_TRUNC
	}
	file, err := os.OpenFile(path, flags, 0o600)
	if err != nil {
		return ref, err
	}
	next, err := ref.writeTo(file, rows)
	if err == nil {
		err = file.Sync()
	}
	if closing := file.Close(); err == nil {
		err = closing
	}
	return next, err
}

func (ref segment) writeTo(file *os.File, rows *Series) (segment, error) {
	var out []byte
	var entries []entry
	end := int64(0)
	if ref.blocks == 0 {
		out = append(out, segmentMagic...)
		ref.first = rows.Time[0]
	} else {
		stat, err := file.Stat()
		if err != nil {
			return ref, err
		}
		var problem string
		if entries, problem = ref.readEntries(file, stat.Size()); problem != "" {
			return ref, ErrDamaged.With("", "%s %s", file.Name(), problem)
		}
		end = int64(ref.index) + int64(ref.blocks)*entrySize
		if rows.Time[0] > rows.Timeframe.Close(ref.last) {
			ref.gaps++
		}
	}
	for i := 0; i < rows.Len(); i += blockRows {
		to := min(i+blockRows, rows.Len())
		at := len(out)
		out = appendBlock(out, columnsOf(rows, i, to))
		entries = append(entries, entry{
			uint32(end + int64(at)), uint32(len(out) - at), crc32.Checksum(out[at:], castagnoli), uint32(to - i), rows.Time[i], rows.Time[to-1],
		})
	}
	index := end + int64(len(out))
	if index+int64(len(entries)*entrySize) > 1<<32-1 {
		return ref, fmt.Errorf("%s would be larger than 4 GiB", file.Name())
	}
	at := len(out)
	out = appendEntries(out, entries)
	ref.index, ref.blocks, ref.check = uint32(index), uint32(len(entries)), crc32.Checksum(out[at:], castagnoli)
	ref.rows += uint32(rows.Len())
	ref.gaps += uint32(countGaps(rows.Time, rows.Timeframe))
	ref.last = rows.Time[rows.Len()-1]
	if _, err := file.WriteAt(out, end); err != nil {
		return ref, err
	}
	// What a crash left behind the valid part goes.
	return ref, file.Truncate(end + int64(len(out)))
}
