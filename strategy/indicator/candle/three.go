package candle

import "math"

// Patterns of three candles.

func (b *bars) threeWhite(i int) bool { return b.white(i) && b.white(i-1) && b.white(i-2) }
func (b *bars) threeBlack(i int) bool { return b.black(i) && b.black(i-1) && b.black(i-2) }

// opensIn: the candle at i opens within the body at i-1.
func (b *bars) opensIn(i int) bool { return b.open[i] < b.top(i-1) && b.open[i] > b.bottom(i-1) }

// opensOnTop: the candle at i opens above the open of the white one before, and not
// far above its close.
func (b *bars) opensOnTop(i int) bool {
	return b.open[i] > b.open[i-1] && b.open[i] <= b.close[i-1]+b.near[i-1]
}

// gap says whether the body at i leaves a gap to the one before, upwards or
// downwards.
func (b *bars) gap(i int) (up, down mark) {
	open, closing, before, last := b.open[i], b.close[i], b.open[i-1], b.close[i-1]
	up = bit(open > before) & bit(open > last) & bit(closing > before) & bit(closing > last)
	down = bit(open < before) & bit(open < last) & bit(closing < before) & bit(closing < last)
	return up, down
}

// gapAndBack says whether after a gap a candle goes on the same way and the last one,
// which opens in its body, goes back.
func (b *bars) gapAndBack(i int) (up, down mark) {
	up, down = b.gap(i - 1)
	on, last := bit(b.white(i-1)), bit(b.white(i))
	open, first, second := b.open[i], b.open[i-1], b.close[i-1]
	up &= on & (1 - last) & bit(open < second) & bit(open > first)
	down &= (1 - on) & last & bit(open > second) & bit(open < first)
	return up, down
}

func twoCrows(b *bars, i int) float64 {
	return bearIf(b.bodyAbove(i-1, i-2) && b.black(i) && b.black(i-1) && b.white(i-2) && b.opensIn(i) &&
		b.close[i] > b.open[i-2] && b.close[i] < b.close[i-2] && b.isLong(i-2))
}

func upsideGapTwoCrows(b *bars, i int) float64 {
	return bearIf(b.bodyAbove(i-1, i-2) && b.black(i) && b.black(i-1) && b.white(i-2) &&
		b.open[i] > b.open[i-1] && b.close[i] < b.close[i-1] && b.close[i] > b.close[i-2] &&
		b.isLong(i-2) && b.size(i-1) <= b.long[i-1])
}

func threeInside(b *bars, i int) float64 {
	if !(b.top(i-1) < b.top(i-2) && b.bottom(i-1) > b.bottom(i-2)) || !b.isLong(i-2) || b.size(i-1) > b.long[i-1] {
		return 0
	}
	if b.white(i - 2) {
		return bearIf(b.black(i) && b.close[i] < b.open[i-2])
	}
	return bullIf(b.white(i) && b.close[i] > b.open[i-2])
}

func threeOutside(b *bars, i int) float64 {
	if bit(b.top(i-1) > b.top(i-2))&bit(b.bottom(i-1) < b.bottom(i-2)) == 0 {
		return 0
	}
	if b.white(i - 1) {
		return bullIf(b.black(i-2) && b.close[i] > b.close[i-1])
	}
	return bearIf(b.white(i-2) && b.close[i] < b.close[i-1])
}

func threeStarsInTheSouth(b *bars, i int) float64 {
	return bullIf(b.threeBlack(i) && b.low[i] > b.low[i-1] && b.high[i] < b.high[i-1] &&
		b.isLong(i-2) && b.lower(i-2) > b.size(i-2) && b.size(i-1) < b.size(i-2) &&
		b.open[i-1] > b.close[i-2] && b.open[i-1] <= b.high[i-2] &&
		b.low[i-1] < b.close[i-2] && b.low[i-1] >= b.low[i-2] && b.lower(i-1) > b.tiny[i-1] &&
		b.isShort(i) && b.noLower(i) && b.noUpper(i))
}

