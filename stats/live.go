package stats

import (
	"encoding/json"
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Live takes the equity of a bot as it comes about and tells its figures by
// crypto-365 at any time. A value takes constant time, a day between values a little
// more, and what it keeps does not grow: it can run for years, and be saved and
// restored as JSON. It is for one goroutine.
//
// Its figures are those that Compute gives of the same values to a relative 1e-9,
// except VaR and CVaR, which need every return and are undefined; NormalVaR and
// NormalCVaR are there.
type Live struct{ s liveState }

// liveState is a Live as it is saved. Values are in ledger units.
type liveState struct {
	Version  int             `json:"version"`
	Start    decimal.Decimal `json:"start"`
	End      decimal.Decimal `json:"end"`
	From     int64           `json:"from"`
	Last     int64           `json:"last"`
	Bars     int             `json:"bars"`
	Held     int             `json:"held"`
	Midnight int64           `json:"midnight"` // that ends the present day
	Value    float64         `json:"value"`
	Peak     float64         `json:"peak"`
	PeakAt   int64           `json:"peak_at"`
	Deepest  float64         `json:"deepest"`
	Below    int             `json:"below"`
	Longest  int             `json:"longest"`
	LongTime int64           `json:"longest_time"`
	Days     running         `json:"days"` // that ended
	Trades   tally           `json:"trades"`
}

const liveVersion = 1

// running are the moments of returns, one after the other (P. Pébay, 2008).
type running struct {
	N       int     `json:"n"`
	Value   float64 `json:"value"` // at the end of the last period
	Peak    float64 `json:"peak"`  // of the ends of periods
	Sum     float64 `json:"sum"`   // of the values, the start among them
	Count   int     `json:"count"` // of the values
	Mean    float64 `json:"mean"`
	M2      float64 `json:"m2"`
	M3      float64 `json:"m3"`
	M4      float64 `json:"m4"`
	Squares float64 `json:"squares"` // of losses
	Gains   float64 `json:"gains"`
	Losses  float64 `json:"losses"`
	Best    float64 `json:"best"`
	Worst   float64 `json:"worst"`
	Depths  float64 `json:"depths"` // squares of drawdowns
	Broken  bool    `json:"broken"` // a period began at a value that is not above zero
}

// end ends a period with a value.
func (r *running) end(value float64) {
	from := r.Value
	r.Value = value
	r.Sum += value
	r.Count++
	if !(from > 0) {
		r.Broken = true
	}
	if r.Broken {
		return
	}
	x := value/from - 1
	before := float64(r.N)
	r.N++
	n := float64(r.N)
	d := x - r.Mean
	dn := d / n
	term := d * dn * before
	r.Mean += dn
	r.M4 += term*dn*dn*(n*n-3*n+3) + 6*dn*dn*r.M2 - 4*dn*r.M3
	r.M3 += term*dn*(n-2) - 3*dn*r.M2
	r.M2 += term
	if x < 0 {
		r.Squares += x * x
		r.Losses -= x
	} else {
		r.Gains += x
	}
	if r.N == 1 {
		r.Best, r.Worst = x, x
	}
	r.Best, r.Worst = max(r.Best, x), min(r.Worst, x)
	if value >= r.Peak {
		r.Peak = value
	} else {
		depth := value/r.Peak - 1
		r.Depths += depth * depth
	}
}

func (r *running) moments() (m moments, ok bool) {
	if r.Broken || r.N == 0 {
		return m, false
	}
	m = moments{
		n: r.N, mean: r.Mean, downside: math.Sqrt(r.Squares / float64(r.N)), gains: r.Gains, losses: r.Losses,
		best: r.Best, worst: r.Worst, squares: r.M2, cubes: r.M3, fourths: r.M4, dd: r.Depths,
	}
	m.shape()
	return m, true
}

// NewLive begins with a starting balance, above zero and with at most 18 decimals, and
// a moment. Else the error is Invalid.
func NewLive(start decimal.Decimal, from time.Time) (*Live, error) {
	units, err := toUnits("start", start)
	if err != nil {
		return nil, err
	}
	if units.Sign() <= 0 {
		return nil, tradekeel.Invalidf("start", "must be above zero, got %s", start)
	}
	at, err := nanos("from", from)
	if err != nil {
		return nil, err
	}
	v := units.Float64()
	return &Live{s: liveState{
		Version: liveVersion, Start: start, End: start, From: at, Last: at, Midnight: endOfDay(at + 1),
		Value: v, Peak: v, PeakAt: at, Days: running{Value: v, Peak: v, Sum: v, Count: 1},
	}}, nil
}

func toUnits(field string, d decimal.Decimal) (wide.Int, error) {
	units, exact, fits := wide.FromDecimal(d, ledger)
	if !exact || !fits {
		return wide.Int{}, tradekeel.Invalidf(field, "must have at most %d decimals and fit in 128 bits with them, got %s", ledger, d)
	}
	return units, nil
}

// nanos returns a time in nanoseconds, when it has some.
func nanos(field string, at time.Time) (int64, error) {
	if !time.Unix(0, at.UnixNano()).Equal(at) {
		return 0, tradekeel.Invalidf(field, "must lie between the years 1678 and 2262, got %s", at.UTC().Format(time.RFC3339))
	}
	return at.UnixNano(), nil
}

// Add takes the equity at a moment, once a day or as often as there is one, and
// whether there was a position then. A moment that is not after the one before, and a
// value of more than 18 decimals, are Invalid and change nothing.
func (l *Live) Add(at time.Time, equity decimal.Decimal, inPosition bool) error {
	units, err := toUnits("equity", equity)
	if err != nil {
		return err
	}
	t, err := nanos("at", at)
	if err != nil {
		return err
	}
	s := &l.s
	if t <= s.Last {
		return tradekeel.Invalidf("at", "must be after %s, got %s", time.Unix(0, s.Last).UTC().Format(time.RFC3339Nano), at.UTC().Format(time.RFC3339Nano))
	}
	for t > s.Midnight {
		s.Days.end(s.Value)
		if s.Midnight > math.MaxInt64-day {
			s.Midnight = math.MaxInt64
			break
		}
		s.Midnight += day
	}
	s.Last, s.End, s.Value = t, equity, units.Float64()
	s.Bars++
	if inPosition {
		s.Held++
	}
	if s.Value >= s.Peak {
		s.Peak, s.PeakAt, s.Below = s.Value, t, 0
		return nil
	}
	if s.Below++; s.Below > s.Longest {
		s.Longest, s.LongTime = s.Below, t-s.PeakAt
	}
	s.Deepest = min(s.Deepest, s.Value/s.Peak-1)
	return nil
}

// AddTrade takes a round trip that ended.
func (l *Live) AddTrade(t Trade) { l.s.Trades.add(&t) }

// Stats returns the figures up to the last value; the present day counts as a day.
func (l *Live) Stats() Stats {
	s := l.s
	out := Stats{
		Convention: Crypto365.name, From: time.Unix(0, s.From).UTC(), To: time.Unix(0, s.Last).UTC(), Bars: s.Bars,
		Start: s.Start, End: s.End,
	}
	out.undefine()
	l.s.Trades.facts(&out)
	l.s.Trades.figures(&out)
	if s.Bars == 0 {
		return out
	}
	start, _, _ := wide.FromDecimal(s.Start, ledger)
	out.Return = change(start.Float64(), s.Value)
	out.MaxDrawdown, out.MaxDrawdownBars = Number(s.Deepest), s.Longest
	if s.Longest > 0 {
		out.MaxDrawdownDays = days(s.LongTime)
	}
	out.Exposure = ratio(float64(s.Held), float64(s.Bars))
	years := float64(s.Last-s.From) / yearNanos
	out.CAGR = growth(float64(out.Return)+1, years)
	s.Days.end(s.Value)
	out.Turnover = l.s.Trades.turnover([]float64{s.Days.Sum / float64(s.Days.Count)}, years)
	if m, ok := s.Days.moments(); ok {
		out.ofMoments(Crypto365, &m)
	}
	out.Calmar = ratio(float64(out.CAGR), math.Abs(float64(out.MaxDrawdown)))
	out.settle()
	return out
}

// MarshalJSON saves all that it knows.
func (l *Live) MarshalJSON() ([]byte, error) { return json.Marshal(l.s) }

// UnmarshalJSON restores what MarshalJSON saved; Invalid for what it did not save, and
// then nothing changes.
func (l *Live) UnmarshalJSON(raw []byte) error {
	var s liveState
	if err := json.Unmarshal(raw, &s); err != nil {
		return tradekeel.Invalidf("live", "is no saved state: %v", err).Because(err)
	}
	start, err := toUnits("start", s.Start)
	if err != nil {
		return err
	}
	switch d, t := &s.Days, &s.Trades; {
	case s.Version != liveVersion:
		return tradekeel.Invalidf("live", "has version %d, this release reads %d", s.Version, liveVersion)
	case start.Sign() <= 0 || !(s.Peak > 0) || !(d.Peak > 0):
		return tradekeel.Invalidf("live", "starts with %s and has a peak of %v; both must be above zero", s.Start, s.Peak)
	case s.Last < s.From || s.PeakAt < s.From || s.PeakAt > s.Last || s.Midnight < s.Last || s.Midnight-s.Last > day:
		return tradekeel.Invalidf("live", "has times that do not follow each other")
	case min(s.Bars, s.Held, s.Below, s.Longest, d.N, d.Count-1, t.N, t.Wins, t.Losses, t.Unpriced, t.Held) < 0 || s.Held > s.Bars || t.Unpriced > t.N:
		return tradekeel.Invalidf("live", "has counts that cannot be")
	case min(d.M2, d.Squares, d.Gains, d.Losses, d.Depths, t.Squares) < 0:
		return tradekeel.Invalidf("live", "has sums of squares below zero")
	}
	l.s = s
	return nil
}
