package backtest_test

import (
	"context"
	"math"
	"math/bits"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// minuteYear makes 525,600 one-minute bars that walk at random from a fixed
// seed, so that averages cross some twenty thousand times, as on a real year.
func minuteYear(bars int) *market.Series { return walkOf("BTC/USDT", market.M1, bars, 20240101) }

// walkOf makes bars of a symbol that walk at random from a seed.
func walkOf(symbol string, tf market.Timeframe, bars int, seed uint64) *market.Series {
	in := market.MustSpot(symbol)
	in.PriceScale, in.QuantityScale = 2, 8
	s := market.NewSeries(in, tf, 8, bars)
	step := func(within int64) int64 {
		seed = seed*6364136223846793005 + 1442695040888963407
		return int64(seed>>33)%(2*within+1) - within
	}
	price := int64(42_000_00)
	for i := range bars {
		open := max(1_000_00, price+step(200))
		price = max(1_000_00, open+step(3000))
		s.Append(market.Bar{
			Time: 1_704_067_200_000_000_000 + int64(i)*int64(tf),
			Open: open, High: max(open, price) + 100, Low: min(open, price) - 100, Close: price, Volume: 1e8,
		})
	}
	return s
}

const benchBars = 525_600

// BenchmarkSMACross runs the SMA 10/30 cross over a year of minutes, exact, with
// the equity at every bar, round trips and statistics, beside the least code that
// gives the same final cash, fills and drawdown.
func BenchmarkSMACross(b *testing.B) {
	series := minuteYear(benchBars)
	config := backtest.Config{
		Strategy: smacross.Strategy, Data: []*market.Series{series},
		Cash: money.MustParse("1000000 USDT"), Fees: exchange.FlatFee(decimal.New(1, -4)),
	}
	perBar := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchBars, "ns/bar")
	}
	result, err := backtest.Run(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	bare := bareLoop(series, 1_000_000, 0.0001)
	final, _ := result.Final().Value.Float64()
	// Quantities are cut to eight decimals here and not there: some 20,000 cuts.
	if math.Abs(final-bare.equity) > 1e-6*final || len(result.Fills) != bare.fills {
		b.Fatalf("equity %v after %d fills, the bare loop has %v after %d", final, len(result.Fills), bare.equity, bare.fills)
	}
	if d := float64(result.Stats.MaxDrawdown) - bare.drawdown; math.Abs(d) > 1e-6 {
		b.Fatalf("drawdown %v, the bare loop has %v", result.Stats.MaxDrawdown, bare.drawdown)
	}
	b.Logf("%d fills, drawdown %s", bare.fills, result.Stats.MaxDrawdown.Percent())
	b.Run("interface", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := backtest.Run(context.Background(), config); err != nil {
				b.Fatal(err)
			}
		}
		perBar(b)
	})
	b.Run("document", func(b *testing.B) {
		c := config
		c.Strategy = document.MustParse(crossDocument)
		same, err := backtest.Run(context.Background(), c)
		if err != nil || same.Final() != result.Final() && !same.Final().Value.Equal(result.Final().Value) || len(same.Fills) != len(result.Fills) {
			b.Fatalf("the document ends with %v after %d fills, %v", same.Final(), len(same.Fills), err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := backtest.Run(context.Background(), c); err != nil {
				b.Fatal(err)
			}
		}
		perBar(b)
	})
	b.Run("bareloop", func(b *testing.B) {
		for b.Loop() {
			bareLoop(series, 1_000_000, 0.0001)
		}
		perBar(b)
	})
	b.Run("eventloop", func(b *testing.B) {
		if fills, cash := eventLoop(series, 1_000_000_00, 100); fills != len(result.Fills) || math.Abs(float64(cash)/100-final) > 1e-3*final {
			b.Fatalf("the event loop ends with %d after %d fills", cash, fills)
		}
		for b.Loop() {
			eventLoop(series, 1_000_000_00, 100)
		}
		perBar(b)
	})
	b.Run("streamed", func(b *testing.B) {
		c := config
		c.Streamed = true
		b.ReportAllocs()
		for b.Loop() {
			if _, err := backtest.Run(context.Background(), c); err != nil {
				b.Fatal(err)
			}
		}
		perBar(b)
	})
}

// crossDocument is the SMA 10/30 cross as a document.
const crossDocument = `{"name": "SMA cross", "version": 1, "timeframe": "1m", "size": {"percent_of_cash": 100},
	"let": {"fast": {"sma": [10]}, "slow": {"sma": [30]}},
	"enter": {"long": {"crosses_above": ["fast", "slow"]}}, "exit": {"long": {"crosses_below": ["fast", "slow"]}}}`

