package market

import (
	"github.com/tradekeel/tradekeel"
)

// Resample makes longer candles of shorter ones: the first open, the highest
// high, the lowest low, the last close and the exact sum of volumes of each
// bucket. Buckets begin where venues begin them: weeks on Monday, three days on
// the epoch plus one day, all in UTC. Buckets without a candle are left out,
// those with some missing are kept; Parts counts what each is made of.
//
// The timeframe must be made of whole candles of the series' own, otherwise the
// error is Invalid; so is a sum of volumes that does not fit.
func Resample(s *Series, to Timeframe) (*Series, error) {
	if err := to.Validate(); err != nil {
		return nil, err
	}
	if !s.Timeframe.Divides(to) {
		return nil, tradekeel.Invalidf("timeframe", "%s candles are not made of whole %s candles", to, s.Timeframe)
	}
	out := NewSeries(s.Instrument, to, s.VolumeScale, s.Len()/8+1)
	var end int64
	for i := range s.Len() {
		b := s.Bar(i)
		n := out.Len() - 1
		if n < 0 || b.Time >= end {
			b.Time = to.Open(b.Time)
			end = to.Close(b.Time)
			out.Append(b)
			out.Parts = append(out.Parts, s.parts(i))
			continue
		}
		out.High[n] = max(out.High[n], b.High)
		out.Low[n] = min(out.Low[n], b.Low)
		out.Close[n] = b.Close
		sum := out.Volume[n] + b.Volume
		if sum < out.Volume[n] {
			return nil, tradekeel.Invalidf("volume", "the sum of the %s candle at %s is out of range at %d decimals", to, stamp(out.Time[n]), s.VolumeScale)
		}
		out.Volume[n] = sum
		out.Parts[n] += s.parts(i)
	}
	if out.Parts == nil {
		out.Parts = []int32{}
	}
	return out, nil
}

func (s *Series) parts(i int) int32 {
	if s.Parts == nil {
		return 1
	}
	return s.Parts[i]
}
