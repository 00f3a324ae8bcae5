package candle

// Patterns of four and five candles.

func threeBlackCrows(b *bars, i int) float64 {
	return bearIf(b.falling(i) && b.threeBlack(i) && b.white(i-3) && b.opensIn(i) && b.opensIn(i-1) &&
		b.high[i-3] > b.close[i-2] && b.noLower(i) && b.noLower(i-1) && b.noLower(i-2))
}

func threeLineStrike(b *bars, i int) float64 {
	up := b.white(i - 1)
	if b.white(i-2) != up || b.white(i-3) != up || b.white(i) == up {
		return 0
	}
	if !b.opensNear(i-2) || !b.opensNear(i-1) {
		return 0
	}
	if up {
		return bullIf(b.rising(i-1) && b.open[i] > b.close[i-1] && b.close[i] < b.open[i-3])
	}
	return bearIf(b.falling(i-1) && b.open[i] < b.close[i-1] && b.close[i] > b.open[i-3])
}

// opensNear: the candle at i opens within the body before or near it.
func (b *bars) opensNear(i int) bool {
	return b.open[i] >= b.bottom(i-1)-b.near[i-1] && b.open[i] <= b.top(i-1)+b.near[i-1]
}

func concealingBabySwallow(b *bars, i int) float64 {
	return bullIf(b.high[i] > b.high[i-1] && b.low[i] < b.low[i-1] && b.threeBlack(i) && b.black(i-3) &&
		b.bodyBelow(i-1, i-2) && b.high[i-1] > b.close[i-2] && b.upper(i-1) > b.tiny[i-1] &&
		b.noUpper(i-2) && b.noLower(i-2) && b.noUpper(i-3) && b.noLower(i-3))
}

func breakaway(b *bars, i int) float64 {
	up := b.white(i)
	if b.white(i-1) == up || b.white(i-3) == up || b.white(i-4) == up {
		return 0
	}
	if up {
		return bullIf(b.bodyBelow(i-3, i-4) && b.lowerThan(i-2) && b.lowerThan(i-1) &&
			b.close[i] > b.open[i-3] && b.close[i] < b.close[i-4] && b.isLong(i-4))
	}
	return bearIf(b.bodyAbove(i-3, i-4) && b.higherThan(i-2) && b.higherThan(i-1) &&
		b.close[i] < b.open[i-3] && b.close[i] > b.close[i-4] && b.isLong(i-4))
}

func ladderBottom(b *bars, i int) float64 {
	return bullIf(b.close[i] > b.high[i-1] && b.white(i) && b.black(i-1) && b.threeBlack(i-2) &&
		b.open[i-4] > b.open[i-3] && b.open[i-3] > b.open[i-2] && b.falling(i-2) &&
		b.upper(i-1) > b.tiny[i-1] && b.open[i] > b.open[i-1])
}

func matHold(b *bars, i int) float64 {
	if !b.bodyAbove(i-3, i-4) || !b.white(i) || !b.black(i-3) || !b.white(i-4) || !b.isLong(i-4) ||
		!b.isShort(i-3) || !b.isShort(i-2) || !b.isShort(i-1) {
		return 0
	}
	last := b.close[i-4]
	floor := last - float64(b.size(i-4)*b.penetration)
	return bullIf(b.bottom(i-2) < last && b.bottom(i-1) < last && b.bottom(i-2) > floor && b.bottom(i-1) > floor &&
		b.top(i-2) < b.open[i-3] && b.top(i-1) < b.top(i-2) &&
		b.open[i] > b.close[i-1] && b.close[i] > max(b.high[i-3], b.high[i-2], b.high[i-1]))
}

func riseFallThreeMethods(b *bars, i int) float64 {
	up := b.white(i)
	if b.white(i-1) == up || b.white(i-2) == up || b.white(i-3) == up || b.white(i-4) != up {
		return 0
	}
	if !b.isLong(i-4) || !b.isLong(i) || !b.isShort(i-3) || !b.isShort(i-2) || !b.isShort(i-1) {
		return 0
	}
	high, low := b.high[i-4], b.low[i-4]
	for j := i - 3; j < i; j++ {
		if b.bottom(j) >= high || b.top(j) <= low {
			return 0
		}
	}
	if up {
		return bullIf(b.falling(i-1) && b.open[i] > b.close[i-1] && b.close[i] > b.close[i-4])
	}
	return bearIf(b.rising(i-1) && b.open[i] < b.close[i-1] && b.close[i] < b.close[i-4])
}
