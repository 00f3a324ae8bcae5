package robust

import (
	"context"
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/stats"
)

// The returns by the day are those of the statistics, and so is their Sharpe ratio.
func TestDailyIsTheConvention(t *testing.T) {
	t.Parallel()
	r := ran(t)
	daily := Daily(r)
	if err := daily.Validate(); err != nil {
		t.Fatal(err)
	}
	m, deviation := moments(daily.Values)
	near(t, "mean", m, float64(r.Stats.MeanReturn), 1e-15)
	near(t, "deviation", deviation, float64(r.Stats.StdReturn), 1e-15)
	o := walk(daily.Values, math.Sqrt(365), nil, nil, 1)
	near(t, "Sharpe ratio", o.sharpe, float64(r.Stats.Sharpe), 1e-9)
	near(t, "return", o.end-1, float64(r.Stats.Return), 1e-9)
	s, err := SharpeOf(daily.Values)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "SharpeOf", s.Ratio*math.Sqrt(365), float64(r.Stats.Sharpe), 1e-9)
	bars := PerBar(r, 8760)
	o = walk(bars.Values, 1, nil, nil, 1)
	near(t, "drawdown by the bar", o.deepest, float64(r.Stats.MaxDrawdown), 1e-9)
	near(t, "return by the bar", o.end-1, float64(r.Stats.Return), 1e-9)
	if len(bars.Values) != len(r.Equity.Units) || len(bars.Times) != len(bars.Values)+1 {
		t.Errorf("%d returns and %d times of %d bars", len(bars.Values), len(bars.Times), len(r.Equity.Units))
	}
}

// One position at a time: what the trades made of the equity, multiplied, is the end.
func TestTradeReturnsMultiplyToTheEnd(t *testing.T) {
	t.Parallel()
	r := ran(t)
	trades, err := TradeReturns(r)
	if err != nil {
		t.Fatal(err)
	}
	product := 1.0
	for _, v := range trades {
		product *= 1 + v
	}
	last := r.Trades[len(r.Trades)-1]
	want := r.Equity.Units[last.ExitMoment].Float64() / startOf(r) // flat at the close after the exit
	near(t, "product", product, want, 1e-9)
}

// Three trades have six orders, whose drawdowns are worked out by hand.
func TestShuffleOfThreeTrades(t *testing.T) {
	t.Parallel()
	trades := []float64{0.5, -0.2, -0.25}
	o, err := Options{Runs: 60_000, Seed: 3}.filled()
	if err != nil {
		t.Fatal(err)
	}
	s := newSimulation(o, 3)
	random, path := &stream{}, make([]float64, 3)
	for i := range o.Runs {
		random.seed(o.Seed, i)
		random.shuffled(path, trades)
		s.keep(i, path, 1)
	}
	// Losses together, before or after the gain: 1 - 0.8 × 0.75 = 40 %, in four orders.
	// The gain between them: the larger of the two, 25 %, in two.
	shares := map[float64]float64{}
	for _, d := range s.deeps {
		shares[math.Round(d*1e9)/1e9] += 1.0 / float64(o.Runs)
	}
	if len(shares) != 2 {
		t.Fatalf("drawdowns are %v", shares)
	}
	near(t, "share of 40 %", shares[-0.4], 2.0/3, 0.01)
	near(t, "share of 25 %", shares[-0.25], 1.0/3, 0.01)
	for _, end := range s.ends {
		near(t, "end", end, 0.9, 1e-12)
	}
}

