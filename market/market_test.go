package market_test

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/internal/golden"
	"github.com/tradekeel/tradekeel/market"
)

var btcusdt = market.MustSpot("BTC/USDT")

const header = "time,open,high,low,close,volume\n"

func hour(n int) string { return strconv.FormatInt(1_700_000_000_000+int64(n)*3_600_000-800_000, 10) }

// row makes a good candle at an hour.
func row(n int) string { return hour(n) + ",100,110,90,105,1.5\n" }

func TestBadRowsAreNamed(t *testing.T) {
	t.Parallel()
	ticked := *btcusdt
	ticked.Rules = []market.Rules{
		{From: time.UnixMilli(1_600_000_000_000), Tick: decimal.RequireFromString("0.5")},
		{From: time.UnixMilli(1_700_000_000_000 + 10*3_600_000), Tick: decimal.RequireFromString("0.01")},
	}
	good := header + row(0) + row(1) + row(2)
	for _, c := range []struct {
		name, text string
		options    market.CSVOptions
		kind       market.ProblemKind
		want       string // the beginning of the error
	}{
		{"empty", "", market.CSVOptions{}, market.Malformed, "bad.csv:1: the file is empty"},
		{"header only", header, market.CSVOptions{}, market.Malformed, "bad.csv:1: the file has a header and no rows"},
		{"no column", "time,open,high,low,volume\n1,2,3,4,5\n", market.CSVOptions{}, market.Malformed, `bad.csv:1: close: the header has no column "close"`},
		{"short row", good + hour(3) + ",1,2\n", market.CSVOptions{}, market.Malformed, "bad.csv:5: has 3 columns, the first line has 6"},
		{"NaN", good + hour(3) + ",100,NaN,90,105,1\n", market.CSVOptions{}, market.NotANumber, "bad.csv:5: high: NaN is not a number"},
		{"infinite", good + hour(3) + ",100,+Inf,90,105,1\n", market.CSVOptions{}, market.NotANumber, "bad.csv:5: high: +Inf is not a number"},
		{"empty cell", good + hour(3) + ",100,,90,105,1\n", market.CSVOptions{}, market.NotANumber, "bad.csv:5: high: is empty"},
		{"words", good + hour(3) + ",100,ten,90,105,1\n", market.CSVOptions{}, market.NotANumber, `bad.csv:5: high: "ten" is not a number`},
		{"negative", good + hour(3) + ",100,110,-90,105,1\n", market.CSVOptions{}, market.Negative, "bad.csv:5: low: must be above zero, got -90"},
		{"zero", good + hour(3) + ",0,110,0,105,1\n", market.CSVOptions{}, market.Negative, "bad.csv:5: open: must be above zero"},
		{"negative volume", good + hour(3) + ",100,110,90,105,-1\n", market.CSVOptions{}, market.Negative, "bad.csv:5: volume: must not be negative, got -1"},
		{"high below low", good + hour(3) + ",100,89,90,105,1\n", market.CSVOptions{}, market.HighBelowLow, "bad.csv:5: high: 89 is below the low 90"},
		{"open outside", good + hour(3) + ",111,110,90,105,1\n", market.CSVOptions{}, market.HighBelowLow, "bad.csv:5: open: 111 is outside of low 90 to high 110"},
		{"close outside", good + hour(3) + ",100,110,90,89,1\n", market.CSVOptions{}, market.HighBelowLow, "bad.csv:5: close: 89 is outside"},
		{"duplicate", good + row(2), market.CSVOptions{}, market.Duplicate, "bad.csv:5: time: 2023-11-15T00:00:00Z is there twice with the same values"},
		{"duplicate, other values", good + hour(1) + ",100,110,90,106,1.5\n", market.CSVOptions{DropRepeats: true}, market.Duplicate, "bad.csv:5: time: 2023-11-14T23:00:00Z is there twice with other values"},
		{"unsorted", header + row(5) + row(6) + row(3) + row(7), market.CSVOptions{}, market.Unsorted, "bad.csv:4: time: 2023-11-15T01:00:00Z comes after 2023-11-15T04:00:00Z"},
		{"off the grid", good + "1700010000001,100,110,90,105,1\n", market.CSVOptions{Timeframe: market.H1}, market.Misaligned, "bad.csv:5: time: 2023-11-15T01:00:00.001Z is not the open of a 1h candle"},
		{"gap", good + row(5), market.CSVOptions{Whole: true}, market.GapKind, "bad.csv:5: time: 2 missing between"},
		{"wrong tick", header + hour(1) + ",100,110,90,105.25,1\n" + row(2), market.CSVOptions{Instrument: &ticked}, market.WrongTick, "bad.csv:2: close: 105.25 is not a whole multiple of the tick 0.5"},
		{"tick of its date", header + hour(1) + ",100,110,90,105.5,1\n" + row(2) + hour(11) + ",100,110,90,105.255,1\n", market.CSVOptions{Instrument: &ticked}, market.WrongTick, "bad.csv:4: close: 105.255 is not a whole multiple of the tick 0.01"},
		{"too many decimals", good + hour(3) + ",100,110,90,105.123456789,1\n", market.CSVOptions{}, market.OutOfRange, "bad.csv:5: close: 105.123456789 has more than 8 decimals"},
		{"too large", good + hour(3) + ",100,99999999999,90,105,1\n", market.CSVOptions{}, market.OutOfRange, "bad.csv:5: high: 99999999999 is out of range"},
		{"exponent bomb", good + hour(3) + ",100,1e999999,90,105,1\n", market.CSVOptions{}, market.NotANumber, "bad.csv:5: high:"},
		{"no time", good + "yesterday,100,110,90,105,1\n", market.CSVOptions{}, market.NotANumber, `bad.csv:5: time: "yesterday" is no time`},
		{"other unit", good + "1700010000,100,110,90,105,1\n", market.CSVOptions{}, market.Malformed, "bad.csv:5: time: 1700010000 is in another unit"},
		{"year 9999", good + "253402300799000,100,110,90,105,1\n", market.CSVOptions{}, market.OutOfRange, "bad.csv:5: time:"},
		{"long line", good + strings.Repeat("9", 1<<17) + "\n", market.CSVOptions{}, market.Malformed, "bad.csv:5: the line is longer"},
		{"no timeframe", header + row(1), market.CSVOptions{}, market.Malformed, "bad.csv:2: time: the timeframe does not show"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := c.options
			o.File = "bad.csv"
			if o.Instrument == nil {
				o.Instrument = btcusdt
			}
			s, err := market.ReadCSV(strings.NewReader(c.text), o)
			if s != nil || !errors.Is(err, market.ErrBadRow) || !strings.HasPrefix(err.Error(), c.want) {
				t.Fatalf("got %v, %v; want %s", s, err, c.want)
			}
			if p, ok := errors.AsType[market.Problem](err); !ok || p.Kind != c.kind || p.File != "bad.csv" {
				t.Errorf("the problem is %+v, want kind %s", p, c.kind)
			}
		})
	}
}

