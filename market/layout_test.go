package market_test

import (
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
)

// TestLayouts reads the same two candles in the shapes that files come in.
func TestLayouts(t *testing.T) {
	t.Parallel()
	start := time.Date(2024, 1, 2, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, text string
		layout     market.CSVLayout
	}{
		{"semicolons", "Time;Open;High;Low;Close;Volume\n1704164400;1;2;0.5;1.5;10\n1704168000;1.5;2;1;1;20\n", market.CSVLayout{}},
		{"tabs without a header", "1704164400\t1\t2\t0.5\t1.5\t10\n1704168000\t1.5\t2\t1\t1\t20\n", market.CSVLayout{}},
		{"another order", "Volume,Close,Low,High,Open,open_time,close_time\n10,1.5,0.5,2,1,1704164400000,1704167999999\n20,1,1,2,1.5,1704168000000,1704171599999\n", market.CSVLayout{}},
		{"by asset", "unix,symbol,open,high,low,close,Volume BTC,Volume USDT\n1704164400,BTC/USDT,1,2,0.5,1.5,10,11\n1704168000,BTC/USDT,1.5,2,1,1,20,22\n", market.CSVLayout{}},
		{"quote beside base", "Date,Open,High,Low,Close,volume (quote),Volume\n2024-01-02 03:00:00,1,2,0.5,1.5,11,10\n2024-01-02 04:00:00,1.5,2,1,1,22,20\n", market.CSVLayout{}},
		{"date and time", "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\n2024.01.02\t03:00:00\t1\t2\t0.5\t1.5\t3\t10\n2024.01.02\t04:00\t1.5\t2\t1\t1\t4\t20\n", market.CSVLayout{}},
		{"named date and time", "day,hour,open,high,low,close,volume\n20240102,03:00,1,2,0.5,1.5,10\n20240102,04:00,1.5,2,1,1,20\n", market.CSVLayout{Time: "day", Clock: "hour"}},
		{"newest first", "Timestamp,Open,High,Low,Close,Volume\n1704168000,1.5,2,1,1,20\n1704164400,1,2,0.5,1.5,10\n", market.CSVLayout{}},
		{"closes", "time,open,high,low,close,volume\n2024-01-02T04:00:00Z,1,2,0.5,1.5,10\n2024-01-02T05:00:00Z,1.5,2,1,1,20\n", market.CSVLayout{CloseStamps: true}},
		{"a named volume", "time,open,high,low,close,amount,volume\n1704164400,1,2,0.5,1.5,10,7\n1704168000,1.5,2,1,1,20,8\n", market.CSVLayout{Volume: "Amount"}},
		{"a named time", "unix,date,open,high,low,close,volume\n1704164400,local,1,2,0.5,1.5,10\n1704168000,local,1.5,2,1,1,20\n", market.CSVLayout{Time: "unix"}},
		{"fractions of seconds", "time,open,high,low,close,volume\n1704164400.000,1,2,0.5,1.5,10\n1704168000.0,1.5,2,1,1,20\n", market.CSVLayout{}},
		{"a named delimiter", "time;o,open;high;low;close;volume\n1704164400;1;2;0.5;1.5;10\n1704168000;1.5;2;1;1;20\n", market.CSVLayout{Delimiter: ';', Open: "o,open"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			report, err := market.CheckCSV(strings.NewReader(c.text), market.CSVOptions{Instrument: btcusdt, Layout: c.layout})
			if err != nil || report.Err() != nil {
				t.Fatal(err, report.Err())
			}
			want := market.NewSeries(btcusdt, market.H1, 8, 2)
			want.Append(market.Bar{Time: start.UnixNano(), Open: 1e8, High: 2e8, Low: 5e7, Close: 15e7, Volume: 10e8})
			want.Append(market.Bar{Time: start.Add(time.Hour).UnixNano(), Open: 15e7, High: 2e8, Low: 1e8, Close: 1e8, Volume: 20e8})
			sameSeries(t, report.Series, want)
			if report.Series.Timeframe != market.H1 || report.NewestFirst != (c.name == "newest first") {
				t.Errorf("timeframe %s, newest first %v", report.Series.Timeframe, report.NewestFirst)
			}
		})
	}
}