func TestShuffleTrades(t *testing.T) {
	t.Parallel()
	r := ran(t)
	m, err := ShuffleTrades(t.Context(), r, Options{Runs: 2000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	near(t, "lowest return", float64(m.Return.At(0)), float64(m.Original.Return), 1e-9)
	near(t, "highest return", float64(m.Return.At(100)), float64(m.Original.Return), 1e-9)
	if !(m.MaxDrawdown.At(5) < m.MaxDrawdown.At(50) && m.MaxDrawdown.At(50) < m.MaxDrawdown.At(95) && m.MaxDrawdown.At(95) <= 0) {
		t.Errorf("drawdowns are %v", m.MaxDrawdown)
	}
	drawn, err := ResampleTrades(t.Context(), r, Options{Runs: 2000, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	// Drawn with replacement the mean of the logarithm stays, and its deviation is
	// that of the trades × √n.
	trades, _ := TradeReturns(r)
	logs, ends := make([]float64, len(trades)), make([]float64, 0, m.Runs)
	for i, v := range trades {
		logs[i] = math.Log1p(v)
	}
	for _, v := range drawn.Return.Values() {
		ends = append(ends, math.Log1p(v))
	}
	mu, sigma := moments(logs)
	n := float64(len(logs))
	sigma *= math.Sqrt((n - 1) / n) // of the population that is drawn from
	got, spread := moments(ends)
	near(t, "mean of the logarithm", got, mu*n, 4*sigma*math.Sqrt(n)/math.Sqrt(2000))
	near(t, "its deviation", spread/(sigma*math.Sqrt(n)), 1, 0.08)
}

func TestBands(t *testing.T) {
	t.Parallel()
	r := ran(t)
	m, err := Bootstrap(t.Context(), Daily(r), BootstrapOptions{Options: Options{Runs: 500, Points: 30}})
	if err != nil {
		t.Fatal(err)
	}
	b := m.Bands
	if len(b.Values) != 5 || len(b.Steps) != 30 || len(b.Times) != 30 || len(b.Original) != 30 || b.Steps[29] != len(Daily(r).Values) {
		t.Fatalf("bands are %+v", b)
	}
	for k, band := range b.Values {
		if band[0] != 1 {
			t.Errorf("band %d begins at %v", k, band[0])
		}
		near(t, "last point", band[29]-1, float64(m.Return.At(b.Percentiles[k])), 1e-12)
		for j := range band {
			if k > 0 && band[j] < b.Values[k-1][j] {
				t.Errorf("at step %d band %d is below the one before", b.Steps[j], k)
			}
		}
	}
	near(t, "original", b.Original[29]-1, float64(r.Stats.Return), 1e-9)
	// All points, one more than the steps, on a short walk.
	at := make([]float64, 4)
	walk([]float64{0.1, -0.5, 1}, 1, []int{0, 1, 2, 3}, at, 1)
	for i, want := range []float64{1, 1.1, 0.55, 1.1} {
		near(t, "point", at[i], want, 1e-15)
	}
	if got := spread(3, 200); !slices.Equal(got, []int{0, 1, 2, 3}) {
		t.Errorf("points are %v", got)
	}
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	// quantile(c(1, 2, 4, 8), type = 7) of R.
	d := newDistribution([]float64{8, 1, math.NaN(), 4, 2}, []float64{25})
	for _, c := range []struct{ percent, want float64 }{{0, 1}, {10, 1.3}, {25, 1.75}, {50, 3}, {75, 5}, {100, 8}} {
		near(t, "percentile", float64(d.At(c.percent)), c.want, 1e-12)
	}
	if d.Count != 4 || d.Mean != 3.75 || d.Percentiles[0].Value != 1.75 {
		t.Errorf("got %+v", d)
	}
	near(t, "deviation", float64(d.Deviation), math.Sqrt(28.75/3), 1e-12)
	if d.AtMost(4) != 0.75 || d.AtMost(0) != 0 || d.AtMost(8) != 1 {
		t.Errorf("shares are %v, %v and %v", d.AtMost(4), d.AtMost(0), d.AtMost(8))
	}
	if d.At(101).Defined() || newDistribution(nil, nil).At(50).Defined() {
		t.Error("there is a percentile of nothing")
	}
}

// The same seed gives the same bits, whatever the number of workers; another does not.
func TestRepeatable(t *testing.T) {
	t.Parallel()
	r, c := ran(t), config(t)
	c.Data = c.Data[:1:1]
	c.Data[0] = c.Data[0].Slice(0, 600)
	trials := Trials{normals(1, 300, 0, 1), normals(2, 300, 0.01, 1), normals(3, 300, 0, 1)}
	signal, returns, err := Signal(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(o Options) (any, error){
		"shuffle":  func(o Options) (any, error) { return ShuffleTrades(t.Context(), r, o) },
		"resample": func(o Options) (any, error) { return ResampleTrades(t.Context(), r, o) },
		"stationary": func(o Options) (any, error) {
			return Bootstrap(t.Context(), Daily(r), BootstrapOptions{Options: o})
		},
		"moving": func(o Options) (any, error) {
			return Bootstrap(t.Context(), Daily(r), BootstrapOptions{Options: o, Blocks: Moving, Block: 7})
		},
		"noise": func(o Options) (any, error) { return Noise(t.Context(), c, NoiseOptions{Options: o}) },
		"permutation": func(o Options) (any, error) {
			return Permutation(t.Context(), signal, returns, Rotated, TestOptions{Runs: o.Runs, Seed: o.Seed, Workers: o.Workers})
		},
		"bars": func(o Options) (any, error) {
			return PermuteBars(t.Context(), c, nil, TestOptions{Runs: o.Runs, Seed: o.Seed, Workers: o.Workers})
		},
		"best of": func(o Options) (any, error) {
			return BestOf(t.Context(), trials, nil, BestOfOptions{TestOptions: TestOptions{Runs: o.Runs, Seed: o.Seed, Workers: o.Workers}})
		},
	} {
		var first any
		for _, workers := range []int{1, 2, 7} {
			got, err := run(Options{Runs: 60, Seed: 42, Workers: workers})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if first == nil {
				first = got
			} else if !reflect.DeepEqual(got, first) {
				t.Errorf("%s: %d workers give another result", name, workers)
			}
		}
		other, err := run(Options{Runs: 60, Seed: 43})
		if err != nil {
			t.Fatal(err)
		}
		a, err := json.Marshal(first)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		b, err := json.Marshal(other)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.ReplaceAll(string(a), `"seed":42`, "") == strings.ReplaceAll(string(b), `"seed":43`, "") {
			t.Errorf("%s: another seed gives the same result", name)
		}
	}
}

func TestCanceledAmidAndProgress(t *testing.T) {
	t.Parallel()
	r, c := ran(t), config(t)
	trials := Trials{normals(1, 600, 0, 1), normals(2, 600, 0, 1)}
	signal, returns, err := Signal(r)
	if err != nil {
		t.Fatal(err)
	}
	for name, run := range map[string]func(ctx context.Context, progress func(done, total int)) error{
		"shuffle": func(ctx context.Context, p func(int, int)) error {
			_, err := ShuffleTrades(ctx, r, Options{Progress: p})
			return err
		},
		"bootstrap": func(ctx context.Context, p func(int, int)) error {
			_, err := Bootstrap(ctx, Daily(r), BootstrapOptions{Options: Options{Progress: p}})
			return err
		},
		"noise": func(ctx context.Context, p func(int, int)) error {
			_, err := Noise(ctx, c, NoiseOptions{Options: Options{Progress: p}})
			return err
		},
		"permutation": func(ctx context.Context, p func(int, int)) error {
			_, err := Permutation(ctx, signal, returns, Shuffled, TestOptions{Progress: p})
			return err
		},
		"bars": func(ctx context.Context, p func(int, int)) error {
			_, err := PermuteBars(ctx, c, nil, TestOptions{Progress: p})
			return err
		},
		"overfitting": func(ctx context.Context, p func(int, int)) error {
			_, err := Overfitting(ctx, trials, OverfittingOptions{Progress: p})
			return err
		},
		"best of": func(ctx context.Context, p func(int, int)) error {
			_, err := BestOf(ctx, trials, nil, BestOfOptions{TestOptions: TestOptions{Progress: p}})
			return err
		},
	} {
		ctx, cancel := context.WithCancel(t.Context())
		last := 0
		err := run(ctx, func(done, total int) {
			if done <= last || done > total {
				t.Errorf("%s: progress went from %d to %d of %d", name, last, done, total)
			}
			last = done
			cancel()
		})
		if tradekeel.KindOf(err) != tradekeel.Canceled {
			t.Errorf("%s: canceled, got %v", name, err)
		}
		if last == 0 {
			t.Errorf("%s: no progress", name)
		}
		cancel()
	}
}

func TestInvalid(t *testing.T) {
	t.Parallel()
	r, c := ran(t), config(t)
	flat := Returns{Values: []float64{0.1, 0.2, 0.3}, PerYear: 365}
	trials := Trials{{1, 2, 3, 4}, {2, 1, 3, 4}}
	ctx := t.Context()
	shuffle := func(o Options) error {
		_, err := ShuffleTrades(ctx, r, o)
		return err
	}
	bootstrap := func(r Returns, o BootstrapOptions) error {
		_, err := Bootstrap(ctx, r, o)
		return err
	}
	permute := func(a, b []float64, order Order) error {
		_, err := Permutation(ctx, a, b, order, TestOptions{})
		return err
	}
	overfit := func(t Trials, o OverfittingOptions) error {
		_, err := Overfitting(ctx, t, o)
		return err
	}
	best := func(b []float64, o BestOfOptions) error {
		_, err := BestOf(ctx, trials, b, o)
		return err
	}
	only := func(_ any, err error) error { return err }
	bad := c
	bad.Cash.Value = bad.Cash.Value.Neg()
	few := &backtest.Result{}
	for field, err := range map[string]error{
		"runs": shuffle(Options{Runs: 9}), "runs ": shuffle(Options{Runs: 2e6}), "ruin_loss": shuffle(Options{RuinLoss: 1.1}),
		"points": shuffle(Options{Points: 1}), "points ": shuffle(Options{Points: 1e6}), "percentiles": shuffle(Options{Percentiles: []float64{50, 50}}),
		"percentiles ": shuffle(Options{Percentiles: []float64{math.NaN()}}),
		"trades":       only(ShuffleTrades(ctx, few, Options{})),
		"returns":      bootstrap(Returns{PerYear: 1, Values: []float64{1}}, BootstrapOptions{}),
		"returns ":     bootstrap(Returns{PerYear: 1, Values: []float64{1, math.NaN()}}, BootstrapOptions{}),
		"returns  ":    bootstrap(Returns{PerYear: 1, Values: []float64{1, -1.1}}, BootstrapOptions{}),
		"returns   ":   bootstrap(Returns{PerYear: 0, Values: []float64{1, 1}}, BootstrapOptions{}),
		"returns    ":  bootstrap(Returns{PerYear: 1, Values: []float64{1, 1}, Times: []int64{1}}, BootstrapOptions{}),
		"block":        bootstrap(flat, BootstrapOptions{Block: 4}), "block ": bootstrap(flat, BootstrapOptions{Block: 0.5}),
		"blocks": bootstrap(flat, BootstrapOptions{Blocks: 9}),
		"level":  only(Noise(ctx, c, NoiseOptions{Level: -1})), "cash": only(Noise(ctx, bad, NoiseOptions{})), "cash ": only(PermuteBars(ctx, bad, nil, TestOptions{})),
		"signal": permute([]float64{1}, []float64{1}, Shuffled), "signal ": permute([]float64{1, 2}, []float64{1}, Shuffled),
		"signal  ": permute([]float64{1, 2}, []float64{1, math.Inf(1)}, Shuffled), "order": permute([]float64{1, 2}, []float64{1, 2}, 5),
		"blocks ": overfit(trials, OverfittingOptions{Blocks: 3}), "blocks  ": overfit(trials, OverfittingOptions{Blocks: 22}),
		"trials": overfit(trials, OverfittingOptions{Blocks: 4}), "trials ": overfit(Trials{{1, 2}}, OverfittingOptions{Blocks: 2}),
		"trials  ": overfit(Trials{{1, 2, 3, 4}, {1, 2}}, OverfittingOptions{Blocks: 2}), "trials   ": overfit(Trials{{1, 2, 3, math.NaN()}, {1, 2, 3, 4}}, OverfittingOptions{Blocks: 2}),
		"benchmark": best([]float64{1}, BestOfOptions{}), "runs  ": best(nil, BestOfOptions{TestOptions: TestOptions{Runs: 1}}),
		"block  ":   best(nil, BestOfOptions{Block: 9}),
		"data":      func() error { _, _, err := Signal(few); return err }(),
		"returns .": only(SharpeOf([]float64{1})), "returns ..": only(SharpeOf([]float64{0.1, 0.1, 0.1})),
		"trials .": only(Deflate(Trials{{0, 0}, {0, 0}})),
	} {
		field = strings.TrimRight(field, " .")
		all := tradekeel.Violations(err)
		if len(all) == 0 || all[0].Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	t.Parallel()
	m := &MonteCarlo{
		Method: "shuffles", Loss: 0.9, Ruin: 0.6, RuinLoss: 0.5,
		Original:    Figures{Return: -0.6, MaxDrawdown: -0.1},
		Return:      newDistribution([]float64{-0.7, -0.6, 0.1}, nil),
		MaxDrawdown: newDistribution([]float64{-0.7, -0.6, -0.3}, nil),
	}
	m.warn()
	want := []string{
		"The median of the shuffles loses more than half of the start: 60.0 %.",
		"90.0 % of the shuffles end with a loss.",
		"60.0 % of the shuffles lose 50.0 % of the start at some time.",
		"The run was lucky in its order: its drawdown of 10.0 % is smaller than that of 100.0 % of the shuffles; their median is 60.0 %, one in twenty reaches 69.0 %.",
	}
	if !slices.Equal(m.Warnings, want) {
		t.Errorf("got %q", m.Warnings)
	}
	good := &MonteCarlo{
		Method: "shuffles", Original: Figures{MaxDrawdown: -0.3},
		Return: newDistribution([]float64{0.1, 0.2}, nil), MaxDrawdown: newDistribution([]float64{-0.4, -0.3, -0.2}, nil),
	}
	if good.warn(); len(good.Warnings) > 0 {
		t.Errorf("got %q", good.Warnings)
	}
}

func TestJSON(t *testing.T) {
	t.Parallel()
	m, err := Bootstrap(t.Context(), Returns{Values: []float64{0, 0, 0}, PerYear: 365}, BootstrapOptions{Options: Options{Runs: 10}})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var back MonteCarlo
	if err := json.Unmarshal(raw, &back); err != nil {
		t.Fatal(err)
	}
	if back.Original.Sharpe.Defined() || back.Sharpe.Count != 0 || back.Return.Mean != 0 || back.Block != 1 {
		t.Errorf("got %+v of %s", back, raw)
	}
	if stats.Number(m.Loss) != 0 || m.String() == "" {
		t.Errorf("a flat path loses: %s", m)
	}
}
