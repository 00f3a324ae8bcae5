package backtest_test

import (
	"context"
	"math"
	"testing"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// rulesDocument buys a dip in a rising market: five indicators, each with a condition,
// out at a stop or a target by the range of the bars.
const rulesDocument = `{"name": "Five rules", "version": 1, "timeframe": "1m", "size": {"percent_of_cash": 100},
	"enter": {"long": {"all": [
		{"lt": [{"rsi": [14]}, 50]}, {"lt": [{"macd.histogram": [12, 26, 9]}, 0]}, {"lt": ["close", {"bbands": [20, 2]}]},
		{"gt": [{"atr": [14]}, 20]}, {"gt": ["close", {"ema": [200]}]}]}},
	"stop": {"atr": [14, 2]}, "target": {"atr": [14, 3]}}`

// BenchmarkRules5 runs a document of five conditions with a stop and a target over a
// year of minutes, beside the same by hand with floats for money.
func BenchmarkRules5(b *testing.B) {
	series := minuteYear(benchBars)
	config := backtest.Config{
		Strategy: document.MustParse(rulesDocument), Data: []*market.Series{series},
		Cash: money.MustParse("1000000 USDT"), Fees: exchange.FlatFee(decimal.New(1, -4)),
	}
	perBar := func(b *testing.B) {
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/benchBars, "ns/bar")
	}
	result, err := backtest.Run(context.Background(), config)
	if err != nil {
		b.Fatal(err)
	}
	bare := rulesLoop(series, 1_000_000, 0.0001)
	final, _ := result.Final().Value.Float64()
	if math.Abs(final-bare.equity) > 1e-5*final || len(result.Fills) != bare.fills || bare.fills < 1000 {
		b.Fatalf("equity %v after %d fills, the bare loop has %v after %d", final, len(result.Fills), bare.equity, bare.fills)
	}
	b.Logf("%d fills, drawdown %s", bare.fills, result.Stats.MaxDrawdown.Percent())
	b.Run("document", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := backtest.Run(context.Background(), config); err != nil {
				b.Fatal(err)
			}
		}
		perBar(b)
	})
	b.Run("bareloop", func(b *testing.B) {
		for b.Loop() {
			rulesLoop(series, 1_000_000, 0.0001)
		}
		perBar(b)
	})
}

// rulesLoop is rulesDocument by hand, in one loop: nothing is kept but the last numbers.
func rulesLoop(s *market.Series, cash, fee float64) bareResult {
	const warm = 199 // bars before the longest average is defined
	unit := 1 / float64(wide.Pow10(s.Instrument.PriceScale))
	var r bareResult
	held, entry, atEntry := 0.0, 0.0, 0.0
	peak, floor := cash, cash
	buying, selling := false, false
	var gain, loss, fast, slow, signal, atr, ema, sum, before float64
	started := false
	for i, c := range s.Close {
		closing, high, low := float64(c)*unit, float64(s.High[i])*unit, float64(s.Low[i])*unit
		if buying {
			entry = float64(s.Open[i]) * unit
			held, cash = cash/(entry*(1+fee)), 0
			r.fills++
		} else if selling {
			cash, held = held*float64(s.Open[i])*unit*(1-fee), 0
			r.fills++
		}
		buying, selling = false, false
		if !started {
			started, fast, slow, ema, before = true, closing, closing, closing, closing
		}
		change := closing - before
		gain += (max(change, 0) - gain) / 14
		loss += (max(-change, 0) - loss) / 14
		fast += (closing - fast) * (2.0 / 13)
		slow += (closing - slow) * (2.0 / 27)
		macd := fast - slow
		signal += (macd - signal) * (2.0 / 10)
		atr += (max(high, before) - min(low, before) - atr) / 14
		if i <= warm { // it begins with a mean
			ema += (closing - ema) / float64(i+1)
		} else {
			ema += (closing - ema) * (2.0 / 201)
		}
		before = closing
		sum += closing
		if i >= 20 {
			sum -= float64(s.Close[i-20]) * unit
		}
		r.equity = cash + held*closing
		if r.equity > peak {
			peak = r.equity
			floor = peak * (1 + r.drawdown)
		} else if r.equity < floor {
			r.drawdown = r.equity/peak - 1
			floor = r.equity
		}
		switch {
		case i < warm:
		case held == 0:
			buying = 100-100/(1+gain/loss) < 50 && macd < signal && closing < sum/20 && atr > 20 && closing > ema
			atEntry = atr
		default:
			selling = low <= entry-2*atEntry || high >= entry+3*atEntry
		}
	}
	return r
}
