package stats

import "math"

// Distribution describes returns, whichever trades made them. The definitions are
// those of quantstats and empyrical where these have the figure; wins are returns
// above zero, losses returns below.
type Distribution struct {
	Count           int    `json:"count"`
	Total           Number `json:"total"`          // compounded
	Mean            Number `json:"mean"`           //
	GeometricMean   Number `json:"geometric_mean"` //
	MeanNonZero     Number `json:"mean_nonzero"`   // of the returns that are not zero
	Deviation       Number `json:"deviation"`      // ddof 1
	Volatility      Number `json:"volatility"`     // a year
	DownsideRisk    Number `json:"downside_risk"`  // √(Σmin(r,0)²/n), a year
	Skew            Number `json:"skew"`
	Kurtosis        Number `json:"kurtosis"`
	Best            Number `json:"best"`
	Worst           Number `json:"worst"`
	Active          Number `json:"active"`   // share of returns that are not zero
	WinRate         Number `json:"win_rate"` // among those
	MeanWin         Number `json:"mean_win"`
	MeanLoss        Number `json:"mean_loss"` // at most 0
	PayoffRatio     Number `json:"payoff_ratio"`
	ProfitFactor    Number `json:"profit_factor"` // sum of wins ÷ sum of losses
	GainToPain      Number `json:"gain_to_pain"`  // sum of returns ÷ sum of losses
	Kelly           Number `json:"kelly"`
	LongestWins     int    `json:"longest_wins"`
	LongestLosses   int    `json:"longest_losses"`
	VaR             Number `json:"var"`  // as in Stats
	CVaR            Number `json:"cvar"` // as in Stats
	NormalVaR       Number `json:"normal_var"`
	NormalCVaR      Number `json:"normal_cvar"`
	MeanBelowVaR    Number `json:"mean_below_var"` // mean of the returns below NormalVaR
	TailRatio       Number `json:"tail_ratio"`     // |95th ÷ 5th percentile|
	OutlierWin      Number `json:"outlier_win"`    // 99th percentile ÷ mean of returns at least 0
	OutlierLoss     Number `json:"outlier_loss"`   // 1st percentile ÷ mean loss
	CommonSense     Number `json:"common_sense"`   // profit factor × tail ratio
	CPC             Number `json:"cpc"`            // profit factor × win rate × payoff ratio
	Sharpe          Number `json:"sharpe"`         // a year
	Sortino         Number `json:"sortino"`        // a year
	AdjustedSortino Number `json:"adjusted_sortino"`
	Omega           Number `json:"omega"`
	CAGR            Number `json:"cagr"` // total to the power of periods in a year ÷ count
	MaxDrawdown     Number `json:"max_drawdown"`
	Calmar          Number `json:"calmar"`
	UlcerIndex      Number `json:"ulcer_index"`       // as in Stats
	SampleUlcer     Number `json:"sample_ulcer"`      // divided by count - 1, as quantstats has it
	UlcerRatio      Number `json:"ulcer_performance"` // total ÷ SampleUlcer
	Recovery        Number `json:"recovery"`          // |sum of returns ÷ maximum drawdown|
	Serenity        Number `json:"serenity"`          // KeyQuant's, of SampleUlcer
	RiskOfRuin      Number `json:"risk_of_ruin"`      // ((1-w)/(1+w))ⁿ, w the win rate
	Stability       Number `json:"stability"`         // R² of a line through the log of the curve
}

func (d *Distribution) numbers() []*Number {
	return []*Number{
		&d.Total, &d.Mean, &d.GeometricMean, &d.MeanNonZero, &d.Deviation, &d.Volatility, &d.DownsideRisk, &d.Skew,
		&d.Kurtosis, &d.Best, &d.Worst, &d.Active, &d.WinRate, &d.MeanWin, &d.MeanLoss, &d.PayoffRatio, &d.ProfitFactor,
		&d.GainToPain, &d.Kelly, &d.VaR, &d.CVaR, &d.NormalVaR, &d.NormalCVaR, &d.MeanBelowVaR, &d.TailRatio,
		&d.OutlierWin, &d.OutlierLoss, &d.CommonSense, &d.CPC, &d.Sharpe, &d.Sortino, &d.AdjustedSortino, &d.Omega,
		&d.CAGR, &d.MaxDrawdown, &d.Calmar, &d.UlcerIndex, &d.SampleUlcer, &d.UlcerRatio, &d.Recovery, &d.Serenity,
		&d.RiskOfRuin, &d.Stability,
	}
}

// Distribution returns the figures of the returns. All are undefined when there are
// none, or one is no number or not above -1: nothing is left then.
func (r Returns) Distribution() Distribution {
	d := Distribution{Count: len(r.Values)}
	for _, n := range d.numbers() {
		*n = Undefined
	}
	curve := make([]float64, 1, len(r.Values)+1)
	curve[0] = 1
	for _, v := range r.Values {
		curve = append(curve, curve[len(curve)-1]*(1+v))
	}
	m, ok := ofValues(curve)
	if !ok || math.IsNaN(m.mean) || !(curve[len(curve)-1] > 0) {
		return d
	}
	d.ofMoments(&m, r.PeriodsPerYear)
	d.ofSigns(r.Values)
	d.ofOrder(r.Values)
	d.ofCurve(curve, &m, r.PeriodsPerYear)
	for _, n := range d.numbers() {
		*n = finite(float64(*n))
	}
	return d
}

