package source_test

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

// synctest's clock begins here.
var midnight = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// hours makes n hourly candles from the beginning of synctest's clock.
func hours(n int) *market.Series {
	s := market.NewSeries(btcusdt, market.H1, 8, n)
	for i := range int64(n) {
		price := 100 + i%7
		s.Append(market.Bar{Time: midnight.UnixNano() + i*int64(market.H1), Open: price, High: price + 3, Low: price - 2, Close: price + 1, Volume: i})
	}
	return s
}

var want = source.Want{Instrument: btcusdt, Timeframe: market.H1, From: midnight}

// TestDownload gets a history with every fault on the way: limits, a ban, errors,
// a time-out, a cut body, a page border that repeats a candle, a hole. The store
// ends with exactly the closed candles, and the waits are those that were asked for.
func TestDownload(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := hours(1000)
		held := without(all, 400, 410)
		server := &binance{series: held, overlap: true, faults: map[int]http.HandlerFunc{
			2: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "17")
				w.WriteHeader(http.StatusTooManyRequests)
			},
			4: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", "120")
				w.WriteHeader(http.StatusTeapot)
			},
			6: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
			7: func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			8: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				_, _ = w.Write([]byte(`[[946684800000,"1.0",`))
			},
		}}
		time.Sleep(500*time.Hour + 30*time.Minute)
		store := newStore(t)
		var last, half source.DownloadProgress
		o := source.DownloadOptions{
			Limit: 60, Rate: source.Rate{Tokens: 4, Per: time.Minute, Weight: func(limit int) int { return 1 + limit/60 }},
			Retry: source.Retry{Chance: func() float64 { return 0.5 }},
			Progress: func(p source.DownloadProgress) {
				if last = p; p.Bars == 237 {
					half = p
				}
			},
		}
		venue := serve(t, server)
		report, err := source.Download(t.Context(), venue, store, want, o)
		if err != nil {
			t.Fatal(err)
		}
		sameSeries(t, store.all(t, btcusdt, market.H1), without(all.Slice(0, 500), 400, 410))
		if report.Added != 490 || report.Retries != 5 || report.Repaired != 0 || !report.Confirmed || len(report.Gaps) != 1 || report.Gaps[0].Missing != 10 ||
			report.Repeats == 0 || report.Requests != len(server.requests) || !report.Last.Equal(midnight.Add(499*time.Hour)) {
			t.Errorf("the report is %+v", report)
		}
		for i, least := range map[int]time.Duration{2: 17 * time.Second, 4: 120 * time.Second, 7: 30 * time.Second} {
			if pause := server.times[i].Sub(server.times[i-1]); pause < least {
				t.Errorf("request %d came %s after the one before, want at least %s", i+1, pause, least)
			}
		}
		// 2 tokens a call of 4 a minute: over any stretch no more than that.
		for i := range server.times {
			for j := i + 1; j < len(server.times); j++ {
				spent, passed := 2*(j-i+1), server.times[j].Sub(server.times[i])
				if allowed := 4 + 4*passed.Minutes(); float64(spent) > allowed+1e-6 {
					t.Fatalf("%d tokens were spent in %s", spent, passed)
				}
			}
		}
		if last.Bars != 490 || last.Left != 0 || !last.At.Equal(midnight.Add(410*time.Hour)) {
			t.Errorf("the last progress is %+v", last)
		}

		if half.Left <= 0 || half.Left > 10*time.Minute || !half.At.Equal(midnight.Add(237*time.Hour)) {
			t.Errorf("half of the way is %+v", half)
		}

		// Seven hours on, and the venue has found the candles of the hole.
		time.Sleep(7 * time.Hour)
		server.mu.Lock()
		server.series, server.requests = all, nil
		server.mu.Unlock()
		o.Rate = source.Rate{}
		asked := time.Now()
		if report, err = source.Download(t.Context(), venue, store, want, o); err != nil {
			t.Fatal(err)
		}
		closed := int(asked.Add(-10*time.Second).Sub(midnight) / time.Hour)
		sameSeries(t, store.all(t, btcusdt, market.H1), all.Slice(0, closed))
		if report.Repaired != 10 || report.Added != closed-490 || len(report.Gaps) != 0 || len(server.requests) > 3 {
			t.Errorf("the second report is %+v after %d requests", report, len(server.requests))
		}
	})
}

// TestOpenCandle holds that a candle is stored only once it has settled.
func TestOpenCandle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := serve(t, &binance{series: hours(10)})
		store := newStore(t)
		time.Sleep(3*time.Hour + 9*time.Second)
		for _, n := range []int{2, 3} {
			if _, err := source.Download(t.Context(), venue, store, want, source.DownloadOptions{}); err != nil {
				t.Fatal(err)
			}
			sameSeries(t, store.all(t, btcusdt, market.H1), hours(n))
			time.Sleep(time.Second)
		}
	})
}