func TestAllProblemsAreReported(t *testing.T) {
	t.Parallel()
	text := header + row(0) + hour(1) + ",100,89,90,105,1\n" + row(2) + row(2) + hour(3) + ",100,x,90,105,1\n" + row(7) + row(4)
	report, err := market.CheckCSV(strings.NewReader(text), market.CSVOptions{Instrument: btcusdt, Timeframe: market.H1, DropRepeats: true})
	if err != nil {
		t.Fatal(err)
	}
	var lines []int
	for _, p := range report.Problems {
		lines = append(lines, p.Line)
	}
	if len(lines) != 3 || lines[0] != 3 || lines[1] != 6 || lines[2] != 8 {
		t.Errorf("the problems stand in lines %v, want 3, 6 and 8: %v", lines, report.Problems)
	}
	if len(report.Repaired) != 1 || report.Repaired[0].Line != 5 {
		t.Errorf("repaired is %v, want line 5", report.Repaired)
	}
	if report.Series.Len() != 3 || len(report.Gaps) != 2 || report.Gaps[1].Missing != 4 {
		t.Errorf("there are %d good rows with gaps %v", report.Series.Len(), report.Gaps)
	}
	if err := report.Err(); err == nil || !strings.Contains(err.Error(), "(and 2 more)") {
		t.Errorf("the error is %v", err)
	}
}

