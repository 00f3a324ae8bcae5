// Package suggest finds the name that was meant by a wrong one.
package suggest

// Nearest returns the known name nearest to a wrong one, or "" when none is near.
func Nearest(name string, known []string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := edits(name, k); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	return best
}

// edits is the number of bytes to change, add or drop to make b of a (Levenshtein),
// where two neighbours that changed places count as one; cut off for long names.
func edits(a, b string) int {
	const most = 40
	if len(a) > most || len(b) > most {
		return most
	}
	rows := [3][most + 1]int{}
	before, last, row := &rows[0], &rows[1], &rows[2]
	for j := range len(b) + 1 {
		last[j] = j
	}
	for i := range len(a) {
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
