// Package indicator computes indicators in two forms with one definition: Blocks
// over a column, and a Stepper that takes one value at a time. Both give the same
// bits at every bar.
//
// An indicator never looks ahead: output i depends on inputs up to i only. It is
// NaN before its warm-up is over, and the warm-up is known in advance. It is
// keyed by its definition (Key) and by its anchor, the first input it was given.
//
// Definitions are values and safe for concurrent use; a Stepper is for one
// goroutine.
package indicator

import (
	"math"
	"strconv"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Definition says how an indicator is computed from one column.
type Definition interface {
	// Key names the definition with its parameters, for example "sma(10)". Equal
	// keys mean equal outputs.
	Key() string
	// Validate returns an Invalid error for parameters that make no sense.
	Validate() error
	// Warmup is the number of inputs before the first output: output Warmup()
	// counting from 0 is the first that is not NaN, when no input is NaN.
	Warmup() int
	// Source is the column that it reads when the user names none.
	Source() market.Field
	// Blocks starts a new computation over a column, a block at a time.
	Blocks() Blocks
	// Stepper starts a new incremental computation.
	Stepper() Stepper
}

// BlockSize is the number of outputs that a block holds, but for the last one.
const BlockSize = 4096

// Blocks computes a column block after block, so that what is computed is used
// while it is near in memory.
type Blocks interface {
	// Next fills out with the outputs of the inputs from first on. Calls follow each
	// other without a gap; first is a multiple of BlockSize. It reads inputs up to
	// the last of the block only, and does not allocate.
	Next(in []float64, first int, out []float64)
}

// Batch fills out, as long as in, with the outputs of a whole column.
func Batch(d Definition, in, out []float64) {
	b := d.Blocks()
	for first := 0; first < len(in); first += BlockSize {
		last := min(first+BlockSize, len(in))
		b.Next(in[:last], first, out[first:last])
	}
}

// Stepper computes one output for each input.
type Stepper interface {
	Step(in float64) float64
}

// SMA is the simple moving average of the last period inputs of the close.
//
// The sum rolls: one addition and one subtraction an input. Rounding would let
// it drift, so that it is added up anew every 1024 inputs counted from the
// anchor; the result stays within 1e-12 of the true mean, relative to the
// largest input in between. A NaN among the inputs gives NaN until the sum has
// been added up anew without it.
func SMA(period int) Definition { return sma(period) }

type sma int

// renew is the number of inputs between two fresh sums of a rolling sum.
const renew = 1024

const maxPeriod = 1_000_000

func (n sma) Key() string          { return "sma(" + strconv.Itoa(int(n)) + ")" }
func (n sma) Warmup() int          { return int(n) - 1 }
func (n sma) Source() market.Field { return market.Close }

func (n sma) Validate() error {
	if n < 1 || n > maxPeriod {
		return tradekeel.Invalidf("period", "must be between 1 and %d, got %d", maxPeriod, int(n))
	}
	return nil
}

// Blocks needs no state: a fresh sum begins each block.
func (n sma) Blocks() Blocks { return n }

func (n sma) Next(in []float64, from int, out []float64) {
	period := int(n)
	divisor := float64(period)
	end := from + len(out)
	in = in[:end]
	warm := min(max(period-1, from), end)
	for i := range out[:warm-from] {
		out[i] = math.NaN()
	}
	for first := warm; first < end; {
		// A run up to the next renewal: a fresh sum, then rolling.
		last := min((first/renew+1)*renew, end)
		sum := total(in[first+1-period : first+1])
		out[first-from] = sum / divisor
		leaving, entering, filled := in[first+1-period:last-period], in[first+1:last], out[first+1-from:last-from]
		for i, v := range entering {
			sum += v - leaving[i]
			filled[i] = sum / divisor
		}
		first = last
	}
}

func total(in []float64) float64 {
	sum := 0.0
	for _, v := range in {
		sum += v
	}
	return sum
}

func (n sma) Stepper() Stepper { return &smaStepper{window: make([]float64, n), divisor: float64(n)} }

type smaStepper struct {
	window  []float64 // a ring; at is the oldest once it is full
	at      int
	seen    int
	sum     float64
	divisor float64
}

func (s *smaStepper) Step(in float64) float64 {
	leaving := s.window[s.at]
	s.window[s.at] = in
	if s.at++; s.at == len(s.window) {
		s.at = 0
	}
	s.seen++
	if s.seen < len(s.window) {
		return math.NaN()
	}
	if s.seen == len(s.window) || (s.seen-1)%renew == 0 {
		s.sum = total(s.window[s.at:])
		for _, v := range s.window[:s.at] { // oldest first, as Batch adds
			s.sum += v
		}
	} else {
		s.sum += in - leaving
	}
	return s.sum / s.divisor
}
