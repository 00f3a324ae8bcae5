package source_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

// Two files overlap by a candle, one has a hole, and one repeats a row.
func ExampleImport() {
	folder, err := os.MkdirTemp("", "candles")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	for name, text := range map[string]string{
		"january.csv": "time,open,high,low,close,volume\n" +
			"2024-01-31 21:00:00,42580.1,42650,42500,42610.5,120.5\n" +
			"2024-01-31 22:00:00,42610.5,42700,42590,42699.9,98.25\n" +
			"2024-01-31 22:00:00,42610.5,42700,42590,42699.9,98.25\n" +
			"2024-01-31 23:00:00,42699.9,42710,42540,42580,143\n",
		"february.csv": "Timestamp;Open;High;Low;Close;Volume BTC;Volume USDT\n" +
			"1706742000;42699.9;42710;42540;42580;143;6096385.5\n" +
			"1706745600;42580;42600;42400;42450.2;201.75;8573110.9\n" +
			"1706756400;42300;42390;42290;42333.3;77;3259664.1\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			fmt.Println(err)
			return
		}
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.csv"))
	if err != nil {
		fmt.Println(err)
		return
	}
	in := market.MustSpot("BTC/USDT")
	in.Venue = "binance"
	store, err := market.OpenStore(filepath.Join(folder, "store"))
	if err != nil {
		fmt.Println(err)
		return
	}
	report, err := source.Import(context.Background(), store, files, source.Options{
		Candles: market.CSVOptions{Instrument: in, Timeframe: market.H1, DropRepeats: true},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range report.Files {
		fmt.Printf("%s: %d rows from %s, times in %s\n", strings.TrimPrefix(f.File, folder+string(filepath.Separator)), f.Rows, f.First.Format("2006-01-02 15:04"), unit(f))
	}
	fmt.Print(report)
	// Output:
	// january.csv: 4 rows from 2024-01-31 21:00, times in words
	// february.csv: 3 rows from 2024-01-31 23:00, times in units of 1s
	// binance:BTC/USDT:1h: 5 added, 1 there already, 1 repeated rows left out
	// gap: 2 missing between 2024-02-01T00:00:00Z and 2024-02-01T03:00:00Z
}

func unit(f *source.FileReport) string {
	if f.Unit == 0 {
		return "words"
	}
	return "units of " + f.Unit.String()
}
