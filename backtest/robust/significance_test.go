package robust

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// All 24 orders of four positions, against those that are drawn.
func TestPermutationIsExact(t *testing.T) {
	t.Parallel()
	signal, returns := []float64{1, 1, 0, -1}, []float64{0.03, 0.01, -0.02, -0.01}
	s, err := Permutation(t.Context(), signal, returns, Shuffled, TestOptions{Runs: 50_000})
	if err != nil {
		t.Fatal(err)
	}
	reached, all := 0.0, 0.0
	own := product(signal, returns)
	var visit func(k int, order []float64)
	visit = func(k int, order []float64) {
		if k == len(order) {
			all++
			if product(order, returns) >= own-1e-15 {
				reached++
			}
			return
		}
		for i := k; i < len(order); i++ {
			order[k], order[i] = order[i], order[k]
			visit(k+1, order)
			order[k], order[i] = order[i], order[k]
		}
	}
	visit(0, slices.Clone(signal))
	near(t, "p", s.P, reached/all, 0.01)
	near(t, "statistic", float64(s.Statistic), own/4-0.25*0.0025, 1e-15)
}

// Where the positions know nothing, p is uniform.
func TestPermutationUnderTheNull(t *testing.T) {
	t.Parallel()
	for _, order := range []Order{Shuffled, Rotated} {
		var ps []float64
		for k := range 250 {
			random := rand.New(rand.NewPCG(uint64(k), 5))
			signal := make([]float64, 200)
			held := 0.0
			for i := range signal {
				if random.IntN(8) == 0 { // positions are held for a while
					held = 1 - held
				}
				signal[i] = held
			}
			s, err := Permutation(t.Context(), signal, normals(uint64(5000+k), 200, 0.01, 0.02), order, TestOptions{Runs: 199, Seed: uint64(k)})
			if err != nil {
				t.Fatal(err)
			}
			ps = append(ps, s.P)
		}
		uniform(t, ps)
	}
}

// uniform fails when numbers are not uniform on 0 to 1, by Kolmogorov and Smirnov at 0.1 %.
func uniform(t *testing.T, values []float64) {
	t.Helper()
	slices.Sort(values)
	n, most := float64(len(values)), 0.0
	for i, v := range values {
		most = max(most, math.Abs(v-float64(i)/n), math.Abs(v-float64(i+1)/n))
	}
	if most > 1.95/math.Sqrt(n) {
		t.Errorf("the largest distance from a uniform distribution is %v of %v numbers", most, n)
	}
}

func TestPermutationOfForesight(t *testing.T) {
	t.Parallel()
	returns := normals(1, 300, 0, 0.01)
	signal := make([]float64, len(returns))
	for i, v := range returns {
		if v > 0 {
			signal[i] = 1
		}
	}
	for _, order := range []Order{Shuffled, Rotated} {
		s, err := Permutation(t.Context(), signal, returns, order, TestOptions{Runs: 999})
		if err != nil {
			t.Fatal(err)
		}
		if order == Shuffled && s.P != 0.001 || s.P > 0.02 {
			t.Errorf("foresight has p = %v", s.P)
		}
	}
	// A position that never changes foresees nothing, however the market went.
	for i := range signal {
		signal[i] = 1
	}
	s, err := Permutation(t.Context(), signal, returns, Shuffled, TestOptions{Runs: 99})
	if err != nil || s.P != 1 || len(s.Warnings) == 0 {
		t.Errorf("buy and hold has %+v, %v", s, err)
	}
}

// The positions of a run times the returns of the market are the gross profit.
func TestSignal(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Fees.Maker, c.Fees.Taker = c.Cash.Value.Sub(c.Cash.Value), c.Cash.Value.Sub(c.Cash.Value)
	r, err := backtest.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	signal, returns, err := Signal(r)
	if err != nil {
		t.Fatal(err)
	}
	value := 1.0
	for i := range signal {
		if s := signal[i]; s != 0 && math.Abs(s-1) > 0.1 {
			t.Fatalf("position %v at %d of a strategy that is all in or out", s, i)
		}
		value *= 1 + math.Round(signal[i])*returns[i]
	}
	near(t, "end without fees", value, 1+float64(r.Stats.Return), 0.001)
}

