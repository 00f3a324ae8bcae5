package optimise

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/tradekeel/tradekeel"
)

// File is a Store in a folder: a folder for each study, with study.json and a file of
// rows for each part.
//
// A file of rows begins with a magic word, then come records: the length of the row and
// its CRC-32C, four bytes each, little endian, and the row. Records are only ever added.
// What a process that died left half written at the end is ignored by readers and cut
// off by the next writer. Damage before the end is ErrCorrupt.
//
// Rows outlive the process as soon as Append returns. They outlive a loss of power after
// the file is synced, which is once a second at most and at Close. Parts may be written
// by several processes, each part by one at a time: the file is locked where the system
// has flock; elsewhere the host must see to it.
type File struct {
	folder string
	mu     sync.Mutex
	open   map[string]*partFile
	clock  int64
}

var _ Store = (*File)(nil)

// partFile is a part that is being written.
type partFile struct {
	*os.File
	size   int64 // of what is whole
	last   int64 // number of the last row; -1 before
	synced time.Time
	used   int64 // when, by File.clock
}

const (
	rowsMagic = "tkrows1\n"
	// mostRecord bounds a row: its numbers, 64 levels, figures and a fault.
	mostRecord = 16 + 4*mostAxes + 8*numFigures + 16 + mostFault
	// mostOpen bounds the files that are open for writing.
	mostOpen  = 32
	syncEvery = time.Second
)

// castagnoli is the table of CRC-32C.
func castagnoli(raw []byte) uint32 { return crc32.Checksum(raw, crc32.MakeTable(crc32.Castagnoli)) }

// OpenFile opens a folder, which is made when it is not there.
func OpenFile(folder string) (*File, error) {
	if folder == "" {
		return nil, tradekeel.Invalidf("folder", "is empty")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, err
	}
	return &File{folder: folder, open: map[string]*partFile{}}, nil
}

// Close syncs and closes what is open. The store can be used again after it.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var wrong []error
	for path := range f.open {
		wrong = append(wrong, f.release(path))
	}
	return errors.Join(wrong...)
}

// release syncs and closes a part, and lets go of its lock.
func (f *File) release(path string) error {
	p := f.open[path]
	delete(f.open, path)
	return errors.Join(p.Sync(), p.Close())
}

func (f *File) studyFolder(id ID) string { return filepath.Join(f.folder, string(id)) }

func (f *File) partPath(id ID, part int) string {
	return filepath.Join(f.studyFolder(id), fmt.Sprintf("part-%05d.rows", part))
}

// Begin implements Store.
func (f *File) Begin(ctx context.Context, id ID, study []byte) error {
	if err := ready(ctx, id); err != nil {
		return err
	}
	if err := os.MkdirAll(f.studyFolder(id), 0o700); err != nil {
		return err
	}
	next, err := os.CreateTemp(f.studyFolder(id), "study-*.next")
	if err != nil {
		return err
	}
	defer os.Remove(next.Name())
	_, err = next.Write(study)
	if err := errors.Join(err, next.Sync(), next.Close()); err != nil {
		return err
	}
	// A link is made whole or not at all, and not over a file that is there.
	err = os.Link(next.Name(), filepath.Join(f.studyFolder(id), "study.json"))
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	have, err := f.Study(ctx, id)
	if err != nil {
		return err
	}
	return sameStudy(have, study)
}

// Study implements Store.
func (f *File) Study(ctx context.Context, id ID) ([]byte, error) {
	if err := ready(ctx, id); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(f.studyFolder(id), "study.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotFound
	}
	return raw, err
}

