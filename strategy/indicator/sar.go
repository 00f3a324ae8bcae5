package indicator

import "github.com/tradekeel/tradekeel"

// SAR is Wilder's parabolic stop and reverse, and the direction of the position that
// it stops, +1 long or -1 short. The stop moves from bar to bar by a part of its
// distance to the extreme of the move: step at first, step more at each new extreme,
// never above most. It is never within the last two bars. The bar that touches it
// reverses the position, and has the extreme of the move as its stop.
//
// The first output is at the second bar: short when that fell further below the first
// one's low than it rose above its high, else long; the stop begins at the first bar's
// high or low.
//
// Source: J. Welles Wilder, New Concepts in Technical Trading Systems, 1978; the start
// is TA-Lib's.
func SAR(step, most float64) Definition { return sarKind.of(step, most) }

var sarKind = Kind{
	Name: "sar", Version: 1, Text: "parabolic stop and reverse",
	Params: []Param{factor("step", 0.02, 0, 1), factor("max", 0.2, 0, 1)},
	Inputs: highLow, Outputs: []string{"sar", "direction"},
	check: func(p []float64) error {
		if p[0] > p[1] {
			return tradekeel.Invalidf("step", "must not be above max, got %s and %s", number(p[0]), number(p[1]))
		}
		return nil
	},
	warmup: func([]float64) []int { return []int{1, 1} },
	start: func(p []float64) Computation {
		side := acceleration{start: p[0], step: p[0], most: p[1]}
		return &sar{long: side, short: side}
	},
}

// Acceleration says how the stop of PSAR moves on one side: by the part Start of the
// distance to the extreme of the move, Step more at each new extreme, at most Max.
type Acceleration struct{ Start, Step, Max float64 }

// PSAR is SAR with a first part of its own and an acceleration for each side.
func PSAR(long, short Acceleration) Definition {
	return psarKind.of(long.Start, long.Step, long.Max, short.Start, short.Step, short.Max)
}

var psarKind = Kind{
	Name: "psar", Version: 1, Text: "parabolic stop and reverse with an acceleration for each side",
	Params: []Param{
		factor("start_long", 0.02, 0, 1), factor("step_long", 0.02, 0, 1), factor("max_long", 0.2, 0, 1),
		factor("start_short", 0.02, 0, 1), factor("step_short", 0.02, 0, 1), factor("max_short", 0.2, 0, 1),
	},
	Inputs: highLow, Outputs: []string{"sar", "direction"},
	check: func(p []float64) error {
		for side, name := range map[int]string{0: "long", 3: "short"} {
			if p[side] > p[side+2] {
				return tradekeel.Invalidf("start_"+name, "must not be above max_%s, got %s and %s", name, number(p[side]), number(p[side+2]))
			}
		}
		return nil
	},
	warmup: func([]float64) []int { return []int{1, 1} },
	start: func(p []float64) Computation {
		return &sar{long: acceleration{p[0], p[1], p[2]}, short: acceleration{p[3], p[4], p[5]}}
	},
}

type acceleration struct{ start, step, most float64 }

// sar computes the stop of a short position as that of a long one over negated prices.
type sar struct {
	long, short acceleration
	seen        int
	high, low   float64 // of the bar before
	side        float64 // +1 long, -1 short
	stop        float64 // for the next bar; this and the extreme are times side
	extreme     float64 // of the move
	part        float64
}

func (s *sar) Next(in, out [][]float64) {
	highs := in[0]
	lows, stops, sides := in[1][:len(highs)], out[0][:len(highs)], out[1][:len(highs)]
	i := 0
	for ; i < len(highs) && s.seen < 2; i++ {
		if s.seen++; s.seen == 1 {
			s.high, s.low = highs[i], lows[i]
			stops[i], sides[i] = nan, nan
			continue
		}
		s.begin(highs[i], lows[i])
		break // the second bar is taken in as those after it
	}
	side, turn := s.long, s.short
	if s.side < 0 {
		side, turn = turn, side
	}
	sign, stop, extreme, part := s.side, s.stop, s.extreme, s.part
	// Towards the stop, and away from it.
	lastNear, lastFar := s.low, s.high
	if sign < 0 {
		lastNear, lastFar = -s.high, -s.low
	}
	for ; i < len(highs); i++ {
		near, far := lows[i], highs[i]
		if sign < 0 {
			near, far = -far, -near
		}
		if near > stop {
			stops[i] = sign * stop
			if far > extreme {
				extreme = far
				if part += side.step; part > side.most {
					part = side.most
				}
			}
		} else {
			// Reverse: the stop is the extreme of the move, the other way round.
			stop = extreme
			if far > stop {
				stop = far
			}
			sign, side, turn = -sign, turn, side
			stop, extreme, part = -stop, -near, side.start
			near, far, lastNear = -far, -near, -lastFar
			stops[i] = sign * stop
		}
		sides[i] = sign
		stop += float64(part * (extreme - stop))
		if lastNear < stop {
			stop = lastNear
		}
		if near < stop {
			stop = near
		}
		lastNear, lastFar = near, far
	}
	s.side, s.stop, s.extreme, s.part = sign, stop, extreme, part
	if s.seen < 2 {
		return
	}
	s.low, s.high = lastNear, lastFar
	if sign < 0 {
		s.low, s.high = -lastFar, -lastNear
	}
}

// begin chooses the side at the second bar.
func (s *sar) begin(high, low float64) {
	fall, rise := s.low-low, high-s.high
	if fall > 0 && fall > rise {
		s.side, s.stop, s.extreme, s.part = -1, -s.high, -low, s.short.start
	} else {
		s.side, s.stop, s.extreme, s.part = 1, s.low, high, s.long.start
	}
	// The bars that hold the stop are those from here on.
	s.high, s.low = high, low
}
