package market

import (
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/money"
)

// Rules are what a venue demands of an order, from a moment on. A zero field is
// no demand.
type Rules struct {
	From        time.Time       `json:"from"`
	Tick        decimal.Decimal `json:"tick"`                  // prices are whole multiples, in quote
	Lot         decimal.Decimal `json:"lot"`                   // quantities are whole multiples, in base
	MinQuantity decimal.Decimal `json:"min_quantity"`          // in base
	MinNotional decimal.Decimal `json:"min_notional"`          // price × quantity, in quote
	MaxQuantity decimal.Decimal `json:"max_quantity,omitzero"` // in base
	MaxNotional decimal.Decimal `json:"max_notional,omitzero"` // price × quantity, in quote
	// Market is what market orders must meet instead of the sizes above, where a
	// venue has sizes of their own for them: Binance MARKET_LOT_SIZE, OKX maxMktSz,
	// Coinbase min_market_funds. Nil: the same as for every order.
	Market *SizeRules `json:"market,omitempty"`
}

// SizeRules are the demands on the size of an order. A zero field is no demand.
type SizeRules struct {
	Lot         decimal.Decimal `json:"lot,omitzero"`
	MinQuantity decimal.Decimal `json:"min_quantity,omitzero"`
	MaxQuantity decimal.Decimal `json:"max_quantity,omitzero"`
	MinNotional decimal.Decimal `json:"min_notional,omitzero"`
	MaxNotional decimal.Decimal `json:"max_notional,omitzero"`
}

// Sizes returns the sizes that orders must meet: those of market orders, or those
// of orders with a price.
func (r Rules) Sizes(market bool) SizeRules {
	if market && r.Market != nil {
		return *r.Market
	}
	return SizeRules{r.Lot, r.MinQuantity, r.MaxQuantity, r.MinNotional, r.MaxNotional}
}

// Equal reports whether both demand the same, whenever they begin.
func (r Rules) Equal(other Rules) bool {
	return r.Tick.Equal(other.Tick) && r.Sizes(false).equal(other.Sizes(false)) && r.Sizes(true).equal(other.Sizes(true))
}

func (s SizeRules) equal(other SizeRules) bool {
	return s.Lot.Equal(other.Lot) && s.MinQuantity.Equal(other.MinQuantity) && s.MaxQuantity.Equal(other.MaxQuantity) &&
		s.MinNotional.Equal(other.MinNotional) && s.MaxNotional.Equal(other.MaxNotional)
}

// RulesAt returns the rules in force at a moment, and whether they are known.
func (in *Instrument) RulesAt(t time.Time) (Rules, bool) {
	i, found := in.findRules(t)
	if found {
		return in.Rules[i], true
	}
	if i == 0 {
		return Rules{}, false
	}
	return in.Rules[i-1], true
}

// KnownSince returns when the first known rules begin; false when none are known.
func (in *Instrument) KnownSince() (time.Time, bool) {
	if len(in.Rules) == 0 {
		return time.Time{}, false
	}
	return in.Rules[0].From, true
}

// WithRules returns the instrument with rules that were seen in force at a moment.
// It adds an entry only where they differ from what the history says of that
// moment, else it returns in itself; r.From is not looked at. Rules that the next
// entry repeats begin at asOf instead. An entry of the very moment is replaced:
// the venue was asked again. Merge in the order of time: a sighting that added no
// entry left nothing behind, so that one from before it is taken to hold until the
// next entry.
//
// Rules are taken to hold from when they were seen, not from when the venue made
// them: what nobody saw is not claimed.
func (in *Instrument) WithRules(asOf time.Time, r Rules) (*Instrument, error) {
	if asOf.IsZero() {
		return nil, tradekeel.Invalidf("as_of", "is missing: rules are dated")
	}
	if have, known := in.RulesAt(asOf); known && have.Equal(r) {
		return in, nil
	}
	r.From = asOf.UTC()
	at, found := in.findRules(asOf)
	end := at
	if found {
		end++
	}
	if end < len(in.Rules) && in.Rules[end].Equal(r) {
		end++
	}
	out := *in
	out.Rules = slices.Concat(in.Rules[:at], []Rules{r}, in.Rules[end:])
	if at > 0 && in.Rules[at-1].Equal(r) { // what was replaced was the only difference
		out.Rules = slices.Delete(out.Rules, at, at+1)
	}
	if err := out.Validate(); err != nil {
		return nil, err
	}
	return &out, nil
}

