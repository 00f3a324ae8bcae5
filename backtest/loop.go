package backtest

import (
	"context"
	"sort"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/trading"
)

// all walks to the end of the data, a block of bars at a time.
func (r *run) all(ctx context.Context) error {
	for {
		if ctx.Err() != nil {
			return tradekeel.ErrCanceled.With("", "the run was canceled after %d of %d bars", r.done, r.total).Because(context.Cause(ctx))
		}
		if r.config.Progress != nil {
			r.config.Progress(r.done, r.total)
		}
		if r.done >= r.total {
			return r.playOut()
		}
		if err := r.block(min(r.total, r.done+every)); err != nil {
			return err
		}
	}
}

// block walks on until so many bars are done, and takes their equity into the
// statistics while it is near.
func (r *run) block(until int) error {
	first := len(r.equity.Units)
	r.fetch(until)
	for r.done < until {
		at := r.feeds[0].close
		for i := 1; i < len(r.feeds); i++ {
			at = min(at, r.feeds[i].close)
		}
		if r.venue.Waiting() || len(r.happenings) > 0 || r.listens() {
			if err := r.until(at); err != nil {
				return err
			}
		}
		var commands []trading.Command
		var err error
		if len(r.feeds) == 1 && !r.config.Streamed && len(r.signals) == 0 {
			commands, err = r.walk(until)
		} else {
			commands, err = r.closes(at)
		}
		if err != nil {
			return err
		}
		if len(commands) > 0 {
			if r.tape != nil {
				if err := r.catchUp(r.core.Now()); err != nil {
					return err
				}
			}
			if err := r.submit(commands); err != nil {
				return err
			}
		}
	}
	r.stats.Add(r.equity.Times[first:], r.equity.Units[first:])
	return nil
}

// fetch reads through the opens and closes of the bars ahead, one of each line of the
// cache, where orders are frequent: each fill would wait for one of its own.
func (r *run) fetch(until int) {
	fills := len(r.core.Fills())
	frequent := fills-r.filled > every/128
	r.filled = fills
	if !frequent || len(r.feeds) > 1 {
		return
	}
	sum := int64(0)
	f := &r.feeds[0]
	opens, closes := f.Open[r.done:until], f.closes[r.done:until]
	for i := 0; i < len(opens) && i < len(closes); i += 8 {
		sum += opens[i] ^ closes[i]
	}
	r.fetched += sum
}

// walk hands the bars of the only series to the core, until one gives commands.
// While orders wait it hands one alone: the next open comes between.
func (r *run) walk(until int) ([]trading.Command, error) {
	f := &r.feeds[0]
	if r.venue.Waiting() || r.listens() {
		until = r.done + 1
	} else if len(r.happenings) > 0 {
		until = min(until, r.done+max(1, sort.Search(until-r.done, func(i int) bool { return f.closes[f.at+i] >= r.happenings[0].at })))
	}
	before := len(r.equity.Units)
	units, commands, err := r.core.Walk(f.index, f.closes[f.at:until], r.equity.Units)
	r.equity.Units = units
	r.done += len(units) - before
	r.equity.Times = f.closes[:r.done:r.done]
	f.skipTo(r.done)
	return commands, err
}

// closes hands every bar that closes at a time to the core, and returns what the
// strategy decided after the last of them.
func (r *run) closes(at int64) ([]trading.Command, error) {
	if err := r.receive(at); err != nil {
		return nil, err
	}
	last := len(r.feeds) - 1
	for r.feeds[last].close != at {
		last--
	}
	var commands []trading.Command
	for i := range last + 1 {
		f := &r.feeds[i]
		if f.close != at {
			continue
		}
		ev := &r.event
		ev.Kind, ev.Decide, ev.Feed, ev.VenueTime, ev.ReceiveTime = trading.BarReached, i == last, f.index, at, at
		if r.config.Streamed {
			ev.Kind, ev.Bar = trading.BarClosed, f.Bar(f.at)
		}
		r.done++
		f.skipTo(f.at + 1)
		var err error
		if commands, err = r.core.Apply(ev); err != nil {
			return nil, err
		}
	}
	r.equity.Times = append(r.equity.Times, at)
	r.equity.Units = append(r.equity.Units, r.core.Equity())
	return commands, nil
}

// receive hands the signals that came by a time to the core.
func (r *run) receive(until int64) error {
	for len(r.signals) > 0 && r.signals[0].Time.UnixNano() <= until {
		at := r.signals[0].Time.UnixNano()
		ev := &r.event
		ev.Kind, ev.Decide, ev.Signal, ev.VenueTime, ev.ReceiveTime = trading.SignalReceived, false, r.signals[0].Name, at, at
		if _, err := r.core.Apply(ev); err != nil {
			return err
		}
		r.signals = r.signals[1:]
	}
	return nil
}
