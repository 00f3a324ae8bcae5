package indicator

import "math"

// RSI is Wilder's relative strength index of the close: 100 × average gain / (average
// gain + average loss). Both averages begin with the mean of the first period changes
// and then move by 1/period. Without any movement it is 0.
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
func RSI(period int) Definition { return rsiKind.of(float64(period)) }

var rsiKind = Kind{
	Name: "rsi", Version: 1, Text: "relative strength index",
	Params: []Param{bars("period", 14, 2)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return &rsi{period: int(p[0])} },
}

// CMO is Chande's momentum oscillator of the close, from -100 to 100: 100 × (average
// gain - average loss) / (average gain + average loss), with the averages of RSI.
// Without any movement it is 0.
//
// Source: Tushar Chande and Stanley Kroll, The New Technical Trader, 1994; Wilder's
// averages are TA-Lib's.
func CMO(period int) Definition { return cmoKind.of(float64(period)) }

var cmoKind = Kind{
	Name: "cmo", Version: 1, Text: "Chande momentum oscillator",
	Params: []Param{bars("period", 14, 2)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return &rsi{period: int(p[0]), against: 1} },
}

type rsi struct {
	period     int
	against    float64 // how much of the loss is taken from the gain
	seen       int
	last       float64
	gain, loss float64 // sums while warming up, then averages
}

func (r *rsi) Next(in, out [][]float64) { r.next(in[0], out[0]) }

func (r *rsi) next(in, out []float64) {
	i := 0
	for ; i < len(in) && r.seen <= r.period; i++ {
		if r.seen > 0 {
			gain, loss := split(in[i] - r.last)
			r.gain += gain
			r.loss += loss
		}
		r.last = in[i]
		r.seen++
		out[i] = nan
		if r.seen > r.period {
			r.gain /= float64(r.period)
			r.loss /= float64(r.period)
			out[i] = strength(r.gain, r.loss, r.against)
		}
	}
	k := 1 / float64(r.period)
	rest := 1 - k
	last, up, down, against := r.last, r.gain, r.loss, r.against
	filled := out[i:len(in)]
	for j, x := range in[i:] {
		gain, loss := split(x - last)
		last = x
		up = float64(rest*up) + float64(k*gain)
		down = float64(rest*down) + float64(k*loss)
		filled[j] = strength(up, down, against)
	}
	r.last, r.gain, r.loss = last, up, down
}

// split returns the gain and the loss of a change, one of them 0, without a branch
// that would be wrong every other bar. Halving and adding up are exact.
func split(change float64) (gain, loss float64) {
	half := float64(change / 2)
	size := math.Abs(half)
	return size + half, size - half
}

func strength(gain, loss, against float64) float64 {
	sum := gain + loss
	if sum == 0 {
		return 0
	}
	return 100 * (gain - float64(against*loss)) / sum
}