func threeWhiteSoldiers(b *bars, i int) float64 {
	return bullIf(b.rising(i) && b.threeWhite(i) && b.opensOnTop(i) && b.opensOnTop(i-1) &&
		b.noUpper(i) && b.noUpper(i-1) && b.noUpper(i-2) &&
		b.size(i-1) > b.size(i-2)-b.far[i-2] && b.size(i) > b.size(i-1)-b.far[i-1] && b.size(i) > b.long[i])
}

func advanceBlock(b *bars, i int) float64 {
	if !b.rising(i) || !b.threeWhite(i) || !b.opensOnTop(i) || !b.opensOnTop(i-1) ||
		!b.isLong(i-2) || b.upper(i-2) >= b.shadow[i-2] {
		return 0
	}
	first, second, third := b.size(i-2), b.size(i-1), b.size(i)
	return bearIf(second < first-b.far[i-2] && third < second+b.near[i-1] ||
		third < second-b.far[i-1] ||
		third < second && second < first && (b.upper(i) > b.shadow[i] || b.upper(i-1) > b.shadow[i-1]) ||
		third < second && b.upper(i) > third)
}

func stalled(b *bars, i int) float64 {
	return bearIf(b.rising(i) && b.threeWhite(i) && b.opensOnTop(i-1) && b.isLong(i-2) && b.isLong(i-1) && b.noUpper(i-1) &&
		b.isShort(i) && b.open[i] >= b.close[i-1]-b.size(i)-b.near[i-1])
}

func identicalThreeCrows(b *bars, i int) float64 {
	return bearIf(b.falling(i) && b.threeBlack(i) && b.noLower(i) && b.noLower(i-1) && b.noLower(i-2) &&
		within(b.open[i-1], b.close[i-2], b.equal[i-2]) && within(b.open[i], b.close[i-1], b.equal[i-1]))
}

// The stars: a long candle, a small one beyond it, and one that goes back into the
// first.

// returnsDown: a long white candle, one above it, and a black one back into it.
func (b *bars) returnsDown(i int) bool {
	return b.bodyAbove(i-1, i-2) && b.black(i) && b.white(i-2) && b.isLong(i-2) && b.size(i) > b.long[i] &&
		b.close[i] < b.close[i-2]-float64(b.size(i-2)*b.penetration)
}

// returnsUp is its mirror.
func (b *bars) returnsUp(i int) bool {
	return b.bodyBelow(i-1, i-2) && b.white(i) && b.black(i-2) && b.isLong(i-2) && b.size(i) > b.long[i] &&
		b.close[i] > b.close[i-2]+float64(b.size(i-2)*b.penetration)
}

func eveningStar(b *bars, i int) float64 {
	return bearIf(b.returnsDown(i) && b.size(i-1) <= b.long[i-1])
}
func eveningDojiStar(b *bars, i int) float64 { return bearIf(b.returnsDown(i) && b.isDoji(i-1)) }
func morningStar(b *bars, i int) float64 {
	return bullIf(b.returnsUp(i) && b.size(i-1) <= b.long[i-1])
}
func morningDojiStar(b *bars, i int) float64 { return bullIf(b.returnsUp(i) && b.isDoji(i-1)) }

func abandonedBaby(b *bars, i int) float64 {
	switch {
	case b.low[i-1] > b.high[i-2]:
		return bearIf(b.high[i] < b.low[i-1] && b.returnsDown(i) && b.isDoji(i-1))
	case b.high[i-1] < b.low[i-2]:
		return bullIf(b.low[i] > b.high[i-1] && b.returnsUp(i) && b.isDoji(i-1))
	}
	return 0
}

func tristar(b *bars, i int) float64 {
	tiny := b.tiny[i-2]
	if b.size(i) > tiny || b.size(i-1) > tiny || b.size(i-2) > tiny {
		return 0
	}
	switch {
	case b.bodyAbove(i-1, i-2):
		return bearIf(b.top(i) < b.top(i-1))
	case b.bodyBelow(i-1, i-2):
		return bullIf(b.bottom(i) > b.bottom(i-1))
	}
	return 0
}