// TestLayoutsInDoubt holds that nothing is guessed between two readings.
func TestLayoutsInDoubt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		options    market.CSVOptions
		want       string
	}{
		{"two volumes", "time,open,high,low,close,volume,Volume BTC\n", market.CSVOptions{}, `f:1: volume: may be "volume" (column 6) or "volume btc" (column 7); CSVLayout.Volume names`},
		{"quote volume alone", "time,open,high,low,close,Volume USDT\n", market.CSVOptions{}, `f:1: volume: the header has no column "volume"; it needs time,open,high,low,close,volume; "volume usdt" is not known to be in BTC`},
		{"two times", "unix,date,open,high,low,close,volume\n", market.CSVOptions{}, `f:1: time: may be "unix" (column 1) or "date" (column 2); CSVLayout.Time`},
		{"two closes", "time,open,high,low,close,close,volume\n", market.CSVOptions{}, `f:1: close: may be`},
		{"no such name", "time,open,high,low,close,volume\n", market.CSVOptions{Layout: market.CSVLayout{Volume: "base"}}, `f:1: volume: the header has no column "base"`},
		{"no such clock", "time,open,high,low,close,volume\n", market.CSVOptions{Layout: market.CSVLayout{Clock: "hour"}}, `f:1: hour: the header has 0 columns`},
		{"two delimiters", "1;2,1;2,1;2,1;2,1;2,1;2\n", market.CSVOptions{}, `f:1: the line can be parted by commas or semicolons`},
		{"decimal commas", "time;open;high;low;close;volume\n1704164400;1,5;2;1;1;1\n", market.CSVOptions{}, `f:2: open: "1,5" is not a number`},
		{"opens said to be closes", "time,open,high,low,close,volume\n1704164460,1,2,0.5,1.5,10\n", market.CSVOptions{Timeframe: market.H1, Layout: market.CSVLayout{CloseStamps: true}}, `f:2: time: 2024-01-02T03:01:00Z is not the close of a 1h candle`},
		{"dates and numbers", "time,open,high,low,close,volume\n1704164400,1,2,0.5,1.5,10\n2024-01-02 04:00:00,1.5,2,1,1,20\n", market.CSVOptions{Timeframe: market.H1}, `f:3: time: 2024-01-02 04:00:00 is in another unit than the times above (1 unit is 1s there, dates here)`},
		{"date and a number", "date,time,open,high,low,close,volume\n2024-01-02,1704164400,1,2,0.5,1.5,10\n", market.CSVOptions{Timeframe: market.H1}, `f:2: time: "1704164400" is no time of day`},
		{"before the period", header + row(0), market.CSVOptions{Timeframe: market.H1, Within: market.Period{From: time.Unix(1_704_164_400, 0)}}, `f:2: time: 2023-11-14T22:00:00Z is before the period`},
		{"after the period", header + row(0), market.CSVOptions{Timeframe: market.H1, Within: market.Period{To: time.Date(2023, 11, 14, 22, 0, 0, 0, time.UTC)}}, `f:2: time: 2023-11-14T22:00:00Z is after the period`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.options
			o.Instrument, o.File = btcusdt, "f"
			if _, err := market.ReadCSV(strings.NewReader(c.text), o); err == nil || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("got  %v\nwant %s", err, c.want)
			}
		})
	}
	if _, err := market.CheckCSV(strings.NewReader(""), market.CSVOptions{Instrument: btcusdt, Layout: market.CSVLayout{Delimiter: 'x'}}); err == nil {
		t.Error("a letter was taken as the delimiter")
	}
}

