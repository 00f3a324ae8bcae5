package stats

import (
	"math"

	"github.com/tradekeel/tradekeel/internal/wide"
)

// tally sums up trades, one at a time.
type tally struct {
	N       int      `json:"n"`
	Wins    int      `json:"wins"`
	Losses  int      `json:"losses"` // net profit below zero
	Profit  wide.Int `json:"profit"` // sums of at most the ledger's range
	Loss    wide.Int `json:"loss"`
	Fees    wide.Int `json:"fees"`
	Best    wide.Int `json:"best"`
	Worst   wide.Int `json:"worst"`
	Traded  float64  `json:"traded"`  // notional of entries and exits, in ledger units
	Returns float64  `json:"returns"` // sum of returns
	Logs    float64  `json:"logs"`    // sum of logarithms of 1 + return, up to
	Factor  float64  `json:"factor"`  // the product of 1 + return since the last logarithm
	Gains   float64  `json:"gains"`   // sum of returns above zero
	Drops   float64  `json:"drops"`   // sum of returns below zero, as a positive number
	// BestReturn and WorstReturn are of the trades that have a return.
	BestReturn  float64 `json:"best_return"`
	WorstReturn float64 `json:"worst_return"`
	Unpriced    int     `json:"unpriced"` // trades without a notional, which have none
	Ruined      bool    `json:"ruined"`   // a return of -1 or below
	Held        int     `json:"held"`
	Mean        float64 `json:"mean"`    // of net profits in currency
	Squares     float64 `json:"squares"` // about their mean
	Row         int     `json:"row"`     // wins in a row; losses below zero
	LongWins    int     `json:"long_wins"`
	LongLosses  int     `json:"long_losses"`
}

func (t *tally) add(trade *Trade) {
	sign := trade.Net.Sign()
	if t.N == 0 {
		t.Best, t.Worst, t.Factor = trade.Net, trade.Net, 1
	}
	t.N++
	switch {
	case sign > 0:
		t.Wins++
		t.Profit, _ = t.Profit.Add(trade.Net)
		t.Row = max(t.Row, 0) + 1
		t.LongWins = max(t.LongWins, t.Row)
	case sign < 0:
		t.Losses++
		t.Loss, _ = t.Loss.Sub(trade.Net)
		t.Row = min(t.Row, 0) - 1
		t.LongLosses = max(t.LongLosses, -t.Row)
	default:
		t.Row = 0
	}
	t.Fees, _ = t.Fees.Add(trade.Fees)
	if trade.Net.Cmp(t.Best) > 0 {
		t.Best = trade.Net
	}
	if trade.Net.Cmp(t.Worst) < 0 {
		t.Worst = trade.Net
	}
	t.Held += trade.BarsHeld
	net, notional := trade.Net.Float64(), trade.Notional.Float64()
	t.Traded += notional + trade.ExitNotional.Float64()
	net /= unit
	d := net - t.Mean
	t.Mean += d / float64(t.N)
	t.Squares += d * (net - t.Mean)
	if !(notional > 0) {
		t.Unpriced++
		return
	}
	t.ofReturn(trade.Net.Float64() / notional)
}

// unit is one of the currency in ledger units.
const unit = 1e18

func (t *tally) ofReturn(r float64) {
	t.Returns += r
	if t.N-t.Unpriced == 1 {
		t.BestReturn, t.WorstReturn = r, r
	}
	t.BestReturn, t.WorstReturn = max(t.BestReturn, r), min(t.WorstReturn, r)
	if r > 0 {
		t.Gains += r
	} else {
		t.Drops -= r
	}
	if r <= -1 {
		t.Ruined = true
		return
	}
	if t.Factor *= 1 + r; t.Factor > 1e100 || t.Factor < 1e-100 {
		t.Logs += math.Log(t.Factor)
		t.Factor = 1
	}
}

// facts fills in counts and money.
func (t *tally) facts(s *Stats) {
	s.Trades, s.Wins = t.N, t.Wins
	if t.N == 0 {
		return
	}
	s.GrossProfit, s.GrossLoss, s.Fees = t.Profit.Decimal(ledger), t.Loss.Decimal(ledger), t.Fees.Decimal(ledger)
	s.Best, s.Worst = t.Best.Decimal(ledger), t.Worst.Decimal(ledger)
	s.MeanBarsHeld = Number(float64(t.Held) / float64(t.N))
}

// figures fills in those of trades, as this project defines them.
func (t *tally) figures(s *Stats) {
	if t.N == 0 {
		return
	}
	n := float64(t.N)
	profit, loss := t.Profit.Float64(), t.Loss.Float64()
	s.WinRate = Number(float64(t.Wins) / n)
	s.ProfitFactor = ratio(profit, loss)
	s.Expectancy = Number((profit - loss) / unit / n)
	s.MeanWin, s.MeanLoss = ratio(profit/unit, float64(t.Wins)), ratio(loss/unit, float64(t.Losses))
	s.ExpectancyRatio = ratio(float64(s.Expectancy), float64(s.MeanLoss))
	s.PayoffRatio = ratio(float64(s.MeanWin), float64(s.MeanLoss))
	s.Kelly = Number(float64(s.WinRate) - float64(ratio(1-float64(s.WinRate), float64(s.PayoffRatio))))
	s.SQN = t.sqn()
	s.LongestWins, s.LongestLosses = t.LongWins, t.LongLosses
	if t.Unpriced > 0 {
		return
	}
	s.MeanTrade = Number(t.Returns / n)
	s.BestTrade, s.WorstTrade = Number(t.BestReturn), Number(t.WorstReturn)
	s.GeometricTrade = t.geometric()
}

func (t *tally) geometric() Number {
	if t.N == 0 || t.Ruined || t.Unpriced > 0 {
		return Undefined
	}
	return Number(math.Expm1((t.Logs + math.Log(t.Factor)) / float64(t.N)))
}

// sqn is the system quality number, √n · mean ÷ deviation (ddof 1) of net profits.
func (t *tally) sqn() Number {
	if t.N < 2 {
		return Undefined
	}
	deviation := math.Sqrt(t.Squares / float64(t.N-1))
	if deviation <= flat*math.Abs(t.Mean) {
		return Undefined
	}
	return ratio(math.Sqrt(float64(t.N))*t.Mean, deviation)
}

// turnover is what was traded by the mean of values, in ledger units, a year.
func (t *tally) turnover(values []float64, years float64) Number {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	mean := sum / float64(len(values))
	if !(mean > 0) || !(years > 0) {
		return Undefined
	}
	return finite(t.Traded / mean / years)
}
