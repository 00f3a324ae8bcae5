package source

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// ReadTicks reads trades from CSV with a header line and keeps each as it is: a time, a
// price, a quantity, and where there are such columns an id and the side of the
// aggressor, in any order and with more columns beside them. Sides are buy and sell, b
// and s, or 1, -1 and 0 for unknown; a column is_buyer_maker says true where a seller
// was the aggressor. Quantities are kept at the instrument's QuantityScale; more
// decimals are a fault. Files without a header are read as those of Binance Vision when
// options.File is named as such.
//
// Of the options, Instrument is required; Layout.Close names the column of the price and
// Layout.Volume that of the quantity; Timeframe, VolumeScale, RoundVolumes and Whole do
// not apply. Trades must be sorted by time. The first bad row is an ErrBadRow that
// names file and line.
func ReadTicks(r io.Reader, options market.CSVOptions) (*market.Ticks, error) {
	if err := options.Instrument.Validate(); err != nil {
		return nil, err
	}
	kind := ""
	if a, ok := parseArchive(options.File); ok {
		kind = a.kind
	}
	if options.File == "" {
		options.File = "input"
	}
	options.VolumeScale = options.Instrument.QuantityScale
	t := &tradeReader{options: TradeOptions{CSVOptions: options}, kind: kind, ticks: &market.Ticks{Instrument: options.Instrument}}
	t.report.Counts = map[market.ProblemKind]int{}
	if err := t.read(r); err != nil {
		return nil, err
	}
	t.report.Problems = sortProblems(t.report.Problems)
	if err := t.report.Err(); err != nil {
		return nil, err
	}
	return t.ticks, nil
}

// ReadTicksFile is ReadTicks on a file; a name that ends in .gz is unpacked.
func ReadTicksFile(path string, options market.CSVOptions) (*market.Ticks, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open trades: %w", err)
	}
	defer file.Close()
	if options.File == "" {
		options.File = filepath.Base(path)
	}
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		unzipped, err := gzip.NewReader(bufio.NewReader(file))
		if err != nil {
			return nil, market.ErrBadRow.With("", "%s is not a gzip file", options.File).Because(err)
		}
		defer unzipped.Close()
		r = unzipped
	}
	return ReadTicks(r, options)
}

// side reads who was the aggressor of a trade.
func (t *tradeReader) side(cells [][]byte) (side int8, text string) {
	if t.columns[sideColumn] < 0 {
		return 0, ""
	}
	cell := string(bytes.ToLower(bytes.TrimSpace(cells[t.columns[sideColumn]])))
	if t.maker {
		switch cell {
		case "true", "1", "t":
			return -1, ""
		case "false", "0", "f":
			return 1, ""
		}
		return 0, fmt.Sprintf("must be true or false, got %.40q", cell)
	}
	switch cell {
	case "buy", "buyer", "b", "1":
		return 1, ""
	case "sell", "seller", "s", "-1":
		return -1, ""
	case "", "0", "unknown":
		return 0, ""
	}
	return 0, fmt.Sprintf("must be buy or sell, got %.40q", cell)
}

// add makes candles of a trade, or keeps it as it is.
func (t *tradeReader) add(trade Trade, cells [][]byte) (kind market.ProblemKind, field, text string) {
	if t.ticks == nil {
		return t.made.add(trade)
	}
	side, text := t.side(cells)
	if text != "" {
		return market.Malformed, "side", text
	}
	k := t.ticks
	n := len(k.Time)
	switch {
	case trade.Price <= 0:
		return market.Negative, "price", "must be above zero, got " + k.Instrument.Price(trade.Price).String()
	case trade.Quantity <= 0:
		return market.Negative, "quantity", "must be above zero"
	case n > 0 && trade.Time < k.Time[n-1]:
		return market.Unsorted, "time", fmt.Sprintf("%s comes after %s; trades must be sorted by time", stamp(trade.Time), stamp(k.Time[n-1]))
	}
	k.Time, k.Price, k.Quantity = append(k.Time, trade.Time), append(k.Price, trade.Price), append(k.Quantity, trade.Quantity)
	if t.columns[sideColumn] >= 0 {
		k.Side = append(k.Side, side)
	}
	return "", "", ""
}

// AggregateTicks makes candles of recorded trades, as a backtest on them reads: those of
// Aggregate with volumes at the instrument's QuantityScale. A bucket without a trade is
// a flat candle, since nothing lacks there. The first and the last candle hold the
// trades that there are.
func AggregateTicks(ticks *market.Ticks, tf market.Timeframe) (*market.Series, error) {
	if err := ticks.Validate(); err != nil {
		return nil, err
	}
	a, err := newAggregator(TradeOptions{CSVOptions: market.CSVOptions{Instrument: ticks.Instrument, Timeframe: tf}, FillEmpty: true})
	if err != nil {
		return nil, err
	}
	a.out.Series.VolumeScale = ticks.Instrument.QuantityScale
	for i := range ticks.Time {
		if kind, field, text := a.add(Trade{ticks.Time[i], ticks.Price[i], ticks.Quantity[i]}); kind != "" {
			return nil, tradekeel.Invalidf(fmt.Sprintf("ticks[%d].%s", i, field), "%s", text)
		}
	}
	return a.out.Series, nil
}
