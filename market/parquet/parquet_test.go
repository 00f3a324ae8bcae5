package parquet_test

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	library "github.com/parquet-go/parquet-go"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"

	"github.com/tradekeel/tradekeel"
	"github.com/tradekeel/tradekeel/market"
	"github.com/tradekeel/tradekeel/market/parquet"
)

var btcusdt = market.MustSpot("BTC/USDT")

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// walk makes n valid candles of a random walk at tick 0.01, with volumes of five
// decimals, as a large venue has them.
func walk(n int) *market.Series {
	in := *btcusdt
	in.Venue = "binance"
	in.Rules = []market.Rules{{From: time.Unix(1_600_000_000, 0).UTC(), Tick: decimal.RequireFromString("0.01")}}
	r := rand.New(rand.NewPCG(7, 1))
	s := market.NewSeries(&in, market.M1, 8, n)
	at, last, calm := time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC).UnixNano(), int64(4_200_000), 600.0
	for range n {
		calm = math.Exp(0.999*math.Log(calm/600)+0.03*r.NormFloat64()) * 600 // calm and wild days
		open := max(1, last+int64(r.NormFloat64()*2))
		closing := max(1, open+int64(r.NormFloat64()*calm))
		high, low := max(open, closing)+int64(r.ExpFloat64()*calm/2), max(1, min(open, closing)-int64(r.ExpFloat64()*calm/2))
		volume := int64(math.Exp(r.NormFloat64())*calm*3e3) * 1e3
		s.Append(market.Bar{Time: at, Open: open * 1e6, High: high * 1e6, Low: low * 1e6, Close: closing * 1e6, Volume: volume})
		at, last = at+int64(market.M1), closing
	}
	return s
}

func same(t rapid.TB, got, want *market.Series) {
	if got.Len() != want.Len() || got.Timeframe != want.Timeframe || got.VolumeScale != want.VolumeScale {
		t.Fatalf("there are %d candles of %s, want %d of %s", got.Len(), got.Timeframe, want.Len(), want.Timeframe)
	}
	for i := range want.Len() {
		if got.Bar(i) != want.Bar(i) {
			t.Fatalf("candle %d is %+v, want %+v", i, got.Bar(i), want.Bar(i))
		}
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := *btcusdt
		in.PriceScale = rapid.Int32Range(0, 10).Draw(t, "price scale")
		tf := rapid.SampledFrom([]market.Timeframe{market.S1, market.H1, market.W1, market.MN1}).Draw(t, "timeframe")
		s := market.NewSeries(&in, tf, rapid.Int32Range(0, 18).Draw(t, "volume scale"), 0)
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 1))
		top := rapid.SampledFrom([]int64{2, 1e6, 999_999_999_999_999_999}).Draw(t, "top")
		at := tf.Open(rapid.Int64Range(-1e18, 1e18).Draw(t, "start"))
		for range rapid.IntRange(0, 50).Draw(t, "candles") {
			a, b := 1+r.Int64N(top), 1+r.Int64N(top)
			s.Append(market.Bar{Time: at, Open: a, High: max(a, b), Low: min(a, b), Close: b, Volume: r.Int64N(top)})
			at = tf.Close(at)
		}
		var file bytes.Buffer
		if err := parquet.Write(&file, s); err != nil {
			t.Fatal(err)
		}
		got, err := parquet.Read(bytes.NewReader(file.Bytes()), int64(file.Len()), parquet.Options{})
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, s)
		if got.Instrument.PriceScale != in.PriceScale || got.Instrument.String() != in.String() {
			t.Fatalf("the instrument is %+v", got.Instrument)
		}
	})
}

func TestManyRowGroups(t *testing.T) {
	t.Parallel()
	s := walk(140_000)
	path := filepath.Join(t.TempDir(), "x.parquet")
	file, err := os.Create(path)
	ok(t, err)
	ok(t, parquet.Write(file, s))
	ok(t, file.Close())
	got, err := parquet.ReadFile(path, parquet.Options{})
	ok(t, err)
	same(t, got, s)
	if len(got.Instrument.Rules) != 1 || got.Instrument.Venue != "binance" {
		t.Errorf("the instrument is %+v", got.Instrument)
	}
}

