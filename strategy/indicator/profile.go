package indicator

// VolumeProfile tells at which prices the volume of the last period bars was traded:
// the range from their lowest low to their highest high is cut into so many bins of
// one size, and the volume of each bar counts in the bin of its typical price, (high +
// low + close) / 3. The outputs are the middle of the bin with the most volume (poc,
// point of control; the lowest of several), and the upper and lower edge of the value
// area (vah, val): beginning with that bin, the neighbour with more volume is added
// (the upper one of two equal) until the area holds so much percent of the volume.
//
// Without volume in the window each bar counts as one. A window without range gives
// its price for all three.
//
// Source: J. Peter Steidlmayer's market profile, with volume in place of time.
//
// A bar costs a number of steps that grows with the bins, and with the period when the
// window's range changes.
func VolumeProfile(period, bins int, area float64) Definition {
	return volumeProfileKind.of(float64(period), float64(bins), area)
}

var volumeProfileKind = Kind{
	Name: "volume_profile", Version: 1, Text: "point of control and value area of the volume by price",
	Params: []Param{
		period("period", 100), {Name: "bins", Default: 24, Min: 2, Max: 1000, Integer: true}, factor("area", 70, 1, 100),
	},
	Inputs: hlcv, Outputs: []string{"poc", "vah", "val"},
	warmup: func(p []float64) []int {
		w := int(p[0]) - 1
		return []int{w, w, w}
	},
	start: func(p []float64) Computation {
		n, b := int(p[0]), int(p[1])
		return &volumeProfile{
			period: n, part: p[2] / 100,
			channel: donchian{highest: newHighest(n), lowest: newLowest(n)},
			prices:  history{keep: n}, volumes: history{keep: n},
			volume: make([]float64, b), bars: make([]int, b), traded: make([]int, b), counts: make([]float64, b),
		}
	},
}

// freshly is how many bars may be counted in and out before all are counted anew, so
// that rounding does not add up.
const freshly = 1024

type volumeProfile struct {
	period          int
	seen            int
	part            float64 // of the volume that the value area holds
	channel         donchian
	prices, volumes history
	upper, lower    float64 // the range of the bins
	perPrice        float64 // bins in a unit of price; 0 without a range
	since           int     // bars since the bins were filled anew

	volume      []float64 // by bin
	bars        []int     // by bin
	traded      []int     // bars with volume, by bin: where there is none, the volume is 0 exactly
	anyTraded   int
	counts      []float64 // room for bars as volumes
	middle, typ [BlockSize]float64
}

func (v *volumeProfile) Next(in, out [][]float64) {
	n := len(in[0])
	poc, upper, lower := out[0], out[1], out[2]
	// Highs and lows of the window, in the place of the value area's.
	v.channel.Next(in[:2], [][]float64{v.middle[:n], upper, lower})
	typical(in[0], in[1], in[2], v.typ[:n])
	prices, first := v.prices.take(v.typ[:n])
	volumes, firstVolume := v.volumes.take(in[3])
	for i := range n {
		v.seen++
		if v.seen < v.period {
			poc[i] = nan
			continue
		}
		v.since++
		from := first + i + 1 - v.period
		fromVolume := firstVolume + i + 1 - v.period
		if v.seen == v.period || upper[i] != v.upper || lower[i] != v.lower || v.since >= max(freshly, v.period) {
			v.upper, v.lower, v.since = upper[i], lower[i], 0
			v.fill(prices[from:first+i+1], volumes[fromVolume:firstVolume+i+1])
		} else {
			v.count(prices[from-1], volumes[fromVolume-1], -1)
			v.count(prices[first+i], volumes[firstVolume+i], 1)
		}
		v.seen = v.period
		if v.upper == v.lower {
			poc[i] = v.upper
			continue
		}
		poc[i], upper[i], lower[i] = v.area()
	}
}

func (v *volumeProfile) fill(prices, volumes []float64) {
	clear(v.volume)
	clear(v.bars)
	clear(v.traded)
	v.anyTraded = 0
	v.perPrice = 0
	if v.upper > v.lower {
		v.perPrice = float64(len(v.bars)) / (v.upper - v.lower)
	}
	for i, p := range prices {
		v.count(p, volumes[i], 1)
	}
}

// count adds a bar to its bin, or takes it away (sign -1).
func (v *volumeProfile) count(price, volume float64, sign int) {
	last := len(v.bars) - 1
	bin := min(max(int((price-v.lower)*v.perPrice), 0), last)
	v.bars[bin] += sign
	if volume == 0 {
		return
	}
	v.traded[bin] += sign
	v.anyTraded += sign
	v.volume[bin] += float64(float64(sign) * volume)
	if v.traded[bin] == 0 {
		v.volume[bin] = 0
	}
}

// area returns the point of control and the value area.
func (v *volumeProfile) area() (poc, upper, lower float64) {
	volume := v.volume
	if v.anyTraded == 0 {
		volume = v.counts
		for bin, n := range v.bars {
			volume[bin] = float64(n)
		}
	}
	last, best, most, total := len(volume)-1, 0, volume[0], 0.0
	for bin, held := range volume {
		total += held
		if held > most {
			best, most = bin, held
		}
	}
	low, high, held, want := best, best, most, float64(v.part*total)
	for held < want && (low > 0 || high < last) {
		if low == 0 || high < last && volume[high+1] >= volume[low-1] {
			high++
			held += volume[high]
		} else {
			low--
			held += volume[low]
		}
	}
	width := (v.upper - v.lower) / float64(last+1)
	edge := func(bin float64) float64 { return v.lower + float64(bin*width) }
	return edge(float64(best) + 0.5), edge(float64(high + 1)), edge(float64(low))
}