func (in *Instrument) findRules(t time.Time) (int, bool) {
	return slices.BinarySearchFunc(in.Rules, t, func(r Rules, t time.Time) int { return r.From.Compare(t) })
}

func (in *Instrument) validateRules() error {
	for i, r := range in.Rules {
		if i > 0 && !r.From.After(in.Rules[i-1].From) {
			return tradekeel.Invalidf("rules", "must be ordered by date, entry %d is from %s", i+1, r.From.UTC().Format(time.RFC3339))
		}
		if err := checkRule("rules.tick", r.Tick, in.PriceScale); err != nil {
			return err
		}
		if err := r.Sizes(false).validate("rules.", in.QuantityScale); err != nil {
			return err
		}
		if r.Market != nil {
			if err := r.Market.validate("rules.market.", in.QuantityScale); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s SizeRules) validate(path string, scale int32) error {
	for _, rule := range []struct {
		name  string
		value decimal.Decimal
		scale int32
	}{
		{"lot", s.Lot, scale},
		{"min_quantity", s.MinQuantity, scale},
		// Quantities are whole units, so that a maximum between two is the lower one.
		{"max_quantity", s.MaxQuantity, MaxScale},
		{"min_notional", s.MinNotional, MaxScale},
		{"max_notional", s.MaxNotional, MaxScale},
	} {
		if err := checkRule(path+rule.name, rule.value, rule.scale); err != nil {
			return err
		}
	}
	return nil
}

func checkRule(field string, value decimal.Decimal, scale int32) error {
	if value.Sign() < 0 || money.CheckDecimal(value) != nil || !value.Truncate(scale).Equal(value) {
		return tradekeel.Invalidf(field, "must not be negative and have at most %d decimals, got %s", scale, value)
	}
	return nil
}

// Limits are Rules for one kind of order in stored integers, for code that checks
// many. Where nothing is demanded they hold what every order meets.
type Limits struct {
	From        int64 // nanoseconds UTC; the smallest int64 before the first known rules
	Known       bool
	Tick        int64 // price units, at least 1
	Lot         int64 // quantity units, at least 1
	MinQuantity int64
	MaxQuantity int64
	// Notionals at 18 decimals of quote, the ledger's.
	MinNotional, MaxNotional wide.Int
}

// LimitHistory is the limits of an instrument, oldest first. It begins with the
// time before the first known rules.
type LimitHistory []Limits

// Limits returns the history of the rules for market orders, or for orders with a
// price. The instrument must be valid.
func (in *Instrument) Limits(market bool) LimitHistory {
	const ledger = MaxScale
	most := wide.Int{Hi: math.MaxInt64, Lo: math.MaxUint64}
	all := LimitHistory{{From: math.MinInt64, Tick: 1, Lot: 1, MaxQuantity: math.MaxInt64, MaxNotional: most}}
	units := func(d decimal.Decimal, scale int32, none int64) int64 {
		if v, small := notAbove(d, scale).Int64(); small && v > 0 {
			return v
		} else if small {
			return none
		}
		return math.MaxInt64 // beyond every order
	}
	for _, r := range in.Rules {
		s := r.Sizes(market)
		l := Limits{
			From: r.From.UnixNano(), Known: true,
			Tick: units(r.Tick, in.PriceScale, 1), Lot: units(s.Lot, in.QuantityScale, 1),
			MinQuantity: units(s.MinQuantity, in.QuantityScale, 0), MaxQuantity: math.MaxInt64,
			MinNotional: notAbove(s.MinNotional, ledger), MaxNotional: most,
		}
		if s.MaxQuantity.Sign() > 0 { // one below the smallest unit is no lack of a demand
			l.MaxQuantity = units(s.MaxQuantity, in.QuantityScale, 0)
		}
		if s.MaxNotional.Sign() > 0 {
			l.MaxNotional = notAbove(s.MaxNotional, ledger)
		}
		all = append(all, l)
	}
	return all
}

// At returns the limits in force at a moment, nanoseconds UTC.
func (h LimitHistory) At(t int64) *Limits {
	for i := len(h) - 1; i > 0; i-- {
		if h[i].From <= t {
			return &h[i]
		}
	}
	return &h[0]
}

// notAbove returns d in whole units, cut, and the largest there is where d is
// beyond it.
func notAbove(d decimal.Decimal, scale int32) wide.Int {
	v, _, fits := wide.FromDecimal(d, scale)
	if !fits {
		return wide.Int{Hi: math.MaxInt64, Lo: math.MaxUint64}
	}
	return v
}
