// Package smacross is the cross of two simple moving averages, long only: it
// buys when the fast one crosses above the slow one, and sells all when it
// crosses below.
package smacross

import (
	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// Params are the parameters of the strategy.
type Params struct {
	Fast    int     `param:"10" min:"1" max:"10000" text:"bars of the fast average"`
	Slow    int     `param:"30" min:"2" max:"10000" text:"bars of the slow average"`
	Percent float64 `param:"100" min:"0.01" max:"100" text:"how much to spend on an entry"`
	Of      string  `param:"cash" oneof:"cash equity" text:"what the percentage is of"`
	Whole   bool    `param:"false" text:"buy whole units only"`
}

// Strategy is the definition. It trades the first series of the run.
var Strategy = strategy.Define("sma_cross", build)

func build(p Params, s *strategy.Setup) (strategy.Instance, error) {
	if p.Fast >= p.Slow {
		return nil, tradekeel.Invalidf("params.fast", "must be below slow, got %d and %d", p.Fast, p.Slow)
	}
	size := strategy.CashPercent(p.Percent)
	if p.Of == "equity" {
		size = strategy.EquityPercent(p.Percent)
	}
	if p.Whole {
		size = size.Whole()
	}
	bars := s.Main()
	return &instance{
		fast: s.Indicator(bars, indicator.SMA(p.Fast)),
		slow: s.Indicator(bars, indicator.SMA(p.Slow)),
		size: size,
	}, nil
}

type instance struct {
	fast, slow *strategy.Indicator
	size       strategy.Size
}

// OnBar implements strategy.Instance.
func (i *instance) OnBar(b strategy.Bar, o *strategy.Orders) {
	switch strategy.Cross(i.fast, i.slow) {
	case 1:
		if b.Position().Flat() {
			o.BuyMarket(i.size, "cross above")
		}
	case -1:
		if b.Position().Long() {
			o.Close("cross below")
		}
	}
}

// Rules implements strategy.Ruled.
func (i *instance) Rules() (strategy.Rules, bool) {
	return strategy.Rules{
		Enter: strategy.Rule{Cross: 1, A: i.fast, B: i.slow},
		Exit:  strategy.Rule{Cross: -1, A: i.fast, B: i.slow},
		Size:  i.size,
	}, true
}
