package backtest

import (
	"fmt"
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
	result := &Result{
		Strategy: c.Strategy.Name(), Parameters: c.Strategy.Parameters(), Data: r.data,
		Cash: c.Cash, Fees: c.Fees,
		Trades: core.Trades(), Open: core.Open(), Fills: core.Fills(), Refused: core.Refused(),
		Equity: r.equity,
	}
	var err error
	result.Stats, err = r.stats.Compute(r.statsInput())
	if err != nil {
		return nil, err
	}
	result.Warnings = r.warnings(result)
	return result, nil
}

func (r *run) statsInput() stats.Input {
	in := stats.Input{Start: r.cash, End: r.cash, From: r.from, Times: r.equity.Times, Equity: r.equity.Units}
	if n := len(r.equity.Units); n > 0 {
		in.End = r.equity.Units[n-1]
	}
	for _, open := range r.core.Open() {
		in.OpenBars += len(r.equity.Units) - open.EntryMoment
	}
	trades := r.core.Trades()
	in.Trades = make([]stats.Trade, len(trades))
	for i := range trades {
		t := &trades[i]
		gross, _ := t.ExitNotional.Sub(t.EntryNotional)
		if t.Side == exchange.Sell {
			gross, _ = gross.Neg()
		}
		net, _ := gross.Sub(t.Fees)
		in.Trades[i] = stats.Trade{
			Net: net, Fees: t.Fees, Notional: t.EntryNotional, BarsHeld: t.ExitMoment - t.EntryMoment,
		}
	}
	return in
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
	for _, s := range r.data {
		if _, known := s.Instrument.RulesAt(time.Unix(0, s.Time[0])); !known {
			out = append(out, fmt.Sprintf("The venue's rules for %s are not known from the start of the data: tick, lot and minimum are not checked there.", s.Instrument))
			break
		}
	}
	if len(result.Trades) == 0 {
		out = append(out, "No round trip ended; figures of trades are undefined.")
	}
	return out
}
