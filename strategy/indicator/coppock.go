package indicator

// rate is the rate of change in percent over n inputs; over an input of 0 it is 0.
type rate struct {
	n    int
	seen int
	h    history
}

func newRate(n int) *rate { return &rate{n: n, h: history{keep: n}} }

// next fills out; NaN before n inputs came before.
func (r *rate) next(in, out []float64) {
	all, first := r.h.take(in)
	i := defined(r.seen, r.n, len(in))
	r.seen += i
	fillNaN(out[:i])
	for ; i < len(in); i++ {
		before := all[first+i-r.n]
		out[i] = 0
		if before != 0 {
			out[i] = 100 * (in[i] - before) / before
		}
	}
}

// Coppock is the Coppock curve: the average of the sums of two rates of change of the
// close, in percent, in which the newest of period sums weighs period times, the oldest
// once.
//
// Source: E. S. C. Coppock, Barron's, 15 October 1962: 10, 14 and 11 months.
func Coppock(period, long, short int) Definition {
	return coppockKind.of(float64(period), float64(long), float64(short))
}

var coppockKind = Kind{
	Name: "coppock", Version: 1, Text: "Coppock curve",
	Params: []Param{period("period", 10), period("long", 14), period("short", 11)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(max(p[1], p[2])+p[0]) - 1 }),
	start: func(p []float64) Computation {
		return &coppock{
			begin: int(max(p[1], p[2])), average: newRegression(int(p[0])),
			long: newRate(int(p[1])), short: newRate(int(p[2])),
		}
	},
}

type coppock struct {
	begin, seen int
	long, short *rate
	average     *regression
	other       [BlockSize]float64
}

func (c *coppock) Next(in, out [][]float64) {
	n, filled := len(in[0]), out[0]
	c.long.next(in[0], filled)
	c.short.next(in[0], c.other[:n])
	for i, v := range c.other[:n] {
		filled[i] += v
	}
	begin := defined(c.seen, c.begin, n)
	c.seen += begin
	c.average.linear(filled[begin:n], filled[begin:n])
}

// KST is Pring's know sure thing: the sum of four smoothed rates of change of the
// close in percent, weighed 1 to 4, and its simple average (signal). Rates are the bars
// over which the changes are taken, averages those over which each is smoothed.
//
// Source: Martin Pring, Technical Analysis of Stocks & Commodities, 1992; rates 10, 15,
// 20, 30, averages 10, 10, 10, 15 and signal 9 are the usual ones.
func KST(rates, averages [4]int, signal int) Definition {
	var p []float64
	for _, n := range append(rates[:], averages[:]...) {
		p = append(p, float64(n))
	}
	return kstKind.of(append(p, float64(signal))...)
}

var kstKind = Kind{
	Name: "kst", Version: 1, Text: "Pring's know sure thing",
	Params: []Param{
		period("rate_1", 10), period("rate_2", 15), period("rate_3", 20), period("rate_4", 30),
		period("average_1", 10), period("average_2", 10), period("average_3", 10), period("average_4", 15),
		period("signal", 9),
	},
	Inputs: ofClose, Series: 1, Outputs: []string{"kst", "signal"},
	warmup: func(p []float64) []int {
		w := kstBegin(p)
		return []int{w, w + int(p[8]) - 1}
	},
	start: func(p []float64) Computation {
		k := &kst{begin: kstBegin(p), signal: newSMA(int(p[8]))}
		for i := range k.rates {
			k.rates[i], k.averages[i] = newRate(int(p[i])), newSMA(int(p[i+4]))
		}
		return k
	},
}

func kstBegin(p []float64) int {
	w := 0
	for i := range 4 {
		w = max(w, int(p[i]+p[i+4])-1)
	}
	return w
}

type kst struct {
	begin, seen int
	rates       [4]*rate
	averages    [4]*sum
	signal      *sum
	part        [BlockSize]float64
}

func (k *kst) Next(in, out [][]float64) {
	n, line, signal := len(in[0]), out[0], out[1]
	part := k.part[:n]
	clear(line[:n])
	for i, r := range k.rates {
		begin := defined(r.seen, r.n, n)
		r.next(in[0], part)
		k.averages[i].next(part[begin:], part[begin:])
		for j, v := range part {
			line[j] += float64(float64(i+1) * v)
		}
	}
	begin := defined(k.seen, k.begin, n)
	k.seen += begin
	fillNaN(signal[:begin])
	k.signal.next(line[begin:n], signal[begin:n])
}