func gapSideBySideWhite(b *bars, i int) float64 {
	up, down := b.gap(i - 1)
	if (up|down)&bit(within(b.open[i], b.open[i-1], b.equal[i-1])) == 0 {
		return 0
	}
	if !b.white(i) || !b.white(i-1) || !within(b.size(i), b.size(i-1), b.near[i-1]) {
		return 0
	}
	if up != 0 {
		return bullIf(b.bodyAbove(i, i-2))
	}
	return bearIf(b.bodyBelow(i, i-2))
}

func tasukiGap(b *bars, i int) float64 {
	up, down := b.gapAndBack(i)
	if up|down == 0 || math.Abs(b.size(i-1)-b.size(i)) >= b.near[i-1] {
		return 0
	}
	if up != 0 {
		return bullIf(b.close[i] < b.open[i-1] && b.close[i] > b.top(i-2))
	}
	return bearIf(b.close[i] > b.open[i-1] && b.close[i] < b.bottom(i-2))
}

func gapThreeMethods(b *bars, i int) float64 {
	up, down := b.gapAndBack(i)
	if up|down == 0 || b.close[i] >= b.top(i-2) || b.close[i] <= b.bottom(i-2) {
		return 0
	}
	if up != 0 {
		return bullIf(b.white(i - 2))
	}
	return bearIf(b.black(i - 2))
}

func stickSandwich(b *bars, i int) float64 {
	return bullIf(within(b.close[i], b.close[i-2], b.equal[i-2]) && b.low[i-1] > b.close[i-2] &&
		b.black(i) && b.white(i-1) && b.black(i-2))
}

func uniqueThreeRiver(b *bars, i int) float64 {
	return bullIf(b.white(i) && b.black(i-1) && b.black(i-2) && b.isLong(i-2) &&
		b.close[i-1] > b.close[i-2] && b.open[i-1] <= b.open[i-2] && b.low[i-1] < b.low[i-2] &&
		b.isShort(i) && b.open[i] > b.low[i-1])
}

// inside: the candle at i lies within the one before.
func (b *bars) inside(i int) bool {
	return bit(b.high[i] < b.high[i-1])&bit(b.low[i] > b.low[i-1]) != 0
}

// lowerThan: high and low at i are below those of the candle before.
func (b *bars) lowerThan(i int) bool { return b.high[i] < b.high[i-1] && b.low[i] < b.low[i-1] }

// higherThan: they are above.
func (b *bars) higherThan(i int) bool { return b.high[i] > b.high[i-1] && b.low[i] > b.low[i-1] }

func hikkake(b *bars, i int) float64 {
	if b.inside(i - 1) {
		switch {
		case b.lowerThan(i):
			return b.begin(100, b.high[i-1])
		case b.higherThan(i):
			return b.begin(-100, b.low[i-1])
		}
	}
	return b.confirm(i)
}

func modifiedHikkake(b *bars, i int) float64 {
	if b.inside(i-1) && b.inside(i-2) {
		switch {
		case b.lowerThan(i) && b.close[i-2] <= b.low[i-2]+b.near[i-2]:
			return b.begin(100, b.high[i-1])
		case b.higherThan(i) && b.close[i-2] >= b.high[i-2]-b.near[i-2]:
			return b.begin(-100, b.low[i-1])
		}
	}
	return b.confirm(i)
}

// begin puts out a value, and waits three candles for a close beyond level.
func (b *bars) begin(value, level float64) float64 {
	b.signal = signal{value: value, level: level, left: 3}
	return value
}

func (b *bars) confirm(i int) float64 {
	s := &b.signal
	if s.left == 0 {
		return 0
	}
	s.left--
	if s.value > 0 && b.close[i] > s.level || s.value < 0 && b.close[i] < s.level {
		s.left = 0
		return 2 * s.value
	}
	return 0
}
