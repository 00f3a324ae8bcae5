package parquet

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"

	"github.com/tradekeel/tradekeel"
)

// The library trusts the lengths that a file claims, and asks for that much memory
// before it reads. What is below compares them with what is there.

// tail is the end of a file: the length of the footer and the magic word.
const tail = 8

// mostUnpacked bounds a page: writers make pages of a megabyte or so.
const mostUnpacked = 256 << 20

// codecs are the compressions that are read. LZ4 is none: the library takes damaged
// blocks for too little room, and doubles it until the memory is gone.
var codecs = []format.CompressionCodec{format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd}

func checkFooter(r io.ReaderAt, size int64) error {
	var end [tail]byte
	if size < tail {
		return tradekeel.Invalidf("file", "is no Parquet file that can be read: it has %d bytes", size)
	}
	if _, err := r.ReadAt(end[:], size-tail); err != nil && !errors.Is(err, io.EOF) {
		return tradekeel.Invalidf("file", "cannot be read: %v", err)
	}
	if length := int64(binary.LittleEndian.Uint32(end[:])); length > size-tail {
		return tradekeel.Invalidf("file", "is no Parquet file that can be read: its footer would be %d bytes of %d", length, size)
	}
	return nil
}

// checkChunk walks over the pages of a chunk by their headers.
func (c *column) checkChunk(chunk *format.ColumnMetaData, r io.ReaderAt, size int64) error {
	if !slices.Contains(codecs, chunk.Codec) {
		return tradekeel.Invalidf(c.name, "is compressed by %s, which is not read; write it with zstd, snappy, gzip or brotli, or uncompressed", chunk.Codec)
	}
	first, length := chunk.DataPageOffset, chunk.TotalCompressedSize
	if chunk.DictionaryPageOffset > 0 {
		first = chunk.DictionaryPageOffset
	}
	if first < 0 || length < 0 || first > size || length > size-first {
		return tradekeel.Invalidf(c.name, "is damaged: its pages lie outside the file")
	}
	pages := &counted{from: bufio.NewReader(io.NewSectionReader(r, first, length)), left: length}
	decoder := thrift.NewDecoder(new(thrift.CompactProtocol).NewReader(pages))
	for pages.left > 0 {
		var header format.PageHeader
		if err := decoder.Decode(&header); err != nil {
			return tradekeel.Invalidf(c.name, "cannot be read: %v", err)
		}
		packed, unpacked := int64(header.CompressedPageSize), int64(header.UncompressedPageSize)
		if packed < 0 || packed > pages.left || unpacked < 0 || unpacked > mostUnpacked {
			return tradekeel.Invalidf(c.name, "is damaged: a page claims %d bytes, and %d unpacked", packed, unpacked)
		}
		if err := pages.skip(packed); err != nil {
			return tradekeel.Invalidf(c.name, "cannot be read: %v", err)
		}
	}
	return nil
}

// counted knows how much is left of what it reads.
type counted struct {
	from *bufio.Reader
	left int64
}

// Read implements io.Reader.
func (c *counted) Read(b []byte) (int, error) {
	n, err := c.from.Read(b)
	c.left -= int64(n)
	return n, err
}

// ReadByte implements io.ByteReader.
func (c *counted) ReadByte() (byte, error) {
	b, err := c.from.ReadByte()
	if err == nil {
		c.left--
	}
	return b, err
}

func (c *counted) skip(n int64) error {
	skipped, err := c.from.Discard(int(n))
	c.left -= int64(skipped)
	return err
}
