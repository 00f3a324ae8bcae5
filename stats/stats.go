// Package stats computes figures of merit of an equity curve and its trades
// under named conventions.
//
// The same run has a Sharpe ratio of 1.1 in one program and 2.7 in another, both
// right by their own definition. So every figure here carries the name of the
// convention that it was computed by:
//
//   - crypto-365 (the default): daily returns of marked-to-market equity at the
//     end of each UTC day, every calendar day counted, the first one against the
//     starting balance; sample standard deviation (ddof 1); a year has 365 days
//     and √365 annualises; Sortino divides by the root of the mean of squared
//     losses over all days; drawdown at every bar, from the starting balance;
//     CAGR over the time from the first bar's open to the last one's close;
//     Calmar = CAGR ÷ |maximum drawdown|. The risk-free rate is 0.
//   - per-bar: returns from bar to bar, the first bar being the base, so that the
//     number of returns is one less than that of bars; ddof 1; annualised by the
//     square root of the bars in a year, which the caller states; CAGR to the
//     power of bars in a year over the number of returns.
//
// What is undefined (a Sharpe of a flat curve, a profit factor without a loss)
// is NaN here, null in JSON and a dash in text, never a zero and never a number
// made up for it.
package stats

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/wide"
)

// Number is a figure that may be undefined: then it is NaN.
type Number float64

// Undefined is the figure that is not there.
var Undefined = Number(math.NaN())

// Defined reports whether n is a number.
func (n Number) Defined() bool { return !math.IsNaN(float64(n)) && !math.IsInf(float64(n), 0) }

// MarshalJSON writes null for an undefined figure.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(n))
}

// UnmarshalJSON reads null as undefined.
func (n *Number) UnmarshalJSON(raw []byte) error {
	if string(raw) == "null" {
		*n = Undefined
		return nil
	}
	return json.Unmarshal(raw, (*float64)(n))
}

// Percent returns "41.2 %", or a dash.
func (n Number) Percent() string {
	if !n.Defined() {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", float64(n)*100)
}

// String returns two decimals, or a dash.
func (n Number) String() string {
	if !n.Defined() {
		return "–"
	}
	return fmt.Sprintf("%.2f", float64(n))
}

// Trade is what statistics need of one round trip; money at 18 decimals.
type Trade struct {
	Net, Fees wide.Int
	Notional  wide.Int // of the entry
	BarsHeld  int      // closes that saw it
}

// Input is a run: its equity, bar by bar, and its round trips.
type Input struct {
	Start  wide.Int   // the starting balance, at 18 decimals
	End    wide.Int   // the last equity
	From   int64      // open of the first bar
	Times  []int64    // the moments of the equity, rising
	Equity []wide.Int // marked to market, after costs, at 18 decimals
	Trades []Trade
	// OpenBars is the number of closes that saw the positions still open at the end.
	OpenBars int
}

// Stats are the figures of a run.
type Stats struct {
	Convention string          `json:"convention"`
	From       time.Time       `json:"from"`
	To         time.Time       `json:"to"`
	Bars       int             `json:"bars"`
	Start      decimal.Decimal `json:"start"`
	End        decimal.Decimal `json:"end"`

	Return      Number `json:"return"`       // fraction: 0.41 is 41 %
	CAGR        Number `json:"cagr"`         // fraction a year
	Volatility  Number `json:"volatility"`   // a year
	Sharpe      Number `json:"sharpe"`       // a year
	Sortino     Number `json:"sortino"`      // a year
	Calmar      Number `json:"calmar"`       //
	MaxDrawdown Number `json:"max_drawdown"` // fraction, at most 0
	MeanReturn  Number `json:"mean_return"`  // a period of the convention
	StdReturn   Number `json:"std_return"`   // a period of the convention
	// MaxDrawdownBars is the longest run of bars below an earlier peak.
	MaxDrawdownBars int `json:"max_drawdown_bars"`
	// Exposure is the share of closes that saw a position.
	Exposure Number `json:"exposure"`

	Trades       int             `json:"trades"`
	Wins         int             `json:"wins"` // net profit above zero
	WinRate      Number          `json:"win_rate"`
	GrossProfit  decimal.Decimal `json:"gross_profit"` // sum of net wins
	GrossLoss    decimal.Decimal `json:"gross_loss"`   // sum of net losses, as a positive number
	ProfitFactor Number          `json:"profit_factor"`
	Expectancy   Number          `json:"expectancy"` // mean net profit of a trade, in currency
	MeanTrade    Number          `json:"mean_trade"` // mean of net profit ÷ entry's notional
	Best         decimal.Decimal `json:"best"`
	Worst        decimal.Decimal `json:"worst"`
	Fees         decimal.Decimal `json:"fees"` // of the trades that ended
	MeanBarsHeld Number          `json:"mean_bars_held"`
}

// String returns one line, beginning with the convention.
func (s Stats) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: return %s, CAGR %s, Sharpe %s, Sortino %s, max drawdown %s, %d trades",
		s.Convention, s.Return.Percent(), s.CAGR.Percent(), s.Sharpe, s.Sortino, s.MaxDrawdown.Percent(), s.Trades)
	if s.Trades > 0 {
		fmt.Fprintf(&b, ", %s won, profit factor %s", s.WinRate.Percent(), s.ProfitFactor)
	}
	return b.String()
}

