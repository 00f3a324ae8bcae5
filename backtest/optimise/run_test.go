package optimise_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/backtest/optimise/optimisetest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/exchange/matching"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/book"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy/document"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

var methods = []optimise.Method{optimise.Grid, optimise.Random, optimise.TPE, optimise.CMAES}

// TestReproducible: the rows are the same bytes whatever the workers and batches; another
// seed gives others.
func TestReproducible(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	for _, method := range methods {
		t.Run(string(method), func(t *testing.T) {
			t.Parallel()
			rows := func(study optimise.Study, workers, batch int) []byte {
				store := &optimise.Memory{}
				_, err := optimise.Run(t.Context(), optimise.Config{
					Study: study, Evaluator: backtests(series), Store: store, ID: "s", Workers: workers, Batch: batch,
				})
				ok(t, err)
				return bytes.Join(optimisetest.Rows(t, store, "s", 0), nil)
			}
			study := smaStudy(method)
			if method != optimise.Grid {
				study.Runs = 120
			}
			want := rows(study, 1, 1)
			for _, c := range [][2]int{{2, 1}, {7, 1}, {3, 5}, {0, 64}} {
				if !bytes.Equal(rows(study, c[0], c[1]), want) {
					t.Errorf("%d workers with batches of %d give other rows", c[0], c[1])
				}
			}
			study.Seed++
			if other := rows(study, 2, 1); bytes.Equal(other, want) != (method == optimise.Grid) {
				t.Error("the seed decides nothing, or decides a grid")
			}
		})
	}
}

// TestRowsAreBacktests: a row has the figures of a run with its parameters.
func TestRowsAreBacktests(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	study := smaStudy(optimise.Random)
	study.Runs, study.Params = 30, json.RawMessage(`{"percent": 50, "of": "equity"}`)
	b := backtests(series)
	summary, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: b})
	ok(t, err)
	for _, row := range summary.Best {
		p := summary.Params(row)
		c := b.Config
		c.Strategy = smacross.Strategy.With(func(s *smacross.Params) {
			s.Fast, s.Slow, s.Percent, s.Of = int(p.Number("fast")), int(p.Number("slow")), 50, "equity"
		})
		result, err := backtest.Run(t.Context(), c)
		ok(t, err)
		want := optimise.Row{Number: row.Number, Levels: row.Levels, First: math.NaN(), Figures: optimise.FiguresOf(result.Stats)}
		if !bytes.Equal(row.Encode(nil), want.Encode(nil)) {
			t.Errorf("%s: %+v, the backtest has %+v", p, row.Figures, want.Figures)
		}
	}
}

// TestParts: the rows of a grid and of random draws are the same in however many parts,
// and parts run one by one and out of order give what Run gives.
func TestParts(t *testing.T) {
	t.Parallel()
	wave := function{score: func(p optimise.Params) float64 { return math.Sin(p.Number("x")) * p.Number("y") }}
	for _, method := range methods {
		study := optimise.Study{
			Space: []optimise.Axis{optimise.Over("x", 0, 30, 1), optimise.Over("y", -1, 1, 0.1)}, Where: []string{"x*y != 3"},
			Objectives: []optimise.Objective{{Figure: "score"}}, Method: method, Seed: 3,
		}
		if method != optimise.Grid {
			study.Runs = 200
		}
		all := func(parts int, apart bool) [][]byte {
			study.Parts = parts
			store := &optimise.Memory{}
			c := optimise.Config{Study: study, Evaluator: wave, Store: store, ID: "s"}
			split, err := study.Split(nil)
			ok(t, err)
			if len(split) != max(1, parts) || split[0].From != 0 {
				t.Fatalf("%d parts are %v", parts, split)
			}
			if apart {
				for i := range split {
					_, err := optimise.RunPart(t.Context(), c, len(split)-1-i)
					ok(t, err)
				}
			} else {
				_, err := optimise.Run(t.Context(), c)
				ok(t, err)
			}
			summary, err := optimise.Summarise(t.Context(), store, "s")
			ok(t, err)
			var rows [][]byte
			for i, part := range split {
				if i > 0 && part.From != split[i-1].To {
					t.Fatalf("part %d begins at %d", i, part.From)
				}
				rows = append(rows, optimisetest.Rows(t, store, "s", part.Number)...)
			}
			if int(summary.Runs) != len(rows) {
				t.Errorf("the summary counts %d of %d rows", summary.Runs, len(rows))
			}
			return rows
		}
		for _, parts := range []int{2, 7} {
			together := all(parts, false)
			if !slices.EqualFunc(all(parts, true), together, bytes.Equal) {
				t.Errorf("%s: parts run apart give other rows than together", method)
			}
			if method == optimise.Grid || method == optimise.Random {
				if !slices.EqualFunc(all(0, false), together, bytes.Equal) {
					t.Errorf("%s: %d parts give other rows than one", method, parts)
				}
			}
		}
	}
}