func TestBestOfNoise(t *testing.T) {
	t.Parallel()
	var white, hansen []float64
	fooled := 0
	const samples = 100
	for k := range samples {
		r, err := BestOf(t.Context(), noiseTrials(uint64(k), 12, 200), nil, BestOfOptions{TestOptions: TestOptions{Runs: 199, Seed: uint64(k)}, Block: 1})
		if err != nil {
			t.Fatal(err)
		}
		white, hansen = append(white, r.White), append(hansen, r.Hansen)
		if r.Alone < 0.05 {
			fooled++
		}
		if r.Mean != r.Mean || r.Alone > r.White {
			t.Errorf("got %+v", r)
		}
	}
	// All have a mean of 0, the least favourable case: the p-value of the check is
	// uniform, Hansen's next to it. The best alone is "significant" far too often.
	uniform(t, white)
	uniform(t, hansen)
	if fooled < samples/4 {
		t.Errorf("the best of noise alone has p < 0.05 in %d of %d", fooled, samples)
	}
}

func TestBestOfSkill(t *testing.T) {
	t.Parallel()
	trials := noiseTrials(8, 10, 400)
	for i := range trials[4] {
		trials[4][i] += 0.002
	}
	o := BestOfOptions{TestOptions: TestOptions{Runs: 999}}
	r, err := BestOf(t.Context(), trials, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	if r.Best != 4 || r.Hansen > 0.02 || r.White > 0.02 || len(r.Warnings) > 0 {
		t.Errorf("got %v", r)
	}
	// Trials that are bad and wild blunt the reality check; Hansen's test hardly.
	for k := range 10 {
		wild := normals(uint64(900+k), 400, -0.02, 0.05)
		trials = append(trials, wild)
	}
	blunt, err := BestOf(t.Context(), trials, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	if blunt.White < 0.1 || blunt.Hansen > 0.05 {
		t.Errorf("with bad trials: %v", blunt)
	}
	// Bad beyond doubt, they leave the p-value of a weaker one where it is.
	weak := noiseTrials(8, 10, 400)
	for i := range weak[4] {
		weak[4][i] += 0.0006
	}
	before, err := BestOf(t.Context(), weak, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	for k := range 100 {
		weak = append(weak, normals(uint64(2000+k), 400, -0.01, 0.01))
	}
	after, err := BestOf(t.Context(), weak, nil, o)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "Hansen's p with a hundred bad trials", after.Hansen, before.Hansen, 0.03)
	if before.Hansen < 0.02 || before.Hansen > 0.5 {
		t.Errorf("a p of %v tells nothing", before.Hansen)
	}
	// Against itself as the benchmark the best is no better.
	same, err := BestOf(t.Context(), trials[:10], trials[4], o)
	if err != nil {
		t.Fatal(err)
	}
	if same.Hansen < 0.5 || same.Best != 4 || same.Mean != 0 || len(same.Warnings) == 0 {
		t.Errorf("against itself: %v", same)
	}
}

// One trial without blocks is a bootstrap test of a mean: its p-value is near that of
// the normal distribution.
func TestBestOfOne(t *testing.T) {
	t.Parallel()
	values := normals(2, 500, 0.0004, 0.01)
	m, deviation := moments(values)
	r, err := BestOf(t.Context(), Trials{values, make([]float64, 500)}, nil, BestOfOptions{TestOptions: TestOptions{Runs: 20_000}, Block: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "p", r.Alone, 1-cumulative(m/deviation*math.Sqrt(500)), 0.01)
}

// follow buys after a rise and sells after a fall.
var follow = strategy.Define("follow", func(_ struct{}, s *strategy.Setup) (strategy.Instance, error) {
	s.Main()
	return follower{}, nil
})

type follower struct{}

func (follower) OnBar(b strategy.Bar, o *strategy.Orders) {
	switch {
	case b.Close() > b.Open() && b.Position().Flat():
		o.BuyMarket(strategy.CashPercent(100))
	case b.Close() < b.Open():
		o.Close("fell")
	}
}

func TestPermuteBars(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Fees.Maker, c.Fees.Taker = c.Fees.Maker.Sub(c.Fees.Maker), c.Fees.Taker.Sub(c.Fees.Taker)
	c.Strategy = follow
	// Rises and falls that come in runs of ten: what rose goes on to rise.
	in := market.MustSpot("BTC/USDT")
	in.PriceScale = 2
	runs := market.NewSeries(in, market.H1, 2, 0)
	last := 10_000_00.0
	moves := normals(3, 600, 0, 0.001)
	for i := range 600 {
		move := 0.002 + moves[i]
		if i/10%2 == 1 {
			move = -move
		}
		open := int64(last)
		last *= 1 + move
		closing := int64(last)
		runs.Append(market.Bar{Time: int64(i) * int64(market.H1), Open: open, High: max(open, closing) + 100, Low: min(open, closing) - 100, Close: closing, Volume: int64(i)})
	}
	c.Data = []*market.Series{runs}
	s, err := PermuteBars(t.Context(), c, nil, TestOptions{Runs: 99})
	if err != nil {
		t.Fatal(err)
	}
	if s.P != 0.01 {
		t.Errorf("a pattern that is there has p = %v", s.P)
	}
	// In an order where the pattern is gone, p is that of chance.
	m, err := newMarkets(c.Data)
	if err != nil {
		t.Fatal(err)
	}
	random, gaps, order := &stream{}, make([]int, 600), make([]int, 600)
	var ps []float64
	for k := range 15 {
		random.seed(1, k)
		random.order(gaps)
		random.order(order)
		if c.Data, err = m.permuted(gaps, order); err != nil {
			t.Fatal(err)
		}
		s, err := PermuteBars(t.Context(), c, func(r *backtest.Result) float64 { return float64(r.Stats.Sharpe) }, TestOptions{Runs: 19, Seed: uint64(k)})
		if err != nil {
			t.Fatal(err)
		}
		ps = append(ps, s.P)
	}
	uniform(t, ps)
}

// Candles in another order keep their moves, the start, the end and the grid.
func TestPermutedCandles(t *testing.T) {
	t.Parallel()
	c := config(t)
	m, err := newMarkets(c.Data)
	if err != nil {
		t.Fatal(err)
	}
	n := c.Data[0].Len()
	random, gaps, moves := &stream{}, make([]int, n), make([]int, n)
	random.order(gaps)
	random.order(moves)
	if slices.Equal(gaps, moves) || gaps[0] != 0 || moves[0] != 0 {
		t.Fatal("the orders are wrong")
	}
	all, err := m.permuted(gaps, moves)
	if err != nil {
		t.Fatal(err)
	}
	from, to := c.Data[0], all[0]
	if err := to.Validate(); err != nil {
		t.Fatal(err)
	}
	near(t, "end", float64(to.Close[n-1])/float64(from.Close[n-1]), 1, 1e-6)
	if to.Bar(0) != from.Bar(0) || divisor(to)%divisor(from) != 0 || !slices.Equal(to.Time, from.Time) {
		t.Error("the first candle, the grid or the times are others")
	}
	moved := func(s *market.Series) []float64 {
		var out []float64
		for i := 1; i < n; i++ {
			out = append(out, math.Log(float64(s.Close[i])/float64(s.Open[i])))
		}
		slices.Sort(out)
		return out
	}
	a, b := moved(from), moved(to)
	for i := range a {
		near(t, "move", b[i], a[i], 2e-6)
	}
	volumes := func(s *market.Series) (sum wide.Int) {
		for _, v := range s.Volume {
			sum, _ = sum.Add(wide.Of(v))
		}
		return sum
	}
	if volumes(from) != volumes(to) {
		t.Error("volumes are others")
	}
}

// The range of a run, with the bars that it warms up on, is what is put in another order.
func TestPermuteBarsOfARange(t *testing.T) {
	t.Parallel()
	c := config(t)
	hours := c.Data[0]
	c.WarmFrom, c.From, c.To = time.Unix(0, hours.Time[100]), time.Unix(0, hours.Time[200]), time.Unix(0, hours.Time[700])
	r, err := backtest.Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	bars := 0
	s, err := PermuteBars(t.Context(), c, func(r *backtest.Result) float64 {
		bars = len(r.Equity.Units)
		return float64(r.Stats.Return)
	}, TestOptions{Runs: 10, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if s.Statistic != r.Stats.Return || bars != len(r.Equity.Units) {
		t.Errorf("the return is %v of %d bars, of the run %v of %d", s.Statistic, bars, r.Stats.Return, len(r.Equity.Units))
	}
	c.Actions = []backtest.Actions{{}}
	if _, err := PermuteBars(t.Context(), c, nil, TestOptions{}); tradekeel.KindOf(err) != tradekeel.Unsupported {
		t.Errorf("with splits: %v", err)
	}
	c.Actions, c.Ticks = nil, []*market.Ticks{{Instrument: c.Data[0].Instrument}}
	if _, err := PermuteBars(t.Context(), c, nil, TestOptions{}); tradekeel.KindOf(err) != tradekeel.Unsupported {
		t.Errorf("bars in another order with trades: %v", err)
	}
	if _, err := Noise(t.Context(), c, NoiseOptions{}); tradekeel.KindOf(err) != tradekeel.Unsupported {
		t.Errorf("noise with trades: %v", err)
	}
}