type bareResult struct {
	equity   float64
	fills    int
	drawdown float64
}

// bareLoop is the SMA 10/30 cross by hand: rolling sums of integers, all cash in
// and all out at the next open, the fee, drawdown at every close. Money is
// float64 and nothing is kept but the last numbers: the least that this work costs.
func bareLoop(s *market.Series, cash, fee float64) bareResult {
	const fast, slow = 10, 30
	unit := 1 / float64(wide.Pow10(s.Instrument.PriceScale))
	var r bareResult
	var sumFast, sumSlow int64
	held, peak, floor := 0.0, cash, cash
	before, pending := int64(0), false
	closes := s.Close
	for i, c := range closes {
		if pending {
			price := float64(s.Open[i]) * unit
			if held == 0 {
				held = cash / (price * (1 + fee))
				cash = 0
			} else {
				cash = held * price * (1 - fee)
				held = 0
			}
			r.fills++
			pending = false
		}
		sumFast += c
		sumSlow += c
		if i >= slow {
			sumFast -= closes[i-fast]
			sumSlow -= closes[i-slow]
		} else if i >= fast {
			sumFast -= closes[i-fast]
		}
		r.equity = cash + held*float64(c)*unit
		if r.equity > peak {
			peak = r.equity
			floor = peak * (1 + r.drawdown)
		} else if r.equity < floor {
			r.drawdown = r.equity/peak - 1
			floor = r.equity
		}
		if i < slow-1 {
			continue
		}
		now := sumFast*slow - sumSlow*fast
		if i >= slow {
			pending = now > 0 && before <= 0 && held == 0 || now < 0 && before >= 0 && held != 0
		}
		before = now
	}
	return r
}

// trader is a strategy as a plain event loop calls it.
type trader interface {
	onBar(bar *market.Bar, held int64) int // 1 buys, -1 sells
}

// averages is a trader: the cross of two averages, from rings of the last closes.
type averages struct {
	fast, slow       [30]int64
	lenFast, lenSlow int
	seen             int
	sumFast, sumSlow int64
	before           int64
}

func (a *averages) onBar(bar *market.Bar, held int64) int {
	i, k := a.seen%a.lenFast, a.seen%a.lenSlow
	a.sumFast += bar.Close - a.fast[i]
	a.sumSlow += bar.Close - a.slow[k]
	a.fast[i], a.slow[k] = bar.Close, bar.Close
	a.seen++
	if a.seen < a.lenSlow {
		return 0
	}
	now, before := a.sumFast*int64(a.lenSlow)-a.sumSlow*int64(a.lenFast), a.before
	a.before = now
	switch {
	case a.seen == a.lenSlow:
	case now > 0 && before <= 0 && held == 0:
		return 1
	case now < 0 && before >= 0 && held != 0:
		return -1
	}
	return 0
}

// eventLoop is a plain event loop in integers: each bar is handed to a strategy behind
// an interface, orders fill at the next open, and the equity at every bar gives the
// drawdown. Cash is in hundredths, the fee in millionths. It returns the number of fills
// and the equity at the end.
func eventLoop(s *market.Series, cash, fee int64) (fills int, equity int64) {
	const unit = 100_000_000 // of the quantity
	var t trader = &averages{lenFast: 10, lenSlow: 30}
	held, order := int64(0), 0
	peak, deepest := cash, 0.0
	for i := range s.Time {
		bar := s.Bar(i)
		if order > 0 {
			gross := cash - cash*fee/1_000_000
			units, _ := wide.Mul(gross, unit).Quo(wide.Of(bar.Open), wide.Floor)
			held, _ = units.Int64()
			cash -= gross + gross*fee/1_000_000
			fills++
		} else if order < 0 {
			gross := worth(held, bar.Open)
			cash += gross - gross*fee/1_000_000
			held = 0
			fills++
		}
		order = t.onBar(&bar, held)
		equity = cash + worth(held, bar.Close)
		if equity >= peak {
			peak = equity
		} else if down := float64(peak-equity) / float64(peak); down > deepest {
			deepest = down
		}
	}
	return fills, equity
}

// worth is what a quantity is worth at a price, in hundredths.
func worth(held, price int64) int64 {
	hi, lo := bits.Mul64(uint64(held), uint64(price))
	const unit = 100_000_000
	quotient, _ := bits.Div64(hi, lo, unit)
	return int64(quotient)
}
