package document

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/tradekeel/tradekeel"
)

// ErrDocument is what every fault of a document is, by errors.Is.
var ErrDocument = &tradekeel.Error{Kind: tradekeel.Invalid, Message: "the strategy document has a fault"}

// fault is one fault of a document: where, which, and with what values. Its code and
// parameters are a message key for translations.
type fault struct {
	path, code, format string
	params             []string // name, value, name, value …
}

func newFault(path, code, format string, params ...string) *fault {
	return &fault{path, code, format, params}
}

// err makes the error that users see.
func (f *fault) err() *tradekeel.Error {
	message := f.format
	params := map[string]string{}
	for i := 0; i+1 < len(f.params); i += 2 {
		params[f.params[i]] = f.params[i+1]
		message = strings.ReplaceAll(message, "{"+f.params[i]+"}", f.params[i+1])
	}
	return &tradekeel.Error{
		Kind: tradekeel.Invalid, Code: "strategy.document." + f.code, Field: f.path, Message: message, Params: params,
	}
}

// faults collects what is wrong with a document.
type faults struct{ all []*fault }

func (fs *faults) add(path, code, format string, params ...string) {
	fs.all = append(fs.all, newFault(path, code, format, params...))
}

// err joins the faults, the first MaxFaults of them; nil without one.
func (fs *faults) err() error {
	var all []error
	for i, f := range fs.all {
		if i == MaxFaults {
			break
		}
		all = append(all, f.err())
	}
	return errors.Join(all...)
}

// unknown adds a fault about a name that is not known, and says which one was
// perhaps meant.
func (fs *faults) unknown(path, code, format, name string, known []string) {
	if best := nearest(name, known); best != "" {
		fs.add(path, code, format+`; did you mean "{suggestion}"?`, "name", clip(name), "suggestion", best)
		return
	}
	known = slices.Clone(known)
	sort.Strings(known)
	if len(known) == 0 {
		known = []string{"none"}
	}
	const most = 40
	if len(known) > most {
		known = append(known[:most], "…")
	}
	fs.add(path, code, format+"; there are: {known}", "name", clip(name), "known", strings.Join(known, ", "))
}

// nearest returns the known name nearest to a wrong one, or "".
func nearest(name string, known []string) string {
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
