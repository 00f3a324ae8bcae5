package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"github.com/spf13/cobra"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/parquet"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/stats"
	"github.com/tradekeel/tradekeel/strategy"
)

// runFlags are what a run is made of.
type runFlags struct {
	params   []string
	data     []string
	cash     string
	fee      string
	from, to string
	warm     string
	gaps     bool
	signals  string
	figures  string
}

// defaultFee is what a run pays where nothing else is said; a run without fees flatters.
const defaultFee = "0.1%"

func (f *runFlags) register(a *app, c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVarP(&f.params, "param", "p", nil, "a parameter of the strategy, `NAME=VALUE`, such as fast=20; may be repeated")
	flags.StringArrayVarP(&f.data, "data", "d", nil, "a `series` of the store, such as binance:BTC/USDT:1h, or of a file: binance:BTC/USDT:1h=candles.csv; may be repeated")
	flags.StringVar(&f.cash, "cash", "10000", "what there is at the start, an `amount` such as 10000 or \"10000 USDT\"")
	flags.StringVar(&f.fee, "fee", defaultFee, "what a fill costs, a `fraction` such as 0.001 or 0.1%")
	flags.StringVar(&f.from, "from", "", "bars open at this `time` or later, such as 2021-01-01")
	flags.StringVar(&f.to, "to", "", "bars close at this `time` or earlier")
	flags.StringVar(&f.warm, "warm-up", "", "let indicators see the candles of this `length` before --from, such as 30d, so that the strategy can decide at once")
	flags.StringVar(&f.signals, "signals", "", "a CSV `file` of signals from outside, a time and a name in each row")
	flags.StringVar(&f.figures, "convention", stats.Crypto365.Name(), "how figures are computed: "+strings.Join(conventions(), ", "))
	flags.BoolVar(&f.gaps, "accept-gaps", false, "run over candles with gaps; otherwise they are an error")
	_ = c.RegisterFlagCompletionFunc("convention", cobra.FixedCompletions(conventions(), cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("data", func(c *cobra.Command, args []string, text string) ([]string, cobra.ShellCompDirective) {
		names, _ := a.completeSeries(c, args, text)
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// conventions are the names of the ways to compute figures.
func conventions() []string {
	var names []string
	for _, c := range stats.Conventions() {
		names = append(names, c.Name())
	}
	return names
}

// origin is where the candles of a run are from.
type origin struct {
	Key  string `json:"key"`
	File string `json:"file,omitempty"` // empty: the store
	// First is the first bar's open and Last the last one's close; zero before they are read.
	First time.Time `json:"first,omitzero"`
	Last  time.Time `json:"last,omitzero"`
}

// inputs are what a run is given, ready to run.
type inputs struct {
	strategy *loaded
	origins  []origin
	config   backtest.Config
}

// inputs reads the flags, the strategy and the candles. Faults of the flags are joined.
func (f *runFlags) inputs(ctx context.Context, a *app, name string) (*inputs, error) {
	l, err := a.load(name)
	var s strategy.Strategy
	if err == nil {
		s, err = l.with(f.params)
	}
	in, othersErr := f.settings(ctx, a, asFlags(err))
	if othersErr != nil {
		return nil, othersErr
	}
	in.strategy, in.config.Strategy = l, s
	return in, nil
}

// settings reads the flags but for the strategy, and the candles. Faults are joined to
// the one that there is already, if any, and then nothing is read.
func (f *runFlags) settings(ctx context.Context, a *app, fault error) (*inputs, error) {
	in := &inputs{}
	wrong := []error{fault}
	var err error
	if len(f.data) == 0 {
		wrong = append(wrong, tradekeel.Invalidf("--data", "is missing: name a series such as binance:BTC/USDT:1h; %q lists them", programName+" data ls"))
	}
	for _, text := range f.data {
		o, err := parseOrigin(text)
		in.origins, wrong = append(in.origins, o), append(wrong, err)
	}
	in.config.From, in.config.To, err = parsePeriod(f.from, f.to)
	wrong = append(wrong, err)
	if f.warm != "" {
		length, ok := parseLength(f.warm)
		switch {
		case !ok:
			wrong = append(wrong, tradekeel.Invalidf("--warm-up", "must be a length of time such as 30d, 4w or 36h, got %q", f.warm))
		case f.from == "":
			wrong = append(wrong, tradekeel.Invalidf("--warm-up", "goes with --from"))
		default:
			in.config.WarmFrom = in.config.From.Add(-length)
		}
	}
	if f.signals != "" {
		in.config.Signals, err = readSignals(f.signals)
		wrong = append(wrong, err)
	}
	if in.config.Convention, err = stats.Named(f.figures); err != nil {
		wrong = append(wrong, tradekeel.Invalidf("--convention", "there is no convention %q; %s", f.figures, meant(f.figures, conventions())))
	}
	rate, err := parseFee(f.fee)
	in.config.Fees = exchange.FlatFee(rate)
	wrong = append(wrong, err)
	if f.gaps {
		in.config.Gaps = backtest.AcceptGaps
	}
	cash, err := f.amount()
	if err := errors.Join(append(wrong, err)...); err != nil {
		return nil, err
	}
	if err := a.readData(ctx, in); err != nil {
		return nil, err
	}
	if cash.Currency == "" {
		cash.Currency = in.config.Data[0].Instrument.Quote
	}
	in.config.Cash = cash
	return in, nil
}

// amount reads --cash; without a currency it is that of the candles.
func (f *runFlags) amount() (money.Amount, error) {
	if value, err := money.ParseDecimal(strings.TrimSpace(f.cash)); err == nil {
		if value.Sign() <= 0 {
			return money.Amount{}, tradekeel.Invalidf("--cash", "must be above zero, got %s", f.cash)
		}
		return money.Amount{Value: value}, nil
	}
	amount, err := money.Parse(f.cash)
	if err != nil || amount.Sign() <= 0 {
		return amount, tradekeel.Invalidf("--cash", `must be an amount above zero such as 10000 or "10000 USDT", got %q`, f.cash)
	}
	return amount, nil
}

// parseFee reads a fraction, or per cent.
func parseFee(text string) (decimal.Decimal, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	rate, err := money.ParseDecimal(strings.TrimSpace(number))
	if percent {
		rate = rate.Shift(-2)
	}
	if err != nil || rate.Sign() < 0 || rate.GreaterThanOrEqual(decimal.NewFromInt(1)) {
		return rate, tradekeel.Invalidf("--fee", "must be a fraction below 1 such as 0.001, or 0.1%%, got %q", text)
	}
	return rate, nil
}

// parseOrigin reads "binance:BTC/USDT:1h" or "binance:BTC/USDT:1h=candles.csv".
func parseOrigin(text string) (origin, error) {
	name, file, isFile := strings.Cut(text, "=")
	key, err := market.ParseKey(name)
	switch {
	case err != nil && !isFile && looksLikeFile(text):
		return origin{}, tradekeel.Invalidf("--data", "say what the file holds: binance:BTC/USDT:1h=%s", text)
	case err != nil:
		return origin{}, tradekeel.Invalidf("--data", "must be a series such as binance:BTC/USDT:1h, or one of a file such as binance:BTC/USDT:1h=candles.csv, got %q", text)
	case isFile && file == "":
		return origin{}, tradekeel.Invalidf("--data", "the file is missing after %q", text)
	}
	return origin{Key: key.String(), File: file}, nil
}

func looksLikeFile(text string) bool {
	_, err := os.Stat(text)
	return err == nil || strings.HasSuffix(text, ".csv") || strings.HasSuffix(text, ".gz") || isParquet(text)
}

// readData reads the candles of the origins.
func (a *app) readData(ctx context.Context, in *inputs) error {
	var store *market.Store
	for i := range in.origins {
		if err := ctx.Err(); err != nil {
			return err
		}
		o := &in.origins[i]
		key, err := market.ParseKey(o.Key)
		if err != nil {
			return err
		}
		if o.File == "" && store == nil {
			if store, err = a.openStore(); err != nil {
				return err
			}
		}
		series, err := o.read(store, key, firstOf(in.config), in.config.To)
		if err != nil {
			return err
		}
		in.config.Data = append(in.config.Data, series)
	}
	return nil
}

// firstOf is from when on candles are read; the zero time is no bound.
func firstOf(c backtest.Config) time.Time {
	if !c.WarmFrom.IsZero() {
		return c.WarmFrom
	}
	return c.From
}

// read reads the candles of a period.
func (o *origin) read(store *market.Store, key market.Key, from, to time.Time) (*market.Series, error) {
	if o.File == "" {
		series, err := store.Range(key, from, to)
		if err != nil {
			return nil, seriesError(store, key, err)
		}
		return series, nil
	}
	instrument, err := instrumentOf(key)
	if err != nil {
		return nil, err
	}
	var series *market.Series
	if isParquet(o.File) {
		series, err = parquet.ReadFile(o.File, parquet.Options{Instrument: instrument, Timeframe: key.Timeframe})
	} else {
		series, err = market.ReadCSVFile(o.File, market.CSVOptions{Instrument: instrument, Timeframe: key.Timeframe})
	}
	if errors.Is(err, os.ErrNotExist) {
		return nil, tradekeel.ErrNotFound.With("--data", "there is no file %s", o.File)
	}
	return series, err
}

// span notes the first and the last bar of each series that a run used.
func (in *inputs) span(data []*market.Series) {
	for i, s := range data {
		if n := s.Len(); i < len(in.origins) && n > 0 {
			in.origins[i].First = time.Unix(0, s.Time[0]).UTC()
			in.origins[i].Last = time.Unix(0, s.Timeframe.Close(s.Time[n-1])).UTC()
		}
	}
}

// asFlags names the flags in the faults of a run, where packages name fields.
func asFlags(err error) error {
	all := tradekeel.Violations(err)
	if len(all) == 0 {
		return err
	}
	out := make([]error, len(all))
	for i, v := range all {
		e := *v
		if name, ok := strings.CutPrefix(e.Field, "params."); ok {
			e.Field = "--param " + name
		} else if flag := flagOf(e.Field); flag != "" {
			e.Field = flag
		}
		e.Message = strings.ReplaceAll(e.Message, "(AcceptGaps)", "with --accept-gaps")
		out[i] = &e
	}
	return errors.Join(out...)
}

func flagOf(field string) string {
	name, _, _ := strings.Cut(field, ".")
	name, _, _ = strings.Cut(name, "[")
	switch {
	case name == "fees":
		return "--fee"
	case slices.Contains([]string{"data", "cash", "from", "to", "at"}, name):
		return "--" + name
	}
	return ""
}

// parseLength reads a length of time above zero; days and weeks are whole numbers.
func parseLength(text string) (time.Duration, bool) {
	const day, week, most = 24 * time.Hour, 7 * 24 * time.Hour, 100_000
	for suffix, unit := range map[string]time.Duration{"d": day, "w": week} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			n, err := strconv.Atoi(number)
			return time.Duration(n) * unit, err == nil && n > 0 && n <= most/int(unit/day)
		}
	}
	d, err := time.ParseDuration(text)
	return d, err == nil && d > 0
}

// title is the strategy with its parameters: "sma_cross: fast 10, slow 30".
func title(name string, params []strategy.Parameter) string {
	if len(params) == 0 {
		return name
	}
	return fmt.Sprintf("%s: %s", name, parameterText(params))
}
