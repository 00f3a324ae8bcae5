package candle

import "math"

// mark says what a candle is by itself, one bit for each.
type mark uint8

const (
	white   mark = 1 << iota
	long         // its body is longer than the mean
	short        // it is shorter
	tiny         // it is a doji
	noUpper      // its upper shadow is very short
	noLower      // its lower one is

	black   // in a rule: not white
	notLong // in a rule: not long
)

// sieve lets through the bars at which the last candles have the marks that a rule
// asks for, with the colours as they stand or all of them turned: eight bits a
// candle, the newest lowest. A rule judges what passes from the beginning, so that
// the sieve takes part in the speed alone.
type sieve struct {
	mask, want, mirror uint64
	used               mark // the marks that are compared
}

func newSieve(r *rule) sieve {
	var s sieve
	for k, m := range r.marks {
		mask, want := m&^(black|notLong), m&^(black|notLong)
		if m&black != 0 {
			mask |= white
		}
		if m&notLong != 0 {
			mask |= long
		}
		s.used |= mask
		s.mask |= uint64(mask) << (8 * k)
		s.want |= uint64(want) << (8 * k)
		s.mirror |= uint64(mask&white) << (8 * k)
	}
	s.mirror ^= s.want
	if r.direction != Both {
		s.mirror = s.want
	}
	return s
}

// mark fills in the marks that are used, without a branch on what a candle is.
func (b *bars) mark(used mark, from, to int) {
	marks := b.marks[from:to]
	open, closing := b.open[from:to][:len(marks)], b.close[from:to][:len(marks)]
	if used&white != 0 {
		for i := range marks {
			marks[i] = bit(closing[i] >= open[i])
		}
	} else {
		clear(marks)
	}
	if used&(long|short) != 0 {
		sizes, mean := b.body[from:to][:len(marks)], b.long[from:to][:len(marks)]
		for i, size := range sizes {
			marks[i] |= bit(size > mean[i])<<1 | bit(size < mean[i])<<2
		}
	}
	if used&tiny != 0 {
		limit := b.tiny[from:to][:len(marks)]
		for i, most := range limit {
			marks[i] |= bit(math.Abs(closing[i]-open[i]) <= most) << 3
		}
	}
	if used&(noUpper|noLower) != 0 {
		limit := b.tiny[from:to][:len(marks)]
		high, low := b.high[from:to][:len(marks)], b.low[from:to][:len(marks)]
		for i := range marks {
			o, c, t := open[i], closing[i], limit[i]
			marks[i] |= bit(high[i]-max(o, c) < t)<<4 | bit(min(o, c)-low[i] < t)<<5
		}
	}
}

func bit(b bool) mark {
	if b {
		return 1
	}
	return 0
}
