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

type sar struct {
	long, short acceleration
	seen        int
	high, low   float64 // of the bar before
	up          bool
	stop        float64 // for the next bar
	extreme     float64 // of the move
	part        float64
}

func (s *sar) Next(in, out [][]float64) {
	highs := in[0]
	lows, stops, directions := in[1][:len(highs)], out[0][:len(highs)], out[1][:len(highs)]
	i := 0
	for ; i < len(highs) && s.seen < 2; i++ {
		h, l := highs[i], lows[i]
		s.seen++
		if s.seen == 1 {
			s.high, s.low = h, l
			stops[i], directions[i] = nan, nan
			continue
		}
		fall, rise := s.low-l, h-s.high
		s.up = !(fall > 0 && fall > rise)
		if s.up {
			s.stop, s.extreme, s.part = s.low, h, s.long.start
		} else {
			s.stop, s.extreme, s.part = s.high, l, s.short.start
		}
		// As if the bar before were this one.
		s.high, s.low = h, l
		stops[i], directions[i] = s.step(h, l)
	}
	for ; i < len(highs); i++ {
		stops[i], directions[i] = s.step(highs[i], lows[i])
	}
}

// step takes in a bar and returns its stop and direction.
func (s *sar) step(h, l float64) (stop, direction float64) {
	if s.up {
		if l > s.stop {
			stop, direction = s.stop, 1
			if h > s.extreme {
				s.extreme, s.part = h, min(s.part+s.long.step, s.long.most)
			}
			s.stop = min(stop+float64(s.part*(s.extreme-stop)), s.low, l)
		} else {
			stop, direction = max(s.extreme, s.high, h), -1
			s.up, s.extreme, s.part = false, l, s.short.start
			s.stop = max(stop+float64(s.part*(l-stop)), s.high, h)
		}
	} else {
		if h < s.stop {
			stop, direction = s.stop, -1
			if l < s.extreme {
				s.extreme, s.part = l, min(s.part+s.short.step, s.short.most)
			}
			s.stop = max(stop+float64(s.part*(s.extreme-stop)), s.high, h)
		} else {
			stop, direction = min(s.extreme, s.low, l), 1
			s.up, s.extreme, s.part = true, h, s.long.start
			s.stop = min(stop+float64(s.part*(h-stop)), s.low, l)
		}
	}
	s.high, s.low = h, l
	return stop, direction
}