// Convention is a named way of computing.
type Convention struct {
	name           string
	periodsPerYear float64
	daily          bool
}

// Crypto365 is the default convention; see the package comment.
var Crypto365 = Convention{name: "crypto-365", periodsPerYear: 365, daily: true}

// PerBar is the convention of returns from bar to bar, with the number of bars
// in a year, for example 8760 for hourly bars around the clock.
func PerBar(barsPerYear float64) Convention {
	return Convention{name: "per-bar", periodsPerYear: barsPerYear}
}

// Name returns the convention's name; the zero Convention is crypto-365.
func (c Convention) Name() string { return c.orDefault().name }

func (c Convention) orDefault() Convention {
	if c.name == "" {
		return Crypto365
	}
	return c
}

// Accumulator takes the equity of a run in parts, as it comes about, while it is
// still near in memory. It is for one goroutine.
type Accumulator struct {
	convention Convention
	walk       *walk
	bars       int
}

// NewAccumulator begins with a starting balance, at 18 decimals, and the open of
// the first bar.
func NewAccumulator(c Convention, start wide.Int, from int64) *Accumulator {
	c = c.orDefault()
	return &Accumulator{convention: c, walk: newWalk(c, Input{Start: start, From: from})}
}

// Add takes the next moments and their equity; both have one length, and times rise.
func (a *Accumulator) Add(times []int64, equity []wide.Int) {
	a.walk.add(times, equity)
	a.bars += len(equity)
}

// Compute returns the figures. The equity of in is what was added, all of it.
func (a *Accumulator) Compute(in Input) (Stats, error) {
	if a.bars != len(in.Equity) {
		return Stats{}, tradekeel.Invalidf("equity", "%d values were added, the input has %d", a.bars, len(in.Equity))
	}
	return compute(a.convention, in, a.walk)
}

// Compute returns the figures of a run. Times and equity of different lengths,
// or a number of periods in a year that is not above zero, are Invalid.
func Compute(c Convention, in Input) (Stats, error) {
	return compute(c.orDefault(), in, nil)
}

func compute(c Convention, in Input, w *walk) (Stats, error) {
	if len(in.Times) != len(in.Equity) {
		return Stats{}, tradekeel.Invalidf("equity", "has %d times and %d values", len(in.Times), len(in.Equity))
	}
	if !(c.periodsPerYear > 0) {
		return Stats{}, tradekeel.Invalidf("convention", "the bars in a year must be above zero, got %v", c.periodsPerYear)
	}
	const ledger = 18
	s := Stats{
		Convention: c.name, From: time.Unix(0, in.From).UTC(), Bars: len(in.Times),
		Start: in.Start.Decimal(ledger), End: in.End.Decimal(ledger),
	}
	s.ofTrades(in.Trades)
	if s.Bars == 0 {
		s.To, s.End = s.From, s.Start
		s.Return, s.CAGR, s.Volatility, s.Sharpe = Undefined, Undefined, Undefined, Undefined
		s.Sortino, s.Calmar, s.MaxDrawdown, s.MeanReturn, s.StdReturn, s.Exposure = Undefined, Undefined, Undefined, Undefined, Undefined, Undefined
		return s, nil
	}
	if w == nil {
		w = newWalk(c, in)
		w.add(in.Times, in.Equity)
	}
	return s.finish(c, in, w), nil
}

