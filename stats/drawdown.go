package stats

import "math"

// Drawdown is a time that equity stood below an earlier peak.
type Drawdown struct {
	Peak, Trough int64 // moments, nanoseconds UTC
	// End is the first moment at the peak or above, or the last of all.
	End       int64
	Recovered bool
	Depth     Number // fraction, below 0
	Bars      int    // below the peak
}

// Days returns its length, from the peak to its end.
func (d Drawdown) Days() float64 { return float64(days(d.End - d.Peak)) }

// Drawdowns returns every drawdown of a run, in their order, from the starting
// balance on. None for an input whose times and equity differ in number, or that
// starts with nothing.
func Drawdowns(in Input) []Drawdown {
	start := in.Start.Float64()
	if len(in.Times) != len(in.Equity) || !(start > 0) {
		return nil
	}
	return drawdowns(start, in.From, &in)
}

func drawdowns(peak float64, peakAt int64, in *Input) []Drawdown {
	var out []Drawdown
	var low float64
	open := false
	for i, u := range in.Equity {
		v := u.Float64()
		if v >= peak {
			if open {
				out[len(out)-1].End, out[len(out)-1].Recovered = in.Times[i], true
			}
			peak, peakAt, open = v, in.Times[i], false
			continue
		}
		if !open {
			out = append(out, Drawdown{Peak: peakAt})
			low, open = math.Inf(1), true
		}
		d := &out[len(out)-1]
		d.Bars++
		d.End = in.Times[i]
		if v < low {
			low = v
			d.Trough, d.Depth = in.Times[i], Number(v/peak-1)
		}
	}
	return out
}
