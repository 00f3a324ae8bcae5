package source

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
)

// Store is what an import and a download write to; market.Store is one. Each
// call is atomic: after a crash the store holds all of its candles or a first part
// of them, never others.
type Store interface {
	// Append adds candles after the last one, or begins a series. Candles that are
	// there already must repeat exactly, otherwise nothing is stored.
	Append(s *market.Series) error
	// Merge inserts candles that are missing, wherever. It never changes one that is
	// there; one that differs is an error, and nothing is stored.
	Merge(s *market.Series) error
	// Range returns the candles that open at or after from and close at or before to;
	// a zero time is no bound. market.ErrNoSeries when there is no such series.
	Range(k market.Key, from, to time.Time) (*market.Series, error)
}

// Format is how a file holds candles or trades.
type Format string

// The formats. Auto goes by the name: an archive of Binance Vision by its kind,
// .json for Arrays, .csv, .tsv and .txt for CSV; each but the archive may have .gz
// behind it. Trades in CSV are told apart from candles by the caller.
const (
	Auto   Format = ""
	CSV    Format = "csv"    // candles, as market.CheckCSV reads them; in a .zip of Binance Vision too
	Arrays Format = "arrays" // candles, as CheckArrays reads them
	Trades Format = "trades" // trades in CSV, as CheckTrades reads them; in a .zip of Binance Vision too
)

// Options say how to read files. Candles.Instrument is required.
type Options struct {
	// Candles are the instrument, the timeframe and how strict to be. File is set
	// for each file; Within is narrowed to the period in the name of an archive.
	Candles market.CSVOptions
	// Format of every file.
	Format Format
	// FillEmpty makes a flat candle of volume 0 at the last price where nothing was
	// traded between two trades of a file, and counts it in FileReport.Filled.
	FillEmpty bool
	// Recheck reads every file in full, also those that the store holds.
	Recheck bool
	// MaxUnpacked bounds what one packed file may unpack to; 0 is 1 GiB of candles
	// and 64 GiB of trades, which are not kept in memory.
	MaxUnpacked int64
	// Progress is called in between, from the caller's goroutine.
	Progress func(Progress)
}

// Progress is how far an import is.
type Progress struct {
	File        string // the name of the file that is read
	Files, Done int    // files in all and files finished
	Bytes       int64  // of all files, as they lie on the disk
	BytesDone   int64
	Bars        int // candles that were read and agreed or were stored
}

// FileReport is what was found in one file and what was done with it.
type FileReport struct {
	// CSVReport holds rows, gaps, repairs and problems. Import drops its Series once
	// the candles are stored.
	*market.CSVReport
	// File is the path as it was given.
	File   string
	Format Format
	// First and Last are the opens of the first and the last candle.
	First, Last time.Time
	// Trades is the number of trades that candles were made of.
	Trades int
	// Filled is the number of flat candles that FillEmpty made.
	Filled int
	// Verified says that a .CHECKSUM file stood beside the file and holds.
	Verified bool
	// Skipped says that the store held the file: as many candles as it has rows, and
	// its first and last one agree. The rest was not read again.
	Skipped bool
	// Added candles were stored; Merged of them fill a hole or come before others.
	Added, Merged int
	// Equal candles were in the store already, with the same values.
	Equal int
	// Differ is the number of candles that the store has with other values. Nothing
	// of such a file is stored.
	Differ int
}

// input is a file and what its name says.
type input struct {
	path    string
	name    string // the last part of the path, for messages
	size    int64
	from    int64 // the time of its first row, or the begin of its period
	format  Format
	archive archive // of a Binance Vision name
	options market.CSVOptions
	fill    bool
	most    int64
	meter   func(bytes int64) // may be nil
}

func newInput(path string, o Options) (*input, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, &tradekeel.Error{Kind: tradekeel.NotFound, Code: "market.no_file", Field: "file", Message: "there is no file " + path, Cause: err}
	}
	if err != nil {
		return nil, fmt.Errorf("look at candles: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, tradekeel.Invalidf("file", "%s is not a file", path)
	}
	if o.Candles.Timeframe == 0 {
		return nil, tradekeel.Invalidf("timeframe", "is missing")
	}
	if err := o.Candles.Timeframe.Validate(); err != nil {
		return nil, err
	}
	f := &input{path: path, name: filepath.Base(path), size: info.Size(), format: o.Format, options: o.Candles, fill: o.FillEmpty, most: o.MaxUnpacked}
	f.options.File = f.name
	if err := f.options.Instrument.Validate(); err != nil {
		return nil, err
	}
	if err := f.classify(); err != nil {
		return nil, err
	}
	return f, nil
}

