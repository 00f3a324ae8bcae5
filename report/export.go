package report

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/trading"
)

// Table is a part of a result that CSV writes.
type Table string

// The tables.
const (
	TradesTable  Table = "trades"  // round trips, the open ones last
	EquityTable  Table = "equity"  // equity and drawdown at the close of every bar
	FiguresTable Table = "figures" // names and values; an undefined one is empty
)

// CSV writes a part of a result as comma-separated values with a header (RFC 4180,
// lines end in a line feed). Numbers have all their digits and no groups; times are RFC
// 3339 in UTC. A text that a spreadsheet would take for a formula gets an apostrophe in
// front. Its errors are those of HTML; another table is Invalid.
func CSV(w io.Writer, result *backtest.Result, table Table) error {
	if err := check(result); err != nil {
		return err
	}
	var write func(*csv.Writer) error
	switch table {
	case TradesTable:
		write = tradesCSV(result)
	case EquityTable:
		write = equityCSV(result)
	case FiguresTable:
		write = figuresCSV(result)
	default:
		return tradekeel.Invalidf("table", "must be %s, %s or %s, got %q", TradesTable, EquityTable, FiguresTable, string(table))
	}
	return flushed(w, func(out *bufio.Writer) error {
		c := csv.NewWriter(out)
		if err := write(c); err != nil {
			return err
		}
		c.Flush()
		return c.Error()
	})
}

// safeText keeps a text from being a formula of a spreadsheet.
func safeText(s string) string {
	s = clean(s)
	if s != "" && strings.ContainsRune("=+-@", rune(s[0])) {
		return "'" + s
	}
	return s
}

func stamp(ns int64) string { return time.Unix(0, ns).UTC().Format(time.RFC3339Nano) }

func tradesCSV(r *backtest.Result) func(*csv.Writer) error {
	return func(c *csv.Writer) error {
		if err := c.Write([]string{
			"number", "instrument", "side", "quantity", "entry_time", "entry_price", "exit_time", "exit_price",
			"gross", "fees", "net", "return", "mae", "mfe", "bars_held", "entry_reason", "exit_reason",
		}); err != nil {
			return err
		}
		measured := r.StatsInput().Trades
		for i := range r.Trades {
			e := exported(&r.Trades[i], &measured[i])
			if err := c.Write(e.cells(i + 1)); err != nil {
				return err
			}
		}
		for i := range r.Open {
			e := exported(&r.Open[i], nil)
			if err := c.Write(e.cells(len(r.Trades) + i + 1)); err != nil {
				return err
			}
		}
		return nil
	}
}

// exportedTrade is a round trip in JSON. What an open one has not got is null.
type exportedTrade struct {
	Instrument  string           `json:"instrument"`
	Side        string           `json:"side"` // long or short
	Quantity    decimal.Decimal  `json:"quantity"`
	EntryTime   string           `json:"entry_time"`
	EntryPrice  decimal.Decimal  `json:"entry_price"`
	ExitTime    *string          `json:"exit_time"`
	ExitPrice   *decimal.Decimal `json:"exit_price"`
	Gross       *decimal.Decimal `json:"gross"`
	Fees        decimal.Decimal  `json:"fees"`
	Net         *decimal.Decimal `json:"net"`
	Return      stats.Number     `json:"return"`
	MAE         *decimal.Decimal `json:"mae"`
	MFE         *decimal.Decimal `json:"mfe"`
	BarsHeld    *int             `json:"bars_held"`
	EntryReason string           `json:"entry_reason"`
	ExitReason  *string          `json:"exit_reason"`
}

// exported makes a round trip ready; measured is nil for one that is open.
func exported(t *trading.Trade, measured *stats.Trade) exportedTrade {
	e := exportedTrade{
		Instrument: t.Instrument.String(), Side: "long", Quantity: t.Size().Abs(), EntryTime: stamp(t.EntryTime), EntryPrice: t.EntryPrice(),
		Fees: t.Paid().Value, Return: stats.Undefined, EntryReason: clean(t.EntryReason),
	}
	if t.Side != exchange.Buy {
		e.Side = "short"
	}
	if measured == nil {
		return e
	}
	exit, price, gross, net := stamp(t.ExitTime), t.ExitPrice(), t.Gross().Value, t.Net().Value
	held, reason := measured.BarsHeld, clean(t.ExitReason)
	e.ExitTime, e.ExitPrice, e.Gross, e.Net, e.BarsHeld, e.ExitReason = &exit, &price, &gross, &net, &held, &reason
	if t.EntryNotional.Sign() > 0 {
		e.Return = stats.Number(t.Return())
	}
	if measured.Measured {
		mae, mfe := measured.MAE.Decimal(exchange.LedgerScale), measured.MFE.Decimal(exchange.LedgerScale)
		e.MAE, e.MFE = &mae, &mfe
	}
	return e
}

