package strategy

import (
	"errors"
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// Setup is where an instance, while it is built, declares what it reads. Faults
// are collected and returned by Build; the values returned meanwhile are safe to
// keep and never nil.
type Setup struct {
	feeds   []*Feed
	used    []*Feed
	signals []*Signal
	account exchange.AccountKind
	faults  []error
}

// NewSetup makes a setup over the feeds of a run. Cores call it.
func NewSetup(feeds []*Feed) *Setup { return &Setup{feeds: feeds} }

// Grant says what kind of account the instance trades in. Cores call it before Build.
func (s *Setup) Grant(kind exchange.AccountKind) { s.account = kind }

// Account returns the kind of account that the instance trades in.
func (s *Setup) Account() exchange.AccountKind { return s.account }

// Bars declares that the instance reads the bars of a symbol and timeframe. The
// first feed declared is the one whose bar OnBar gets when several close at once.
func (s *Setup) Bars(symbol string, tf market.Timeframe) *Feed {
	for _, f := range s.feeds {
		if f.Instrument().Symbol == symbol && f.Timeframe() == tf {
			return s.use(f)
		}
	}
	s.faults = append(s.faults, tradekeel.Invalidf("data", "the strategy reads %.40s %s; the run has %s", symbol, tf, s.have()))
	return NewFeed(0, &market.Instrument{Symbol: symbol}, tf, 0)
}

// Main declares that the instance reads the run's first series, whichever it is.
func (s *Setup) Main() *Feed {
	if len(s.feeds) == 0 {
		s.faults = append(s.faults, tradekeel.Invalidf("data", "the run has no series"))
		return NewFeed(0, &market.Instrument{}, market.M1, 0)
	}
	return s.use(s.feeds[0])
}

// MainOf declares that the instance reads the first series of the run that has a
// timeframe.
func (s *Setup) MainOf(tf market.Timeframe) *Feed {
	for _, f := range s.feeds {
		if f.Timeframe() == tf {
			return s.use(f)
		}
	}
	s.faults = append(s.faults, tradekeel.Invalidf("data", "the strategy reads %s candles; the run has %s", tf, s.have()))
	return NewFeed(0, &market.Instrument{}, tf, 0)
}

// All declares that the instance reads the first series of every instrument of the
// run, and returns them in the run's order: what a portfolio is chosen from.
func (s *Setup) All() []*Feed {
	var all []*Feed
	for _, f := range s.feeds {
		if !slices.ContainsFunc(all, func(have *Feed) bool { return have.instrument == f.instrument }) {
			all = append(all, s.use(f))
		}
	}
	if len(all) == 0 {
		all = append(all, s.Main()) // which tells the fault
	}
	return all
}

func (s *Setup) have() string {
	have := make([]string, len(s.feeds))
	for i, f := range s.feeds {
		have[i] = f.Instrument().Symbol + " " + f.Timeframe().String()
	}
	return strings.Join(have, ", ")
}

func (s *Setup) use(f *Feed) *Feed {
	if !slices.Contains(s.used, f) {
		s.used = append(s.used, f)
	}
	return f
}

// Indicator declares an indicator on a feed and returns its main output. It is
// computed from the definition's own columns, but for those in whose place a line
// of the same feed is given, the first input first. Two declarations of the same
// share their values.
func (s *Setup) Indicator(f *Feed, d indicator.Definition, of ...*Indicator) *Indicator {
	if err := d.Validate(); err != nil {
		s.faults = append(s.faults, err)
		return &Indicator{feed: f}
	}
	line, err := f.add(d, of)
	if err != nil {
		s.faults = append(s.faults, err)
		return &Indicator{feed: f}
	}
	line.used = true
	return line
}

// Price declares a column of a feed's bars as a line, so that an indicator can be
// computed from it and compared with it.
func (s *Setup) Price(f *Feed, field market.Field) *Indicator {
	line := f.column(field)
	line.used = true
	return line
}

// Used returns the feeds that were declared, in their order.
func (s *Setup) Used() []*Feed { return s.used }

// Err returns the faults of what was declared, joined; nil without one. Strategies
// that are no Definition call it at the end of Build.
func (s *Setup) Err() error {
	if len(s.used) == 0 && len(s.faults) == 0 {
		s.faults = append(s.faults, tradekeel.Invalidf("strategy", "declares no bars; call Setup.Bars or Setup.Main"))
	}
	return errors.Join(s.faults...)
}
