package honest

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/tradekeel/tradekeel/market"
)

// fewDecisions is where decisions are too few to tell something from.
const fewDecisions = 5

// laterStart is a run from a later start.
type laterStart struct {
	at    int64
	trace *trace
}

// planStarts spreads later starts over the first half of the run.
func (k *checker) planStarts() {
	moments := k.base.moments
	last := int64(0)
	for j := 1; j <= k.o.Starts && len(moments) > 0; j++ {
		at := moments[(len(moments)-1)*j/(2*k.o.Starts)]
		if at != last && at != moments[len(moments)-1] {
			k.starts = append(k.starts, laterStart{at: at})
		}
		last = at
	}
	for i := range k.starts {
		k.tasks = append(k.tasks, func(ctx context.Context) error {
			s := &k.starts[i]
			candles := make([]*market.Series, len(k.config.Data))
			for j, series := range k.config.Data {
				candles[j] = series.Between(moment(s.at), zero)
			}
			t, err := k.altered(ctx, candles, moment(s.at))
			if err != nil {
				return stopped(ctx, err)
			}
			s.trace = t
			return nil
		})
	}
}

// warmUp compares the decisions of runs from later starts with those of the whole run.
func (k *checker) warmUp() (*History, []Finding) {
	history := &History{Declared: k.base.warmup}
	hang, compared := 0, 0
	var worst Start
	for _, s := range k.starts {
		if s.trace == nil || len(s.trace.moments) == 0 {
			continue
		}
		start, settles := k.settled(s)
		history.Starts = append(history.Starts, start)
		if start.Decisions < fewDecisions {
			continue
		}
		compared++
		if !settles {
			if hang == 0 || start.Differ > worst.Differ {
				worst = start
			}
			hang++
			continue
		}
		history.Needed = max(history.Needed, start.Bars)
	}
	switch {
	case len(history.Starts) == 0:
		return nil, []Finding{{Kind: WarmUp, Severity: Note, Words: "No run from a later start could be compared: the candles are too few for that."}}
	case compared == 0:
		return history, []Finding{{Kind: WarmUp, Severity: Note, Words: "There are too few decisions to tell whether they hang on where the candles begin."}}
	case hang > 0:
		return history, []Finding{{
			Kind: WarmUp, Severity: Warning, Time: worst.From,
			Words: fmt.Sprintf("From %d of %d later starts the decisions never settle down to those of the whole run; from this one %d moments differ, the whole run has %d decisions after it. "+
				"They hang on where the candles begin.", hang, compared, worst.Differ, worst.Decisions),
		}}
	case history.Needed > history.Declared:
		return history, []Finding{{
			Kind: WarmUp, Severity: Note,
			Words: fmt.Sprintf("Decisions agree only after %d bars of history, the indicators declare a warm-up of %d: "+
				"an average that does not forget, or a position held by then, ties what is decided before to where the candles begin.",
				history.Needed, history.Declared),
		}}
	}
	return history, nil
}

// settled compares one later start, and reports whether its decisions settle down to
// those of the whole run well before the end.
func (k *checker) settled(s laterStart) (Start, bool) {
	start := Start{From: moment(s.at)}
	first := s.trace.moments[0]
	base := k.base.decisions[sort.Search(len(k.base.decisions), func(i int) bool { return k.base.decisions[i].at >= first }):]
	later := s.trace.decisions
	start.Decisions = len(base)
	last := first - 1
	for len(base) > 0 || len(later) > 0 {
		var at int64
		if len(later) == 0 || len(base) > 0 && base[0].at <= later[0].at {
			at = base[0].at
		} else {
			at = later[0].at
		}
		a, b := together(base, at), together(later, at)
		if !slices.EqualFunc(base[:a], later[:b], decision.alike) {
			start.Differ++
			last = at
		}
		base, later = base[a:], later[b:]
	}
	// The closes that the whole run was asked at tell how long that is.
	index := func(at int64) int {
		return sort.Search(len(k.base.moments), func(i int) bool { return k.base.moments[i] > at })
	}
	start.Bars = index(last) - index(s.at)
	agree := 0
	for i := len(k.base.decisions) - 1; i >= 0 && k.base.decisions[i].at > last; i-- {
		agree++
	}
	return start, start.Differ == 0 || agree >= max(3, start.Decisions/10)
}

// together is how many decisions at the beginning were made at a time.
func together(all []decision, at int64) int {
	n := 0
	for n < len(all) && all[n].at == at {
		n++
	}
	return n
}
