package optimise

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"slices"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
)

// Evaluator runs points. It is called by several goroutines at the same time and gives
// the same outcome for the same point. It may implement Described and Pruner.
type Evaluator interface {
	// EvaluateBatch returns an outcome for each of the points, in their order. A point
	// that cannot be run has a Fault; an error ends the whole study, as when the data
	// is missing or ctx ended.
	EvaluateBatch(ctx context.Context, points []Params) ([]Outcome, error)
}

// Outcome is what came of a point.
type Outcome struct {
	Figures Figures
	Fault   string // why it could not be run; empty when it could
}

// Described is an Evaluator that knows the strategy's parameters and what else outcomes
// depend on. A study is then checked against the parameters, and resumed only on the
// same data and settings.
type Described interface {
	// Strategy is the name of the strategy.
	Strategy() string
	// Parameters are those of the strategy.
	Parameters() []strategy.Parameter
	// Fingerprint names the data and settings: equal ones give equal outcomes.
	Fingerprint() (string, error)
}

// Pruner is an Evaluator that can run points over a first part of the bars.
type Pruner interface {
	// EvaluateFirst is EvaluateBatch over a fraction of the bars, between 0 and 1.
	EvaluateFirst(ctx context.Context, points []Params, fraction float64) ([]Outcome, error)
}

// Backtests evaluates points by running the strategy of a factory over the data of a
// configuration, whose series are shared by all runs. Its own Strategy and Progress are
// not used.
type Backtests struct {
	Factory strategy.Factory
	Config  backtest.Config
}

var (
	_ Evaluator = Backtests{}
	_ Described = Backtests{}
	_ Pruner    = Backtests{}
)

// Strategy implements Described.
func (b Backtests) Strategy() string {
	if b.Factory == nil {
		return ""
	}
	return b.Factory.Name()
}

// Parameters implements Described.
func (b Backtests) Parameters() []strategy.Parameter {
	if b.Factory == nil {
		return nil
	}
	return b.Factory.Parameters()
}

// EvaluateBatch implements Evaluator.
func (b Backtests) EvaluateBatch(ctx context.Context, points []Params) ([]Outcome, error) {
	out := make([]Outcome, len(points))
	for i, p := range points {
		result, fault, err := b.run(ctx, p)
		switch {
		case err != nil:
			return nil, err
		case fault != "":
			out[i] = Outcome{Figures: undefined(), Fault: fault}
		default:
			out[i] = Outcome{Figures: FiguresOf(result.Stats)}
		}
	}
	return out, nil
}

// EvaluateFirst implements Pruner: the fraction is of the time that the bars span.
func (b Backtests) EvaluateFirst(ctx context.Context, points []Params, fraction float64) ([]Outcome, error) {
	from, to, ok := span(b.Config)
	if !ok {
		return nil, backtest.ErrNoData
	}
	b.Config.To = time.Unix(0, from+int64(float64(to-from)*fraction))
	return b.EvaluateBatch(ctx, points)
}

// span returns the open of the first bar of a run and the close of the last.
func span(c backtest.Config) (from, to int64, ok bool) {
	for _, s := range c.Data {
		if s == nil {
			continue
		}
		part := s.Between(c.From, c.To)
		if part.Len() == 0 {
			continue
		}
		first, last := part.Time[0], part.Timeframe.Close(part.Time[part.Len()-1])
		if !ok {
			from, to, ok = first, last, true
		}
		from, to = min(from, first), max(to, last)
	}
	return from, to, ok
}

// with returns the strategy with the values of a point.
func (b Backtests) with(p Params) (strategy.Strategy, error) {
	if b.Factory == nil {
		return nil, tradekeel.Invalidf("strategy", "is missing")
	}
	raw, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return b.Factory.Parse(raw)
}

// run runs a point. A fault is what is wrong with its parameters or its strategy.
func (b Backtests) run(ctx context.Context, p Params) (result *backtest.Result, fault string, err error) {
	s, err := b.with(p)
	if err == nil {
		c := b.Config
		c.Strategy, c.Progress = s, nil
		if result, err = backtest.Run(ctx, c); err == nil {
			return result, "", nil
		}
	}
	if own(err) {
		return nil, failed(err).Fault, nil
	}
	return nil, "", err
}

// own reports whether a point's parameters or its strategy are at fault, so that other
// points may run.
func own(err error) bool {
	if errors.Is(err, backtest.ErrStrategy) {
		return true
	}
	all := tradekeel.Violations(err)
	for _, v := range all {
		if v.Field != "params" && !strings.HasPrefix(v.Field, "params.") {
			return false
		}
	}
	return len(all) > 0 && tradekeel.KindOf(err) == tradekeel.Invalid
}

