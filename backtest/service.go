package backtest

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"sync"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// The permissions that a service asks its Authorizer for.
const (
	PermissionCreate tradekeel.Permission = "backtest.create"
	PermissionRead   tradekeel.Permission = "backtest.read"
	PermissionCancel tradekeel.Permission = "backtest.cancel"
	PermissionDelete tradekeel.Permission = "backtest.delete"
)

// ServiceConfig is what a service may be told. The zero value works.
type ServiceConfig struct {
	// Authorizer decides who may do what; nil lets owners alone.
	Authorizer tradekeel.Authorizer
	// Logger gets what operators should know; nil is silent.
	Logger *slog.Logger
	// Workers is the number of runs at a time in this process; 0 is 2.
	Workers int
	// MaxWaiting is the number of unfinished backtests that an owner may have; 0 is 20.
	MaxWaiting int
	// Heartbeat is how often a run says that it lives, and looks whether it was
	// canceled; 0 is one second. A run that was silent for ten of them is taken over.
	Heartbeat time.Duration
	// Library is where strategies of users are found; nil has none.
	Library Library
	// Now is the clock of the stored times; nil is time.Now.
	Now func() time.Time
}

// Service starts, follows and keeps backtests. Its methods are safe for
// concurrent use; Run works the queue.
type Service struct {
	store      Store
	candles    Candles
	strategies *strategy.Registry
	config     ServiceConfig
	runner     string
	wake       chan struct{} // a token for each backtest that may wait, up to the workers

	mu      sync.Mutex
	running map[ID]context.CancelCauseFunc
}

