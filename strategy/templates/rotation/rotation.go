// Package rotation holds the strongest of several instruments by their momentum: every
// so many closes they are ranked by their rate of change, and the best few are held in
// equal parts.
//
// It looks at the closes of the run's first instrument. Sales go first; the purchases
// follow at the next close, with the cash that is then there.
package rotation

import (
	"cmp"
	"math"
	"slices"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/portfolio"
)

// Params are the parameters of the strategy.
type Params struct {
	Lookback int     `param:"90" min:"1" max:"100000" text:"closes that the rate of change goes back"`
	Hold     int     `param:"3" min:"1" max:"200" text:"how many instruments to hold at most"`
	Every    int     `param:"30" min:"1" max:"1000000" text:"closes from one ranking to the next"`
	Positive bool    `param:"true" text:"hold only what rose; the part of the others stays cash"`
	Invest   float64 `param:"100" min:"1" max:"100" text:"percent of the equity to hold at most"`
	MinTrade float64 `param:"10" min:"0" max:"1000000000000" text:"smaller trades, in quote, are left out"`
}

// Strategy is the definition. It trades every instrument of the run, long only.
var Strategy = strategy.Define("rotation", build)

func build(p Params, s *strategy.Setup) (strategy.Instance, error) {
	feeds := s.All()
	if p.Hold > len(feeds) {
		return nil, tradekeel.Invalidf("params.hold", "must be at most the number of instruments, which is %d, got %d", len(feeds), p.Hold)
	}
	return &instance{params: p, portfolio: portfolio.New(feeds, p.MinTrade), last: -p.Every}, nil
}

type instance struct {
	params    Params
	portfolio *portfolio.Portfolio
	closes    int // of the first instrument
	last      int // the close of the last ranking
}

// OnBar implements strategy.Instance.
func (i *instance) OnBar(b strategy.Bar, o *strategy.Orders) {
	if !i.portfolio.Feeds()[0].Fresh() {
		return
	}
	i.closes++
	switch {
	case i.portfolio.Busy():
		i.portfolio.Continue(b, o)
	case i.closes-i.last >= i.params.Every:
		if targets, ok := i.rank(); ok {
			i.last = i.closes
			i.portfolio.Move(targets, b, o)
		}
	}
}

// rank returns the weights by the momentum of now; false while it is not known of any.
// Of two that are as strong the one that comes first in the run wins.
func (i *instance) rank() ([]float64, bool) {
	feeds := i.portfolio.Feeds()
	change := make([]float64, len(feeds))
	var known []int
	for k, f := range feeds {
		now, then := f.Value(market.Close, 0), f.Value(market.Close, i.params.Lookback)
		if change[k] = now/then - 1; !math.IsNaN(change[k]) && !math.IsInf(change[k], 0) {
			known = append(known, k)
		}
	}
	slices.SortStableFunc(known, func(a, b int) int { return cmp.Compare(change[b], change[a]) })
	targets := make([]float64, len(feeds))
	for _, k := range known[:min(i.params.Hold, len(known))] {
		if change[k] > 0 || !i.params.Positive {
			targets[k] = i.params.Invest / 100 / float64(i.params.Hold)
		}
	}
	return targets, len(known) > 0
}

// OnOrder implements strategy.OrderListener.
func (i *instance) OnOrder(u strategy.OrderUpdate, _ *strategy.Orders) { i.portfolio.OnOrder(u) }
