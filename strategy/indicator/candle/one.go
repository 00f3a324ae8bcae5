package candle

// Patterns of one candle.

func beltHold(b *bars, i int) float64 {
	if !b.isLong(i) {
		return 0
	}
	if b.white(i) {
		return bullIf(b.noLower(i))
	}
	return bearIf(b.noUpper(i))
}

func closingMarubozu(b *bars, i int) float64 {
	if !b.isLong(i) {
		return 0
	}
	if b.white(i) {
		return bullIf(b.noUpper(i))
	}
	return bearIf(b.noLower(i))
}

func marubozu(b *bars, i int) float64 {
	if b.isLong(i) && b.noUpper(i) && b.noLower(i) {
		return b.sign(i)
	}
	return 0
}

func longLine(b *bars, i int) float64 {
	if b.isLong(i) && b.upper(i) < b.shadow[i] && b.lower(i) < b.shadow[i] {
		return b.sign(i)
	}
	return 0
}

func shortLine(b *bars, i int) float64 {
	if b.isShort(i) && b.upper(i) < b.shadow[i] && b.lower(i) < b.shadow[i] {
		return b.sign(i)
	}
	return 0
}

func spinningTop(b *bars, i int) float64 {
	if size := b.size(i); size < b.long[i] && b.upper(i) > size && b.lower(i) > size {
		return b.sign(i)
	}
	return 0
}

func highWave(b *bars, i int) float64 {
	if size := b.size(i); size < b.long[i] && b.upper(i) > 2*size && b.lower(i) > 2*size {
		return b.sign(i)
	}
	return 0
}

func doji(b *bars, i int) float64 { return bullIf(b.isDoji(i)) }

func dragonflyDoji(b *bars, i int) float64 {
	return bullIf(b.isDoji(i) && b.noUpper(i) && b.lower(i) > b.tiny[i])
}

func gravestoneDoji(b *bars, i int) float64 {
	return bullIf(b.isDoji(i) && b.noLower(i) && b.upper(i) > b.tiny[i])
}

func takuri(b *bars, i int) float64 {
	return bullIf(b.isDoji(i) && b.noUpper(i) && b.lower(i) > 2*b.size(i))
}

func longLeggedDoji(b *bars, i int) float64 {
	return bullIf(b.isDoji(i) && (b.lower(i) > b.size(i) || b.upper(i) > b.size(i)))
}

func rickshawMan(b *bars, i int) float64 {
	if !b.isDoji(i) || b.lower(i) <= b.size(i) || b.upper(i) <= b.size(i) {
		return 0
	}
	middle := b.low[i] + (b.high[i]-b.low[i])/2
	return bullIf(b.bottom(i) <= middle+b.near[i] && b.top(i) >= middle-b.near[i])
}
