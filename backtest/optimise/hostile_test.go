package optimise_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest/optimise"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

// TestHostileStudies: what is wrong with a study is told with its field, before anything
// runs, and all of it at once.
func TestHostileStudies(t *testing.T) {
	t.Parallel()
	series, err := hours()
	ok(t, err)
	many := make([]string, 65)
	for i := range many {
		many[i] = "fast < slow"
	}
	for field, change := range map[string]func(*optimise.Study){
		"strategy":      func(s *optimise.Study) { s.Strategy = "sma_crss" },
		"space":         func(s *optimise.Study) { s.Space, s.Where = nil, nil },
		"space.0":       func(s *optimise.Study) { s.Space[0].Name, s.Where = "", nil },
		"space.fsat":    func(s *optimise.Study) { s.Space[0].Name, s.Where = "fsat", nil },
		"space.fast":    func(s *optimise.Study) { s.Space[0].Min = 0 },
		"space.slow":    func(s *optimise.Study) { s.Space[1].Max = math.Inf(1) },
		"space.percent": func(s *optimise.Study) { s.Space = append(s.Space, optimise.Over("percent", 1, 100, 0)) },
		"space.of":      func(s *optimise.Study) { s.Space = append(s.Space, optimise.OneOf("of", "cash", "gold")) },
		"space.whole":   func(s *optimise.Study) { s.Space = append(s.Space, optimise.OneOf("whole", "false", "yes")) },
		"where.0":       func(s *optimise.Study) { s.Where[0] = "fast << slow" },
		"where.1":       func(s *optimise.Study) { s.Where = append(s.Where, "fast < slwo") },
		"where":         func(s *optimise.Study) { s.Where = many },
		"require.0":     func(s *optimise.Study) { s.Require[0] = "trade >= 30" },
		"objectives":    func(s *optimise.Study) { s.Objectives = nil },
		"objectives.0":  func(s *optimise.Study) { s.Objectives[0].Figure = "sharp" },
		"objectives.1":  func(s *optimise.Study) { s.Objectives[1] = s.Objectives[0] },
		"params":        func(s *optimise.Study) { s.Params = json.RawMessage(`[1]`) },
		"params.fast":   func(s *optimise.Study) { s.Params = json.RawMessage(`{"fast": 3}`) },
		"params.percnt": func(s *optimise.Study) { s.Params = json.RawMessage(`{"percnt": 3}`) },
		"runs":          func(s *optimise.Study) { s.Runs = 10 },
		"method":        func(s *optimise.Study) { s.Method = "genetic" },
		"parts":         func(s *optimise.Study) { s.Parts = -1 },
		"generation":    func(s *optimise.Study) { s.Generation = 1e9 },
		"patience":      func(s *optimise.Study) { s.Patience = -1 },
		"prune_after":   func(s *optimise.Study) { s.PruneAfter = math.NaN() },
		"runs (of TPE)": func(s *optimise.Study) { s.Method = optimise.TPE },
		"space.of (of CMA-ES)": func(s *optimise.Study) {
			s.Space[0], s.Method, s.Runs, s.Where = optimise.OneOf("of", "cash"), optimise.CMAES, 5, nil
		},
		"space (too large)": func(s *optimise.Study) {
			s.Space[0].Max = 100
			s.Space = append(s.Space, optimise.Over("percent", 1, 100, 0.0001))
		},
		"space.fast (steps)": func(s *optimise.Study) { s.Space[0].Step = 0.5 },
		"space.fast (twice)": func(s *optimise.Study) { s.Space = append(s.Space, s.Space[0]) },
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			study := smaStudy(optimise.Grid)
			change(&study)
			store := &optimise.Memory{}
			_, err := optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: backtests(series), Store: store, ID: "s"})
			want, _, _ := strings.Cut(field, " ")
			faults := tradekeel.Violations(err)
			if len(faults) != 1 || faults[0].Field != want || faults[0].Message == "" {
				t.Errorf("got %v, want one fault of %s", err, want)
			}
			if _, err := store.Study(t.Context(), "s"); err == nil {
				t.Error("it was stored")
			}
		})
	}
	study := smaStudy(optimise.Grid)
	study.Space[0].Name, study.Objectives[0].Figure, study.Require[0] = "fsat", "x", "1"
	if faults := tradekeel.Violations(study.Validate(smacross.Strategy.Parameters())); len(faults) != 4 { // the condition names fast too
		t.Errorf("several faults are told as %v", faults)
	}
	for field, c := range map[string]optimise.Config{
		"evaluator": {}, "workers": {Evaluator: function{}, Workers: -1}, "batch": {Evaluator: function{}, Batch: -1},
		"id": {Evaluator: function{}, Store: &optimise.Memory{}}, "strategy": {Evaluator: optimise.Backtests{}},
	} {
		c.Study = optimise.Study{Space: []optimise.Axis{optimise.Over("x", 0, 1, 1)}, Objectives: least()}
		_, err := optimise.Run(t.Context(), c)
		if faults := tradekeel.Violations(err); len(faults) != 1 || faults[0].Field != field {
			t.Errorf("got %v, want a fault of %s", err, field)
		}
	}
}

