// Package alert reads the alerts that charting services send to a webhook, such as
// TradingView's, and makes of them the signals that strategies wait for.
//
// A user writes the text of an alert once, with the service's placeholders:
//
//	{"signal": "breakout", "ticker": "{{exchange}}:{{ticker}}", "price": {{close}}, "time": "{{timenow}}", "key": "…"}
//
// or, for the alerts of a strategy there,
//
//	{"action": "{{strategy.order.action}}", "ticker": "{{ticker}}", "key": "…"}
//
// or simply the signal's name as plain text. The host answers at an address of the
// user's own, checks the key, and hands the signal's name to the bots of that user.
package alert

import (
	"bytes"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
)

// MaxBytes is the most that a body may have.
const MaxBytes = 8 << 10

// Alert is one message of a charting service.
type Alert struct {
	// Signal is the name that a strategy waits for: small letters, digits, _ and -.
	Signal string
	// Exchange and Ticker are the service's own names, "BINANCE" and "BTCUSDT"; empty
	// when the alert names none.
	Exchange, Ticker string
	// Price is the price that the service saw; zero when it tells none.
	Price decimal.Decimal
	// Time is when the service sent it, by its own clock; zero when it tells none.
	Time time.Time
	// Key proves who sent it.
	Key Key
}

// Key is a secret that is not printed.
type Key string

// String hides the key.
func (Key) String() string { return "[hidden]" }

// GoString hides the key.
func (Key) GoString() string { return "[hidden]" }

// LogValue hides the key.
func (Key) LogValue() slog.Value { return slog.StringValue("[hidden]") }

// MarshalText hides the key.
func (Key) MarshalText() ([]byte, error) { return []byte("[hidden]"), nil }

// Is compares keys in constant time. An empty key is nobody's.
func (k Key) Is(want Key) bool {
	return want != "" && subtle.ConstantTimeCompare([]byte(k), []byte(want)) == 1
}

// ErrAlert is what every fault of an alert is, by errors.Is.
var ErrAlert = &tradekeel.Error{Kind: tradekeel.Invalid, Code: "strategy.alert", Message: "the alert cannot be read"}

// fields are the names that a member may have.
var fields = map[string]string{
	"signal": "signal", "action": "signal", "side": "signal",
	"ticker": "ticker", "symbol": "ticker", "exchange": "exchange",
	"price": "price", "close": "price",
	"time": "time", "timenow": "time",
	"key": "key", "passphrase": "key", "secret": "key", "token": "key",
}

// Parse reads the body of a request: a JSON object, or the name of a signal as plain
// text. Members that it does not know are left out, since every service adds its own;
// the same thing by two names is an error. Its errors are ErrAlert with the field.
func Parse(body []byte) (Alert, error) {
	if len(body) > MaxBytes {
		return Alert{}, ErrAlert.With("", "must be at most %d bytes, got %d", MaxBytes, len(body))
	}
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return Alert{}, ErrAlert.With("", `is empty; send {"signal": "buy"}`)
	}
	if body[0] != '{' {
		var a Alert
		err := a.name("", string(body))
		return a, err
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return Alert{}, malformed(err)
	}
	var a Alert
	var wrong []error
	seen := map[string]string{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return Alert{}, malformed(err)
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return Alert{}, malformed(err)
		}
		name, _ := token.(string) // the decoder lets only texts be names
		field, known := fields[strings.ToLower(name)]
		if !known {
			continue
		}
		if other, there := seen[field]; there {
			wrong = append(wrong, ErrAlert.With(name, "says again what %q does", other))
			continue
		}
		seen[field] = name
		if err := a.set(field, name, value); err != nil {
			wrong = append(wrong, err)
		}
	}
	if _, err := d.Token(); err != nil {
		return Alert{}, malformed(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Alert{}, ErrAlert.With("", "has something after its end")
	}
	if _, there := seen["signal"]; !there {
		wrong = append(wrong, ErrAlert.With("signal", `is missing; it is the name that a strategy waits for`))
	}
	if err := errors.Join(wrong...); err != nil {
		return Alert{}, err
	}
	return a, nil
}

func malformed(err error) error { return ErrAlert.With("", "is not JSON").Because(err) }

func (a *Alert) set(field, name string, value any) error {
	text, isText := value.(string)
	if n, isNumber := value.(json.Number); isNumber {
		text = n.String()
	} else if !isText {
		return ErrAlert.With(name, "must be a text")
	}
	text = strings.TrimSpace(text)
	if strings.Contains(text, "{{") {
		return ErrAlert.With(name, "holds a placeholder that was not filled in: %.40q", text)
	}
	switch field {
	case "signal":
		return a.name(name, text)
	case "ticker":
		if exchange, ticker, both := strings.Cut(text, ":"); both {
			a.Exchange, text = exchange, ticker
		}
		a.Ticker = text
	case "exchange":
		a.Exchange = text
	case "key":
		a.Key = Key(text)
	case "price":
		price, err := money.ParseDecimal(text)
		if err != nil || price.Sign() <= 0 {
			return ErrAlert.With(name, "must be a price above zero, got %.40q", text)
		}
		a.Price = price
	default:
		at, err := time.Parse(time.RFC3339Nano, text)
		if err != nil {
			return ErrAlert.With(name, "must be a time such as 2026-01-31T09:00:00Z, got %.40q", text)
		}
		a.Time = at.UTC()
	}
	return nil
}

// name takes a signal's name; capitals make no difference.
func (a *Alert) name(field, text string) error {
	name := strings.ToLower(strings.TrimSpace(text))
	if name == "" || len(name) > 40 || (name[0] < 'a' || name[0] > 'z') && name[0] != '_' || strings.ContainsFunc(name, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '_' && r != '-'
	}) {
		return ErrAlert.With(field, "must be a signal's name of letters, digits, _ and - such as buy, got %.40q", text)
	}
	a.Signal = name
	return nil
}

// About reports whether the alert is about an instrument: its ticker is base and
// quote together, whatever stands between them, with ".P" or "PERP" behind for a
// perpetual. An alert without a ticker is about every instrument.
func (a *Alert) About(in *market.Instrument) bool {
	if a.Ticker == "" {
		return true
	}
	plain := strings.NewReplacer("/", "", "-", "", "_", "").Replace(strings.ToUpper(a.Ticker))
	spot, perpetual := plain, false
	for _, mark := range []string{".P", "PERP"} {
		if cut, ok := strings.CutSuffix(plain, mark); ok {
			spot, perpetual = cut, true
		}
	}
	return strings.EqualFold(spot, string(in.Base)+string(in.Quote)) && perpetual == (in.Kind != market.Spot) &&
		(a.Exchange == "" || in.Venue == "" || strings.EqualFold(a.Exchange, in.Venue))
}
