package optimise_test

import (
	"context"
	"math"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest/optimise"
)

// TestExamine plants each fault and sees it told, and the plateau score worked by hand.
func TestExamine(t *testing.T) {
	t.Parallel()
	two := []optimise.Axis{optimise.Over("x", 0, 10, 1), optimise.Over("y", 0, 10, 1)}
	hill := func(p optimise.Params) float64 {
		x, y := p.Number("x")-5, p.Number("y")-5
		return 10 - x*x - 2*y*y
	}
	for _, c := range []struct {
		name     string
		space    []optimise.Axis
		score    func(optimise.Params) float64
		trades   float64
		minimise bool
		plateau  float64 // NaN: undefined
		want     []string
	}{
		// Beside 10 lie 9, 9, 8 and 8.
		{"hill", two, hill, 100, false, 0.85, nil},
		{"the same, smaller is better", two, func(p optimise.Params) float64 { return 1 / (hill(p) + 100) }, 100, true, (1.0 / 110) / ((2.0/109 + 2.0/108) / 4), nil},
		{"below zero", two, func(p optimise.Params) float64 { return hill(p) - 20 }, 100, false, 10 / 11.5, nil},
		{"needle", two, func(p optimise.Params) float64 {
			if p.Number("x") == 5 && p.Number("y") == 5 {
				return 4
			}
			return 1
		}, 100, false, 0.25, []string{"lone_peak"}},
		{"slope", two, func(p optimise.Params) float64 { return 100 + p.Number("x") - p.Number("y") }, 100, false, 109.0 / 110, []string{"edge", "edge"}},
		{"few trades", two, hill, 12, false, 0.85, []string{"few_trades", "many_parameters"}},
		{"many parameters", []optimise.Axis{two[0], two[1], optimise.Over("a", 0, 1, 1), optimise.Over("b", 0, 1, 1)}, hill, 35, false, 0.9, []string{"many_parameters"}},
		{"words have no neighbours", []optimise.Axis{optimise.OneOf("kind", "a", "b", "c")}, func(optimise.Params) float64 { return 1 }, 100, false, math.NaN(), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			config := optimise.Config{
				Study:     optimise.Study{Space: c.space, Objectives: []optimise.Objective{{Figure: "score", Minimise: c.minimise}}},
				Evaluator: traded{c.score, c.trades}, Store: &optimise.Memory{}, ID: "s",
			}
			_, err := optimise.Run(t.Context(), config)
			ok(t, err)
			e, err := optimise.Examine(t.Context(), config)
			ok(t, err)
			if !(math.Abs(e.Plateau-c.plateau) < 1e-12 || math.IsNaN(e.Plateau) && math.IsNaN(c.plateau)) {
				t.Errorf("the plateau score is %v, want %v", e.Plateau, c.plateau)
			}
			var got []string
			for _, w := range e.Warnings {
				got = append(got, w.Code)
			}
			if len(got) != len(c.want) {
				t.Fatalf("warnings %v, want %v", e.Warnings, c.want)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("warnings %v, want %v", got, c.want)
				}
			}
		})
	}
}

// traded is a function whose runs made so many trades; above 1e6 they fail.
type traded struct {
	score  func(optimise.Params) float64
	trades float64
}

func (f traded) EvaluateBatch(_ context.Context, points []optimise.Params) ([]optimise.Outcome, error) {
	out := make([]optimise.Outcome, len(points))
	for i, p := range points {
		out[i].Figures.Score, out[i].Figures.Trades = f.score(p), f.trades
		if f.trades > 1e6 {
			out[i].Fault = "params.x: is not liked"
		}
	}
	return out, nil
}

