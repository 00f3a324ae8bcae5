package document_test

import (
	"bytes"
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/strategy/document"
)

// dip is the document of the package comment, with a few more parts.
const dip = `{
  "name": "Dip in an uptrend", "version": 1, "timeframe": "1h",
  "params":  {"fast": {"default": 50, "min": 10, "max": 100, "step": 5}, "oversold": {"default": 30, "min": 10, "max": 45}},
  "let":     {"trend": {"ema": ["close", "$fast"]}, "rsi": {"rsi": ["close", 14]}},
  "enter":   {"long": {"all": [{"gt": ["close", "trend"]}, {"crosses_above": ["rsi", "$oversold"]}, {"not": {"in_position": true}}]}},
  "exit":    {"long": {"any": [{"gt": ["rsi", 70]}, {"for_bars": [{"lt": ["close", "trend"]}, 3]}]}},
  "size":    {"percent_of_equity": 20},
  "stop":    {"atr": [14, 2.5]}, "target": {"percent": 6}, "trail": {"percent": 1.5, "after_percent": 3}
}`

func TestParse(t *testing.T) {
	t.Parallel()
	d, err := document.Parse([]byte(dip))
	if err != nil {
		t.Fatal(err)
	}
	if d.Name() != "Dip in an uptrend" || d.Timeframe().String() != "1h" || len(d.Parameters()) != 2 {
		t.Errorf("parsed %q %s %v", d.Name(), d.Timeframe(), d.Parameters())
	}
	again, err := document.Parse(d.Canonical())
	if err != nil {
		t.Fatal(err)
	}
	if again.Hash() != d.Hash() || !bytes.Equal(again.Canonical(), d.Canonical()) {
		t.Error("the canonical form is not its own")
	}
}

// with replaces a part of dip.
func with(from, to string) string { return strings.Replace(dip, from, to, 1) }

// enter is a document with one condition.
func enter(condition string) string {
	return `{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 100}, "params": {"n": {"default": 5, "min": 2, "max": 9}, "x": {"default": 0.5, "min": 0.1, "max": 2}},
		"let": {"avg": {"sma": 20}, "up": {"gt": ["close", "open"]}, "bands": {"bbands": ["close", 20, 2]}}, "enter": {"long": ` + condition + `}}`
}

// part is a document with one more member.
func part(member string) string {
	return `{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 100}, "enter": {"long": true}, ` + member + `}`
}

// hole is a parameter of a message that was not given.
var hole = regexp.MustCompile(`\{[a-z]+\}`)

