package optimise

import (
	"encoding/binary"
	"math"
	"strings"

	"github.com/tradekeel/tradekeel"
)

// State says what became of a run.
type State uint8

// The states.
const (
	Done   State = iota // it ran to the end
	Failed              // the strategy refused the parameters or panicked; Row.Fault says why
	Pruned              // it was given up after the first part of the bars
)

// String returns the state in a word.
func (s State) String() string {
	if s < Pruned+1 {
		return [...]string{"done", "failed", "pruned"}[s]
	}
	return "unknown"
}

// Row is one run of a study. It is small and its size does not depend on the number of
// bars or trades.
type Row struct {
	// Number is the place in the study: of the combination in a grid (the last axis
	// runs fastest), of the draw else. Combinations that the constraints exclude have
	// no row.
	Number int64
	// Levels are the values of the axes, counted from 0. Study.Params turns them into
	// values.
	Levels []int
	State  State
	// Figures are those of the whole run; of a pruned one, of its first part; all NaN
	// of a failed one.
	Figures Figures
	// First is the first objective over the first part of the bars, NaN where the
	// study does not prune.
	First float64
	// Fault is why a run failed, at most mostFault bytes.
	Fault string
}

// mostFault bounds the text of a fault in a row.
const mostFault = 200

func cutFault(s string) string {
	if len(s) > mostFault {
		s = strings.ToValidUTF8(s[:mostFault-len("…")], "") + "…"
	}
	return s
}

// Encode appends the row in the form of stores: the same row gives the same bytes.
func (r *Row) Encode(to []byte) []byte {
	to = binary.AppendVarint(to, r.Number)
	to = binary.AppendUvarint(to, uint64(len(r.Levels)))
	for _, level := range r.Levels {
		to = binary.AppendUvarint(to, uint64(level))
	}
	to = append(to, byte(r.State))
	for i := range figures {
		to = appendFloat(to, *figures[i].of(&r.Figures))
	}
	to = appendFloat(to, r.First)
	return append(to, r.Fault...)
}

// appendFloat writes every NaN alike: which one a computation gives is the machine's
// affair.
func appendFloat(to []byte, v float64) []byte {
	if math.IsNaN(v) {
		v = math.NaN()
	}
	return binary.LittleEndian.AppendUint64(to, math.Float64bits(v))
}

// DecodeRow reads what Encode wrote; ErrCorrupt for anything else.
func DecodeRow(raw []byte) (Row, error) {
	bad := func(what string) (Row, error) { return Row{}, ErrCorrupt.With("", "a stored row %s", what) }
	var r Row
	n, size := binary.Varint(raw)
	if size <= 0 || n < 0 {
		return bad("has no number")
	}
	r.Number, raw = n, raw[size:]
	axes, size := binary.Uvarint(raw)
	if size <= 0 || axes > mostAxes {
		return bad("has too many axes")
	}
	raw = raw[size:]
	r.Levels = make([]int, axes)
	for i := range r.Levels {
		level, size := binary.Uvarint(raw)
		if size <= 0 || level >= mostLevels {
			return bad("has a level out of range")
		}
		r.Levels[i], raw = int(level), raw[size:]
	}
	const fixed = 1 + 8*numFigures + 8
	if len(raw) < fixed || State(raw[0]) > Pruned || len(raw) > fixed+mostFault {
		return bad("has a wrong length")
	}
	r.State, raw = State(raw[0]), raw[1:]
	for i := range figures {
		*figures[i].of(&r.Figures) = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*i:]))
	}
	r.First = math.Float64frombits(binary.LittleEndian.Uint64(raw[8*numFigures:]))
	r.Fault = string(raw[8*numFigures+8:])
	return r, nil
}

// The errors of studies.
var (
	// ErrNotFound says that a store holds no such study.
	ErrNotFound = &tradekeel.Error{Kind: tradekeel.NotFound, Code: "optimise.not_found", Message: "there is no such study"}
	// ErrChanged says that the stored rows are of another study: of other parameters,
	// methods or candles.
	ErrChanged = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "optimise.changed", Message: "the study has changed since its rows were stored"}
	// ErrBusy says that another process writes the part.
	ErrBusy = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "optimise.busy", Message: "the part is being run elsewhere"}
	// ErrCorrupt says that stored rows are damaged.
	ErrCorrupt = &tradekeel.Error{Kind: tradekeel.Internal, Code: "optimise.corrupt", Message: "the stored rows are damaged"}
	// ErrEvaluator says that an evaluator panicked or gave another number of outcomes.
	ErrEvaluator = &tradekeel.Error{Kind: tradekeel.Internal, Code: "optimise.evaluator", Message: "the evaluator failed"}
)
