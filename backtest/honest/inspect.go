package honest

import (
	"cmp"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/internal/wide"
	"github.com/tradekeel/tradekeel/market"
)

// listing is an instrument of a run with the bars that its orders meet.
type listing struct {
	*market.Instrument

	bars  *market.Series // the shortest
	all   []*market.Series
	fills []exchange.Fill // by time
}

// listings returns the instruments of a run in the order of its table, which is the
// order of its data.
func listings(r *backtest.Result) []*listing {
	var all []*listing
	for _, s := range r.Data {
		i := slices.IndexFunc(all, func(l *listing) bool { return l.Venue == s.Instrument.Venue && l.Symbol == s.Instrument.Symbol })
		if i < 0 {
			all = append(all, &listing{Instrument: s.Instrument, bars: s, all: []*market.Series{s}})
			continue
		}
		all[i].all = append(all[i].all, s)
		if s.Timeframe.Compare(all[i].bars.Timeframe) < 0 {
			all[i].bars = s
		}
	}
	for _, f := range r.Fills {
		if f.Instrument >= 0 && int(f.Instrument) < len(all) {
			l := all[f.Instrument]
			l.fills = append(l.fills, f)
		}
	}
	for _, l := range all {
		slices.SortStableFunc(l.fills, func(a, b exchange.Fill) int { return cmp.Compare(a.Time, b.Time) })
	}
	return all
}

func inspect(r *backtest.Result, o Options) []Finding {
	all := listings(r)
	var out []Finding
	for _, l := range all {
		out = append(out, l.prices()...)
		out = append(out, l.volumes(o.VolumeShare)...)
		out = append(out, l.lives()...)
		out = append(out, l.rules()...)
	}
	return append(out, survivors(all, o.Candidates)...)
}

// about begins a finding.
func (l *listing) about(kind Kind, severity Severity, at int64, format string, args ...any) Finding {
	return Finding{Kind: kind, Severity: severity, Instrument: l.String(), Time: moment(at), Words: fmt.Sprintf(format, args...)}
}

func (l *listing) ofFill(f *exchange.Fill, kind Kind, severity Severity, format string, args ...any) Finding {
	out := l.about(kind, severity, f.Time, format, args...)
	out.Intent, out.Fill = f.Intent, f.ID
	return out
}

// bar returns the last bar that opened by a moment, -1 before the first, and whether the
// moment lies in it: before its close.
func (l *listing) bar(at int64) (index int, inside bool) {
	i := sort.Search(l.bars.Len(), func(i int) bool { return l.bars.Time[i] > at }) - 1
	return i, i >= 0 && at < l.bars.Timeframe.Close(l.bars.Time[i])
}

// prices looks whether each fill lies within the low and the high of the bar of its
// time, and whether that bar follows the one before.
func (l *listing) prices() []Finding {
	var out []Finding
	s := l.bars
	for i := range l.fills {
		f := &l.fills[i]
		k, inside := l.bar(f.Time)
		// A fill at the very close of a bar may be of that bar: where a price was reached
		// in its last moment.
		ended := k
		if inside {
			ended = k - 1
		}
		atClose := ended >= 0 && s.Timeframe.Close(s.Time[ended]) == f.Time
		if !inside && !atClose {
			before := "before the first bar"
			if k >= 0 {
				before = "after the bar of " + moment(s.Time[k]).Format(time.RFC3339)
			}
			out = append(out, l.ofFill(f, Gap, Fault, "Order %d is filled where there is no bar: %s.", f.Intent, before))
			continue
		}
		within := func(k int) bool { return f.Price >= s.Low[k] && f.Price <= s.High[k] }
		if !(inside && within(k)) && !(atClose && within(ended)) {
			out = append(out, l.outside(f, k))
		}
		if inside && k > 0 && f.Time == s.Time[k] && s.Time[k] > s.Timeframe.Close(s.Time[k-1]) {
			out = append(out, l.ofFill(f, Gap, Warning, "Order %d is filled at the first bar after a gap since %s: what the price did between is not known.",
				f.Intent, moment(s.Timeframe.Close(s.Time[k-1])).Format(time.RFC3339)))
		}
	}
	return out
}

// outside words a fill at a price that its bar does not show. One that is worse than
// all of them flatters nobody.
func (l *listing) outside(f *exchange.Fill, k int) Finding {
	s := l.bars
	severity, words := Fault, "better"
	if f.Side == exchange.Buy && f.Price > s.High[k] || f.Side == exchange.Sell && f.Price < s.Low[k] {
		severity, words = Warning, "worse"
	}
	return l.ofFill(f, Price, severity, "Order %d is filled at %s, %s than every price of the bar of %s, which went from %s to %s.",
		f.Intent, l.Price(f.Price), words, moment(s.Time[k]).Format(time.RFC3339), l.Price(s.Low[k]), l.Price(s.High[k]))
}

