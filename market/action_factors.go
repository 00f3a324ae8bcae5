package market

import (
	"bufio"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/money"
)

// Factor is what the candles up to a date are multiplied by to be in today's terms.
type Factor struct {
	// Until is the first moment that the factor is not for.
	Until time.Time
	Price decimal.Decimal // for the dividends after
	Split decimal.Decimal // for the splits after
	// Reference is the close before the next action; zero where it is not known.
	Reference decimal.Decimal
}

// Factors are an instrument's factors, oldest first; the last is for all that
// follows too.
type Factors []Factor

// ReadLeanFactors reads a factor file of QuantConnect Lean: lines of a date, the
// price factor, the split factor and the reference price, with or without a line of
// names. A factor of Lean is for the sessions up to its date, the date included.
//
// What is wrong is Invalid and names the line.
func ReadLeanFactors(r io.Reader) (Factors, error) {
	var all Factors
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || n == 1 && strings.HasPrefix(text, "date,") {
			continue
		}
		f, err := leanFactor(text)
		if err == nil && len(all) > 0 && !f.Until.After(all[len(all)-1].Until) {
			err = tradekeel.Invalidf("date", "must be after that of the line above, got %.40q", text)
		}
		if err != nil {
			return nil, tradekeel.Invalidf(fmt.Sprintf("line[%d]", n), "%v", err)
		}
		all = append(all, f)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read factors: %w", err)
	}
	if len(all) == 0 {
		return nil, tradekeel.Invalidf("line[1]", "is missing: there are no factors")
	}
	return all, nil
}

func leanFactor(text string) (Factor, error) {
	const most = 4
	cells := strings.Split(text, ",")
	if len(cells) < most-1 || len(cells) > most {
		return Factor{}, tradekeel.Invalidf("columns", "must be date, price factor, split factor and reference price, got %.40q", text)
	}
	session, err := time.Parse("20060102", cells[0])
	if err != nil {
		return Factor{}, tradekeel.Invalidf("date", "must be a date such as 20200828, got %.40q", cells[0])
	}
	f := Factor{Until: session.AddDate(0, 0, 1)}
	for i, to := range []*decimal.Decimal{&f.Price, &f.Split, &f.Reference} {
		if i+1 >= len(cells) {
			break
		}
		if *to, err = money.ParseDecimal(cells[i+1]); err != nil {
			return Factor{}, err
		}
	}
	if f.Price.Sign() <= 0 || f.Split.Sign() <= 0 || f.Reference.Sign() < 0 {
		return Factor{}, tradekeel.Invalidf("factor", "must be above zero, got %.40q", text)
	}
	return f, nil
}

// at returns the factor in force at a moment, nanoseconds UTC.
func (f Factors) at(t int64) int {
	i := 0
	for i < len(f)-1 && f[i].Until.UnixNano() <= t {
		i++
	}
	return i
}

// Adjust makes a back-adjusted series as the function Adjust does, from factors: a
// candle is multiplied by its own factor ÷ the factor of the options' date.
func (f Factors) Adjust(s *Series, o AdjustOptions) (*Series, error) {
	part, asOf, err := knownCandles(s, o)
	if err != nil {
		return nil, err
	}
	if len(f) == 0 || part.Len() == 0 {
		return rescale(part, []stretch{{part.Len(), big.NewRat(1, 1), big.NewRat(1, 1)}})
	}
	last := f[f.at(asOf.UnixNano())]
	ratio := func(of, to decimal.Decimal) *big.Rat { return new(big.Rat).Quo(of.Rat(), to.Rat()) }
	var stretches []stretch
	for i := f.at(asOf.UnixNano()); i >= 0; i-- {
		end := part.Len()
		if len(stretches) > 0 {
			end, _ = slices.BinarySearch(part.Time, f[i].Until.UnixNano())
			if end > 0 && part.Timeframe.Close(part.Time[end-1]) > f[i].Until.UnixNano() {
				return nil, tradekeel.Invalidf("factors", "the factor changes on %s within the candle of %s; adjust shorter candles and resample them",
					stamp(f[i].Until.UnixNano()), stamp(part.Time[end-1]))
			}
		}
		price := ratio(f[i].Split, last.Split)
		if o.Dividends {
			price.Mul(price, ratio(f[i].Price, last.Price))
		}
		stretches = append(stretches, stretch{end, price, ratio(last.Split, f[i].Split)})
	}
	return rescale(part, stretches)
}

// The numbers of a split that is told from rounded factors: at most mostSplit, the
// smaller of the two at most lessSplit, so that not every ratio is one.
const (
	mostSplit = 1000
	lessSplit = 50
)

// Actions returns the splits and dividends that the factors stand for. Factors are
// rounded, so a split is the one of the smallest numbers within a hundred thousandth,
// and a dividend's amount, the part of the reference price that the factor takes off,
// is as exact as they are; it is given to eight decimals.
func (f Factors) Actions() ([]Action, error) {
	const places = 8
	var all []Action
	for i := 1; i < len(f); i++ {
		a, b := f[i-1], f[i]
		if !a.Price.Equal(b.Price) {
			amount := b.Price.Sub(a.Price).Mul(a.Reference).DivRound(b.Price, places)
			if amount.Sign() <= 0 {
				return nil, tradekeel.Invalidf("factors", "the price factor goes from %s to %s on %s with the reference price %s, which is no dividend",
					a.Price, b.Price, a.Until.Format(time.DateOnly), a.Reference)
			}
			all = append(all, Action{Kind: Dividend, Date: a.Until, Amount: amount})
		}
		if !a.Split.Equal(b.Split) {
			after, before, found := splitOf(new(big.Rat).Quo(b.Split.Rat(), a.Split.Rat()))
			if !found {
				return nil, tradekeel.Invalidf("factors", "the split factor goes from %s to %s on %s, which is no split of whole numbers up to %d",
					a.Split, b.Split, a.Until.Format(time.DateOnly), mostSplit)
			}
			all = append(all, Action{Kind: Split, Date: a.Until, New: after, Old: before})
		}
	}
	return all, nil
}

// splitOf returns the fraction of the smallest denominator near a ratio.
func splitOf(ratio *big.Rat) (after, before int64, found bool) {
	near := new(big.Rat).Mul(ratio, big.NewRat(1, 100_000))
	half := big.NewRat(1, 2)
	for before = 1; before <= mostSplit; before++ {
		scaled := new(big.Rat).Mul(ratio, new(big.Rat).SetInt64(before))
		scaled.Add(scaled, half)
		whole := new(big.Int).Quo(scaled.Num(), scaled.Denom())
		if !whole.IsInt64() || whole.Sign() <= 0 || whole.Int64() > mostSplit || min(whole.Int64(), before) > lessSplit {
			continue
		}
		after = whole.Int64()
		off := new(big.Rat).Sub(big.NewRat(after, before), ratio)
		if off.Abs(off).Cmp(near) <= 0 && after != before {
			return after, before, true
		}
	}
	return 0, 0, false
}
