package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
	"github.com/tradekeel/tradekeel/money"
)

// klinesAddress is where Binance answers questions about the market without a key.
const klinesAddress = "https://data-api.binance.vision"

// maxAnswer bounds one answer in bytes; a thousand klines have about 170 kB.
const maxAnswer = 4 << 20

// klinesRate is half of what Binance allows one address on the spot market: 6000 a
// minute, of which a request for klines costs 2.
func klinesRate() source.Rate {
	return source.Rate{Tokens: 3000, Per: time.Minute, Weight: func(int) int { return 2 }}
}

// klines asks Binance for spot candles, GET /api/v3/klines.
type klines struct {
	http http.Client
	base string
}

// newKlines makes a client of an address; an empty one is Binance's own.
func newKlines(base string) (*klines, error) {
	if base == "" {
		base = klinesAddress
	}
	u, err := url.Parse(base)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return nil, tradekeel.Invalidf("--url", "must be an address such as %s, got %q", klinesAddress, base)
	}
	return &klines{http: http.Client{Timeout: 30 * time.Second}, base: strings.TrimRight(base, "/")}, nil
}

// Candles implements source.Candles.
func (k *klines) Candles(ctx context.Context, r source.Request) (source.Page, error) {
	query := url.Values{
		"symbol":    {string(r.Instrument.Base) + string(r.Instrument.Quote)},
		"interval":  {r.Timeframe.String()},
		"startTime": {strconv.FormatInt(r.From.UnixMilli(), 10)},
		"endTime":   {strconv.FormatInt(r.To.UnixMilli()-1, 10)}, // the end is included there
		"limit":     {strconv.Itoa(r.Limit)},
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, k.base+"/api/v3/klines?"+query.Encode(), http.NoBody)
	if err != nil {
		return source.Page{}, err
	}
	answer, err := k.http.Do(request)
	if err != nil {
		return source.Page{}, unavailable("binance does not answer", err)
	}
	defer answer.Body.Close()
	if err := refusal(answer); err != nil {
		return source.Page{}, err
	}
	var rows [][]json.RawMessage
	if err := json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&rows); err != nil {
		return source.Page{}, unavailable("the answer of binance is cut", err)
	}
	page := source.Page{Candles: make([]market.Candle, len(rows))}
	for i, row := range rows {
		if page.Candles[i], err = kline(row); err != nil {
			return source.Page{}, tradekeel.ErrInvalid.With("", "row %d of the answer of binance is no kline: %v", i, err)
		}
	}
	return page, nil
}

// refusal is the error of an answer that is none.
func refusal(answer *http.Response) error {
	switch code := answer.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusTeapot:
		seconds, _ := strconv.Atoi(answer.Header.Get("Retry-After"))
		return &source.LimitError{
			Err:   tradekeel.ErrExhausted.With("", "binance asks to wait: its limit is used up"),
			After: time.Duration(seconds) * time.Second,
		}
	case code >= http.StatusInternalServerError:
		return unavailable("binance is down: "+answer.Status, nil)
	}
	var said struct {
		Message string `json:"msg"`
	}
	_ = json.NewDecoder(io.LimitReader(answer.Body, maxAnswer)).Decode(&said)
	if said.Message == "" {
		said.Message = answer.Status
	}
	return tradekeel.ErrInvalid.With("", "binance refused the request: %s", said.Message)
}

func unavailable(text string, cause error) error {
	if cause != nil {
		text += ": " + cause.Error()
	}
	return tradekeel.ErrUnavailable.With("", "%s", text).Because(cause)
}

// kline reads [time, "open", "high", "low", "close", "volume", …].
func kline(row []json.RawMessage) (market.Candle, error) {
	const least = 6
	if len(row) < least {
		return market.Candle{}, errors.New("it has fewer than six values")
	}
	ms, err := strconv.ParseInt(string(row[0]), 10, 64)
	c := market.Candle{Time: time.UnixMilli(ms).UTC()}
	for i, to := range []*decimal.Decimal{&c.Open, &c.High, &c.Low, &c.Close, &c.Volume} {
		var text string
		err = errors.Join(err, json.Unmarshal(row[i+1], &text))
		value, failed := money.ParseDecimal(text)
		*to, err = value, errors.Join(err, failed)
	}
	return c, err
}
