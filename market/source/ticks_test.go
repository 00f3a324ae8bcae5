package source_test

import (
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/source"
)

// TestReadTicks reads sides as venues write them, and names the row that is wrong.
func TestReadTicks(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	in.PriceScale, in.QuantityScale = 2, 3
	read := func(file, text string) (*market.Ticks, error) {
		return source.ReadTicks(strings.NewReader(text), market.CSVOptions{Instrument: in, File: file})
	}
	want := market.Ticks{Instrument: in, Time: []int64{1700000000_000e6, 1700000000_000e6, 1700000001_500e6}, Price: []int64{1000, 1001, 1002}, Quantity: []int64{1000, 500, 1}, Side: []int8{1, -1, 1}}
	for name, text := range map[string]string{
		"words":                         "time,price,qty,side\n1700000000000,10,1,buy\n1700000000000,10.01,0.5,SELL\n1700000001500,10.02,0.001,Buy\n",
		"numbers":                       "side,price,size,timestamp\n1,10,1,1700000000000\n-1,10.01,0.5,1700000000000\n1,10.02,0.001,1700000001500\n",
		"makers":                        "id,price,qty,quote_qty,time,is_buyer_maker\n7,10,1,10,1700000000000,false\n8,10.01,0.5,5.005,1700000000000,true\n9,10.02,0.001,0.01002,1700000001500,false\n",
		"BTCUSDT-trades-2023-11-14.csv": "7,10,1,10,1700000000000,False,True\n8,10.01,0.5,5.005,1700000000000,True,True\n9,10.02,0.001,0.01002,1700000001500,False,True\n",
	} {
		got, err := read(name, text)
		if err != nil || !reflect.DeepEqual(*got, want) || got.Validate() != nil {
			t.Errorf("%s: got %+v, %v", name, got, err)
		}
	}
	bare := want
	bare.Side = nil
	if got, err := read("", "time,price,amount\n1700000000000,10,1\n1700000000000,10.01,0.5\n1700000001500,10.02,0.001\n"); err != nil || !reflect.DeepEqual(*got, bare) {
		t.Errorf("without sides: got %+v, %v", got, err)
	}
	for text, words := range map[string]string{
		"time,price,qty,side\n1700000000000,10,1,long\n":           "t.csv:2: side: must be buy or sell",
		"time,price,qty,m\n1700000000000,10,1,buy\n":               "t.csv:2: side: must be true or false",
		"time,price,qty,side,m\n1700000000000,10,1,buy,true\n":     "may be column 4 or 5",
		"time,price,qty\n1700000000000,10,1\n1699999999999,10,1\n": "t.csv:3: time:",
		"time,price,qty\n1700000000000,10,0\n":                     "t.csv:2: quantity: must be above zero",
		"time,price,qty\n1700000000000,-10,1\n":                    "t.csv:2: price: must be above zero",
		"time,price,qty\n1700000000000,10,0.0001\n":                "t.csv:2: quantity:",
		"time,price\n1700000000000,10\n":                           "needs",
		"":                                                         "no trades",
		"1700000000000,10,1\n":                                     "has no header",
	} {
		if _, err := read("t.csv", text); !errors.Is(err, market.ErrBadRow) || !strings.Contains(err.Error(), words) {
			t.Errorf("%q gave %v, want %q", text, err, words)
		}
	}
}

// TestAggregateTicks fills what holds no trade, at the scale of the quantities.
func TestAggregateTicks(t *testing.T) {
	t.Parallel()
	in := market.MustSpot("BTC/USDT")
	in.QuantityScale = 0
	m := int64(market.M1)
	ticks := &market.Ticks{Instrument: in, Time: []int64{m, m + 1, 3*m + 5}, Price: []int64{5, 7, 6}, Quantity: []int64{1, 2, 4}}
	got, err := source.AggregateTicks(ticks, market.M1)
	if err != nil {
		t.Fatal(err)
	}
	want := market.NewSeries(in, market.M1, 0, 0)
	for _, b := range []market.Bar{{Time: m, Open: 5, High: 7, Low: 5, Close: 7, Volume: 3}, {Time: 2 * m, Open: 7, High: 7, Low: 7, Close: 7}, {Time: 3 * m, Open: 6, High: 6, Low: 6, Close: 6, Volume: 4}} {
		want.Append(b)
	}
	sameSeries(t, got, want)
	if got.VolumeScale != 0 || got.Validate() != nil {
		t.Errorf("the scale is %d, %v", got.VolumeScale, got.Validate())
	}
	ticks.Quantity[2] = 0
	if _, err := source.AggregateTicks(ticks, market.M1); err == nil {
		t.Error("a trade of nothing was taken")
	}
}

// TestReadTicksOfTheReference reads recorded trades: all of them, with their sides.
func TestReadTicksOfTheReference(t *testing.T) {
	t.Parallel()
	folder := reference(t, "TestReadTicks covers the rules")
	ticks, err := source.ReadTicksFile(filepath.Join(folder, "ticks", "btcusdt_binance_spot_20240808_trades.csv.gz"), market.CSVOptions{Instrument: market.MustSpot("BTC/USDT")})
	if err != nil {
		t.Fatal(err)
	}
	sellers := 0
	for _, side := range ticks.Side {
		if side < 0 {
			sellers++
		}
	}
	if ticks.Len() != 9757 || ticks.Price[0] != 61837_63000000 || ticks.Quantity[1] != 4800000 || sellers == 0 || sellers == ticks.Len() {
		t.Errorf("%d trades, %d by sellers, the first at %d", ticks.Len(), sellers, ticks.Price[0])
	}
}
