package matching

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// borrowing is the BorrowTerms of an asset in whole numbers.
type borrowing struct {
	allowed bool
	rate    int64          // an hour, at FractionScale
	limit   exchange.Units // zero is any amount
}

// prepareTerms reads the terms of the account into whole numbers.
func (e *Engine) prepareTerms() error {
	scaled := func(d decimal.Decimal, none int64) int64 {
		u, _, _ := wide.FromDecimal(d, exchange.FractionScale)
		if v, _ := u.Int64(); v != 0 {
			return v
		}
		return none
	}
	e.leverage = scaled(e.terms.Leverage, one)
	e.level = scaled(e.terms.LiquidationLevel, one+one/10)
	e.penalty = scaled(e.terms.LiquidationFee, 0)
	if e.terms.Kind != exchange.MarginAccount {
		return nil
	}
	for i := range e.instruments {
		if in := &e.instruments[i]; in.quote != e.instruments[0].quote {
			return tradekeel.ErrUnsupported.With("instruments", "a margin account is valued in one quote, here are %s and %s", e.instruments[0].Quote, in.Quote)
		}
	}
	for currency, b := range e.terms.Borrow {
		rate, err := exchange.ToRate("account.borrow.hourly_rate", b.HourlyRate)
		if err != nil {
			return err
		}
		limit, err := exchange.ToUnits("account.borrow.limit", b.Limit)
		if err != nil {
			return err
		}
		e.borrow[e.asset(currency)] = borrowing{true, int64(rate), limit}
	}
	return nil
}

// valued returns what the account has and what it owes in quote at last prices, with
// one instrument at a price of its own. What has no price yet is worth nothing.
func (e *Engine) valued(of *listing, price int64) (assets, debts exchange.Units) {
	count := func(v exchange.Units) {
		if v.Sign() < 0 {
			debts, _ = debts.Sub(v)
		} else {
			assets, _ = assets.Add(v)
		}
	}
	count(e.balances[e.instruments[0].quote])
	for i := range e.instruments {
		in := &e.instruments[i]
		if e.balances[in.base].Sign() == 0 {
			continue
		}
		at := in.marked()
		if in == of {
			at = price
		}
		v, _ := e.balances[in.base].MulDiv(at, wide.Pow10(in.PriceScale), wide.Floor)
		count(v)
	}
	return assets, debts
}

// postMargin moves the balances of a fill and borrows what is missing, or says what is
// above the limits and moves nothing.
func (e *Engine) postMargin(in *listing, f *exchange.Fill, feeIn int, at int64) *tradekeel.Error {
	e.accrue(in.base, at)
	e.accrue(in.quote, at)
	base, quote, third := e.balances[in.base], e.balances[in.quote], e.balances[feeIn]
	refusal := e.margined(in, f, feeIn)
	if refusal != nil {
		e.balances[feeIn], e.balances[in.base], e.balances[in.quote] = third, base, quote
		return refusal
	}
	for _, asset := range [...]int{in.base, in.quote} {
		was := base
		if asset == in.quote {
			was = quote
		}
		if was.Sign() >= 0 && e.balances[asset].Sign() < 0 {
			e.accrued[asset] = at
		}
	}
	return nil
}

// margined moves balances; when it refuses they are not what they were.
func (e *Engine) margined(in *listing, f *exchange.Fill, feeIn int) *tradekeel.Error {
	base, fits := wide.Of(f.Quantity).Times(in.baseUnit)
	if !fits {
		return exchange.ErrOutOfRange.With("size", "the quantity is out of range")
	}
	notional, fee := f.Notional, f.Fee
	fee, _ = fee.Neg()
	gives := in.quote
	if f.Side == exchange.Sell {
		gives = in.base
		base, _ = base.Neg()
	} else {
		notional, _ = notional.Neg()
	}
	before := e.balances[gives]
	if !e.add(in.base, base) || !e.add(in.quote, notional) || !e.add(feeIn, fee) {
		return exchange.ErrOutOfRange.With("size", "the balance is out of range")
	}
	after := e.balances[gives]
	if after.Sign() >= 0 || after.Cmp(before) >= 0 {
		return nil
	}
	owed, _ := after.Neg()
	switch b := e.borrow[gives]; {
	case !b.allowed:
		return exchange.ErrInsufficient.With("size", "%s %s are missing, and %s cannot be borrowed", exchange.FromUnits(owed), e.assets[gives], e.assets[gives])
	case b.limit.Sign() > 0 && owed.Cmp(b.limit) > 0:
		return exchange.ErrBorrowLimit.With("size", "%s %s would be owed, at most %s may be", exchange.FromUnits(owed), e.assets[gives], exchange.FromUnits(b.limit))
	}
	// Debts may come to the equity × (leverage − 1), so that what is held comes to the
	// equity × leverage.
	assets, debts := e.valued(in, in.marked())
	equity, _ := assets.Sub(debts)
	most, _ := equity.MulDiv(e.leverage-one, one, wide.Floor)
	if debts.Cmp(most) > 0 {
		return exchange.ErrLeverage.With("size", "debts of %s %s are above the %s that the equity allows at the leverage",
			exchange.FromUnits(debts), in.Quote, exchange.FromUnits(most))
	}
	return nil
}

// byBorrowing returns the fraction of the largest quantity that could be traded with
// what there is and what may be borrowed.
func (e *Engine) byBorrowing(in *listing, o *order, price int64) (exchange.Units, bool) {
	low, high := int64(0), int64(maxPrice)
	for low < high {
		if q := low + (high-low+1)/2; e.bears(in, o.Side, price, q) {
			low = q
		} else {
			high = q - 1
		}
	}
	return wide.Of(low).MulDiv(o.Size.Fraction, one, wide.Floor)
}

// bears reports whether the account could trade a quantity.
func (e *Engine) bears(in *listing, side exchange.Side, price, quantity int64) bool {
	notional, fits := in.notional(price, quantity)
	if !fits {
		return false
	}
	f := exchange.Fill{Side: side, Price: price, Quantity: quantity, Notional: notional, Time: in.lastAt}
	fee, feeIn, refusal := e.fee(in, &f, in.lastAt)
	if refusal != nil {
		return false
	}
	f.Fee = fee
	base, quote, third := e.balances[in.base], e.balances[in.quote], e.balances[feeIn]
	refusal = e.margined(in, &f, feeIn)
	e.balances[feeIn], e.balances[in.base], e.balances[in.quote] = third, base, quote
	return refusal == nil
}

// Accrue charges interest on what is owed, for every hour begun since it was last
// charged or borrowed. Interest is charged before what is owed changes, too.
func (e *Engine) Accrue(at int64) []Outcome {
	e.begin(&e.events, at)
	for asset := range e.assets {
		e.accrue(asset, at)
	}
	if e.terms.Kind == exchange.MarginAccount {
		e.liquidateAt(&e.instruments[0], e.instruments[0].marked(), at)
	}
	return e.finish()
}

func (e *Engine) accrue(asset int, at int64) {
	owed := e.balances[asset]
	if owed.Sign() >= 0 || at <= e.accrued[asset] || e.terms.Kind != exchange.MarginAccount {
		return
	}
	hour := int64(time.Hour)
	hours := (at - e.accrued[asset] + hour - 1) / hour
	e.accrued[asset] += hours * hour
	interest, fits := owed.MulDiv(e.borrow[asset].rate*hours, one, wide.Floor)
	if !fits || interest.Sign() == 0 || !e.add(asset, interest) {
		return
	}
	e.move(exchange.Movement{Kind: exchange.Interest, Time: at, Instrument: -1, Currency: e.assets[asset], Amount: interest})
}
