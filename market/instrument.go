package market

import (
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
	// Symbol is base and quote with a slash, "BTC/USDT", and of a perpetual the
	// currency that it settles in, too: "BTC/USDT:USDT", "BTC/USD:BTC". It names the
	// instrument within its venue.
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
	// ContractSize is what one unit of quantity of a perpetual stands for: of Linear in
	// base, of Inverse in quote (100 of Binance's BTCUSD). Zero is 1.
	ContractSize decimal.Decimal `json:"contract_size,omitzero"`
	// Rules is the history of the venue's rules, oldest first. Before the first
	// entry the rules are unknown and nothing is checked.
	Rules []Rules `json:"rules,omitempty"`
	// Listed is when the venue began to trade it and Delisted when it ended: the
	// first moment without trading. Zero is unknown.
	Listed   time.Time `json:"listed,omitzero"`
	Delisted time.Time `json:"delisted,omitzero"`
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

// NewPerpetual makes a perpetual with the default scales from "BTC/USDT:USDT", which
// is Linear, or from "BTC/USD:BTC", which is Inverse: the quantity of that is whole
// contracts.
func NewPerpetual(symbol string) (*Instrument, error) {
	pair, settle, _ := strings.Cut(symbol, ":")
	base, quote, _ := strings.Cut(pair, "/")
	in := &Instrument{
		Symbol: symbol, Kind: Linear,
		Base: money.Currency(base), Quote: money.Currency(quote),
		PriceScale: DefaultPriceScale, QuantityScale: DefaultQuantityScale,
	}
	if settle == base {
		in.Kind, in.QuantityScale = Inverse, 0
	}
	if err := in.Validate(); err != nil {
		return nil, err
	}
	return in, nil
}

// Settle returns the currency that trades are paid in: the quote, and the base of an
// inverse perpetual.
func (in *Instrument) Settle() money.Currency {
	if in.Kind == Inverse {
		return in.Base
	}
	return in.Quote
}

// symbol returns what Symbol must be.
func (in *Instrument) symbol() string {
	pair := string(in.Base) + "/" + string(in.Quote)
	if in.Kind == Spot {
		return pair
	}
	return pair + ":" + string(in.Settle())
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
	switch in.Kind {
	case Spot, Linear, Inverse:
	default:
		return tradekeel.Invalidf("kind", "must be spot, linear or inverse, got %.40q", string(in.Kind))
	}
	if in.Base.Validate() != nil || in.Quote.Validate() != nil || in.Base == in.Quote || in.Symbol != in.symbol() {
		return tradekeel.Invalidf("symbol",
			"must be two different currencies with a slash such as BTC/USDT, and of a perpetual what it settles in, such as BTC/USDT:USDT or BTC/USD:BTC, got %.40q", in.Symbol)
	}
	if size := in.ContractSize; money.CheckDecimal(size) != nil || size.Sign() < 0 || in.Kind == Spot && !size.IsZero() {
		return tradekeel.Invalidf("contract_size", "must be above zero, and is for perpetuals, got %.40s", size)
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
	if !in.Listed.IsZero() && !in.Delisted.IsZero() && !in.Delisted.After(in.Listed) {
		return tradekeel.Invalidf("delisted", "must be after listed, got %s and %s", in.Delisted.UTC().Format(time.RFC3339), in.Listed.UTC().Format(time.RFC3339))
	}
	return in.validateRules()
}

// TradesAt reports whether the instrument is listed at a moment. An unknown date
// of listing or delisting bounds nothing.
func (in *Instrument) TradesAt(t time.Time) bool {
	return (in.Listed.IsZero() || !t.Before(in.Listed)) && (in.Delisted.IsZero() || t.Before(in.Delisted))
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

// ParsePrice reads a price in the form that venues write, "61737.63000000", as the
// stored integer. It is exact and allocates nothing; what PriceUnits refuses is
// Invalid here too.
func (in *Instrument) ParsePrice(text []byte) (int64, error) {
	return parsed("price", text, in.PriceScale)
}

// ParseQuantity reads a quantity as ParsePrice reads a price.
func (in *Instrument) ParseQuantity(text []byte) (int64, error) {
	return parsed("quantity", text, in.QuantityScale)
}

func parsed(what string, text []byte, scale int32) (int64, error) {
	units, kind, message := parseUnits(text, scale)
	if kind != "" {
		return 0, tradekeel.Invalidf(what, "%s", message)
	}
	return units, nil
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
