package source

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Want is what to download: candles that open at or after From and close at or
// before To.
type Want struct {
	Instrument *market.Instrument
	Timeframe  market.Timeframe
	From       time.Time
	To         time.Time // zero is the present
	// VolumeScale is the decimals kept of volumes; 0 is 8.
	VolumeScale int32
}

// DownloadOptions say how to ask. The zero value asks for 1000 candles at once
// without a limit of its own.
type DownloadOptions struct {
	// Limit is how many candles to ask for at once; 0 is 1000.
	Limit int
	Rate  Rate
	Retry Retry
	// Settle is how long after its close a candle counts as closed; 0 is 10 s. It
	// covers a clock that is ahead of the venue's and trades that are booked late.
	Settle time.Duration
	// Now is the clock that tells which candles are closed; nil is time.Now.
	Now func() time.Time
	// Progress is called after each answer, from the caller's goroutine.
	Progress func(DownloadProgress)
}

// DownloadProgress is how far a download is.
type DownloadProgress struct {
	From, At, To time.Time // At is up to where candles are there
	Bars         int       // stored in this run
	Requests     int
	Retries      int
	Waited       time.Duration // for the rate and for the venue
	// Left estimates the time to the end from the pace so far; 0 before there is one.
	Left time.Duration
}

// DownloadReport is what a download did.
type DownloadReport struct {
	Key market.Key
	// Added candles were stored, Repaired of them into gaps of what was there.
	Added, Repaired int
	// Repeats is the number of candles that the venue sent again, at the border of two
	// pages or where the store ended, all equal to what was there.
	Repeats int
	// Open is the number of candles left out because they are still open.
	Open     int
	Requests int
	Retries  int
	Waited   time.Duration
	// First and Last are the opens of the first and the last stored candle of the
	// period; zero without one.
	First, Last time.Time
	// Gaps are what is missing between them.
	Gaps []market.Gap
	// Confirmed says that each gap was asked for by itself: the venue does not have
	// these candles. It is false when the download ended before that.
	Confirmed bool
}

// ErrVenue is the error of a venue whose answers break the laws of Candles, or
// that contradict what is stored.
var ErrVenue = &tradekeel.Error{Kind: tradekeel.Conflict, Code: "market.venue_answer", Message: "the venue's answer does not hold"}

// Download brings a store up to date with a venue and then asks again for each gap
// in the period. It stores page by page, and the store is its only state: called
// again after whatever end, it goes on where the store ends, asking for the last
// candle once more to see that it agrees. A candle that is still open is not
// stored.
//
// The error is about the options or the store, the venue's own when asking again
// did not help, ErrVenue, or the context's; the report up to there comes with it.
func Download(ctx context.Context, venue Candles, store Store, want Want, o DownloadOptions) (*DownloadReport, error) {
	d, err := newDownload(venue, store, want, &o)
	if err != nil {
		return nil, err
	}
	if d.from >= d.to {
		return d.report, nil
	}
	err = d.run(ctx)
	d.report.Waited = d.waited
	return d.report, err
}

// download is one download under way. Times are nanoseconds.
type download struct {
	venue    Candles
	store    Store
	want     Want
	options  DownloadOptions
	bucket   bucket
	report   *DownloadReport
	from, to int64 // opens from, closes to
	started  time.Time
	waited   time.Duration
	covered  int64      // nanoseconds of the period that were there or were asked for
	begun    int64      // covered at the start
	last     market.Bar // the candle before the next one that is asked for
	began    bool       // whether there is a last
	end      int64      // the open of the last candle in the store
}

