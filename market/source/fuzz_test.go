package source_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

// holds checks what every report promises.
func holds(t *testing.T, report *market.CSVReport, trades bool) {
	t.Helper()
	if err := report.Series.Validate(); err != nil && report.Series.Timeframe != 0 {
		t.Fatalf("the good rows are not good: %v", err)
	}
	if !trades && report.Err() == nil && report.Series.Len()+len(report.Repaired) != report.Rows {
		t.Fatalf("%d rows gave %d candles and no fault", report.Rows, report.Series.Len())
	}
	_ = report.Err()
}

func FuzzArrays(f *testing.F) {
	f.Add("[[1700000400000,1,2,0.5,1.5,10]]")
	f.Add(` [ [1700002800000,"1","2","0.5","1.5","10",1700006399999,"0",1,"0","0","0"] , [1700006400000,"1","2","0.5","1.5","10",1700009999999,"0",1,"0","0","0"] ] `)
	f.Add(`{"code":-1121,"msg":"Invalid symbol."}`)
	f.Add("[[1700002800000,1e0,NaN,null,-1,1e999999]]")
	f.Fuzz(func(t *testing.T, text string) {
		report, err := source.CheckArrays(strings.NewReader(text), market.CSVOptions{Instrument: btcusdt, Timeframe: market.H1, DropRepeats: true})
		if err != nil {
			t.Fatalf("only options and readers fail, got %v", err)
		}
		holds(t, report, false)
	})
}

func FuzzTrades(f *testing.F) {
	f.Add("id,price,qty,time\n1,100,1,1700000000000\n2,101,2,1700000001000\n", true)
	f.Add("price;size;timestamp\n1;2;2024-01-01 00:00:00\n1;2;2024-01-01 00:09:00\n", false)
	f.Add("a,p,q,T\n1,1e3,NaN,-1\n", false)
	f.Fuzz(func(t *testing.T, text string, fill bool) {
		report, err := source.CheckTrades(strings.NewReader(text), source.TradeOptions{
			CSVOptions: market.CSVOptions{Instrument: btcusdt, Timeframe: market.H1, DropRepeats: true}, FillEmpty: fill,
		})
		if err != nil {
			t.Fatalf("only options and readers fail, got %v", err)
		}
		holds(t, &report.CSVReport, true)
		if report.Err() == nil && report.Trades+len(report.Repaired) != report.Rows {
			t.Fatalf("%d rows gave %d trades and no fault", report.Rows, report.Trades)
		}
	})
}

func FuzzLayouts(f *testing.F) {
	f.Add("Date;Time;Open;High;Low;Close;Volume\n2024-01-02;03:00;1;2;0.5;1.5;10\n", false)
	f.Add("time\topen\thigh\tlow\tclose\tvolume\n1704168000\t1\t2\t0.5\t1.5\t10\n1704164400\t1\t2\t0.5\t1.5\t10\n", true)
	f.Add("unix,date,open,high,low,close,Volume BTC,Volume USDT\n", false)
	f.Fuzz(func(t *testing.T, text string, closes bool) {
		report, err := market.CheckCSV(strings.NewReader(text), market.CSVOptions{
			Instrument: btcusdt, Timeframe: market.H1, RoundVolumes: true, Layout: market.CSVLayout{CloseStamps: closes},
		})
		if err != nil {
			t.Fatalf("only options and readers fail, got %v", err)
		}
		holds(t, report, false)
	})
}

// FuzzFiles reads any bytes as each kind of packed and plain file and imports them
// twice: the second time adds nothing.
func FuzzFiles(f *testing.F) {
	names := []string{"BTCUSDT-1h-2024-01.zip", "BTCUSDT-aggTrades-2024-01-02.zip", "a.csv.gz", "a.csv", "a.json"}
	row := "1704164400000,1,2,0.5,1.5,10,1704167999999,0,1,0,0,0\n"
	f.Add(uint8(0), zipOf(f, "BTCUSDT-1h-2024-01.csv", []byte(row)))
	f.Add(uint8(1), zipOf(f, "BTCUSDT-aggTrades-2024-01-02.csv", []byte("1,100,1,10,11,1704164400000,True,True\n")))
	f.Add(uint8(2), gzipOf(f, []byte(header+row)))
	f.Add(uint8(3), []byte(header+row))
	f.Add(uint8(4), []byte("[[1704164400000,1,2,0.5,1.5,10]]"))
	f.Fuzz(func(t *testing.T, kind uint8, content []byte) {
		path := filepath.Join(t.TempDir(), names[int(kind)%len(names)])
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		store := newStore(t)
		o := hourly
		o.MaxUnpacked = 8 << 20
		for i := range 3 {
			o.Recheck = i == 2
			report, err := source.Import(t.Context(), store, []string{path}, o)
			if err != nil {
				t.Fatal(err)
			}
			if i > 0 && report.Added != 0 {
				t.Fatalf("time %d added %d candles", i+1, report.Added)
			}
			if report.Err() != nil && !store.empty(t) && i == 0 {
				t.Fatal("a file with a fault was stored")
			}
		}
	})
}

const header = "time,open,high,low,close,volume,a,b,c,d,e,f\n"

// rows is a large file of candles, as Binance Vision writes it.
func rows(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		ms := 1_704_067_200_000 + int64(i)*60_000
		p := 42_000 + i%997
		fmt.Fprintf(&b, "%d,%d.15000000,%d.47000000,%d.02000000,%d.33000000,%d.58213000,%d,1032471.29384700,%d,12.10385000,511222.48291000,0\n",
			ms, p, p+20, p-20, p+5, i%60, ms+59_999, 1000+i%100)
	}
	return b.Bytes()
}
