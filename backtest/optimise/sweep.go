package optimise

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy"
)

// Partial is an Evaluator that tells some figures only. A study that asks for others is
// refused.
type Partial interface {
	// Figures are the names of those that it tells.
	Figures() []string
}

// Sweeps evaluates points by backtest.Sweep: each line of indicators is computed once for
// all points of a batch, and strategies that are nothing but rules take a fraction of the
// time of Backtests. It tells the return, the maximum drawdown and the trades, equal to
// those of Backtests; the other figures are undefined. Give it large batches
// (Config.Batch), thousands, since a line is shared within one.
type Sweeps struct {
	Factory strategy.Factory
	Config  backtest.SweepConfig // its Strategies and Workers are not used
}

var (
	_ Evaluator = Sweeps{}
	_ Described = Sweeps{}
	_ Partial   = Sweeps{}
)

// Figures implements Partial.
func (s Sweeps) Figures() []string { return []string{"return", "max_drawdown", "trades"} }

// Strategy implements Described.
func (s Sweeps) Strategy() string { return s.backtests().Strategy() }

// Parameters implements Described.
func (s Sweeps) Parameters() []strategy.Parameter { return s.backtests().Parameters() }

// Fingerprint implements Described.
func (s Sweeps) Fingerprint() (string, error) {
	hash, err := s.backtests().Fingerprint()
	return "sweep " + hash, err // figures are left out, so that rows differ
}

// backtests runs the same points one by one.
func (s Sweeps) backtests() Backtests {
	c := backtest.Config{Cash: s.Config.Cash, Fees: s.Config.Fees, From: s.Config.From, To: s.Config.To, Gaps: s.Config.Gaps}
	if s.Config.Data != nil {
		c.Data = []*market.Series{s.Config.Data}
	}
	return Backtests{Factory: s.Factory, Config: c}
}

// EvaluateBatch implements Evaluator.
func (s Sweeps) EvaluateBatch(ctx context.Context, points []Params) ([]Outcome, error) {
	out := make([]Outcome, len(points))
	config := s.Config
	config.Strategies, config.Workers = make([]strategy.Strategy, 0, len(points)), 1 // the study has workers of its own
	var places []int
	for i, p := range points {
		one, err := s.backtests().with(p)
		switch {
		case err == nil:
			config.Strategies, places = append(config.Strategies, one), append(places, i)
		case own(err):
			out[i] = failed(err)
		default:
			return nil, err
		}
	}
	if len(places) == 0 {
		return out, nil
	}
	swept, err := backtest.Sweep(ctx, config)
	if err != nil {
		return nil, err
	}
	for k, i := range places {
		w := &swept[k]
		switch {
		case w.Err == nil:
			out[i] = Outcome{Figures: undefined()}
			out[i].Figures.Return = w.Final.Float64()/s.start() - 1
			out[i].Figures.MaxDrawdown, out[i].Figures.Trades = number(w.MaxDrawdown), float64(w.Trades)
		case own(w.Err):
			out[i] = failed(w.Err)
		default:
			return nil, w.Err
		}
	}
	return out, nil
}

// start is the starting cash in ledger units, as statistics see it.
func (s Sweeps) start() float64 { return s.Config.Cash.Value.Shift(ledger).InexactFloat64() }

const ledger = 18 // decimals of ledger units

func failed(err error) Outcome {
	return Outcome{Figures: undefined(), Fault: cutFault(strings.ReplaceAll(err.Error(), "\n", "; "))}
}

// only refuses objectives and requirements of figures that an evaluator does not tell.
func (s Study) only(known []string) error {
	var wrong []error
	for i, o := range s.Objectives {
		if !slices.Contains(known, o.Figure) {
			wrong = append(wrong, tradekeel.Invalidf(fmt.Sprintf("objectives.%d", i), "this evaluator tells %s, not %.40q", strings.Join(known, ", "), o.Figure))
		}
	}
	for i, source := range s.Require {
		if _, err := parseCondition(fmt.Sprintf("require.%d", i), source, known); err != nil {
			wrong = append(wrong, err)
		}
	}
	return errors.Join(wrong...)
}
