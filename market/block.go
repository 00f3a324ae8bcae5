package market

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// A block is up to blockRows candles as bits. Each column is turned into small
// whole numbers, and each run of miniRows of them is packed with as few bits as
// its largest needs, so that one wild candle costs its neighbours only:
//
//	time    the step from the candle before, less the shortest step
//	open    the distance from the close before
//	close   the distance from the open
//	high    what it is above the higher of the two
//	low     what it is below the lower of the two
//	volume  what it is above the smallest
//
// Times, prices and volumes are each divided by the greatest common divisor of
// theirs, which takes the tick out of prices and unused decimals out of volumes.
// Regular times take no bits at all. Distances with a sign are zigzag: 0, -1, 1,
// -2, … are 0, 1, 2, 3, ….
//
// Layout, little endian: rows uint16, version uint8, zero uint8, then eight
// bytes each of first time, shortest step, divisor of times, first open, divisor
// of prices, smallest volume, divisor of volumes; then for each run six widths
// in bits, a byte each; then the runs, each column beginning on a whole byte;
// then eight zero bytes, so that every number can be read with one load. A width
// is 0 to 56 or 64.
const (
	blockRows    = 1024
	miniRows     = 128
	blockHeader  = 4 + 7*8
	blockColumns = 6
	blockVersion = 1
	blockPad     = 8
)

// columns are the same rows of all six columns.
type columns struct {
	time, open, high, low, close, volume []int64
}

func columnsOf(s *Series, first, last int) columns {
	return columns{
		s.Time[first:last], s.Open[first:last], s.High[first:last],
		s.Low[first:last], s.Close[first:last], s.Volume[first:last],
	}
}

// frame is how the numbers of a block become small.
type frame struct {
	time, step, timeUnit uint64
	price, priceUnit     uint64
	volume, volumeUnit   uint64
}

func frameOf(c columns) frame {
	f := frame{time: uint64(c.time[0]), price: uint64(c.open[0]), step: math.MaxUint64, volume: math.MaxUint64}
	for i := 1; i < len(c.time); i++ {
		f.step = min(f.step, uint64(c.time[i])-uint64(c.time[i-1]))
	}
	if len(c.time) == 1 {
		f.step = 0
	}
	for _, v := range c.volume {
		f.volume = min(f.volume, uint64(v))
	}
	for i := 1; i < len(c.time); i++ {
		f.timeUnit = gcd(f.timeUnit, uint64(c.time[i])-uint64(c.time[i-1])-f.step)
	}
	for i := range c.open {
		for _, p := range [...]int64{c.open[i], c.high[i], c.low[i], c.close[i]} {
			d := p - c.open[0] // prices are above zero: no overflow
			f.priceUnit = gcd(f.priceUnit, uint64(max(d, -d)))
		}
		f.volumeUnit = gcd(f.volumeUnit, uint64(c.volume[i])-f.volume)
	}
	return f
}

