package backtest

import (
	"time"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/trading"
)

// until lets the venue see what comes before a moment and at it, before the bars that
// close then are handed to the strategy: bars that open, in the order of their opens,
// and recorded trades and books between them; the rest of bars that close then; and what
// comes at times of its own.
func (r *run) until(at int64) error {
	if err := r.play(at); err != nil {
		return err
	}
	if r.tape != nil {
		r.measure(at)
	}
	for i := range r.feeds {
		f := &r.feeds[i]
		if !f.fills || f.close != at || !r.venue.Waiting() {
			continue
		}
		bar := f.Bar(f.at)
		if err := r.met(f, r.venue.Bar(f.instrument, &bar, at)); err != nil {
			return err
		}
	}
	return r.happen(at)
}

// opens lets the bars that open before a time meet the venue, in the order of their
// opens, and before each what comes at times of its own by then.
func (r *run) opens(before int64) error {
	for {
		var first *feed
		var at int64
		for i := range r.feeds {
			f := &r.feeds[i]
			if !f.fills || f.opened > f.at || f.at >= len(f.Time) {
				continue
			}
			open := f.nextOpen()
			if open < before && (first == nil || open < at || open == at && f.instrument < first.instrument) {
				first, at = f, open
			}
		}
		if first == nil {
			return nil
		}
		if len(r.happenings) > 0 {
			if err := r.happen(at); err != nil {
				return err
			}
		}
		first.opened = first.at + 1
		if !r.venue.Waiting() {
			continue
		}
		if err := r.met(first, r.venue.Open(first.instrument, first.Open[first.at], at)); err != nil {
			return err
		}
	}
}

// nextOpen is when the next bar opens. It is told from the close where that is
// possible: the column of opens is read for nothing else, far from the cache.
func (f *feed) nextOpen() int64 {
	if f.Timeframe > 0 {
		return f.close - int64(f.Timeframe)
	}
	return f.Time[f.at]
}

// met takes in what came of a bar that the venue was shown.
func (r *run) met(f *feed, outcomes []matching.Outcome) error {
	if u := &r.unruled[f.instrument]; len(outcomes) > 0 && f.nextOpen() < u.until {
		u.used = true
	}
	return r.take(outcomes)
}

// take hands what the venue said to the core, and what the core wants then to the venue.
// Outcomes are gone at the next call of the venue, so that they are kept.
func (r *run) take(outcomes []matching.Outcome) error {
	if len(outcomes) == 0 {
		return nil
	}
	if len(outcomes) == 1 {
		commands, err := r.tell(outcomes[0])
		if err != nil || len(commands) == 0 {
			return err
		}
		return r.submit(commands)
	}
	var wanted []trading.Command
	for _, o := range outcomes {
		commands, err := r.tell(o)
		if err != nil {
			return err
		}
		wanted = append(wanted, commands...)
	}
	return r.submit(wanted)
}

// tell hands one outcome to the core.
func (r *run) tell(o matching.Outcome) ([]trading.Command, error) {
	ev := &r.event
	ev.Decide = false
	if o.Report != nil && o.Report.Intent == 0 && !o.Report.Fill.Liquidation {
		r.unpaid = append(r.unpaid, *o.Report) // of a transfer
		return nil, nil
	}
	if o.Report != nil {
		ev.Kind, ev.VenueTime, ev.ReceiveTime, ev.Report = trading.OrderReported, o.Report.Time, o.Report.Time, o.Report
	} else {
		ev.Kind, ev.VenueTime, ev.ReceiveTime, ev.Movement = trading.BalanceMoved, o.Movement.Time, o.Movement.Time, o.Movement
	}
	return r.core.Apply(ev)
}

// maxAtOnce bounds the orders of one moment: a strategy that answers each rejection
// with the same order would never end.
const maxAtOnce = 10_000

// submit sends commands to the venue and its answers back to the core, which may
// send more. The queue keeps them, since the core reuses what it returned.
func (r *run) submit(commands []trading.Command) error {
	if len(commands) == 0 {
		return nil
	}
	r.queue = r.queue[:0]
	direct := 0
	if len(commands) == 1 { // the venue has it before the core is told anything
		if err := r.send(&commands[0]); err != nil {
			return err
		}
		direct = 1
	} else {
		r.queue = append(r.queue, commands...)
	}
	for sent := direct; sent-direct < len(r.queue); sent++ {
		command := &r.queue[sent-direct]
		if sent == maxAtOnce {
			return ErrStrategy.With("strategy", "%s sent more than %d orders at %s; does it send again what was rejected?",
				r.config.Strategy.Name(), maxAtOnce, time.Unix(0, command.Order.Decided).UTC().Format(time.RFC3339))
		}
		if err := r.send(command); err != nil {
			return err
		}
	}
	return nil
}

// send hands a command to the venue and its answers to the core. What the core wants
// then goes to the end of the queue.
func (r *run) send(command *trading.Command) error {
	var outcomes []matching.Outcome
	switch command.Kind {
	case trading.Submit:
		if r.feeIn != nil && r.feeIn.at > 0 { // what the fee asset is worth
			r.venue.Last(r.feeIn.instrument, r.feeIn.Close[r.feeIn.at-1], r.feeIn.closes[r.feeIn.at-1])
		}
		if command.Order.Type != exchange.Market {
			r.last(&command.Order)
		}
		outcomes = r.venue.Submit(&command.Order)
	case trading.Cancel:
		outcomes = r.venue.Cancel(command.Order.Intent, command.Order.Decided)
	case trading.Amend:
		outcomes = r.venue.Amend(&command.Amendment)
	}
	for _, o := range outcomes {
		more, err := r.tell(o)
		if err != nil {
			return err
		}
		if len(more) > 0 {
			r.queue = append(r.queue, more...)
		}
	}
	return nil
}

// last tells the venue the price at which an order was decided, where the venue was not
// shown the bar. It matters to all but market orders.
func (r *run) last(o *exchange.Order) {
	if f := r.lasting[o.Instrument]; f.at > 0 && f.closes[f.at-1] == o.Decided {
		r.venue.Last(o.Instrument, f.Close[f.at-1], o.Decided)
	}
}
