package indicator

// Fisher is Ehlers' Fisher transform of where the middle of the bar, (high + low) / 2,
// lies between the lowest (-1) and the highest (+1) middle of the last period bars, and the
// value of it one bar before (signal). The place is smoothed by a third and kept within
// 0.999, the transform is added to half of the one before; both begin from 0, and so does
// the signal. In a window without movement the place is the middle.
//
// Source: John F. Ehlers, Using the Fisher Transform, Technical Analysis of Stocks &
// Commodities, November 2002.
func Fisher(period int) Definition { return fisherKind.of(float64(period)) }

var fisherKind = Kind{
	Name: "fisher", Version: 1, Text: "Fisher transform",
	Params: []Param{bars("period", 10, 2)},
	Inputs: highLow, Outputs: []string{"fisher", "signal"},
	warmup: func(p []float64) []int { return []int{int(p[0]) - 1, int(p[0]) - 1} },
	start: func(p []float64) Computation {
		n := int(p[0])
		return &fisher{period: n, channel: donchian{highest: newHighest(n), lowest: newLowest(n)}}
	},
}

type fisher struct {
	period       int
	seen         int
	channel      donchian
	place, value float64
	middle, high [BlockSize]float64
}

func (f *fisher) Next(in, out [][]float64) {
	n := len(in[0])
	middle, high := f.middle[:n], f.high[:n]
	line, signal := out[0][:n], out[1][:n]
	between(in[0], in[1], middle)
	f.channel.highest.next(middle, high)
	f.channel.lowest.next(middle, signal)
	begin := defined(f.seen, f.period-1, n)
	f.seen += begin
	fillNaN(line[:begin])
	for i := begin; i < n; i++ {
		part := 0.0
		if r := high[i] - signal[i]; r > 0 {
			part = (middle[i]-signal[i])/r - 0.5
		}
		f.place = float64(0.66*part) + float64(0.67*f.place)
		if f.place > 0.99 {
			f.place = 0.999
		}
		if f.place < -0.99 {
			f.place = -0.999
		}
		signal[i] = f.value
		f.value = float64(0.5*ln((1+f.place)/(1-f.place))) + float64(0.5*f.value)
		line[i] = f.value
	}
}
