package optimise

import (
	"math"

	"github.com/tradekeel/tradekeel/stats"
)

// Figures are what is kept of a run: figures of stats.Stats under their names there,
// units as there; NaN where undefined.
type Figures struct {
	Return       float64 // fraction: 0.41 is 41 %
	CAGR         float64 // fraction a year
	Volatility   float64 // a year
	Sharpe       float64 // a year
	Sortino      float64 // a year
	Calmar       float64
	MaxDrawdown  float64 // fraction, at most 0
	Exposure     float64 // share of the closes that saw a position
	Trades       float64 // round trips that ended
	WinRate      float64
	ProfitFactor float64
	Expectancy   float64 // mean net profit of a trade, in the currency of the run
	// Score is for an Evaluator with a measure of its own; backtests leave it NaN.
	Score float64
}

// numFigures is the number of figures in a row.
const numFigures = 13

// figures names each figure as conditions and objectives do, in the order of rows.
var figures = [numFigures]struct {
	name string
	of   func(f *Figures) *float64
}{
	{"return", func(f *Figures) *float64 { return &f.Return }},
	{"cagr", func(f *Figures) *float64 { return &f.CAGR }},
	{"volatility", func(f *Figures) *float64 { return &f.Volatility }},
	{"sharpe", func(f *Figures) *float64 { return &f.Sharpe }},
	{"sortino", func(f *Figures) *float64 { return &f.Sortino }},
	{"calmar", func(f *Figures) *float64 { return &f.Calmar }},
	{"max_drawdown", func(f *Figures) *float64 { return &f.MaxDrawdown }},
	{"exposure", func(f *Figures) *float64 { return &f.Exposure }},
	{"trades", func(f *Figures) *float64 { return &f.Trades }},
	{"win_rate", func(f *Figures) *float64 { return &f.WinRate }},
	{"profit_factor", func(f *Figures) *float64 { return &f.ProfitFactor }},
	{"expectancy", func(f *Figures) *float64 { return &f.Expectancy }},
	{"score", func(f *Figures) *float64 { return &f.Score }},
}

// FigureNames returns the names that objectives and conditions on results know.
func FigureNames() []string {
	names := make([]string, numFigures)
	for i := range figures {
		names[i] = figures[i].name
	}
	return names
}

// FiguresOf takes the figures of a run.
func FiguresOf(s stats.Stats) Figures {
	return Figures{
		Return: number(s.Return), CAGR: number(s.CAGR), Volatility: number(s.Volatility),
		Sharpe: number(s.Sharpe), Sortino: number(s.Sortino), Calmar: number(s.Calmar),
		MaxDrawdown: number(s.MaxDrawdown), Exposure: number(s.Exposure), Trades: float64(s.Trades),
		WinRate: number(s.WinRate), ProfitFactor: number(s.ProfitFactor), Expectancy: number(s.Expectancy),
		Score: math.NaN(),
	}
}

// number has one NaN for all that is undefined, so that rows are equal byte for byte.
func number(n stats.Number) float64 {
	if !n.Defined() {
		return math.NaN()
	}
	return float64(n)
}

func undefined() Figures {
	var f Figures
	for i := range figures {
		*figures[i].of(&f) = math.NaN()
	}
	return f
}