// TestGridAndDraws: a grid has every allowed combination once; as many draws as there
// are points have them all too, in another order.
func TestGridAndDraws(t *testing.T) {
	t.Parallel()
	study := optimise.Study{
		Space: []optimise.Axis{optimise.Over("x", 1, 9, 2), optimise.OneOf("kind", "a", "b", "c"), optimise.Over("y", 0, 0.3, 0.1)},
		Where: []string{"x >= 3", "(x - 1) / 2 + y*10 < 6"}, Objectives: []optimise.Objective{{Figure: "score"}},
	}
	var want []string
	for _, x := range []string{"3", "5", "7", "9"} {
		for _, kind := range []string{"a", "b", "c"} {
			for i, y := range []string{"0", "0.1", "0.2", "0.3"} {
				if int(x[0]-'1')/2+i < 6 {
					want = append(want, "x="+x+" kind="+kind+" y="+y)
				}
			}
		}
	}
	for _, method := range []optimise.Method{optimise.Grid, optimise.Random} {
		if study.Method = method; method == optimise.Random {
			study.Runs = 60
		}
		store := &optimise.Memory{}
		summary, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: function{score: func(optimise.Params) float64 { return 0 }}, Store: store, ID: "s"})
		ok(t, err)
		var got []string
		for r, err := range store.Rows(t.Context(), "s", 0) {
			ok(t, err)
			got = append(got, summary.Params(r).String())
		}
		if method == optimise.Random {
			if slices.Equal(got, want) {
				t.Error("the draws are in the order of the grid")
			}
			slices.Sort(got)
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %v, want %v", method, got, want)
		}
	}
}

// TestFront holds the front and the best against a search of all pairs, on points of few
// values, so that many are equal.
func TestFront(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 1))
		points := make([][3]float64, 200)
		for i := range points {
			points[i] = [3]float64{float64(rng.IntN(12)), float64(rng.IntN(12)), float64(rng.IntN(30))}
			if rng.IntN(10) == 0 {
				points[i][1] = math.NaN()
			}
		}
		summary, err := optimise.Run(t.Context(), optimise.Config{
			Study: optimise.Study{
				Space: []optimise.Axis{optimise.Over("i", 0, 199, 1)}, Require: []string{"trades > 3"},
				Objectives: []optimise.Objective{{Figure: "sharpe"}, {Figure: "volatility", Minimise: true}},
			},
			Evaluator: table(points),
		})
		ok(t, err)
		var want, got []int64
		for i, p := range points {
			dominated := p[2] <= 3
			for j, q := range points {
				if q[2] <= 3 {
					continue
				}
				vol, other := p[1], q[1]
				if math.IsNaN(vol) {
					vol = math.Inf(1)
				}
				if math.IsNaN(other) {
					other = math.Inf(1)
				}
				better := q[0] >= p[0] && other <= vol && (q[0] > p[0] || other < vol)
				dominated = dominated || better || q[0] == p[0] && other == vol && j < i
			}
			if !dominated {
				want = append(want, int64(i))
			}
		}
		for _, r := range summary.Front {
			got = append(got, r.Number)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("seed %d: the front is %v, want %v", seed, got, want)
		}
		for i, r := range summary.Best[1:] {
			if before := summary.Best[i]; before.Figures.Sharpe < r.Figures.Sharpe {
				t.Errorf("the best %d has less than the next", i)
			}
		}
	}
}

// table evaluates rows of a Sharpe ratio, a volatility and a number of trades.
type table [][3]float64