func newDownload(venue Candles, store Store, want Want, o *DownloadOptions) (*download, error) {
	if want.VolumeScale == 0 {
		want.VolumeScale = 8
	}
	if err := market.NewSeries(want.Instrument, want.Timeframe, want.VolumeScale, 0).Validate(); err != nil {
		return nil, err
	}
	if err := o.Rate.validate(); err != nil {
		return nil, err
	}
	switch {
	case want.Timeframe == 0:
		return nil, tradekeel.Invalidf("timeframe", "is missing")
	case want.From.IsZero():
		return nil, tradekeel.Invalidf("from", "is missing")
	case o.Limit < 0 || o.Limit > 100_000:
		return nil, tradekeel.Invalidf("limit", "must be between 1 and 100000, got %d", o.Limit)
	case o.Settle < 0:
		return nil, tradekeel.Invalidf("settle", "must not be negative, got %s", o.Settle)
	}
	if o.Limit == 0 {
		o.Limit = 1000
	}
	if o.Settle == 0 {
		o.Settle = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	o.Retry.fill()
	d := &download{venue: venue, store: store, want: want, options: *o, bucket: bucket{rate: o.Rate}, started: time.Now()}
	in := want.Instrument
	d.report = &DownloadReport{Key: market.Key{Venue: in.Venue, Symbol: in.Symbol, Timeframe: want.Timeframe}}
	closed := o.Now().Add(-o.Settle)
	if want.To.IsZero() || want.To.After(closed) {
		want.To = closed
	}
	tf := want.Timeframe
	if d.from = tf.Open(want.From.UnixNano()); d.from < want.From.UnixNano() {
		d.from = tf.Close(d.from)
	}
	d.to = tf.Open(want.To.UnixNano()) // the close of the last whole candle
	return d, nil
}

func (r *Retry) fill() {
	if r.Attempts <= 0 {
		r.Attempts = 8
	}
	if r.First <= 0 {
		r.First = time.Second
	}
	if r.Most <= 0 {
		r.Most = time.Minute
	}
	if r.Longest <= 0 {
		r.Longest = 15 * time.Minute
	}
	if r.Chance == nil {
		r.Chance = rand.Float64
	}
}

func (d *download) run(ctx context.Context) error {
	first, last, _, err := d.state()
	if err != nil {
		return err
	}
	if err := d.findEnd(last); err != nil {
		return err
	}
	if err := d.extend(ctx, first, last); err != nil {
		return errors.Join(err, d.close())
	}
	_, _, gaps, err := d.state()
	if err != nil {
		return err
	}
	tf := d.want.Timeframe
	for _, g := range gaps {
		before, err := d.stored(g.After, time.Unix(0, tf.Close(g.After.UnixNano())))
		if err != nil || before.Len() == 0 {
			return errors.Join(err, d.close())
		}
		d.last, d.began = before.Bar(0), true
		if err := d.fetch(ctx, tf.Close(d.last.Time), g.Before.UnixNano(), true); err != nil {
			return errors.Join(err, d.close())
		}
	}
	d.report.Confirmed = true
	return d.close()
}

// extend asks for what is before the first and after the last stored candle.
func (d *download) extend(ctx context.Context, first, last *market.Bar) error {
	if first == nil {
		return d.fetch(ctx, d.from, d.to, false)
	}
	tf := d.want.Timeframe
	d.covered = d.to - d.from - (first.Time - d.from) - (d.to - tf.Close(last.Time))
	d.begun = d.covered
	if err := d.fetch(ctx, d.from, first.Time, false); err != nil || tf.Close(last.Time) >= d.to {
		return err
	}
	d.last, d.began = *last, true
	return d.fetch(ctx, last.Time, d.to, false)
}

// findEnd learns where the store ends, which may be after the period.
func (d *download) findEnd(last *market.Bar) error {
	tail, err := d.stored(time.Unix(0, d.to), time.Time{})
	if err != nil {
		return err
	}
	switch {
	case tail.Len() > 0:
		d.end = tail.Time[tail.Len()-1]
	case last != nil:
		d.end = last.Time
	default:
		d.end = math.MinInt64
	}
	return nil
}

// close writes what the store holds in the end into the report.
func (d *download) close() error {
	first, last, gaps, err := d.state()
	if err != nil {
		return err
	}
	d.report.Gaps = gaps
	if first != nil {
		d.report.First, d.report.Last = time.Unix(0, first.Time).UTC(), time.Unix(0, last.Time).UTC()
	}
	return nil
}

// state returns the first and the last stored candle of the period, nil without
// one, and the gaps between.
func (d *download) state() (first, last *market.Bar, gaps []market.Gap, err error) {
	gaps, err = gapsIn(func(from, to time.Time) (*market.Series, error) {
		s, err := d.stored(from, to)
		if err == nil && s.Len() > 0 {
			end := s.Bar(s.Len() - 1)
			last = &end
			if first == nil {
				begin := s.Bar(0)
				first = &begin
			}
		}
		return s, err
	}, d.want.Timeframe, d.from, d.to)
	return first, last, gaps, err
}

func (d *download) stored(from, to time.Time) (*market.Series, error) {
	o := market.CSVOptions{Instrument: d.want.Instrument, Timeframe: d.want.Timeframe, VolumeScale: d.want.VolumeScale}
	return storedIn(d.store, d.report.Key, o, from, to)
}

// fetch asks for the candles of a stretch, page by page, and stores them.
func (d *download) fetch(ctx context.Context, from, to int64, repair bool) error {
	for from < to {
		page, err := d.ask(ctx, from, to)
		if err != nil {
			return err
		}
		bars, next, err := d.take(page, from, to)
		if err != nil {
			return err
		}
		if bars.Len() > 0 {
			if err := d.put(bars, repair); err != nil {
				return err
			}
		}
		if !repair {
			d.covered += next - from
		}
		from = next
		d.tell(from)
	}
	return nil
}

// take turns an answer into candles that are to be stored, and returns where to go
// on.
func (d *download) take(page Page, from, to int64) (bars *market.Series, next int64, err error) {
	tf := d.want.Timeframe
	bars = market.NewSeries(d.want.Instrument, tf, d.want.VolumeScale, len(page.Candles))
	if len(page.Candles) > d.options.Limit+1 { // one that repeats the border may come on top
		return nil, 0, ErrVenue.With("", "the venue sent %d candles where %d were asked for", len(page.Candles), d.options.Limit)
	}
	next = from
	closed := d.options.Now().Add(-d.options.Settle).UnixNano()
	for _, c := range page.Candles {
		b, err := d.bar(c)
		switch {
		case err != nil:
			return nil, 0, err
		case d.began && b.Time == d.last.Time:
			if b != d.last {
				return nil, 0, d.contradicts(b, c, d.last)
			}
			d.report.Repeats++
			next = max(next, tf.Close(b.Time))
		case tf.Close(b.Time) > closed:
			d.report.Open++
		case b.Time < from:
			if err := d.repeats(b, c, from, to); err != nil {
				return nil, 0, err
			}
			d.report.Repeats++
		case b.Time >= to:
			return nil, 0, notAsked(b, from, to)
		default:
			bars.Append(b)
			d.last, d.began = b, true
			next = tf.Close(b.Time)
		}
	}
	if err := bars.Validate(); err != nil {
		return nil, 0, ErrVenue.With("", "the venue's candles do not hold: %s", err).Because(err)
	}
	switch until := page.Until; {
	case !until.IsZero():
		next = max(next, min(to, tf.Open(until.UnixNano())))
	case next == from: // none that was asked for, perhaps the one before
		next = to
	}
	if next <= from {
		return nil, 0, ErrVenue.With("", "the venue does not go on after %s", stamp(from))
	}
	return bars, next, nil
}

// repeats holds that a candle before the first one that was asked for is stored
// as it was sent.
func (d *download) repeats(b market.Bar, c market.Candle, from, to int64) error {
	have, err := d.stored(time.Unix(0, b.Time), time.Unix(0, d.want.Timeframe.Close(b.Time)))
	switch {
	case err != nil:
		return err
	case have.Len() == 0:
		return notAsked(b, from, to)
	case have.Bar(0) != b:
		return d.contradicts(b, c, have.Bar(0))
	}
	return nil
}

func notAsked(b market.Bar, from, to int64) error {
	return ErrVenue.With("", "the venue sent the candle of %s where %s to %s were asked for", stamp(b.Time), stamp(from), stamp(to))
}

func (d *download) contradicts(b market.Bar, c market.Candle, have market.Bar) error {
	return ErrVenue.With("", "the venue sends %s as %s, stored is %s", stamp(b.Time), prices(c), prices(d.candle(have)))
}

func (d *download) candle(b market.Bar) market.Candle {
	s := market.NewSeries(d.want.Instrument, d.want.Timeframe, d.want.VolumeScale, 1)
	s.Append(b)
	return s.Candle(0)
}

func (d *download) bar(c market.Candle) (market.Bar, error) {
	b := market.Bar{Time: c.Time.UnixNano()}
	var err error
	for _, price := range []struct {
		name string
		from decimal.Decimal
		to   *int64
	}{{"open", c.Open, &b.Open}, {"high", c.High, &b.High}, {"low", c.Low, &b.Low}, {"close", c.Close, &b.Close}} {
		if *price.to, err = d.want.Instrument.PriceUnits(price.from); err != nil {
			return b, ErrVenue.With(price.name, "the candle of %s cannot be stored: %s", stamp(b.Time), err).Because(err)
		}
	}
	units, kind, text := market.ParseUnits([]byte(c.Volume.String()), d.want.VolumeScale)
	if kind != "" {
		return b, ErrVenue.With("volume", "the candle of %s cannot be stored: %s", stamp(b.Time), text)
	}
	b.Volume = units
	return b, nil
}

func (d *download) put(bars *market.Series, repair bool) error {
	write := d.store.Append
	if d.end > bars.Time[0] {
		write = d.store.Merge
	}
	if err := write(bars); err != nil {
		return err
	}
	d.end = max(d.end, bars.Time[bars.Len()-1])
	d.report.Added += bars.Len()
	if repair {
		d.report.Repaired += bars.Len()
	}
	return nil
}

// ask makes one call, again while that may help.
func (d *download) ask(ctx context.Context, from, to int64) (Page, error) {
	r := Request{d.want.Instrument, d.want.Timeframe, time.Unix(0, from).UTC(), time.Unix(0, to).UTC(), d.options.Limit}
	retry := d.options.Retry
	pause := retry.First
	for attempt := 1; ; attempt++ {
		waited, err := d.bucket.take(ctx, r.Limit)
		d.waited += waited
		if err != nil {
			return Page{}, err
		}
		d.report.Requests++
		page, err := d.venue.Candles(ctx, r)
		if err == nil {
			return page, nil
		}
		if ctx.Err() != nil {
			return Page{}, errors.Join(ctx.Err(), err)
		}
		if !again(err) {
			return Page{}, err
		}
		if attempt == retry.Attempts {
			return Page{}, fmt.Errorf("after %d attempts: %w", attempt, err)
		}
		pausing := time.Duration(float64(pause) * (1 + retry.Chance()) / 2)
		if told := retryAfter(err); told > retry.Longest {
			return Page{}, fmt.Errorf("the venue asks to wait %s: %w", told, err)
		} else if told > 0 {
			pausing = told + pausing/2 // never before the time told, and not all at once after it
		}
		if err := wait(ctx, pausing); err != nil {
			return Page{}, err
		}
		d.waited += pausing
		d.report.Retries++
		pause = min(2*pause, retry.Most)
	}
}

// again reports whether asking again may help. A time-out of the call alone is
// Canceled by its cause while the download goes on.
func again(err error) bool {
	switch tradekeel.KindOf(err) {
	case tradekeel.Unavailable, tradekeel.Exhausted, tradekeel.Canceled:
		return true
	default:
		return false
	}
}

func retryAfter(err error) time.Duration {
	type told interface {
		error
		RetryAfter() time.Duration
	}
	if l, ok := errors.AsType[told](err); ok {
		return l.RetryAfter()
	}
	return 0
}

func (d *download) tell(at int64) {
	if d.options.Progress == nil {
		return
	}
	p := DownloadProgress{
		From: time.Unix(0, d.from).UTC(), At: time.Unix(0, at).UTC(), To: time.Unix(0, d.to).UTC(),
		Bars: d.report.Added, Requests: d.report.Requests, Retries: d.report.Retries, Waited: d.waited,
	}
	if done, left := d.covered-d.begun, d.to-d.from-d.covered; done > 0 && left > 0 {
		p.Left = time.Duration(float64(time.Since(d.started)) * float64(left) / float64(done))
	}
	d.options.Progress(p)
}
