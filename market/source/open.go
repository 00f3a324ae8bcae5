package source

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// fileError is a file that cannot be read whatever the options: it becomes a
// problem of the file and not an error of the import.
type fileError struct{ text string }

func (f *fileError) Error() string { return f.text }

func faultf(format string, args ...any) error { return &fileError{fmt.Sprintf(format, args...)} }

// maxRatio bounds how much smaller than its contents a packed file may be. Candles
// and trades pack to a fifth, flat ones to a thirtieth; a bomb to a thousandth.
const maxRatio = 200

// metered is a file on the disk that counts what is read of it and ends with the
// context.
type metered struct {
	*os.File
	ctx  context.Context //nolint:containedctx // lives as long as one read of the file
	tell func(bytes int64)
	err  error // the disk's or the context's own
}

func (m *metered) Read(p []byte) (int, error) {
	if m.err = m.ctx.Err(); m.err != nil {
		return 0, m.err
	}
	n, err := m.File.Read(p)
	return n, m.seen(n, err)
}

func (m *metered) ReadAt(p []byte, at int64) (int, error) {
	if m.err = m.ctx.Err(); m.err != nil {
		return 0, m.err
	}
	if at < 0 {
		return 0, errors.New("the directory points before the file's begin") // zip's, not the disk's
	}
	n, err := m.File.ReadAt(p, at)
	return n, m.seen(n, err)
}

func (m *metered) seen(n int, err error) error {
	if m.tell != nil {
		m.tell(int64(n))
	}
	if err != nil && !errors.Is(err, io.EOF) {
		m.err = err
	}
	return err
}

// unpacked is the contents of a packed file, bounded.
type unpacked struct {
	io.Reader
	file  *metered
	inner io.Closer
	name  string
	size  int64 // as packed
	most  int64
	read  int64
}

func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.Reader.Read(p)
	u.read += int64(n)
	switch {
	case u.read > u.most:
		return 0, faultf("%s unpacks to more than %d bytes; Options.MaxUnpacked allows more", u.name, u.most)
	case u.read > 1<<20 && u.read/maxRatio > u.size:
		return 0, faultf("%s unpacks to more than %d times its size, which no candles do", u.name, maxRatio)
	case err == nil || errors.Is(err, io.EOF):
		return n, err
	case u.file.err != nil:
		return n, u.file.err
	}
	return n, faultf("%s is damaged or cut short: %s", u.name, err)
}

func (u *unpacked) Close() error { return errors.Join(u.inner.Close(), u.file.Close()) }

// open returns the contents of the file, unpacked.
func (f *input) open(ctx context.Context) (io.ReadCloser, error) {
	file, err := os.Open(f.path)
	if err != nil {
		return nil, fmt.Errorf("open candles: %w", err)
	}
	m := &metered{File: file, ctx: ctx, tell: f.meter}
	u := &unpacked{file: m, name: f.name, size: f.size, most: f.most}
	switch {
	case strings.HasSuffix(f.name, ".zip"):
		err = f.openZip(u)
	case strings.HasSuffix(f.name, ".gz"):
		var r *gzip.Reader
		if r, err = gzip.NewReader(bufio.NewReaderSize(m, 64<<10)); err != nil && m.err == nil {
			err = faultf("%s is not a gzip file", f.name)
		}
		u.Reader, u.inner = r, r
	default:
		return m, nil
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return u, nil
}

// openZip opens the one file of an archive, whose name must be the archive's own.
func (f *input) openZip(u *unpacked) error {
	z, err := zip.NewReader(u.file, f.size)
	switch {
	case u.file.err != nil:
		return u.file.err
	case err != nil:
		return faultf("%s is no zip file or is cut short", f.name)
	case len(z.File) != 1:
		return faultf("%s holds %d files, one was expected", f.name, len(z.File))
	}
	entry := z.File[0]
	want := strings.TrimSuffix(f.name, ".zip") + ".csv"
	switch {
	case entry.Name != want:
		return faultf("%s holds %.80q, expected was %q", f.name, entry.Name, want)
	case entry.UncompressedSize64 > uint64(f.most):
		return faultf("%s unpacks to %d bytes; Options.MaxUnpacked allows %d", f.name, entry.UncompressedSize64, f.most)
	}
	r, err := entry.Open()
	if err != nil {
		if u.file.err != nil {
			return u.file.err
		}
		return faultf("%s cannot be unpacked: %s", f.name, err)
	}
	u.Reader, u.inner = r, r
	return nil
}

// verify compares the file with the .CHECKSUM file beside it, and reports whether
// there is one: the hexadecimal SHA-256 and the file's name.
func (f *input) verify(ctx context.Context) (bool, error) {
	const longest = 4 << 10
	side, err := os.Open(f.path + ".CHECKSUM")
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("read checksum: %w", err)
	}
	defer side.Close()
	text, err := io.ReadAll(io.LimitReader(side, longest))
	if err != nil {
		return false, fmt.Errorf("read checksum: %w", err)
	}
	fields := strings.Fields(string(text))
	if len(fields) != 2 || filepath.Base(strings.TrimPrefix(fields[1], "*")) != f.name {
		return false, faultf("%s.CHECKSUM does not hold a SHA-256 and the name %s", f.name, f.name)
	}
	want, err := hex.DecodeString(fields[0])
	if err != nil || len(want) != sha256.Size {
		return false, faultf("%s.CHECKSUM does not hold a SHA-256 in hexadecimal", f.name)
	}
	file, err := os.Open(f.path)
	if err != nil {
		return false, fmt.Errorf("open candles: %w", err)
	}
	defer file.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, &metered{File: file, ctx: ctx}); err != nil {
		return false, fmt.Errorf("read %s: %w", f.name, err)
	}
	if !bytes.Equal(sum.Sum(nil), want) {
		return false, faultf("%s is not what %s.CHECKSUM says: its SHA-256 is %x, not %s", f.name, f.name, sum.Sum(nil), fields[0])
	}
	return true, nil
}