// TestFaults: each fault is named by its path, and says what would be right.
func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ raw, want string }{
		{with(`["rsi", "$oversold"]`, `["rsl", "$oversold"]`), `enter.long.all[1].crosses_above[0]: no value named "rsl"; did you mean "rsi"?`},
		{with(`"crosses_above"`, `"croses_above"`), `enter.long.all[1].croses_above: there is no operator or indicator "croses_above"; did you mean "crosses_above"?`},
		{with(`"$fast"`, `"$fsat"`), `let.trend.ema[1]: there is no parameter named "fsat"; did you mean "fast"?`},
		{with(`"min": 10, "max": 100`, `"min": 0, "max": 100`), `let.trend.ema[1]: "$fast" may be 0, but period must be a whole number between 1 and 1000000`},
		{with(`"default": 50, "min": 10`, `"default": 50.5, "min": 10`), `let.trend.ema[1]: must be a whole number, and "$fast" may be others`},
		{with(`"default": 50, "min": 10`, `"default": 5, "min": 10`), `params.fast: must have min ≤ default ≤ max, got 10, 5, 100`},
		{with(`"max": 45`, `"maximum": 45`), `params.oversold.maximum: there is no field "maximum"; there are: default, max, min, step, text`},
		{with(`, "max": 45`, ``), `params.oversold.max: is missing; a parameter needs default, min and max`},
		{with(`"version": 1`, `"version": 2`), `version: must be 1, got 2`},
		{with(`"1h"`, `"1x"`), `timeframe: must be the length of a candle such as "15m", "1h" or "1d", got "1x"`},
		{with(`"name": "Dip in an uptrend"`, `"name": ""`), `name: must be a text of 1 to 100 characters, got ""`},
		{with(`"stop":`, `"stopp":`), `stopp: there is no field "stopp"; did you mean "stop"?`},
		{with(`{"percent_of_equity": 20}`, `{"percent_of_equity": 120}`), `size.percent_of_equity: percent must be between 0.0001 and 100, got 120`},
		{with(`{"percent_of_equity": 20}`, `{"percent_of_equity": 20, "quote": 5}`), `size.quote: is one too many; there may be one of percent_of_equity, percent_of_cash, quote, quantity, risk_percent`},
		{with(`{"percent_of_equity": 20}`, `{}`), `size: needs one of percent_of_equity`},
		{with(`{"percent_of_equity": 20}`, `{"quantity": "-1"}`), `size.quantity: must be an amount above 0 such as "100", got "-1"`},
		{`[]`, `must be an object such as {"name": …, "timeframe": "1h", …}, got a list`},
		{``, `is not JSON: it ends too early near byte 0`},
		{`{"name": "x"`, `is not JSON: it ends too early`},
		{`{"name": "x"} {}`, `is not JSON: there is something after its end`},
		{`{"name": "x", "name": "y"}`, `name: is there twice`},
		{"{\"name\": \"\xff\"}", `is not JSON: it is not UTF-8`},
		{`{"a":` + strings.Repeat(`[`, 50) + strings.Repeat(`]`, 50) + `}`, `a[0]`},
		{`{"a": "` + strings.Repeat("x", document.MaxBytes) + `"}`, `must be at most 262144 bytes`},
		{`{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 100}}`, `enter: is missing; say when to buy`},
		{`{"name": "x", "version": 1, "timeframe": "1h", "enter": {"long": true}}`, `size: is missing; say how much an entry buys`},
		{enter(`"avg"`), `enter.long: must be a condition, but avg is a value`},
		{enter(`{"gt": ["up", 1]}`), `enter.long.gt[0]: must be a value, but up is a condition`},
		{enter(`{"all": ["up", 5]}`), `enter.long.all[1]: must be a condition, but 5 is a value`},
		{enter(`{"gt": ["close"]}`), `enter.long.gt: must be a list of 2 (values), got 1`},
		{enter(`{"gt": ["close", null]}`), `enter.long.gt[1]: must be a number, a name, or an object with one operator`},
		{enter(`{"gt": ["close", 1], "lt": ["close", 2]}`), `enter.long: must have one operator, such as {"gt": ["close", 100]}; it has 2`},
		{enter(`{}`), `enter.long: must have one operator`},
		{enter(`{"all": []}`), `enter.long.all: must be a list of 1 to 2000 (conditions), got 0`},
		{enter(`{"for_bars": ["up", 0]}`), `enter.long.for_bars[1]: bars must be a whole number between 1 and 1000, got 0`},
		{enter(`{"for_bars": ["up", 2.5]}`), `enter.long.for_bars[1]: bars must be a whole number between 1 and 1000, got 2.5`},
		{enter(`{"within_bars": ["up", "$x"]}`), `enter.long.within_bars[1]: must be a whole number, and "$x" may be others`},
		{enter(`{"within_bars": ["up", -3]}`), `enter.long.within_bars[1]: bars must be a whole number between 1 and 1000, got -3`},
		{enter(`{"gt": [{"ago": ["close", -1]}, 1]}`), `enter.long.gt[0].ago[1]: bars must be a whole number between 1 and 1000, got -1`},
		{enter(`{"gt": [{"sma": ["close", "five"]}, 1]}`), `enter.long.gt[0].sma[1]: must be a number or a parameter such as "$length" (period), got "five"`},
		{enter(`{"gt": [{"sma": ["close", 5, 6]}, 1]}`), `enter.long.gt[0].sma: sma takes a series (else close), period, got 3 arguments`},
		{enter(`{"gt": [{"macd": [26, 12, 9]}, 1]}`), `enter.long.gt[0].macd: macd: fast: must be below slow, got 26 and 12`},
		{enter(`{"gt": [{"macd.sgnal": [12, 26, 9]}, 1]}`), `enter.long.gt[0].macd.sgnal: macd has no output "sgnal"; did you mean "signal"?`},
		{enter(`{"gt": ["bands.uper", 1]}`), `enter.long.gt[0]: bbands has no output "uper"; did you mean "upper"?`},
		{enter(`{"gt": ["close.upper", 1]}`), `enter.long.gt[0]: no value named "close.upper"`},
		{enter(`{"gt": ["position.profit", 1]}`), `enter.long.gt[0]: nothing is known of a position by the name "profit"`},
		{enter(`{"gt": [{"sma": ["position.bars", 5]}, 1]}`), `enter.long.gt[0].sma[0]: an indicator is computed from the candles of one series`},
		{enter(`{"on": ["4h", {"in_position": true}]}`), `enter.long.on[1].in_position: a position belongs to no other series`},
		{enter(`{"on": ["4h", {"on": ["1d", "up"]}]}`), `enter.long.on[1].on: another series cannot be told within another one`},
		{enter(`{"on": ["4 hours", "up"]}`), `enter.long.on[0]: must be a timeframe, an instrument or both`},
		{enter(`{"on": [" ", "up"]}`), `enter.long.on[0]: must be a timeframe, an instrument or both`},
		{enter(`{"on": [5, "up"]}`), `enter.long.on[0]: must be a timeframe, an instrument or both`},
		{enter(`{"pattern": "hamer"}`), `enter.long.pattern: there is no candle pattern "hamer"; did you mean "hammer"?`},
		{enter(`{"hours": {"from": "25:00", "to": "17:00"}}`), `enter.long.hours.from: must be a time of day such as "09:30", got "25:00"`},
		{enter(`{"hours": {"from": "09:00"}}`), `enter.long.hours.to: is missing`},
		{enter(`{"hours": {"from": "09:00", "to": "17:00", "zone": "Mars"}}`), `enter.long.hours.zone: must be a time zone such as "Europe/Berlin" or "UTC", got "Mars"`},
		{enter(`{"hours": {"from": "09:00", "to": "17:00", "zone": "Local"}}`), `enter.long.hours.zone: must be a time zone`},
		{enter(`{"weekdays": ["monday"]}`), `enter.long.weekdays[0]: must be one of sun, mon, tue, wed, thu, fri, sat, got "monday"`},
		{enter(`{"session": "paris"}`), `enter.long.session: there is no session "paris"; there are: london, new_york, sydney, tokyo`},
		{enter(`{"in_position": "both"}`), `enter.long.in_position: must be true, false, "long" or "short", got "both"`},
		{enter(`{"open_for": "soon"}`), `enter.long.open_for: must be a number of bars or a time such as "12h" or "3d", got "soon"`},
		{enter(`{"signal": "Buy!"}`), `enter.long.signal: must be a signal such as "buy" or ["buy", 3]`},
		{enter(`{"gt": [1e999, 1]}`), `enter.long.gt[0]: 1e999 is out of range`},
		{part(`"let": {"a": {"sma": ["b", 5]}, "b": {"sma": ["a", 5]}}`), `let.b.sma[0]: "a" is made of itself`},
		{part(`"let": {"Close": 5}`), `let.Close: must be named by small letters, digits and _`},
		{part(`"let": {"close": 5}`), `let.close: "close" is the name of something else already`},
		{part(`"let": {"unused": {"smaa": 5}}`), `let.unused.smaa: there is no operator or indicator "smaa"; did you mean "sma"?`},
		{part(`"stop": {"percent": 100}`), `stop.percent: percent must be between 0.0001 and 99.99, got 100`},
		{part(`"target": {"risk": 2}`), `target.risk: needs a stop`},
		{part(`"trail": {"after_percent": 2}`), `trail: needs one of percent, atr`},
		{part(`"time_exit": {"days": 2}`), `time_exit.days: there is no field "days"`},
		{part(`"ladder": {"entries": 3}`), `ladder.every_percent: is missing; it is how far the price must move against the position`},
		{part(`"reentry": {"wait_bars": 0}`), `reentry.wait_bars: bars must be a whole number between 1 and 1000000, got 0`},
		{part(`"protect": {"drawdown_percent": "a lot"}`), `protect.drawdown_percent: must be a number or a parameter such as "$length" (percent), got "a lot"`},
	} {
		_, err := document.Parse([]byte(c.raw))
		if err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%.300s\ngot  %v\nwant %s", c.raw, err, c.want)
			continue
		}
		if !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%v is %s", err, tradekeel.KindOf(err))
		}
		for _, v := range tradekeel.Violations(err) {
			if !strings.HasPrefix(v.Code, "strategy.document.") {
				t.Errorf("%v has the code %q", v, v.Code)
			}
			for name, value := range v.Params {
				if !strings.Contains(v.Message, value) {
					t.Errorf("%v does not tell its parameter %s, %q", v, name, value)
				}
			}
			if hole.MatchString(v.Message) {
				t.Errorf("%v has a hole", v)
			}
		}
	}
}

