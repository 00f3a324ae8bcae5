package source

import (
	"context"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Candles is a venue that tells the candles of the past.
type Candles interface {
	// Candles returns the candles of a request, as Page says.
	//
	// An error's tradekeel.Kind says what to do: Unavailable (no answer, a time-out, a
	// 5xx, a body that is cut) and Exhausted (the venue's limit) are asked again, after
	// the time that a RetryAfter method in the error's tree names, as LimitError has;
	// everything else ends the download. A call changes nothing, so that asking again
	// is safe. Safe for concurrent use.
	Candles(ctx context.Context, r Request) (Page, error)
}

// Request asks for the first candles that open at or after From and before To, at
// most Limit of them. From is the open of a candle.
type Request struct {
	Instrument *market.Instrument
	Timeframe  market.Timeframe
	From, To   time.Time
	Limit      int
}

// Page is a venue's answer: candles oldest first, each once, none before the
// request's From or at its To and after, and no more than its Limit. Fewer than
// Limit are no sign of the end. Download forgives a venue that sends the candle
// before From once more, if it is the one that is stored.
//
// The candle that is still open may be the last of them; Download leaves it out
// by the clock.
type Page struct {
	Candles []market.Candle
	// Until is up to where the answer is whole: the venue has no more candles before
	// it. The zero time is the close of the last candle, or To when there is none. A
	// venue that answers for a span of time from From on sets it to the span's end.
	Until time.Time
}

// LimitError is an error of a venue that says when to ask again.
type LimitError struct {
	Err   error // of kind Exhausted or Unavailable
	After time.Duration
}

// Error returns the text of Err.
func (l *LimitError) Error() string { return l.Err.Error() }

// Unwrap returns Err.
func (l *LimitError) Unwrap() error { return l.Err }

// RetryAfter returns After.
func (l *LimitError) RetryAfter() time.Duration { return l.After }

// Rate is how much may be asked of a venue: Tokens in each Per, of which one call
// costs Weight. The zero value is no limit.
type Rate struct {
	Tokens int
	Per    time.Duration
	// Weight is the cost of a call that asks for so many candles; nil is 1.
	Weight func(limit int) int
}

func (r Rate) validate() error {
	if r.Tokens < 0 || r.Per < 0 || (r.Tokens > 0) != (r.Per > 0) {
		return tradekeel.Invalidf("rate", "needs tokens and a time, both above zero, got %d in %s", r.Tokens, r.Per)
	}
	return nil
}

// bucket is a token bucket that is full at first. It is used by one goroutine.
type bucket struct {
	rate   Rate
	tokens float64
	at     time.Time
}

func (b *bucket) take(ctx context.Context, limit int) (waited time.Duration, err error) {
	if b.rate.Tokens == 0 {
		return 0, ctx.Err()
	}
	weight := 1
	if b.rate.Weight != nil {
		weight = b.rate.Weight(limit)
	}
	full := float64(b.rate.Tokens)
	need := min(max(float64(weight), 0), full) // a call heavier than the bucket takes all of it
	perToken := float64(b.rate.Per) / full
	now := time.Now()
	if b.at.IsZero() {
		b.tokens = full
	} else {
		b.tokens = min(full, b.tokens+float64(now.Sub(b.at))/perToken)
	}
	b.at = now
	if lack := need - b.tokens; lack > 0 {
		waited = time.Duration(lack*perToken) + 1
		if err := wait(ctx, waited); err != nil {
			return waited, err
		}
		b.at = b.at.Add(waited)
		b.tokens += lack
	}
	b.tokens -= need
	return waited, ctx.Err()
}

// wait returns after d, or when the context ends.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Retry says how often and how patiently a failed call is made again.
type Retry struct {
	// Attempts of one call in all; 0 is 8.
	Attempts int
	// First is the wait after the first failure; it doubles up to Most. 0 is 1 s and
	// 1 min. Half of each wait is by chance, so that many clients do not come back
	// together.
	First, Most time.Duration
	// Longest is the longest time that a venue may make the download wait; one that
	// asks for more ends it. 0 is 15 min.
	Longest time.Duration
	// Chance gives numbers from 0 up to but without 1; nil is math/rand's.
	Chance func() float64
}