func TestTooManyDigits(t *testing.T) {
	t.Parallel()
	s := market.NewSeries(btcusdt, market.H1, 8, 1)
	s.Append(market.Bar{Open: 1, High: 1e18, Low: 1, Close: 1})
	var file bytes.Buffer
	err := parquet.Write(&file, s)
	if p, is := errors.AsType[*tradekeel.Error](err); !is || p.Kind != tradekeel.Invalid || p.Field != "series[0].high" || file.Len() != 0 {
		t.Errorf("got %v and %d bytes", err, file.Len())
	}
}

// foreign are rows as other programs write them.
type foreign struct {
	OpenTime int64    `parquet:"Timestamp"`
	Open     float64  `parquet:"Open"`
	High     float64  `parquet:"High,optional"`
	Low      float32  `parquet:"Low"`
	Close    *float64 `parquet:"Close,optional"`
	Volume   float64  `parquet:"Volume,dict"`
	Trades   int64    `parquet:"trades"`
	Note     string   `parquet:"note"`
}

func foreignFile(t interface{ Fatal(...any) }, rows any) *bytes.Reader {
	var file bytes.Buffer
	var err error
	switch rows := rows.(type) {
	case []foreign:
		err = library.Write(&file, rows)
	case []stamped:
		err = library.Write(&file, rows)
	case []whole:
		err = library.Write(&file, rows)
	}
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(file.Bytes())
}

type stamped struct {
	Time   time.Time `parquet:"time,timestamp(microsecond)"`
	Open   int64     `parquet:"open,decimal(2:18)"`
	High   int32     `parquet:"high,decimal(1:9)"`
	Low    int64     `parquet:"low"`
	Close  int64     `parquet:"close,decimal(10:18)"`
	Volume int64     `parquet:"volume"`
}

type whole struct {
	Date   int64   `parquet:"date"`
	Open   string  `parquet:"open"`
	High   float64 `parquet:"high"`
	Low    float64 `parquet:"low"`
	Close  float64 `parquet:"close"`
	Volume float64 `parquet:"volume"`
}

func TestFilesOfOthers(t *testing.T) {
	t.Parallel()
	options := parquet.Options{Instrument: btcusdt, Timeframe: market.H1}
	number := func(x float64) *float64 { return &x }
	good := []foreign{
		{1704067200000, 0.1, 0.30000000000000004, 0.1, number(0.123456785), 12.5, 1, "a"},
		{1704070800000, 42000.01, 42100.125, 41900.5, number(42000.015), 1e-9, 2, "b"},
	}
	read := func(rows any, o parquet.Options) (*market.Series, error) {
		file := foreignFile(t, rows)
		return parquet.Read(file, file.Size(), o)
	}
	s, err := read(good, options)
	ok(t, err)
	// 0.123456785 is a tie at eight decimals: to even. 41900.5 is exact as a float32.
	want := []market.Bar{
		{Time: 1704067200e9, Open: 1e7, High: 3e7, Low: 1e7, Close: 12345678, Volume: 1250000000},
		{Time: 1704070800e9, Open: 4200001e6, High: 42100125e5, Low: 419005e7, Close: 42000015e5},
	}
	for i := range want {
		if s.Bar(i) != want[i] {
			t.Errorf("candle %d is %+v, want %+v", i, s.Bar(i), want[i])
		}
	}
	s, err = read([]stamped{{time.Date(2024, 1, 1, 5, 0, 0, 0, time.UTC), 10050, 1010, 99, 100_1234567800, 7}}, options)
	ok(t, err)
	if got, want := s.Bar(0), (market.Bar{Time: 1704085200e9, Open: 10050e6, High: 1010e7, Low: 99e8, Close: 10012345678, Volume: 7e8}); got != want {
		t.Errorf("the candle is %+v, want %+v", got, want)
	}
	with := func(change func(*foreign)) []foreign {
		rows := []foreign{good[0], good[1]}
		change(&rows[1])
		return rows
	}
	for _, c := range []struct {
		rows    any
		options parquet.Options
		want    string
	}{
		{good, parquet.Options{Instrument: btcusdt}, "timeframe: is missing"},
		{good, parquet.Options{Timeframe: market.H1}, "instrument: is missing"},
		{with(func(f *foreign) { f.Close = nil }), options, "close[1]: is null"},
		{with(func(f *foreign) { f.Open = math.NaN() }), options, "open[1]: NaN is not a number"},
		{with(func(f *foreign) { f.Open = math.Inf(-1) }), options, "open[1]: -Inf is not a number"},
		{with(func(f *foreign) { f.Volume = 1e300 }), options, "volume[1]: 1e+300 is out of range at 8 decimals"},
		{with(func(f *foreign) { f.Volume = 1e11 }), options, "volume[1]: 1e+11 is out of range at 8 decimals"},
		{with(func(f *foreign) { f.OpenTime++ }), options, "series[1].time: 2024-01-01T01:00:00.001Z is not the open of a 1h candle"},
		{with(func(f *foreign) { f.Low = 50000 }), options, "series[1].high: 42100.125 is below the low 50000"},
		{[]foreign{{OpenTime: 17}}, options, "time[0]: 17 is no time between 1980 and 2100"},
		{[]stamped{{time.Date(2024, 1, 1, 5, 0, 0, 0, time.UTC), 10050, 1010, 99, 100_1234567801, 7}}, options, "close[0]: 100.1234567801 has more than 8 decimals"},
		{[]whole{{Date: 1704067200}}, options, "open: is of type STRING, which is not read"},
	} {
		if s, err := read(c.rows, c.options); s != nil || !errors.Is(err, tradekeel.ErrInvalid) || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}

// TestDamagedFiles cuts a file at every byte and flips every byte: never a
// panic, and what is read is a valid series. Parquet's pages have checksums that
// writers may leave out, so that a flip may go unseen: the store has them always.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	ok(t, parquet.Write(&file, walk(20)))
	look := func(raw []byte) {
		s, err := parquet.Read(bytes.NewReader(raw), int64(len(raw)), parquet.Options{})
		if err == nil {
			err = s.Validate()
		}
		if err != nil && !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("got %v", err)
		}
	}
	for i := range file.Bytes() {
		raw := bytes.Clone(file.Bytes())
		look(raw[:i])
		raw[i] ^= 1 << (i % 8)
		look(raw)
	}
}