// Fingerprint implements Described: a hash of the strategy's name, the candles and the
// settings of the run.
func (b Backtests) Fingerprint() (string, error) {
	if b.Factory == nil {
		return "", tradekeel.Invalidf("strategy", "is missing")
	}
	h := sha256.New()
	c := b.Config
	if _, _, err := c.Fees.Rates(); err != nil {
		return "", err
	}
	convention, err := behaviour(c.Convention)
	if err != nil {
		return "", err
	}
	fmt.Fprintln(h, len(c.Data), b.Factory.Name(), c.Cash, c.From.UnixNano(), c.To.UnixNano(), c.WarmFrom.UnixNano(), c.Gaps, convention)
	plain, err := json.Marshal([]any{c.Fees, c.Account, c.Model, c.Holdings, c.Transfers, c.Actions})
	if err != nil {
		return "", fmt.Errorf("fingerprint: %w", err)
	}
	_, _ = h.Write(plain)
	for _, f := range c.Funding {
		if err := f.Validate(); err != nil {
			return "", err
		}
		fmt.Fprintln(h, f.Symbol, len(f.Time))
		hashColumn(h, f.Time)
		hashColumn(h, f.Rate)
	}
	if d, ok := b.Factory.(interface{ Hash() string }); ok { // a document
		fmt.Fprintln(h, d.Hash())
	}
	for _, signal := range c.Signals {
		fmt.Fprintln(h, signal.Name, signal.Time.UnixNano())
	}
	for _, s := range slices.Concat(c.Data, c.Marks) {
		if err := s.Validate(); err != nil {
			return "", err
		}
		fmt.Fprintln(h, s.Instrument.Venue, s.Instrument, s.Timeframe, s.Len(), s.Instrument.PriceScale, s.Instrument.QuantityScale, s.VolumeScale, s.Instrument.ContractSize)
		for _, column := range [][]int64{s.Time, s.Open, s.High, s.Low, s.Close, s.Volume} {
			hashColumn(h, column)
		}
	}
	if err := hashTape(h, &c); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// hashTape takes in recorded trades and books.
func hashTape(h hash.Hash, c *backtest.Config) error {
	for _, t := range c.Ticks {
		if err := t.Validate(); err != nil {
			return err
		}
		fmt.Fprintln(h, "ticks", t.Instrument.Venue, t.Instrument, t.Len(), t.Instrument.PriceScale, t.Instrument.QuantityScale, t.Side != nil)
		for _, column := range [][]int64{t.Time, t.Price, t.Quantity} {
			hashColumn(h, column)
		}
		for _, side := range t.Side {
			_, _ = h.Write([]byte{byte(side)})
		}
	}
	for i, feed := range c.Books {
		if feed == nil {
			return tradekeel.Invalidf(fmt.Sprintf("books[%d]", i), "is missing")
		}
		in := feed.Instrument()
		if err := in.Validate(); err != nil {
			return err
		}
		fmt.Fprintln(h, "books", in.Venue, in, in.PriceScale, in.QuantityScale)
		player, row := feed.Play(), []int64(nil)
		for shown := player.Next(); shown != nil; shown = player.Next() {
			if len(row) > hashed {
				hashColumn(h, row)
				row = row[:0]
			}
			row = append(row, shown.Time, int64(len(shown.Bids)), int64(len(shown.Asks)))
			for _, l := range slices.Concat(shown.Bids, shown.Asks) {
				row = append(row, l.Price, l.Quantity)
			}
		}
		hashColumn(h, row)
		if err := player.Err(); err != nil {
			return fmt.Errorf("fingerprint: %w", err)
		}
	}
	return nil
}

// behaviour tells conventions of one name apart by what they make of a few days.
func behaviour(c stats.Convention) (string, error) {
	const day, unit = int64(24 * time.Hour), int64(1e18)
	in := stats.Input{Start: wide.Mul(100, unit), End: wide.Mul(104, unit)}
	for i, equity := range []int64{101, 99, 103, 104} {
		in.Times = append(in.Times, int64(i+1)*day)
		in.Equity = append(in.Equity, wide.Mul(equity, unit))
	}
	s, err := stats.Compute(c, in)
	return fmt.Sprint(c.Name(), float64(s.Sharpe), float64(s.Sortino), float64(s.CAGR), float64(s.MaxDrawdown)), err
}

// hashed is how many numbers are hashed at once.
const hashed = 4096

func hashColumn(h hash.Hash, column []int64) {
	raw := make([]byte, 0, 8*min(hashed, len(column)))
	for part := range slices.Chunk(column, hashed) {
		raw = raw[:0]
		for _, v := range part {
			raw = binary.LittleEndian.AppendUint64(raw, uint64(v))
		}
		_, _ = h.Write(raw) // a hash.Hash never fails
	}
}
