package honest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/backtest/robust"
	"github.com/tradekeel/tradekeel/market"
)

var zero time.Time

// chooseCuts returns closes to cut at, rising: half of them where something was
// decided, since there a strategy that knows the future shows it. They are drawn from
// stretches of equal length, so that all of the run is looked at.
func (k *checker) chooseCuts() []int64 {
	moments := k.base.moments
	if len(moments) < 2 {
		return nil
	}
	moments = moments[:len(moments)-1] // after the last nothing comes
	var decided []int64
	for _, d := range k.base.decisions {
		if _, there := slices.BinarySearch(moments, d.at); there && (len(decided) == 0 || decided[len(decided)-1] != d.at) {
			decided = append(decided, d.at)
		}
	}
	random := rand.New(rand.NewPCG(k.o.Seed, 1)) //nolint:gosec // cuts are repeated by their seed; nothing secret hangs on them
	cuts := drawn(decided, (k.o.Cuts+1)/2, random)
	cuts = append(cuts, drawn(moments, k.o.Cuts-len(cuts), random)...)
	slices.Sort(cuts)
	return slices.Compact(cuts)
}

// drawn takes count values, one from each of as many stretches.
func drawn(from []int64, count int, random *rand.Rand) []int64 {
	count = min(count, len(from))
	out := make([]int64, 0, count)
	for i := range count {
		first, end := i*len(from)/count, (i+1)*len(from)/count
		out = append(out, from[first+random.IntN(end-first)])
	}
	return out
}

// compare runs on altered candles and looks for what differs by a cut.
func (k *checker) compare(ctx context.Context, to *rerun, candles []*market.Series, at int64) error {
	t, err := k.altered(ctx, candles, zero)
	if err != nil {
		to.failed = err
		return stopped(ctx, err)
	}
	to.finding, to.differs = difference(k.base, t, at)
	return nil
}

// ahead tells what the cuts have shown.
func (k *checker) ahead() []Finding {
	var out []Finding
	unseen := 0
	for i, at := range k.cuts {
		cut := moment(at).Format(time.RFC3339)
		hidden, noisy := &k.hidden[i], &k.noisy[i]
		switch {
		case hidden.differs:
			out = append(out, told(hidden.finding, "With the bars after %s taken away "+"%s: by then nobody could know them.", cut))
		case noisy.differs:
			out = append(out, told(noisy.finding, "With other bars after %s "+"%s: by then nobody could know them.", cut))
		case errors.Is(hidden.failed, backtest.ErrStrategy):
			out = append(out, Finding{
				Kind: LookAhead, Severity: Fault, Time: moment(at),
				Words: fmt.Sprintf("With the bars after %s taken away the strategy fails, which it does not when they are there: %v.", cut, hidden.failed),
			})
		case hidden.failed != nil && noisy.failed != nil:
			unseen++
		}
	}
	if unseen > 0 || len(k.cuts) == 0 {
		out = append(out, Finding{
			Kind: LookAhead, Severity: Note,
			Words: fmt.Sprintf("At %d of %d cuts look-ahead could not be looked for: the strategy did not run on what was left.", unseen, len(k.cuts)),
		})
	}
	return out
}

func told(f Finding, format, cut string) Finding {
	f.Kind, f.Severity, f.Words = LookAhead, Fault, fmt.Sprintf(format, cut, f.Words)
	return f
}

// walkCount is the number of random walks that foresight is looked for on.
const walkCount = 6

// foresight looks whether positions that were taken on random walks go with the real
// prices. An honest strategy was given nothing that could tell it of them.
func (k *checker) foresight(ctx context.Context) ([]Finding, error) {
	if k.o.Remake != nil { // made of the walks, it holds nothing of the real candles
		return nil, nil
	}
	var out []Finding
	same := len(k.base.decisions) >= fewDecisions
	for _, t := range k.walks {
		same = same && t != nil && slices.EqualFunc(k.base.decisions, t.decisions, decision.alike)
	}
	if same {
		out = append(out, Finding{
			Kind: Foresight, Severity: Note,
			Words: "The decisions are the same on random walks: the strategy does not look at the prices that it is given, but at the clock, or at something else.",
		})
	}
	var instruments []*market.Instrument
	for _, s := range k.base.result.Data {
		if in := s.Instrument; !slices.ContainsFunc(instruments, func(have *market.Instrument) bool { return have.String() == in.String() }) {
			instruments = append(instruments, in)
		}
	}
	for _, in := range instruments {
		f, err := k.foresees(ctx, in, len(instruments))
		if err != nil {
			return nil, err
		}
		if f.Words != "" {
			out = append(out, f)
		}
	}
	return out, nil
}

// foresightLevel is the p-value that both halves of the walks must not exceed, where
// there are bars enough. An honest strategy stays below it with a chance of one in
// 200 in each half; where its positions follow the walks the halves are independent.
const foresightLevel = 0.005

func (k *checker) foresees(ctx context.Context, in *market.Instrument, instruments int) (Finding, error) {
	_, returns, err := robust.SignalOf(k.base.result, in)
	if err != nil {
		return Finding{}, nil //nolint:nilerr // too few bars, or a position without a value in quote: there is nothing to look at
	}
	p := 0.0
	for half := range 2 {
		sum := k.positions(in, len(returns), half)
		if sum == nil {
			return Finding{}, nil
		}
		test, err := robust.Permutation(ctx, sum, returns, robust.Rotated, robust.TestOptions{Runs: 4999, Seed: k.o.Seed, Workers: k.o.Workers})
		if err != nil {
			return Finding{}, err
		}
		// Of n rotations one is the order itself: p does not get below 1 ÷ n.
		if test.P > max(foresightLevel, 3/float64(len(returns)))/float64(instruments) {
			return Finding{}, nil
		}
		p = max(p, test.P)
	}
	f := Finding{
		Kind: Foresight, Severity: Fault, Instrument: in.String(),
		Words: fmt.Sprintf("On random walks instead of the candles the strategy still takes positions that go with the real prices (p = %.4f): "+
			"it knows them from elsewhere than its bars. If it is made of the candles, state Remake.", p),
	}
	if len(k.config.Signals) > 0 {
		f.Severity = Warning
		f.Words = fmt.Sprintf("On random walks instead of the candles the strategy still takes positions that go with the real prices (p = %.4f): "+
			"its signals foresee them, or were made afterwards.", p)
	}
	return f, nil
}

// positions adds up what was held of an instrument on half of the walks; nil when
// nothing was.
func (k *checker) positions(in *market.Instrument, bars, half int) []float64 {
	sum, held := make([]float64, bars), false
	for i, t := range k.walks {
		if t == nil || i%2 != half {
			continue
		}
		signal, _, err := robust.SignalOf(t.result, in)
		if err != nil || len(signal) != bars {
			continue
		}
		for j, v := range signal {
			sum[j] += v
			held = held || v != 0
		}
	}
	if !held {
		return nil
	}
	return sum
}
