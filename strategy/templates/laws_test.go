package templates_test

import (
	"encoding/json"
	"math"
	"reflect"
	"strconv"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/strategy/templates"
)

// params draws values of a strategy's parameters: those of a market that trades often.
var params = map[string]func(t *rapid.T) map[string]any{
	"grid": func(t *rapid.T) map[string]any {
		return map[string]any{
			"lower": draw(t, "lower", 1, 60), "upper": draw(t, "upper", 1, 60), "levels": rapid.IntRange(1, 40).Draw(t, "levels"),
			"spacing": rapid.SampledFrom([]string{"arithmetic", "geometric"}).Draw(t, "spacing"),
			"amount":  draw(t, "amount", 5, 900), "trailing": rapid.Bool().Draw(t, "trailing"),
			"stop": rapid.SampledFrom([]float64{0, 5, 20}).Draw(t, "stop"),
		}
	},
	"dca": func(t *rapid.T) map[string]any {
		return map[string]any{
			"base": draw(t, "base", 5, 900), "safety": draw(t, "safety", 5, 500), "safety_orders": rapid.IntRange(0, 8).Draw(t, "orders"),
			"deviation": draw(t, "deviation", 0.5, 3), "step_scale": draw(t, "step scale", 0.8, 1.3), "volume_scale": draw(t, "volume scale", 0.5, 2),
			"take_profit": rapid.SampledFrom([]float64{0, 1, 5, 20}).Draw(t, "profit"), "stop": rapid.SampledFrom([]float64{0, 3, 20}).Draw(t, "stop"),
			"every": rapid.IntRange(0, 20).Draw(t, "every"), "periodic": draw(t, "periodic", 5, 200),
			"cooldown": rapid.IntRange(0, 10).Draw(t, "cooldown"), "restart": rapid.Bool().Draw(t, "restart"),
		}
	},
	"sma_cross": func(t *rapid.T) map[string]any {
		return map[string]any{"fast": rapid.IntRange(1, 5).Draw(t, "fast"), "slow": rapid.IntRange(6, 20).Draw(t, "slow")}
	},
	"rebalance": func(t *rapid.T) map[string]any {
		return map[string]any{"every": rapid.IntRange(1, 20).Draw(t, "every"), "band": draw(t, "band", 0, 20), "min_trade": draw(t, "least", 1, 50)}
	},
	"rotation": func(t *rapid.T) map[string]any {
		return map[string]any{
			"lookback": rapid.IntRange(1, 20).Draw(t, "lookback"), "hold": 1, "every": rapid.IntRange(1, 20).Draw(t, "every"),
			"positive": rapid.Bool().Draw(t, "positive"), "invest": draw(t, "invest", 20, 100), "min_trade": draw(t, "least", 1, 50),
		}
	},
}

func draw(t *rapid.T, label string, least, most float64) float64 {
	return math.Round(rapid.Float64Range(least, most).Draw(t, label)*100) / 100
}

// walk makes candles by chance, with gaps between them and a jump now and then.
func walk(t *rapid.T, symbol string, count int) *market.Series {
	s := market.NewSeries(market.MustSpot(symbol), market.H1, 8, count)
	price := math.Pow(10, rapid.Float64Range(-2, 5).Draw(t, "start"))
	for i, step := range rapid.SliceOfN(rapid.IntRange(-40, 40), count, count).Draw(t, symbol) {
		open := price * (1 + float64(step%7)/1000)
		if price = open * (1 + float64(step)/1000); step == 40 || step == -40 {
			price *= 1 + float64(step)/200
		}
		o, c := max(int64(open*1e8), 1), max(int64(price*1e8), 1)
		s.Append(market.Bar{Time: int64(i) * int64(market.H1), Open: o, High: max(o, c), Low: min(o, c), Close: c, Volume: 1e8})
	}
	return s
}

// TestLawsOfStrategiesInGo: on any prices none sells what it has not, nor spends what it
// has not, nor is refused; books agree; a run is the same again and bar by bar.
func TestLawsOfStrategiesInGo(t *testing.T) {
	t.Parallel()
	one := templates.Factories()
	for _, f := range append(one, templates.PortfolioFactories()...) {
		t.Run(f.Name(), func(t *testing.T) {
			t.Parallel()
			fills := 0
			rapid.Check(t, func(t *rapid.T) {
				series := 1
				if f.Name() == "rebalance" || f.Name() == "rotation" {
					series = rapid.IntRange(1, 4).Draw(t, "series")
				}
				fills += checkLaws(t, f, series)
			})
			if fills < 100 {
				t.Errorf("only %d fills: nothing was looked at", fills)
			}
		})
	}
}

func checkLaws(t *rapid.T, f strategy.Factory, series int) int {
	values := params[f.Name()](t)
	raw, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	s, err := f.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	config := backtest.Config{Strategy: s, Cash: money.MustParse("1000 USDT"), Fees: exchange.FlatFee(decimal.New(1, -3))}
	count := rapid.IntRange(30, 120).Draw(t, "count")
	for i := range series {
		config.Data = append(config.Data, walk(t, "C"+strconv.Itoa(i)+"/USDT", count))
	}
	r, err := backtest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	again, err := backtest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	config.Streamed = true
	streamed, err := backtest.Run(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, other := range []*backtest.Result{again, streamed} {
		if !reflect.DeepEqual(r.Fills, other.Fills) || !reflect.DeepEqual(r.Equity, other.Equity) {
			t.Errorf("%d fills, and %d another time", len(r.Fills), len(other.Fills))
		}
	}
	for _, refused := range r.Refused {
		t.Errorf("refused: %v", refused.Err)
	}
	checkBooks(t, r)
	if amount, ok := values["amount"].(float64); ok {
		levels, _ := values["levels"].(int)
		checkGrid(t, r, decimal.NewFromFloat(amount).Mul(decimal.NewFromInt(int64(levels))))
	}
	return len(r.Fills)
}

// checkBooks counts cash and holdings by the fills alone.
func checkBooks(t *rapid.T, r *backtest.Result) {
	cash, held := r.Cash.Value, make([]decimal.Decimal, len(r.Data))
	for _, f := range r.Fills {
		in := r.Data[f.Instrument].Instrument
		quantity := in.Quantity(f.Quantity).Mul(decimal.NewFromInt(int64(f.Side)))
		held[f.Instrument] = held[f.Instrument].Add(quantity)
		cash = cash.Sub(quantity.Mul(in.Price(f.Price))).Sub(exchange.FromUnits(f.Fee))
		if cash.Sign() < 0 || held[f.Instrument].Sign() < 0 {
			t.Fatalf("after fill %d there are %s of cash and %s of %s", f.ID, cash, held[f.Instrument], in)
		}
	}
	equity := cash
	for i, s := range r.Data {
		equity = equity.Add(held[i].Mul(s.Instrument.Price(s.Close[s.Len()-1])))
	}
	if !equity.Equal(r.Final().Value) {
		t.Errorf("the fills come to an equity of %s, the books to %s", equity, r.Final())
	}
}

// checkGrid: between two sales no level buys twice, so that all together buy for at most
// their amounts.
func checkGrid(t *rapid.T, r *backtest.Result, most decimal.Decimal) {
	spent := decimal.Zero
	for _, f := range r.Fills {
		if spent = spent.Add(exchange.FromUnits(f.Notional)); f.Side == exchange.Sell {
			spent = decimal.Zero
		}
		if spent.GreaterThan(most) {
			t.Fatalf("the levels bought for %s in all, more than %s", spent, most)
		}
	}
}