func (d *Distribution) ofMoments(m *moments, perYear float64) {
	var s Stats
	s.ofMoments(Convention{periodsPerYear: perYear}, m)
	d.Mean, d.Deviation, d.Volatility = s.MeanReturn, s.StdReturn, s.Volatility
	d.DownsideRisk = Number(m.downside * math.Sqrt(perYear))
	d.Skew, d.Kurtosis, d.Best, d.Worst = s.Skew, s.Kurtosis, s.BestReturn, s.WorstReturn
	d.NormalVaR, d.NormalCVaR = s.NormalVaR, s.NormalCVaR
	d.Sharpe, d.Sortino, d.Omega, d.UlcerIndex = s.Sharpe, s.Sortino, s.Omega, s.UlcerIndex
	d.AdjustedSortino = d.Sortino / math.Sqrt2
	d.ProfitFactor = ratio(m.gains, m.losses)
	d.GainToPain = ratio(m.gains-m.losses, m.losses)
	d.SampleUlcer = Number(math.Sqrt(float64(ratio(m.dd, float64(m.n-1)))))
}

func (d *Distribution) ofSigns(values []float64) {
	wins, losses, gain, loss, row := 0, 0, 0.0, 0.0, 0
	for _, r := range values {
		switch {
		case r > 0:
			wins++
			gain += r
			row = max(row, 0) + 1
			d.LongestWins = max(d.LongestWins, row)
		case r < 0:
			losses++
			loss += r
			row = min(row, 0) - 1
			d.LongestLosses = max(d.LongestLosses, -row)
		default:
			row = 0
		}
	}
	moved := float64(wins + losses)
	d.Active = Number(moved / float64(len(values)))
	d.WinRate = ratio(float64(wins), moved)
	d.MeanNonZero = ratio(gain+loss, moved)
	d.MeanWin, d.MeanLoss = ratio(gain, float64(wins)), ratio(loss, float64(losses))
	d.PayoffRatio = ratio(float64(d.MeanWin), -float64(d.MeanLoss))
	d.Kelly = d.WinRate - ratio(1-float64(d.WinRate), float64(d.PayoffRatio))
	d.CPC = d.ProfitFactor * d.WinRate * d.PayoffRatio
	d.RiskOfRuin = Number(math.Pow(float64((1-d.WinRate)/(1+d.WinRate)), float64(len(values))))
	d.OutlierLoss = ratio(1, float64(d.MeanLoss)) // times the percentile, below
	d.OutlierWin = ratio(float64(len(values)-losses), gain)
}

func (d *Distribution) ofOrder(values []float64) {
	sorted := append([]float64(nil), values...)
	d.VaR, d.CVaR = historical(sorted)
	low, high := quantile(sorted, 0.05), quantile(sorted, 0.95)
	d.TailRatio = ratio(math.Abs(high), math.Abs(low))
	d.CommonSense = d.ProfitFactor * d.TailRatio
	d.OutlierWin *= Number(quantile(sorted, 0.99))
	d.OutlierLoss *= Number(quantile(sorted, 0.01))
	d.MeanBelowVaR = meanBelow(values, float64(d.NormalVaR))
}

// meanBelow is the mean of the values below a bound; the bound when there is none.
func meanBelow(values []float64, bound float64) Number {
	n, sum := 0, 0.0
	for _, v := range values {
		if v < bound {
			n++
			sum += v
		}
	}
	if n == 0 {
		return Number(bound)
	}
	return Number(sum / float64(n))
}

func (d *Distribution) ofCurve(curve []float64, m *moments, perYear float64) {
	n := float64(m.n)
	d.Total = Number(curve[m.n] - 1)
	d.GeometricMean = Number(math.Pow(curve[m.n], 1/n) - 1)
	d.CAGR = growth(curve[m.n], n/perYear)
	depths := make([]float64, m.n)
	peak, deepest, mean := 1.0, 0.0, 0.0
	for i, v := range curve[1:] {
		peak = max(peak, v)
		depths[i] = v/peak - 1
		deepest = min(deepest, depths[i])
		mean += depths[i] / n
	}
	d.MaxDrawdown = Number(deepest)
	d.Calmar = ratio(float64(d.CAGR), -deepest)
	d.Recovery = ratio(math.Abs(m.gains-m.losses), -deepest)
	d.UlcerRatio = ratio(float64(d.Total), float64(d.SampleUlcer))
	squares := 0.0
	for _, v := range depths {
		squares += (v - mean) * (v - mean)
	}
	// The drawdowns' own CVaR, by the normal distribution, in deviations of returns.
	pitfall := ratio(-float64(meanBelow(depths, mean+normalQuantile*math.Sqrt(squares/(n-1)))), m.deviation)
	d.Serenity = ratio(m.gains-m.losses, float64(d.SampleUlcer*pitfall))
	d.Stability = stability(curve[1:])
}

// stability is R² of the least-squares line through the logarithms of a curve.
func stability(curve []float64) Number {
	n := float64(len(curve))
	meanX, meanY := (n-1)/2, 0.0
	for _, v := range curve {
		meanY += math.Log(v) / n
	}
	xx, yy, xy := 0.0, 0.0, 0.0
	for i, v := range curve {
		x, y := float64(i)-meanX, math.Log(v)-meanY
		xx += x * x
		yy += y * y
		xy += x * y
	}
	if yy <= flat*flat*n {
		return Undefined
	}
	return ratio(xy*xy, xx*yy)
}