// TestConditions compares conditions with the same in Go.
func TestConditions(t *testing.T) {
	t.Parallel()
	for source, holds := range map[string]func(x, y float64) bool{
		"x < y":                  func(x, y float64) bool { return x < y },
		"x + 2 <= y * 3 - 1":     func(x, y float64) bool { right := y*3 - 1; return x+2 <= right },
		" -x>= -(y - 2) * 2 ":    func(x, y float64) bool { return -x >= -(y-2)*2 },
		"x - 1 - 1 > y / 2 / 2":  func(x, y float64) bool { return x-1-1 > y/2/2 },
		"x == y":                 func(x, y float64) bool { return x == y },
		"x*x != 4":               func(x, _ float64) bool { return x*x != 4 },
		"10 / x > y":             func(x, y float64) bool { return 10/x > y },
		"(x - x) / (y - y) != 1": func(_, _ float64) bool { return false }, // undefined
		"1.5e1 > x * (y + .5)":   func(x, y float64) bool { return 15 > x*(y+.5) },
	} {
		want := 0
		for x := range 6 {
			for y := range 6 {
				if holds(float64(x), float64(y)) {
					want++
				}
			}
		}
		s, err := optimise.Run(t.Context(), optimise.Config{
			Study: optimise.Study{
				Space: []optimise.Axis{optimise.Over("x", 0, 5, 1), optimise.Over("y", 0, 5, 1)}, Where: []string{source}, Objectives: least(),
			},
			Evaluator: function{score: sphere},
		})
		ok(t, err)
		if int(s.Runs) != want {
			t.Errorf("%q holds at %d points, want %d", source, s.Runs, want)
		}
	}
}

// FuzzCondition: whatever is written, a condition is read or refused with its field.
func FuzzCondition(f *testing.F) {
	for _, source := range []string{"x < y", "x", "", "((((x", "x < < y", "-x--1 >= y*2/0", "1e999 < x", "x<y y", "é < x", "x = y", strings.Repeat("(", 400), strings.Repeat("-", 400) + "1<x"} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		study := optimise.Study{
			Space: []optimise.Axis{optimise.Over("x", 0, 2, 1), optimise.Over("y", 0, 2, 1)}, Where: []string{source}, Objectives: least(),
		}
		err := study.Validate(nil)
		if err == nil {
			_, err = optimise.Run(t.Context(), optimise.Config{Study: study, Evaluator: function{score: sphere}})
			ok(t, err)
			return
		}
		if faults := tradekeel.Violations(err); len(faults) != 1 || faults[0].Field != "where.0" {
			t.Fatalf("%q gives %v", source, err)
		}
	})
}

// FuzzDecodeRow: bytes are a row or ErrCorrupt; what is a row is written as it was read.
func FuzzDecodeRow(f *testing.F) {
	for _, r := range someRows(0, 3) {
		f.Add(r.Encode(nil))
	}
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := optimise.DecodeRow(raw)
		if err != nil {
			return
		}
		again, err := optimise.DecodeRow(r.Encode(nil))
		if err != nil || fmt.Sprint(again) != fmt.Sprint(r) {
			t.Fatalf("%v came back as %v, %v", r, again, err)
		}
	})
}
