// Package indicator computes technical indicators.
//
// A Definition says what is computed, for example MACD(12, 26, 9): which columns it
// reads, what it puts out, and after how many inputs each output begins. New starts
// a Computation of it, which takes in as many bars at a time as the caller has: a
// column of history at once, or one bar after the other as they close. Both are the
// same code, and however the bars are cut into calls, the outputs have the same
// bits; a bot may take in its history in one go and each later bar alone.
//
//	d := indicator.RSI(14)
//	rsi := make([]float64, len(closes))
//	indicator.Batch(d, [][]float64{closes}, [][]float64{rsi}) // a whole column
//
//	live := indicator.NewIncremental(d)
//	for _, c := range closes {
//		v := live.Update(c)[0] // the same values, one at a time
//	}
//
// # Warm-up
//
// An output is NaN before its warm-up is over and never after it, as long as the
// inputs are those of valid candles. The warm-up is known in advance: output k is
// first defined at input Outputs()[k].Warmup, counted from 0. The first input is the
// anchor. Averages that remember everything (EMA, RSI, ATR …) depend on it, so that
// two computations are equal when definition and anchor are.
//
// # No look-ahead
//
// Output i depends on inputs up to i alone.
//
// # NaN, zero volume, flat prices
//
// Candles hold no NaN. A NaN that a caller passes in makes NaN of every output whose
// window holds it, and of all later ones where the definition remembers everything
// or rolls a sum. Where a formula divides by zero (no volume, no movement) its
// definition says what comes out; it is never NaN.
//
// # The same bits everywhere
//
// No product is fused with a sum: Go keeps them apart where the product is converted,
// float64(a*b), on every architecture.
//
// A Definition is a value and safe for concurrent use; a Computation is for one
// goroutine.
package indicator

import (
	"github.com/tradekeel/tradekeel/market"
)

// Definition says what is computed. The functions of this package make them; a
// type of one's own may be one, too, if it keeps the laws above.
type Definition interface {
	// Key names the definition with its parameters, for example "sma(10)". Equal
	// keys mean equal outputs over equal inputs.
	Key() string
	// Validate returns an Invalid error for parameters that make no sense.
	Validate() error
	// Inputs are the columns that it reads when the user names none.
	Inputs() []market.Field
	// Outputs are what it puts out, the main one first. It must be valid.
	Outputs() []Output
	// New starts a computation. The definition must be valid.
	New() Computation
}

// Output is one line that an indicator draws.
type Output struct {
	Name string // for example "signal"
	// Warmup is the number of inputs before the first output: output Warmup counted
	// from 0 is the first that is not NaN.
	Warmup int
}

// Computation is one indicator under way over one series.
type Computation interface {
	// Next takes in the inputs that follow those of the call before, one slice for
	// each of the definition's inputs, at most BlockSize long and all of one length,
	// and fills the slices of out, one for each output and as long. It does not
	// allocate, but for growing what it keeps in the first calls.
	Next(in, out [][]float64)
}

// BlockSize is the most inputs of one call of Next: what is computed of one block
// is used while it is near in memory.
const BlockSize = 1024

// Batch fills the slices of out with the outputs of whole columns: in holds one
// column for each input of d, out one slice for each output, all as long as the
// columns.
func Batch(d Definition, in, out [][]float64) {
	if len(in) == 0 {
		return
	}
	c := d.New()
	n := len(in[0])
	inBlock, outBlock := make([][]float64, len(in)), make([][]float64, len(out))
	for first := 0; first < n; first += BlockSize {
		last := min(first+BlockSize, n)
		for k := range in {
			inBlock[k] = in[k][first:last]
		}
		for k := range out {
			outBlock[k] = out[k][first:last]
		}
		c.Next(inBlock, outBlock)
	}
}

// Of computes a definition over a whole series from its default columns, and
// returns one slice for each output.
func Of(d Definition, s *market.Series) [][]float64 {
	fields, outputs := d.Inputs(), d.Outputs()
	in, out := make([][]float64, len(fields)), make([][]float64, len(outputs))
	for k, f := range fields {
		in[k] = s.Floats(f)
	}
	for k := range out {
		out[k] = make([]float64, s.Len())
	}
	Batch(d, in, out)
	return out
}

// Incremental computes a definition one bar at a time. It is for one goroutine.
type Incremental struct {
	c        Computation
	in, out  [][]float64
	newest   []float64 // what in points to
	computed []float64 // what out points to
}

// NewIncremental starts a computation of a valid definition.
func NewIncremental(d Definition) *Incremental {
	inc := &Incremental{
		c: d.New(), newest: make([]float64, len(d.Inputs())), computed: make([]float64, len(d.Outputs())),
	}
	for k := range inc.newest {
		inc.in = append(inc.in, inc.newest[k:k+1])
	}
	for k := range inc.computed {
		inc.out = append(inc.out, inc.computed[k:k+1])
	}
	return inc
}

// Update takes in the next bar, one value for each input of the definition, and
// returns the outputs, valid until the next call.
func (inc *Incremental) Update(values ...float64) []float64 {
	copy(inc.newest, values)
	inc.c.Next(inc.in, inc.out)
	return inc.computed
}
