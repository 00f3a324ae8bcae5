package indicator

import "github.com/tradekeel/tradekeel/market"

// Highest is the largest of the last period highs, the bar itself included.
func Highest(period int) Definition { return highestKind.of(float64(period)) }

var highestKind = Kind{
	Name: "highest", Version: 1, Text: "highest value of a window",
	Params: []Param{period("period", 20)},
	Inputs: []market.Field{market.High}, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newHighest(int(p[0])) },
}

// Lowest is the smallest of the last period lows, the bar itself included.
func Lowest(period int) Definition { return lowestKind.of(float64(period)) }

var lowestKind = Kind{
	Name: "lowest", Version: 1, Text: "lowest value of a window",
	Params: []Param{period("period", 20)},
	Inputs: []market.Field{market.Low}, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newLowest(int(p[0])) },
}

func (e *extreme) Next(in, out [][]float64) { e.next(in[0], out[0]) }

// MidPrice is the middle between the highest high and the lowest low of the last
// period bars.
func MidPrice(period int) Definition { return midPriceKind.of(float64(period)) }

var midPriceKind = Kind{
	Name: "midprice", Version: 1, Text: "middle between the highest high and the lowest low",
	Params: []Param{period("period", 14)},
	Inputs: highLow, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		return &middle{channel: newChannel(int(p[0]))}
	},
}

// MidPoint is the middle between the largest and the smallest of the last period
// inputs of the close.
func MidPoint(period int) Definition { return midPointKind.of(float64(period)) }

var midPointKind = Kind{
	Name: "midpoint", Version: 1, Text: "middle between the extremes of a window",
	Params: []Param{period("period", 14)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start: func(p []float64) Computation {
		return &middle{channel: newChannel(int(p[0]))}
	},
}

// middle is the middle between the extremes of the first and the last input.
type middle struct {
	channel *channel
	bottom  block
}

func (m *middle) Next(in, out [][]float64) {
	filled := out[0][:len(in[0])]
	bottom := m.bottom[:len(filled)]
	m.channel.next(in[0], in[len(in)-1], filled, bottom)
	for i, v := range bottom {
		filled[i] = (filled[i] + v) / 2
	}
}

// Aroon tells how long ago the extremes of the last period + 1 bars were, as what is
// left of period in percent: 100 for the bar itself, 0 for period bars ago. Up is of
// the highest high, down of the lowest low; of equal ones the latest counts.
//
// Source: Tushar Chande, Time Price Oscillator, 1995.
func Aroon(period int) Definition { return aroonKind.of(float64(period)) }

var aroonKind = Kind{
	Name: "aroon", Version: 1, Text: "how recent the extremes are",
	Params: []Param{period("period", 14)},
	Inputs: highLow, Outputs: []string{"up", "down"},
	warmup: func(p []float64) []int { return []int{int(p[0]), int(p[0])} },
	start:  func(p []float64) Computation { return newAroon(int(p[0])) },
}

type aroon struct {
	period  float64
	up, low *latest
}

func newAroon(n int) *aroon {
	return &aroon{period: float64(n), up: newLatest(n+1, 0), low: newLatest(n+1, -1)}
}

func (a *aroon) Next(in, out [][]float64) {
	up, down := out[0][:len(in[0])], out[1][:len(in[0])]
	a.up.next(in[0], up)
	a.low.next(in[1], down)
	down = down[:len(up)]
	for i, v := range up {
		up[i] = 100 * (a.period - v) / a.period
		down[i] = 100 * (a.period - down[i]) / a.period
	}
}

// AroonOsc is Aroon's up minus its down.
func AroonOsc(period int) Definition { return aroonoscKind.of(float64(period)) }

var aroonoscKind = Kind{
	Name: "aroonosc", Version: 1, Text: "Aroon oscillator",
	Params: []Param{period("period", 14)},
	Inputs: highLow, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start:  func(p []float64) Computation { return &aroonosc{aroon: newAroon(int(p[0]))} },
}

type aroonosc struct {
	*aroon
	down block
}

func (a *aroonosc) Next(in, out [][]float64) {
	up, down := out[0][:len(in[0])], a.down[:len(in[0])]
	a.up.next(in[0], up)
	a.low.next(in[1], down)
	for i, v := range down {
		up[i] = 100 * (v - up[i]) / a.period
	}
}

// Sum is the sum of the last period inputs of the close.
func Sum(period int) Definition { return sumKind.of(float64(period)) }

var sumKind = Kind{
	Name: "sum", Version: 1, Text: "sum of a window",
	Params: []Param{period("period", 20)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return newSum(int(p[0])) },
}

func (s *sum) Next(in, out [][]float64) { s.next(in[0], out[0]) }
