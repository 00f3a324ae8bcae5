package backtest

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// silentBeats is the number of heartbeats after which a silent run is taken over.
const silentBeats = 10

// Run works the queue until ctx ends, with as many runs at a time as configured.
// Then it stops the runs under way, puts them back in the queue and returns nil.
// Any number of processes may run over one store.
func (s *Service) Run(ctx context.Context) error {
	var workers sync.WaitGroup
	for range s.config.Workers {
		workers.Go(func() { s.work(ctx) })
	}
	workers.Wait()
	return nil
}

func (s *Service) work(ctx context.Context) {
	tick := time.NewTicker(s.config.Heartbeat)
	defer tick.Stop()
	for ctx.Err() == nil {
		now := s.config.Now()
		b, err := s.store.Claim(ctx, s.runner, now, now.Add(-silentBeats*s.config.Heartbeat))
		if err == nil {
			s.one(ctx, b)
			continue
		}
		if ctx.Err() == nil && !errors.Is(err, ErrNotFound) {
			s.config.Logger.ErrorContext(ctx, "backtests cannot be claimed", "error", err)
		}
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// maxAttempts is how many processes may die with a run before it is given up: what
// kills a process would kill the next one, too.
const maxAttempts = 3

// one runs a claimed backtest to its end and stores what came of it.
func (s *Service) one(ctx context.Context, b Backtest) {
	running, cancel := context.WithCancelCause(ctx)
	s.mu.Lock()
	s.running[b.ID] = cancel
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		delete(s.running, b.ID)
		s.mu.Unlock()
		cancel(nil)
	}()
	if b.CancelRequested {
		cancel(tradekeel.ErrCanceled)
	}
	var done, total atomic.Int64
	var beats sync.WaitGroup
	beating, stopBeating := context.WithCancel(running)
	beats.Go(func() { s.beat(beating, b, cancel, &done, &total) })
	var result *Result
	var err error
	if b.Attempts > maxAttempts {
		err = ErrGaveUp.With("", "%d processes died with this run", b.Attempts-1)
	} else {
		result, err = s.run(running, b, &done, &total)
	}
	stopBeating()
	beats.Wait()
	s.end(ctx, running, b, result, err)
}

func (s *Service) run(ctx context.Context, b Backtest, done, total *atomic.Int64) (*Result, error) {
	config, _, err := s.configure(ctx, b.Owner, &b.Spec)
	if err != nil {
		return nil, err
	}
	config.Progress = func(d, t int) { done.Store(int64(d)); total.Store(int64(t)) }
	return Run(ctx, config)
}

// beat says now and then that the run lives and how far it is, and stops it when
// its owner canceled it or it is not this process' any more.
func (s *Service) beat(ctx context.Context, b Backtest, cancel context.CancelCauseFunc, done, total *atomic.Int64) {
	tick := time.NewTicker(s.config.Heartbeat)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now, err := s.store.Update(ctx, b.Owner, b.ID, func(row *Backtest) error {
			if err := s.mine(row); err != nil {
				return err
			}
			row.Heartbeat, row.Done, row.Total = s.config.Now(), int(done.Load()), int(total.Load())
			return nil
		})
		switch {
		case errors.Is(err, ErrNotFound) || errors.Is(err, errLost):
			cancel(errLost)
			return
		case err != nil && ctx.Err() == nil:
			s.config.Logger.WarnContext(ctx, "a backtest's progress was not stored", "id", b.ID, "error", err)
		case now.CancelRequested:
			cancel(tradekeel.ErrCanceled)
			return
		}
	}
}

func (s *Service) mine(row *Backtest) error {
	if row.State != Running || row.Runner != s.runner {
		return errLost
	}
	return nil
}

// finishWithin bounds the storing of an outcome after the service was told to stop.
const finishWithin = 10 * time.Second

// end writes the end of a run: done, failed, canceled, or queued again when
// the process stops.
func (s *Service) end(ctx, running context.Context, b Backtest, result *Result, err error) {
	keep, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishWithin)
	defer cancel()
	cause := context.Cause(running)
	if errors.Is(cause, errLost) {
		return
	}
	var outcome []byte
	if err == nil {
		outcome, err = Encode(result)
	}
	finish := func(row *Backtest) error {
		if err := s.mine(row); err != nil {
			return err
		}
		row.Finished = s.config.Now()
		switch {
		case err == nil:
			row.State, row.Done, row.Total = Done, result.bars(), result.bars()
			row.Summary = &Summary{Strategy: result.Strategy, Stats: result.Stats, Final: result.Final(), Warnings: result.Warnings}
		case errors.Is(cause, tradekeel.ErrCanceled):
			row.State = Canceled
		case ctx.Err() != nil:
			row.State, row.Finished, row.Runner, row.Started = Queued, time.Time{}, "", time.Time{}
			row.Attempts--
		default:
			row.State, row.Fault = Failed, faultOf(err)
		}
		return nil
	}
	var stored error
	if err == nil {
		_, stored = s.store.Finish(keep, b.Owner, b.ID, outcome, finish)
	} else {
		_, stored = s.store.Update(keep, b.Owner, b.ID, finish)
	}
	if err != nil && tradekeel.KindOf(err) == tradekeel.Internal {
		s.config.Logger.ErrorContext(ctx, "a backtest failed", "id", b.ID, "error", err)
	}
	if stored != nil && !errors.Is(stored, errLost) && !errors.Is(stored, ErrNotFound) {
		s.config.Logger.ErrorContext(ctx, "a backtest's end was not stored", "id", b.ID, "error", stored)
	}
}

func faultOf(err error) *Fault {
	f := &Fault{Code: "internal", Message: tradekeel.UserMessage(err)}
	if e, ok := errors.AsType[*tradekeel.Error](err); ok && e.Kind != tradekeel.Internal {
		f.Code, f.Field = e.Code, e.Field
	}
	return f
}

func (r *Result) bars() int {
	n := 0
	for _, s := range r.Data {
		n += s.Len()
	}
	return n
}

// unknownStrategy stands in for one that could not be parsed, so that the rest of
// a spec can still be checked.
type unknownStrategy struct{}

func (unknownStrategy) Name() string                     { return "unknown" }
func (unknownStrategy) Parameters() []strategy.Parameter { return nil }
func (unknownStrategy) Build(s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	return idle{}, nil
}

type idle struct{}

func (idle) OnBar(strategy.Bar, *strategy.Orders) {}

var _ Candles = StoredCandles{(*market.Store)(nil)}