// TestOpenCandleSentAnyway holds that one which a venue sends beyond what was asked
// for is left out and counted.
func TestOpenCandleSentAnyway(t *testing.T) {
	t.Parallel()
	s := hours(3)
	venue := venueFunc(func(source.Request) (source.Page, error) {
		return source.Page{Candles: []market.Candle{s.Candle(0), s.Candle(1), s.Candle(2)}}, nil
	})
	store := newStore(t)
	report, err := source.Download(t.Context(), venue, store, want, source.DownloadOptions{Now: func() time.Time { return midnight.Add(150 * time.Minute) }})
	if err != nil || report.Open != 1 || report.Added != 2 {
		t.Errorf("%+v, %v", report, err)
	}
	sameSeries(t, store.all(t, btcusdt, market.H1), hours(2))
}

// TestDownloadGoesOn ends a download at every request; each time the next goes on,
// and the store never holds a wrong candle.
func TestDownloadGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		all := hours(100)
		server := &binance{series: all}
		venue := serve(t, server)
		time.Sleep(200 * time.Hour)
		store := newStore(t)
		for runs := 1; ; runs++ {
			ctx, cancel := context.WithCancel(t.Context())
			report, err := source.Download(ctx, venue, store, want, source.DownloadOptions{Limit: 10, Progress: func(p source.DownloadProgress) {
				if p.Bars > 0 {
					cancel()
				}
			}})
			cancel()
			if report.Confirmed != (err == nil) {
				t.Errorf("run %d: confirmed is %v with %v", runs, report.Confirmed, err)
			}
			have := store.all(t, btcusdt, market.H1)
			sameSeries(t, have, all.Slice(0, have.Len()))
			if have.Len() == all.Len() && err == nil {
				break
			}
			if err != nil && tradekeel.KindOf(err) != tradekeel.Canceled || runs > 20 {
				t.Fatalf("run %d ended with %v at %d candles", runs, err, have.Len())
			}
		}
		// From before the first candle on: only what is missing is asked for.
		server.requests = nil
		early := want
		early.From = midnight.Add(-50 * time.Hour)
		report, err := source.Download(t.Context(), venue, store, early, source.DownloadOptions{Limit: 10})
		if err != nil || report.Added != 0 || !report.First.Equal(midnight) || len(server.requests) != 3 {
			t.Errorf("%+v, %v after %d requests", report, err, len(server.requests))
		}
	})
}

// TestVenuesThatBreakTheLaws names what a venue did.
func TestVenuesThatBreakTheLaws(t *testing.T) {
	t.Parallel()
	s := hours(10)
	candles := func(places ...int) []market.Candle {
		var all []market.Candle
		for _, i := range places {
			all = append(all, s.Candle(i))
		}
		return all
	}
	wrong := candles(3)
	wrong[0].High = wrong[0].Low.Sub(wrong[0].Low)
	fine := candles(3)
	fine[0].Close = s.Instrument.Price(1).Div(s.Instrument.Price(3))
	unstored, older := candles(0), candles(0)
	unstored[0].Time = midnight.Add(-time.Hour)
	older[0].Volume = s.Instrument.Price(1)
	other := candles(1)
	other[0].Volume = other[0].Volume.Add(other[0].Volume).Add(s.Instrument.Price(1))
	for _, c := range []struct {
		name string
		page source.Page
		want string
	}{
		{"before", source.Page{Candles: unstored}, "the venue sent the candle of 1999-12-31T23:00:00Z where 2000-01-01T02:00:00Z to"},
		{"long before with other values", source.Page{Candles: older}, "the venue sends 2000-01-01T00:00:00Z as"},
		{"backwards", source.Page{Candles: candles(4, 3)}, "the venue's candles do not hold: series[1].time"},
		{"twice with other values", source.Page{Candles: other}, "the venue sends 2000-01-01T01:00:00Z as"},
		{"contradictory", source.Page{Candles: wrong}, "the venue's candles do not hold: series[0].high"},
		{"too fine", source.Page{Candles: fine}, "close: the candle of 2000-01-01T03:00:00Z cannot be stored"},
		{"too many", source.Page{Candles: candles(2, 3, 4, 5)}, "the venue sent 4 candles where 2 were asked for"},
		{"standing still", source.Page{Until: midnight}, "the venue does not go on after 2000-01-01T02:00:00Z"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			store := newStore(t)
			n := 0
			venue := venueFunc(func(source.Request) (source.Page, error) {
				if n++; n == 1 {
					return source.Page{Candles: candles(0, 1)}, nil
				}
				return c.page, nil
			})
			_, err := source.Download(t.Context(), venue, store, want, source.DownloadOptions{Limit: 2, Now: func() time.Time { return midnight.Add(9 * time.Hour) }})
			if !errors.Is(err, source.ErrVenue) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			sameSeries(t, store.all(t, btcusdt, market.H1), s.Slice(0, 2))
		})
	}
}

type venueFunc func(source.Request) (source.Page, error)

func (f venueFunc) Candles(_ context.Context, r source.Request) (source.Page, error) { return f(r) }