// classify finds the format and holds the name of an archive against what is
// wanted.
func (f *input) classify() error {
	bare := strings.TrimSuffix(strings.ToLower(f.name), ".gz")
	a, named := parseArchive(f.name)
	f.archive = a
	if f.format == Auto {
		switch ext := filepath.Ext(bare); {
		case named && a.trades:
			f.format = Trades
		case named, ext == ".csv", ext == ".tsv", ext == ".txt":
			f.format = CSV
		case ext == ".json":
			f.format = Arrays
		case ext == ".zip":
			return tradekeel.Invalidf("file", "%s is not named as an archive of Binance Vision such as BTCUSDT-1m-2024-01.zip; set Format", f.name)
		default:
			return tradekeel.Invalidf("file", "%s does not say its format by .csv, .json or .zip; set Format", f.name)
		}
	}
	switch f.format {
	case CSV, Arrays, Trades:
	default:
		return tradekeel.Invalidf("format", "must be csv, arrays or trades, got %.40q", string(f.format))
	}
	if f.most <= 0 {
		f.most = 1 << 30
		if f.format == Trades {
			f.most = 64 << 30
		}
	}
	if !named {
		return nil
	}
	return f.fit()
}

// fit holds the name of an archive against instrument and timeframe.
func (f *input) fit() error {
	in, a, tf := f.options.Instrument, f.archive, f.options.Timeframe
	if want := string(in.Base) + string(in.Quote); a.symbol != want {
		return tradekeel.Invalidf("file", "%s holds %s, the instrument is %s", f.name, a.symbol, want)
	}
	switch {
	case a.trades == (f.format != Trades):
		return tradekeel.Invalidf("format", "%s is not a file of %s by its name", f.name, f.format)
	case a.trades:
		if tf.Compare(market.D1) > 0 && (a.days == 1 || tf != market.MN1) || market.D1%max(tf, 1) != 0 && tf > 0 {
			return tradekeel.Invalidf("timeframe", "%s holds no whole candles of %s", f.name, tf)
		}
	case a.timeframe != tf:
		return tradekeel.Invalidf("timeframe", "%s holds candles of %s by its name, asked for were %s", f.name, a.timeframe, tf)
	}
	within := &f.options.Within
	if within.From.Before(a.period.From) {
		within.From = a.period.From
	}
	if within.To.IsZero() || within.To.After(a.period.To) {
		within.To = a.period.To
	}
	return nil
}

// Read reads one file to its end and reports every fault in it. The error is
// about the options or the disk, or the context's own.
func Read(ctx context.Context, path string, o Options) (*FileReport, error) {
	f, err := newInput(path, o)
	if err != nil {
		return nil, err
	}
	return f.read(ctx)
}

func (f *input) read(ctx context.Context) (*FileReport, error) {
	report := &FileReport{File: f.path, Format: f.format}
	var err error
	if report.Verified, err = f.verify(ctx); err == nil {
		err = f.readInto(ctx, report)
	}
	if fault, ok := errors.AsType[*fileError](err); ok {
		if report.CSVReport, err = f.empty(); err == nil {
			report.Problems = []market.Problem{{File: f.name, Kind: market.Malformed, Text: fault.text}}
			report.Counts[market.Malformed] = 1
		}
	}
	if err != nil {
		return nil, err
	}
	if s := report.Series; s.Len() > 0 {
		report.First, report.Last = s.Candle(0).Time, s.Candle(s.Len()-1).Time
	}
	return report, nil
}

func (f *input) readInto(ctx context.Context, report *FileReport) error {
	r, err := f.open(ctx)
	if err != nil {
		return err
	}
	defer r.Close()
	switch f.format {
	case Arrays:
		report.CSVReport, err = CheckArrays(r, f.options)
	case Trades:
		var trades *TradeReport
		trades, err = checkTrades(r, f.tradeOptions(), f.archive.kind)
		if err == nil {
			report.CSVReport, report.Trades, report.Filled = &trades.CSVReport, trades.Trades, trades.Filled
		}
	default:
		report.CSVReport, err = market.CheckCSV(r, f.options)
	}
	return err
}

func (f *input) tradeOptions() TradeOptions {
	return TradeOptions{CSVOptions: f.options, FillEmpty: f.fill}
}

// empty is the report of a file that cannot be read at all.
func (f *input) empty() (*market.CSVReport, error) {
	rows, err := market.NewRows(f.options)
	if err != nil {
		return nil, err
	}
	return rows.Report(), nil
}

func fileName(path string) string { return filepath.Base(path) }
