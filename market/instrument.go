package market

import (
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

// Kind says what is exchanged when an instrument trades.
type Kind string

// The kinds of instrument.
const (
	Spot    Kind = "spot"    // base for quote, now
	Linear  Kind = "linear"  // a perpetual future settled in the quote
	Inverse Kind = "inverse" // a perpetual future settled in the base
)

// MaxScale bounds PriceScale + QuantityScale, so that price × quantity is exact
// at the 18 decimals of the ledger.
const MaxScale = 18

// Default scales: prices and quantities to eight decimals, up to 92 billion.
const (
	DefaultPriceScale    = 8
	DefaultQuantityScale = 8
)

// Instrument is one thing that trades at one venue. Make one with NewSpot or as
// a literal; do not change it once a Series or a run refers to it.
type Instrument struct {
	// Symbol is base and quote with a slash, "BTC/USDT"; it names the instrument
	// within its venue.
	Symbol string `json:"symbol"`
	// Venue is where it trades, for example "binance"; empty when that does not matter.
	Venue string         `json:"venue,omitempty"`
	Kind  Kind           `json:"kind"`
	Base  money.Currency `json:"base"`
	Quote money.Currency `json:"quote"`
	// PriceScale and QuantityScale are the decimals of the stored integers.
	// Together at most MaxScale. They never change for an instrument.
	PriceScale    int32 `json:"price_scale"`
	QuantityScale int32 `json:"quantity_scale"`
	// Rules is the history of the venue's rules, oldest first. Before the first
	// entry the rules are unknown and nothing is checked.
	Rules []Rules `json:"rules,omitempty"`
}

// Rules are what a venue demands of an order, from a moment on. A zero field is
// no demand.
type Rules struct {
	From        time.Time       `json:"from"`
	Tick        decimal.Decimal `json:"tick"`         // prices are whole multiples, in quote
	Lot         decimal.Decimal `json:"lot"`          // quantities are whole multiples, in base
	MinQuantity decimal.Decimal `json:"min_quantity"` // in base
	MinNotional decimal.Decimal `json:"min_notional"` // price × quantity, in quote
}

// NewSpot makes a spot instrument with the default scales from "BTC/USDT".
func NewSpot(symbol string) (*Instrument, error) {
	base, quote, _ := strings.Cut(symbol, "/")
	in := &Instrument{
		Symbol: symbol, Kind: Spot,
		Base: money.Currency(base), Quote: money.Currency(quote),
		PriceScale: DefaultPriceScale, QuantityScale: DefaultQuantityScale,
	}
	if err := in.Validate(); err != nil {
		return nil, err
	}
	return in, nil
}

// MustSpot is NewSpot for constants in code; it panics on what NewSpot refuses.
func MustSpot(symbol string) *Instrument {
	in, err := NewSpot(symbol)
	if err != nil {
		panic("market: " + err.Error())
	}
	return in
}

// Validate returns an Invalid error that names the first field at fault.
func (in *Instrument) Validate() error {
	if in == nil {
		return tradekeel.Invalidf("instrument", "is missing")
	}
	if in.Base.Validate() != nil || in.Quote.Validate() != nil || in.Base == in.Quote ||
		in.Symbol != string(in.Base)+"/"+string(in.Quote) {
		return tradekeel.Invalidf("symbol", "must be two different currencies with a slash such as BTC/USDT, got %.40q", in.Symbol)
	}
	switch in.Kind {
	case Spot, Linear, Inverse:
	default:
		return tradekeel.Invalidf("kind", "must be spot, linear or inverse, got %.40q", string(in.Kind))
	}
	if in.PriceScale < 0 || in.QuantityScale < 0 || in.PriceScale+in.QuantityScale > MaxScale {
		return tradekeel.Invalidf("price_scale", "must not be negative, and with quantity_scale at most %d, got %d and %d",
			MaxScale, in.PriceScale, in.QuantityScale)
	}
	for _, r := range in.Venue {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return tradekeel.Invalidf("venue", "must be small letters, digits and dashes such as binance, got %.40q", in.Venue)
		}
	}
	if len(in.Venue) > 40 {
		return tradekeel.Invalidf("venue", "must be at most 40 characters")
	}
	for i, r := range in.Rules {
		if i > 0 && !r.From.After(in.Rules[i-1].From) {
			return tradekeel.Invalidf("rules", "must be ordered by date, entry %d is from %s", i+1, r.From.UTC().Format(time.RFC3339))
		}
		for _, rule := range []struct {
			name  string
			value decimal.Decimal
			scale int32
		}{{"tick", r.Tick, in.PriceScale}, {"lot", r.Lot, in.QuantityScale}, {"min_quantity", r.MinQuantity, in.QuantityScale}, {"min_notional", r.MinNotional, MaxScale}} {
			if rule.value.Sign() < 0 || money.CheckDecimal(rule.value) != nil || !rule.value.Truncate(rule.scale).Equal(rule.value) {
				return tradekeel.Invalidf("rules."+rule.name, "must not be negative and have at most %d decimals, got %s", rule.scale, rule.value)
			}
		}
	}
	return nil
}

// RulesAt returns the rules in force at a moment, and whether they are known.
func (in *Instrument) RulesAt(t time.Time) (Rules, bool) {
	i, found := slices.BinarySearchFunc(in.Rules, t, func(r Rules, t time.Time) int { return r.From.Compare(t) })
	if found {
		return in.Rules[i], true
	}
	if i == 0 {
		return Rules{}, false
	}
	return in.Rules[i-1], true
}

// PriceUnits returns a price as the stored integer. A price with more decimals
// than PriceScale, or out of range, is Invalid.
func (in *Instrument) PriceUnits(price decimal.Decimal) (int64, error) {
	return exactUnits("price", price, in.PriceScale)
}

// QuantityUnits returns a quantity as the stored integer. A quantity with more
// decimals than QuantityScale, or out of range, is Invalid.
func (in *Instrument) QuantityUnits(quantity decimal.Decimal) (int64, error) {
	return exactUnits("quantity", quantity, in.QuantityScale)
}

// Price returns the price that a stored integer stands for.
func (in *Instrument) Price(units int64) decimal.Decimal { return decimal.New(units, -in.PriceScale) }

// Quantity returns the quantity that a stored integer stands for.
func (in *Instrument) Quantity(units int64) decimal.Decimal {
	return decimal.New(units, -in.QuantityScale)
}

// String returns "binance BTC/USDT", or the symbol alone without a venue.
func (in *Instrument) String() string {
	if in.Venue == "" {
		return in.Symbol
	}
	return in.Venue + " " + in.Symbol
}

func exactUnits(what string, d decimal.Decimal, scale int32) (int64, error) {
	if err := money.CheckDecimal(d); err != nil {
		return 0, err
	}
	v, exact, fits := wide.FromDecimal(d, scale)
	units, small := v.Int64()
	switch {
	case !fits || !small:
		return 0, tradekeel.Invalidf(what, "%s is out of range at %d decimals", d, scale)
	case !exact:
		return 0, tradekeel.Invalidf(what, "%s has more than the %d decimals of the instrument", d, scale)
	}
	return units, nil
}
