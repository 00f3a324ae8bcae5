package candle

// Patterns of two candles, and of one beside the candle before.

func hammer(b *bars, i int) float64 {
	return bullIf(b.isShort(i) && b.noUpper(i) && b.lower(i) > b.size(i) && b.bottom(i) <= b.low[i-1]+b.near[i-1])
}

func hangingMan(b *bars, i int) float64 {
	return bearIf(b.isShort(i) && b.noUpper(i) && b.lower(i) > b.size(i) && b.bottom(i) >= b.high[i-1]-b.near[i-1])
}

func invertedHammer(b *bars, i int) float64 {
	return bullIf(b.isShort(i) && b.noLower(i) && b.upper(i) > b.size(i) && b.bodyBelow(i, i-1))
}

func shootingStar(b *bars, i int) float64 {
	return bearIf(b.isShort(i) && b.noLower(i) && b.upper(i) > b.size(i) && b.bodyAbove(i, i-1))
}

func dojiStar(b *bars, i int) float64 {
	if !b.isDoji(i) || !b.isLong(i-1) {
		return 0
	}
	if b.white(i - 1) {
		return bearIf(b.bodyAbove(i, i-1))
	}
	return bullIf(b.bodyBelow(i, i-1))
}

func engulfing(b *bars, i int) float64 {
	top, bottom, before, below := b.top(i), b.bottom(i), b.top(i-1), b.bottom(i-1)
	above, under := bit(top > before), bit(bottom < below)
	found := bit(top >= before) & bit(bottom <= below) & (above | under) & (bit(b.white(i)) ^ bit(b.white(i-1)))
	return b.signed(i, found) / 100 * float64(80+20*int(above&under))
}

func harami(b *bars, i int) float64 {
	if b.isLong(i-1) && b.size(i) <= b.long[i] {
		return b.held(i)
	}
	return 0
}

func haramiCross(b *bars, i int) float64 {
	if b.isLong(i-1) && b.isDoji(i) {
		return b.held(i)
	}
	return 0
}

// held is against the colour of the candle before where its body holds that at i.
func (b *bars) held(i int) float64 {
	top, bottom, before, below := b.top(i), b.bottom(i), b.top(i-1), b.bottom(i-1)
	switch {
	case top < before && bottom > below:
		return -b.sign(i - 1)
	case top <= before && bottom >= below:
		return -b.sign(i-1) / 100 * 80
	}
	return 0
}

func homingPigeon(b *bars, i int) float64 {
	return bullIf(b.black(i) && b.black(i-1) && b.open[i] < b.open[i-1] && b.close[i] > b.close[i-1] &&
		b.isLong(i-1) && b.size(i) <= b.long[i])
}

func matchingLow(b *bars, i int) float64 {
	if !within(b.close[i], b.close[i-1], b.equal[i-1]) {
		return 0
	}
	return bullIf(b.black(i) && b.black(i-1))
}

func counterattack(b *bars, i int) float64 {
	if within(b.close[i], b.close[i-1], b.equal[i-1]) && b.sign(i) != b.sign(i-1) && b.isLong(i-1) && b.isLong(i) {
		return b.sign(i)
	}
	return 0
}

func separatingLines(b *bars, i int) float64 {
	if !within(b.open[i], b.open[i-1], b.equal[i-1]) || b.sign(i) == b.sign(i-1) {
		return 0
	}
	return beltHold(b, i)
}

func darkCloudCover(b *bars, i int) float64 {
	return bearIf(b.open[i] > b.high[i-1] && b.black(i) && b.white(i-1) && b.isLong(i-1) &&
		b.close[i] > b.open[i-1] && b.close[i] < b.close[i-1]-float64(b.size(i-1)*b.penetration))
}

// opensBelow: a white candle opens below the low of a long black one.
func (b *bars) opensBelow(i int) bool {
	return b.open[i] < b.low[i-1] && b.white(i) && b.black(i-1) && b.isLong(i-1)
}

func piercing(b *bars, i int) float64 {
	return bullIf(b.opensBelow(i) && b.isLong(i) &&
		b.close[i] < b.open[i-1] && b.close[i] > b.close[i-1]+float64(b.size(i-1)*0.5))
}

func onNeck(b *bars, i int) float64 {
	return bearIf(b.opensBelow(i) && within(b.close[i], b.low[i-1], b.equal[i-1]))
}

func inNeck(b *bars, i int) float64 {
	return bearIf(b.opensBelow(i) && b.close[i] <= b.close[i-1]+b.equal[i-1] && b.close[i] >= b.close[i-1])
}

func thrusting(b *bars, i int) float64 {
	return bearIf(b.opensBelow(i) && b.close[i] > b.close[i-1]+b.equal[i-1] &&
		b.close[i] <= b.close[i-1]+float64(b.size(i-1)*0.5))
}

func kicking(b *bars, i int) float64 {
	if b.kicks(i) {
		return b.sign(i)
	}
	return 0
}

func kickingByLength(b *bars, i int) float64 {
	switch {
	case !b.kicks(i):
		return 0
	case b.size(i) > b.size(i-1):
		return b.sign(i)
	}
	return b.sign(i - 1)
}

// kicks: two marubozus of opposite colour with a gap between them, away from the first.
func (b *bars) kicks(i int) bool {
	gap := b.low[i] > b.high[i-1] && b.white(i) && b.black(i-1) ||
		b.high[i] < b.low[i-1] && b.black(i) && b.white(i-1)
	return gap && marubozu(b, i) != 0 && marubozu(b, i-1) != 0
}
