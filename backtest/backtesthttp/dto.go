package backtesthttp

import (
	"encoding/json"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/trading"
)

// Amount is money: exact decimals in a string.
type Amount struct {
	Value    string `json:"value" maxLength:"100" doc:"An exact decimal number." example:"10000"`
	Currency string `json:"currency" maxLength:"20" doc:"The code of an asset." example:"USDT"`
}

func amountOf(a money.Amount) Amount { return Amount{a.Value.String(), string(a.Currency)} }

// Object is a JSON object that is passed on as it is.
type Object json.RawMessage

// MarshalJSON implements json.Marshaler.
func (o Object) MarshalJSON() ([]byte, error) { return json.RawMessage(o).MarshalJSON() }

// UnmarshalJSON implements json.Unmarshaler.
func (o *Object) UnmarshalJSON(raw []byte) error {
	*o = append((*o)[:0], raw...)
	return nil
}

// Schema implements huma.SchemaProvider.
func (Object) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// Creation is what starts a backtest.
type Creation struct {
	Strategy   string     `json:"strategy" minLength:"1" maxLength:"100" doc:"A name of GET /strategies, or library:<id>@<version> for a version of one of your own." example:"sma_cross"`
	Params     Object     `json:"params,omitempty" doc:"Values of parameters; what is left out has its default." example:"{\"fast\": 20, \"slow\": 50}"`
	Data       string     `json:"data" minLength:"1" maxLength:"100" doc:"A key of GET /candles." example:"binance:BTC/USDT:1h"`
	From       *time.Time `json:"from,omitempty" doc:"Bars that open at this time or later; left out, from the first." example:"2021-01-01T00:00:00Z"`
	To         *time.Time `json:"to,omitempty" doc:"Bars that close at this time or earlier; left out, to the last." example:"2021-06-01T00:00:00Z"`
	Cash       Amount     `json:"cash" doc:"What there is at the start, in the currency that the data is quoted in."`
	FeeRate    string     `json:"fee_rate,omitempty" maxLength:"100" doc:"Taken of each fill, a fraction: 0.001 is 0.1 %. Left out, 0." example:"0.001"`
	AcceptGaps bool       `json:"accept_gaps,omitempty" doc:"Run over data with missing bars; otherwise they are an error." example:"true"`
}

func exampleCreation() Creation {
	return Creation{
		Strategy: "sma_cross", Params: Object(`{"fast":20,"slow":50}`), Data: "binance:BTC/USDT:1h",
		Cash: Amount{"10000", "USDT"}, FeeRate: "0.001", AcceptGaps: true,
	}
}

// Backtest is a stored run.
type Backtest struct {
	ID              string     `json:"id" example:"bt_06DXWZ0YS0M1VB3Q4N2C7A9K5R"`
	State           string     `json:"state" enum:"queued,running,done,failed,canceled"`
	Strategy        string     `json:"strategy" example:"sma_cross"`
	Params          Object     `json:"params,omitempty" doc:"As given."`
	Data            string     `json:"data" example:"binance:BTC/USDT:1h"`
	From            *time.Time `json:"from,omitempty"`
	To              *time.Time `json:"to,omitempty"`
	Cash            Amount     `json:"cash"`
	FeeRate         string     `json:"fee_rate" example:"0.001"`
	AcceptGaps      bool       `json:"accept_gaps"`
	Progress        Progress   `json:"progress"`
	CancelRequested bool       `json:"cancel_requested" doc:"It was asked to stop."`
	Created         time.Time  `json:"created"`
	Started         *time.Time `json:"started,omitempty"`
	Finished        *time.Time `json:"finished,omitempty"`
	Fault           *Fault     `json:"fault,omitempty" doc:"Why it failed."`
	Summary         *Summary   `json:"summary,omitempty" doc:"When it is done."`
}

// Progress is how far a run is.
type Progress struct {
	Done  int `json:"done" doc:"Bars done."`
	Total int `json:"total" doc:"Bars in all; 0 before the run began."`
}

// Fault is why a run failed.
type Fault struct {
	Code    string `json:"code"`
	Field   string `json:"field,omitempty"`
	Message string `json:"message"`
}

// Summary is what came of a run, in short.
type Summary struct {
	Strategy string   `json:"strategy,omitempty" doc:"The name of what ran; of one of your own, with its version." example:"Dip in an uptrend, version 3"`
	Final    Amount   `json:"final" doc:"Cash and positions at the last bar."`
	Stats    Stats    `json:"stats"`
	Warnings []string `json:"warnings" nullable:"false" doc:"What a reader of the result should know."`
}

