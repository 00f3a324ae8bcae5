package matching

import (
	"fmt"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// Engine is a simulated venue with one account. Times that are handed to it never go
// back.
type Engine struct {
	instruments []listing
	assets      []money.Currency
	balances    []exchange.Units // by asset
	locked      []exchange.Units // by asset, for resting orders of a spot account
	accrued     []int64          // by asset, until when interest is charged
	borrow      []borrowing      // by asset
	terms       exchange.Terms
	leverage    int64 // at FractionScale
	level       int64 // of liquidation, at FractionScale
	penalty     int64 // LiquidationFee at FractionScale
	model       model
	fees        fees
	flat        bool // spot, with one rate in quote of every taker: see whole

	open    []order
	direct  order // of Fill
	later   []request
	ended   int // orders in open that are done
	round   uint64
	woken   bool // an order may meet the market that has not
	sent    remember
	traded  remember // orders that traded in part or in full
	closed  remember // groups of which one traded
	fills   exchange.FillID
	out     *outcomes // of the call at hand
	answers outcomes  // of orders, amendments and cancellations
	events  outcomes  // of what the market did
}

// outcomes are what came of a call. Their room is used again by the next call of the
// kind.
type outcomes struct {
	list    []Outcome
	reports []exchange.Report
	moves   []exchange.Movement
}

// New makes a venue. It refuses, naming the field, what is not valid, and instruments
// that the kind of account does not trade: spot and margin accounts trade spot, futures
// accounts perpetuals.
func New(c Config) (*Engine, error) {
	e := &Engine{terms: c.Terms}
	if err := c.Terms.Validate(); err != nil {
		return nil, err
	}
	var err error
	if e.model, err = c.Model.prepare(); err != nil {
		return nil, err
	}
	if len(c.Instruments) == 0 {
		return nil, tradekeel.Invalidf("instruments", "need at least one")
	}
	if c.VolumeScales != nil && len(c.VolumeScales) != len(c.Instruments) {
		return nil, tradekeel.Invalidf("volume_scales", "must be one an instrument, %d, got %d", len(c.Instruments), len(c.VolumeScales))
	}
	for i, in := range c.Instruments {
		if err := in.Validate(); err != nil {
			return nil, err
		}
		if (in.Kind == market.Spot) == (c.Terms.Kind == exchange.FuturesAccount) {
			return nil, tradekeel.ErrUnsupported.With("instruments", "%s is %s, which a %s account does not trade", in, in.Kind, c.Terms.Kind)
		}
		scale := in.QuantityScale
		if c.VolumeScales != nil {
			if scale = c.VolumeScales[i]; scale < 0 || scale > market.MaxScale {
				return nil, tradekeel.Invalidf("volume_scales", "must be from 0 to %d, got %d", market.MaxScale, scale)
			}
		}
		l, err := e.prepare(i, in, scale)
		if err != nil {
			return nil, err
		}
		l.limited = e.model.share > 0
		l.tiers = tiersOf(c.Terms.Tiers[in.Symbol])
		e.instruments = append(e.instruments, l)
	}
	if e.fees, err = e.prepareFees(c.Fees); err != nil {
		return nil, err
	}
	e.flat = c.Terms.Kind == exchange.SpotAccount && c.Fees.Flat()
	for currency, units := range c.Balances {
		if units.Sign() < 0 {
			return nil, tradekeel.Invalidf("balances", "must not be negative, %s is %s", currency, exchange.FromUnits(units))
		}
		e.balances[e.asset(currency)] = units
	}
	if err := e.prepareTerms(); err != nil {
		return nil, err
	}
	return e, nil
}

func (e *Engine) asset(c money.Currency) int {
	if i := slices.Index(e.assets, c); i >= 0 {
		return i
	}
	e.assets = append(e.assets, c)
	e.balances = append(e.balances, exchange.Units{})
	e.locked = append(e.locked, exchange.Units{})
	e.accrued = append(e.accrued, math.MinInt64)
	e.borrow = append(e.borrow, borrowing{})
	return len(e.assets) - 1
}

// Balances returns what the account holds, by asset; of a margin account below zero
// what it owes. What is locked for resting orders is part of it.
func (e *Engine) Balances() map[money.Currency]exchange.Units {
	all := make(map[money.Currency]exchange.Units, len(e.assets))
	for i, currency := range e.assets {
		all[currency] = e.balances[i]
	}
	return all
}

// Waiting reports whether anything may come of a bar: an order is open, a position or
// a debt could be liquidated, or the model needs every bar's volume or range. When
// not, bars need not be shown.
func (e *Engine) Waiting() bool {
	return len(e.open) > 0 || e.model.bars || len(e.later) > 0 || e.terms.Kind != exchange.SpotAccount && e.exposed()
}

// begin starts a call: outcomes of the one before of its kind are gone.
func (e *Engine) begin(out *outcomes, at int64) {
	out.list, out.reports, out.moves = out.list[:0], out.reports[:0], out.moves[:0]
	e.out = out
	if len(e.later) > 0 {
		e.arrivals(at)
	}
}

// finish ends a call: orders that ended are forgotten.
func (e *Engine) finish() []Outcome {
	if e.ended > 0 {
		if e.ended == len(e.open) {
			e.open = e.open[:0]
		} else {
			e.open = slices.DeleteFunc(e.open, func(o order) bool { return o.done })
		}
		e.ended = 0
	}
	return e.out.list
}

// report makes room for a report, which is no outcome yet. Its fill is left as the room
// was used before.
func (e *Engine) report(intent exchange.IntentID, state exchange.OrderState, at int64) *exchange.Report {
	n := len(e.out.reports)
	if n < cap(e.out.reports) {
		e.out.reports = e.out.reports[:n+1]
	} else {
		e.out.reports = append(e.out.reports, exchange.Report{})
	}
	r := &e.out.reports[n]
	r.Intent, r.State, r.Time, r.Refusal = intent, state, at, nil
	return r
}

// tell adds a report to the outcomes. It is changed no more.
func (e *Engine) tell(intent exchange.IntentID, state exchange.OrderState, at int64, refusal *tradekeel.Error) {
	r := e.report(intent, state, at)
	r.Refusal = refusal
	if r.Fill.ID != 0 {
		r.Fill = exchange.Fill{}
	}
	e.out.list = append(e.out.list, Outcome{Report: r})
}

// tellFill adds the report of a liquidation to the outcomes.
func (e *Engine) tellFill(f *exchange.Fill) {
	r := e.report(0, exchange.Filled, f.Time)
	r.Fill = *f
	e.out.list = append(e.out.list, Outcome{Report: r})
}

// move adds a movement to the outcomes.
func (e *Engine) move(m exchange.Movement) {
	e.out.moves = append(e.out.moves, m)
	e.out.list = append(e.out.list, Outcome{Movement: &e.out.moves[len(e.out.moves)-1]})
}

// add changes a balance; false when the sum is out of range.
func (e *Engine) add(asset int, change exchange.Units) bool {
	sum, fits := e.balances[asset].Add(change)
	if fits {
		e.balances[asset] = sum
	}
	return fits
}

// one is a whole at FractionScale.
var one = wide.Pow10(exchange.FractionScale)

// String describes the venue for logs.
func (e *Engine) String() string {
	return fmt.Sprintf("simulated venue with a %s account, %d instruments and %d open orders", e.terms.Kind, len(e.instruments), len(e.open))
}
