// Package rebalance keeps several instruments at weights of the equity: what rose above
// its weight is sold, what fell below is bought.
//
// It looks at the closes of the run's first instrument, every so many of them, or when
// one of the weights is off by a band, or both. Sales go first; the purchases follow at
// the next close, with the cash that is then there.
package rebalance

import (
	"math"
	"strconv"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates/portfolio"
)

// Params are the parameters of the strategy.
type Params struct {
	Weights  string  `param:"equal" text:"percent of the equity for each instrument, such as BTC/USDT 50, ETH/USDT 30; the rest is cash"`
	Every    int     `param:"0" min:"0" max:"1000000" text:"closes from one look to the next; 0 is by the band alone"`
	Band     float64 `param:"5" min:"0" max:"100" text:"percent of the equity that a weight may be off; 0 is by time alone"`
	MinTrade float64 `param:"10" min:"0" max:"1000000000000" text:"smaller trades, in quote, are left out"`
}

// Strategy is the definition. It trades every instrument of the run, long only.
var Strategy = strategy.Define("rebalance", build)

func build(p Params, s *strategy.Setup) (strategy.Instance, error) {
	if p.Every == 0 && p.Band == 0 {
		return nil, tradekeel.Invalidf("params.band", "must be above 0 where every is 0: nothing would ever be traded")
	}
	feeds := s.All()
	targets, err := weights(p.Weights, feeds)
	if err != nil {
		return nil, err
	}
	return &instance{params: p, portfolio: portfolio.New(feeds, p.MinTrade), targets: targets}, nil
}

// weights reads "equal" or "BTC/USDT 50, ETH/USDT 30" into fractions.
func weights(text string, feeds []*strategy.Feed) ([]float64, error) {
	out := make([]float64, len(feeds))
	if strings.TrimSpace(text) == "equal" {
		for k := range out {
			out[k] = 1 / float64(len(feeds))
		}
		return out, nil
	}
	const form = "must be equal, or a percentage for each instrument such as BTC/USDT 50, ETH/USDT 30"
	sum := 0.0
	for item := range strings.SplitSeq(text, ",") {
		fields := strings.Fields(item)
		if len(fields) != 2 {
			return nil, tradekeel.Invalidf("params.weights", form+", got %.40q", item)
		}
		percent, err := strconv.ParseFloat(strings.TrimSuffix(fields[1], "%"), 64)
		if err != nil || !(percent > 0 && percent <= 100) {
			return nil, tradekeel.Invalidf("params.weights", "must be percentages above 0 and at most 100, got %.40q", fields[1])
		}
		k := 0
		for k < len(feeds) && feeds[k].Instrument().Symbol != fields[0] {
			k++
		}
		switch {
		case k == len(feeds):
			return nil, tradekeel.Invalidf("params.weights", "names %.40q, which the run does not have; it has %s", fields[0], symbols(feeds))
		case out[k] > 0:
			return nil, tradekeel.Invalidf("params.weights", "names %s twice", fields[0])
		}
		out[k] = percent / 100
		sum += percent
	}
	if sum > 100+1e-9 {
		return nil, tradekeel.Invalidf("params.weights", "must be at most 100 percent in all, got %v", sum)
	}
	return out, nil
}

func symbols(feeds []*strategy.Feed) string {
	names := make([]string, len(feeds))
	for k, f := range feeds {
		names[k] = f.Instrument().Symbol
	}
	return strings.Join(names, ", ")
}

type instance struct {
	params    Params
	portfolio *portfolio.Portfolio
	targets   []float64
	closes    int // of the first instrument
}

// OnBar implements strategy.Instance.
func (i *instance) OnBar(b strategy.Bar, o *strategy.Orders) {
	if !i.portfolio.Feeds()[0].Fresh() {
		return
	}
	i.closes++
	if i.portfolio.Busy() {
		i.portfolio.Continue(b, o)
		return
	}
	if i.closes == 1 || i.params.Every > 0 && (i.closes-1)%i.params.Every == 0 || i.off(b) {
		i.portfolio.Move(i.targets, b, o)
	}
}

// off reports whether a weight is off by the band.
func (i *instance) off(b strategy.Bar) bool {
	if i.params.Band == 0 {
		return false
	}
	for k, w := range i.portfolio.Weights(b) {
		if order, ok := strategy.Compare(math.Abs(w-i.targets[k])*100, i.params.Band); ok && order >= 0 {
			return true
		}
	}
	return false
}

// OnOrder implements strategy.OrderListener.
func (i *instance) OnOrder(u strategy.OrderUpdate, _ *strategy.Orders) { i.portfolio.OnOrder(u) }
