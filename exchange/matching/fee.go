package matching

import (
	"math/big"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// fees is a FeeSchedule in whole numbers.
type fees struct {
	maker, taker exchange.Rate // of the lowest volume
	highest      exchange.Rate // of all that there are
	tiers        []feeTier
	in           exchange.FeeAsset
	asset        int   // that fees are taken in; -1 for none
	part         int64 // of the fee that is left of the discount, at FractionScale
	prices       []pricing
	// The volume by quote asset and UTC day: days[asset][day % 31].
	days map[int]*volume
}

type feeTier struct {
	volume       exchange.Units
	maker, taker exchange.Rate
}

// pricing is an instrument that tells the price of the fee asset in a quote.
type pricing struct {
	quote      int
	instrument int32
}

// days30 is how many whole UTC days before the day of a fill its tier looks at.
const days30 = 30

// volume is what was traded in one quote, by UTC day.
type volume struct {
	day          int64
	days         [days30 + 1]exchange.Units // by day % 31
	known        bool                       // maker and taker are those of day
	maker, taker exchange.Rate
}

func (e *Engine) prepareFees(s exchange.FeeSchedule) (fees, error) {
	f := fees{in: s.In, asset: -1, part: one}
	var err error
	if f.maker, f.taker, err = s.Rates(); err != nil {
		return f, err
	}
	f.highest = max(f.maker, f.taker)
	for _, tier := range s.Tiers {
		maker, taker := s.Tier(tier.Volume)
		least, err := exchange.ToUnits("fees.tiers.volume", tier.Volume)
		if err != nil {
			return f, err
		}
		f.tiers = append(f.tiers, feeTier{least, maker, taker})
		f.highest = max(f.highest, maker, taker)
		f.days = map[int]*volume{}
	}
	if s.In != exchange.FeeInAsset {
		return f, nil
	}
	f.asset = e.asset(s.Asset)
	discount, err := exchange.ToRate("fees.discount", s.Discount)
	if err != nil {
		return f, err
	}
	f.part = one - int64(discount)
	for i := range e.instruments {
		if in := &e.instruments[i]; in.base == f.asset && in.Kind == market.Spot {
			f.prices = append(f.prices, pricing{in.quote, int32(i)})
		}
	}
	return f, nil
}

// rate returns what a fill is charged: by its liquidity and, with tiers, by what was
// traded in the same quote in the 30 whole UTC days before its own.
func (f *fees) rate(in *listing, maker bool, at int64) exchange.Rate {
	m, t := f.maker, f.taker
	if f.tiers != nil {
		v := f.volume(in.quote, at)
		m, t = v.maker, v.taker
	}
	if maker {
		return m
	}
	return t
}

// volume returns the volume of a quote, turned to the day of a moment.
func (f *fees) volume(quote int, at int64) *volume {
	day := at / int64(24*time.Hour)
	v := f.days[quote]
	if v == nil {
		v = &volume{day: day}
		f.days[quote] = v
	}
	for ; v.day < day; v.day++ {
		if day-v.day > days30+1 { // nothing of it counts any more
			*v = volume{day: day}
			break
		}
		v.days[(v.day+1)%(days30+1)] = exchange.Units{}
		v.known = false
	}
	if v.known {
		return v
	}
	var sum exchange.Units
	for i, d := range v.days {
		if int64(i) != v.day%(days30+1) {
			sum, _ = sum.Add(d)
		}
	}
	v.maker, v.taker, v.known = f.maker, f.taker, true
	for _, tier := range f.tiers {
		if sum.Cmp(tier.volume) >= 0 {
			v.maker, v.taker = tier.maker, tier.taker
		}
	}
	return v
}

// count adds a fill to the volume.
func (f *fees) count(in *listing, fill *exchange.Fill) {
	v := f.volume(in.quote, fill.Time)
	value, _ := in.turnover(fill.Quantity, fill.Notional)
	at := &v.days[v.day%(days30+1)]
	if sum, fits := at.Add(value); fits {
		*at = sum
	}
}

var errFee = exchange.ErrOutOfRange.With("size", "the fee is out of range")

// fee returns the fee of a fill and the asset that it is taken in.
func (e *Engine) fee(in *listing, f *exchange.Fill, at int64) (exchange.Units, int, *tradekeel.Error) {
	rate := e.fees.rate(in, f.Maker, at)
	if e.fees.in == exchange.FeeInAsset && rate > 0 {
		if fee, ok := e.feeInAsset(in, f, rate); ok {
			return fee, e.fees.asset, nil
		}
	}
	of, asset := f.Notional, in.settle
	if e.fees.in != exchange.FeeInQuote && f.Side == exchange.Buy && in.Kind == market.Spot {
		of, _ = wide.Of(f.Quantity).Times(in.baseUnit)
		asset = in.base
	}
	fee, fits := rate.Fee(of)
	if !fits {
		return fee, asset, errFee
	}
	return fee, asset, nil
}

// feeInAsset returns the fee in the fee asset at its last price, rounded up once; false
// where the price is not known or the balance does not cover it.
func (e *Engine) feeInAsset(in *listing, f *exchange.Fill, rate exchange.Rate) (exchange.Units, bool) {
	part := new(big.Int).Mul(big.NewInt(int64(rate)), big.NewInt(e.fees.part))
	part.Mul(part, f.Notional.Big())
	by := new(big.Int).Mul(big.NewInt(one), big.NewInt(one))
	if in.settle != e.fees.asset {
		price := int64(0)
		for _, p := range e.fees.prices {
			if l := &e.instruments[p.instrument]; p.quote == in.settle && l.last != 0 {
				price = l.last
				part.Mul(part, big.NewInt(wide.Pow10(l.PriceScale)))
				break
			}
		}
		if price == 0 {
			return exchange.Units{}, false
		}
		by.Mul(by, big.NewInt(price))
	}
	part.Add(part, by).Sub(part, big.NewInt(1)).Quo(part, by)
	fee, fits := wide.FromBig(part)
	if !fits {
		return fee, false
	}
	left, _ := e.balances[e.fees.asset].Sub(e.locked[e.fees.asset])
	// What the trade itself moves of the asset is not counted on.
	if e.fees.asset == in.base && f.Side == exchange.Sell {
		sold, _ := wide.Of(f.Quantity).Times(in.baseUnit)
		left, _ = left.Sub(sold)
	}
	if e.fees.asset == in.settle && f.Side == exchange.Buy {
		left, _ = left.Sub(f.Notional)
	}
	return fee, left.Cmp(fee) >= 0
}

// cashRate is the fee that cash must pay for on top of a purchase.
func (e *Engine) cashRate() exchange.Rate {
	if e.fees.in != exchange.FeeInQuote {
		return 0
	}
	if e.fees.tiers == nil {
		return e.fees.taker
	}
	return e.fees.highest
}