// TestAllFaults: every fault is told at once, up to a limit.
func TestAllFaults(t *testing.T) {
	t.Parallel()
	_, err := document.Parse([]byte(strings.NewReplacer(`"rsi", "$oversold"`, `"rsl", "$over"`, `"close", "trend"`, `"close", "tred"`, `"atr": [14, 2.5]`, `"atr": [0, 2.5]`).Replace(dip)))
	if got := len(tradekeel.Violations(err)); got != 5 {
		t.Errorf("%d faults of 5 are told:\n%v", got, err)
	}
	_, err = document.Parse([]byte(enter(`{"all": [` + strings.Repeat(`{"gt": ["nothing", 1]},`, 99) + `true]}`)))
	if got := len(tradekeel.Violations(err)); got != document.MaxFaults {
		t.Errorf("%d faults are told, want %d", got, document.MaxFaults)
	}
	_, err = document.Parse([]byte(enter(`{"all": [` + strings.Repeat(`{"all": [true, true, true]},`, document.MaxNodes/4) + `true]}`)))
	if err == nil || !strings.Contains(err.Error(), "more than") {
		t.Errorf("a document of too many conditions gave %v", err)
	}
}

func TestParameters(t *testing.T) {
	t.Parallel()
	d := document.MustParse(dip)
	s, err := d.Parse([]byte(`{"fast": 20, "oversold": 25}`))
	if err != nil {
		t.Fatal(err)
	}
	if p := s.Parameters(); p[0].Value != 20 || p[0].Default != 50 || p[1].Value != 25 || *p[0].Step != 5 {
		t.Errorf("the parameters are %+v", p)
	}
	for raw, want := range map[string]string{
		`{"fsat": 20}`:              `params.fsat: there is no parameter "fsat"; did you mean "fast"?`,
		`{"fast": 20.5}`:            `params.fast: must be a whole number, got 20.5`,
		`{"fast": 5}`:               `params.fast: must be between 10 and 100, got 5`,
		`{"fast": "20"}`:            `params.fast: must be a whole number, got "20"`,
		`[20]`:                      `params: must be an object`,
		`{"fast": 20, "fast": 30}`:  `params: is there twice`,
		`{"fast": 1, "oversold":1}`: "params.fast: must be between 10 and 100, got 1\nparams.oversold: must be between 10 and 45, got 1",
	} {
		if _, err := d.Parse([]byte(raw)); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", raw, err, want)
		}
	}
	macd := document.MustParse(`{"name": "x", "version": 1, "timeframe": "1h", "size": {"percent_of_cash": 100},
		"params": {"fast": {"default": 12, "min": 5, "max": 40}, "slow": {"default": 26, "min": 10, "max": 60}},
		"enter": {"long": {"gt": [{"macd": ["$fast", "$slow", 9]}, 0]}}}`)
	if _, err := macd.Parse([]byte(`{"fast": 30, "slow": 20}`)); err == nil || !strings.Contains(err.Error(), "enter.long.gt[0].macd: macd: fast: must be below slow, got 30 and 20") {
		t.Errorf("parameters that do not go together gave %v", err)
	}
}

