package market

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
)

// FuzzBlock encodes candles made of a seed and reads them back.
func FuzzBlock(f *testing.F) {
	f.Add(uint64(1), uint16(1), uint8(3), uint8(0))
	f.Add(uint64(2), uint16(129), uint8(40), uint8(2))
	f.Add(uint64(3), uint16(1024), uint8(62), uint8(200))
	f.Fuzz(func(t *testing.T, seed uint64, rows uint16, width, gaps uint8) {
		r := rand.New(rand.NewPCG(seed, 1))
		top := int64(1)<<(width%62) + 1
		s := NewSeries(MustSpot("BTC/USDT"), M1, 8, 0)
		at := M1.Open(r.Int64N(2e18) - 1e18)
		for range 1 + int(rows)%blockRows {
			a, b, c, d := 1+r.Int64N(top), 1+r.Int64N(top), 1+r.Int64N(top), 1+r.Int64N(top)
			s.Append(Bar{at, a, max(a, b, c, d), min(a, b, c, d), b, r.Int64N(top)})
			at += int64(M1) * (1 + r.Int64N(1+int64(gaps)))
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		roundTrip(t, s)
	})
}

// FuzzDecodeBlock reads arbitrary bytes as a block, with no checksum before it:
// what passes is valid candles.
func FuzzDecodeBlock(f *testing.F) {
	for _, n := range []int{1, 5, 200} {
		s := walk(n, uint64(n))
		f.Add(appendBlock(nil, columnsOf(s, 0, n)))
	}
	f.Add(make([]byte, 200))
	f.Fuzz(func(t *testing.T, raw []byte) {
		for _, tf := range []Timeframe{M1, MN1} {
			s := NewSeries(MustSpot("BTC/USDT"), tf, 8, 0)
			rows := blockRowsOf(raw)
			if rows == 0 || !s.appendDecoded(raw, rows) {
				continue
			}
			if err := s.Validate(); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzStoredFiles reads arbitrary bytes as the body of a head, under a true
// checksum, and as a file of blocks: valid candles or an error.
func FuzzStoredFiles(f *testing.F) {
	golden := filepath.Join("testdata", "store", "two", "binance__BTC_USDT__1h.series")
	head, err := os.ReadFile(filepath.Join(golden, headName))
	if err != nil {
		f.Fatal(err)
	}
	blocks, err := os.ReadFile(filepath.Join(golden, "2024.2"+segmentSuffix))
	if err != nil {
		f.Fatal(err)
	}
	const start = len(headMagic) + 8
	f.Add(head[start:], blocks)
	f.Add(head[start:], blocks[:len(blocks)-1])
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, body, blocks []byte) {
		store := &Store{folder: t.TempDir()}
		k := Key{"binance", "BTC/USDT", H1}
		folder := store.seriesFolder(k)
		raw := append([]byte(headMagic), make([]byte, 8)...)
		binary.LittleEndian.PutUint32(raw[len(headMagic):], uint32(len(body)))
		binary.LittleEndian.PutUint32(raw[len(headMagic)+4:], crc32.Checksum(body, castagnoli))
		raw = append(raw, body...)
		h, err := parseHead(folder, raw)
		if err != nil {
			return
		}
		if err := os.MkdirAll(folder, 0o750); err != nil {
			t.Fatal(err)
		}
		for _, ref := range h.segments {
			if err := os.WriteFile(h.segmentPath(ref), blocks, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := h.collect(-1<<63, 1<<63-1)
		if err != nil {
			return
		}
		if err := got.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