func TestFormsOfTime(t *testing.T) {
	t.Parallel()
	want := time.Date(2024, 1, 2, 3, 0, 0, 0, time.UTC).UnixNano()
	for _, form := range []string{
		"1704164400", "1704164400000", "1704164400000000", "1704164400000000000",
		"2024-01-02T03:00:00Z", "2024-01-02 03:00:00", "2024-01-02T05:00:00+02:00",
	} {
		s, err := market.ReadCSV(strings.NewReader("\xef\xbb\xbfDate,Open,High,Low,Close,Volume,Trades\r\n"+form+",1,2,0.5,1,0,7\r\n"), market.CSVOptions{Instrument: btcusdt, Timeframe: market.H1})
		if err != nil || s.Len() != 1 || s.Time[0] != want {
			t.Errorf("%s gave %v, %v", form, s, err)
		}
	}
}

func TestDirtyFileOfTheReference(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestAllProblemsAreReported covers repeated rows")
	for _, file := range golden.Files(t, folder, "ohlcv", "dirty", "*_with_duplicates.csv") {
		if _, err := market.ReadCSVFile(file, market.CSVOptions{Instrument: btcusdt}); !errors.Is(err, market.ErrBadRow) {
			t.Errorf("%s was taken: %v", file, err)
		}
		report, err := market.CheckCSVFile(file, market.CSVOptions{Instrument: btcusdt, DropRepeats: true})
		if err != nil || report.Err() != nil || len(report.Repaired) == 0 {
			t.Errorf("%s: %v, %v, repaired %v", file, err, report.Err(), report.Repaired)
		}
		clean := filepath.Join(folder, "ohlcv", strings.Replace(filepath.Base(file), "_with_duplicates", "", 1))
		want, err := market.ReadCSVFile(clean, market.CSVOptions{Instrument: btcusdt})
		if err != nil {
			t.Fatal(err)
		}
		sameSeries(t, report.Series, want)
	}
}

func sameSeries(t *testing.T, got, want *market.Series) {
	t.Helper()
	if got.Len() != want.Len() {
		t.Fatalf("there are %d candles, want %d", got.Len(), want.Len())
	}
	for i := range want.Len() {
		if got.Bar(i) != want.Bar(i) {
			t.Fatalf("candle %d is %+v, want %+v", i, got.Candle(i), want.Candle(i))
		}
	}
}

// TestGoldenResample resamples every file that the reference folder has a result
// for, by its naming: <file>_to_<timeframe>.csv.gz.
func TestGoldenResample(t *testing.T) {
	t.Parallel()
	folder := golden.Folder(t, "TestResample covers the rules")
	for _, file := range golden.Files(t, folder, "golden", "resample", "*_to_*.csv.gz") {
		name := strings.TrimSuffix(filepath.Base(file), ".csv.gz")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			source, frame, _ := strings.Cut(name, "_to_")
			to, err := market.ParseTimeframe(frame)
			if err != nil {
				t.Fatal(err)
			}
			read, err := market.CheckCSVFile(golden.Candles(t, folder, source), market.CSVOptions{Instrument: btcusdt, RoundVolumes: true})
			if err != nil || read.Err() != nil {
				t.Fatal(err, read.Err())
			}
			s := read.Series
			got, err := market.Resample(s, to)
			if err != nil {
				t.Fatal(err)
			}
			wanted, err := market.CheckCSVFile(file, market.CSVOptions{Instrument: btcusdt, Timeframe: to, RoundVolumes: true})
			if err != nil || wanted.Err() != nil {
				t.Fatal(err, wanted.Err())
			}
			want := wanted.Series
			if read.Rounded > 0 {
				// Volumes of float noise: each was rounded by half a unit at the most, and
				// the golden's sum once.
				t.Logf("%d volumes of the source have more than 8 decimals", read.Rounded)
				for i := range min(got.Len(), want.Len()) {
					if d := got.Volume[i] - want.Volume[i]; max(d, -d) > int64(got.Parts[i])/2+1 {
						t.Fatalf("the volume of candle %d is %s, want %s", i, got.Candle(i).Volume, want.Candle(i).Volume)
					}
				}
				got.Volume = want.Volume
			}
			sameSeries(t, got, want)
			for i, row := range golden.Rows(t, file) {
				if strconv.Itoa(int(got.Parts[i])) != row["bars"] {
					t.Fatalf("candle %d is made of %d, want %s", i, got.Parts[i], row["bars"])
				}
			}
		})
	}
}

