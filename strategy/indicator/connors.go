package indicator

// ConnorsRSI is the mean of three numbers from 0 to 100: the RSI of the close; the RSI
// of the streak, how many bars in a row the close rose (negative: fell; 0 where it
// stayed); and how many percent of the rank changes before it the last relative change
// of the close is above. A bar costs a number of steps that grows with rank.
//
// Source: Larry Connors and Cesar Alvarez, An Introduction to ConnorsRSI, 2012: 3, 2
// and 100.
func ConnorsRSI(period, streak, rank int) Definition {
	return connorsRSIKind.of(float64(period), float64(streak), float64(rank))
}

var connorsRSIKind = Kind{
	Name: "connors_rsi", Version: 1, Text: "Connors' relative strength index",
	Params: []Param{
		bars("period", 3, 2), bars("streak", 2, 2), {Name: "rank", Default: 100, Min: 1, Max: 10_000, Integer: true},
	},
	Inputs: ofClose, Series: 1, Outputs: oneValue,
	warmup: warm(func(p []float64) int { return int(max(p[0], p[1], p[2]+1)) }),
	start: func(p []float64) Computation {
		return &connorsRSI{
			prices: rsi{period: int(p[0])}, streaks: rsi{period: int(p[1])},
			change: newRate(1), rank: int(p[2]), changes: history{keep: int(p[2])},
		}
	},
}

type connorsRSI struct {
	prices, streaks rsi
	change          *rate
	changes         history
	rank            int
	seen            int
	last, streak    float64
	row, strength   [BlockSize]float64
}

func (c *connorsRSI) Next(in, out [][]float64) {
	n, filled := len(in[0]), out[0]
	row, strength := c.row[:n], c.strength[:n]
	for i, x := range in[0] {
		way := direction(x, c.last)
		if c.seen+i == 0 {
			way = 0
		}
		if way*c.streak > 0 {
			way += c.streak
		}
		c.last, c.streak, row[i] = x, way, way
	}
	c.streaks.next(row, strength)
	c.prices.next(in[0], filled)
	c.change.next(in[0], row)
	changes, first := c.changes.take(row)
	// The first change is at the second input, and rank of them come before.
	begin := defined(c.seen, c.rank+1, n)
	fillNaN(filled[:begin])
	for i := begin; i < n; i++ {
		x, below := row[i], 0
		for _, v := range changes[first+i-c.rank : first+i] {
			less := 0
			if v < x {
				less = 1
			}
			below += less
		}
		filled[i] = (filled[i] + strength[i] + 100*float64(below)/float64(c.rank)) / 3
	}
	c.seen = min(c.seen+n, c.rank+1)
}
