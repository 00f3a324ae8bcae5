package exchange

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/money"
)

// AccountKind says what an account may do.
type AccountKind uint8

// The kinds of account.
const (
	// SpotAccount trades what it holds.
	SpotAccount AccountKind = iota
	// MarginAccount trades spot instruments with borrowed assets: a balance below zero
	// is owed, and bears interest.
	MarginAccount
	// FuturesAccount trades perpetuals against collateral.
	FuturesAccount
)

var accountNames = [...]string{"spot", "margin", "futures"}

// String returns "spot", "margin" or "futures".
func (k AccountKind) String() string {
	if int(k) < len(accountNames) {
		return accountNames[k]
	}
	return "no kind of account"
}

// MarginMode says what backs a position of a FuturesAccount.
type MarginMode uint8

// The margin modes.
const (
	Cross    MarginMode = iota // the whole balance of the currency
	Isolated                   // the position's own margin, notional ÷ leverage at the entry
)

// PositionMode says how many positions an instrument may have.
type PositionMode uint8

// The position modes.
const (
	OneWay PositionMode = iota // one, long or short
	Hedge                      // a long one and a short one side by side
)

// PositionSide says which position an order or a fill is of.
type PositionSide uint8

// The sides of positions.
const (
	NetPosition   PositionSide = iota // the only one, of OneWay
	LongPosition                      // of Hedge
	ShortPosition                     // of Hedge
)

// String returns "net", "long" or "short".
func (p PositionSide) String() string {
	switch p {
	case LongPosition:
		return "long"
	case ShortPosition:
		return "short"
	default:
		return "net"
	}
}

// Terms are what a venue grants an account. The zero value is a spot account.
type Terms struct {
	Kind      AccountKind
	Mode      MarginMode   // of futures
	Positions PositionMode // of futures
	// Leverage is notional ÷ initial margin, 1 or more; zero is 1. In a MarginAccount
	// what is bought may come to the equity times it.
	Leverage decimal.Decimal
	// Tiers are the maintenance tiers of perpetuals by their symbol, smallest first. An
	// instrument without any is never liquidated, but for a balance that is used up.
	Tiers map[string][]MarginTier
	// Borrow is what a MarginAccount may borrow, by currency; nothing of others.
	Borrow map[money.Currency]BorrowTerms
	// LiquidationLevel is what assets ÷ debts of a MarginAccount may not fall to; zero is
	// 1.1.
	LiquidationLevel decimal.Decimal
	// LiquidationFee is a fraction of the notional that a liquidation costs above the
	// taker's fee.
	LiquidationFee decimal.Decimal
}

// MarginTier is what a position up to a notional must keep as margin. The maintenance
// margin is notional × Maintenance − Deduction, as Binance and Bybit state it; the
// deductions make it continuous.
type MarginTier struct {
	UpTo        decimal.Decimal // notional in the settlement currency; zero is without end
	Maintenance decimal.Decimal // fraction: 0.004 is 0.4 %
	Deduction   decimal.Decimal // in the settlement currency
	MaxLeverage decimal.Decimal // zero is any
}

// BorrowTerms are what borrowing a currency costs.
type BorrowTerms struct {
	// HourlyRate is the interest on what is owed, for every hour begun, as a fraction.
	HourlyRate decimal.Decimal
	// Limit is the most that may be owed; zero is any amount.
	Limit decimal.Decimal
}

// Validate returns an Invalid error that names the first field at fault.
func (t Terms) Validate() error {
	one := decimal.NewFromInt(1)
	fraction := func(field string, d decimal.Decimal) error {
		if money.CheckDecimal(d) != nil || d.Sign() < 0 || d.GreaterThanOrEqual(one) {
			return tradekeel.Invalidf(field, "must be a fraction from 0 to below 1 such as 0.004 for 0.4 %%, got %.40s", d)
		}
		return nil
	}
	amount := func(field string, d decimal.Decimal) error {
		if money.CheckDecimal(d) != nil || d.Sign() < 0 {
			return tradekeel.Invalidf(field, "must not be negative, got %.40s", d)
		}
		return nil
	}
	switch {
	case t.Kind > FuturesAccount:
		return tradekeel.Invalidf("account.kind", "must be spot, margin or futures")
	case t.Mode > Isolated:
		return tradekeel.Invalidf("account.mode", "must be cross or isolated")
	case t.Positions > Hedge:
		return tradekeel.Invalidf("account.positions", "must be one-way or hedge")
	case t.Kind != FuturesAccount && (t.Mode != Cross || t.Positions != OneWay):
		return tradekeel.ErrUnsupported.With("account", "isolated margin and hedge mode are for futures accounts, this is a %s account", t.Kind)
	case money.CheckDecimal(t.Leverage) != nil || !t.Leverage.IsZero() && t.Leverage.LessThan(one) || t.Leverage.GreaterThan(decimal.NewFromInt(1000)):
		return tradekeel.Invalidf("account.leverage", "must be from 1 to 1000, got %.40s", t.Leverage)
	case t.Kind == SpotAccount && t.Leverage.GreaterThan(one):
		return tradekeel.ErrUnsupported.With("account.leverage", "a spot account has none")
	case money.CheckDecimal(t.LiquidationLevel) != nil || !t.LiquidationLevel.IsZero() && t.LiquidationLevel.LessThan(one):
		return tradekeel.Invalidf("account.liquidation_level", "must be 1 or more, got %.40s", t.LiquidationLevel)
	}
	if err := fraction("account.liquidation_fee", t.LiquidationFee); err != nil {
		return err
	}
	for currency, b := range t.Borrow {
		field := fmt.Sprintf("account.borrow[%s]", currency)
		if err := fraction(field+".hourly_rate", b.HourlyRate); err != nil {
			return err
		}
		if err := amount(field+".limit", b.Limit); err != nil {
			return err
		}
	}
	for symbol, tiers := range t.Tiers {
		for i, tier := range tiers {
			field := fmt.Sprintf("account.tiers[%s][%d]", symbol, i)
			if err := fraction(field+".maintenance", tier.Maintenance); err != nil {
				return err
			}
			for name, d := range map[string]decimal.Decimal{".up_to": tier.UpTo, ".deduction": tier.Deduction, ".max_leverage": tier.MaxLeverage} {
				if err := amount(field+name, d); err != nil {
					return err
				}
			}
			switch last := i == len(tiers)-1; {
			case !last && tier.UpTo.IsZero():
				return tradekeel.Invalidf(field+".up_to", "is missing; only the last tier has no end")
			case i > 0 && !tier.UpTo.IsZero() && !tier.UpTo.GreaterThan(tiers[i-1].UpTo):
				return tradekeel.Invalidf(field+".up_to", "must rise from tier to tier, got %s after %s", tier.UpTo, tiers[i-1].UpTo)
			}
		}
	}
	return nil
}