// Stats are the figures of a run. What is undefined is null.
type Stats struct {
	Convention      string    `json:"convention" doc:"How the figures are computed." example:"crypto-365"`
	From            time.Time `json:"from"`
	To              time.Time `json:"to"`
	Bars            int       `json:"bars"`
	Start           string    `json:"start" doc:"Equity at the start, in the currency of the cash."`
	End             string    `json:"end" doc:"Equity at the end."`
	Return          *float64  `json:"return" doc:"A fraction: 0.41 is 41 %."`
	CAGR            *float64  `json:"cagr" doc:"Growth a year, a fraction."`
	Volatility      *float64  `json:"volatility" doc:"Of a year."`
	Sharpe          *float64  `json:"sharpe" doc:"Of a year."`
	Sortino         *float64  `json:"sortino" doc:"Of a year."`
	Calmar          *float64  `json:"calmar"`
	MaxDrawdown     *float64  `json:"max_drawdown" doc:"A fraction, at most 0."`
	MaxDrawdownBars int       `json:"max_drawdown_bars" doc:"The longest time below an earlier peak, in bars."`
	Omega           *float64  `json:"omega" doc:"Gains by losses of the days, at 0."`
	UlcerIndex      *float64  `json:"ulcer_index" doc:"Root of the mean square of the drawdowns, a fraction."`
	VaR             *float64  `json:"var" doc:"Historical, 5 %, of a day; below 0 is a loss."`
	CVaR            *float64  `json:"cvar" doc:"The mean beyond it."`
	Exposure        *float64  `json:"exposure" doc:"The share of bars with a position."`
	Turnover        *float64  `json:"turnover" doc:"Times the mean equity, a year."`
	Trades          int       `json:"trades" doc:"Round trips that ended."`
	Wins            int       `json:"wins"`
	WinRate         *float64  `json:"win_rate"`
	GrossProfit     string    `json:"gross_profit"`
	GrossLoss       string    `json:"gross_loss" doc:"As a positive number."`
	ProfitFactor    *float64  `json:"profit_factor"`
	PayoffRatio     *float64  `json:"payoff_ratio" doc:"Mean win by mean loss."`
	SQN             *float64  `json:"sqn" doc:"System quality number."`
	Kelly           *float64  `json:"kelly" doc:"A fraction."`
	LongestLosses   int       `json:"longest_losses" doc:"Losing trades in a row, at most."`
	MeanTrade       *float64  `json:"mean_trade" doc:"Mean net profit as a fraction of the entry."`
	Best            string    `json:"best" doc:"Net profit of the best trade."`
	Worst           string    `json:"worst"`
	Fees            string    `json:"fees" doc:"Of the trades that ended."`
	MeanBarsHeld    *float64  `json:"mean_bars_held"`
}

// Explanation is why a backtest decided as it did at one close.
type Explanation struct {
	Time   time.Time `json:"time" doc:"The close."`
	Action string    `json:"action" doc:"What was decided." example:"no entry"`
	Reason string    `json:"reason,omitempty" doc:"The rule that decided, or what stood in its way."`
	Text   string    `json:"text" doc:"The rules with every condition and value, as a tree for a screen of fixed width."`
}

// Trade is one round trip.
type Trade struct {
	Symbol      string    `json:"symbol" example:"BTC/USDT"`
	Side        string    `json:"side" enum:"long,short"`
	Size        string    `json:"size" doc:"In the base currency, above zero for either side."`
	Entry       time.Time `json:"entry"`
	Exit        time.Time `json:"exit"`
	EntryPrice  string    `json:"entry_price" doc:"The average."`
	ExitPrice   string    `json:"exit_price" doc:"The average."`
	EntryReason string    `json:"entry_reason,omitempty"`
	ExitReason  string    `json:"exit_reason,omitempty"`
	Gross       Amount    `json:"gross" doc:"Profit before fees."`
	Fees        Amount    `json:"fees"`
	Net         Amount    `json:"net" doc:"Profit after fees."`
	Return      float64   `json:"return" doc:"Net profit as a fraction of the entry."`
}

// Strategy is one that may run.
type Strategy struct {
	Name       string      `json:"name" example:"sma_cross"`
	Parameters []Parameter `json:"parameters" nullable:"false"`
}

// Parameter is one parameter of a strategy.
type Parameter struct {
	Name        string   `json:"name" example:"fast"`
	Type        string   `json:"type" enum:"integer,number,boolean,string"`
	Default     Value    `json:"default"`
	Min         *float64 `json:"min,omitempty" doc:"The smallest, included."`
	Max         *float64 `json:"max,omitempty" doc:"The largest, included."`
	OneOf       []string `json:"one_of,omitempty" doc:"The texts that are possible."`
	Description string   `json:"description,omitempty"`
}

// Value is a number, a text, or true or false.
type Value struct{ any }

// MarshalJSON implements json.Marshaler.
func (v Value) MarshalJSON() ([]byte, error) { return json.Marshal(v.any) }

