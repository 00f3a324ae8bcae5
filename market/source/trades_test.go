package source_test

import (
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

func tradesOf(t *testing.T, path string, o source.TradeOptions) *source.TradeReport {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	o.File = filepath.Base(path)
	report, err := source.CheckTrades(r, o)
	if err != nil || report.Err() != nil {
		t.Fatal(err, report.Err())
	}
	return report
}

// TestTradesEqualTheVenuesCandles makes candles of recorded trades and compares
// them with the venue's own.
func TestTradesEqualTheVenuesCandles(t *testing.T) {
	t.Parallel()
	folder := reference(t, "TestAggregate covers the rules")
	in := venueSpot("XRP/ETH")
	want, err := market.ReadCSVFile(filepath.Join(folder, "ohlcv", "xrpeth_binance_1m.csv"), market.CSVOptions{Instrument: in})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, "ticks", "xrpeth_trades.csv.gz")
	report := tradesOf(t, path, source.TradeOptions{CSVOptions: market.CSVOptions{Instrument: in, Timeframe: market.M1}})
	if report.Trades != 12477 || report.Series.Len() != 2469 || report.Unit != time.Millisecond {
		t.Errorf("%d trades gave %d candles", report.Trades, report.Series.Len())
	}
	sameSeries(t, report.Series, want)

	filled := tradesOf(t, path, source.TradeOptions{CSVOptions: market.CSVOptions{Instrument: in, Timeframe: market.M1}, FillEmpty: true})
	if filled.Filled != 1091 || filled.Series.Len() != 2469+1091 || len(filled.Gaps) != 0 {
		t.Errorf("%d candles were filled, %d are there", filled.Filled, filled.Series.Len())
	}

	store := newStore(t)
	o := source.Options{Candles: market.CSVOptions{Instrument: in, Timeframe: market.M1}, Format: source.Trades}
	if imported, err := source.Import(t.Context(), store, []string{path}, o); err != nil || imported.Added != 2469 {
		t.Errorf("%v, %v", imported, err)
	}
	for _, name := range []struct {
		file, symbol string
		trades       int
	}{{"fxsusdt_binance_aggtrades_20231117.csv.gz", "FXS/USDT", 3600}, {"btcusdt_binance_spot_20240808_trades.csv.gz", "BTC/USDT", 9757}} {
		minutes := tradesOf(t, filepath.Join(folder, "ticks", name.file), source.TradeOptions{CSVOptions: market.CSVOptions{Instrument: venueSpot(name.symbol), Timeframe: market.M1}})
		hours := tradesOf(t, filepath.Join(folder, "ticks", name.file), source.TradeOptions{CSVOptions: market.CSVOptions{Instrument: venueSpot(name.symbol), Timeframe: market.H1}})
		resampled, err := market.Resample(minutes.Series, market.H1)
		if err != nil || minutes.Trades != name.trades {
			t.Fatalf("%s: %d trades, %v", name.file, minutes.Trades, err)
		}
		sameSeries(t, hours.Series, resampled)
	}
}

// TestAggregate holds that candles are what their trades say, and that minutes
// made into hours are the hours.
func TestAggregate(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var trades []source.Trade
		at := int64(1_700_000_000e9)
		for range rapid.IntRange(1, 200).Draw(t, "n") {
			at += rapid.Int64Range(0, 300).Draw(t, "step") * 1e9
			trades = append(trades, source.Trade{Time: at, Price: rapid.Int64Range(1, 1e12).Draw(t, "price"), Quantity: rapid.Int64Range(1, 1e12).Draw(t, "quantity")})
		}
		fill := rapid.Bool().Draw(t, "fill")
		candles := func(tf market.Timeframe) *source.Aggregated {
			a, err := source.Aggregate(slices.Values(trades), source.TradeOptions{CSVOptions: market.CSVOptions{Instrument: btcusdt, Timeframe: tf}, FillEmpty: fill})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Series.Validate(); err != nil {
				t.Fatal(err)
			}
			return a
		}
		minutes := candles(market.M1)
		n, flat := 0, 0
		for i := range minutes.Series.Len() {
			b := minutes.Series.Bar(i)
			want := market.Bar{Time: b.Time}
			for _, trade := range trades {
				if market.M1.Open(trade.Time) != b.Time {
					continue
				}
				if want.Volume == 0 {
					want.Open, want.High, want.Low = trade.Price, trade.Price, trade.Price
				}
				want.High, want.Low, want.Close = max(want.High, trade.Price), min(want.Low, trade.Price), trade.Price
				want.Volume += trade.Quantity
			}
			if want.Volume == 0 {
				flat++
				before := minutes.Series.Close[i-1]
				want.Open, want.High, want.Low, want.Close = before, before, before, before
			}
			if b != want || (minutes.Trades[i] == 0) != (want.Volume == 0) {
				t.Fatalf("candle %d is %+v, want %+v", i, b, want)
			}
			n += int(minutes.Trades[i])
		}
		if n != len(trades) || flat != minutes.Filled || flat > 0 && !fill || fill && len(minutes.Series.Gaps()) > 0 {
			t.Fatalf("%d of %d trades are in candles, %d flat, %d filled", n, len(trades), flat, minutes.Filled)
		}
		if !fill {
			resampled, err := market.Resample(minutes.Series, market.H1)
			if err != nil {
				t.Fatal(err)
			}
			hours := candles(market.H1)
			for i := range hours.Series.Len() {
				if hours.Series.Bar(i) != resampled.Bar(i) {
					t.Fatalf("hour %d differs", i)
				}
			}
		}
	})
}

