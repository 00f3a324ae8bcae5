package indicator

// DEMA is the double exponential moving average of the close, 2·e1 - e2, where e1 is
// EMA(period) of the inputs and e2 the same of e1. Each begins with the mean of its
// first period inputs.
//
// Source: Patrick Mulloy, Smoothing Data with Faster Moving Averages, 1994.
func DEMA(period int) Definition { return demaKind.of(float64(period)) }

var demaKind = Kind{
	Name: "dema", Version: 1, Text: "double exponential moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return 2 * (int(p[0]) - 1) }),
	start:  func(p []float64) Computation { return &dema{newCascade(2, int(p[0]))} },
}

// TEMA is the triple exponential moving average of the close, 3·e1 - 3·e2 + e3, where
// e1 is EMA(period) of the inputs, e2 the same of e1, e3 of e2. Each begins with the
// mean of its first period inputs.
//
// Source: Patrick Mulloy, Smoothing Data with Less Lag, 1994.
func TEMA(period int) Definition { return temaKind.of(float64(period)) }

var temaKind = Kind{
	Name: "tema", Version: 1, Text: "triple exponential moving average",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return 3 * (int(p[0]) - 1) }),
	start:  func(p []float64) Computation { return &tema{newCascade(3, int(p[0]))} },
}

// T3 is Tillson's average of the close: six exponential averages of period, each of
// the one before, of which the last four are weighed by the volume factor, from 0
// (the triple average e3) to 1 (DEMA of DEMA of DEMA). Each begins with the mean of its
// first period inputs.
//
// Source: Tim Tillson, Better Moving Averages, 1998.
func T3(period int, volumeFactor float64) Definition {
	return t3Kind.of(float64(period), volumeFactor)
}

var t3Kind = Kind{
	Name: "t3", Version: 1, Text: "Tillson's T3 moving average",
	Params: []Param{period("period", 5), factor("volume_factor", 0.7, 0, 1)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return 6 * (int(p[0]) - 1) }),
	start: func(p []float64) Computation {
		v := p[1]
		square := float64(v * v)
		cube := float64(square * v)
		return &t3{
			newCascade(6, int(p[0])),
			1 + float64(3*v) + float64(3*square) + cube,
			-float64(3*v) - float64(6*square) - float64(3*cube),
			float64(3*square) + float64(3*cube),
			-cube,
		}
	},
}

// TRIX is the change in percent, from one bar to the next, of the triple exponential
// average of the close: EMA(period) of EMA(period) of EMA(period). Each begins with
// the mean of its first period inputs. It is 0 where the average before is 0.
//
// Source: Jack Hutson, Good TRIX, 1983.
func TRIX(period int) Definition { return trixKind.of(float64(period)) }

var trixKind = Kind{
	Name: "trix", Version: 1, Text: "change of the triple exponential average",
	Params: []Param{period("period", 15)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return 3*(int(p[0])-1) + 1 }),
	start:  func(p []float64) Computation { return &trix{newCascade(3, int(p[0]))} },
}

// cascade is exponential averages, each of the one before.
type cascade []ema

func newCascade(stages, period int) cascade {
	c := make(cascade, stages)
	for i := range c {
		c[i] = *newEMA(period, 2/(float64(period)+1))
	}
	return c
}

// add takes in one input, and tells whether the last average is defined.
func (c cascade) add(x float64) bool {
	for i := range c {
		if !c[i].add(x) {
			return false
		}
		x = c[i].value
	}
	return true
}

// warm takes in inputs until the last average is defined, that input included, and
// returns how many; it fills out with NaN for them, and tells whether the last of
// them defined it.
func (c cascade) warm(in, out []float64) (n int, defined bool) {
	last := &c[len(c)-1]
	for ; n < len(in) && last.seen < last.period; n++ {
		defined = c.add(in[n])
		out[n] = nan
	}
	return n, defined
}

type dema struct{ cascade }

func (d *dema) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	e1, e2 := &d.cascade[0].smooth, &d.cascade[1].smooth
	n, defined := d.warm(x, filled)
	if defined {
		filled[n-1] = 2*e1.value - e2.value
	}
	x, filled = x[n:], filled[n:]
	k, rest, a, b := e1.k, e1.rest, e1.value, e2.value
	for i, v := range x {
		a = float64(k*v) + float64(rest*a)
		b = float64(k*a) + float64(rest*b)
		filled[i] = 2*a - b
	}
	e1.value, e2.value = a, b
}

type tema struct{ cascade }

func (t *tema) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	e1, e2, e3 := &t.cascade[0].smooth, &t.cascade[1].smooth, &t.cascade[2].smooth
	n, defined := t.warm(x, filled)
	if defined {
		filled[n-1] = triple(e1.value, e2.value, e3.value)
	}
	x, filled = x[n:], filled[n:]
	k, rest, a, b, c := e1.k, e1.rest, e1.value, e2.value, e3.value
	for i, v := range x {
		a = float64(k*v) + float64(rest*a)
		b = float64(k*a) + float64(rest*b)
		c = float64(k*b) + float64(rest*c)
		filled[i] = triple(a, b, c)
	}
	e1.value, e2.value, e3.value = a, b, c
}

func triple(a, b, c float64) float64 { return float64(3*(a-b)) + c }

type t3 struct {
	cascade
	c3, c4, c5, c6 float64 // weights of the third to the sixth average
}

func (t *t3) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	n, defined := t.warm(x, filled)
	e := t.cascade
	if defined {
		filled[n-1] = t.weigh(e[2].value, e[3].value, e[4].value, e[5].value)
	}
	x, filled = x[n:], filled[n:]
	k, rest := e[0].k, e[0].rest
	v1, v2, v3, v4, v5, v6 := e[0].value, e[1].value, e[2].value, e[3].value, e[4].value, e[5].value
	for i, v := range x {
		v1 = float64(k*v) + float64(rest*v1)
		v2 = float64(k*v1) + float64(rest*v2)
		v3 = float64(k*v2) + float64(rest*v3)
		v4 = float64(k*v3) + float64(rest*v4)
		v5 = float64(k*v4) + float64(rest*v5)
		v6 = float64(k*v5) + float64(rest*v6)
		filled[i] = t.weigh(v3, v4, v5, v6)
	}
	e[0].value, e[1].value, e[2].value, e[3].value, e[4].value, e[5].value = v1, v2, v3, v4, v5, v6
}

func (t *t3) weigh(v3, v4, v5, v6 float64) float64 {
	return float64(t.c6*v6) + float64(t.c5*v5) + float64(t.c4*v4) + float64(t.c3*v3)
}

type trix struct{ cascade }

func (t *trix) Next(in, out [][]float64) {
	x, filled := in[0], out[0][:len(in[0])]
	e1, e2, e3 := &t.cascade[0].smooth, &t.cascade[1].smooth, &t.cascade[2].smooth
	n, _ := t.warm(x, filled)
	x, filled = x[n:], filled[n:]
	k, rest, a, b, c := e1.k, e1.rest, e1.value, e2.value, e3.value
	for i, v := range x {
		last := c
		a = float64(k*v) + float64(rest*a)
		b = float64(k*a) + float64(rest*b)
		c = float64(k*b) + float64(rest*c)
		filled[i] = percent(c-last, last)
	}
	e1.value, e2.value, e3.value = a, b, c
}

// percent is how many hundredths of the whole a part is; 0 of nothing.
func percent(part, whole float64) float64 {
	if whole == 0 {
		return 0
	}
	return 100 * part / whole
}
