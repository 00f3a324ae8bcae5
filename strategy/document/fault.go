package document

import (
	"errors"
	"slices"
	"sort"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/suggest"
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
	if best := suggest.Nearest(name, known); best != "" {
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
