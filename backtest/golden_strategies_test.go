package backtest_test

import (
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/indicator"
)

// sizing is how a reference engine sizes orders.
type sizing struct {
	size strategy.Size
}

// sizings are the sizing conventions of the reference engines.
var sizings = map[string]sizing{
	"backtestingpy":    {strategy.CashPercent(100).Whole()},
	"backtrader_allin": {strategy.CashPercent(100)},
	"backtrader_half":  {strategy.EquityPercent(50)},
	"published":        {strategy.CashPercent(100).Whole()},
}

// goldenRSI buys below 30 and leaves above 70, from its second value on.
type goldenRSI struct {
	sizing
	rsi   *strategy.Indicator
	calls int
}

func (g *goldenRSI) OnBar(b strategy.Bar, o *strategy.Orders) {
	if g.calls++; g.calls == 1 {
		return
	}
	below, _ := strategy.Compare(g.rsi.Value(), 30)
	above, _ := strategy.Compare(g.rsi.Value(), 70)
	switch {
	case below < 0 && b.Position().Flat():
		o.BuyMarket(g.size, "signal")
	case above > 0:
		o.Close("signal")
	}
}

// goldenBands buys below the lower band with a stop and a target at the venue.
type goldenBands struct {
	sizing
	lower *strategy.Indicator
	calls int
}

func (g *goldenBands) OnBar(b strategy.Bar, o *strategy.Orders) {
	if g.calls++; g.calls == 1 || !b.Position().Flat() {
		return
	}
	if order, known := strategy.Compare(b.Close(), g.lower.Value()); known && order < 0 {
		o.Buy(g.size, strategy.Because("signal"), strategy.WithStop(b.Level(0.98*b.Close())), strategy.WithTarget(b.Level(1.04*b.Close())))
	}
}

// goldenReverse closes what is open at each cross and takes its side.
type goldenReverse struct {
	sizing
	fast, slow *strategy.Indicator
}

func (g *goldenReverse) OnBar(_ strategy.Bar, o *strategy.Orders) {
	cross := strategy.Cross(g.fast, g.slow)
	if cross == 0 {
		return
	}
	o.Close("signal")
	if cross > 0 {
		o.BuyMarket(g.size, "signal")
	} else {
		o.SellMarket(g.size, "signal")
	}
}

// goldenStrategy returns a strategy of the reference folder, whether it sells short, and
// the decimals that its prices need beside those of the candles.
func goldenStrategy(engine, name string) (s strategy.Strategy, short bool, decimals int32) {
	by, known := sizings[engine]
	if !known {
		return nil, false, 0
	}
	define := func(build func(s *strategy.Setup) strategy.Instance) strategy.Strategy {
		return strategy.Define(name, func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) { return build(s), nil })
	}
	average := func(s *strategy.Setup, n int) *strategy.Indicator { return s.Indicator(s.Main(), indicator.SMA(n)) }
	switch name {
	case "rsi":
		return define(func(s *strategy.Setup) strategy.Instance {
			return &goldenRSI{sizing: by, rsi: s.Indicator(s.Main(), indicator.RSI(14))}
		}), false, 0
	case "bb":
		return define(func(s *strategy.Setup) strategy.Instance {
			lower, _ := s.Indicator(s.Main(), indicator.BBands(20, 2)).Output("lower")
			return &goldenBands{sizing: by, lower: lower}
		}), false, 2
	case "smals":
		by.size = strategy.CashPercent(90).Whole()
		return define(func(s *strategy.Setup) strategy.Instance {
			return &goldenReverse{by, average(s, 10), average(s, 30)}
		}), true, 0
	case "sma10_20_reverse":
		return define(func(s *strategy.Setup) strategy.Instance {
			return &goldenReverse{by, average(s, 10), average(s, 20)}
		}), true, 3
	default:
		return nil, false, 0
	}
}

// inFutures makes the candles those of a perpetual, which can be sold short.
func inFutures(s *market.Series) (*market.Series, exchange.Terms) {
	in := *s.Instrument
	in.Kind, in.Symbol = market.Linear, in.Symbol+":"+string(in.Quote)
	out := &market.Series{
		Instrument: &in, Timeframe: s.Timeframe, VolumeScale: s.VolumeScale,
		Time: s.Time, Open: s.Open, High: s.High, Low: s.Low, Close: s.Close, Volume: s.Volume,
	}
	return out, exchange.Terms{Kind: exchange.FuturesAccount}
}
