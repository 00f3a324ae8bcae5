package optimise

import (
	"math"
	"slices"
)

// dominates reports whether a is at least as good as b in every objective and better in
// one. An undefined value is worse than any other.
func dominates(a, b []float64) bool {
	better := false
	for i := range a {
		x, y := a[i], b[i]
		switch {
		case math.IsNaN(x) && math.IsNaN(y):
		case math.IsNaN(x) || x < y:
			return false
		case math.IsNaN(y) || x > y:
			better = true
		}
	}
	return better
}

func (p *plan) values(r *Row) []float64 {
	out := make([]float64, len(p.objectives))
	for i := range out {
		out[i] = p.value(i, r)
	}
	return out
}

// fronts sorts points into fronts without domination: 0 for those that none dominates,
// 1 for those that only they dominate, and so on (Deb and others, A fast and elitist
// multiobjective genetic algorithm: NSGA-II, 2002, section III.A).
func fronts(points [][]float64) []int {
	n := len(points)
	rank, count := make([]int, n), make([]int, n)
	below := make([][]int, n)
	var front []int
	for i := range n {
		for j := range n {
			switch {
			case dominates(points[i], points[j]):
				below[i] = append(below[i], j)
			case dominates(points[j], points[i]):
				count[i]++
			}
		}
		if count[i] == 0 {
			front = append(front, i)
		}
	}
	for at := 0; len(front) > 0; at++ {
		var next []int
		for _, i := range front {
			rank[i] = at
			for _, j := range below[i] {
				if count[j]--; count[j] == 0 {
					next = append(next, j)
				}
			}
		}
		front = next
	}
	return rank
}

// mostFront bounds the rows of a Pareto front that are held.
const mostFront = 4096

// front is the rows that no other dominates, kept up as rows come.
type front struct {
	rows   []Row
	values [][]float64
	full   bool // more belonged to it than are kept
}

// add takes a row in and reports whether it belongs to the front. Of rows with equal
// objectives the first one stays.
func (f *front) add(r Row, values []float64) bool {
	for _, have := range f.values {
		if dominates(have, values) || slices.EqualFunc(have, values, same) {
			return false
		}
	}
	kept := 0
	for i := range f.rows {
		if !dominates(values, f.values[i]) {
			f.rows[kept], f.values[kept] = f.rows[i], f.values[i]
			kept++
		}
	}
	f.rows, f.values = f.rows[:kept], f.values[:kept]
	if kept == mostFront {
		f.full = true
		return true
	}
	f.rows, f.values = append(f.rows, r), append(f.values, values)
	return true
}

func same(a, b float64) bool { return a == b || math.IsNaN(a) && math.IsNaN(b) }
