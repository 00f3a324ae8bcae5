package parquet

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// metadataKey is where a file says what its candles are of.
const metadataKey = "tradekeel.candles"

type metadata struct {
	Instrument  *market.Instrument `json:"instrument"`
	Timeframe   market.Timeframe   `json:"timeframe"`
	VolumeScale int32              `json:"volume_scale"`
}

// digits is the precision of a DECIMAL on INT64, and largest what it holds.
const (
	digits  = 18
	largest = 999_999_999_999_999_999
)

// groupRows is how many rows are written at once.
const groupRows = 1 << 17

// Write writes a series as one Parquet file. The series must be valid, and its
// stored integers must have at most 18 digits, which is what Parquet's DECIMAL
// on INT64 holds; otherwise the error is Invalid and nothing is written.
func Write(w io.Writer, s *market.Series) error {
	if err := s.Validate(); err != nil {
		return err
	}
	for f := market.Open; f <= market.Volume; f++ {
		for i, v := range s.Column(f) {
			if v > largest {
				return tradekeel.Invalidf(fmt.Sprintf("series[%d].%s", i, f), "has more than the %d digits of a DECIMAL on INT64", digits)
			}
		}
	}
	about, err := json.Marshal(metadata{s.Instrument, s.Timeframe, s.VolumeScale})
	if err != nil {
		return fmt.Errorf("write parquet: %w", err)
	}
	packed := func(node parquet.Node) parquet.Node {
		return parquet.Compressed(parquet.Encoded(node, &parquet.DeltaBinaryPacked), &parquet.Zstd)
	}
	number := func(scale int32) parquet.Node { return packed(parquet.Decimal(int(scale), digits, parquet.Int64Type)) }
	price := number(s.Instrument.PriceScale)
	schema := parquet.NewSchema("candles", parquet.Group{
		"time": packed(parquet.Timestamp(parquet.Nanosecond)),
		"open": price, "high": price, "low": price, "close": price,
		"volume": number(s.VolumeScale),
	})
	writer := parquet.NewGenericWriter[any](w, schema, parquet.KeyValueMetadata(metadataKey, string(about)))
	for first := 0; first < s.Len(); first += groupRows {
		if err := writeGroup(writer, schema, s.Slice(first, min(first+groupRows, s.Len()))); err != nil {
			return fmt.Errorf("write parquet: %w", err)
		}
	}
	if err := writer.Close(); err != nil {
		return fmt.Errorf("write parquet: %w", err)
	}
	return nil
}

func writeGroup(w *parquet.GenericWriter[any], schema *parquet.Schema, s *market.Series) error {
	values := map[string][]int64{"time": s.Time}
	for f := market.Open; f <= market.Volume; f++ {
		values[f.String()] = s.Column(f)
	}
	buffer := parquet.NewBuffer(schema)
	columns := buffer.ColumnBuffers()
	for i, path := range schema.Columns() {
		column, ok := columns[i].(parquet.Int64Writer)
		if !ok {
			return fmt.Errorf("column %v takes no integers", path)
		}
		if _, err := column.WriteInt64s(values[path[0]]); err != nil {
			return err
		}
	}
	_, err := w.WriteRowGroup(buffer)
	return err
}