// NewService makes a service over a store, the candles and the strategies that
// users may name. Nothing runs before Run.
func NewService(store Store, candles Candles, strategies *strategy.Registry, c ServiceConfig) (*Service, error) {
	if store == nil || candles == nil || strategies == nil {
		return nil, tradekeel.Invalidf("backtest", "a service needs a store, candles and strategies")
	}
	if c.Workers < 0 || c.MaxWaiting < 0 || c.Heartbeat < 0 {
		return nil, tradekeel.Invalidf("backtest", "Workers, MaxWaiting and Heartbeat must not be negative")
	}
	if c.Authorizer == nil {
		c.Authorizer = tradekeel.OwnersOnly{}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Workers == 0 {
		c.Workers = 2
	}
	if c.MaxWaiting == 0 {
		c.MaxWaiting = 20
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return &Service{
		store: store, candles: candles, strategies: strategies, config: c,
		runner: tradekeel.NewID("run", c.Now()), wake: make(chan struct{}, c.Workers),
		running: map[ID]context.CancelCauseFunc{},
	}, nil
}

// Strategies returns what users may name, sorted.
func (s *Service) Strategies() []strategy.Factory { return s.strategies.All() }

// Candles returns what users may run over, sorted.
func (s *Service) Candles(ctx context.Context) ([]market.Key, error) { return s.candles.Keys(ctx) }

// Create checks a spec whole, stores it as queued and returns it. Whatever could
// be wrong with it is an Invalid error here, all faults joined, and nothing is
// stored: an unknown strategy, a parameter out of its range, cash that is not
// above zero, a range without bars or with a gap. ErrLimit when the owner has too
// many that are not finished. A strategy of the library is used from then on: what
// is wrong with the rest of the spec does not use it.
func (s *Service) Create(ctx context.Context, actor tradekeel.Actor, spec Spec) (Backtest, error) {
	if err := s.authorize(ctx, actor, PermissionCreate, tradekeel.Object{Kind: "backtest", Owner: actor.User}); err != nil {
		return Backtest{}, err
	}
	spec.Others = nil // the service's to find
	config, hash, err := s.configure(ctx, actor.User, &spec)
	if err != nil {
		return Backtest{}, err
	}
	if err := Check(config); err != nil {
		return Backtest{}, err
	}
	if err := s.use(ctx, actor, spec, hash); err != nil {
		return Backtest{}, err
	}
	now := s.config.Now().UTC().Truncate(time.Microsecond)
	b := Backtest{ID: ID(tradekeel.NewID("bt", now)), Owner: actor.User, Spec: spec, State: Queued, Created: now}
	if err := s.store.Create(ctx, b, s.config.MaxWaiting); err != nil {
		if errors.Is(err, ErrLimit) {
			return Backtest{}, ErrLimit.With("", "%d backtests wait or run already; wait for them or cancel some", s.config.MaxWaiting)
		}
		return Backtest{}, err
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
	return b, nil
}

// configure turns a spec of an owner into the configuration of a run. It names in
// the spec the other series that the strategy reads. hash is that of a strategy of
// the library.
func (s *Service) configure(ctx context.Context, owner tradekeel.UserID, spec *Spec) (config Config, hash string, err error) {
	config = Config{Cash: spec.Cash, Fees: exchange.FlatFee(spec.FeeRate), From: spec.From, To: spec.To}
	if spec.AcceptGaps {
		config.Gaps = AcceptGaps
	}
	var wrong []error
	config.Strategy, hash, err = s.choose(ctx, owner, *spec)
	if err != nil {
		wrong = append(wrong, err)
	} else if spec.Others == nil {
		spec.Others = others(config.Strategy, spec.Data)
	}
	config.Data, err = s.series(ctx, *spec)
	if err != nil {
		return config, "", errors.Join(append(wrong, err)...)
	}
	if len(wrong) > 0 { // tell what is wrong with the rest, too
		config.Strategy = unknownStrategy{}
		return config, "", errors.Join(append(wrong, Check(config))...)
	}
	return config, hash, nil
}

// Get returns a backtest; ErrNotFound.
func (s *Service) Get(ctx context.Context, actor tradekeel.Actor, id ID) (Backtest, error) {
	return s.object(ctx, actor, PermissionRead, id)
}

// List returns the actor's backtests, newest first.
func (s *Service) List(ctx context.Context, actor tradekeel.Actor, f Filter, page tradekeel.PageRequest) (tradekeel.Page[Backtest], error) {
	if err := s.authorize(ctx, actor, PermissionRead, tradekeel.Object{Kind: "backtest", Owner: actor.User}); err != nil {
		return tradekeel.Page[Backtest]{}, err
	}
	return s.store.List(ctx, actor.User, f, page)
}

// Cancel stops a backtest that waits or runs. One that runs in another process
// stops at its next heartbeat. ErrFinished when it has ended.
func (s *Service) Cancel(ctx context.Context, actor tradekeel.Actor, id ID) (Backtest, error) {
	if _, err := s.object(ctx, actor, PermissionCancel, id); err != nil {
		return Backtest{}, err
	}
	b, err := s.store.Update(ctx, actor.User, id, func(b *Backtest) error {
		switch {
		case b.State.Final():
			return ErrFinished.With("", "the backtest is %s already", b.State)
		case b.State == Queued:
			b.State, b.Finished = Canceled, s.config.Now()
		}
		b.CancelRequested = true
		return nil
	})
	if err == nil {
		s.stop(id, tradekeel.ErrCanceled)
	}
	return b, err
}

// Delete removes a backtest and its outcome; one that runs is stopped.
func (s *Service) Delete(ctx context.Context, actor tradekeel.Actor, id ID) error {
	if _, err := s.object(ctx, actor, PermissionDelete, id); err != nil {
		return err
	}
	if err := s.store.Delete(ctx, actor.User, id); err != nil {
		return err
	}
	s.stop(id, errLost)
	return nil
}

// Result returns the whole result of a backtest that is done: ErrNotDone before,
// ErrDataChanged when the candles are not those of the run any more.
func (s *Service) Result(ctx context.Context, actor tradekeel.Actor, id ID) (*Result, error) {
	b, err := s.object(ctx, actor, PermissionRead, id)
	if err != nil {
		return nil, err
	}
	if b.State != Done {
		return nil, ErrNotDone.With("", "the backtest is %s", b.State)
	}
	raw, err := s.store.Outcome(ctx, actor.User, id)
	if err != nil {
		return nil, err
	}
	series, err := s.series(ctx, b.Spec)
	if tradekeel.KindOf(err) == tradekeel.Invalid {
		return nil, ErrDataChanged.Because(err)
	}
	if err != nil {
		return nil, err
	}
	for i := range series {
		series[i] = series[i].Between(b.Spec.From, b.Spec.To)
	}
	return Decode(raw, series)
}

// Explain runs a backtest that is done again, up to the last close at or before a
// time, and tells why it decided there as it did, or did nothing: ErrNotDone before,
// ErrDataChanged when the candles are not those of the run any more, Unsupported for a
// strategy that does not explain its decisions.
func (s *Service) Explain(ctx context.Context, actor tradekeel.Actor, id ID, at time.Time) (strategy.Explanation, error) {
	if _, err := s.Result(ctx, actor, id); err != nil { // it looks at the candles
		return strategy.Explanation{}, err
	}
	b, err := s.object(ctx, actor, PermissionRead, id)
	if err != nil {
		return strategy.Explanation{}, err
	}
	config, _, err := s.configure(ctx, b.Owner, &b.Spec)
	if err != nil {
		return strategy.Explanation{}, err
	}
	return Explain(ctx, config, at)
}

// watchEvery is how often Watch looks.
const watchEvery = 100 * time.Millisecond

// Watch yields a backtest at once, then each time that it changed, and ends after
// its final state, an error or the end of ctx. It sees runs of every process.
func (s *Service) Watch(ctx context.Context, actor tradekeel.Actor, id ID) iter.Seq2[Backtest, error] {
	return func(yield func(Backtest, error) bool) {
		tick := time.NewTicker(watchEvery)
		defer tick.Stop()
		var last Backtest
		for first := true; ; first = false {
			b, err := s.object(ctx, actor, PermissionRead, id)
			if ctx.Err() != nil {
				return
			}
			if err != nil {
				yield(Backtest{}, err)
				return
			}
			if changed := first || b.State != last.State || b.Done != last.Done; changed && !yield(b, nil) || b.State.Final() {
				return
			}
			last = b
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	}
}

func (s *Service) object(ctx context.Context, actor tradekeel.Actor, p tradekeel.Permission, id ID) (Backtest, error) {
	if !actor.Signed() {
		return Backtest{}, tradekeel.ErrUnauthenticated
	}
	b, err := s.store.Get(ctx, actor.User, id)
	if err != nil {
		return Backtest{}, err
	}
	return b, s.authorize(ctx, actor, p, tradekeel.Object{Kind: "backtest", ID: string(id), Owner: b.Owner})
}

func (s *Service) authorize(ctx context.Context, actor tradekeel.Actor, p tradekeel.Permission, o tradekeel.Object) error {
	if actor.User == "" {
		return tradekeel.ErrUnauthenticated
	}
	if err := s.config.Authorizer.Authorize(ctx, actor, p, o); err != nil {
		return fmt.Errorf("%s: %w", p, err)
	}
	return nil
}

func (s *Service) stop(id ID, cause error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel, ok := s.running[id]; ok {
		cancel(cause)
	}
}
