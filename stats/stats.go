package stats

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/internal/wide"
)

// ledger is the number of decimals of money in an Input.
const ledger = 18

// Trade is what statistics need of one round trip; money at 18 decimals.
type Trade struct {
	Net, Fees wide.Int
	Notional  wide.Int // of the entry
	BarsHeld  int      // closes that saw it

	ExitNotional wide.Int // of the exit
	Entry, Exit  int64    // nanoseconds UTC
	Short        bool
	ExitReason   string
	// MAE and MFE are the largest loss and the largest profit that it ever stood at,
	// before fees: at most and at least zero. They count only where Measured.
	MAE, MFE wide.Int
	Measured bool
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

// Stats are the figures of a run. The package comment defines them.
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
	Omega       Number `json:"omega"`        // of the convention's periods, at 0
	MaxDrawdown Number `json:"max_drawdown"` // fraction, at most 0
	UlcerIndex  Number `json:"ulcer_index"`  // fraction
	MeanReturn  Number `json:"mean_return"`  // a period of the convention
	StdReturn   Number `json:"std_return"`   // a period of the convention
	Skew        Number `json:"skew"`         // of the returns
	Kurtosis    Number `json:"kurtosis"`     // of the returns, in excess of 3
	VaR         Number `json:"var"`          // historical, 5 %, a period; below 0 is a loss
	CVaR        Number `json:"cvar"`         // historical
	NormalVaR   Number `json:"normal_var"`   // of the normal distribution
	NormalCVaR  Number `json:"normal_cvar"`  // of the normal distribution
	BestReturn  Number `json:"best_return"`  // of the periods
	WorstReturn Number `json:"worst_return"` // of the periods
	// MaxDrawdownBars is the longest run of bars below an earlier peak.
	MaxDrawdownBars int `json:"max_drawdown_bars"`
	// MaxDrawdownDays is the time of that run, from the peak to its last close.
	MaxDrawdownDays Number `json:"max_drawdown_days"`
	// Exposure is the share of closes that saw a position.
	Exposure Number `json:"exposure"`
	Turnover Number `json:"turnover"` // times the mean equity, a year

	Trades       int             `json:"trades"`
	Wins         int             `json:"wins"` // net profit above zero
	WinRate      Number          `json:"win_rate"`
	GrossProfit  decimal.Decimal `json:"gross_profit"` // sum of net wins
	GrossLoss    decimal.Decimal `json:"gross_loss"`   // sum of net losses, as a positive number
	ProfitFactor Number          `json:"profit_factor"`
	Expectancy   Number          `json:"expectancy"` // mean net profit of a trade, in currency
	// ExpectancyRatio is the expectancy by the mean loss.
	ExpectancyRatio Number          `json:"expectancy_ratio"`
	MeanTrade       Number          `json:"mean_trade"`      // mean of net profit ÷ entry's notional
	GeometricTrade  Number          `json:"geometric_trade"` // geometric mean of the same
	BestTrade       Number          `json:"best_trade"`      // the same, of the best
	WorstTrade      Number          `json:"worst_trade"`
	Best            decimal.Decimal `json:"best"`
	Worst           decimal.Decimal `json:"worst"`
	MeanWin         Number          `json:"mean_win"`  // in currency
	MeanLoss        Number          `json:"mean_loss"` // in currency, as a positive number
	PayoffRatio     Number          `json:"payoff_ratio"`
	Kelly           Number          `json:"kelly"` // fraction
	SQN             Number          `json:"sqn"`
	LongestWins     int             `json:"longest_wins"`   // in a row, by their order
	LongestLosses   int             `json:"longest_losses"` // net profit below zero
	Fees            decimal.Decimal `json:"fees"`           // of the trades that ended
	MeanBarsHeld    Number          `json:"mean_bars_held"`
}

// numbers are all figures that may be undefined.
func (s *Stats) numbers() [36]*Number {
	return [...]*Number{
		&s.Return, &s.CAGR, &s.Volatility, &s.Sharpe, &s.Sortino, &s.Calmar, &s.Omega, &s.MaxDrawdown, &s.UlcerIndex,
		&s.MeanReturn, &s.StdReturn, &s.Skew, &s.Kurtosis, &s.VaR, &s.CVaR, &s.NormalVaR, &s.NormalCVaR, &s.BestReturn,
		&s.WorstReturn, &s.MaxDrawdownDays, &s.Exposure, &s.Turnover, &s.WinRate, &s.ProfitFactor, &s.Expectancy,
		&s.ExpectancyRatio, &s.MeanTrade, &s.GeometricTrade, &s.BestTrade, &s.WorstTrade, &s.MeanWin, &s.MeanLoss,
		&s.PayoffRatio, &s.Kelly, &s.SQN, &s.MeanBarsHeld,
	}
}

// undefine makes all figures undefined.
func (s *Stats) undefine() {
	for _, n := range s.numbers() {
		*n = Undefined
	}
}

// settle makes what came out infinite undefined.
func (s *Stats) settle() {
	for _, n := range s.numbers() {
		*n = finite(float64(*n))
	}
}

// UnmarshalJSON reads figures; one that is not there is undefined.
func (s *Stats) UnmarshalJSON(raw []byte) error {
	type plain Stats
	var read plain
	(*Stats)(&read).undefine()
	if err := json.Unmarshal(raw, &read); err != nil {
		return err
	}
	*s = Stats(read)
	return nil
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
