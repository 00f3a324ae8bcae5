package optimise

import "slices"

// mostBest bounds the best rows of a summary.
const mostBest = 10

// tracker sums up rows as they come. What it holds does not grow with their number.
type tracker struct {
	of    *plan
	sum   Summary
	best  []Row
	front front
}

func newTracker(p *plan) *tracker { return &tracker{of: p, sum: Summary{plan: p}} }

// take takes a row in and reports whether it improved on those before it.
func (t *tracker) take(r Row) bool {
	t.sum.Runs++
	class := t.of.class(&r)
	switch {
	case r.State == Failed:
		t.sum.Failed++
	case r.State == Pruned:
		t.sum.Pruned++
	case class > 0:
		t.sum.Unmet++
	}
	at, _ := slices.BinarySearchFunc(t.best, r, func(a, b Row) int { return t.of.compare(&a, &b) })
	improved := class == 0 && (at == 0 && (len(t.best) == 0 || t.of.class(&t.best[0]) > 0 || t.of.value(0, &r) > t.of.value(0, &t.best[0])))
	if at < mostBest {
		t.best = slices.Insert(t.best, at, r)
		t.best = t.best[:min(len(t.best), mostBest)]
	}
	if class == 0 && t.front.add(r, t.of.values(&r)) && len(t.of.objectives) > 1 {
		improved = true
	}
	return improved
}

func (t *tracker) summary() *Summary {
	s := t.sum
	s.Best = slices.Clone(t.best)
	s.Front = slices.Clone(t.front.rows)
	slices.SortFunc(s.Front, func(a, b Row) int { return int(a.Number - b.Number) })
	s.FrontCut = t.front.full
	return &s
}
