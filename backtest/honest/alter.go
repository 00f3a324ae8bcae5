package honest

import (
	"math"
	"math/rand/v2"

	"github.com/tradekeel/tradekeel/market"
)

// cutAt returns the candles that closed by a time.
func cutAt(all []*market.Series, at int64) []*market.Series {
	out := make([]*market.Series, len(all))
	for i, s := range all {
		out[i] = s.Between(zero, moment(at))
	}
	return out
}

// walkFrom returns the candles with those that close after a time replaced by a random
// walk on from the last one before: of the same times and about the same moves, on a
// grid that all prices lie on. Volumes are those of other candles.
func walkFrom(all []*market.Series, at int64, seed, stream uint64) []*market.Series {
	out := make([]*market.Series, len(all))
	for i, s := range all {
		//nolint:gosec // walks are repeated by their seed; nothing secret hangs on them
		out[i] = walked(s, at, rand.New(rand.NewPCG(seed, stream*1_000_003+uint64(i))))
	}
	return out
}

func walked(s *market.Series, at int64, random *rand.Rand) *market.Series {
	n := s.Len()
	kept := 0
	for kept < n && s.Timeframe.Close(s.Time[kept]) <= at {
		kept++
	}
	out := market.NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, n)
	for i := range kept {
		out.Append(s.Bar(i))
	}
	out.Parts = s.Parts
	if kept == n {
		return out
	}
	size, tick := step(s), grid(s)
	last := math.Log(float64(s.Open[0]))
	if kept > 0 {
		last = math.Log(float64(s.Close[kept-1]))
	}
	level := func(at float64) int64 {
		// Far inside of what is exact in a float; a walk seldom gets near.
		v := int64(min(max(math.Exp(at), 1), 0x1p52))
		return max(v-v%tick, tick)
	}
	for i := kept; i < n; i++ {
		open := last
		last += size * random.NormFloat64()
		high, low := max(open, last)+size*math.Abs(random.NormFloat64())/2, min(open, last)-size*math.Abs(random.NormFloat64())/2
		b := market.Bar{Time: s.Time[i], Open: level(open), High: level(high), Low: level(low), Close: level(last), Volume: s.Volume[random.IntN(n)]}
		out.Append(b)
	}
	return out
}

// step is the deviation of the logarithm of close over open; of candles that do not
// move it is one part in a thousand, so that a walk does.
func step(s *market.Series) float64 {
	squares := 0.0
	for i := range s.Len() {
		d := math.Log(float64(s.Close[i]) / float64(s.Open[i]))
		squares += float64(d * d)
	}
	if v := math.Sqrt(squares / float64(max(1, s.Len()))); v > 0 {
		return v
	}
	return 0.001
}

// grid is the greatest common divisor of the prices.
func grid(s *market.Series) int64 {
	g := int64(0)
	for _, column := range [...][]int64{s.Open, s.High, s.Low, s.Close} {
		for _, v := range column {
			for v != 0 {
				g, v = v, g%v
			}
		}
		if g == 1 {
			break
		}
	}
	return max(1, g)
}