// volumes looks what share of a bar's volume its fills took.
func (l *listing) volumes(share float64) []Finding {
	s := l.bars
	if len(l.fills) == 0 || !l.ContractSize.IsZero() { // volumes of contracts are counted in many ways
		return nil
	}
	if slices.Max(s.Volume) == 0 {
		f := l.about(Volume, Note, l.fills[0].Time, "The bars have no volumes: whether the fills were possible in their size cannot be told.")
		f.Count = len(l.fills)
		return []Finding{f}
	}
	var out []Finding
	traded := float64(wide.Pow10(s.VolumeScale))
	taken := 0.0
	bar := -1
	for i := range l.fills {
		f := &l.fills[i]
		k, inside := l.bar(f.Time)
		if !inside {
			continue
		}
		if k != bar {
			bar, taken = k, 0
		}
		taken += float64(f.Quantity) / float64(wide.Pow10(l.QuantityScale))
		there := float64(s.Volume[k]) / traded
		switch {
		case taken > there*(1+1e-9):
			out = append(out, l.ofFill(f, Volume, Fault, "With order %d, %v %s are filled in a bar that traded %v in all.", f.Intent, taken, l.Base, there))
		case taken > there*share*(1+1e-9):
			out = append(out, l.ofFill(f, Volume, Warning, "With order %d, %.1f %% of the bar's volume is filled, more than %.1f %%.", f.Intent, 100*taken/there, 100*share))
		}
	}
	return out
}

// lives looks for bars from before the listing or after the delisting.
func (l *listing) lives() []Finding {
	var out []Finding
	for _, s := range l.all {
		early, late := 0, 0
		first, last := int64(0), int64(0)
		for _, open := range s.Time {
			switch {
			case !l.Listed.IsZero() && s.Timeframe.Close(open) <= l.Listed.UnixNano():
				if early++; early == 1 {
					first = open
				}
			case !l.Delisted.IsZero() && open >= l.Delisted.UnixNano():
				if late++; late == 1 {
					last = open
				}
			}
		}
		if early > 0 {
			out = append(out, l.about(Listing, Fault, first, "%d bars of %s are from before its listing on %s, %d fills among them: they are of another instrument, or made up.",
				early, s.Timeframe, date(l.Listed), l.filled(func(f *exchange.Fill) bool { return f.Time < l.Listed.UnixNano() })))
		}
		if late > 0 {
			out = append(out, l.about(Listing, Fault, last, "%d bars of %s are from after its delisting on %s, %d fills among them: nobody could trade them.",
				late, s.Timeframe, date(l.Delisted), l.filled(func(f *exchange.Fill) bool { return f.Time >= l.Delisted.UnixNano() })))
		}
	}
	return out
}

func (l *listing) filled(when func(f *exchange.Fill) bool) int {
	n := 0
	for i := range l.fills {
		if when(&l.fills[i]) {
			n++
		}
	}
	return n
}

func date(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// rules looks whether the rules that orders met are those of their time.
func (l *listing) rules() []Finding {
	since, known := l.KnownSince()
	if !known {
		if len(l.fills) == 0 {
			return nil
		}
		f := l.about(Rules, Note, l.fills[0].Time, "No rules are known: the %d fills met no tick, lot or minimum.", len(l.fills))
		f.Count = len(l.fills)
		return []Finding{f}
	}
	var out []Finding
	first := slices.IndexFunc(l.fills, func(f exchange.Fill) bool { return f.Time < since.UnixNano() })
	if first >= 0 {
		n := l.filled(func(f *exchange.Fill) bool { return f.Time < since.UnixNano() })
		f := l.ofFill(&l.fills[first], Rules, Warning, "%d of %d fills are from before the first known rules, of %s: they met no tick, lot or minimum.", n, len(l.fills), date(since))
		f.Count = n
		out = append(out, f)
	}
	return append(out, l.backdated()...)
}

// backdated looks for rules that cannot have been seen at their time: dated before
// anybody could, or with a tick that the prices do not keep to.
func (l *listing) backdated() []Finding {
	var out []Finding
	s := l.bars
	if from := l.Rules[0].From; from.Before(time.Unix(0, 0)) || from.Equal(time.Unix(0, 0)) || !l.Listed.IsZero() && from.Before(l.Listed.Add(-30*24*time.Hour)) {
		out = append(out, l.about(Rules, Warning, s.Time[0], "Its first rules are dated %s, when nobody can have seen them: rules of another time, laid over the past?", date(from)))
	}
	limits := l.Limits(false)
	off, checked, where, tick := 0, 0, int64(0), int64(0)
	for i, at := range s.Time {
		limit := limits.At(at)
		if !limit.Known || limit.Tick <= 1 {
			continue
		}
		checked++
		for _, v := range [...]int64{s.Open[i], s.High[i], s.Low[i], s.Close[i]} {
			if v%limit.Tick != 0 {
				if off++; off == 1 {
					where, tick = at, limit.Tick
				}
				break
			}
		}
	}
	if off > 0 {
		f := l.about(Rules, Warning, where, "%d of %d bars have prices off the tick of %s that its rules state for then: the rules are of another time, or the prices were adjusted.",
			off, checked, l.Price(tick))
		f.Count = off
		out = append(out, f)
	}
	return out
}
