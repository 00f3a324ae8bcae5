package honest

import (
	"context"
	"math"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/parallel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// Options say how closely to look. The zero value works.
type Options struct {
	// Cuts is the number of closes at which look-ahead is looked for, each with two
	// reruns; 20 by default, at most 10,000. Half of them are closes with orders.
	Cuts int
	// Starts is the number of later starts that warm-up is looked at with, each with one
	// rerun; 5 by default, at most 1,000. They are spread over the first half of the run.
	Starts int
	// Seed chooses the cuts and the random walks.
	Seed uint64
	// Workers is the number of goroutines; one for each core by default.
	Workers int
	// Progress is called with the reruns done and all of them, by one goroutine at a time.
	Progress func(done, total int)
	// VolumeShare is the share of a bar's volume that fills may take without a warning;
	// 0.1 by default, at most 1. More than the whole volume is a fault in any case.
	VolumeShare float64
	// Candidates are all instruments that could have been chosen when the run starts, those
	// that are gone among them, with their dates of listing and delisting. Without them
	// survivorship can only be suspected.
	Candidates []*market.Instrument
	// Remake makes the strategy anew of altered candles, where it is made of candles: of
	// their mean, say, or by a variable that holds them. Without it the strategy of the
	// config is run on all of them. It is called by several goroutines at a time.
	Remake func(candles []*market.Series) (strategy.Strategy, error)
}

const (
	defaultCuts, mostCuts     = 20, 10_000
	defaultStarts, mostStarts = 5, 1_000
	defaultShare              = 0.1
)

func (o Options) filled() (Options, error) {
	if o.Cuts == 0 {
		o.Cuts = defaultCuts
	}
	if o.Starts == 0 {
		o.Starts = defaultStarts
	}
	if o.VolumeShare == 0 {
		o.VolumeShare = defaultShare
	}
	switch {
	case o.Cuts < 1 || o.Cuts > mostCuts:
		return o, tradekeel.Invalidf("cuts", "must be from 1 to %d, got %d", mostCuts, o.Cuts)
	case o.Starts < 1 || o.Starts > mostStarts:
		return o, tradekeel.Invalidf("starts", "must be from 1 to %d, got %d", mostStarts, o.Starts)
	case !(o.VolumeShare > 0 && o.VolumeShare <= 1):
		return o, tradekeel.Invalidf("volume_share", "must be a fraction above 0 and at most 1 such as 0.1, got %v", o.VolumeShare)
	}
	for _, in := range o.Candidates {
		if err := in.Validate(); err != nil {
			return o, err
		}
	}
	return o, nil
}

// Check runs a configuration, looks at its result as Inspect does, and then reruns the
// strategy on altered candles; see the package comment. The result is not changed by
// it, and the config's Progress is not called. Its errors are those of backtest.Run,
// Invalid ones of the options, those of Remake, and Canceled.
func Check(ctx context.Context, c backtest.Config, o Options) (*Report, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	c.Progress = nil
	k := &checker{config: c, o: o}
	if c.Strategy == nil {
		return nil, tradekeel.Invalidf("strategy", "is missing")
	}
	if k.base, err = k.run(ctx, c, c.Strategy); err != nil {
		return nil, err
	}
	report := &Report{Strategy: c.Strategy.Name(), Fills: len(k.base.result.Fills), Findings: inspect(k.base.result, o)}
	k.plan()
	if err := parallel.Each(ctx, len(k.tasks), parallel.Options{Workers: o.Workers, Progress: o.Progress}, func() func(int) error {
		return func(i int) error { return k.tasks[i](ctx) }
	}); err != nil {
		return nil, err
	}
	report.Reruns = len(k.tasks)
	for _, at := range k.cuts {
		report.Cuts = append(report.Cuts, moment(at))
	}
	if k.repeat.Words != "" {
		// Runs that differ anyway tell nothing of what was altered.
		report.Findings = append(report.Findings, k.repeat)
	} else {
		report.Findings = append(report.Findings, k.ahead()...)
		foresight, err := k.foresight(ctx)
		if err != nil {
			return nil, err
		}
		report.Findings = append(report.Findings, foresight...)
		history, findings := k.warmUp()
		report.History = history
		report.Findings = append(report.Findings, findings...)
	}
	report.Findings = arrange(report.Findings)
	return report, nil
}

// Inspect looks at a result alone, without running anything: its fills against their
// bars, its instruments and their rules. Options that are about reruns are not looked
// at. Options at fault are Invalid.
func Inspect(r *backtest.Result, o Options) (*Report, error) {
	o, err := o.filled()
	if err != nil {
		return nil, err
	}
	return &Report{Strategy: r.Strategy, Fills: len(r.Fills), Findings: arrange(inspect(r, o))}, nil
}

// checker holds a check under way. Each task writes to a place of its own.
type checker struct {
	config backtest.Config
	o      Options
	base   *trace
	tasks  []func(ctx context.Context) error
	repeat Finding
	cuts   []int64
	hidden []rerun // by cut: with later bars taken away
	noisy  []rerun // by cut: with later bars made up
	walks  []*trace
	starts []laterStart
}

// rerun is what a run on altered candles gave.
type rerun struct {
	differs bool
	finding Finding
	failed  error
}

// run runs a strategy that is listened to.
func (k *checker) run(ctx context.Context, c backtest.Config, s strategy.Strategy) (*trace, error) {
	t := &trace{}
	c.Strategy = record(s, &t.recording)
	var err error
	t.result, err = backtest.Run(ctx, c)
	return t, err
}

// altered runs the strategy on other candles.
func (k *checker) altered(ctx context.Context, candles []*market.Series, from, to time.Time) (*trace, error) {
	c := k.config
	c.Data = candles
	if !from.IsZero() {
		if !c.WarmFrom.IsZero() {
			c.WarmFrom = from.Add(c.WarmFrom.Sub(c.From))
		}
		c.From = from
	}
	if !to.IsZero() { // nothing else of the configuration goes on after it either
		c.To = to
	}
	s := c.Strategy
	if k.o.Remake != nil {
		var err error
		if s, err = k.o.Remake(candles); err != nil {
			return nil, err
		}
		if s == nil {
			return nil, tradekeel.Invalidf("remake", "made no strategy")
		}
	}
	return k.run(ctx, c, s)
}

// plan makes the tasks.
func (k *checker) plan() {
	k.tasks = append(k.tasks, k.again)
	k.cuts = k.chooseCuts()
	k.hidden, k.noisy = make([]rerun, len(k.cuts)), make([]rerun, len(k.cuts))
	for i, at := range k.cuts {
		k.tasks = append(k.tasks, func(ctx context.Context) error {
			return k.compare(ctx, &k.hidden[i], cutAt(k.config.Data, at), at, true)
		}, func(ctx context.Context) error {
			return k.compare(ctx, &k.noisy[i], walkFrom(k.config.Data, at, k.o.Seed, uint64(i)), at, false)
		})
	}
	k.walks = make([]*trace, walkCount)
	for i := range k.walks {
		k.tasks = append(k.tasks, func(ctx context.Context) error {
			walks := *k
			// Real mark prices would liquidate, and so tell of themselves.
			walks.config.Marks, walks.config.Funding = nil, nil
			walks.config.Ticks, walks.config.Books = nil, nil
			t, err := walks.altered(ctx, walkFrom(k.config.Data, math.MinInt64, k.o.Seed, math.MaxUint64-uint64(i)), time.Time{}, time.Time{})
			if err != nil {
				return stopped(ctx, err)
			}
			k.walks[i] = t
			return nil
		})
	}
	k.planStarts()
}

// again runs the very same once more.
func (k *checker) again(ctx context.Context) error {
	t, err := k.altered(ctx, k.config.Data, time.Time{}, time.Time{})
	if err != nil {
		return err
	}
	f, differs := difference(k.base, t, math.MaxInt64)
	if !differs {
		// And once without being listened to, as it is run elsewhere.
		t.recording = k.base.recording
		if t.result, err = backtest.Run(ctx, k.config); err != nil {
			return err
		}
		f, differs = difference(k.base, t, math.MaxInt64)
	}
	if differs {
		k.repeat = f
		k.repeat.Kind, k.repeat.Severity = Repeatable, Fault
		k.repeat.Words = "Run twice on the same candles, " + f.Words + ": the strategy reads a clock, uses chance, keeps something from run to run, or calls bars quiet that are not."
		if k.o.Remake != nil {
			k.repeat.Words += " Or Remake does not make the strategy of the configuration."
		}
	}
	return nil
}

// stopped returns the error of a run that was canceled; others are what altered
// candles led to, and no fault of the check.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return nil
}

func moment(ns int64) time.Time { return time.Unix(0, ns).UTC() }