// finish fills in what follows from the walk.
func (s *Stats) finish(c Convention, in Input, w *walk) Stats {
	last := in.Times[s.Bars-1]
	s.To = time.Unix(0, last).UTC()
	s.MaxDrawdown, s.MaxDrawdownBars = Number(w.deepest), w.longest
	s.Return = ratio(w.value, w.start) - 1
	s.Exposure = exposure(in)
	m := ofReturns(w.sampled())
	if c.daily {
		years := float64(last-in.From) / float64(365*24*time.Hour)
		s.CAGR = Number(math.Pow(float64(s.Return)+1, 1/years) - 1)
	} else {
		years := float64(s.Bars-1) / c.periodsPerYear
		s.CAGR = Number(math.Pow(float64(ratio(w.value, in.Equity[0].Float64())), 1/years) - 1)
	}
	root := math.Sqrt(c.periodsPerYear)
	s.MeanReturn, s.StdReturn = Number(m.mean), Number(m.deviation)
	s.Volatility = Number(m.deviation * root)
	s.Sharpe = ratio(m.mean*root, m.deviation)
	s.Sortino = ratio(m.mean*root, m.downside)
	if !s.CAGR.Defined() {
		s.CAGR = Undefined
	}
	s.Calmar = ratio(float64(s.CAGR), math.Abs(float64(s.MaxDrawdown)))
	return *s
}

// moments are those of the simple returns between neighbouring values.
type moments struct{ mean, deviation, downside float64 }

func ofReturns(values []float64) moments {
	n := len(values) - 1
	if n < 1 {
		return moments{math.NaN(), math.NaN(), math.NaN()}
	}
	sum, losses := 0.0, 0.0
	for i := range n {
		r := values[i+1]/values[i] - 1
		sum += r
		if r < 0 {
			losses += r * r
		}
	}
	m := moments{mean: sum / float64(n), deviation: math.NaN(), downside: math.Sqrt(losses / float64(n))}
	if n < 2 {
		return m
	}
	squares := 0.0
	for i := range n {
		d := values[i+1]/values[i] - 1 - m.mean
		squares += d * d
	}
	m.deviation = math.Sqrt(squares / float64(n-1))
	return m
}

// exposure is the share of closes that saw a position; positions held at the same
// time count once each, up to all bars.
func exposure(in Input) Number {
	held := in.OpenBars
	for _, t := range in.Trades {
		held += t.BarsHeld
	}
	return ratio(float64(min(held, len(in.Times))), float64(len(in.Times)))
}

func (s *Stats) ofTrades(trades []Trade) {
	s.Trades = len(trades)
	s.WinRate, s.ProfitFactor, s.Expectancy, s.MeanTrade, s.MeanBarsHeld = Undefined, Undefined, Undefined, Undefined, Undefined
	if len(trades) == 0 {
		return
	}
	var profit, loss, fees wide.Int // sums of at most the ledger's range
	best, worst := trades[0].Net, trades[0].Net
	returns, held := 0.0, 0
	for i := range trades {
		t := &trades[i]
		if t.Net.Sign() > 0 {
			s.Wins++
			profit, _ = profit.Add(t.Net)
		} else {
			loss, _ = loss.Sub(t.Net)
		}
		fees, _ = fees.Add(t.Fees)
		if t.Net.Cmp(best) > 0 {
			best = t.Net
		}
		if t.Net.Cmp(worst) < 0 {
			worst = t.Net
		}
		returns += t.Net.Float64() / t.Notional.Float64()
		held += t.BarsHeld
	}
	n := float64(len(trades))
	const ledger = 18
	s.GrossProfit, s.GrossLoss, s.Fees = profit.Decimal(ledger), loss.Decimal(ledger), fees.Decimal(ledger)
	s.Best, s.Worst = best.Decimal(ledger), worst.Decimal(ledger)
	s.WinRate = Number(float64(s.Wins) / n)
	s.ProfitFactor = ratio(profit.Float64(), loss.Float64())
	s.Expectancy = Number((profit.Float64() - loss.Float64()) / 1e18 / n)
	s.MeanTrade = Number(returns / n)
	s.MeanBarsHeld = Number(float64(held) / n)
}

// ratio is a ÷ b, undefined where b is zero or either is.
func ratio(a, b float64) Number {
	if b == 0 || math.IsNaN(a) || math.IsNaN(b) {
		return Undefined
	}
	return Number(a / b)
}