func (f table) EvaluateBatch(_ context.Context, points []optimise.Params) ([]optimise.Outcome, error) {
	out := make([]optimise.Outcome, len(points))
	for i, p := range points {
		row := f[int(p.Number("i"))]
		out[i].Figures = optimise.Figures{Sharpe: row[0], Volatility: row[1], Trades: row[2]}
	}
	return out, nil
}

// TestPatience: a part ends after so many runs without improvement, at the same row
// whatever the workers, and stays ended.
func TestPatience(t *testing.T) {
	t.Parallel()
	study := optimise.Study{
		Space: []optimise.Axis{optimise.Over("x", 0, 999, 1)}, Objectives: []optimise.Objective{{Figure: "score"}}, Patience: 25,
	}
	peak := function{score: func(p optimise.Params) float64 { return -math.Abs(p.Number("x") - 100) }}
	for _, workers := range []int{1, 4} {
		store := &optimise.Memory{}
		c := optimise.Config{Study: study, Evaluator: peak, Store: store, ID: "s", Workers: workers}
		for range 2 {
			s, err := optimise.Run(t.Context(), c)
			ok(t, err)
			if s.Runs != 126 || !slices.Equal(s.Patient, []int{0}) || s.Params(s.Best[0]).Number("x") != 100 {
				t.Errorf("%d workers: %d runs, best %v", workers, s.Runs, s.Params(s.Best[0]))
			}
			if len(optimisetest.Rows(t, store, "s", 0)) != 126 {
				t.Error("other rows were stored")
			}
		}
	}
}

// TestPrune: runs whose first part is below the median of those before are given up, the
// same ones whatever the workers; the best is found all the same.
func TestPrune(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	study := smaStudy(optimise.Random)
	study.Objectives, study.Runs, study.PruneAfter = study.Objectives[:1], 300, 0.5
	var want []byte
	for _, workers := range []int{1, 4} {
		store := &optimise.Memory{}
		s, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: backtests(series), Store: store, ID: "s", Workers: workers})
		ok(t, err)
		if s.Pruned < 50 || s.Pruned > 200 {
			t.Errorf("%d of %d runs were given up", s.Pruned, s.Runs)
		}
		for r, err := range store.Rows(t.Context(), "s", 0) {
			ok(t, err)
			if r.State == optimise.Pruned && r.Number < 64 {
				t.Errorf("run %d was given up before there was a median", r.Number)
			}
		}
		rows := bytes.Join(optimisetest.Rows(t, store, "s", 0), nil)
		if want != nil && !bytes.Equal(rows, want) {
			t.Error("other rows with more workers")
		}
		want = rows
	}
	study.Space = []optimise.Axis{optimise.Over("x", 0, 5, 1)}
	study.Where, study.Strategy = nil, ""
	if _, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: function{score: sphere}}); tradekeel.KindOf(err) != tradekeel.Unsupported {
		t.Errorf("an evaluator that cannot prune gives %v", err)
	}
}

// TestFaults: parameters that the strategy refuses make a failed row; data that cannot be
// run ends the study.
func TestFaults(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	study := smaStudy(optimise.Grid)
	study.Where, study.Space[1].Max = nil, 30
	s, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: backtests(series)})
	ok(t, err)
	if s.Runs != 39*3 || s.Failed != 31+21+11 {
		t.Errorf("%d of %d runs failed", s.Failed, s.Runs)
	}
	b := backtests(series)
	b.Config.Gaps = backtest.RejectGaps
	if _, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: b}); !errors.Is(err, backtest.ErrGaps) {
		t.Errorf("got %v, want ErrGaps", err)
	}
	for _, c := range []optimise.Config{
		{Evaluator: failing{panics: true}}, {Evaluator: failing{}},
	} {
		c.Study = optimise.Study{Space: []optimise.Axis{optimise.Over("x", 0, 9, 1)}, Objectives: least()}
		if _, err := optimise.Run(t.Context(), c); !errors.Is(err, optimise.ErrEvaluator) {
			t.Errorf("got %v, want ErrEvaluator", err)
		}
	}
}

type failing struct{ panics bool }

