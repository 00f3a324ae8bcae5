package robust

import (
	"fmt"
	"math"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/stats"
)

// Sharpe is a Sharpe ratio of one period with what its error depends on. All ratios
// here are of one period, not annualised: divide one of a year by the root of the
// periods in it.
type Sharpe struct {
	Ratio    float64 `json:"ratio"`
	Skewness float64 `json:"skewness"` // third standardised moment; 0 is symmetric
	Kurtosis float64 `json:"kurtosis"` // fourth standardised moment; 3 is the normal one
	Periods  int     `json:"periods"`
}

// SharpeOf measures the Sharpe ratio of returns: mean over sample deviation (n-1),
// with the population's skewness and kurtosis. Returns that do not vary are Invalid.
func SharpeOf(values []float64) (Sharpe, error) {
	n := float64(len(values))
	if n < 2 {
		return Sharpe{}, tradekeel.Invalidf("returns", "need at least 2 periods, got %d", len(values))
	}
	m := mean(values)
	var two, three, four float64
	for _, v := range values {
		d := v - m
		two += float64(d * d)
		three += float64(d * d * d)
		four += float64(d * d * d * d)
	}
	two, three, four = two/n, three/n, four/n
	if !(two > flat*flat*(1+m*m)) || math.IsInf(two, 0) {
		return Sharpe{}, tradekeel.Invalidf("returns", "do not vary or are no numbers; a Sharpe ratio divides by their deviation")
	}
	return Sharpe{
		Ratio: m / math.Sqrt(two*n/(n-1)), Skewness: three / math.Pow(two, 1.5), Kurtosis: four / (two * two),
		Periods: len(values),
	}, nil
}

// spread is n times the variance of the estimated ratio at a ratio:
// 1 - γ₃ SR + (γ₄ - 1) ÷ 4 × SR².
func (s Sharpe) spread() float64 {
	return 1 - s.Skewness*s.Ratio + (s.Kurtosis-1)/4*s.Ratio*s.Ratio
}

// Probability returns the chance that the true ratio is above a benchmark of one
// period, the probabilistic Sharpe ratio: Bailey and López de Prado, "The Sharpe Ratio
// Efficient Frontier", Journal of Risk 15 (2012). It is undefined where the moments
// contradict each other.
func (s Sharpe) Probability(benchmark float64) stats.Number {
	spread := s.spread()
	if s.Periods < 2 || !(spread > 0) {
		return stats.Undefined
	}
	return stats.Number(cumulative((s.Ratio - benchmark) * math.Sqrt(float64(s.Periods-1)) / math.Sqrt(spread)))
}

// MinTrackRecord returns how many periods it takes until Probability of a benchmark
// reaches a confidence such as 0.95, should the ratio and its shape stay as they are
// (the same source). It is undefined where the ratio is not above the benchmark.
func (s Sharpe) MinTrackRecord(benchmark, confidence float64) stats.Number {
	spread := s.spread()
	if !(s.Ratio > benchmark) || !(spread > 0) || !(confidence > 0 && confidence < 1) {
		return stats.Undefined
	}
	z := above(1-confidence) / (s.Ratio - benchmark)
	return stats.Number(1 + spread*z*z)
}

// Deflated returns the chance that the true ratio is above what the best of a number
// of trials without any skill would show, the deflated Sharpe ratio: Bailey and López
// de Prado, "The Deflated Sharpe Ratio", Journal of Portfolio Management 40 (2014).
// variance is that of the ratios of the trials, of one period. Trials that are alike
// count as fewer than they are; whoever tried n and states 1 deceives himself.
func (s Sharpe) Deflated(trials int, variance float64) stats.Number {
	best := ExpectedMaxSharpe(trials, variance)
	if !best.Defined() {
		return stats.Undefined
	}
	return s.Probability(float64(best))
}

