// Package strategy says what a strategy is: a definition with named parameters
// that builds a new instance for each run, and an instance that is called at
// each bar with what is known by then and answers with orders.
//
//	type Params struct {
//		Lookback int `param:"20" min:"5" max:"200"`
//	}
//
//	var Momentum = strategy.Define("momentum", func(p Params, s *strategy.Setup) (strategy.Instance, error) {
//		btc := s.Bars("BTC/USDT", market.H1)
//		return &momentum{mean: s.Indicator(btc, indicator.SMA(p.Lookback))}, nil
//	})
//
//	func (m *momentum) OnBar(b strategy.Bar, o *strategy.Orders) {
//		switch {
//		case b.Close() > m.mean.Value() && b.Position().Flat():
//			o.BuyMarket(strategy.EquityPercent(25))
//		case b.Close() < m.mean.Value():
//			o.Close("momentum lost")
//		}
//	}
//
// # When an instance is called
//
// OnBar is called once a moment: when every bar that closes at that time has
// been taken in, and not before all indicators of the instance are past their
// warm-up. What it sees ends at that close. Orders that it sends are decided at
// that close; on candles a market order then fills at the next open.
//
// A definition is immutable and safe for concurrent use; an instance belongs to
// one run and is called by one goroutine at a time.
package strategy