func TestResample(t *testing.T) {
	t.Parallel()
	s, err := market.ReadCSVFile("../examples/data/btcusdt_binance_1h.csv", market.CSVOptions{Instrument: btcusdt})
	if err != nil {
		t.Fatal(err)
	}
	week, err := market.Resample(s, market.W1)
	if err != nil {
		t.Fatal(err)
	}
	for i, open := range week.Time {
		if at := time.Unix(0, open).UTC(); at.Weekday() != time.Monday || at.Hour() != 0 {
			t.Errorf("week %d opens on %s", i, at)
		}
	}
	day, err := market.Resample(s, market.D1)
	if err != nil {
		t.Fatal(err)
	}
	again, err := market.Resample(day, market.W1)
	if err != nil {
		t.Fatal(err)
	}
	sameSeries(t, again, week)
	for _, to := range []market.Timeframe{market.M30, market.Timeframe(90 * time.Minute)} {
		if _, err := market.Resample(s, to); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("1h candles were made into %s: %v", to, err)
		}
	}
	month, err := market.Resample(day, market.MN1)
	if err != nil || time.Unix(0, month.Time[1]).UTC() != time.Date(2020, 12, 1, 0, 0, 0, 0, time.UTC) || month.Parts[1] != 740 {
		t.Errorf("months: %v, %v", month, err)
	}
}

func TestTimeframes(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"1s", "1m", "3m", "15m", "1h", "4h", "1d", "3d", "1w", "1M", "3M"} {
		tf, err := market.ParseTimeframe(text)
		if err != nil || tf.String() != text || tf.Validate() != nil {
			t.Errorf("%s parsed to %s, %v", text, tf, err)
		}
	}
	for _, text := range []string{"", "h", "0h", "-1h", "1x", "1.5h", "+1h", "99999999999h", "1001d", "1 h"} {
		if tf, err := market.ParseTimeframe(text); !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%q parsed to %s, %v", text, tf, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		tf, _ := market.ParseTimeframe(rapid.SampledFrom([]string{"1s", "5m", "7m", "1h", "1d", "3d", "1w", "2w", "1M", "3M"}).Draw(t, "timeframe"))
		at := rapid.Int64Range(-1e18, 4e18).Draw(t, "time")
		open := tf.Open(at)
		if end := tf.Close(open); open > at || end <= at || tf.Open(open) != open || tf.Open(end) != end || tf.Open(end-1) != open {
			t.Fatalf("%d falls into %s from %d to %d", at, tf, open, end)
		}
	})
}

func FuzzReadCSV(f *testing.F) {
	f.Add(header + row(0) + row(1) + row(3))
	f.Add("1704164400,1,2,0.5,1,0\n1704168000,1e0,2,5e-1,1,0\n")
	f.Add("time,open,high,low,close,volume\n2024-01-02,NaN,,-1,1e99999,+\n")
	f.Add("\xef\xbb\xbf\"Date\",Open,High,Low,Close,Volume\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		report, err := market.CheckCSV(strings.NewReader(text), market.CSVOptions{Instrument: btcusdt, DropRepeats: true})
		if err != nil {
			t.Fatalf("only options and readers fail, got %v", err)
		}
		if report.Series.Timeframe != 0 {
			if err := report.Series.Validate(); err != nil {
				t.Fatalf("the good rows are not good: %v", err)
			}
		}
		if report.Err() == nil && report.Series.Len()+len(report.Repaired) != report.Rows {
			t.Fatalf("%d rows gave %d candles and no fault", report.Rows, report.Series.Len())
		}
	})
}
