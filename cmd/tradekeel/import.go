package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/progress"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/parquet"
	"github.com/tradekeel/tradekeel/market/source"
)

// importFlags are how an import reads its files.
type importFlags struct {
	options   source.Options
	trades    bool
	delimiter string
	columns   []string
	from, to  string
}

func newImport(a *app) *cobra.Command {
	f := &importFlags{}
	c := &cobra.Command{
		Use: "import SERIES FILE...", Short: "Import files of candles or trades",
		Long: `Import files of one series into the store, oldest first.

It takes CSV in many layouts, archives of Binance Vision, JSON arrays of freqtrade and
Binance, each packed or not, and Parquet. A file with a bad row adds nothing; the others
are imported all the same, every fault is named, and the exit code is 4.

Begun again after whatever end, it goes on where it stopped: what is stored is the only
state, and a stored candle is never changed.`,
		Example: "  tradekeel data import binance:BTC/USDT:1h examples/data/btcusdt_binance_1h.csv\n" +
			"  tradekeel data import coinbase:BTC/USD:1d examples/data/btcusd_coinbase_1d.csv --json",
		Args:        cobra.MinimumNArgs(2),
		Annotations: map[string]string{resumes: "what was stored stays, and the same command goes on from there"},
		RunE: func(c *cobra.Command, args []string) error {
			key, options, err := f.parse(args[0])
			if err != nil {
				return err
			}
			store, err := a.makeStore()
			if err != nil {
				return err
			}
			return a.importFiles(c.Context(), store, key, args[1:], options)
		},
	}
	flags := c.Flags()
	flags.BoolVar(&f.trades, "trades", false, "the files hold trades, of which candles are made")
	flags.BoolVar(&f.options.FillEmpty, "fill-empty", false, "with --trades: make a flat candle where nothing was traded")
	flags.BoolVar(&f.options.Candles.DropRepeats, "drop-repeats", false, "leave out rows that repeat an earlier one in every value")
	flags.BoolVar(&f.options.Candles.RoundVolumes, "round-volumes", false, "round volumes of more than 8 decimals")
	flags.BoolVar(&f.options.Candles.Whole, "whole", false, "a missing candle is a fault")
	flags.BoolVar(&f.options.Candles.Layout.CloseStamps, "close-stamps", false, "the times are those of the closes")
	flags.BoolVar(&f.options.Recheck, "recheck", false, "read files in full that are stored already")
	flags.StringVar(&f.delimiter, "delimiter", "", "what parts the cells: comma, semicolon or tab (default the one that fits)")
	flags.StringArrayVar(&f.columns, "column", nil, "the header of a column, such as `volume=Volume BTC`; of time, clock, open, high, low, close, volume")
	flags.StringVar(&f.from, "from", "", "rows must open at this `time` or later")
	flags.StringVar(&f.to, "to", "", "rows must open before this `time`")
	return c
}

// parse reads the flags, all faults joined.
func (f *importFlags) parse(series string) (market.Key, source.Options, error) {
	var wrong []error
	key, err := parseKey("SERIES", series)
	wrong = append(wrong, err)
	o := f.options
	if err == nil {
		o.Candles.Timeframe = key.Timeframe
		o.Candles.Instrument, err = instrumentOf(key)
		wrong = append(wrong, err)
	}
	if f.trades {
		o.Format = source.Trades
	} else if o.FillEmpty {
		wrong = append(wrong, tradekeel.Invalidf("--fill-empty", "goes with --trades"))
	}
	o.Candles.Within.From, o.Candles.Within.To, err = parsePeriod(f.from, f.to)
	wrong = append(wrong, err, f.layout(&o.Candles.Layout))
	return key, o, errors.Join(wrong...)
}

func (f *importFlags) layout(l *market.CSVLayout) error {
	var wrong []error
	delimiters := map[string]byte{"": 0, "comma": ',', "semicolon": ';', "tab": '\t'}
	delimiter, ok := delimiters[f.delimiter]
	if !ok {
		wrong = append(wrong, tradekeel.Invalidf("--delimiter", "must be comma, semicolon or tab, got %q", f.delimiter))
	}
	l.Delimiter = delimiter
	columns := map[string]*string{
		"time": &l.Time, "clock": &l.Clock, "open": &l.Open, "high": &l.High, "low": &l.Low, "close": &l.Close, "volume": &l.Volume,
	}
	for _, text := range f.columns {
		name, header, ok := strings.Cut(text, "=")
		column := columns[strings.ToLower(name)]
		if !ok || column == nil || header == "" {
			wrong = append(wrong, tradekeel.Invalidf("--column", "must be a column and its header, such as volume=Volume BTC, got %q", text))
			continue
		}
		*column = header
	}
	return errors.Join(wrong...)
}

