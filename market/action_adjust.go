package market

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// AdjustOptions say how a series is adjusted. The zero value adjusts for splits, as
// of the close of the last candle.
type AdjustOptions struct {
	// Dividends adjusts prices for dividends too: by 1 - amount ÷ the close before,
	// as CRSP and data vendors do.
	Dividends bool
	// AsOf is the moment whose knowledge is used: candles that closed by it, and
	// actions in force and known by it. Zero is the close of the last candle.
	AsOf time.Time
}

// Adjust makes a back-adjusted series: the candles before an action are brought to
// the terms after it, those after the last are as they were. Volumes are adjusted
// for splits only. Renames and delistings change no number.
//
// Each price and volume is multiplied once by the product of the factors after it
// and rounded once, to the nearest at its scale, ties to even. The product is exact
// where its numerator and denominator have 63 bits, as of splits alone; otherwise it
// is rounded to 18 decimals, fewer where it is above nine.
//
// The result has the instrument and the key of s; keep the two apart in a store.
// Nothing of s is changed. A candle that an action falls into is Invalid: adjust
// shorter candles and resample them. So is a dividend that is not below the close
// before it, and a price that is rounded to nothing.
func Adjust(s *Series, actions []Action, o AdjustOptions) (*Series, error) {
	part, asOf, err := knownCandles(s, o)
	if err != nil {
		return nil, err
	}
	actions, err = validActions(actions)
	if err != nil {
		return nil, err
	}
	price, volume := big.NewRat(1, 1), big.NewRat(1, 1)
	stretches := []stretch{{part.Len(), new(big.Rat).Set(price), new(big.Rat).Set(volume)}}
	for _, a := range slices.Backward(actions) {
		if !a.knownBy(asOf) || a.Kind != Split && (a.Kind != Dividend || !o.Dividends) {
			continue
		}
		first, _ := slices.BinarySearch(part.Time, a.Date.UnixNano())
		if first == 0 {
			continue // nothing was before it
		}
		if end := part.Timeframe.Close(part.Time[first-1]); end > a.Date.UnixNano() {
			return nil, tradekeel.Invalidf("actions", "the %s of %s falls into the candle of %s; adjust shorter candles and resample them",
				a.Kind, stamp(a.Date.UnixNano()), stamp(part.Time[first-1]))
		}
		if a.Kind == Split {
			price.Mul(price, big.NewRat(a.Old, a.New))
			volume.Mul(volume, big.NewRat(a.New, a.Old))
		} else {
			before := part.Instrument.Price(part.Close[first-1])
			if a.Amount.GreaterThanOrEqual(before) {
				return nil, tradekeel.Invalidf("actions", "the dividend of %s on %s is not below the close before it, %s", a.Amount, stamp(a.Date.UnixNano()), before)
			}
			price.Mul(price, new(big.Rat).Quo(before.Sub(a.Amount).Rat(), before.Rat()))
		}
		stretches = append(stretches, stretch{first, new(big.Rat).Set(price), new(big.Rat).Set(volume)})
	}
	return rescale(part, stretches)
}

// knownCandles cuts a series to what had closed by the options' date, and returns
// that date.
func knownCandles(s *Series, o AdjustOptions) (*Series, time.Time, error) {
	if err := s.Validate(); err != nil {
		return nil, time.Time{}, err
	}
	part := s.Between(time.Time{}, o.AsOf)
	if !o.AsOf.IsZero() || part.Len() == 0 {
		return part, o.AsOf, nil
	}
	return part, time.Unix(0, part.Timeframe.Close(part.Time[part.Len()-1])), nil
}

// stretch is the candles up to an index, from the stretch that follows in its
// list, and what their prices and volumes are multiplied by.
type stretch struct {
	end           int
	price, volume *big.Rat
}

// rescale makes the adjusted copy. Segments come from the last to the first.
func rescale(s *Series, stretches []stretch) (*Series, error) {
	out := NewSeries(s.Instrument, s.Timeframe, s.VolumeScale, s.Len())
	out.Parts = slices.Clone(s.Parts)
	i := 0
	for _, part := range slices.Backward(stretches) {
		price, volume := factorOf(part.price), factorOf(part.volume)
		for ; i < part.end; i++ {
			b := s.Bar(i)
			for _, cell := range []struct {
				field Field
				value *int64
				by    factor
			}{{Open, &b.Open, price}, {High, &b.High, price}, {Low, &b.Low, price}, {Close, &b.Close, price}, {Volume, &b.Volume, volume}} {
				v, fits := wide.Of(*cell.value).MulDiv(cell.by.m, cell.by.d, wide.Nearest)
				units, small := v.Int64()
				if !fits || !small {
					return nil, tradekeel.Invalidf(fmt.Sprintf("series[%d].%s", i, cell.field), "is out of range after adjusting, at %d decimals", s.Scale(cell.field))
				}
				if units == 0 && cell.field != Volume {
					return nil, tradekeel.Invalidf(fmt.Sprintf("series[%d].%s", i, cell.field),
						"comes to nothing at %d decimals after adjusting; give the instrument a larger PriceScale", s.Scale(cell.field))
				}
				*cell.value = units
			}
			out.Append(b)
		}
	}
	if err := out.Validate(); err != nil {
		return nil, err
	}
	return out, nil
}

// factor is m ÷ d.
type factor struct{ m, d int64 }

// factorOf brings a factor to 63-bit integers, exactly where that is possible.
func factorOf(r *big.Rat) factor {
	if r.Num().IsInt64() && r.Denom().IsInt64() {
		return factor{r.Num().Int64(), r.Denom().Int64()}
	}
	for scale := int32(18); scale >= 0; scale-- {
		d := wide.Pow10(scale)
		scaled := new(big.Rat).Mul(r, new(big.Rat).SetInt64(d))
		m, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
		if rest.Lsh(rest, 1).Cmp(scaled.Denom()) >= 0 {
			m.Add(m, big.NewInt(1))
		}
		if m.IsInt64() {
			return factor{m.Int64(), d}
		}
	}
	return factor{math.MaxInt64, 1}
}