func (e *exportedTrade) cells(number int) []string {
	exact := func(d *decimal.Decimal) string {
		if d == nil {
			return ""
		}
		return d.String()
	}
	of := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	held := ""
	if e.BarsHeld != nil {
		held = fmt.Sprint(*e.BarsHeld)
	}
	return []string{
		fmt.Sprint(number), safeText(e.Instrument), e.Side, e.Quantity.String(), e.EntryTime, e.EntryPrice.String(), of(e.ExitTime), exact(e.ExitPrice),
		exact(e.Gross), e.Fees.String(), exact(e.Net), numberCell(e.Return), exact(e.MAE), exact(e.MFE), held, safeText(e.EntryReason), safeText(of(e.ExitReason)),
	}
}

// numberCell is a figure with all digits of a float, or nothing.
func numberCell(n stats.Number) string {
	raw, err := n.MarshalJSON()
	if err != nil || string(raw) == "null" {
		return ""
	}
	return string(raw)
}

func equityCSV(r *backtest.Result) func(*csv.Writer) error {
	return func(c *csv.Writer) error {
		if err := c.Write([]string{"time", "equity", "drawdown"}); err != nil {
			return err
		}
		drawdown := newCurve(r).drawdown
		for i, u := range r.Equity.Units {
			if err := c.Write([]string{stamp(r.Equity.Times[i]), exchange.FromUnits(u).String(), numberCell(stats.Number(drawdown[i]))}); err != nil {
				return err
			}
		}
		return nil
	}
}

// figuresCSV writes the members of the figures' JSON, in their order.
func figuresCSV(r *backtest.Result) func(*csv.Writer) error {
	return func(c *csv.Writer) error {
		raw, err := json.Marshal(r.Stats)
		if err != nil {
			return err
		}
		if err := c.Write([]string{"figure", "value"}); err != nil {
			return err
		}
		d := json.NewDecoder(bytes.NewReader(raw))
		d.UseNumber()
		if _, err := d.Token(); err != nil {
			return err
		}
		for d.More() {
			name, err := d.Token()
			if err != nil {
				return err
			}
			value, err := d.Token()
			if err != nil {
				return err
			}
			cell := ""
			switch v := value.(type) {
			case nil:
			case string:
				cell = v
				if name == "convention" {
					cell = safeText(v)
				}
			default:
				cell = fmt.Sprint(v)
			}
			if err := c.Write([]string{fmt.Sprint(name), cell}); err != nil {
				return err
			}
		}
		return nil
	}
}

// exportedPoint is a value of the equity in JSON.
type exportedPoint struct {
	Time     string          `json:"time"`
	Equity   decimal.Decimal `json:"equity"`
	Drawdown stats.Number    `json:"drawdown"`
}

// JSON writes a result as one JSON object: strategy, parameters, cash, figures, trades,
// open positions, equity and warnings. Money, prices and quantities are strings with all
// their digits, times RFC 3339 in UTC, undefined figures null. Its errors are those of
// HTML.
func JSON(w io.Writer, result *backtest.Result) error {
	if err := check(result); err != nil {
		return err
	}
	return flushed(w, func(out *bufio.Writer) error { return writeJSON(out, result) })
}

func writeJSON(out *bufio.Writer, r *backtest.Result) error {
	type parameterValue struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	parameters := make([]parameterValue, len(r.Parameters))
	for i := range r.Parameters {
		f := parameter(&r.Parameters[i])
		parameters[i] = parameterValue{f.Name, f.Value}
	}
	warnings := make([]string, len(r.Warnings))
	for i, text := range r.Warnings {
		warnings[i] = clean(text)
	}
	head, err := json.Marshal(struct {
		Strategy   string           `json:"strategy"`
		Parameters []parameterValue `json:"parameters"`
		Cash       money.Amount     `json:"cash"`
		Final      money.Amount     `json:"final"`
		Figures    stats.Stats      `json:"figures"`
		Warnings   []string         `json:"warnings"`
	}{clean(r.Strategy), parameters, r.Cash, r.Final(), r.Stats, warnings})
	if err != nil {
		return err
	}
	if err := put(out, string(head[:len(head)-1])); err != nil {
		return err
	}
	measured := r.StatsInput().Trades
	drawdown := newCurve(r).drawdown
	for _, list := range []struct {
		name string
		n    int
		at   func(i int) any
	}{
		{"trades", len(r.Trades), func(i int) any { return exported(&r.Trades[i], &measured[i]) }},
		{"open", len(r.Open), func(i int) any { return exported(&r.Open[i], nil) }},
		{"equity", len(r.Equity.Units), func(i int) any {
			return exportedPoint{stamp(r.Equity.Times[i]), exchange.FromUnits(r.Equity.Units[i]), stats.Number(drawdown[i])}
		}},
	} {
		if err := put(out, ",\n", `"`, list.name, `":[`); err != nil {
			return err
		}
		for i := range list.n {
			raw, err := json.Marshal(list.at(i))
			if err != nil {
				return err
			}
			separator := "\n"
			if i > 0 {
				separator = ",\n"
			}
			if err := put(out, separator, string(raw)); err != nil {
				return err
			}
		}
		if err := put(out, "]"); err != nil {
			return err
		}
	}
	return put(out, "}\n")
}