// Append implements Store.
func (f *File) Append(ctx context.Context, id ID, part int, rows []Row) error {
	if err := ready(ctx, id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p, err := f.writer(ctx, id, part)
	if err != nil {
		return err
	}
	if err := follow(p.last, part, rows); err != nil {
		return err
	}
	if len(rows) == 0 {
		return nil
	}
	var records []byte
	for i := range rows {
		at := len(records)
		records = rows[i].Encode(append(records, make([]byte, 8)...))
		row := records[at+8:]
		if len(row) > mostRecord {
			return tradekeel.Invalidf("rows", "run %d takes %d bytes, at most %d are possible", rows[i].Number, len(row), mostRecord)
		}
		binary.LittleEndian.PutUint32(records[at:], uint32(len(row)))
		binary.LittleEndian.PutUint32(records[at+4:], castagnoli(row))
	}
	if _, err := p.WriteAt(records, p.size); err != nil {
		return errors.Join(err, p.Truncate(p.size))
	}
	p.size += int64(len(records))
	p.last = rows[len(rows)-1].Number
	if now := time.Now(); now.Sub(p.synced) >= syncEvery {
		p.synced = now
		return p.Sync()
	}
	return nil
}

// writer returns the open file of a part, locked and cut to what is whole.
func (f *File) writer(ctx context.Context, id ID, part int) (*partFile, error) {
	if err := follow(-1, part, nil); err != nil {
		return nil, err
	}
	path := f.partPath(id, part)
	f.clock++
	if p := f.open[path]; p != nil {
		p.used = f.clock
		return p, nil
	}
	if _, err := f.Study(ctx, id); err != nil {
		return nil, err
	}
	if len(f.open) >= mostOpen {
		oldest := ""
		for have, p := range f.open {
			if oldest == "" || p.used < f.open[oldest].used {
				oldest = have
			}
		}
		if err := f.release(oldest); err != nil {
			return nil, err
		}
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	p := &partFile{File: file, last: -1, synced: time.Now(), used: f.clock}
	if err := p.begin(part); err != nil {
		return nil, errors.Join(err, file.Close())
	}
	f.open[path] = p
	return p, nil
}

// begin locks a file and looks where it ends.
func (p *partFile) begin(part int) error {
	if free, err := tryLock(p.File); err != nil || !free {
		if err == nil {
			err = ErrBusy.With("", "part %d is being written by another process", part)
		}
		return err
	}
	whole, err := readRecords(p.File, func(r Row) bool { p.last = r.Number; return true })
	if err != nil {
		return err
	}
	if whole == 0 { // new, or its process died before the magic word was whole
		whole = int64(len(rowsMagic))
		if _, err := p.WriteAt([]byte(rowsMagic), 0); err != nil {
			return err
		}
	}
	p.size = whole
	return p.Truncate(whole)
}

// readRecords yields the rows of a file and returns how many bytes of it are whole. An
// end that was half written is no error.
func readRecords(file io.Reader, yield func(Row) bool) (int64, error) {
	in := bufio.NewReaderSize(file, 1<<16)
	magic := make([]byte, len(rowsMagic))
	if n, err := io.ReadFull(in, magic); err != nil {
		if string(magic[:n]) == rowsMagic[:n] && atEnd(err) {
			return 0, nil
		}
		return 0, errors.Join(ErrCorrupt.With("", "a file of rows does not begin as one"), unexpected(err))
	}
	if string(magic) != rowsMagic {
		return 0, ErrCorrupt.With("", "a file of rows does not begin as one")
	}
	whole := int64(len(rowsMagic))
	head, record := make([]byte, 8), make([]byte, mostRecord)
	for {
		if _, err := io.ReadFull(in, head); err != nil {
			return whole, unexpected(err)
		}
		length := binary.LittleEndian.Uint32(head)
		if length == 0 || length > mostRecord {
			return whole, torn(in, head, whole)
		}
		row := record[:length]
		if _, err := io.ReadFull(in, row); err != nil {
			return whole, unexpected(err)
		}
		if castagnoli(row) != binary.LittleEndian.Uint32(head[4:]) {
			return whole, torn(in, nil, whole) // the last record, if not all of it reached the disk
		}
		r, err := DecodeRow(row)
		if err != nil {
			return whole, err
		}
		if !yield(r) {
			return whole, nil
		}
		whole += int64(len(head)) + int64(length)
	}
}

func atEnd(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

// unexpected returns an error of reading that is not the end of the file.
func unexpected(err error) error {
	if atEnd(err) {
		return nil
	}
	return err
}

// torn returns nil when nothing but zeros follows: blocks that a file had got and that
// were not written when the power went. Anything else is damage.
func torn(in *bufio.Reader, first []byte, at int64) error {
	damaged := ErrCorrupt.With("", "a file of rows is damaged at byte %d", at)
	for _, b := range first {
		if b != 0 {
			return damaged
		}
	}
	for {
		b, err := in.ReadByte()
		switch {
		case err != nil:
			return unexpected(err)
		case b != 0:
			return damaged
		}
	}
}

// Rows implements Store.
func (f *File) Rows(ctx context.Context, id ID, part int) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if _, err := f.Study(ctx, id); err != nil {
			yield(Row{}, err)
			return
		}
		file, err := os.Open(f.partPath(id, part))
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err != nil {
			yield(Row{}, err)
			return
		}
		defer file.Close()
		stopped := false
		_, err = readRecords(file, func(r Row) bool {
			stopped = !yield(r, nil)
			return !stopped
		})
		if err != nil && !stopped {
			yield(Row{}, err)
		}
	}
}

// Parts implements Store.
func (f *File) Parts(ctx context.Context, id ID) ([]int, error) {
	if _, err := f.Study(ctx, id); err != nil {
		return nil, err
	}
	paths, err := filepath.Glob(filepath.Join(f.studyFolder(id), "part-*.rows"))
	if err != nil {
		return nil, err
	}
	var parts []int
	for _, path := range paths {
		var part int
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if _, err := fmt.Sscanf(filepath.Base(path), "part-%d.rows", &part); err == nil && info.Size() > int64(len(rowsMagic)) {
			parts = append(parts, part)
		}
	}
	slices.Sort(parts)
	return parts, nil
}

// Delete implements Store.
func (f *File) Delete(ctx context.Context, id ID) error {
	if _, err := f.Study(ctx, id); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for path := range f.open {
		if filepath.Dir(path) == f.studyFolder(id) {
			if err := f.release(path); err != nil {
				return err
			}
		}
	}
	// The rows first: a process that dies amid this leaves a study that runs again.
	paths, err := filepath.Glob(filepath.Join(f.studyFolder(id), "part-*.rows"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			return err
		}
	}
	return os.RemoveAll(f.studyFolder(id))
}
