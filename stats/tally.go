package stats

import (
	"math"

	"github.com/tradekeel/tradekeel/internal/wide"
)

// tally sums up trades, one at a time.
type tally struct {
	n, wins, losses         int
	profit, loss, fees      wide.Int // sums of at most the ledger's range
	traded                  float64  // notional of entries and exits, in ledger units
	best, worst             wide.Int
	returns, logs           float64 // sums of returns, and of logarithms of 1 + return
	factor                  float64 // product of 1 + return since the last logarithm
	gains, drops            float64 // sums of returns above and below zero
	bestReturn, worstReturn float64
	unpriced, ruined        bool // a trade without a notional; a return of -1 or below
	held                    int
	mean, squares           float64 // of net profits in currency, about their mean
	row                     int     // wins in a row; losses below zero
	longWins, longLosses    int
}

func (t *tally) add(trade *Trade) {
	sign := trade.Net.Sign()
	if t.n == 0 {
		t.best, t.worst, t.factor = trade.Net, trade.Net, 1
		t.bestReturn, t.worstReturn = math.Inf(-1), math.Inf(1)
	}
	t.n++
	switch {
	case sign > 0:
		t.wins++
		t.profit, _ = t.profit.Add(trade.Net)
		t.row = max(t.row, 0) + 1
		t.longWins = max(t.longWins, t.row)
	case sign < 0:
		t.losses++
		t.loss, _ = t.loss.Sub(trade.Net)
		t.row = min(t.row, 0) - 1
		t.longLosses = max(t.longLosses, -t.row)
	default:
		t.row = 0
	}
	t.fees, _ = t.fees.Add(trade.Fees)
	if trade.Net.Cmp(t.best) > 0 {
		t.best = trade.Net
	}
	if trade.Net.Cmp(t.worst) < 0 {
		t.worst = trade.Net
	}
	t.held += trade.BarsHeld
	net, notional := trade.Net.Float64(), trade.Notional.Float64()
	t.traded += notional + trade.ExitNotional.Float64()
	net /= unit
	d := net - t.mean
	t.mean += d / float64(t.n)
	t.squares += d * (net - t.mean)
	if !(notional > 0) {
		t.unpriced = true
		return
	}
	t.ofReturn(trade.Net.Float64() / notional)
}

// unit is one of the currency in ledger units.
const unit = 1e18

func (t *tally) ofReturn(r float64) {
	t.returns += r
	t.bestReturn, t.worstReturn = max(t.bestReturn, r), min(t.worstReturn, r)
	if r > 0 {
		t.gains += r
	} else {
		t.drops -= r
	}
	if r <= -1 {
		t.ruined = true
		return
	}
	if t.factor *= 1 + r; t.factor > 1e100 || t.factor < 1e-100 {
		t.logs += math.Log(t.factor)
		t.factor = 1
	}
}

// facts fills in counts and money.
func (t *tally) facts(s *Stats) {
	s.Trades, s.Wins = t.n, t.wins
	if t.n == 0 {
		return
	}
	s.GrossProfit, s.GrossLoss, s.Fees = t.profit.Decimal(ledger), t.loss.Decimal(ledger), t.fees.Decimal(ledger)
	s.Best, s.Worst = t.best.Decimal(ledger), t.worst.Decimal(ledger)
	s.MeanBarsHeld = Number(float64(t.held) / float64(t.n))
}

// figures fills in those of trades, as this project defines them.
func (t *tally) figures(s *Stats) {
	if t.n == 0 {
		return
	}
	n := float64(t.n)
	profit, loss := t.profit.Float64(), t.loss.Float64()
	s.WinRate = Number(float64(t.wins) / n)
	s.ProfitFactor = ratio(profit, loss)
	s.Expectancy = Number((profit - loss) / unit / n)
	s.MeanWin, s.MeanLoss = ratio(profit/unit, float64(t.wins)), ratio(loss/unit, float64(t.losses))
	s.ExpectancyRatio = ratio(float64(s.Expectancy), float64(s.MeanLoss))
	s.PayoffRatio = ratio(float64(s.MeanWin), float64(s.MeanLoss))
	s.Kelly = Number(float64(s.WinRate) - float64(ratio(1-float64(s.WinRate), float64(s.PayoffRatio))))
	s.SQN = t.sqn()
	s.LongestWins, s.LongestLosses = t.longWins, t.longLosses
	if t.unpriced {
		return
	}
	s.MeanTrade = Number(t.returns / n)
	s.BestTrade, s.WorstTrade = Number(t.bestReturn), Number(t.worstReturn)
	s.GeometricTrade = t.geometric()
}

func (t *tally) geometric() Number {
	if t.n == 0 || t.ruined || t.unpriced {
		return Undefined
	}
	return Number(math.Expm1((t.logs + math.Log(t.factor)) / float64(t.n)))
}

// sqn is the system quality number, √n · mean ÷ deviation (ddof 1) of net profits.
func (t *tally) sqn() Number {
	if t.n < 2 {
		return Undefined
	}
	deviation := math.Sqrt(t.squares / float64(t.n-1))
	if deviation <= flat*math.Abs(t.mean) {
		return Undefined
	}
	return ratio(math.Sqrt(float64(t.n))*t.mean, deviation)
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
	return finite(t.traded / mean / years)
}
