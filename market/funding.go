package market

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

// RateScale is the decimals of the rates of FundingRates.
const RateScale = 12

// FundingRates are what the long positions of a perpetual pay the short ones, or get
// from them where a rate is below zero, of what they are worth.
type FundingRates struct {
	Symbol string  // of the perpetual
	Time   []int64 // of the payments, rising, nanoseconds UTC
	Rate   []int64 // fractions at RateScale: 100_000_000 is 0.0001
}

// Validate returns an Invalid error that names the first field at fault.
func (f *FundingRates) Validate() error {
	if f == nil {
		return tradekeel.Invalidf("funding", "is missing")
	}
	if len(f.Time) != len(f.Rate) {
		return tradekeel.Invalidf("funding", "%s has %d times and %d rates", f.Symbol, len(f.Time), len(f.Rate))
	}
	for i := range f.Time {
		if i > 0 && f.Time[i] <= f.Time[i-1] {
			return tradekeel.Invalidf(fmt.Sprintf("funding[%d].time", i), "does not come after the one before")
		}
		if one := wide.Pow10(RateScale); f.Rate[i] <= -one || f.Rate[i] >= one {
			return tradekeel.Invalidf(fmt.Sprintf("funding[%d].rate", i), "must be a fraction between -1 and 1")
		}
	}
	return nil
}

// ReadFundingCSV reads rows of a time and a rate, as venues and libraries write them:
// the time in any form that Stamps reads or as "20201229 08:00:00", the rate as a
// fraction. A first row that is no such row is a header. Times are cut to the whole
// second: venues stamp a payment some milliseconds late, and it is of what was held on
// the second. The error is Invalid and names the line.
func ReadFundingCSV(r io.Reader, symbol string) (*FundingRates, error) {
	rows := csv.NewReader(r)
	rows.ReuseRecord = true
	out := &FundingRates{Symbol: symbol}
	var stamps Stamps
	for line := 1; ; line++ {
		cells, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, tradekeel.Invalidf("funding", "cannot be read as CSV: %v", err)
		}
		if len(cells) < 2 {
			return nil, tradekeel.Invalidf("funding", "line %d: needs a time and a rate", line)
		}
		at, problem := fundingTime(&stamps, cells[0])
		if problem != "" {
			if line == 1 {
				continue
			}
			return nil, tradekeel.Invalidf("funding", "line %d: %s", line, problem)
		}
		rate, problem := fundingRate(cells[1])
		if problem != "" {
			return nil, tradekeel.Invalidf("funding", "line %d: %s", line, problem)
		}
		out.Time = append(out.Time, at-at%int64(time.Second))
		out.Rate = append(out.Rate, rate)
	}
	if err := out.Validate(); err != nil {
		return nil, err
	}
	return out, nil
}

func fundingTime(stamps *Stamps, cell string) (int64, string) {
	if t, err := time.Parse("20060102 15:04:05", cell); err == nil {
		return t.UnixNano(), ""
	}
	at, kind, text := stamps.Parse([]byte(cell))
	if kind != "" {
		return 0, text
	}
	return at, ""
}

func fundingRate(cell string) (int64, string) {
	d, err := money.ParseDecimal(cell)
	if err != nil || d.Abs().GreaterThanOrEqual(decimal.NewFromInt(1)) {
		return 0, fmt.Sprintf("%.40q is no rate; it is a fraction such as 0.0001", cell)
	}
	v, exact, _ := wide.FromDecimal(d, RateScale)
	units, small := v.Int64()
	if !exact || !small {
		return 0, fmt.Sprintf("%.40q has more than %d decimals", cell, RateScale)
	}
	return units, ""
}