// Schema implements huma.SchemaProvider.
func (Value) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Description: "By the parameter's type.", Examples: []any{10}}
}

// Candles is one stored series.
type Candles struct {
	Key       string `json:"key" doc:"What a backtest takes as data." example:"binance:BTC/USDT:1h"`
	Venue     string `json:"venue,omitempty" example:"binance"`
	Symbol    string `json:"symbol" example:"BTC/USDT"`
	Timeframe string `json:"timeframe" example:"1h"`
}

var (
	_ huma.SchemaProvider = Object(nil)
	_ huma.SchemaProvider = Value{}
)

func backtestOf(b *backtest.Backtest) Backtest {
	spec := b.Spec
	out := Backtest{
		ID: string(b.ID), State: string(b.State), Strategy: spec.Strategy, Params: Object(spec.Params), Data: spec.Data.String(),
		From: timeOf(spec.From), To: timeOf(spec.To), Cash: amountOf(spec.Cash), FeeRate: spec.FeeRate.String(), AcceptGaps: spec.AcceptGaps,
		Progress: Progress{b.Done, b.Total}, CancelRequested: b.CancelRequested,
		Created: b.Created, Started: timeOf(b.Started), Finished: timeOf(b.Finished),
	}
	if f := b.Fault; f != nil {
		out.Fault = &Fault{f.Code, f.Field, f.Message}
	}
	if s := b.Summary; s != nil {
		out.Summary = &Summary{Strategy: s.Strategy, Final: amountOf(s.Final), Stats: statsOf(&s.Stats), Warnings: append([]string{}, s.Warnings...)}
	}
	return out
}

func statsOf(s *stats.Stats) Stats {
	return Stats{
		Convention: s.Convention, From: s.From, To: s.To, Bars: s.Bars, Start: s.Start.String(), End: s.End.String(),
		Return: ratioOf(s.Return), CAGR: ratioOf(s.CAGR), Volatility: ratioOf(s.Volatility), Sharpe: ratioOf(s.Sharpe),
		Sortino: ratioOf(s.Sortino), Calmar: ratioOf(s.Calmar), MaxDrawdown: ratioOf(s.MaxDrawdown), MaxDrawdownBars: s.MaxDrawdownBars,
		Omega: ratioOf(s.Omega), UlcerIndex: ratioOf(s.UlcerIndex), VaR: ratioOf(s.VaR), CVaR: ratioOf(s.CVaR), Turnover: ratioOf(s.Turnover),
		PayoffRatio: ratioOf(s.PayoffRatio), SQN: ratioOf(s.SQN), Kelly: ratioOf(s.Kelly), LongestLosses: s.LongestLosses,
		Exposure: ratioOf(s.Exposure), Trades: s.Trades, Wins: s.Wins, WinRate: ratioOf(s.WinRate),
		GrossProfit: s.GrossProfit.String(), GrossLoss: s.GrossLoss.String(), ProfitFactor: ratioOf(s.ProfitFactor),
		MeanTrade: ratioOf(s.MeanTrade), Best: s.Best.String(), Worst: s.Worst.String(), Fees: s.Fees.String(), MeanBarsHeld: ratioOf(s.MeanBarsHeld),
	}
}

func tradeOf(t *trading.Trade) Trade {
	side := "long"
	size := t.Size()
	if size.Sign() < 0 {
		side, size = "short", size.Neg()
	}
	return Trade{
		Symbol: t.Instrument.Symbol, Side: side, Size: size.String(), Entry: t.Entry(), Exit: t.Exit(),
		EntryPrice: priceOf(t, t.EntryPrice()), ExitPrice: priceOf(t, t.ExitPrice()), EntryReason: t.EntryReason, ExitReason: t.ExitReason,
		Gross: amountOf(t.Gross()), Fees: amountOf(t.Paid()), Net: amountOf(t.Net()), Return: t.Return(),
	}
}

// priceOf rounds an average to the decimals that prices of the instrument have.
func priceOf(t *trading.Trade, price decimal.Decimal) string {
	return price.Round(t.Instrument.PriceScale).String()
}

func strategyOf(f strategy.Factory) Strategy {
	out := Strategy{Name: f.Name(), Parameters: []Parameter{}}
	for _, p := range f.Parameters() {
		out.Parameters = append(out.Parameters, Parameter{
			Name: p.Name, Type: p.Type, Default: Value{p.Default}, Min: p.Min, Max: p.Max, OneOf: p.OneOf, Description: p.Text,
		})
	}
	return out
}

func candlesOf(k market.Key) Candles {
	return Candles{Key: k.String(), Venue: k.Venue, Symbol: k.Symbol, Timeframe: k.Timeframe.String()}
}

func ratioOf(n stats.Number) *float64 {
	if !n.Defined() {
		return nil
	}
	v := float64(n)
	return &v
}

func timeOf(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
