package indicator

import "math"

// Var is the population variance of the last period inputs of the close; 0 exactly
// where they are equal.
func Var(period int) Definition { return varKind.of(float64(period)) }

var varKind = Kind{
	Name: "var", Version: 1, Text: "population variance",
	Params: []Param{bars("period", 20, 2)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return &variance{moments: newMoments(int(p[0]), false)} },
}

type variance struct {
	moments *moments
	mean    block
}

func (v *variance) Next(in, out [][]float64) {
	v.moments.next(in[0], v.mean[:len(in[0])], out[0])
}

// StdDev is so many times the population standard deviation of the last period inputs
// of the close; 0 exactly where they are equal.
func StdDev(period int, deviations float64) Definition {
	return stddevKind.of(float64(period), deviations)
}

var stddevKind = Kind{
	Name: "stddev", Version: 1, Text: "population standard deviation",
	Params: []Param{bars("period", 20, 2), factor("deviations", 1, 0.001, 1000)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		return &deviation{variance: variance{moments: newMoments(int(p[0]), true)}, factor: p[1]}
	},
}

type deviation struct {
	variance
	factor float64
}

func (d *deviation) Next(in, out [][]float64) {
	d.variance.Next(in, out)
	for i, v := range out[0] {
		out[0][i] = d.factor * v
	}
}

// ZScore is how many sample standard deviations (n - 1) the close is above the mean
// of the last period inputs; 0 where they are equal.
func ZScore(period int) Definition { return zscoreKind.of(float64(period)) }

var zscoreKind = Kind{
	Name: "zscore", Version: 1, Text: "distance from the mean in standard deviations",
	Params: []Param{bars("period", 30, 2)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		return &zscore{moments: newMoments(int(p[0]), true), factor: math.Sqrt((p[0] - 1) / p[0])}
	},
}

type zscore struct {
	moments *moments
	factor  float64 // a population deviation by the sample one
	mean    block
}

func (z *zscore) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	mean := z.mean[:len(x)]
	z.moments.next(x, mean, filled)
	for i, d := range filled {
		if d != 0 {
			filled[i] = z.factor * (x[i] - mean[i]) / d
		}
	}
}
