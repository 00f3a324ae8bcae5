package backtest

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
	"github.com/tradekeel/tradekeel/trading"
)

// outcomeFormat is the version of the encoding. A change of meaning raises it,
// and Decode goes on reading the older ones.
const outcomeFormat = 1

// outcome is a result without its candles, which the candle store keeps; their
// digest tells whether they are still the same.
type outcome struct {
	Format     int                  `json:"format"`
	Strategy   string               `json:"strategy"`
	Parameters []strategy.Parameter `json:"parameters"`
	Digest     uint32               `json:"digest"`
	Cash       money.Amount         `json:"cash"`
	Fees       exchange.FeeSchedule `json:"fees"`
	Trades     []tradeRow           `json:"trades"`
	Open       []tradeRow           `json:"open"`
	Fills      []exchange.Fill      `json:"fills"`
	Refused    []refusedRow         `json:"refused"`
	Movements  []exchange.Movement  `json:"movements,omitempty"`
	Stats      stats.Stats          `json:"stats"`
	Warnings   []string             `json:"warnings"`
	Equity     string               `json:"equity"` // base64 of little-endian time, high, low
}

type tradeRow struct {
	Instrument int32
	trading.Trade
}

type refusedRow struct {
	Order   exchange.Order
	Time    int64
	Code    string
	Field   string
	Message string
}

// Encode packs a result, without its candles, for a store.
func Encode(r *Result) ([]byte, error) {
	o := outcome{
		Format: outcomeFormat, Strategy: r.Strategy, Parameters: r.Parameters, Digest: digest(r.Data),
		Cash: r.Cash, Fees: r.Fees, Trades: tradeRows(r, r.Trades), Open: tradeRows(r, r.Open), Fills: r.Fills,
		Movements: r.Movements, Stats: r.Stats, Warnings: r.Warnings,
	}
	for _, refused := range r.Refused {
		row := refusedRow{Order: refused.Order, Time: refused.Time, Message: refused.Err.Error()}
		if e, ok := errors.AsType[*tradekeel.Error](refused.Err); ok {
			row.Code, row.Field, row.Message = e.Code, e.Field, e.Message
		}
		o.Refused = append(o.Refused, row)
	}
	raw := make([]byte, 0, len(r.Equity.Times)*24)
	for i, at := range r.Equity.Times {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(at))
		raw = binary.LittleEndian.AppendUint64(raw, uint64(r.Equity.Units[i].Hi))
		raw = binary.LittleEndian.AppendUint64(raw, r.Equity.Units[i].Lo)
	}
	o.Equity = base64.StdEncoding.EncodeToString(raw)
	var packed bytes.Buffer
	w, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err := errors.Join(json.NewEncoder(w).Encode(o), w.Close()); err != nil {
		return nil, fmt.Errorf("encode a backtest: %w", err)
	}
	return packed.Bytes(), nil
}

func tradeRows(r *Result, trades []trading.Trade) []tradeRow {
	rows := make([]tradeRow, len(trades))
	for i, t := range trades {
		rows[i].Trade = t
		rows[i].Trade.Instrument = nil
		for j, in := range instrumentsOf(r.Data) {
			if in == t.Instrument {
				rows[i].Instrument = int32(j)
			}
		}
	}
	return rows
}

// Decode unpacks what Encode made, over the candles of the run. ErrDataChanged
// when the candles are not those.
func Decode(raw []byte, data []*market.Series) (*Result, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		return nil, fmt.Errorf("decode a backtest: %w", err)
	}
	text, err := io.ReadAll(unpacked)
	if err != nil {
		return nil, fmt.Errorf("decode a backtest: %w", err)
	}
	var o outcome
	if err := json.Unmarshal(text, &o); err != nil {
		return nil, fmt.Errorf("decode a backtest: %w", err)
	}
	if o.Format != outcomeFormat {
		return nil, fmt.Errorf("decode a backtest: the format is %d, this version reads %d", o.Format, outcomeFormat)
	}
	if digest(data) != o.Digest {
		return nil, ErrDataChanged
	}
	r := &Result{
		Strategy: o.Strategy, Parameters: o.Parameters, Data: data, Cash: o.Cash, Fees: o.Fees,
		Fills: o.Fills, Movements: o.Movements, Stats: o.Stats, Warnings: o.Warnings,
	}
	if r.Trades, err = trades(o.Trades, data); err != nil {
		return nil, err
	}
	if r.Open, err = trades(o.Open, data); err != nil {
		return nil, err
	}
	for _, row := range o.Refused {
		r.Refused = append(r.Refused, trading.Refused{Order: row.Order, Time: row.Time, Err: &tradekeel.Error{
			Kind: tradekeel.Invalid, Code: row.Code, Field: row.Field, Message: row.Message,
		}})
	}
	columns, err := base64.StdEncoding.DecodeString(o.Equity)
	const point = 24
	if err != nil || len(columns)%point != 0 {
		return nil, fmt.Errorf("decode a backtest: the equity is damaged")
	}
	for ; len(columns) > 0; columns = columns[point:] {
		r.Equity.Times = append(r.Equity.Times, int64(binary.LittleEndian.Uint64(columns)))
		r.Equity.Units = append(r.Equity.Units, exchange.Units{
			Hi: int64(binary.LittleEndian.Uint64(columns[8:])), Lo: binary.LittleEndian.Uint64(columns[16:]),
		})
	}
	return r, nil
}

func trades(rows []tradeRow, data []*market.Series) ([]trading.Trade, error) {
	instruments := instrumentsOf(data)
	out := make([]trading.Trade, len(rows))
	for i, row := range rows {
		if row.Instrument < 0 || int(row.Instrument) >= len(instruments) {
			return nil, fmt.Errorf("decode a backtest: there is no instrument number %d", row.Instrument)
		}
		out[i] = row.Trade
		out[i].Instrument = instruments[row.Instrument]
	}
	return out, nil
}

// instrumentsOf returns the instruments of a run as the core numbers them.
func instrumentsOf(data []*market.Series) []*market.Instrument {
	var all []*market.Instrument
next:
	for _, s := range data {
		for _, have := range all {
			if have.Venue == s.Instrument.Venue && have.Symbol == s.Instrument.Symbol {
				continue next
			}
		}
		all = append(all, s.Instrument)
	}
	return all
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// digest sums up the bars of a run, to notice that they changed; it is no
// protection against somebody who changes them on purpose.
func digest(data []*market.Series) uint32 {
	var sum uint32
	block := make([]byte, 0, 8<<10)
	flush := func() {
		sum = crc32.Update(sum, castagnoli, block)
		block = block[:0]
	}
	for _, s := range data {
		block = append(block, market.KeyOf(s).String()...)
		for _, column := range [][]int64{s.Time, s.Open, s.High, s.Low, s.Close, s.Volume} {
			for _, v := range column {
				if block = binary.LittleEndian.AppendUint64(block, uint64(v)); len(block) > 8000 {
					flush()
				}
			}
		}
		flush()
	}
	return sum
}