func TestBadTrades(t *testing.T) {
	t.Parallel()
	good := "id,price,qty,time\n1,100,1,1700000000000\n2,101,2,1700000001000\n"
	for _, c := range []struct {
		name, text string
		options    source.TradeOptions
		want       string
	}{
		{"empty", "", source.TradeOptions{}, "f:1: the file has no trades"},
		{"no header", "1,100,1,1700000000000\n", source.TradeOptions{}, "f:1: the file has no header, and its name does not say"},
		{"no price", "id,qty,time\n", source.TradeOptions{}, `f:1: price: the header has no column "price"`},
		{"two quantities", "id,price,qty,amount,time\n", source.TradeOptions{}, "f:1: quantity: may be column 3 or 4; CSVLayout.Volume names"},
		{"out of order", good + "3,100,1,1700000000500\n", source.TradeOptions{}, "f:4: time: 2023-11-14T22:13:20.5Z comes after 2023-11-14T22:13:21Z"},
		{"id back", good + "1,100,1,1700000002000\n", source.TradeOptions{}, "f:4: id: trade 1 comes after 2"},
		{"id twice", good + "2,101,2,1700000001000\n", source.TradeOptions{}, "f:4: id: trade 2 is there twice"},
		{"words for an id", good + "x,101,2,1700000001000\n", source.TradeOptions{}, `f:4: id: "x" is no number`},
		{"no price above zero", good + "3,0,2,1700000001000\n", source.TradeOptions{}, "f:4: price: must be above zero, got 0"},
		{"no quantity above zero", good + "3,1,-2,1700000001000\n", source.TradeOptions{}, "f:4: quantity: must be above zero"},
		{"other unit", good + "3,1,2,1700000002\n", source.TradeOptions{}, "f:4: time: 1700000002 is in another unit"},
		{"volume overflows", good + "3,1,92233720368,1700000001000\n", source.TradeOptions{}, "f:4: quantity: the volume of the candle at 2023-11-14T22:13:00Z is out of range"},
		{"short", good + "3,1\n", source.TradeOptions{}, "f:4: has 2 columns, the first line has 4"},
		{"a gap too long", "price,qty,time\n1,1,400000000\n1,1,4000000000\n", source.TradeOptions{FillEmpty: true}, "f:3: time: 2096-10-02T07:06:40Z comes more than 1048576 candles after"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.options.Instrument, c.options.Timeframe, c.options.File = btcusdt, market.M1, "f"
			report, err := source.CheckTrades(strings.NewReader(c.text), c.options)
			if err != nil || report.Err() == nil || !strings.HasPrefix(report.Err().Error(), c.want) {
				t.Fatalf("got  %v, %v\nwant %s", err, report.Err(), c.want)
			}
		})
	}
	report, err := source.CheckTrades(strings.NewReader(good+"2,101,2,1700000001000\n"), source.TradeOptions{CSVOptions: market.CSVOptions{Instrument: btcusdt, Timeframe: market.M1, DropRepeats: true}})
	if err != nil || report.Err() != nil || report.Trades != 2 || len(report.Repaired) != 1 || report.Series.Volume[0] != 3e8 {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestArchivesOfTrades imports the four forms of Binance Vision: with and without
// a header, milliseconds and microseconds.
func TestArchivesOfTrades(t *testing.T) {
	t.Parallel()
	day := time.Date(2025, 1, 5, 0, 0, 0, 0, time.UTC)
	want := market.NewSeries(btcusdt, market.H1, 8, 3)
	lines := map[string]*strings.Builder{}
	forms := []struct{ name, header, line string }{
		{"BTCUSDT-aggTrades-2025-01-05", "", "%[1]d,%[2]d.5,0.25,10,11,%[3]d000,True,True\n"},
		{"BTCUSDT_PERP-aggTrades-2025-01-05", "agg_trade_id,price,quantity,first_trade_id,last_trade_id,transact_time,is_buyer_maker\n", "%[1]d,%[2]d.5,0.25,10,11,%[3]d,true\n"},
		{"BTCUSDT-trades-2025-01-05", "", "%[1]d,%[2]d.5,0.25,10.1,%[3]d000,True,True\n"},
		{"BTCUSDT_PERP-trades-2025-01", "id,price,qty,quote_qty,time,is_buyer_maker\n", "%[1]d,%[2]d.5,0.25,10.1,%[3]d,true\n"},
	}
	for i := range 120 {
		at := day.Add(time.Duration(i) * time.Minute)
		price := int64(90_000+i*i%17)*1e8 + 5e7
		if i%60 == 0 {
			want.Append(market.Bar{Time: at.UnixNano(), Open: price, High: price, Low: price})
		}
		n := want.Len() - 1
		want.High[n], want.Low[n], want.Close[n] = max(want.High[n], price), min(want.Low[n], price), price
		want.Volume[n] += 25e6
		for _, form := range forms {
			if lines[form.name] == nil {
				lines[form.name] = &strings.Builder{}
				lines[form.name].WriteString(form.header)
			}
			fmt.Fprintf(lines[form.name], form.line, 100+i, 90_000+i*i%17, at.UnixMilli())
		}
	}
	for _, form := range forms {
		t.Run(form.name, func(t *testing.T) {
			t.Parallel()
			path := write(t, t.TempDir(), form.name+".zip", zipOf(t, form.name+".csv", []byte(lines[form.name].String())))
			store := newStore(t)
			for _, want := range []int{0, 1} {
				report, err := source.Import(t.Context(), store, []string{path}, hourly)
				if err != nil || report.Err() != nil || report.Skipped != want {
					t.Fatalf("%v, %v", report, err)
				}
			}
			sameSeries(t, store.all(t, btcusdt, market.H1), want)
			o := hourly
			o.Candles.Timeframe = market.W1
			if _, err := source.Import(t.Context(), store, []string{path}, o); err == nil {
				t.Error("weeks were made of a file that holds no whole one")
			}
		})
	}
}