// TestUnitsOfTime holds that a moment from 1980 to 2100 is never misread, in
// whichever unit, and that a file which mixes units is refused with the line.
func TestUnitsOfTime(t *testing.T) {
	t.Parallel()
	const first, last = 315_532_800, 4_102_444_800
	units := []int64{1e9, 1e6, 1e3, 1}
	rapid.Check(t, func(t *rapid.T) {
		second := rapid.OneOf(rapid.Int64Range(first, last), rapid.SampledFrom([]int64{first, first + 1, last - 1, last})).Draw(t, "second")
		unit := rapid.SampledFrom(units).Draw(t, "unit")
		other := rapid.SampledFrom(units).Draw(t, "other")
		cell := func(unit int64) []byte { return strconv.AppendInt(nil, second*(1e9/unit), 10) }
		var stamps market.Stamps
		ns, kind, text := stamps.Parse(cell(unit))
		if kind != "" || ns != second*1e9 || stamps.Unit() != time.Duration(unit) {
			t.Fatalf("%s was read as %d in units of %s: %s", cell(unit), ns, stamps.Unit(), text)
		}
		if _, kind, _ := stamps.Parse(cell(other)); (kind == "") != (unit == other) {
			t.Fatalf("%s after %s gave %q", cell(other), cell(unit), kind)
		}
	})
	for _, unit := range units {
		for _, second := range []int64{first - 1, last + 1} {
			var stamps market.Stamps
			if ns, kind, _ := stamps.Parse(strconv.AppendInt(nil, second*(1e9/unit), 10)); kind != market.OutOfRange {
				t.Errorf("second %d in units of %d gave %d, %q", second, unit, ns, kind)
			}
		}
	}
	for i, a := range units {
		for _, b := range units[i+1:] {
			text := fmt.Sprintf("%s%d,1,2,0.5,1,0\n%d,1,2,0.5,1,0\n", header, 1_704_164_400*(1e9/a), 1_704_168_000*(1e9/b))
			if _, err := market.ReadCSV(strings.NewReader(text), market.CSVOptions{Instrument: btcusdt, Timeframe: market.H1, File: "f"}); err == nil || !strings.HasPrefix(err.Error(), "f:3: time: ") {
				t.Errorf("%s and %s in one file: %v", time.Duration(a), time.Duration(b), err)
			}
		}
	}
}

// TestResampleEqualsTheVenue makes every longer timeframe of Binance's own 15m
// candles and compares it with Binance's own candles, all volumes too.
func TestResampleEqualsTheVenue(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestResample covers the rules")
	read := func(t *testing.T, tf market.Timeframe, volume string) *market.Series {
		t.Helper()
		file := golden.Files(t, folder, "ohlcv", "nolicence", "btcusdt_binance_"+tf.String()+"_2025.csv*")[0]
		s, err := market.ReadCSVFile(file, market.CSVOptions{Instrument: btcusdt, Timeframe: tf, Layout: market.CSVLayout{Volume: volume}})
		if err != nil {
			t.Fatal(filepath.Base(file), err)
		}
		return s
	}
	for _, volume := range []string{"volume", "quote_volume", "trades", "taker_buy_base", "taker_buy_quote"} {
		short := read(t, market.M15, volume)
		for _, tf := range []market.Timeframe{market.M30, market.H1, market.H2, market.H4, market.H6, market.H8, market.H12, market.D1, market.D3, market.W1} {
			got, err := market.Resample(short, tf)
			if err != nil {
				t.Fatal(err)
			}
			want := read(t, tf, volume)
			// The first and the last bucket may reach over the ends of the 15m file.
			whole := int32(int64(tf) / int64(market.M15))
			from, to := 0, got.Len()
			for from < to && got.Parts[from] < whole {
				from++
			}
			for to > from && got.Parts[to-1] < whole {
				to--
			}
			compared := 0
			for i := from; i < to; i++ {
				at, found := slices.BinarySearch(want.Time, got.Time[i])
				if !found || want.Bar(at) != got.Bar(i) {
					t.Fatalf("%s of %s at %s is not the venue's", volume, tf, got.Candle(i).Time)
				}
				compared++
			}
			if least := min(want.Len(), got.Len()) - 2; compared < least || compared == 0 {
				t.Fatalf("%s: %d candles of %s compared, want at least %d", volume, compared, tf, least)
			}
		}
	}
}
