package indicator

// SMMA is the smoothed moving average of the close, Wilder's: it begins with the mean of
// the first period inputs, then moves by 1/period of the distance to each input.
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978.
func SMMA(period int) Definition { return smmaKind.of(float64(period)) }

var smmaKind = Kind{
	Name: "smma", Version: 1, Text: "smoothed moving average (Wilder's)",
	Params: []Param{period("period", 14)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newEMA(int(p[0]), 1/p[0]) },
}

// Alligator is Williams' alligator: the smoothed averages (SMMA) of the middle of the
// bars, (high + low) / 2, over 13, 8 and 5 bars, as they were 8, 5 and 3 bars ago: jaw,
// teeth and lips.
//
// Source: Bill Williams, Trading Chaos, 1995.
func Alligator() Definition { return alligatorKind.of() }

var alligatorKind = Kind{
	Name: "alligator", Version: 1, Text: "Williams' alligator",
	Params: []Param{
		period("jaw", 13), bars("jaw_shift", 8, 0), period("teeth", 8), bars("teeth_shift", 5, 0),
		period("lips", 5), bars("lips_shift", 3, 0),
	},
	Inputs: highLow, Outputs: []string{"jaw", "teeth", "lips"},
	warmup: func(p []float64) []int {
		return []int{int(p[0]+p[1]) - 1, int(p[2]+p[3]) - 1, int(p[4]+p[5]) - 1}
	},
	start: func(p []float64) Computation {
		a := &alligator{}
		for i := range a.averages {
			a.averages[i], a.shifts[i] = newEMA(int(p[2*i]), 1/p[2*i]), newDelay(int(p[2*i+1]))
		}
		return a
	},
}

type alligator struct {
	averages [3]*ema
	shifts   [3]*delay
	middle   [BlockSize]float64
}

func (a *alligator) Next(in, out [][]float64) {
	middle := a.middle[:len(in[0])]
	between(in[0], in[1], middle)
	for i, average := range a.averages {
		average.next(middle, out[i])
		a.shifts[i].next(out[i], out[i])
	}
}
