// Command backtest runs a strategy over bundled candles, prints the figures and
// writes a report that opens in a browser.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"

	"github.com/shopspring/decimal"

	"github.com/tradekeel/tradekeel/backtest"
	"github.com/tradekeel/tradekeel/exchange"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/money"
	"github.com/tradekeel/tradekeel/report"
	"github.com/tradekeel/tradekeel/strategy/templates/smacross"
)

func main() {
	csv := flag.String("csv", "examples/data/btcusdt_binance_1h.csv", "the candles")
	page := flag.String("o", "report.html", "where the report goes")
	flag.Parse()
	if err := run(*csv, *page); err != nil {
		log.Fatal(err)
	}
}

func run(csv, page string) error {
	candles, err := market.ReadCSVFile(csv, market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		return err
	}
	result, err := backtest.Run(context.Background(), backtest.Config{
		Strategy: smacross.Strategy, // buys when a fast average crosses above a slow one
		Data:     []*market.Series{candles},
		Cash:     money.MustParse("10000 USDT"),
		Fees:     exchange.FlatFee(decimal.RequireFromString("0.001")), // 0.1 %
		Gaps:     backtest.AcceptGaps,                                  // the venue was down for some hours
	})
	if err != nil {
		return err
	}
	fmt.Println(result.Stats)

	file, err := os.Create(page)
	if err != nil {
		return err
	}
	defer file.Close()
	if err := report.HTML(file, result); err != nil {
		return err
	}
	fmt.Println("report:", page)
	return file.Close()
}