// ExpectedMaxSharpe returns about what the largest ratio of a number of independent
// trials without skill comes to, where their ratios have a variance: √V × ((1-γ) ×
// Φ⁻¹(1 - 1÷N) + γ × Φ⁻¹(1 - 1÷(N e))), with γ the constant of Euler and Mascheroni (the
// source of Deflated). Of one trial it is 0.
func ExpectedMaxSharpe(trials int, variance float64) stats.Number {
	const euler = 0.57721566490153286060651209
	switch {
	case trials < 1 || !(variance >= 0):
		return stats.Undefined
	case trials == 1:
		return 0
	}
	n := float64(trials)
	return stats.Number(math.Sqrt(variance) * ((1-euler)*above(1/n) + euler*above(1/(n*math.E))))
}

// cumulative is the standard normal distribution function.
func cumulative(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// above returns what a standard normal number exceeds with a chance.
func above(chance float64) float64 { return math.Sqrt2 * math.Erfcinv(2*chance) }

// Trials are the returns of many strategies, or of one with many parameters, over the
// same periods: Trials[k][t] is what trial k made in period t. All that were tried
// belong there, the bad ones above all.
type Trials [][]float64

// Validate returns an Invalid error for fewer than two trials, trials of different
// lengths, fewer than two periods, or what is no number.
func (t Trials) Validate() error {
	if len(t) < 2 {
		return tradekeel.Invalidf("trials", "need at least 2, got %d", len(t))
	}
	for k, values := range t {
		if len(values) != len(t[0]) || len(values) < 2 {
			return tradekeel.Invalidf("trials", "must have one return for each of at least 2 periods, trial %d has %d, the first %d", k+1, len(values), len(t[0]))
		}
		for i, v := range values {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				return tradekeel.Invalidf("trials", "must be numbers, trial %d has %v in period %d", k+1, v, i+1)
			}
		}
	}
	return nil
}

// Deflation is the best of many trials, judged by all of them.
type Deflation struct {
	Trials   int     `json:"trials"`
	Best     int     `json:"best"`     // its index
	Sharpe   Sharpe  `json:"sharpe"`   // of the best, of one period
	Variance float64 `json:"variance"` // of the ratios of all trials (n-1)
	// Expected is what the best of as many trials without skill would show.
	Expected stats.Number `json:"expected"`
	// Probability is the deflated Sharpe ratio; Undeflated the chance that the true
	// ratio is above 0, with the trials forgotten.
	Probability stats.Number `json:"probability"`
	Undeflated  stats.Number `json:"undeflated"`
	Warnings    []string     `json:"warnings,omitempty"`
}

// Deflate returns the deflated Sharpe ratio of the best of many trials. Trials whose
// returns do not vary, such as those that never traded, count with a ratio of 0.
func Deflate(t Trials) (*Deflation, error) {
	if err := t.Validate(); err != nil {
		return nil, err
	}
	d := &Deflation{Trials: len(t), Best: -1}
	ratios := make([]float64, len(t))
	for k, values := range t {
		s, err := SharpeOf(values)
		if err != nil {
			continue
		}
		ratios[k] = s.Ratio
		if d.Best < 0 || s.Ratio > d.Sharpe.Ratio {
			d.Best, d.Sharpe = k, s
		}
	}
	if d.Best < 0 {
		return nil, tradekeel.Invalidf("trials", "not one has returns that vary")
	}
	m := mean(ratios)
	for _, v := range ratios {
		d.Variance += float64((v - m) * (v - m))
	}
	d.Variance /= float64(len(ratios) - 1)
	d.Expected = ExpectedMaxSharpe(len(t), d.Variance)
	d.Probability = d.Sharpe.Deflated(len(t), d.Variance)
	d.Undeflated = d.Sharpe.Probability(0)
	if !(d.Probability >= 0.95) {
		d.Warnings = append(d.Warnings, fmt.Sprintf("The best of %d trials has a Sharpe ratio of %.4f a period; "+
			"the best of as many without any skill would show about %.4f. The chance that it is better than luck is %s.",
			d.Trials, d.Sharpe.Ratio, float64(d.Expected), d.Probability.Percent()))
	}
	return d, nil
}