func TestExamineWithoutAResult(t *testing.T) {
	t.Parallel()
	study := optimise.Study{Space: []optimise.Axis{optimise.Over("x", 0, 3, 1)}, Objectives: []optimise.Objective{{Figure: "score"}}}
	failed := optimise.Config{Study: study, Evaluator: traded{sphere, 1e9}, Store: &optimise.Memory{}, ID: "s"}
	_, err := optimise.Run(t.Context(), failed)
	ok(t, err)
	e, err := optimise.Examine(t.Context(), failed)
	ok(t, err)
	if len(e.Warnings) != 1 || e.Warnings[0].Code != "none_done" {
		t.Errorf("got %v", e.Warnings)
	}
	unmet := failed
	unmet.Evaluator, unmet.ID, unmet.Study.Require = traded{sphere, 100}, "unmet", []string{"trades > 1000"}
	_, err = optimise.Run(t.Context(), unmet)
	ok(t, err)
	e, err = optimise.Examine(t.Context(), unmet)
	ok(t, err)
	if !hasWarning(e.Warnings, "none_meets") {
		t.Errorf("got %v", e.Warnings)
	}
	unmet.ID = "unknown"
	if _, err := optimise.Examine(t.Context(), unmet); tradekeel.KindOf(err) != tradekeel.NotFound {
		t.Errorf("got %v, want not found", err)
	}
}

// TestHeat holds a map against the function it is made of.
func TestHeat(t *testing.T) {
	t.Parallel()
	score := func(x, y, z float64) float64 { return x*10 + y - z*z }
	store := &optimise.Memory{}
	_, err := optimise.Run(t.Context(), optimise.Config{
		Study: optimise.Study{
			Space:      []optimise.Axis{optimise.Over("x", 0, 9, 1), optimise.Over("y", 0, 5, 1), optimise.Over("z", -1, 2, 1)},
			Where:      []string{"x + y != 7"},
			Objectives: []optimise.Objective{{Figure: "score"}},
		},
		Evaluator: function{score: func(p optimise.Params) float64 { return score(p.Number("x"), p.Number("y"), p.Number("z")) }}, Store: store, ID: "s",
	})
	ok(t, err)
	best, err := optimise.Heat(t.Context(), store, "s", "x", "y", optimise.HeatOptions{})
	ok(t, err)
	mean, err := optimise.Heat(t.Context(), store, "s", "x", "y", optimise.HeatOptions{Mean: true})
	ok(t, err)
	for y := range 6 {
		for x := range 10 {
			want, runs := score(float64(x), float64(y), 0), 4
			middle := want - (1+0+1+4)/4.0
			if x+y == 7 {
				want, middle, runs = math.NaN(), math.NaN(), 0
			}
			if got := best.Cells[y][x]; got != want && !(math.IsNaN(got) && math.IsNaN(want)) || best.Runs[y][x] != runs {
				t.Errorf("the best at %d, %d is %v of %d runs, want %v", x, y, got, best.Runs[y][x], want)
			}
			if got := mean.Cells[y][x]; math.Abs(got-middle) > 1e-12 || math.IsNaN(got) != math.IsNaN(middle) {
				t.Errorf("the mean at %d, %d is %v, want %v", x, y, got, middle)
			}
		}
	}
	coarse, err := optimise.Heat(t.Context(), store, "s", "x", "z", optimise.HeatOptions{Most: 3})
	ok(t, err)
	if len(coarse.XValues) != 3 || coarse.XValues[1] != 4.0 || coarse.Runs[0][0] == 0 {
		t.Errorf("the columns of a coarse map begin at %v", coarse.XValues)
	}
	for _, c := range []struct {
		field, x, y string
		o           optimise.HeatOptions
	}{
		{"x", "w", "y", optimise.HeatOptions{}}, {"y", "x", "", optimise.HeatOptions{}}, {"y", "x", "x", optimise.HeatOptions{}},
		{"figure", "x", "y", optimise.HeatOptions{Figure: "sharp"}}, {"most", "x", "y", optimise.HeatOptions{Most: 5000}},
	} {
		_, err := optimise.Heat(t.Context(), store, "s", c.x, c.y, c.o)
		if faults := tradekeel.Violations(err); len(faults) != 1 || faults[0].Field != c.field {
			t.Errorf("%+v: %v, want a fault of %s", c, err, c.field)
		}
	}
}