// imported is the answer of an import.
type imported struct {
	Key      string     `json:"key"`
	Files    int        `json:"files"`
	Added    int        `json:"added"`
	Merged   int        `json:"merged"`  // of those added, into holes or before others
	Equal    int        `json:"equal"`   // there already
	Skipped  int        `json:"skipped"` // files that were stored already
	Repaired int        `json:"repaired"`
	Rounded  int        `json:"rounded"`
	First    *time.Time `json:"first"`
	Last     *time.Time `json:"last"`
	Gaps     []gapText  `json:"gaps"`
	Problems []problem  `json:"problems"`

	gaps []market.Gap
}

type problem struct {
	File   string `json:"file"`
	Line   int    `json:"line,omitempty"`
	Column string `json:"column,omitempty"`
	Kind   string `json:"kind"`
	Text   string `json:"text"`
	whole  string
}

func (a *app) importFiles(ctx context.Context, store *market.Store, key market.Key, files []string, o source.Options) error {
	bar := a.bar("import "+key.String(), progress.Bytes)
	o.Progress = func(p source.Progress) { bar.Show(p.BytesDone, p.Bytes) }
	answer := &imported{Key: key.String()}
	tables := slices.DeleteFunc(slices.Clone(files), isText)
	var err error
	if texts := slices.DeleteFunc(slices.Clone(files), isParquet); len(texts) > 0 {
		var report *source.Report
		report, err = source.Import(ctx, store, texts, o)
		answer.take(report)
	}
	for _, file := range tables {
		if err == nil {
			err = answer.table(ctx, store, file, o)
		}
	}
	bar.Clear()
	answer.Gaps = gapTexts(answer.gaps)
	if answer.Problems == nil {
		answer.Problems = []problem{}
	}
	if err != nil && answer.Files == 0 && len(answer.Problems) == 0 {
		return err
	}
	if err != nil {
		return errors.Join(err, a.print(answer, answer.draw))
	}
	return errors.Join(a.print(answer, answer.draw), answer.found())
}

func isParquet(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".parquet") }
func isText(name string) bool    { return !isParquet(name) }

// take fills the answer from a report; nil is none.
func (i *imported) take(r *source.Report) {
	if r == nil {
		return
	}
	i.Files, i.Added, i.Merged, i.Equal = len(r.Files), r.Added, r.Merged, r.Equal
	i.Skipped, i.Repaired, i.Rounded = r.Skipped, r.Repaired, r.Rounded
	if !r.First.IsZero() {
		i.First, i.Last = &r.First, &r.Last
	}
	i.gaps = r.Gaps
	for _, p := range r.Problems() {
		i.Problems = append(i.Problems, problem{p.File, p.Line, p.Column, string(p.Kind), p.Text, p.Error()})
	}
}

// table imports a Parquet file, whose candles are read whole.
func (i *imported) table(ctx context.Context, store *market.Store, file string, o source.Options) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	series, err := parquet.ReadFile(file, parquet.Options{Instrument: o.Candles.Instrument, Timeframe: o.Candles.Timeframe})
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	key := market.KeyOf(series)
	before, err := store.Info(key)
	if err != nil && !errors.Is(err, market.ErrNoSeries) {
		return err
	}
	if err := store.Merge(series); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	after, err := store.Info(key)
	if err != nil {
		return err
	}
	added := after.Rows - before.Rows
	i.Files, i.Added, i.Equal = i.Files+1, i.Added+added, i.Equal+series.Len()-added
	if series.Len() > 0 {
		first, last := series.Candle(0).Time, series.Candle(series.Len()-1).Time
		if i.First == nil || first.Before(*i.First) {
			i.First = &first
		}
		if i.Last == nil || last.After(*i.Last) {
			i.Last = &last
		}
	}
	i.gaps = append(i.gaps, series.Gaps()...)
	return nil
}

// found is the error of an import that read faults.
func (i *imported) found() error {
	if len(i.Problems) == 0 {
		return nil
	}
	return &foundError{"files with a fault add nothing; " + counted(len(i.Problems), "problem") + " found"}
}

func (i *imported) draw(w io.Writer) {
	fmt.Fprintf(w, "%s: %d added", i.Key, i.Added)
	if i.Merged > 0 {
		fmt.Fprintf(w, " (%d into holes)", i.Merged)
	}
	fmt.Fprintf(w, ", %d there already, %s", i.Equal, counted(i.Files, "file"))
	for _, part := range []struct {
		n    int
		name string
	}{{i.Skipped, "passed by, stored already"}, {i.Repaired, "repeated rows left out"}, {i.Rounded, "volumes rounded"}} {
		if part.n > 0 {
			fmt.Fprintf(w, ", %d %s", part.n, part.name)
		}
	}
	fmt.Fprintln(w)
	if i.First != nil {
		fmt.Fprintf(w, "from %s to %s\n", moment(*i.First), moment(*i.Last))
	}
	drawGaps(w, i.gaps)
	for n, p := range i.Problems {
		if n == mostLines {
			fmt.Fprintf(w, "and %d more problems; --json lists them\n", len(i.Problems)-n)
			break
		}
		fmt.Fprintln(w, "problem:", p.whole)
	}
}
