package candle

// Patterns of one candle.

// signed is found with the sign of the candle's colour. It and the rules that nearly
// every second candle would enter come without branches.
func (b *bars) signed(i int, found mark) float64 {
	return float64(int(found) * (200*int(bit(b.close[i] >= b.open[i])) - 100))
}

func beltHold(b *bars, i int) float64 {
	up := bit(b.white(i))
	return b.signed(i, bit(b.isLong(i))&(up&bit(b.noLower(i))|(1-up)&bit(b.noUpper(i))))
}

func closingMarubozu(b *bars, i int) float64 {
	up := bit(b.white(i))
	return b.signed(i, bit(b.isLong(i))&(up&bit(b.noUpper(i))|(1-up)&bit(b.noLower(i))))
}

func marubozu(b *bars, i int) float64 {
	if b.isLong(i) && b.noUpper(i) && b.noLower(i) {
		return b.sign(i)
	}
	return 0
}

func longLine(b *bars, i int) float64 {
	limit := b.shadow[i]
	return b.signed(i, bit(b.isLong(i))&bit(b.upper(i) < limit)&bit(b.lower(i) < limit))
}

func shortLine(b *bars, i int) float64 {
	limit := b.shadow[i]
	return b.signed(i, bit(b.isShort(i))&bit(b.upper(i) < limit)&bit(b.lower(i) < limit))
}

func spinningTop(b *bars, i int) float64 {
	size := b.size(i)
	return b.signed(i, bit(size < b.long[i])&bit(b.upper(i) > size)&bit(b.lower(i) > size))
}

func highWave(b *bars, i int) float64 {
	size := b.size(i)
	return b.signed(i, bit(size < b.long[i])&bit(b.upper(i) > 2*size)&bit(b.lower(i) > 2*size))
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
	middle := b.low[i] + float64((b.high[i]-b.low[i])/2)
	return bullIf(b.bottom(i) <= middle+b.near[i] && b.top(i) >= middle-b.near[i])
}
