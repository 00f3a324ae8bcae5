// Command import puts files of candles or trades into a folder that backtests read.
//
//	go run ./examples/import -series binance:BTC/USDT:1h -store candles examples/data/btcusdt_binance_1h.csv
//	go run ./examples/import -series binance:BTC/USDT:1m -store candles BTCUSDT-1m-2024-*.zip
//
// It takes CSV in many layouts, archives of Binance Vision (candles, trades), JSON of
// freqtrade and of Binance, each packed or not. Begun again after it was ended, it goes
// on where it stopped. An interrupt ends it; what was stored stays.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"

	"github.com/tradekeel/tradekeel/internal/progress"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "import:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	flags := flag.NewFlagSet("import", flag.ContinueOnError)
	name := flags.String("series", "", "the series, such as binance:BTC/USDT:1h")
	folder := flags.String("store", "candles", "the folder of the store")
	trades := flags.Bool("trades", false, "the files hold trades, of which candles are made")
	repeats := flags.Bool("drop-repeats", false, "leave out rows that repeat an earlier one in every value")
	if err := flags.Parse(args); err != nil {
		return err
	}
	key, err := market.ParseKey(*name)
	if err != nil {
		return fmt.Errorf("-series: %w", err)
	}
	in, err := market.NewSpot(key.Symbol)
	if err != nil {
		return err
	}
	in.Venue = key.Venue
	store, err := market.OpenStore(*folder)
	if err != nil {
		return err
	}
	bar := progress.New(out, "import "+key.String())
	options := source.Options{
		Candles:  market.CSVOptions{Instrument: in, Timeframe: key.Timeframe, DropRepeats: *repeats},
		Progress: func(p source.Progress) { bar.Show(p.BytesDone, p.Bytes) },
	}
	if *trades {
		options.Format = source.Trades
	}
	report, err := source.Import(ctx, store, flags.Args(), options)
	if err != nil {
		return err
	}
	bar.End(fmt.Sprintf("%d files", len(report.Files)))
	fmt.Fprint(out, report)
	return report.Err()
}