// TestVenueOfWindows downloads from a venue that answers for a span of time from
// the start on, empty where nothing was traded.
func TestVenueOfWindows(t *testing.T) {
	t.Parallel()
	s := without(hours(100), 10, 60)
	requests := 0
	venue := venueFunc(func(r source.Request) (source.Page, error) {
		requests++
		page := source.Page{Until: r.From.Add(time.Duration(r.Limit) * time.Hour)}
		part := s.Between(r.From, min2(page.Until, r.To))
		for i := range part.Len() {
			page.Candles = append(page.Candles, part.Candle(i))
		}
		return page, nil
	})
	store := newStore(t)
	report, err := source.Download(t.Context(), venue, store, want, source.DownloadOptions{Limit: 10, Now: func() time.Time { return midnight.Add(101 * time.Hour) }})
	if err != nil || len(report.Gaps) != 1 || requests != 10+5 {
		t.Errorf("%+v, %v after %d requests", report, err, requests)
	}
	sameSeries(t, store.all(t, btcusdt, market.H1), s)
}

func min2(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// TestHopeless holds that a download ends where asking again cannot help.
func TestHopeless(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(100 * time.Hour)
		for _, c := range []struct {
			err   error
			calls int
			want  error
		}{
			{tradekeel.Invalidf("symbol", "is unknown"), 1, tradekeel.ErrInvalid},
			{unavailable("down", nil), 8, tradekeel.ErrUnavailable},
			{&source.LimitError{Err: tradekeel.ErrExhausted, After: time.Hour}, 1, tradekeel.ErrExhausted},
			{context.DeadlineExceeded, 8, context.DeadlineExceeded},
		} {
			calls := 0
			venue := venueFunc(func(source.Request) (source.Page, error) { calls++; return source.Page{}, c.err })
			began := time.Now()
			_, err := source.Download(t.Context(), venue, newStore(t), want, source.DownloadOptions{})
			if !errors.Is(err, c.want) || calls != c.calls {
				t.Errorf("%v: %d calls, %v", c.err, calls, err)
			}
			// 1+2+4+8+16+32+60 s, half of each by chance.
			if waited := time.Since(began); calls == 8 && (waited < 61*time.Second || waited > 123*time.Second) {
				t.Errorf("%v: waited %s", c.err, waited)
			}
		}
	})
}

func TestWrongWants(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		want    source.Want
		options source.DownloadOptions
	}{
		{source.Want{Timeframe: market.H1, From: midnight}, source.DownloadOptions{}},
		{source.Want{Instrument: btcusdt, From: midnight}, source.DownloadOptions{}},
		{source.Want{Instrument: btcusdt, Timeframe: market.H1}, source.DownloadOptions{}},
		{want, source.DownloadOptions{Limit: -1}},
		{want, source.DownloadOptions{Settle: -1}},
		{want, source.DownloadOptions{Rate: source.Rate{Tokens: 5}}},
	} {
		if _, err := source.Download(t.Context(), nil, newStore(t), c.want, c.options); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}

// TestRecordedAnswers reads answers of Binance that were recorded, through the
// client and as files of klines, and holds both to the same candles.
func TestRecordedAnswers(t *testing.T) {
	t.Parallel()
	folder := reference(t, "TestDownload covers the protocol")
	file, err := os.Open(filepath.Join(folder, "exchange", "gct_binance_http.json.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var recorded struct {
		Routes map[string]map[string][]struct{ Data json.RawMessage }
	}
	if err := json.NewDecoder(r).Decode(&recorded); err != nil {
		t.Fatal(err)
	}
	read := 0
	for _, answer := range recorded.Routes["/api/v3/klines"][http.MethodGet] {
		var rows [][]json.RawMessage
		if json.Unmarshal(answer.Data, &rows) != nil || len(rows) < 2 {
			continue
		}
		report, err := source.CheckArrays(strings.NewReader(string(answer.Data)), market.CSVOptions{Instrument: btcusdt, DropRepeats: true})
		if err != nil || report.Err() != nil {
			t.Fatal(err, report.Err())
		}
		s := report.Series
		var page source.Page
		for _, row := range rows {
			c, err := kline(row)
			if err != nil {
				t.Fatal(err)
			}
			page.Candles = append(page.Candles, c)
		}
		answers := 0
		venue := venueFunc(func(source.Request) (source.Page, error) {
			if answers++; answers == 1 {
				return page, nil
			}
			return source.Page{}, nil
		})
		store := newStore(t)
		w := source.Want{Instrument: btcusdt, Timeframe: s.Timeframe, From: s.Candle(0).Time}
		if _, err := source.Download(t.Context(), venue, store, w, source.DownloadOptions{}); err != nil {
			t.Fatal(err)
		}
		sameSeries(t, store.all(t, btcusdt, s.Timeframe), s)
		read += s.Len()
	}
	if read == 0 {
		t.Error("no recorded klines were found")
	}
	t.Logf("%d recorded candles", read)
}
