package strategy

import (
	"math"
	"slices"

	"github.com/tradekeel/tradekeel/market"
)

// Need is a series that a strategy reads beside its main one. An empty symbol is the
// main instrument's.
type Need struct {
	Symbol    string           `json:"symbol,omitempty"`
	Timeframe market.Timeframe `json:"timeframe"`
}

// String returns "ETH/USDT 4h", or "4h".
func (n Need) String() string {
	if n.Symbol == "" {
		return n.Timeframe.String()
	}
	return n.Symbol + " " + n.Timeframe.String()
}

// Needer is a Strategy that can tell which series it reads, so that whoever runs it
// can find them.
type Needer interface {
	// Timeframe is that of the main series.
	Timeframe() market.Timeframe
	// Needs are the others.
	Needs() []Need
}

// Signal is a message from outside that an instance waits for, by its name: an alert
// of a chart, say. Make it with Setup.Signal.
type Signal struct {
	name  string
	feeds []*Feed
	seen  []int // of each feed, the bars that had closed when it last came; nil before
}

// Signal declares that the instance listens to a signal.
func (s *Setup) Signal(name string) *Signal {
	if i := slices.IndexFunc(s.signals, func(have *Signal) bool { return have.name == name }); i >= 0 {
		return s.signals[i]
	}
	signal := &Signal{name: name, feeds: s.feeds}
	s.signals = append(s.signals, signal)
	return signal
}

// Receive tells the instance that a signal came. Names that it does not listen to
// are ignored. Cores call it.
func (s *Setup) Receive(name string) {
	for _, signal := range s.signals {
		if signal.name != name {
			continue
		}
		if signal.seen == nil {
			signal.seen = make([]int, len(signal.feeds))
		}
		for i, f := range signal.feeds {
			signal.seen[i] = f.Len()
		}
	}
}

// Name returns the signal's name.
func (s *Signal) Name() string { return s.name }

// Age returns how many bars of a feed have closed since the one at whose close the
// signal was first known: 0 at that close, +Inf before any came.
func (s *Signal) Age(f *Feed) float64 {
	i := slices.Index(s.feeds, f)
	if i < 0 || s.seen == nil {
		return math.Inf(1)
	}
	return float64(f.Len() - s.seen[i] - 1)
}
