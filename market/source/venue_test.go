package source_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

// client asks a server that speaks the klines of Binance: how a venue implements
// source.Candles.
type client struct {
	http http.Client
	base string
}

func (c *client) Candles(ctx context.Context, r source.Request) (source.Page, error) {
	query := url.Values{
		"symbol": {string(r.Instrument.Base) + string(r.Instrument.Quote)}, "interval": {r.Timeframe.String()},
		"startTime": {strconv.FormatInt(r.From.UnixMilli(), 10)},
		"endTime":   {strconv.FormatInt(r.To.UnixMilli()-1, 10)}, // Binance includes the end
		"limit":     {strconv.Itoa(r.Limit)},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, c.base+"/api/v3/klines?"+query.Encode(), http.NoBody)
	if err != nil {
		return source.Page{}, err
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return source.Page{}, unavailable("the venue does not answer", err)
	}
	defer answer.Body.Close()
	switch {
	case answer.StatusCode == http.StatusTooManyRequests, answer.StatusCode == http.StatusTeapot:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return source.Page{}, &source.LimitError{Err: tradekeel.ErrExhausted.With("", "the venue's limit is used up"), After: time.Duration(seconds) * time.Second}
	case answer.StatusCode >= http.StatusInternalServerError:
		return source.Page{}, unavailable("the venue is down", nil)
	case answer.StatusCode != http.StatusOK:
		return source.Page{}, tradekeel.Invalidf("", "the venue refused the request: %s", answer.Status)
	}
	var rows [][]json.RawMessage
	if err := json.NewDecoder(answer.Body).Decode(&rows); err != nil {
		return source.Page{}, unavailable("the venue's answer is cut", err)
	}
	var page source.Page
	for _, row := range rows {
		candle, err := kline(row)
		if err != nil {
			return source.Page{}, err
		}
		page.Candles = append(page.Candles, candle)
	}
	return page, nil
}

func unavailable(text string, cause error) error {
	return tradekeel.ErrUnavailable.With("", "%s", text).Because(cause)
}

func kline(row []json.RawMessage) (market.Candle, error) {
	if len(row) < 6 {
		return market.Candle{}, errors.New("a kline has at least six values")
	}
	ms, err := strconv.ParseInt(string(row[0]), 10, 64)
	c := market.Candle{Time: time.UnixMilli(ms).UTC()}
	for i, to := range []*decimal.Decimal{&c.Open, &c.High, &c.Low, &c.Close, &c.Volume} {
		var text string
		err = errors.Join(err, json.Unmarshal(row[i+1], &text))
		var failed error
		*to, failed = decimal.NewFromString(text)
		err = errors.Join(err, failed)
	}
	return c, err
}

// binance is a server that speaks /api/v3/klines.
type binance struct {
	mu     sync.Mutex
	series *market.Series
	// faults by the number of the request, from 1: they answer instead.
	faults map[int]http.HandlerFunc
	// overlap sends the candle before startTime too, as some venues do.
	overlap  bool
	requests []url.Values
	times    []time.Time
}

func (b *binance) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	b.mu.Lock()
	b.requests = append(b.requests, r.URL.Query())
	b.times = append(b.times, time.Now())
	fault := b.faults[len(b.requests)]
	s := b.series
	b.mu.Unlock()
	if fault != nil {
		fault(w, r)
		return
	}
	number := func(name string) int64 {
		n, err := strconv.ParseInt(r.URL.Query().Get(name), 10, 64)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		return n
	}
	var rows []string
	for i := range s.Len() {
		ms := s.Time[i] / 1e6
		if b.overlap && i+1 < s.Len() && s.Time[i+1]/1e6 == number("startTime") || ms >= number("startTime") && ms <= number("endTime") {
			c := s.Candle(i)
			rows = append(rows, fmt.Sprintf(`[%d,%q,%q,%q,%q,%q,%d,"0",1,"0","0","0"]`, ms, c.Open, c.High, c.Low, c.Close, c.Volume, s.Timeframe.Close(s.Time[i])/1e6-1))
		}
		if len(rows) == int(number("limit")) {
			break
		}
	}
	fmt.Fprintf(w, "[%s]", strings.Join(rows, ","))
}

// serve starts a server whose connections are pipes, so that its clock can be
// synctest's, and returns a client for it.
func serve(t *testing.T, handler http.Handler) *client {
	t.Helper()
	pipes := &pipes{accept: make(chan net.Conn), closed: make(chan struct{})}
	server := httptest.NewUnstartedServer(handler)
	server.Listener.Close()
	server.Listener = pipes
	server.Start()
	transport := &http.Transport{DialContext: pipes.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		server.Close()
	})
	return &client{http: http.Client{Transport: transport, Timeout: 30 * time.Second}, base: "http://binance.test"}
}

type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.accept <- far:
		return near, nil
	case <-p.closed:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe", Net: "pipe"} }