func gcd(a, b uint64) uint64 {
	if a == 1 {
		return 1
	}
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// mini holds the small numbers of a run of rows, by column in the order of the
// layout: time, open, close, high, low, volume.
type mini [blockColumns][miniRows]uint64

// appendBlock encodes 1 to blockRows valid candles.
func appendBlock(out []byte, c columns) []byte {
	n := len(c.time)
	f := frameOf(c)
	out = binary.LittleEndian.AppendUint16(out, uint16(n))
	out = append(out, blockVersion, 0)
	for _, v := range [...]uint64{f.time, f.step, f.timeUnit, f.price, f.priceUnit, f.volume, f.volumeUnit} {
		out = binary.LittleEndian.AppendUint64(out, v)
	}
	widths := len(out)
	minis := (n + miniRows - 1) / miniRows
	out = append(out, make([]byte, minis*blockColumns)...)
	timeUnit, priceUnit, volumeUnit := max(f.timeUnit, 1), int64(max(f.priceUnit, 1)), max(f.volumeUnit, 1)
	lastTime, lastClose := f.time-f.step, int64(0)
	var m mini
	for first := 0; first < n; first += miniRows {
		rows := min(miniRows, n-first)
		for i := range rows {
			r := first + i
			base := int64(f.price)
			o, h := (c.open[r]-base)/priceUnit, (c.high[r]-base)/priceUnit
			l, x := (c.low[r]-base)/priceUnit, (c.close[r]-base)/priceUnit
			m[0][i] = (uint64(c.time[r]) - lastTime - f.step) / timeUnit
			m[1][i] = zigzag(o - lastClose)
			m[2][i] = zigzag(x - o)
			m[3][i] = uint64(h - max(o, x))
			m[4][i] = uint64(min(o, x) - l)
			m[5][i] = (uint64(c.volume[r]) - f.volume) / volumeUnit
			lastTime, lastClose = uint64(c.time[r]), x
		}
		for col := range m {
			var all uint64
			for _, v := range m[col][:rows] {
				all |= v
			}
			width := uint(bits.Len64(all))
			if width > 56 {
				width = 64
			}
			out[widths] = byte(width)
			widths++
			out = pack(out, m[col][:rows], width)
		}
	}
	return append(out, make([]byte, blockPad)...)
}

func zigzag(v int64) uint64   { return uint64(v<<1) ^ uint64(v>>63) }
func unzigzag(v uint64) int64 { return int64(v>>1) ^ -int64(v&1) }

func packedSize(rows int, width uint) int { return (rows*int(width) + 7) / 8 }

// pack appends values of a width of 0 to 56 or 64 bits, the lowest bits first.
func pack(out []byte, values []uint64, width uint) []byte {
	var word uint64
	var have uint
	for _, v := range values {
		if width == 64 {
			out = binary.LittleEndian.AppendUint64(out, v)
			continue
		}
		word |= v << have // have is below 8, width at most 56
		for have += width; have >= 8; have -= 8 {
			out = append(out, byte(word))
			word >>= 8
		}
	}
	if have > 0 {
		out = append(out, byte(word))
	}
	return out
}

// unpack reads what pack wrote. src goes on for at least eight bytes after the
// last value.
func unpack(values []uint64, src []byte, width uint) {
	if width == 0 {
		clear(values)
		return
	}
	mask, bit := uint64(1)<<width-1, uint(0)
	w := width & 63 // a shift the compiler knows to be small
	switch {
	case width <= 14: // with up to seven bits before them, four fit into a load
		for ; len(values) >= 4; values = values[4:] {
			word := binary.LittleEndian.Uint64(src[bit>>3:]) >> (bit & 7)
			v := values[:4:4]
			v[0], v[1] = word&mask, word>>w&mask
			word = word >> w >> w
			v[2], v[3] = word&mask, word>>w&mask
			bit += 4 * width
		}
	case width <= 28: // two
		for ; len(values) >= 2; values = values[2:] {
			word := binary.LittleEndian.Uint64(src[bit>>3:]) >> (bit & 7)
			v := values[:2:2]
			v[0], v[1] = word&mask, word>>w&mask
			bit += 2 * width
		}
	}
	for i := range values {
		values[i] = binary.LittleEndian.Uint64(src[bit>>3:]) >> (bit & 7) & mask
		bit += width
	}
}

// blockRowsOf returns how many candles a block says that it holds, and 0 when it
// is none.
func blockRowsOf(raw []byte) int {
	if len(raw) < blockHeader+blockPad || raw[2] != blockVersion || raw[3] != 0 {
		return 0
	}
	n := int(binary.LittleEndian.Uint16(raw))
	if n > blockRows {
		return 0
	}
	return n
}

// decodeBlock fills dst, whose columns are as long as blockRowsOf says, and
// reports whether the block is whole and its candles are valid: it is the one
// place that stands between a file and a run, so it trusts nothing. It does not
// allocate.
func decodeBlock(raw []byte, tf Timeframe, dst columns) bool {
	n := blockRowsOf(raw)
	if n == 0 || n != len(dst.time) {
		return false
	}
	word := func(i int) uint64 { return binary.LittleEndian.Uint64(raw[4+8*i:]) }
	f := frame{word(0), word(1), word(2), word(3), word(4), word(5), word(6)}
	if !f.onGrid(tf) {
		return false
	}
	minis := (n + miniRows - 1) / miniRows
	widths, body := raw[blockHeader:], len(raw)-blockPad
	at := blockHeader + minis*blockColumns
	if at > body {
		return false
	}
	var m mini
	last := cursor{time: f.time - f.step}
	for first := 0; first < n; first += miniRows {
		rows := min(miniRows, n-first)
		for col := range m {
			width := uint(widths[col])
			size := packedSize(rows, width)
			if width > 56 && width != 64 || size > body-at {
				return false
			}
			unpack(m[col][:rows], raw[at:], width)
			at += size
		}
		widths = widths[blockColumns:]
		part := columns{
			dst.time[first : first+rows], dst.open[first : first+rows], dst.high[first : first+rows],
			dst.low[first : first+rows], dst.close[first : first+rows], dst.volume[first : first+rows],
		}
		if !f.expand(&m, part, &last) {
			return false
		}
	}
	return at == body && binary.LittleEndian.Uint64(raw[body:]) == 0 && (tf > 0 || alignedAll(tf, dst.time))
}

// cursor is where the row before left off.
type cursor struct {
	time  uint64
	close uint64
}

// expand turns small numbers back into candles. It gathers the sign bits of all
// that must not be negative and looks at them once.
func (f *frame) expand(m *mini, dst columns, last *cursor) bool {
	n := len(dst.time)
	t, c := last.time, last.close
	steps := m[0][:n]
	for i := range dst.time {
		next := t + f.step + steps[i]*f.timeUnit
		if i > 0 && int64(next) <= int64(t) {
			return false
		}
		t = next
		dst.time[i] = int64(t)
	}
	opens, highs, lows, closes, volumes := dst.open[:n], dst.high[:n], dst.low[:n], dst.close[:n], dst.volume[:n]
	toOpen, toClose, above, below, more := m[1][:n], m[2][:n], m[3][:n], m[4][:n], m[5][:n]
	price, unit, volumeUnit := f.price, f.priceUnit, f.volumeUnit
	var negative int64
	for i := range n {
		o := c + uint64(unzigzag(toOpen[i]))
		c = o + uint64(unzigzag(toClose[i]))
		open, closing := int64(price+o*unit), int64(price+c*unit)
		top, bottom := max(open, closing), min(open, closing)
		high, low := top+int64(above[i]*unit), bottom-int64(below[i]*unit)
		volume := int64(f.volume + more[i]*volumeUnit)
		negative |= low | (low - 1) | bottom | high | (high - top) | (bottom - low) | volume
		opens[i], highs[i], lows[i], closes[i], volumes[i] = open, high, low, closing, volume
	}
	last.time, last.close = t, c
	return negative >= 0
}

// onGrid reports whether all times of the frame are opens of the timeframe. For
// months that says nothing, and alignedAll looks at each.
func (f *frame) onGrid(tf Timeframe) bool {
	if tf < 0 {
		return true
	}
	return tf.Open(int64(f.time)) == int64(f.time) && f.step%uint64(tf) == 0 && f.timeUnit%uint64(tf) == 0
}

func alignedAll(tf Timeframe, times []int64) bool {
	for _, t := range times {
		if tf.Open(t) != t {
			return false
		}
	}
	return true
}
