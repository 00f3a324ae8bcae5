package optimise_test

import (
	"context"
	"math"
	"runtime"
	"testing"

	"github.com/tradekeel/tradekeel/backtest/optimise"
)

// function evaluates a formula as the score.
type function struct {
	score func(p optimise.Params) float64
}

func (f function) EvaluateBatch(ctx context.Context, points []optimise.Params) ([]optimise.Outcome, error) {
	out := make([]optimise.Outcome, len(points))
	for i, p := range points {
		out[i].Figures.Score = f.score(p)
		out[i].Figures.Trades = 100
	}
	return out, ctx.Err()
}

func sphere(p optimise.Params) float64 {
	sum := 0.0
	for _, x := range p {
		d := p.Number(x.Name) - 1
		sum += d * d
	}
	return sum
}

func rosenbrock(p optimise.Params) float64 {
	x, y := p.Number("x"), p.Number("y")
	return (1-x)*(1-x) + 100*(y-x*x)*(y-x*x)
}

// branin has its least value 0.397887 at three places.
func branin(p optimise.Params) float64 {
	x, y := p.Number("x"), p.Number("y")
	b, c, t := 5.1/(4*math.Pi*math.Pi), 5/math.Pi, 1/(8*math.Pi)
	d := y - b*x*x + c*x - 6
	return d*d + 10*(1-t)*math.Cos(x) + 10
}

func least() []optimise.Objective { return []optimise.Objective{{Figure: "score", Minimise: true}} }

// TestAgainstRandom: TPE and CMA-ES find smaller values of the standard functions than
// as many random draws, over the median of fifteen seeds.
func TestAgainstRandom(t *testing.T) {
	t.Parallel()
	square := func(from, to float64) []optimise.Axis {
		return []optimise.Axis{optimise.Over("x", from, to, 0), optimise.Over("y", from, to, 0)}
	}
	five := []optimise.Axis{}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		five = append(five, optimise.Over(name, -5, 5, 0.01))
	}
	for _, c := range []struct {
		name  string
		space []optimise.Axis
		score func(optimise.Params) float64
		runs  int
		tpe   float64 // at most this part of what random draws find
		cma   float64
	}{
		{"sphere in 5", five, sphere, 200, 0.5, 0.1},
		{"Rosenbrock", square(-2, 2), rosenbrock, 200, 0.9, 0.2},
		{"Branin", []optimise.Axis{optimise.Over("x", -5, 10, 0), optimise.Over("y", 0, 15, 0)}, func(p optimise.Params) float64 { return branin(p) - 0.397887 }, 150, 0.6, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			found := map[optimise.Method]float64{}
			for _, method := range []optimise.Method{optimise.Random, optimise.TPE, optimise.CMAES} {
				var values []float64
				for seed := range uint64(15) {
					s, err := optimise.Run(t.Context(), optimise.Config{
						Study:     optimise.Study{Space: c.space, Objectives: least(), Method: method, Runs: c.runs, Seed: seed},
						Evaluator: function{score: c.score},
					})
					if err != nil {
						t.Fatal(err)
					}
					if s.Runs != int64(c.runs) {
						t.Fatalf("%s made %d runs, want %d", method, s.Runs, c.runs)
					}
					values = append(values, s.Best[0].Figures.Score)
				}
				found[method] = middle(values)
			}
			t.Logf("random %.4g, TPE %.4g, CMA-ES %.4g", found[optimise.Random], found[optimise.TPE], found[optimise.CMAES])
			if found[optimise.TPE] > c.tpe*found[optimise.Random] {
				t.Errorf("TPE found %v, random draws %v", found[optimise.TPE], found[optimise.Random])
			}
			if found[optimise.CMAES] > c.cma*found[optimise.Random] {
				t.Errorf("CMA-ES found %v, random draws %v", found[optimise.CMAES], found[optimise.Random])
			}
		})
	}
}

// TestMemory: a hundred times the runs need no more memory, whatever the method.
func TestMemory(t *testing.T) {
	space := []optimise.Axis{optimise.Over("x", 0, 999, 1), optimise.Over("y", 0, 999, 1)}
	held := func(method optimise.Method, runs int) float64 {
		study := optimise.Study{Space: space, Objectives: least(), Method: method, Runs: runs}
		if method == optimise.Grid {
			study.Space = []optimise.Axis{optimise.Over("x", 1, float64(runs), 1)}
			study.Runs = 0
		}
		most := uint64(0)
		var m runtime.MemStats
		_, err := optimise.Run(t.Context(), optimise.Config{
			Study: study, Evaluator: function{score: sphere}, Store: discard{new(optimise.Memory)}, ID: "memory",
			Progress: func(optimise.Progress) {
				runtime.GC()
				runtime.ReadMemStats(&m)
				most = max(most, m.HeapAlloc)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return float64(most)
	}
	for method, runs := range map[optimise.Method]int{optimise.Grid: 300_000, optimise.Random: 300_000, optimise.CMAES: 100_000, optimise.TPE: 4_000} {
		few, many := held(method, runs/100), held(method, runs)
		t.Logf("%s: %.1f MB for %d runs, %.1f MB for %d", method, few/1e6, runs/100, many/1e6, runs)
		if many > few+4e6 {
			t.Errorf("%s held %.0f bytes after %d runs, %.0f after %d", method, few, runs/100, many, runs)
		}
	}
}

// discard is a store that keeps nothing.
type discard struct{ *optimise.Memory }

func (discard) Append(context.Context, optimise.ID, int, []optimise.Row) error { return nil }

func middle(values []float64) float64 {
	sorted := append([]float64(nil), values...)
	for i := range sorted {
		for j := i; j > 0 && sorted[j] < sorted[j-1]; j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	return sorted[len(sorted)/2]
}