func (f failing) EvaluateBatch(context.Context, []optimise.Params) ([]optimise.Outcome, error) {
	if f.panics {
		panic("broken")
	}
	return nil, nil
}

// TestOtherData: rows are not gone on with over other candles, fees or another space.
func TestOtherData(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	study := smaStudy(optimise.Grid)
	study.Space[0].Max, study.Space[1].Max = 3, 20
	store := &optimise.Memory{}
	run := func(study optimise.Study, b optimise.Backtests) error {
		_, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: b, Store: store, ID: "s"})
		return err
	}
	ok(t, run(study, backtests(series)))
	changed := market.NewSeries(series.Instrument, series.Timeframe, series.VolumeScale, series.Len())
	for i := range series.Len() {
		bar := series.Bar(i)
		if i == 3000 {
			bar.Volume++
		}
		changed.Append(bar)
	}
	fees := backtests(series)
	fees.Config.Fees.Taker = fees.Config.Fees.Taker.Add(fees.Config.Fees.Taker)
	wider := study
	wider.Space = []optimise.Axis{optimise.Over("fast", 2, 4, 1), study.Space[1]}
	for name, err := range map[string]error{
		"candles": run(study, backtests(changed)), "fees": run(study, fees), "space": run(wider, backtests(series)),
	} {
		if !errors.Is(err, optimise.ErrChanged) {
			t.Errorf("other %s: %v, want ErrChanged", name, err)
		}
	}
	ok(t, run(study, backtests(series)))
}

// sizes counts the points of each batch.
type sizes struct {
	function
	largest *atomic.Int64
}

func (s sizes) EvaluateBatch(ctx context.Context, points []optimise.Params) ([]optimise.Outcome, error) {
	s.largest.Store(max(s.largest.Load(), int64(len(points))))
	return s.function.EvaluateBatch(ctx, points)
}

// TestBatch: an evaluator that asks for large batches gets them, and the rows are the same.
func TestBatch(t *testing.T) {
	t.Parallel()
	study := optimise.Study{Space: []optimise.Axis{optimise.Over("x", 1, 60, 1), optimise.Over("y", 1, 60, 1)}, Objectives: least()}
	var want [][]byte
	for _, batch := range []int{1, 1500} {
		e := sizes{function{score: sphere}, &atomic.Int64{}}
		store := &optimise.Memory{}
		_, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: e, Store: store, ID: "s", Workers: 1, Batch: batch})
		ok(t, err)
		if e.largest.Load() != int64(batch) {
			t.Errorf("the largest batch had %d points, want %d", e.largest.Load(), batch)
		}
		rows := optimisetest.Rows(t, store, "s", 0)
		if want != nil && !slices.EqualFunc(rows, want, bytes.Equal) {
			t.Error("batches give other rows")
		}
		want = rows
	}
}

