// Package examples holds the candles that the examples run over.
package examples

import (
	"embed"
	"io"

	"github.com/tradekeel/tradekeel/market"
)

//go:embed data/*.csv
var files embed.FS

// Candles are one bundled series.
type Candles struct {
	Venue, Symbol string
	Timeframe     market.Timeframe
	file          string
}

// Bundled returns all bundled series.
func Bundled() []Candles {
	return []Candles{
		{"binance", "BTC/USDT", market.H1, "btcusdt_binance_1h.csv"},
		{"coinbase", "BTC/USD", market.D1, "btcusd_coinbase_1d.csv"},
	}
}

// Key is what the series is stored under.
func (c Candles) Key() market.Key {
	return market.Key{Venue: c.Venue, Symbol: c.Symbol, Timeframe: c.Timeframe}
}

// Read reads the series. Progress, if it is not nil, is called with the bytes
// done and the bytes in all.
func (c Candles) Read(progress func(done, total int64)) (*market.Series, error) {
	file, err := files.Open("data/" + c.file)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	in, err := market.NewSpot(c.Symbol)
	if err != nil {
		return nil, err
	}
	in.Venue = c.Venue
	counted := &countingReader{Reader: file, total: info.Size(), progress: progress}
	return market.ReadCSV(counted, market.CSVOptions{Instrument: in, Timeframe: c.Timeframe, File: c.file})
}

type countingReader struct {
	io.Reader

	done, total int64
	progress    func(done, total int64)
}

func (r *countingReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	r.done += int64(n)
	if r.progress != nil {
		r.progress(r.done, r.total)
	}
	return n, err
}
