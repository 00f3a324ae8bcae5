package indicator

// ElderRay is how far buyers and sellers took the price from the exponential average of
// the close: bull is the high minus it, bear the low minus it.
//
// Source: Alexander Elder, Trading for a Living, 1993.
func ElderRay(period int) Definition { return elderRayKind.of(float64(period)) }

var elderRayKind = Kind{
	Name: "elder_ray", Version: 1, Text: "Elder's bull and bear power",
	Params: []Param{period("period", 13)},
	Inputs: hlc, Outputs: []string{"bull", "bear"},
	warmup: func(p []float64) []int { return []int{int(p[0]) - 1, int(p[0]) - 1} },
	start:  func(p []float64) Computation { return &elderRay{average: newEMA(int(p[0]), 2/(p[0]+1))} },
}

type elderRay struct{ average *ema }

func (e *elderRay) Next(in, out [][]float64) {
	high := in[0]
	low, bull, bear := in[1][:len(high)], out[0][:len(high)], out[1][:len(high)]
	e.average.next(in[2], bear)
	for i, h := range high {
		bull[i], bear[i] = h-bear[i], low[i]-bear[i]
	}
}

// MassIndex is Dorsey's mass index: the sum over period bars of the exponential average
// of high - low divided by the exponential average of that average. Each average begins
// with the mean of its first inputs. Where no bar had a range a quotient is 1.
//
// Source: Donald Dorsey, Technical Analysis of Stocks & Commodities, 1992.
func MassIndex(average, period int) Definition {
	return massIndexKind.of(float64(average), float64(period))
}

var massIndexKind = Kind{
	Name: "mass_index", Version: 1, Text: "mass index",
	Params: []Param{period("average", 9), period("period", 25)},
	Inputs: highLow, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return 2*int(p[0]) + int(p[1]) - 3 }),
	start: func(p []float64) Computation {
		n := int(p[0])
		return &massIndex{once: newEMA(n, 2/(p[0]+1)), twice: newEMA(n, 2/(p[0]+1)), sums: newSum(int(p[1]))}
	},
}

type massIndex struct {
	once, twice *ema
	sums        *sum
	second      [BlockSize]float64
}

func (m *massIndex) Next(in, out [][]float64) {
	high := in[0]
	low, filled := in[1][:len(high)], out[0][:len(high)]
	for i, h := range high {
		filled[i] = h - low[i]
	}
	begin := defined(m.once.seen, m.once.period-1, len(high))
	m.once.next(filled, filled)
	filled = filled[begin:]
	second := m.second[:len(filled)]
	begin = defined(m.twice.seen, m.twice.period-1, len(filled))
	m.twice.next(filled, second)
	for i, s := range second {
		if s == 0 {
			filled[i] = 1
		} else {
			filled[i] /= s
		}
	}
	m.sums.next(filled[begin:], filled[begin:])
}

// AverageRange is the simple average of high - low over the last period bars: over daily
// bars, the average daily range.
func AverageRange(period int) Definition { return averageRangeKind.of(float64(period)) }

var averageRangeKind = Kind{
	Name: "average_range", Version: 1, Text: "average range of bars; over daily bars the average daily range",
	Params: []Param{period("period", 14)},
	Inputs: highLow, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) - 1 }),
	start:  func(p []float64) Computation { return &averageRange{newSMA(int(p[0]))} },
}

type averageRange struct{ average *sum }

func (a *averageRange) Next(in, out [][]float64) {
	high, filled := in[0], out[0]
	low := in[1][:len(high)]
	for i, h := range high {
		filled[i] = h - low[i]
	}
	a.average.next(filled[:len(high)], filled)
}

// EfficiencyRatio is Kaufman's efficiency ratio: how far the close came in period bars,
// without its sign, divided by the sum of its changes without theirs: 1 for a straight
// move, near 0 for noise. Without any movement it is 0.
//
// Source: Perry Kaufman, Smarter Trading, 1995.
func EfficiencyRatio(period int) Definition { return efficiencyRatioKind.of(float64(period)) }

var efficiencyRatioKind = Kind{
	Name: "efficiency_ratio", Version: 1, Text: "Kaufman's efficiency ratio",
	Params: []Param{period("period", 10)},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(p[0]) }),
	start: func(p []float64) Computation {
		return &efficiencyRatio{sums: newSum(int(p[0])), before: newDelay(int(p[0]))}
	},
}

type efficiencyRatio struct {
	begun  bool
	last   float64
	sums   *sum
	before *delay
	path   [BlockSize]float64
}

func (e *efficiencyRatio) Next(in, out [][]float64) {
	closing := in[0]
	path, filled := e.path[:len(closing)], out[0][:len(closing)]
	last := e.last
	for i, c := range closing {
		path[i] = max(c-last, last-c)
		last = c
	}
	e.last = last
	begin := 0
	if !e.begun && len(closing) > 0 {
		e.begun, begin = true, 1
	}
	e.sums.next(path[begin:], path[begin:])
	e.before.next(closing, filled)
	for i, sum := range path {
		came := max(closing[i]-filled[i], filled[i]-closing[i])
		if sum == 0 {
			filled[i] = 0
		} else {
			filled[i] = came / sum
		}
	}
}
