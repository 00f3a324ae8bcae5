package backtest

import (
	"fmt"
	"math"
	"time"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/trading"
)

// result gathers what came of a run, after checking the books.
func (r *run) result() (*Result, error) {
	c, core := r.config, r.core
	if err := core.Ledger().Check(); err != nil {
		return nil, err
	}
	// The core's ledger and the venue's balances were kept apart; they must agree.
	for currency, theirs := range r.venue.Balances() {
		if ours := core.Ledger().Balance(currency, trading.Wallet); ours != theirs {
			return nil, fmt.Errorf("backtest: the ledger holds %s %s, the venue %s", exchange.FromUnits(ours), currency, exchange.FromUnits(theirs))
		}
	}
	if err := r.comparePositions(); err != nil {
		return nil, err
	}
	result := &Result{
		Strategy: c.Strategy.Name(), Parameters: c.Strategy.Parameters(), Data: r.data,
		Cash: c.Cash, Fees: c.Fees,
		Trades: core.Trades(), Open: core.Open(), Fills: core.Fills(), Refused: core.Refused(), Movements: core.Movements(),
		Equity: r.equity,
	}
	var err error
	result.Stats, err = r.figures()
	if err != nil {
		return nil, err
	}
	result.Warnings = r.warnings(result)
	return result, nil
}

// comparePositions holds the positions of perpetuals in the core's books against the
// venue's. What spot instruments hold is told by the balances.
func (r *run) comparePositions() error {
	if r.config.Account.Kind != exchange.FuturesAccount {
		return nil
	}
	theirs := map[[2]int32]int64{}
	for _, p := range r.venue.Positions() {
		theirs[[2]int32{p.Instrument, int32(p.Side)}] += p.Quantity
	}
	sides := []exchange.PositionSide{exchange.NetPosition}
	if r.config.Account.Positions == exchange.Hedge {
		sides = []exchange.PositionSide{exchange.LongPosition, exchange.ShortPosition}
	}
	for i := range r.unruled {
		for _, side := range sides {
			ours := r.core.HoldingOf(int32(i), side)
			if held := theirs[[2]int32{int32(i), int32(side)}]; held != ours {
				return fmt.Errorf("backtest: the core holds %d of the %s position in %s, the venue %d", ours, side, r.unruled[i].in, held)
			}
		}
	}
	return nil
}

func (r *run) statsInput() stats.Input {
	in := stats.Input{Start: r.cash, End: r.cash, From: r.from, Times: r.equity.Times, Equity: r.equity.Units}
	if n := len(r.equity.Units); n > 0 {
		in.End = r.equity.Units[n-1]
	}
	for _, open := range r.core.Open() {
		in.OpenBars += len(r.equity.Units) - open.EntryMoment
	}
	in.Trades = statsTrades(r.core.Trades())
	return in
}

// statsTrades returns what statistics need of round trips, without their excursions.
func statsTrades(trades []trading.Trade) []stats.Trade {
	out := make([]stats.Trade, len(trades))
	for i := range trades {
		t := &trades[i]
		_, net, _ := t.Profit() // what the core booked fits
		out[i] = stats.Trade{
			Net: net, Fees: t.Fees, Notional: t.EntryNotional, BarsHeld: t.ExitMoment - t.EntryMoment,
			ExitNotional: t.ExitNotional, Entry: t.EntryTime, Exit: t.ExitTime, Short: t.Side == exchange.Sell, ExitReason: t.ExitReason,
		}
	}
	return out
}

// mostRefused bounds the refusals that a warning spells out.
const mostRefused = 3

func (r *run) warnings(result *Result) []string {
	var out []string
	if r.missing > 0 {
		largest, there := r.gaps[0], 0
		for _, s := range r.data {
			there += s.Len()
		}
		for _, g := range r.gaps {
			if g.Missing > largest.Missing {
				largest = g
			}
		}
		out = append(out, fmt.Sprintf("The data lacks %d of %d bars, in %d gaps; the largest: %s.", r.missing, r.missing+there, len(r.gaps), largest))
	}
	for i, refused := range result.Refused {
		if i == mostRefused {
			out = append(out, fmt.Sprintf("%d more orders were refused.", len(result.Refused)-i))
			break
		}
		out = append(out, fmt.Sprintf("An order of %s was refused: %v.", time.Unix(0, refused.Time).UTC().Format(time.RFC3339), refused.Err))
	}
	for _, refused := range r.unpaid {
		out = append(out, fmt.Sprintf("A transfer of %s was refused: %v.", time.Unix(0, refused.Time).UTC().Format(time.RFC3339), refused.Refusal))
	}
	liquidations := 0
	for i := range result.Fills {
		if result.Fills[i].Liquidation {
			liquidations++
		}
	}
	if liquidations > 0 {
		out = append(out, fmt.Sprintf("The venue liquidated positions %d times.", liquidations))
	}
	if r.tape != nil {
		out = append(out, r.tape.coverage(r.lasting)...)
	}
	out = append(out, r.unruledWarnings()...)
	if len(result.Trades) == 0 {
		out = append(out, "No round trip ended; figures of trades are undefined.")
	}
	return out
}

// mostUnruled bounds the instruments whose unknown rules are spelled out.
const mostUnruled = 3

// unruledWarnings says which orders met no rules, since none are known for their
// date. Rules of a later date are never applied to them.
func (r *run) unruledWarnings() []string {
	var out []string
	more := 0
	for _, u := range r.unruled {
		switch {
		case !u.used:
		case len(out) == mostUnruled:
			more++
		case u.until == math.MaxInt64:
			out = append(out, fmt.Sprintf("Orders were checked against no rules: none are known for %s.", u.in))
		default:
			out = append(out, fmt.Sprintf("Orders before %s were checked against no rules: none are known for %s by then.", day(u.until), u.in))
		}
	}
	if more > 0 {
		out = append(out, fmt.Sprintf("The same holds for %d more instruments.", more))
	}
	return out
}

// day writes a moment as its date, with the time where there is one.
func day(ns int64) string {
	at := time.Unix(0, ns).UTC()
	if at.Equal(at.Truncate(24 * time.Hour)) {
		return at.Format(time.DateOnly)
	}
	return at.Format(time.RFC3339)
}