// TestFingerprint: each setting that decides outcomes changes the fingerprint, and none
// is forgotten.
func TestFingerprint(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	changes := map[string]func(*backtest.Config){
		"Data":      func(c *backtest.Config) { c.Data = []*market.Series{series.Slice(0, 4000)} },
		"Cash":      func(c *backtest.Config) { c.Cash = money.MustParse("10001 USDT") },
		"Fees":      func(c *backtest.Config) { c.Fees = exchange.FeeSchedule{} },
		"Account":   func(c *backtest.Config) { c.Account.Kind = exchange.MarginAccount },
		"Model":     func(c *backtest.Config) { c.Model.Limits = matching.Touch },
		"Holdings":  func(c *backtest.Config) { c.Holdings = []money.Amount{money.MustParse("1 BNB")} },
		"Funding":   func(c *backtest.Config) { c.Funding = []*market.FundingRates{{Symbol: "BTC/USDT"}} },
		"Marks":     func(c *backtest.Config) { c.Marks = []*market.Series{series.Slice(0, 9)} },
		"Transfers": func(c *backtest.Config) { c.Transfers = []backtest.Transfer{{Amount: money.MustParse("1 USDT")}} },
		"Actions":   func(c *backtest.Config) { c.Actions = []backtest.Actions{{Symbol: "BTC/USDT"}} },
		"Ticks": func(c *backtest.Config) {
			c.Ticks = []*market.Ticks{{Instrument: series.Instrument, Time: []int64{1}, Price: []int64{1}, Quantity: []int64{1}}}
		},
		"Books": func(c *backtest.Config) {
			r, err := book.NewRecording(series.Instrument, 0)
			ok(t, err)
			ok(t, r.Add(1, true, book.Diff{Bids: []book.Level{{Price: 1, Quantity: 1}}}))
			c.Books = []book.Feed{r}
		},
		"From":       func(c *backtest.Config) { c.From = time.Unix(1, 0) },
		"To":         func(c *backtest.Config) { c.To = time.Unix(1, 0) },
		"WarmFrom":   func(c *backtest.Config) { c.WarmFrom = time.Unix(1, 0) },
		"Gaps":       func(c *backtest.Config) { c.Gaps = backtest.RejectGaps },
		"Signals":    func(c *backtest.Config) { c.Signals = []backtest.Signal{{Name: "x"}} },
		"Convention": func(c *backtest.Config) { c.Convention = stats.PerBar(8760) },
		// The strategy is the factory's; the others change no outcome.
		"Strategy": nil, "Progress": nil, "Streamed": nil,
	}
	seen := map[string]string{}
	for field := range reflect.TypeFor[backtest.Config]().Fields() {
		name := field.Name
		change, there := changes[name]
		if !there {
			t.Errorf("backtest.Config has %s: take it into Backtests.Fingerprint and into this test", name)
		}
		b := backtests(series)
		switch {
		case change != nil:
			change(&b.Config)
		case seen["nothing"] != "":
			continue
		default:
			name = "nothing"
		}
		finger, err := b.Fingerprint()
		ok(t, err)
		for other, have := range seen {
			if have == finger {
				t.Errorf("%s and %s have one fingerprint", name, other)
			}
		}
		seen[name] = finger
	}
	b := backtests(series)
	b.Config.Convention = stats.PerBar(365)
	if finger, err := b.Fingerprint(); err != nil || finger == seen["Convention"] {
		t.Errorf("two conventions of one name have one fingerprint, %v", err)
	}
}

// TestProgress counts up to the total, tells the time left and what is best so far.
func TestProgress(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	var last optimise.Progress
	left := false
	var calls atomic.Int32
	_, err = optimise.Run(t.Context(), optimise.Config{
		Study: smaStudy(optimise.Grid), Evaluator: backtests(series),
		Allow: func(p optimise.Params) bool { calls.Add(1); return p.Number("slow") != 100 },
		Progress: func(p optimise.Progress) {
			if p.Done < last.Done || p.Done > p.Total {
				t.Errorf("%d of %d came after %d", p.Done, p.Total, last.Done)
			}
			left = left || p.Left > 0
			last = p
		},
	})
	ok(t, err)
	if last.Done != 716-39 || last.Total != last.Done || !left || last.Best == nil || calls.Load() == 0 {
		t.Errorf("at the end %+v, time left told: %v", last, left)
	}
}

// TestDocument searches the parameters of a strategy that is a document.
func TestDocument(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	d := document.MustParse(`{"name": "dip", "version": 1, "timeframe": "1h",
		"params": {"low": {"default": 30, "min": 10, "max": 40, "step": 10}, "bars": {"default": 14, "min": 5, "max": 20, "step": 5}},
		"let": {"rsi": {"rsi": ["close", "$bars"]}},
		"enter": {"long": {"crosses_above": ["rsi", "$low"]}}, "exit": {"long": {"gt": ["rsi", 65]}}, "size": {"percent_of_cash": 100}}`)
	space, err := optimise.SpaceOf(d.Parameters())
	ok(t, err)
	b := backtests(series)
	b.Factory = d
	s, err := optimise.Run(t.Context(), optimise.Config{Study: optimise.Study{Strategy: "dip", Space: space, Objectives: []optimise.Objective{{Figure: "return"}}}, Evaluator: b})
	ok(t, err)
	if s.Runs != 16 || s.Failed != 0 || !strings.Contains(s.Params(s.Best[0]).String(), "low=") {
		t.Errorf("%d runs, %d failed, best %s", s.Runs, s.Failed, s.Params(s.Best[0]))
	}
}