// FuzzParse: whatever is parsed is whole: it has one canonical form, it builds on the
// candles that it needs, and it can be asked and explained. Whatever is not is told by
// paths and codes.
func FuzzParse(f *testing.F) {
	f.Add([]byte(dip))
	f.Add([]byte(enter(`{"on": ["ETH/USDT 4h", {"for_bars": [{"gt": ["close", "avg"]}, 3]}]}`)))
	f.Add([]byte(enter(`{"any": [{"signal": ["buy", 3]}, {"hours": {"from": "22:00", "to": "04:00", "zone": "Asia/Tokyo"}}, {"in_profit_by": "$x"}]}`)))
	f.Add([]byte(part(`"ladder": {"entries": 3, "every_percent": 2, "size_scale": 1.5}, "protect": {"loss_streak": 2, "pause_bars": 9}, "exit": {"long": {"rising": [{"change_percent": ["close", 3]}, 2]}}`)))
	f.Fuzz(func(t *testing.T, raw []byte) {
		d, err := document.Parse(raw)
		if err != nil {
			faults := tradekeel.Violations(err)
			if len(faults) == 0 || !strings.HasPrefix(faults[0].Code, "strategy.document.") {
				t.Fatalf("a fault that nobody classified: %v", err)
			}
			return
		}
		again, err := document.Parse(d.Canonical())
		if err != nil || again.Hash() != d.Hash() {
			t.Fatalf("%s became %s: %v", raw, d.Canonical(), err)
		}
		var series []*market.Series
		for _, need := range append([]document.Need{{Timeframe: d.Timeframe()}}, d.Needs()...) {
			if need.Symbol == "" {
				need.Symbol = "BTC/USDT"
			}
			s := market.NewSeries(market.MustSpot(need.Symbol), need.Timeframe, 0, 0)
			open := need.Timeframe.Open(1_600_000_000_000_000_000)
			for i := range int64(60) {
				s.Append(market.Bar{Time: open, Open: 100 + i%7, High: 110, Low: 90, Close: 100 + i%5, Volume: i % 3})
				open = need.Timeframe.Close(open)
			}
			series = append(series, s)
		}
		e, err := document.Explain(t.Context(), d, series, time.Unix(1<<33, 0))
		if err != nil {
			if tradekeel.KindOf(err) == tradekeel.Internal {
				t.Fatalf("%s: %v", d.Canonical(), err)
			}
			return // longer warm-up, or one series twice
		}
		if len(e.Rules) == 0 || e.String() == "" {
			t.Fatalf("%s explains nothing", d.Canonical())
		}
	})
}
