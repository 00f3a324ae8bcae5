package strategy

import (
	"slices"

	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
)

// Quieter is an Instance that can tell at which of the next bars it would do nothing,
// so that a core need not ask it there. It reads one feed, and that is preloaded; a
// core that streams its bars calls OnBar at each, and the result is the same.
//
// What lies ahead may be looked at for this promise alone, never for a decision: a
// bar that is passed is one at which OnBar, seeing no more than that bar and those
// before it, asks for nothing.
type Quieter interface {
	Instance
	// Quiet returns how many of the bars that follow the last one, most at most, need
	// no call of OnBar: at none of them would it ask for anything, as long as nothing
	// is filled and no signal comes meanwhile. Fewer than there are is always right.
	// It changes nothing in the instance. b is the last bar that closed.
	Quiet(b Bar, most int) int
	// Pass takes in bars that Quiet told of, after they closed, and leaves the instance
	// as the calls of OnBar would have left it. equity is the account's after each of
	// them, and b the last of them.
	Pass(b Bar, equity []exchange.Units)
}

// Ahead returns how many bars, after those that closed, have their indicators
// computed: at least one, unless the series is at its end. It is 0 on a streamed feed.
// For a Quieter's promise alone.
func (f *Feed) Ahead() int {
	if !f.preloaded {
		return 0
	}
	if f.closed >= f.ready && f.closed < len(f.ahead) {
		f.compute()
	}
	return f.ready - f.closed
}

// ColumnAhead returns a field of the next count bars in whole units at its scale;
// count is at most Ahead. For a Quieter's promise alone.
func (f *Feed) ColumnAhead(field market.Field, count int) []int64 {
	return f.series.Column(field)[f.closed : f.closed+count]
}

// Column returns a field of the last count bars in whole units at its scale, the
// newest last; count is at most Len.
func (f *Feed) Column(field market.Field, count int) []int64 {
	return f.series.Column(field)[f.closed-count : f.closed]
}

// ClosesAhead returns when each of the next count bars closes; count is at most Ahead.
// For a Quieter's promise alone.
func (f *Feed) ClosesAhead(count int) []int64 { return f.ahead[f.closed : f.closed+count] }

// ClosesOf returns when each of the last count bars of a preloaded feed closed, the
// newest last; count is at most Len.
func (f *Feed) ClosesOf(count int) []int64 { return f.ahead[f.closed-count : f.closed] }

// Follows reports whether the next bars of a preloaded feed close at some times, at most
// Ahead of them. Cores call it.
func (f *Feed) Follows(times []int64) bool {
	n := len(times)
	if n == 0 || n > f.ready-f.closed {
		return n == 0
	}
	next := f.ahead[f.closed : f.closed+n]
	if &next[0] == &times[0] {
		return true // they are the same ones
	}
	return slices.Equal(next, times)
}

// Step moves a preloaded feed on to its next bar, which is Ahead. Cores call it.
func (f *Feed) Step() {
	f.closed++
	f.last++
}

// Skip moves a preloaded feed on by as many bars as there are times, if it Follows
// them; else it is false, and nothing moved. Cores call it.
func (f *Feed) Skip(times []int64) bool {
	if !f.Follows(times) {
		return false
	}
	f.closed += len(times)
	f.last += len(times)
	return true
}

// Ahead returns the values at the next count bars; count is at most the feed's Ahead.
// For a Quieter's promise alone.
func (in *Indicator) Ahead(count int) []float64 {
	first := in.feed.last + 1
	return in.values[first : first+count]
}

// Last returns the values at the last count bars, the newest last; count is at most
// the number of bars that a Quieter was just told of.
func (in *Indicator) Last(count int) []float64 {
	end := in.feed.last + 1
	return in.values[end-count : end]
}