// TestHostileLengths gives files whose claims are far larger than they are: what
// they claim is not asked for.
func TestHostileLengths(t *testing.T) {
	var file, packed bytes.Buffer
	ok(t, parquet.Write(&file, walk(20)))
	x := 1.5
	ok(t, library.Write(&packed, []foreign{{1704067200000, 1, 2, 1, &x, 1, 1, "a"}}, library.Compression(&library.Lz4Raw)))
	footer := bytes.Clone(file.Bytes())
	copy(footer[len(footer)-8:], "\xf0\xff\xff\xff")
	for name, raw := range map[string][]byte{"footer": footer, "compressed by LZ4": packed.Bytes(), "of 3": []byte("PAR")} {
		_, err := parquet.Read(bytes.NewReader(raw), int64(len(raw)), parquet.Options{Instrument: btcusdt, Timeframe: market.H1})
		if !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	// Any four bytes may be a length.
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	runs := uint64(0)
	for i := range file.Len() - 4 {
		raw := bytes.Clone(file.Bytes())
		copy(raw[i:], "\xff\xff\xff\x7f")
		if _, err := parquet.Read(bytes.NewReader(raw), int64(len(raw)), parquet.Options{}); err != nil && !errors.Is(err, tradekeel.ErrInvalid) {
			t.Errorf("byte %d: got %v", i, err)
		}
		runs++
	}
	runtime.ReadMemStats(&after)
	if each := (after.TotalAlloc - before.TotalAlloc) / runs; each > 16<<20 {
		t.Errorf("a damaged file took %d bytes of memory", each)
	}
}

func FuzzRead(f *testing.F) {
	var file bytes.Buffer
	if err := parquet.Write(&file, walk(3)); err != nil {
		f.Fatal(err)
	}
	f.Add(file.Bytes())
	x := 1.5
	other := foreignFile(f, []foreign{{1704067200000, 1, 2, 1, &x, 1, 1, "a"}})
	raw := make([]byte, other.Size())
	if _, err := other.Read(raw); err != nil {
		f.Fatal(err)
	}
	f.Add(raw)
	f.Add([]byte("PAR1PAR1"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := parquet.Read(bytes.NewReader(raw), int64(len(raw)), parquet.Options{Instrument: btcusdt, Timeframe: market.H1})
		if err != nil {
			if !errors.Is(err, tradekeel.ErrInvalid) {
				t.Fatalf("got %v", err)
			}
			return
		}
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
	})
}
