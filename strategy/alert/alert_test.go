package alert_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/alert"
)

func TestParse(t *testing.T) {
	t.Parallel()
	a, err := alert.Parse([]byte(`{"signal": "Breakout", "ticker": "BINANCE:BTCUSDT", "price": 48120.50, "time": "2026-01-31T09:00:00Z", "key": "k1", "interval": "60"}`))
	if err != nil {
		t.Fatal(err)
	}
	if a.Signal != "breakout" || a.Exchange != "BINANCE" || a.Ticker != "BTCUSDT" || a.Price.String() != "48120.5" ||
		!a.Time.Equal(time.Date(2026, 1, 31, 9, 0, 0, 0, time.UTC)) || !a.Key.Is("k1") || a.Key.Is("k2") || a.Key.Is("") {
		t.Errorf("read %+v", a)
	}
	if a, err := alert.Parse([]byte(" buy\n")); err != nil || a.Signal != "buy" {
		t.Errorf("plain text gave %+v, %v", a, err)
	}
	for raw, want := range map[string]string{
		``:                  `is empty`,
		`{`:                 `is not JSON`,
		`{"ticker": "X"}`:   `signal: is missing`,
		`{"signal": "a b"}`: `signal: must be a signal's name`,
		`{"signal": "{{strategy.order.action}}"}`:        `signal: holds a placeholder that was not filled in`,
		`{"signal": "buy", "action": "sell"}`:            `action: says again what "signal" does`,
		`{"signal": "buy", "price": "-1"}`:               `price: must be a price above zero`,
		`{"signal": "buy", "price": {}}`:                 `price: must be a text`,
		`{"signal": "buy", "time": "yesterday"}`:         `time: must be a time such as`,
		`{"signal": "buy"} {}`:                           `has something after its end`,
		`["buy"]`:                                        `must be a signal's name`,
		`{"x": "` + strings.Repeat("x", 9000) + `"}`:     `must be at most 8192 bytes`,
		`{"signal": "buy", "price": 0, "time": "never"}`: "price: must be a price above zero, got \"0\"\ntime: must be",
	} {
		if _, err := alert.Parse([]byte(raw)); !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60s gave %v, want %s", raw, err, want)
		}
	}
}

func TestKeyIsNotPrinted(t *testing.T) {
	t.Parallel()
	a, err := alert.Parse([]byte(`{"signal": "buy", "key": "open sesame"}`))
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(a)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{string(raw), fmt.Sprint(a), fmt.Sprintf("%+v", a), fmt.Sprintf("%#v", a), fmt.Sprintf("%s %q", a.Key, a.Key)} {
		if strings.Contains(text, "sesame") {
			t.Errorf("the key is in %s", text)
		}
	}
}

func TestAbout(t *testing.T) {
	t.Parallel()
	spot := market.MustSpot("BTC/USDT")
	spot.Venue = "binance"
	perpetual := *spot
	perpetual.Kind, perpetual.Symbol = market.Linear, "BTC/USDT:USDT"
	for _, c := range []struct {
		exchange, ticker string
		spot, perpetual  bool
	}{
		{"", "", true, true}, {"", "BTCUSDT", true, false}, {"BINANCE", "btc/usdt", true, false}, {"BYBIT", "BTCUSDT", false, false},
		{"", "BTCUSDT.P", false, true}, {"", "BTCUSDTPERP", false, true}, {"", "ETHUSDT", false, false},
	} {
		a := alert.Alert{Exchange: c.exchange, Ticker: c.ticker}
		if a.About(spot) != c.spot || a.About(&perpetual) != c.perpetual {
			t.Errorf("%+v: spot %v, perpetual %v", c, a.About(spot), a.About(&perpetual))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`buy`, `{"signal": "buy", "ticker": "BINANCE:BTCUSDT", "price": "1e5", "time": "2026-01-31T09:00:00Z"}`, `{"action":"sell","key":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		a, err := alert.Parse(raw)
		if err != nil {
			if !errors.Is(err, tradekeel.ErrInvalid) {
				t.Fatalf("a fault that nobody classified: %v", err)
			}
			return
		}
		if again, err := alert.Parse([]byte(a.Signal)); err != nil || again.Signal != a.Signal {
			t.Fatalf("%q became %q, which is refused: %v", raw, a.Signal, err)
		}
	})
}
